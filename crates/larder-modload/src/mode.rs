//! `-mod`: whether requirements may be repaired (`mod`), must be complete (`readonly`), or are those of
//! `vendor/`; which of them holds where nobody says; and the refusal of a repair.
//!
//! Flags and GOFLAGS are read by the door, as is the state of the vendor directory.
//! Specification: <https://go.dev/ref/mod#build-commands>.

use std::fmt;

use crate::gates::{VENDOR_CONSISTENT, at_least};

/// What `-mod` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModMode {
    /// Requirements are repaired, and sums of what is new may be added.
    Mod,
    /// Requirements that would have to be repaired are an error.
    Readonly,
    /// Only what stands in vendor/ is looked at.
    Vendor,
}

/// The mode that holds, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// The mode.
    pub mode: ModMode,
    /// Why it is this one.
    pub origin: ModeOrigin,
}

/// Why a mode holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeOrigin {
    /// The flag, or GOFLAGS, says so.
    Flag,
    /// It is the default.
    Default,
    /// It is the default, for a reason worth telling.
    Because(String),
}

/// What kind of command asks for its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// Updates go.mod and go.sum: `mod download`, `mod tidy`, `mod init`, `get`.
    Updates,
    /// Looks at requirements, be they complete or not, and writes nothing: `mod graph`, `mod why`.
    Inspects,
    /// The same, and reads a go.mod without a `go` line as one of the present Go: `mod verify`.
    Verifies,
    /// Takes requirements as they stand: `mod vendor`.
    Vendors,
    /// Uses vendor/ where it is there: `list` and all others.
    Builds,
}

/// What there is of a vendor directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VendorDirectory {
    /// No directory.
    Absent,
    /// A directory whose modules.txt is of one module, or is missing.
    OfModule,
    /// A directory whose modules.txt begins with `## workspace`.
    OfWorkspace,
}

/// Whose `go` line decides whether vendor/ is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Neither a module nor a workspace.
    Nothing,
    /// One module.
    Module,
    /// A workspace.
    Workspace,
}

/// A mode that a workspace does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "-mod may only be set to readonly or vendor when in workspace mode, but it is set to \"mod\"\n\t\
     Remove the -mod flag to use the default readonly value, \n\tor set GOWORK=off to disable \
     workspace mode."
)]
pub struct ModInWorkspace;

/// go.mod must be updated, and the mode forbids it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct GoModDirty(pub Mode);

impl Mode {
    /// The mode that a flag chose.
    pub fn explicit(mode: ModMode) -> Self {
        Self { mode, origin: ModeOrigin::Flag }
    }

    /// The mode of a command that was given none. `go` is the `go` line of the go.mod or go.work.
    pub fn default_for(
        command: CommandKind,
        scope: Scope,
        go: Option<&str>,
        vendor: VendorDirectory,
    ) -> Self {
        let plain = |mode| Self { mode, origin: ModeOrigin::Default };
        match (command, scope) {
            (CommandKind::Updates | CommandKind::Inspects | CommandKind::Verifies, _) => {
                plain(ModMode::Mod)
            }
            (CommandKind::Vendors, _) | (_, Scope::Nothing) => plain(ModMode::Readonly),
            _ => Self::by_vendor(scope, go, vendor),
        }
    }

    fn by_vendor(scope: Scope, go: Option<&str>, vendor: VendorDirectory) -> Self {
        let file = if scope == Scope::Workspace { "go.work" } else { "go.mod" };
        let because = |mode, reason| Self { mode, origin: ModeOrigin::Because(reason) };
        let readonly = |reason| because(ModMode::Readonly, reason);
        let go = match (vendor, go) {
            (VendorDirectory::Absent, _) => {
                return Self { mode: ModMode::Readonly, origin: ModeOrigin::Default };
            }
            (_, None) => {
                return readonly(format!(
                    "Go version in {file} is unspecified, so vendor directory was not used."
                ));
            }
            (_, Some(go)) => go,
        };
        if !at_least(go, VENDOR_CONSISTENT) {
            return readonly(format!(
                "Go version in {file} is {go}, so vendor directory was not used."
            ));
        }
        match (vendor, scope) {
            (VendorDirectory::OfWorkspace, Scope::Module) => readonly(
                "Outside workspace mode, but vendor directory is for a workspace.".to_owned(),
            ),
            (VendorDirectory::OfModule, Scope::Workspace) => readonly(
                "In workspace mode, but vendor directory is not for a workspace".to_owned(),
            ),
            _ => because(
                ModMode::Vendor,
                format!("Go version in {file} is at least 1.14 and vendor directory exists."),
            ),
        }
    }
}

