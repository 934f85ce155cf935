//! What the server keeps about modules, in the layout of the store (ARCHITECTURE.md draws it whole).
//!
//! | key | file |
//! | --- | --- |
//! | `ver/<module>/@v/<version>` | [`versions`], its value in [`record`]; how it loses a part in [`shrink`] |
//! | `blob/<sha256>` | [`versions`] |
//! | `mut/<module>/@v/list`, `@latest`, branches | [`changeable`] |
//! | `tomb/<module>/@v/<version>` | [`tombs`] |
//! | `pending/<module>/@v/<version>` | [`versions`]: a note that proof is owed, written before the record |
//!
//! Stored forms are in [`wire`] alone. No sockets here: only the store.

pub(crate) mod changeable;
pub(crate) mod record;
mod shrink;
pub(crate) mod tombs;
pub(crate) mod versions;
mod wire;

use larder_module::ModuleVersion;
use larder_store::{Key, KeyError};

/// The key `<kind>/<escaped module>/@v/<escaped version>`.
pub(crate) fn version_key(kind: &str, version: &ModuleVersion) -> Result<Key, KeyError> {
    Key::parse(&format!(
        "{kind}/{}/@v/{}",
        version.path().escaped().as_str(),
        version.version().escaped().as_str()
    ))
}

/// The version that a key of [`version_key`] names; `None` for a foreign key.
pub(crate) fn version_of(kind: &str, key: &Key) -> Option<ModuleVersion> {
    let rest = key.as_str().strip_prefix(kind)?.strip_prefix('/')?;
    let (path, version) = rest.rsplit_once("/@v/")?;
    let path = larder_module::EscapedPath::parse(path).ok()?.module().clone();
    let version = larder_module::EscapedVersion::parse(version).ok()?.revision().as_version()?;
    ModuleVersion::new(path, version).ok()
}
