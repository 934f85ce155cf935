//! The go.work around the modules that are worked on, and the rule that no member may be of a later Go.
//!
//! Specification: <https://go.dev/ref/mod#workspaces>.

use std::path::Path;
use std::sync::Arc;

use larder_modfile::{GoMod, GoWork};

use super::replace::{ConflictingReplacements, ReplaceMap};
use crate::gates::{DEFAULT_GO_MOD, DEFAULT_GO_WORK, GO_STRICT, at_least};
use crate::local_go::LocalGo;

/// The first Go whose advice is to download another.
const DOWNLOADING: &str = "1.27rc1";

/// A go.work that was found, read and parsed.
#[derive(Debug, Clone)]
pub struct OpenedWork {
    /// Its directory, absolute.
    pub directory: Arc<Path>,
    /// How messages name it.
    pub shown: Arc<str>,
    /// What it says.
    pub said: Arc<GoWork>,
}

/// A workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The directory of the go.work, absolute.
    pub directory: Arc<Path>,
    /// How messages name the go.work.
    pub shown: Arc<str>,
    /// What it says.
    pub said: Arc<GoWork>,
    pub(super) replace: ReplaceMap,
}

/// A member asks for a later Go than its workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "module {directory} listed in go.work file requires go >= {wanted}, but go.work {verb} go {has}; to \
     {way}:\n\tgo work use"
)]
pub struct WorkspaceTooOld {
    directory: String,
    wanted: Arc<str>,
    verb: &'static str,
    has: Arc<str>,
    way: String,
}

impl Workspace {
    pub(super) fn new(opened: OpenedWork) -> Result<Self, ConflictingReplacements> {
        let OpenedWork { directory, shown, said } = opened;
        let replace = ReplaceMap::new(&said.replace, Clone::clone)?;
        Ok(Self { directory, shown, said, replace })
    }
}

impl OpenedWork {
    /// Refuses a member that is of a later Go than the workspace. `shown` names its directory.
    ///
    /// # Errors
    /// The member's `go` line is higher, and 1.21 or later.
    pub fn allows(
        &self,
        shown: &str,
        member: &GoMod,
        local: &LocalGo,
    ) -> Result<(), WorkspaceTooOld> {
        let wanted = member.go.as_ref().map(|line| Arc::clone(&line.version));
        let wanted = wanted.unwrap_or_else(|| DEFAULT_GO_MOD.into());
        if at_least(&self.go_version(), &wanted) || !at_least(&wanted, GO_STRICT) {
            return Ok(());
        }
        Err(self.too_old(shown, wanted, local))
    }

    /// The refusal of a member that asks for this Go, be it one that the present Go does not have either.
    pub fn too_old(&self, shown: &str, wanted: Arc<str>, local: &LocalGo) -> WorkspaceTooOld {
        let verb = if self.said.go.is_some() { "lists" } else { "implicitly requires" };
        let way = if at_least(&local.version, DOWNLOADING) {
            format!("download and use go {wanted}")
        } else {
            "update it".to_owned()
        };
        WorkspaceTooOld { directory: shown.to_owned(), wanted, verb, has: self.go_version(), way }
    }

    /// The version of Go that the workspace is for.
    pub fn go_version(&self) -> Arc<str> {
        go_version(&self.said)
    }
}

impl Workspace {
    /// The version of Go that it is for.
    pub fn go_version(&self) -> Arc<str> {
        go_version(&self.said)
    }

    /// Its `toolchain` line.
    pub fn toolchain(&self) -> Option<&Arc<str>> {
        self.said.toolchain.as_ref().map(|line| &line.name)
    }
}

fn go_version(said: &GoWork) -> Arc<str> {
    let go = said.go.as_ref().map(|line| Arc::clone(&line.version));
    go.unwrap_or_else(|| DEFAULT_GO_WORK.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(local: &str, work: Option<&str>, member: Option<&str>, expect: Option<&str>) {
        let line = |go: Option<&str>| go.map(|go| format!("go {go}\n")).unwrap_or_default();
        let said = GoWork::parse("go.work", line(work).as_bytes(), None).unwrap();
        let directory = Path::new("/w").into();
        let work = OpenedWork { directory, shown: "go.work".into(), said: Arc::new(said) };
        let member = GoMod::parse("go.mod", line(member).as_bytes(), None).unwrap();
        let got =
            work.allows("a", &member, &LocalGo::new(local)).err().map(|error| error.to_string());
        assert_eq!(got.as_deref(), expect);
    }

    #[test]
    fn no_member_is_of_a_later_go_than_its_workspace() {
        check("1.26.8", Some("1.22"), Some("1.22"), None);
        check("1.26.8", Some("1.18"), Some("1.20"), None);
        check("1.26.8", None, None, None);
        check(
            "1.26.8",
            Some("1.21"),
            Some("1.22"),
            Some(
                "module a listed in go.work file requires go >= 1.22, but go.work lists go 1.21; to \
                 update it:\n\tgo work use",
            ),
        );
        check(
            "1.26.8",
            None,
            Some("1.21"),
            Some(
                "module a listed in go.work file requires go >= 1.21, but go.work implicitly \
                 requires go 1.18; to update it:\n\tgo work use",
            ),
        );
        check(
            "1.27.3",
            Some("1.21"),
            Some("1.22"),
            Some(
                "module a listed in go.work file requires go >= 1.22, but go.work lists go 1.21; to \
                 download and use go 1.22:\n\tgo work use",
            ),
        );
    }
}
