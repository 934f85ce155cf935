//! What can be fetched, and where it stands below an upstream's address.
//!
//! The paths are those of the module proxy protocol (<https://go.dev/ref/mod#goproxy-protocol>),
//! escaped for URLs as the go command escapes them.

use std::fmt;

use larder_module::{ModulePath, ModuleVersion, Revision};

use crate::proxy_url::escape_path;

/// Something that an upstream may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The versions of a module: `@v/list`.
    List(ModulePath),
    /// The version that an upstream thinks the latest: `@latest`.
    Latest(ModulePath),
    /// What a version, tag, branch or commit is: `.info`.
    Info(ModulePath, Revision),
    /// The go.mod file of a version: `.mod`.
    Mod(ModuleVersion),
    /// The files of a version: `.zip`.
    Zip(ModuleVersion),
    /// Something of a checksum database.
    ChecksumDb {
        /// The database's name; it must be one of the configuration's.
        name: String,
        /// What stands behind the name: `latest`, `lookup/…`, `tile/…`.
        rest: String,
    },
}

impl Resource {
    /// The path below a proxy's address, escaped for a URL.
    pub(crate) fn path(&self) -> String {
        let mut url = String::new();
        match self {
            Self::ChecksumDb { name, rest } => {
                escape_path(&mut url, &format!("sumdb/{name}/{rest}"));
            }
            module => escape_path(&mut url, &module.to_string()),
        }
        url
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(path) => write!(f, "{}/@v/list", path.escaped().as_str()),
            Self::Latest(path) => write!(f, "{}/@latest", path.escaped().as_str()),
            Self::Info(path, revision) => {
                write!(f, "{}/@v/{}.info", path.escaped().as_str(), revision.escaped().as_str())
            }
            Self::Mod(module) => file(f, module, "mod"),
            Self::Zip(module) => file(f, module, "zip"),
            Self::ChecksumDb { name, rest } => write!(f, "sumdb/{name}/{rest}"),
        }
    }
}

fn file(f: &mut fmt::Formatter<'_>, module: &ModuleVersion, kind: &str) -> fmt::Result {
    let (path, version) = (module.path().escaped(), module.version().escaped());
    write!(f, "{}/@v/{}.{kind}", path.as_str(), version.as_str())
}

/// Whether a path keeps to the place below which it is put, and to characters that a database's paths have.
pub(crate) fn is_clean(path: &str) -> bool {
    path.split('/').all(|element| {
        !matches!(element, "" | "." | "..")
            && element.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    })
}

#[cfg(test)]
mod tests {
    use larder_module::Version;

    use super::*;

    #[test]
    fn paths_are_escaped_as_the_go_command_escapes_them() {
        let path = ModulePath::parse("github.com/BurntSushi/toml").unwrap();
        let check = |resource: Resource, wanted: &str| assert_eq!(resource.path(), wanted);
        check(Resource::List(path.clone()), "github.com/%21burnt%21sushi/toml/@v/list");
        check(Resource::Latest(path.clone()), "github.com/%21burnt%21sushi/toml/@latest");
        let revision = Revision::parse("Main~1 x").unwrap();
        check(
            Resource::Info(path, revision),
            "github.com/%21burnt%21sushi/toml/@v/%21main~1%20x.info",
        );
        let path = ModulePath::parse("example.com/a").unwrap();
        let version = Version::parse("v2.0.0+incompatible").unwrap();
        let module = ModuleVersion::new(path, version).unwrap();
        check(Resource::Mod(module.clone()), "example.com/a/@v/v2.0.0+incompatible.mod");
        check(Resource::Zip(module), "example.com/a/@v/v2.0.0+incompatible.zip");
        let (name, rest) = ("sum.golang.org".to_owned(), "tile/8/0/x001/234.p/17".to_owned());
        check(Resource::ChecksumDb { name, rest }, "sumdb/sum.golang.org/tile/8/0/x001/234.p/17");
    }

    #[test]
    fn a_path_that_leaves_its_place_is_not_clean() {
        for path in ["", "/", "a//b", "../a", "a/..", "./a", "a\\b", "a b", "a\n", "a\0"] {
            assert!(!is_clean(path), "{path:?}");
        }
        for path in ["latest", "lookup/example.com/!a@v1.0.0", "tile/8/0/x001/234.p/17", "a?b"] {
            assert!(is_clean(path), "{path:?}");
        }
    }
}
