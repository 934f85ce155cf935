//! What the admin API works with: the parts of the running server.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_store::Store;

use crate::server::ServerHandle;
use crate::service::ModuleService;
use crate::upkeep::Upkeep;

/// The parts of the running server.
pub(crate) struct Desk {
    pub(crate) service: Arc<ModuleService>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) upkeep: Arc<Upkeep>,
    pub(crate) handle: ServerHandle,
    pub(crate) started: Started,
}

/// When the server started: for people, and to count from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(crate) at: Timestamp,
    pub(crate) instant: Instant,
}

impl Started {
    /// It starts now.
    pub(crate) fn now() -> Self {
        Self { at: Timestamp::now(), instant: Instant::now() }
    }
}

/// Reads `module@version` as a maintainer writes it.
pub(super) fn read_version(text: &str) -> Result<ModuleVersion, String> {
    let (path, version) = text
        .split_once('@')
        .ok_or_else(|| format!("`{text}` is not of the form `module@version`"))?;
    let version = Version::parse(version).map_err(|error| error.to_string())?;
    ModuleVersion::new(read_path(path)?, version).map_err(|error| error.to_string())
}

/// Reads a module path as a maintainer writes it.
pub(super) fn read_path(text: &str) -> Result<ModulePath, String> {
    ModulePath::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_people_write_it_or_refused_with_the_reason() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let got = read_version(text).map(|version| version.to_string());
            match expect {
                Ok(expect) => assert_eq!(got.as_deref(), Ok(expect)),
                Err(part) => {
                    assert!(got.as_ref().is_err_and(|error| error.contains(part)), "{got:?}");
                }
            }
        };
        check("example.com/Azure@v1.0.0", Ok("example.com/Azure@v1.0.0"));
        check("example.com/a/v2@v2.0.0", Ok("example.com/a/v2@v2.0.0"));
        check("example.com/a", Err("`example.com/a` is not of the form `module@version`"));
        check("example.com/a@", Err("version"));
        check("example.com/a@master", Err("`master`"));
        check("nodot@v1.0.0", Err("`nodot`"));
        check("example.com/a@v2.0.0", Err("`v2.0.0`"));
    }
}
