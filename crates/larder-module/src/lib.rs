//! The words of Go modules: paths, versions, their order and escaping.
//!
//! Every other crate speaks of modules in these types, so a value that exists is a value that was
//! checked: a [`ModulePath`] cannot be malformed, a [`Version`] is canonical, a [`ModuleVersion`]'s
//! version fits its path. The rules are those of `golang.org/x/mod/module` and `semver`
//! (<https://go.dev/ref/mod>), which the go command applies to the same bytes.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `path.rs` | [`ModulePath`]: CheckPath |
//! | `path_major.rs` | [`PathMajor`]: the `/vN` and gopkg.in `.vN` suffix, and which versions fit it |
//! | `element.rs` | [`element`]: what one slash-separated element may be, shared with zip file names |
//! | `version.rs` | [`Version`]: canonical semantic versions and their order |
//! | `semver.rs` | the grammar and the precedence beneath `Version` |
//! | `pseudo.rs` | [`PseudoVersion`]: the parts of `v0.0.0-20060102150405-abcdefabcdef` |
//! | `revision.rs` | [`Revision`]: whatever may be asked for by `.info`: tags, branches, hashes |
//! | `escape.rs` | [`EscapedPath`], [`EscapedVersion`]: the `!x` form used in URLs and on disk |
//! | `module_version.rs` | [`ModuleVersion`]: a path and a version that fit each other |
//! | `named.rs` | [`NamedVersion`]: the two as a go.mod names them, unchecked; their order in version selection |
//! | `go_version.rs` | [`GoVersion`]: versions of Go itself, which are not semantic |
//! | `canonical.rs` | [`canonical_version`]: versions as people write them, on text that nobody checked |
//! | `patterns.rs` | [`PathPatterns`]: GOPRIVATE and its kin |
//! | `glob.rs` | the glob language beneath `PathPatterns` |
//! | `quoted.rs` | [`Quoted`]: text between quotes as the go command's messages have it |
//! | `json_string.rs` | [`JsonString`]: text as Go writes it in JSON |
//! | `shown.rs` | how refused text is quoted in messages |
//!
//! Absent: the network, the file system, the clock, the environment.

mod canonical;
pub mod element;
mod escape;
mod glob;
mod go_version;
mod json_string;
mod module_version;
mod named;
mod path;
mod path_major;
mod patterns;
mod pseudo;
mod quoted;
mod revision;
mod semver;
mod shown;
mod version;

pub use canonical::{canonical_version, compare_written_versions, split_path_major};
pub use escape::{EscapeError, EscapedPath, EscapedVersion};
pub use go_version::{GoVersion, compare_go_versions, version_of_toolchain};
pub use json_string::JsonString;
pub use module_version::ModuleVersion;
pub use named::{NamedVersion, NamedVersionError, compare_versions, is_toolchain};
pub use path::{ModulePath, PathError, PathRefusal};
pub use path_major::PathMajor;
pub use patterns::PathPatterns;
pub use pseudo::PseudoVersion;
pub use quoted::{Quoted, is_go_printable};
pub use revision::{Revision, RevisionError};
pub use shown::Shown;
pub use version::{Version, VersionError, VersionRefusal};
