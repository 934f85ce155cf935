//! Changeable answers as they are stored: version lists, `@latest`, branches.
//!
//! One JSON line (when and where it was fetched) and the value's bytes. A value that cannot be
//! read counts as absent: it can be had again. How long one is good is the mirror's decision.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use larder_module::{EscapedVersion, ModulePath, Revision};
use larder_store::{Condition, Durability, Key, KeyError, PutOutcome, Store};

use super::versions::VersionsError;
use super::wire::{ChangeableHead, FORMAT};

/// Which changeable answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Changeable {
    /// `@v/list`.
    List(ModulePath),
    /// `@latest`.
    Latest(ModulePath),
    /// `@v/<branch, tag, prefix or hash>.info`.
    Info(ModulePath, Revision),
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) value: Bytes,
    pub(crate) fetched_at: Timestamp,
    pub(crate) upstream_etag: Option<String>,
    pub(crate) source: String,
    /// Grows with each refresh.
    pub(crate) epoch: u64,
}

impl Changeable {
    /// The module it is about.
    pub(crate) fn module(&self) -> &ModulePath {
        match self {
            Self::List(path) | Self::Latest(path) | Self::Info(path, _) => path,
        }
    }

    fn key(&self) -> Result<Key, KeyError> {
        let path = self.module().escaped();
        let path = path.as_str();
        match self {
            Self::List(_) => Key::parse(&format!("mut/{path}/@v/list")),
            Self::Latest(_) => Key::parse(&format!("mut/{path}/@latest")),
            Self::Info(_, revision) => {
                Key::parse(&format!("mut/{path}/@v/{}.info", revision.escaped().as_str()))
            }
        }
    }
}

/// Reads a kept answer.
pub(crate) async fn get(
    store: &Arc<dyn Store>,
    what: &Changeable,
) -> Result<Option<Kept>, VersionsError> {
    let Some(object) = store.get(&what.key()?).await? else { return Ok(None) };
    Ok(decode(&object.bytes))
}

/// Keeps an answer. Of two servers that refresh at once, one wins; both answers are as new.
pub(crate) async fn put(
    store: &Arc<dyn Store>,
    what: &Changeable,
    mut kept: Kept,
) -> Result<(), VersionsError> {
    let key = what.key()?;
    let before = store.get(&key).await?;
    let condition = match &before {
        Some(object) => {
            kept.epoch = decode(&object.bytes).map_or(0, |old| old.epoch.saturating_add(1));
            Condition::Matches(object.tag.clone())
        }
        None => Condition::Absent,
    };
    match store.put(&key, encode(&kept), condition, Durability::Relaxed).await? {
        PutOutcome::Stored(_) | PutOutcome::Conflict => Ok(()),
    }
}

/// The branches (and other revisions) of a module whose answers are kept.
pub(crate) async fn branches(
    store: &Arc<dyn Store>,
    path: &ModulePath,
) -> Result<Vec<Changeable>, VersionsError> {
    const PAGE: usize = 1000;
    let prefix = Key::parse(&format!("mut/{}/@v", path.escaped().as_str()))?;
    let revision = |key: &Key| {
        let name = key.as_str().strip_prefix(prefix.as_str())?.strip_prefix('/')?;
        let name = EscapedVersion::parse(name.strip_suffix(".info")?).ok()?;
        Some(Changeable::Info(path.clone(), name.revision().clone()))
    };
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = store.list(&prefix, after.as_ref(), PAGE).await?;
        found.extend(page.iter().filter_map(|listed| revision(&listed.key)));
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
            _ => return Ok(found),
        }
    }
}

fn encode(kept: &Kept) -> Bytes {
    let head = ChangeableHead {
        format: FORMAT,
        fetched_at_ms: kept.fetched_at.as_millisecond(),
        upstream_etag: kept.upstream_etag.clone(),
        source: kept.source.clone(),
        epoch: kept.epoch,
    };
    let mut out = serde_json::to_vec(&head).expect("the head is strings and numbers");
    out.push(b'\n');
    out.extend_from_slice(&kept.value);
    Bytes::from(out)
}

fn decode(stored: &Bytes) -> Option<Kept> {
    let end = stored.iter().position(|&b| b == b'\n')?;
    let head: ChangeableHead = serde_json::from_slice(&stored[..end]).ok()?;
    (head.format == FORMAT).then_some(())?;
    Some(Kept {
        value: stored.slice(end + 1..),
        fetched_at: Timestamp::from_millisecond(head.fetched_at_ms).ok()?,
        upstream_etag: head.upstream_etag,
        source: head.source,
        epoch: head.epoch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_store::MemoryStore;

    #[tokio::test]
    async fn a_kept_answer_comes_back_with_a_grown_epoch() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let path = ModulePath::parse("example.com/a").expect("a path");
        let kept = Kept {
            value: Bytes::from_static(b"v1.0.0\nv1.1.0\n"),
            fetched_at: Timestamp::UNIX_EPOCH,
            upstream_etag: Some("\"x\"".into()),
            source: "up".into(),
            epoch: 0,
        };
        for what in [
            Changeable::List(path.clone()),
            Changeable::Latest(path.clone()),
            Changeable::Info(path.clone(), Revision::parse("master").expect("a revision")),
        ] {
            assert_eq!(get(&store, &what).await.expect("reads"), None);
            put(&store, &what, kept.clone()).await.expect("puts");
            assert_eq!(get(&store, &what).await.expect("reads"), Some(kept.clone()));
            put(&store, &what, kept.clone()).await.expect("puts");
            let again = get(&store, &what).await.expect("reads").expect("is there");
            assert_eq!(again.epoch, 1);
        }
    }

    #[tokio::test]
    async fn only_the_branches_of_the_module_itself_are_found() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let path = |path: &str| ModulePath::parse(path).expect("a path");
        let branch = |module: &str, revision: &str| {
            Changeable::Info(path(module), Revision::parse(revision).expect("a revision"))
        };
        let ours = [branch("example.com/A", "Feature-x"), branch("example.com/A", "main")];
        let others = [
            branch("example.com/A/b", "main"),
            branch("example.com/AB", "main"),
            Changeable::List(path("example.com/A")),
            Changeable::Latest(path("example.com/A")),
        ];
        for what in ours.iter().chain(&others) {
            let kept = Kept {
                value: Bytes::from_static(b"{}"),
                fetched_at: Timestamp::UNIX_EPOCH,
                upstream_etag: None,
                source: String::new(),
                epoch: 0,
            };
            put(&store, what, kept).await.expect("puts");
        }
        assert_eq!(branches(&store, &path("example.com/A")).await.expect("lists"), ours);
    }

    #[test]
    fn damaged_bytes_count_as_absent() {
        for stored in [
            "",
            "{}\n",
            "v1.0.0\n",
            "{\"format\":2,\"fetched_at_ms\":0,\"source\":\"\",\"epoch\":0}\nx",
        ] {
            assert_eq!(decode(&Bytes::from_static(stored.as_bytes())), None, "{stored}");
        }
    }
}
