//! Only what may be had is offered: a purged or refused version is in no `@v/list`, is never
//! `@latest`, and is what no branch stands for.
//!
//! What is kept stays as the upstream gave it; it is filtered when it is answered, so that a lifted
//! purge needs no fetch. A module without tombstones costs one look-up.

use std::collections::HashMap;

use bytes::Bytes;
use larder_modfetch::Info;
use larder_module::{ModulePath, ModuleVersion, Version};

use super::module_proxy::ModuleProxy;
use crate::catalog::changeable::Changeable;
use crate::catalog::tombs::Tombstone;
use crate::error::Failure;
use crate::mirror::{Current, Fetching, State, VersionFile, best_of, version_of_line};

/// A changeable answer as it may be given.
pub(super) struct Offer {
    pub(super) value: Bytes,
    pub(super) state: State,
}

/// The withheld versions of one module.
type Withheld = HashMap<Version, Tombstone>;

impl ModuleProxy {
    /// What may be offered of an answer.
    pub(super) async fn offered(
        &self,
        what: &Changeable,
        current: Current,
        fetching: &Fetching,
    ) -> Result<Offer, Failure> {
        let Current { kept, state } = current;
        let as_it_is = Offer { value: kept.value.clone(), state };
        let Some(withheld) = self.tombs.of_module(what.module()) else { return Ok(as_it_is) };
        let named = || withheld.get_key_value(&version_in(&kept.value)?);
        match what {
            Changeable::List(_) => Ok(Offer { value: without(&kept.value, &withheld), state }),
            Changeable::Latest(path) if named().is_some() => {
                self.latest_but(path, &withheld, fetching).await
            }
            Changeable::Info(path, _) => match named() {
                None => Ok(as_it_is),
                Some((version, tombstone)) => Err(refusal(path, version, tombstone)),
            },
            Changeable::Latest(_) => Ok(as_it_is),
        }
    }

    /// The best version that is left in the list.
    async fn latest_but(
        &self,
        path: &ModulePath,
        withheld: &Withheld,
        fetching: &Fetching,
    ) -> Result<Offer, Failure> {
        let list = self.mirror.changeable(&Changeable::List(path.clone()), fetching).await?;
        let text = String::from_utf8_lossy(&list.kept.value);
        let best = best_of(path, &text, |version| !withheld.contains_key(version.version()));
        let best = best.ok_or_else(|| {
            Failure::not_found(format_args!(
                "{path}: its latest version is withheld here, and no other is listed"
            ))
        })?;
        let (value, _) = self.mirror.file(&VersionFile::Info(best), fetching).await?;
        Ok(Offer { value, state: list.state })
    }
}

/// The version that an `.info` is of.
fn version_in(info: &Bytes) -> Option<Version> {
    Version::parse(Info::parse(info).ok()?.version()).ok()
}

fn refusal(path: &ModulePath, version: &Version, tombstone: &Tombstone) -> Failure {
    match ModuleVersion::new(path.clone(), version.clone()) {
        Ok(version) => Failure::withheld(&version, tombstone),
        Err(_) => Failure::not_found(format_args!("{path}@{version}: {}", tombstone.reason)),
    }
}

/// A list without the lines of withheld versions. All other bytes stay as they are.
fn without(list: &Bytes, withheld: &Withheld) -> Bytes {
    let Ok(text) = std::str::from_utf8(list) else { return list.clone() };
    let is_withheld =
        |line: &str| version_of_line(line).is_some_and(|version| withheld.contains_key(&version));
    if !text.lines().any(is_withheld) {
        return list.clone();
    }
    text.split_inclusive('\n').filter(|line| !is_withheld(line)).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tombs::Why;

    #[track_caller]
    fn check(list: &str, withheld: &[&str], left: &str) {
        let tombstone = Tombstone { why: Why::Purged, reason: String::new() };
        let dead = |version: &&str| Version::parse(version).expect("a version");
        let withheld = withheld.iter().map(|v| (dead(v), tombstone.clone())).collect();
        assert_eq!(without(&Bytes::copy_from_slice(list.as_bytes()), &withheld), left, "{list:?}");
    }

    #[test]
    fn a_list_loses_the_withheld_lines_and_nothing_else() {
        check("", &["v1.0.0"], "");
        check("v1.0.0\nv1.1.0\n", &["v1.0.0"], "v1.1.0\n");
        check("v1.0.0\nv1.1.0", &["v1.1.0"], "v1.0.0\n");
        check("v1.0.0\nv1.1.0\n", &["v1.0.0", "v1.1.0"], "");
        check("v1.0.0 2024-01-01T00:00:00Z\r\nv1.1.0\r\n", &["v1.0.0"], "v1.1.0\r\n");
        check("# words\n\n v1.0.0\nv1.0.0-rc.1\n", &["v1.0.0"], "# words\n\nv1.0.0-rc.1\n");
        check("v1.0.0\n", &["v2.0.0"], "v1.0.0\n");
    }
}
