//! What is known of a module, as `go list -m -json` tells it.
//!
//! The names and their meaning are those of `go help list`; the order of the fields is that of the JSON.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `collect.rs` | [`Collector`]: gathering all of it, for many modules side by side |
//! | `moment.rs` | [`Moment`]: when a version was made |
//! | `origin.rs` | [`Origin`]: which commit of which repository a version was made of |

mod collect;
mod moment;
mod origin;

pub use collect::{Collector, Details, ModuleFiles, Wanted};
pub use moment::{Clock, Moment};
pub use origin::Origin;

/// A module, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModuleInfo {
    /// Its path.
    pub path: String,
    /// Its version; empty for a main module and for a directory.
    pub version: String,
    /// The query that led to the version, where it differs from it.
    pub query: String,
    /// The versions that there are.
    pub versions: Vec<String>,
    /// What stands in its place.
    pub replace: Option<Box<ModuleInfo>>,
    /// When the version was made.
    pub time: Option<Moment>,
    /// The version that it can be upgraded to.
    pub update: Option<Box<ModuleInfo>>,
    /// Whether it is a main module.
    pub main: bool,
    /// Whether the main module needs it only because others do.
    pub indirect: bool,
    /// Where its files are.
    pub dir: String,
    /// Where its go.mod is.
    pub go_mod: String,
    /// The version of Go that its go.mod names.
    pub go_version: String,
    /// Why its author withdrew the version.
    pub retracted: Vec<String>,
    /// Why its author withdrew the module.
    pub deprecated: String,
    /// Why not all is known of it.
    pub error: Option<ModuleError>,
    /// The hash of its files, as go.sum has it.
    pub sum: String,
    /// The hash of its go.mod, as go.sum has it.
    pub go_mod_sum: String,
    /// What the version was made of.
    pub origin: Option<Origin>,
    /// Whether the answer of an earlier time was taken.
    pub reuse: bool,
}

/// Why not all is known of a module, in the go command's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleError {
    /// The words.
    pub text: String,
}

impl std::fmt::Display for ModuleInfo {
    /// `path version [update] (retracted) (deprecated) => replacement`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        self.fmt_version(f)?;
        let Some(replace) = &self.replace else { return Ok(()) };
        write!(f, " => {}", replace.path)?;
        replace.fmt_version(f)
    }
}

impl ModuleInfo {
    /// What stands behind the path.
    fn fmt_version(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let retracted =
            |module: &Self| if module.retracted.is_empty() { "" } else { " (retracted)" };
        if !self.version.is_empty() {
            write!(f, " {}{}", self.version, retracted(self))?;
            if let Some(update) = &self.update {
                write!(f, " [{}{}]", update.version, retracted(update))?;
            }
        }
        f.write_str(if self.deprecated.is_empty() { "" } else { " (deprecated)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str, version: &str) -> ModuleInfo {
        ModuleInfo { path: path.into(), version: version.into(), ..ModuleInfo::default() }
    }

    #[test]
    fn a_line_says_what_is_special_about_a_module() {
        let check = |module: &ModuleInfo, expect| assert_eq!(module.to_string(), expect);
        check(&module("example.com/m", ""), "example.com/m");
        let mut old = module("example.com/m", "v1.0.0");
        old.update = Some(Box::new(module("example.com/m", "v1.1.0")));
        check(&old, "example.com/m v1.0.0 [v1.1.0]");
        old.retracted = vec!["why".into()];
        old.deprecated = "why".into();
        check(&old, "example.com/m v1.0.0 (retracted) [v1.1.0] (deprecated)");
        let mut replaced = module("example.com/m", "v1.0.0");
        replaced.replace = Some(Box::new(module("../m", "")));
        check(&replaced, "example.com/m v1.0.0 => ../m");
        replaced.replace = Some(Box::new(old));
        let expect =
            "example.com/m v1.0.0 => example.com/m v1.0.0 (retracted) [v1.1.0] (deprecated)";
        check(&replaced, expect);
    }
}
