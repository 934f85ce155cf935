//! Which Go is stood in for: the one that is installed, or the one that GOTOOLCHAIN and the `go` line
//! choose. No go is started and none is downloaded; a Go that Larder does not know is go's own error.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `installed.rs` | the version of the installed Go, from its VERSION file |
//! | `choice.rs` | GOTOOLCHAIN, and what the go.work or go.mod asks for |
//!
//! Specification: <https://go.dev/doc/toolchain>.

mod choice;
mod installed;

use std::path::Path;

use larder_module::{GoVersion, compare_go_versions};

use crate::exit::Failure;
use crate::go_command::GoSettings;

/// The Go that is stood in for where none is installed: the newest whose behaviour is known.
const NEWEST: &str = "1.27.3";

/// The Go that a command stands in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// Its version, as `1.26.8`.
    version: String,
    /// What GOTOOLCHAIN says, empty where nobody says anything.
    gotoolchain: String,
    /// Which line of which file chose it, as messages tell it.
    chosen_by: Option<String>,
}

/// Whose behaviour a command has, where releases of Go differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Behaviour {
    /// That of Go 1.26, also for all before it.
    Go1_26,
    /// That of Go 1.27.
    Go1_27,
}

impl Toolchain {
    /// Chooses it for a command in this directory.
    ///
    /// # Errors
    /// In go's words: GOTOOLCHAIN, or the `toolchain` line, is nothing that go takes.
    pub(crate) fn select(settings: &GoSettings, directory: &Path) -> Result<Self, Failure> {
        let local = settings.goroot().and_then(installed::version).unwrap_or(NEWEST.to_owned());
        let local = if is_known(&local) { local } else { NEWEST.to_owned() };
        choice::choose(local, settings, directory)
    }

    /// Its version, as `1.26.8`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Its behaviour.
    pub(crate) fn behaviour(&self) -> Behaviour {
        match compare_go_versions(&self.version, "1.27") {
            std::cmp::Ordering::Less => Behaviour::Go1_26,
            _ => Behaviour::Go1_27,
        }
    }

    /// The version, and what led to it: what stands behind `running go` in messages.
    pub(crate) fn running(&self) -> String {
        let mut text = self.version.clone();
        if !matches!(self.gotoolchain.as_str(), "" | "auto") {
            text = format!("{text}; GOTOOLCHAIN={}", self.gotoolchain);
        }
        if let Some(chosen_by) = &self.chosen_by {
            text = format!("{text}; {chosen_by}");
        }
        text
    }

    /// What go says where something needs a newer Go.
    pub(crate) fn too_new(&self, what: impl std::fmt::Display, go_version: &str) -> String {
        format!("{what} requires go >= {go_version} (running go {})", self.running())
    }

    /// The Go that go would switch to for the sake of something that needs this version, where it may
    /// and where we know it.
    pub(crate) fn newer_for(&self, go_version: &str) -> Option<Self> {
        let may = matches!(self.gotoolchain.as_str(), "auto" | "path")
            || self.gotoolchain.ends_with("+auto")
            || self.gotoolchain.ends_with("+path");
        let suffices = compare_go_versions(NEWEST, go_version).is_ge()
            && compare_go_versions(&self.version, NEWEST).is_lt();
        (may && suffices).then(|| Self { version: NEWEST.to_owned(), ..self.clone() })
    }

    /// Whether a value may stand for go's `-go` flag.
    pub(crate) fn check_go_flag(&self, value: &str) -> Result<(), String> {
        // What go.mod takes for a version of Go: 1.21, 1.21rc1, 1.21.0.
        let numbers = GoVersion::parse(value).is_some() && value.contains('.');
        if !numbers {
            return Err(format!("expecting a Go version like \"{}\"", self.version));
        }
        if compare_go_versions(value, &self.version).is_gt() {
            return Err(format!("maximum supported Go version is {}", self.version));
        }
        Ok(())
    }
}

/// Whether the behaviour of this version is known: its language is not above that of the newest.
fn is_known(version: &str) -> bool {
    let language = |text| GoVersion::parse(text).map(|version| version.language());
    match (language(version), language(NEWEST)) {
        (Some(version), Some(newest)) => compare_go_versions(&version, &newest).is_le(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(version: &str, gotoolchain: &str) -> Toolchain {
        let (version, gotoolchain) = (version.to_owned(), gotoolchain.to_owned());
        Toolchain { version, gotoolchain, chosen_by: None }
    }

    #[test]
    fn behaviour_is_that_of_1_26_until_1_27_begins() {
        let check = |version, expect| assert_eq!(toolchain(version, "").behaviour(), expect);
        check("1.19.8", Behaviour::Go1_26);
        check("1.26.8", Behaviour::Go1_26);
        check("1.27rc1", Behaviour::Go1_27);
        check("1.27.3", Behaviour::Go1_27);
    }

    #[test]
    fn what_is_too_new_is_told_with_what_led_to_the_running_go() {
        let check = |gotoolchain, expect| {
            let said = toolchain("1.26.8", gotoolchain).too_new("go.mod", "1.30");
            assert_eq!(said, expect);
        };
        check("auto", "go.mod requires go >= 1.30 (running go 1.26.8)");
        check("local", "go.mod requires go >= 1.30 (running go 1.26.8; GOTOOLCHAIN=local)");
    }

    #[test]
    fn a_newer_go_is_switched_to_where_that_is_allowed_and_known() {
        let check = |gotoolchain, needed, expect: Option<&str>| {
            let newer = toolchain("1.26.8", gotoolchain).newer_for(needed);
            assert_eq!(newer.as_ref().map(Toolchain::version), expect);
        };
        check("auto", "1.27", Some(NEWEST));
        check("go1.26.1+path", "1.27.1", Some(NEWEST));
        check("local", "1.27", None);
        check("auto", "1.28", None);
        assert_eq!(toolchain(NEWEST, "auto").newer_for("1.27"), None);
    }

    #[test]
    fn the_go_flag_takes_versions_up_to_the_running_one() {
        let check = |value: &str, expect: Result<(), &str>| {
            let got = toolchain("1.26.8", "auto").check_go_flag(value);
            assert_eq!(got.as_ref().map(|&()| ()).map_err(String::as_str), expect, "{value}");
        };
        check("1.16", Ok(()));
        check("1.26rc1", Ok(()));
        check("1.27", Err("maximum supported Go version is 1.26.8"));
        for value in ["x", "1", "go1.20", "1.20-rc1"] {
            check(value, Err("expecting a Go version like \"1.26.8\""));
        }
    }
}
