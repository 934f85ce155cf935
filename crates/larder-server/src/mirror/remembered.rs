//! What need not be asked again just now: absences and failed refreshes for seconds, integrity
//! failures for minutes. In memory only, bounded in entries, never shared.

use std::hash::Hash;
use std::time::Duration;

use larder_module::ModuleVersion;
use moka::sync::Cache;

use super::files::VersionFile;
use crate::catalog::changeable::Changeable;
use crate::error::{Failure, FailureKind};

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

/// See the module's page.
pub(super) struct Remembered {
    lately: Cache<Asked, Failure>,
    refused: Cache<ModuleVersion, Failure>,
    no_room: Cache<ModuleVersion, ()>,
}

impl Remembered {
    /// Remembers absences for `ttl`.
    pub(super) fn new(ttl: Duration) -> Self {
        Self { lately: lasting(ttl), refused: lasting(REFUSED_FOR), no_room: lasting(ttl) }
    }

    /// What was lately found out about this question.
    pub(super) fn of(&self, asked: &Asked) -> Option<Failure> {
        self.lately.get(asked)
    }

    /// Remembers an absence, a refusal for integrity, or that a refresh failed; other failures are
    /// asked again.
    pub(super) fn note(&self, asked: Asked, failure: &Failure) {
        let refresh_failed = matches!(asked, Asked::Changeable(_)) && failure.is_trouble();
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

fn lasting<K, V>(ttl: Duration) -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(ENTRIES).time_to_live(ttl).build()
}
