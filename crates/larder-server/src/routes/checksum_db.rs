//! `/sumdb/<name>/…`: the checksum databases, named by the configuration alone.
//!
//! Go modules reference, "Checksum database". `supported` is 200 for a configured database, which
//! tells the go command to ask nobody else for it.

use std::time::{Duration, Instant};

use super::module_proxy::Found;
use crate::answer::{Caching, ContentKind, Ready, RouteLabel};
use crate::checksum_db::{ChecksumDb, DbError, Endpoint, Nonsense, is_exempt};
use crate::error::{Failure, FailureKind};
use crate::live::{Live, Rules};

/// How long others may keep what changes: the signed tree head, and lookups that carry it.
const CHANGING: Duration = Duration::from_mins(1);

/// The databases that are served.
pub(crate) struct ChecksumDbs {
    databases: Vec<ChecksumDb>,
    rules: Live<Rules>,
}

impl ChecksumDbs {
    /// Serves these; paths that the rules exempt are asked of none.
    pub(crate) fn new(databases: Vec<ChecksumDb>, rules: Live<Rules>) -> Self {
        Self { databases, rules }
    }

    /// Answers `/sumdb/<name>/<rest>` for a request that came with this `Via`.
    pub(crate) async fn answer(
        &self,
        (name, rest): (&str, &str),
        via: Option<&str>,
    ) -> Result<Found, Failure> {
        let Some(database) = self.databases.iter().find(|database| database.name() == name) else {
            return Err(Failure::not_found(format_args!(
                "this server serves no checksum database `{name}`; see its setting `go.sumdb`"
            )));
        };
        let endpoint = Endpoint::parse(rest).map_err(Failure::not_found)?;
        if let Endpoint::Lookup(version) = &endpoint
            && is_exempt(version.path(), &self.rules.now().no_sumdb)
        {
            return Err(Failure::not_found(format_args!(
                "{version} matches this server's GONOSUMDB: no checksum database is asked"
            )));
        }
        let kind = match endpoint {
            Endpoint::Tile(_) | Endpoint::DataTile(_) => ContentKind::Octets,
            _ => ContentKind::Text,
        };
        let served = database.serve(&endpoint, via).await;
        let served = served.map_err(|error| refusal(name, rest, &error))?;
        let (caching, until) = if served.mutable {
            let caching = Caching::Fresh { max_age: CHANGING, stale_while_revalidate: CHANGING };
            // The database keeps what is hot itself and knows when its head advances.
            (caching, Some(Instant::now()))
        } else {
            (Caching::Immutable, None)
        };
        let ready = Ready::new(kind, caching, None, served.bytes);
        Ok(Found::Ready { ready, until, route: RouteLabel::SumDb, outcome: served.outcome })
    }
}

/// What the database's trouble means for the client. A database that cannot be trusted is 403,
/// so that no client goes round it.
fn refusal(name: &str, rest: &str, error: &DbError) -> Failure {
    let about = format!("{name}/{rest}");
    match error {
        DbError::NotFound { text } => {
            Failure::not_found(text.strip_prefix("not found: ").unwrap_or(text))
        }
        DbError::Unavailable(error) => Failure::of_fetch(&about, error),
        DbError::Alarm(alarm) => Failure::new(
            FailureKind::Integrity,
            format!("{about}: the checksum database is not served: {alarm}"),
        ),
        DbError::Invalid(Nonsense::KeptHead { .. })
        | DbError::Store(_)
        | DbError::Contended
        | DbError::Aborted => {
            tracing::error!(
                name,
                rest,
                error = error as &dyn std::error::Error,
                "the checksum database failed"
            );
            Failure::internal()
        }
        DbError::Invalid(nonsense) => {
            Failure::new(FailureKind::Upstream, format!("{about}: {error}: {nonsense}"))
        }
    }
}
