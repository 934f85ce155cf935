//! Whether the store can be written: tried again and again, since a server that only reads would
//! find out when a client waits.
//!
//! Each try makes a file in the spool, writes to it and drops it, then has the store's writer look
//! for something that is not there: a directory that is gone, a file system that went read-only
//! and a disk that hangs all show. Want of room is none of these; that is the spool's own matter.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use larder_store::{Key, Room, SpoolError, Store};

use crate::metrics::Metrics;
use crate::routes::health::Readiness;

/// Between two tries while all is well, and while it is not.
const WELL: Duration = Duration::from_secs(10);
const ILL: Duration = Duration::from_secs(2);
/// How long a try may take. A disk under heavy load takes seconds for a flush.
const TRY_FOR: Duration = Duration::from_secs(15);
/// A key that nothing is ever stored under.
const NOTHING: &str = "probe/nothing";

/// What the last try found.
#[derive(Debug)]
pub(super) struct Probe {
    /// Why the store cannot be written, if so.
    ill: Mutex<Option<String>>,
    metrics: Arc<Metrics>,
}

impl Probe {
    /// Nothing found yet: whoever opened the store has written to it.
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        metrics.set_store_writable(true);
        Self { ill: Mutex::new(None), metrics }
    }

    /// Whether the store takes what it is given.
    pub(super) fn readiness(&self) -> Readiness {
        match self.ill.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            None => Readiness::Ready,
            Some(reason) => Readiness::Failing(reason.into()),
        }
    }

    /// Tries for as long as the server runs.
    pub(super) async fn keep_trying(self: Arc<Self>, store: Arc<dyn Store>) {
        let mut pause = WELL;
        loop {
            tokio::time::sleep(pause).await;
            pause = if self.note(try_once(&store).await) { WELL } else { ILL };
        }
    }

    /// Remembers what a try found, and logs when that is news. Whether all is well.
    fn note(&self, found: Result<(), String>) -> bool {
        let mut known = self.ill.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, &found) {
            (None, Err(reason)) => {
                tracing::error!(reason, "the store cannot be written: not ready");
            }
            (Some(_), Ok(())) => tracing::info!("the store can be written again: ready"),
            _ => {}
        }
        self.metrics.set_store_writable(found.is_ok());
        *known = found.err();
        known.is_none()
    }
}

async fn try_once(store: &Arc<dyn Store>) -> Result<(), String> {
    let spooling = Arc::clone(store);
    let trial = async {
        let spooled = tokio::task::spawn_blocking(move || spool(&*spooling)).await;
        spooled.unwrap_or_else(|error| Err(error.to_string()))?;
        let nothing = Key::parse(NOTHING).map_err(|error| error.to_string())?;
        store.delete(&nothing).await.map(drop).map_err(|error| in_a_line(&error))
    };
    let hangs = |_| format!("it does not answer within {} s", TRY_FOR.as_secs());
    tokio::time::timeout(TRY_FOR, trial).await.map_err(hangs)?
}

fn spool(store: &dyn Store) -> Result<(), String> {
    match store.spool().create(Room::Exactly(1)) {
        Ok(file) => match file.append(b"?") {
            Err(error) if error.kind() != std::io::ErrorKind::StorageFull => Err(in_a_line(&error)),
            _ => Ok(()),
        },
        Err(SpoolError::NoRoom { .. }) => Ok(()),
        Err(error) => Err(in_a_line(&error)),
    }
}

fn in_a_line(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_store::DirectoryStore;

    #[tokio::test]
    async fn a_directory_that_is_gone_is_found_out_and_its_return_too() {
        let home = tempfile::tempdir().unwrap();
        let (here, away) = (home.path().join("data"), home.path().join("away"));
        let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(&here).unwrap());
        let probe = Probe::new(Arc::new(Metrics::new()));
        let check = async |well: bool| {
            assert_eq!(probe.note(try_once(&store).await), well);
            assert_eq!(probe.readiness() == Readiness::Ready, well);
        };
        check(true).await;
        fs_err::rename(&here, &away).unwrap();
        check(false).await;
        fs_err::rename(&away, &here).unwrap();
        check(true).await;
    }
}
