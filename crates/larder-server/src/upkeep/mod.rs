//! Upkeep of the store: what a maintainer or the background has done to it, beside the requests.
//!
//! | part | where |
//! | --- | --- |
//! | which zips go, and their going | [`crate::retention`] |
//! | whether what is stored is what it should be, and its repair | [`crate::scrub`] |
//! | whom a run tells what it does | `events` |
//! | what is known | `status` |

mod events;
mod status;

use crate::retention::{GcEvent, GcRequest, GcSummary};
use crate::scrub::{FsckEvent, FsckRequest, FsckSummary};

pub use events::Events;
pub use status::{Inventory, RetentionStatus, ScrubStatus, UpkeepStatus};

/// See the module's page. Shared as `Arc<Upkeep>` by the admin API and the background.
#[derive(Debug)]
pub struct Upkeep {}

/// Why a run of upkeep ended early. What it did until then stays done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// This server runs one of its kind already.
    #[error("a {what} is running already")]
    Busy {
        /// `gc` or `fsck`.
        what: &'static str,
    },
    /// The store cannot be read or written.
    #[error("the store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Upkeep {
    /// Evicts what the bounds leave no room for, least recently used first. A listener that leaves
    /// ends it at the next zip, and the summary tells what was done by then.
    pub async fn gc(
        &self,
        _request: GcRequest,
        _events: Events<GcEvent>,
    ) -> Result<GcSummary, UpkeepError> {
        Err(UpkeepError::Busy { what: "gc" })
    }

    /// Checks everything stored, and mends it where that is asked for. A listener that leaves ends
    /// it at the next thing.
    pub async fn fsck(
        &self,
        _request: FsckRequest,
        _events: Events<FsckEvent>,
    ) -> Result<FsckSummary, UpkeepError> {
        Err(UpkeepError::Busy { what: "fsck" })
    }

    /// What is known now; costs nothing.
    pub fn status(&self) -> UpkeepStatus {
        UpkeepStatus::default()
    }
}
