//! What the statements of a go.mod and a go.work say, each with the line that it stands on.
//!
//! Paths and versions are text as the file has them, or as they were resolved: a go.mod may name what
//! can never be fetched. Specification: <https://go.dev/ref/mod#go-mod-file>, `#go-work-file`.

use std::sync::Arc;

use larder_module::NamedVersion;

use crate::syntax::LineId;

/// `module PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The path.
    pub path: Arc<str>,
    /// Why it should no longer be used: the paragraph of its comment that begins with `Deprecated:`.
    pub deprecated: Option<String>,
    /// Where it stands.
    pub line: LineId,
}

/// `go VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Go {
    /// The version, without `go`.
    pub version: Arc<str>,
    /// Where it stands.
    pub line: LineId,
}

/// `toolchain NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The name, such as `go1.21.3`, or `default`.
    pub name: Arc<str>,
    /// Where it stands.
    pub line: LineId,
}

/// `godebug KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Godebug {
    /// What stands before the equals sign.
    pub key: String,
    /// What stands behind it.
    pub value: String,
    /// Where it stands.
    pub line: LineId,
}

/// `require PATH VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// What is required.
    pub module: NamedVersion,
    /// Whether it is marked `// indirect`.
    pub indirect: bool,
    /// Where it stands.
    pub line: LineId,
}

/// `exclude PATH VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// What is excluded.
    pub module: NamedVersion,
    /// Where it stands.
    pub line: LineId,
}

/// `replace PATH [VERSION] => PATH VERSION`, or a directory in place of the latter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// What is replaced; every version of it where the version is empty.
    pub old: NamedVersion,
    /// What stands for it; a directory where the version is empty.
    pub new: NamedVersion,
    /// Where it stands.
    pub line: LineId,
}

/// `retract VERSION` or `retract [LOW, HIGH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retract {
    /// Which versions.
    pub interval: VersionInterval,
    /// Why: the comments of the line, or those of its block. Lines are separated by line ends.
    pub rationale: String,
    /// Where it stands.
    pub line: LineId,
}

/// Versions between two, both of them included. They are equal where one version is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionInterval {
    /// The lowest.
    pub low: Arc<str>,
    /// The highest.
    pub high: Arc<str>,
}

/// `tool PACKAGE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The package.
    pub path: String,
    /// Where it stands.
    pub line: LineId,
}

/// `ignore PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The path: from the module's directory where it begins with `./`, of any depth elsewhere.
    pub path: String,
    /// Where it stands.
    pub line: LineId,
}

/// `use DIRECTORY`, in a go.work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The directory as it stands there: relative to that of the go.work, or absolute.
    pub path: String,
    /// Where it stands.
    pub line: LineId,
}

impl Replace {
    /// Whether a directory stands for the module.
    pub fn is_directory(&self) -> bool {
        self.new.version.is_empty()
    }

    /// What stands for a module version, if anything does: a replacement of the version goes before one
    /// of the module, and of two for the same the later one counts.
    pub fn of<'a>(replacements: &'a [Self], path: &str, version: &str) -> Option<&'a Self> {
        let of_path = || replacements.iter().rev().filter(|replace| &*replace.old.path == path);
        of_path()
            .find(|replace| &*replace.old.version == version)
            .or_else(|| of_path().find(|replace| replace.old.version.is_empty()))
    }
}

/// Whether a path is meant as a directory, on whatever system: rooted, or relative with a dot.
pub fn is_directory_path(path: &str) -> bool {
    let mut characters = path.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_drive = first.is_some_and(|c| c.is_ascii_alphabetic()) && second == Some(':');
    let rooted = matches!(first, Some('/' | '\\'));
    let relative = ["./", ".\\", "../", "..\\"].iter().any(|start| path.starts_with(start));
    is_drive || rooted || relative || matches!(path, "." | "..")
}
