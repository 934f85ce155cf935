//! The paths of a checksum database, below its name (<https://go.dev/ref/mod#checksum-database>).
//! Whose name it is, and percent
//! signs, are the router's matter.

use larder_module::{EscapedPath, EscapedVersion, ModuleVersion};
use larder_sumdb::{DataTile, Tile};

/// Something a client may ask a database for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `supported`: whether the database is served here.
    Supported,
    /// `latest`: the signed tree head.
    Latest,
    /// `lookup/<escaped path>@<escaped version>`.
    Lookup(ModuleVersion),
    /// `tile/8/L/N[.p/W]`.
    Tile(Tile),
    /// `tile/8/data/N[.p/W]`.
    DataTile(DataTile),
}

/// A path that no database has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a checksum database has no such path; it has `supported`, `latest`, `lookup/…`, `tile/8/…`"
)]
pub(crate) struct EndpointError;

impl Endpoint {
    /// Reads what follows `/sumdb/<name>/`, percent signs decoded.
    pub(crate) fn parse(rest: &str) -> Result<Self, EndpointError> {
        let tile = || Tile::parse_path(rest).map(Self::Tile).ok();
        let data_tile = || DataTile::parse_path(rest).map(Self::DataTile).ok();
        let endpoint = match rest.split_once('/') {
            None if rest == "supported" => Some(Self::Supported),
            None if rest == "latest" => Some(Self::Latest),
            Some(("lookup", module)) => parse_module(module).map(Self::Lookup),
            Some(("tile", _)) => tile().or_else(data_tile),
            _ => None,
        };
        endpoint.ok_or(EndpointError)
    }
}

/// The path of a lookup, as a database and the store know it.
pub(super) fn lookup_path(module: &ModuleVersion) -> String {
    let (path, version) = (module.path().escaped(), module.version().escaped());
    format!("lookup/{}@{}", path.as_str(), version.as_str())
}

fn parse_module(text: &str) -> Option<ModuleVersion> {
    let (path, version) = text.split_once('@')?;
    let path = EscapedPath::parse(path).ok()?.module().clone();
    let version = EscapedVersion::parse(version).ok()?.revision().as_version()?;
    ModuleVersion::new(path, version).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rest: &str, expected: Option<&str>) {
        let got = Endpoint::parse(rest).ok().map(|endpoint| match endpoint {
            Endpoint::Lookup(module) => format!("{module} at {}", lookup_path(&module)),
            other => format!("{other:?}"),
        });
        assert_eq!(got.as_deref(), expected, "{rest}");
    }

    #[test]
    fn the_paths_of_a_database_are_read() {
        check("supported", Some("Supported"));
        check("latest", Some("Latest"));
        check("tile/8/1/x001/234.p/5", Some("Tile(Tile(tile/8/1/x001/234.p/5))"));
        check("tile/8/data/000", Some("DataTile(DataTile(tile/8/data/000))"));
        check(
            "lookup/github.com/!burnt!sushi/toml@v1.0.0-!r!c1",
            Some(
                "github.com/BurntSushi/toml@v1.0.0-RC1 \
                at lookup/github.com/!burnt!sushi/toml@v1.0.0-!r!c1",
            ),
        );
        check(
            "lookup/example.com/a@v2.0.0+incompatible",
            Some("example.com/a@v2.0.0+incompatible at lookup/example.com/a@v2.0.0+incompatible"),
        );
    }

    #[test]
    fn nothing_else_is() {
        for rest in [
            "",
            "supported/",
            "latest/x",
            "lookup",
            "lookup/",
            "lookup/example.com/a",
            "lookup/example.com/a@master",
            "lookup/example.com/a@v1",
            "lookup/example.com/A@v1.0.0",
            "lookup/../../etc@v1.0.0",
            "lookup/example.com/a@v1.0.0/go.mod",
            "lookup/example.com/a@v2.0.0",
            "tile/8/0/0",
            "tile/9/0/000",
            "tile/8/0/../000",
            "Latest",
        ] {
            check(rest, None);
        }
    }
}
