//! Where a setting's value came from, said so that the user finds the place.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag on the command line, as in `--listen`.
    Flag(String),
    /// A `LARDER_*` variable, or a variable that others share, as `HTTPS_PROXY`.
    Variable(String),
    /// A line of a settings file.
    File {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Go's setting of this name, in the environment.
    GoVariable(String),
    /// Go's setting of this name, in one of go's files.
    GoFile {
        /// The name of Go's setting.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// Another setting, which this one follows.
    Setting(&'static str),
    /// The supervisor, which handed a socket over.
    Supervisor,
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "variable",
            Self::File { .. } => "file",
            Self::GoVariable(_) | Self::GoFile { .. } => "go",
            Self::Setting(_) => "setting",
            Self::Supervisor => "supervisor",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::GoVariable(name) => write!(f, "{name} in the environment"),
            Self::GoFile { name, path } => write!(f, "{name} in {}", path.display()),
            Self::Setting(key) => f.write_str(key),
            Self::Supervisor => f.write_str("the supervisor's socket"),
            Self::Default => f.write_str("default"),
        }
    }
}
