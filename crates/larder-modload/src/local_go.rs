//! The Go whose behaviour is wanted, and the refusal of what asks for a later one.
//!
//! Which Go that is (`GOTOOLCHAIN`, the VERSION file, the `toolchain` line) is found by the door.
//! Specification: <https://go.dev/doc/toolchain>.

use std::fmt;
use std::sync::Arc;

use larder_module::compare_go_versions;

/// The Go whose behaviour is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalGo {
    /// Its version, such as `1.26.8`.
    pub version: Arc<str>,
    /// Its name, such as `go1.26.8`.
    pub toolchain: Arc<str>,
    /// How it came to be this one, for messages.
    pub startup: Startup,
}

/// How a Go came to be the one that runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Startup {
    /// `GOTOOLCHAIN`, as it is set; empty where it is not.
    pub gotoolchain: String,
    /// The go.mod or go.work that was asked for a toolchain, as messages name it.
    pub file: Option<String>,
    /// The `go` line found there.
    pub go: Option<String>,
    /// The `toolchain` line found there.
    pub toolchain: Option<String>,
}

/// Something asks for a later Go than the one that runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} requires go >= {go} (running go {running}{explained})")]
pub struct TooNew {
    /// What asks: a file, or `module path@version`.
    pub what: String,
    /// The version that it asks for.
    pub go: Arc<str>,
    /// The toolchain that it names, where it does.
    pub toolchain: Option<Arc<str>>,
    running: Arc<str>,
    explained: String,
}

impl LocalGo {
    /// The Go of this version, with nothing known of how it came to run.
    pub fn new(version: &str) -> Self {
        let toolchain = format!("go{version}").into();
        Self { version: version.into(), toolchain, startup: Startup::default() }
    }

    /// Refuses a version of Go that is later than this one.
    ///
    /// # Errors
    /// The version is later; the text is the go command's.
    pub fn allows(&self, what: impl fmt::Display, go: &Arc<str>) -> Result<(), TooNew> {
        if compare_go_versions(go, &self.version).is_le() {
            return Ok(());
        }
        let what = what.to_string();
        let (go, running) = (Arc::clone(go), Arc::clone(&self.version));
        Err(TooNew { what, go, toolchain: None, running, explained: self.startup.to_string() })
    }
}

impl fmt::Display for Startup {
    /// What stands behind the version in a refusal; mostly nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !matches!(self.gotoolchain.as_str(), "" | "auto") {
            write!(f, "; GOTOOLCHAIN={}", self.gotoolchain)?;
        }
        match (&self.file, &self.toolchain, &self.go) {
            (Some(file), Some(toolchain), _) => write!(f, "; {file} sets toolchain {toolchain}"),
            (Some(file), None, Some(go)) => write!(f, "; {file} sets go {go}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(startup: Startup, go: &str, expect: Result<(), &str>) {
        let local = LocalGo { startup, ..LocalGo::new("1.26.8") };
        let got =
            local.allows("module a.b/c@v1.0.0", &go.into()).map_err(|error| error.to_string());
        assert_eq!(got, expect.map_err(str::to_owned), "{go}");
    }

    #[test]
    fn what_asks_for_a_later_go_is_refused_as_go_refuses_it() {
        check(Startup::default(), "1.26.8", Ok(()));
        check(Startup::default(), "1.26", Ok(()));
        check(
            Startup::default(),
            "1.99",
            Err("module a.b/c@v1.0.0 requires go >= 1.99 (running go 1.26.8)"),
        );
    }

    #[test]
    fn a_refusal_says_what_chose_the_go_that_runs() {
        let local = Startup { gotoolchain: "local".into(), ..Startup::default() };
        check(
            local,
            "1.99",
            Err("module a.b/c@v1.0.0 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)"),
        );
        let chosen = Startup {
            gotoolchain: "auto".into(),
            file: Some("go.mod".into()),
            go: Some("1.26".into()),
            toolchain: None,
        };
        check(
            chosen.clone(),
            "1.99",
            Err("module a.b/c@v1.0.0 requires go >= 1.99 (running go 1.26.8; go.mod sets go 1.26)"),
        );
        let named = Startup { toolchain: Some("go1.26.8".into()), ..chosen };
        check(
            named,
            "1.99",
            Err(
                "module a.b/c@v1.0.0 requires go >= 1.99 (running go 1.26.8; go.mod sets toolchain \
                 go1.26.8)",
            ),
        );
    }
}
