//! What go.mod and go.work say, as far as the choice of modules goes: the seam to `larder-modfile`.
//!
//! Nothing is judged here. A file of a main module was parsed strictly by who opened it; a dependency's
//! is parsed leniently here, where what a later Go may have added says nothing.

use std::sync::Arc;

use larder_module::NamedVersion;

/// What a go.mod says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModStatements {
    /// The module that it declares; none where there is no `module` line.
    pub module: Option<Arc<str>>,
    /// Why the module is deprecated; empty where it is not.
    pub deprecated: Arc<str>,
    /// The `go` line.
    pub go: Option<Arc<str>>,
    /// The `toolchain` line.
    pub toolchain: Option<Arc<str>>,
    /// What is required, in the order of the file.
    pub require: Vec<Requirement>,
    /// What is excluded.
    pub exclude: Vec<NamedVersion>,
    /// What is replaced.
    pub replace: Vec<Replace>,
    /// What is retracted.
    pub retract: Vec<Retraction>,
    /// The packages of tools.
    pub tool: Vec<Arc<str>>,
}

/// A `require` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What is required.
    pub module: NamedVersion,
    /// Whether it says `// indirect`.
    pub indirect: bool,
}

/// A `replace` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// What is replaced; every version of it where the version is empty.
    pub old: NamedVersion,
    /// What stands for it; a directory where the version is empty.
    pub new: NamedVersion,
}

/// A `retract` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// The lowest version retracted.
    pub low: Arc<str>,
    /// The highest one.
    pub high: Arc<str>,
    /// Why, in the words of the file; may be empty.
    pub rationale: Arc<str>,
}

/// What a go.work says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkStatements {
    /// The `go` line.
    pub go: Option<Arc<str>>,
    /// The `toolchain` line.
    pub toolchain: Option<Arc<str>>,
    /// The directories in use, as they are written, with their lines.
    pub directories: Vec<(Arc<str>, usize)>,
    /// What is replaced.
    pub replace: Vec<Replace>,
}

/// Why a dependency's go.mod is none.
pub(crate) type LaxError = String;

impl ModStatements {
    /// Reads the go.mod of a dependency, which `name` names in its errors.
    ///
    /// # Errors
    /// Says, a line each, what is wrong.
    pub(crate) fn parse_lax(_name: &str, bytes: &[u8]) -> Result<Self, LaxError> {
        let read = larder_modfile::GoMod::parse(bytes).map_err(|error| error.to_string())?;
        let require = read.require.iter().map(|line| Requirement {
            module: NamedVersion::new(line.path.as_str(), line.version.as_str()),
            indirect: false,
        });
        let (module, require) = (Some(read.module.into()), require.collect());
        Ok(Self { module, require, ..Self::default() })
    }
}