impl ModMode {
    /// The word of the flag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mod => "mod",
            Self::Readonly => "readonly",
            Self::Vendor => "vendor",
        }
    }
}

impl fmt::Display for ModMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for GoModDirty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = self.0.mode;
        match &self.0.origin {
            ModeOrigin::Flag => write!(
                f,
                "updates to go.mod needed, disabled by -mod={mode}; to update it:\n\tgo mod tidy"
            ),
            ModeOrigin::Because(reason) => write!(
                f,
                "updates to go.mod needed, disabled by -mod={mode}\n\t({reason})\n\tto update \
                 it:\n\tgo mod tidy"
            ),
            ModeOrigin::Default => {
                f.write_str("updates to go.mod needed; to update it:\n\tgo mod tidy")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scope: Scope, go: Option<&str>, vendor: VendorDirectory, expect: (ModMode, &str)) {
        let mode = Mode::default_for(CommandKind::Builds, scope, go, vendor);
        let reason = match &mode.origin {
            ModeOrigin::Because(reason) => reason.as_str(),
            _ => "",
        };
        assert_eq!((mode.mode, reason), expect, "{scope:?} {go:?} {vendor:?}");
    }

    #[test]
    fn a_vendor_directory_is_used_where_it_can_be_trusted() {
        let used = "Go version in go.mod is at least 1.14 and vendor directory exists.";
        check(Scope::Module, Some("1.14"), VendorDirectory::OfModule, (ModMode::Vendor, used));
        let work = "Go version in go.work is at least 1.14 and vendor directory exists.";
        let of_workspace = VendorDirectory::OfWorkspace;
        check(Scope::Workspace, Some("1.22"), of_workspace, (ModMode::Vendor, work));
    }

    #[test]
    fn a_vendor_directory_that_is_left_alone_says_why() {
        let of_module = VendorDirectory::OfModule;
        check(
            Scope::Module,
            None,
            of_module,
            (
                ModMode::Readonly,
                "Go version in go.mod is unspecified, so vendor directory was not used.",
            ),
        );
        check(
            Scope::Module,
            Some("1.13"),
            of_module,
            (ModMode::Readonly, "Go version in go.mod is 1.13, so vendor directory was not used."),
        );
        check(
            Scope::Workspace,
            Some("1.22"),
            of_module,
            (ModMode::Readonly, "In workspace mode, but vendor directory is not for a workspace"),
        );
        check(Scope::Module, Some("1.22"), VendorDirectory::Absent, (ModMode::Readonly, ""));
        check(Scope::Nothing, None, of_module, (ModMode::Readonly, ""));
    }

    #[test]
    fn commands_that_update_or_inspect_never_ask_for_vendor() {
        for command in [CommandKind::Updates, CommandKind::Inspects, CommandKind::Verifies] {
            let vendor = VendorDirectory::OfModule;
            let mode = Mode::default_for(command, Scope::Module, Some("1.22"), vendor);
            assert_eq!(mode.mode, ModMode::Mod, "{command:?}");
        }
    }

    #[test]
    fn a_refused_repair_says_who_forbids_it() {
        let of = |origin| GoModDirty(Mode { mode: ModMode::Readonly, origin }).to_string();
        assert_eq!(
            of(ModeOrigin::Flag),
            "updates to go.mod needed, disabled by -mod=readonly; to update it:\n\tgo mod tidy"
        );
        assert_eq!(
            of(ModeOrigin::Because("Because.".into())),
            "updates to go.mod needed, disabled by -mod=readonly\n\t(Because.)\n\tto update \
             it:\n\tgo mod tidy"
        );
        assert_eq!(
            of(ModeOrigin::Default),
            "updates to go.mod needed; to update it:\n\tgo mod tidy"
        );
    }
}
