//! The GOPROXY protocol over the mirror: which answer, kept by others for how long.
//!
//! Go modules reference, "GOPROXY protocol"; content types are those in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use larder_module::{ModulePath, ModuleVersion, Revision};
use larder_store::Body;
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Caching, Content, ContentKind, ETag, Outcome, Ready, RouteLabel};
use crate::catalog::changeable::Changeable;
use crate::catalog::record::ZipRef;
use crate::catalog::tombs::Tombs;
use crate::error::Failure;
use crate::flights::Part;
use crate::live::{Live, Rules};
use crate::mirror::{Fetching, Mirror, State, VersionFile, ZipSource};

use super::offered::Offer;

/// Zips up to this size are kept in memory whole.
const SMALL_ZIP: u64 = 64 << 10;

/// What a route found: an answer that others of this path may share, or one for this request.
pub(crate) enum Found {
    /// Small and whole: may be kept in memory until the instant (`None`: for ever).
    Ready { ready: Ready, until: Option<Instant>, route: RouteLabel, outcome: Outcome },
    /// A stored body: may be kept open.
    Stored { body: Body, etag: ETag },
    /// For this request alone.
    Once(Answer),
}

/// The module routes.
pub(crate) struct ModuleProxy {
    pub(super) mirror: Arc<Mirror>,
    pub(super) tombs: Arc<Tombs>,
    rules: Live<Rules>,
}

impl ModuleProxy {
    /// Routes over `mirror`, which offer nothing that has a tombstone.
    pub(crate) fn new(mirror: Arc<Mirror>, tombs: Arc<Tombs>, rules: Live<Rules>) -> Self {
        Self { mirror, tombs, rules }
    }

    /// `.info`: of a canonical version for ever, of anything else for a while.
    pub(crate) async fn info(
        &self,
        path: ModulePath,
        revision: Revision,
        fetching: &Fetching,
    ) -> Result<Found, Failure> {
        let version = revision.as_version();
        match version.map(|version| ModuleVersion::new(path.clone(), version)) {
            Some(Ok(version)) => {
                self.file(VersionFile::Info(version), ContentKind::Json, fetching).await
            }
            _ => self.changeable(Changeable::Info(path, revision), fetching).await,
        }
    }

    /// `.mod`.
    pub(crate) async fn go_mod(
        &self,
        version: ModuleVersion,
        fetching: &Fetching,
    ) -> Result<Found, Failure> {
        self.file(VersionFile::Mod(version), ContentKind::Text, fetching).await
    }

    async fn file(
        &self,
        file: VersionFile,
        kind: ContentKind,
        fetching: &Fetching,
    ) -> Result<Found, Failure> {
        let (bytes, part) = self.mirror.file(&file, fetching).await?;
        let route = match file {
            VersionFile::Info(_) => RouteLabel::Info,
            VersionFile::Mod(_) => RouteLabel::Mod,
        };
        let etag = Some(etag_of(&bytes));
        let ready = Ready::new(kind, Caching::Immutable, etag, bytes);
        Ok(Found::Ready { ready, until: None, route, outcome: outcome_of(part) })
    }

    /// `@v/list`, `@latest` and the `.info` of branches.
    pub(crate) async fn changeable(
        &self,
        what: Changeable,
        fetching: &Fetching,
    ) -> Result<Found, Failure> {
        let current = self.mirror.changeable(&what, fetching).await?;
        let Offer { value, state } = self.offered(&what, current, fetching).await?;
        let (route, kind) = match what {
            Changeable::List(_) => (RouteLabel::List, ContentKind::Text),
            Changeable::Latest(_) => (RouteLabel::Latest, ContentKind::Json),
            Changeable::Info(..) => (RouteLabel::Info, ContentKind::Json),
        };
        let freshness = &self.rules.now().freshness;
        let caching = Caching::Fresh {
            max_age: freshness.ttl,
            stale_while_revalidate: freshness.stale_while_revalidate,
        };
        let ready = Ready::new(kind, caching, Some(etag_of(&value)), value);
        let (good_for, outcome) = match state {
            State::Fresh(left) => (left, Outcome::Hit),
            State::Fetched(part) => (freshness.ttl, outcome_of(Some(part))),
            // Not for long: what is fresher is on its way.
            State::Refreshing => (Duration::from_secs(1), Outcome::Hit),
            State::Stale(age) => {
                let answer = ready.answer(route, Outcome::Stale).with_stale(age);
                return Ok(Found::Once(answer.with_caching(Caching::NoStore)));
            }
        };
        let until = Some(Instant::now() + good_for);
        Ok(Found::Ready { ready, until, route, outcome })
    }

    /// `.zip`.
    pub(crate) async fn zip(
        &self,
        version: ModuleVersion,
        fetching: &Fetching,
    ) -> Result<Found, Failure> {
        match self.mirror.zip(&version, fetching).await? {
            ZipSource::Stored(zip, body) => stored_zip(&version, &zip, body),
            ZipSource::Arriving(flight, part) => {
                flight.ready().await?;
                let (len, chunks) = (flight.len(), Box::pin(flight.chunks()));
                let answer = Answer::ok(
                    RouteLabel::Zip,
                    outcome_of(Some(part)),
                    ContentKind::Zip,
                    Content::Stream { len, chunks },
                );
                Ok(Found::Once(answer))
            }
            ZipSource::PassedThrough(arriving) => {
                let len = arriving.len();
                let chunks = Box::pin(crate::mirror::pass(arriving));
                let content = Content::Stream { len, chunks };
                let (route, kind) = (RouteLabel::Zip, ContentKind::Zip);
                Ok(Found::Once(Answer::ok(route, Outcome::Miss, kind, content)))
            }
        }
    }
}

fn stored_zip(version: &ModuleVersion, zip: &ZipRef, body: Body) -> Result<Found, Failure> {
    let etag = ETag::new(&zip.sha256).ok_or_else(Failure::internal)?;
    if zip.size > SMALL_ZIP {
        return Ok(Found::Stored { body, etag });
    }
    let bytes = read_whole(&body).map_err(|error| {
        tracing::error!(module = %version, error = &error as &dyn std::error::Error,
            "cannot read a stored zip");
        Failure::internal()
    })?;
    let ready = Ready::new(ContentKind::Zip, Caching::Immutable, Some(etag), bytes.into());
    Ok(Found::Ready { ready, until: None, route: RouteLabel::Zip, outcome: Outcome::Hit })
}

fn read_whole(body: &Body) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(body.len()).unwrap_or(0)];
    let mut at = 0;
    while at < bytes.len() {
        match body.read_at(&mut bytes[at..], at as u64)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => at += n,
        }
    }
    Ok(bytes)
}

fn outcome_of(part: Option<Part>) -> Outcome {
    part.map_or(Outcome::Hit, |part| part.outcome(Outcome::Miss))
}

fn etag_of(bytes: &[u8]) -> ETag {
    ETag::of_digest(&Sha256::digest(bytes))
}
