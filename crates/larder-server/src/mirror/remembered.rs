//! What need not be asked again just now: absences and failed refreshes for seconds, integrity
//! failures for minutes. In memory only, bounded in entries, never shared.

use std::hash::Hash;
use std::time::{Duration, Instant};

use larder_module::{ModulePath, ModuleVersion};
use moka::Expiry;
use moka::sync::Cache;

use super::files::VersionFile;
use crate::catalog::changeable::Changeable;
use crate::error::{Failure, FailureKind};
use crate::live::{Live, Rules};

/// How long a version whose bytes were wrong is refused without asking again.
const REFUSED_FOR: Duration = Duration::from_mins(5);
/// Entries of each kind.
const ENTRIES: u64 = 20_000;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    File(VersionFile),
    Zip(ModuleVersion),
    Changeable(Changeable),
}

impl Asked {
    fn module(&self) -> &ModulePath {
        match self {
            Self::File(file) => file.version().path(),
            Self::Zip(version) => version.path(),
            Self::Changeable(what) => what.module(),
        }
    }
}

/// See the module's page.
pub(super) struct Remembered {
    lately: Cache<Asked, Failure>,
    refused: Cache<ModuleVersion, Failure>,
    no_room: Cache<ModuleVersion, ()>,
}

impl Remembered {
    /// Remembers absences for as long as the rules say when they are found.
    pub(super) fn new(rules: &Live<Rules>) -> Self {
        let a_while = || Lasting::AsRuled(rules.clone());
        Self {
            lately: lasting(a_while()),
            refused: lasting(Lasting::For(REFUSED_FOR)),
            no_room: lasting(a_while()),
        }
    }

    /// Forgets all: other upstreams may say otherwise.
    pub(super) fn forget_all(&self) {
        self.lately.invalidate_all();
        self.refused.invalidate_all();
        self.no_room.invalidate_all();
    }

    /// Forgets what was found out about this question.
    pub(super) fn forget(&self, asked: &Asked) {
        self.lately.invalidate(asked);
    }

    /// Forgets what was found out about a module.
    pub(super) fn forget_module(&self, path: &ModulePath) {
        forget_those(&self.lately, |asked| asked.module() == path);
        forget_those(&self.refused, |version| version.path() == path);
        forget_those(&self.no_room, |version| version.path() == path);
    }

    /// What was lately found out about this question.
    pub(super) fn of(&self, asked: &Asked) -> Option<Failure> {
        self.lately.get(asked)
    }

    /// Remembers an absence, a refusal for integrity, or that a refresh failed; other failures are
    /// asked again.
    pub(super) fn note(&self, asked: Asked, failure: &Failure) {
        // That an upstream is left alone is known anyway, and until when.
        let left_alone = matches!(failure.kind(), FailureKind::LeftAlone(_));
        let refresh_failed =
            matches!(asked, Asked::Changeable(_)) && failure.is_trouble() && !left_alone;
        let is_answer = matches!(failure.kind(), FailureKind::NotFound | FailureKind::Integrity);
        if is_answer || refresh_failed {
            self.lately.insert(asked, failure.clone());
        }
    }

    /// Refuses a version whose bytes were wrong.
    pub(super) fn refuse(&self, version: &ModuleVersion, failure: Failure) {
        self.refused.insert(version.clone(), failure);
    }

    /// The refusal of a version whose bytes were wrong.
    pub(super) fn refusal(&self, version: &ModuleVersion) -> Option<Failure> {
        self.refused.get(version)
    }

    /// A body without announced length outgrew the room: next time it is passed through.
    pub(super) fn outgrew(&self, version: &ModuleVersion) {
        self.no_room.insert(version.clone(), ());
    }

    /// Whether the body lately outgrew the room.
    pub(super) fn has_outgrown(&self, version: &ModuleVersion) -> bool {
        self.no_room.contains_key(version)
    }
}

fn forget_those<K, V>(cache: &Cache<K, V>, is_one: impl Fn(&K) -> bool)
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    for (key, _) in cache {
        if is_one(&key) {
            cache.invalidate(&*key);
        }
    }
}

/// How long an entry lasts, as it stands when the entry comes.
enum Lasting {
    For(Duration),
    AsRuled(Live<Rules>),
}

impl<K, V> Expiry<K, V> for Lasting {
    fn expire_after_create(&self, _: &K, _: &V, _: Instant) -> Option<Duration> {
        Some(match self {
            Self::For(time) => *time,
            Self::AsRuled(rules) => rules.now().freshness.negative_ttl,
        })
    }

    fn expire_after_update(
        &self,
        key: &K,
        value: &V,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, value, now)
    }
}

fn lasting<K, V>(time: Lasting) -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(ENTRIES).expire_after(time).build()
}
