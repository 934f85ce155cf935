//! From a request's path to what it asks for: the whole grammar of the URLs that are served.
//!
//! The path is percent-decoded once by the edge; module paths and versions must be escaped as
//! the GOPROXY protocol says (Go modules reference, "GOPROXY protocol"). Pure: no state.

use larder_module::{
    EscapeError, EscapedPath, EscapedVersion, ModulePath, ModuleVersion, Revision, VersionError,
};

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/`: a line for people.
    Root,
    /// `/healthz`
    Health,
    /// `/readyz`
    Ready,
    /// `/metrics`
    Metrics,
    /// `/<module>/@v/list`
    List(ModulePath),
    /// `/<module>/@latest`
    Latest(ModulePath),
    /// `/<module>/@v/<revision>.info`
    Info(ModulePath, Revision),
    /// `/<module>/@v/<version>.mod`
    Mod(ModuleVersion),
    /// `/<module>/@v/<version>.zip`
    Zip(ModuleVersion),
    /// `/sumdb/<name>/<rest>`
    ChecksumDb {
        /// The database's name.
        name: String,
        /// `supported`, `latest`, `lookup/…`, `tile/…`.
        rest: String,
    },
}

/// A path that asks for nothing that can exist. Each is a *not found*: the go command probes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    /// Not below the mount prefix.
    #[error("this server answers below `{base}/`")]
    Elsewhere { base: String },
    /// Not of any known form.
    #[error("no such path; a GOPROXY serves `<module>/@v/…` and `<module>/@latest`")]
    Unknown,
    /// The module path is malformed.
    #[error("invalid module path in the URL")]
    Path(#[source] EscapeError),
    /// The version is malformed.
    #[error("invalid version in the URL")]
    Version(#[source] EscapeError),
    /// `.mod` and `.zip` exist for canonical versions alone.
    #[error("`{0}` is not a canonical version; ask for its .info first")]
    NotCanonical(String),
    /// The version cannot belong to the path.
    #[error("the version does not fit the module path")]
    Mismatch(#[source] VersionError),
}

impl Route {
    /// Reads a decoded path, given the prefix below which everything is served.
    pub(crate) fn parse(path: &str, base: &str) -> Result<Self, RouteError> {
        match path {
            "/healthz" => return Ok(Self::Health),
            "/readyz" => return Ok(Self::Ready),
            "/metrics" => return Ok(Self::Metrics),
            _ => {}
        }
        let rest = path
            .strip_prefix(base)
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(|| RouteError::Elsewhere { base: base.to_owned() })?;
        if rest.is_empty() {
            return Ok(Self::Root);
        }
        if let Some(rest) = rest.strip_prefix("sumdb/") {
            let (name, rest) = rest.split_once('/').ok_or(RouteError::Unknown)?;
            return Ok(Self::ChecksumDb { name: name.to_owned(), rest: rest.to_owned() });
        }
        if let Some(module) = rest.strip_suffix("/@latest") {
            return Ok(Self::Latest(module_path(module)?));
        }
        let (module, file) = rest.rsplit_once("/@v/").ok_or(RouteError::Unknown)?;
        Self::file(module, file)
    }

    fn file(module: &str, file: &str) -> Result<Self, RouteError> {
        if file == "list" {
            return Ok(Self::List(module_path(module)?));
        }
        let (name, kind) = file.rsplit_once('.').ok_or(RouteError::Unknown)?;
        if !matches!(kind, "info" | "mod" | "zip") {
            return Err(RouteError::Unknown);
        }
        let path = module_path(module)?;
        let revision = EscapedVersion::parse(name).map_err(RouteError::Version)?.revision().clone();
        if kind == "info" {
            return Ok(Self::Info(path, revision));
        }
        let Some(version) = revision.as_version() else {
            return Err(RouteError::NotCanonical(revision.as_str().to_owned()));
        };
        let version = ModuleVersion::new(path, version).map_err(RouteError::Mismatch)?;
        Ok(if kind == "mod" { Self::Mod(version) } else { Self::Zip(version) })
    }
}

fn module_path(escaped: &str) -> Result<ModulePath, RouteError> {
    Ok(EscapedPath::parse(escaped).map_err(RouteError::Path)?.module().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, base: &str, expect: &str) {
        let got = match Route::parse(path, base) {
            Ok(Route::Info(path, revision)) => format!("info {path} {}", revision.as_str()),
            Ok(Route::Mod(version)) => format!("mod {version}"),
            Ok(Route::Zip(version)) => format!("zip {version}"),
            Ok(Route::List(path)) => format!("list {path}"),
            Ok(Route::Latest(path)) => format!("latest {path}"),
            Ok(Route::ChecksumDb { name, rest }) => format!("sumdb {name} {rest}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(got, expect, "{path}");
    }

    #[test]
    fn each_path_of_the_protocol_is_read() {
        check("/", "", "Root");
        check("/healthz", "/team", "Health");
        check("/example.com/a/@v/list", "", "list example.com/a");
        check("/example.com/!azure/@latest", "", "latest example.com/Azure");
        check("/example.com/a/@v/v1.2.3.info", "", "info example.com/a v1.2.3");
        check("/example.com/a/@v/master.info", "", "info example.com/a master");
        check("/example.com/a/@v/v1.2.3-!r!c1.mod", "", "mod example.com/a@v1.2.3-RC1");
        check("/example.com/a/v2/@v/v2.0.1.zip", "", "zip example.com/a/v2@v2.0.1");
        check("/team/example.com/a/@v/v1.0.0.mod", "/team", "mod example.com/a@v1.0.0");
        check("/sumdb/sum.golang.org/tile/8/0/001", "", "sumdb sum.golang.org tile/8/0/001");
    }

    #[test]
    fn what_cannot_exist_is_refused_with_its_reason() {
        check("/example.com/a/@v/v1.0.0.mod", "/team", "error: this server answers below `/team/`");
        check("/example.com/Azure/@v/list", "", "error: invalid module path in the URL");
        check("/example.com/a/../b/@v/list", "", "error: invalid module path in the URL");
        check("/nodot/@v/list", "", "error: invalid module path in the URL");
        check("/example.com/a/@v/V1.0.0.info", "", "error: invalid version in the URL");
        check(
            "/example.com/a/@v/master.zip",
            "",
            "error: `master` is not a canonical version; ask for its .info first",
        );
        check(
            "/example.com/a/@v/v2.0.0.mod",
            "",
            "error: the version does not fit the module path",
        );
        let unknown =
            "error: no such path; a GOPROXY serves `<module>/@v/…` and `<module>/@latest`";
        for path in ["/x", "/example.com/a/@v/v1.0.0.exe", "/example.com/a/@v/", "/sumdb/x"] {
            check(path, "", unknown);
        }
    }
}
