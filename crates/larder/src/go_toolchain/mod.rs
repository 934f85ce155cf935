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

use larder_modload::{LocalGo, Startup};
use larder_module::{GoVersion, compare_go_versions};

use crate::exit::Failure;
use crate::go_command::GoSettings;

/// The Go that is stood in for where none is installed: the newest whose behaviour is known.
pub(crate) const NEWEST: &str = "1.27.3";

/// The Go that a command stands in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    local: LocalGo,
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
        choice::choose(&local, settings, directory)
    }

    /// That of this version, and how it was come by.
    fn new(version: &str, startup: Startup) -> Self {
        Self { local: LocalGo { startup, ..LocalGo::new(version) } }
    }

    /// That of this version, for tests.
    #[cfg(test)]
    pub(crate) fn of_version(version: &str) -> Self {
        Self::new(version, Startup::default())
    }

    /// Its version, as `1.26.8`.
    pub(crate) fn version(&self) -> &str {
        &self.local.version
    }

    /// What decides about modules is told.
    pub(crate) fn local(&self) -> &LocalGo {
        &self.local
    }

    /// Its behaviour.
    pub(crate) fn behaviour(&self) -> Behaviour {
        match compare_go_versions(self.version(), "1.27rc1") {
            std::cmp::Ordering::Less => Behaviour::Go1_26,
            _ => Behaviour::Go1_27,
        }
    }

    /// The Go that go would switch to for the sake of something that needs this version, where it may
    /// and where we know it.
    pub(crate) fn newer_for(&self, go_version: &str) -> Option<Self> {
        let said = self.local.startup.gotoolchain.as_str();
        let may =
            matches!(said, "auto" | "path") || said.ends_with("+auto") || said.ends_with("+path");
        let suffices = compare_go_versions(NEWEST, go_version).is_ge()
            && compare_go_versions(self.version(), NEWEST).is_lt();
        (may && suffices).then(|| Self::new(NEWEST, self.local.startup.clone()))
    }

    /// Whether a value may stand for go's `-go` flag.
    pub(crate) fn check_go_flag(&self, value: &str) -> Result<(), String> {
        // What go.mod takes for a version of Go: 1.21, 1.21rc1, 1.21.0.
        let numbers = GoVersion::parse(value).is_some() && value.contains('.');
        if !numbers {
            return Err(format!("expecting a Go version like \"{}\"", self.version()));
        }
        if compare_go_versions(value, self.version()).is_gt() {
            return Err(format!("maximum supported Go version is {}", self.version()));
        }
        Ok(())
    }
}

/// Whether the behaviour of this version is known: its language is not above that of the newest.
pub(crate) fn is_known(version: &str) -> bool {
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
        let gotoolchain = gotoolchain.to_owned();
        Toolchain::new(version, Startup { gotoolchain, ..Startup::default() })
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
