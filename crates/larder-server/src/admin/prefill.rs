//! `POST /v1/prefill`: versions brought into the store before anybody asks for them.

use std::sync::Arc;

use futures_util::StreamExt;
use larder_module::ModuleVersion;

use super::desk::{Desk, read_version};
use super::run::{Outcome, Run};
use super::told::Left;
use super::wire::{Done, Event, FetchResult, Fetched, PrefillItem, PrefillRequest, VersionPart};
use crate::error::Failure;
use crate::mirror::{Brought, FileKind};

/// Files that are fetched at once.
const AT_ONCE: usize = 64;

/// One file that is wanted.
struct Wanted {
    version: String,
    file: FileKind,
    dry_run: bool,
}

impl Run {
    /// Brings these versions in, or tells what is missing of them.
    pub(super) async fn prefill(&self, asked: PrefillRequest) -> Outcome {
        let dry_run = asked.dry_run;
        let wanted = asked.items.into_iter().flat_map(files).map(|(version, file)| {
            let desk = Arc::clone(&self.desk);
            async move { desk.bring(Wanted { version, file, dry_run }).await }
        });
        let mut fetched = futures_util::stream::iter(wanted).buffer_unordered(AT_ONCE);
        let mut done = Done::default();
        let all = async {
            while let Some(fetched) = fetched.next().await {
                count(&mut done, &fetched);
                self.told.tell(Event::Fetched(fetched)).await?;
            }
            Ok(done)
        };
        // Flights that were set off go on to their landing; only no further ones begin.
        tokio::select! {
            done = all => done,
            () = self.told.left() => Err(Left.into()),
        }
    }
}

/// The files that are wanted of an item.
fn files(item: PrefillItem) -> impl Iterator<Item = (String, FileKind)> {
    let all = [FileKind::Info, FileKind::Mod, FileKind::Zip];
    let wanted = if item.zip { 3 } else { 2 };
    all.into_iter().take(wanted).map(move |file| (item.version.clone(), file))
}

fn count(done: &mut Done, fetched: &Fetched) {
    match fetched.result {
        FetchResult::Failed => done.failed += 1,
        FetchResult::Present => done.unchanged += 1,
        _ => {
            done.count += 1;
            done.bytes += fetched.bytes.unwrap_or(0);
        }
    }
}

impl Desk {
    async fn bring(&self, wanted: Wanted) -> Fetched {
        let mut event = Fetched {
            version: wanted.version.clone(),
            file: match wanted.file {
                FileKind::Info => VersionPart::Info,
                FileKind::Mod => VersionPart::Mod,
                FileKind::Zip => VersionPart::Zip,
            },
            result: FetchResult::Failed,
            bytes: None,
            is_pending: false,
            error: None,
        };
        let found = match read_version(&wanted.version) {
            Ok(version) => {
                self.find(&version, &wanted).await.map_err(|failure| failure.to_string())
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(None) => event.result = FetchResult::Missing,
            Ok(Some(brought)) => {
                let (result, stored) = match brought {
                    Brought::Now(stored) => (FetchResult::Stored, stored),
                    Brought::Before(stored) => (FetchResult::Present, stored),
                };
                event.result = result;
                event.bytes = Some(stored.bytes);
                event.is_pending = stored.is_pending;
            }
            Err(error) => event.error = Some(error),
        }
        event
    }

    async fn find(
        &self,
        version: &ModuleVersion,
        wanted: &Wanted,
    ) -> Result<Option<Brought>, Failure> {
        self.service.refuse_private(version.path())?;
        self.service.refuse_dead(Some(version))?;
        let mirror = &self.service.mirror;
        if wanted.dry_run {
            let stored = mirror.stored_file(version, wanted.file).await?;
            return Ok(stored.map(Brought::Before));
        }
        mirror.bring(version, wanted.file).await.map(Some)
    }
}
