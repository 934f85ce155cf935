//! The admin API as it is written: requests in JSON, answers as one JSON object, or as one event a
//! line (`application/x-ndjson`).
//!
//! | asked | with | answered by |
//! | --- | --- | --- |
//! | `GET /v1/status` | nothing | [`Status`] |
//! | `POST /v1/refresh` | [`RefreshRequest`] | [`Event::Refreshed`], … |
//! | `POST /v1/purge` | [`PurgeRequest`] | [`Event::Purged`], … |
//! | `POST /v1/prefill` | [`PrefillRequest`] | [`Event::Fetched`], … |
//! | `POST /v1/gc` | [`GcRequest`] | [`Event::Evict`], … |
//! | `POST /v1/fsck` | [`FsckRequest`] | [`Event::Bad`], [`Event::Progress`], … |
//!
//! The last event is [`Event::Done`] or [`Event::Failed`]; an answer without either was cut. What
//! is not 200 is an [`ErrorObject`]. A reader passes over fields and events that it does not know,
//! so that an older client understands a newer server. A request is the other way round: a server
//! refuses a field that it does not know, since passing over a `dry_run` would be harm.

use serde::{Deserialize, Serialize};

pub use super::status::wire::{
    Alarm, CircuitState, Memory, Retention, Scrub, Status, Stored, Upstream,
};

/// Modules whose list, `@latest` and branches are fetched now, past their time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// Module paths, unescaped.
    pub modules: Vec<String>,
}

/// Versions that are served no more, or again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeRequest {
    /// `module@version`, unescaped.
    pub versions: Vec<String>,
    /// Shown to whoever asks for a purged version.
    #[serde(default)]
    pub reason: String,
    /// Lifts purges instead.
    #[serde(default)]
    pub undo: bool,
}

/// Versions to be brought into the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefillRequest {
    /// What is wanted.
    pub items: Vec<PrefillItem>,
    /// Only tells what is missing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A version to be brought into the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefillItem {
    /// `module@version`, unescaped.
    pub version: String,
    /// Whether its zip is wanted, or its `.info` and `.mod` alone.
    #[serde(default = "yes")]
    pub zip: bool,
}

/// What is used least is evicted, under the settings' bounds or these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcRequest {
    /// Only tells what would go.
    #[serde(default)]
    pub dry_run: bool,
    /// Bytes that the store may have, instead of `store.max_size`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<u64>,
    /// Seconds for which a zip is kept unused, instead of `store.max_age`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
}

/// Everything stored is read and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FsckRequest {
    /// Sets aside what is bad and fetches it again.
    #[serde(default)]
    pub repair: bool,
}

/// The body of every refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// What was wrong.
    pub error: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One line of an answer. Times are RFC 3339 in UTC; sizes are bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// One changeable answer of a module was fetched.
    Refreshed(Refreshed),
    /// A version was purged, or its purge was lifted.
    Purged(Purged),
    /// One file of a version was brought in.
    Fetched(Fetched),
    /// A zip was evicted, or would be.
    Evict(Evict),
    /// Something that belongs to no version was swept, or would be.
    Swept(Swept),
    /// Something stored is not what it should be.
    Bad(Bad),
    /// How far the work is.
    Progress(Progress),
    /// The end: all of it was tried.
    Done(Done),
    /// The end: the work could not go on.
    Failed(ErrorObject),
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// One changeable answer of a module was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// Its path.
    pub module: String,
    /// `list`, `latest`, or `info <revision>`.
    pub what: String,
    /// What came of it.
    pub result: RefreshResult,
    /// Versions that are new in a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Versions that are no longer in a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// The version that `latest` or a branch now means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Why it is gone, or could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshResult {
    /// It is another than before, or was not kept before.
    Changed,
    /// It is as before.
    Unchanged,
    /// The upstream does not have it.
    Gone,
    /// The upstream, or the store, failed; what was kept stays.
    Failed,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// A version was purged, or its purge was lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// `module@version`, or the text that is none.
    pub version: String,
    /// What came of it.
    pub result: PurgeResult,
    /// Why it failed, or was not purged by a maintainer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of a purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeResult {
    /// It is served no more.
    Purged,
    /// It was served no more already.
    Already,
    /// It is served again.
    Lifted,
    /// There was no purge to lift.
    NotPurged,
    /// It stays as it was.
    Failed,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// One file of a version was brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// `module@version`, or the text that is none.
    pub version: String,
    /// Which file.
    pub file: VersionPart,
    /// What came of it.
    pub result: FetchResult,
    /// Its length, where it is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Whether it is here and still to be proved, since the checksum database was silent.
    #[serde(default, rename = "pending", skip_serializing_if = "std::ops::Not::not")]
    pub is_pending: bool,
    /// Why it could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A file of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionPart {
    /// `.info`
    Info,
    /// `.mod`
    Mod,
    /// `.zip`
    Zip,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// What came of a prefill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchResult {
    /// It was fetched, and is durable.
    Stored,
    /// It was here already.
    Present,
    /// It is not here (in a dry run).
    Missing,
    /// It could not be had, or not be kept.
    Failed,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// A zip was evicted, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evict {
    /// `module@version`.
    pub version: String,
    /// Its length.
    pub bytes: u64,
    /// When it was last asked for, to the hour; absent if never since uses are noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// The address that asked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_by: Option<String>,
    /// When its body was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_at: Option<String>,
}

/// Something that belongs to no version was swept, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// `orphan` (a body that no version has) or `quarantine` (evidence that was kept long enough).
    pub what: String,
    /// Its key in the store.
    pub key: String,
    /// Its length.
    pub bytes: u64,
}

/// Something stored is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bad {
    /// `module@version`, or the key of what belongs to none.
    pub version: String,
    /// `zip`, `mod`, `record`, `body` or another part.
    pub part: String,
    /// What is wrong with it.
    pub problem: String,
    /// `fetched`, `quarantined: …`, `removed` or `failed: …`; absent where no repair was asked for.
    #[serde(default)]
    pub repaired: Option<String>,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Things checked.
    pub checked: u64,
    /// Of how many, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Bytes read.
    #[serde(default)]
    pub bytes: u64,
}

/// The summary at the end. Each request fills in what concerns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// How many things were done (refreshed, purged or lifted, stored, evicted, or would be).
    pub count: u64,
    /// How many failed, of a refresh, purge or prefill.
    pub failed: u64,
    /// How many needed nothing, of a refresh, purge or prefill.
    pub unchanged: u64,
    /// Bytes brought in, evicted, or checked.
    pub bytes: u64,
    /// Bytes that were swept, of a gc: they belong to no version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept_bytes: Option<u64>,
    /// Bytes that stay, of a gc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_bytes: Option<u64>,
    /// What was passed over, of a gc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Things checked, of an fsck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<u64>,
    /// Things found bad, of an fsck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<u64>,
    /// Things repaired, of an fsck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repaired: Option<u64>,
}

/// How many versions a gc passed over, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Covered by `store.keep`.
    pub pinned: u64,
    /// Proved by no database: they could be had from nobody else.
    pub exempt: u64,
    /// Written or used too lately.
    pub young: u64,
}

impl ErrorObject {
    /// A refusal without a hint.
    pub fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), hint: None }
    }

    /// The same with a way out.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(event: &Event, text: &str) {
        assert_eq!(serde_json::to_string(event).expect("serializes"), text);
        assert_eq!(&serde_json::from_str::<Event>(text).expect("parses"), event);
    }

    #[test]
    fn an_event_is_written_and_read_as_one_object_with_its_name() {
        check(
            &Event::Refreshed(Refreshed {
                module: "example.com/a".into(),
                what: "list".into(),
                result: RefreshResult::Changed,
                added: vec!["v1.1.0".into()],
                removed: Vec::new(),
                value: None,
                error: None,
            }),
            r#"{"event":"refreshed","module":"example.com/a","what":"list","result":"changed","added":["v1.1.0"]}"#,
        );
        check(
            &Event::Purged(Purged {
                version: "example.com/a@v1.0.0".into(),
                result: PurgeResult::NotPurged,
                error: Some("no".into()),
            }),
            r#"{"event":"purged","version":"example.com/a@v1.0.0","result":"not_purged","error":"no"}"#,
        );
        check(
            &Event::Fetched(Fetched {
                version: "example.com/a@v1.0.0".into(),
                file: VersionPart::Zip,
                result: FetchResult::Stored,
                bytes: Some(7),
                is_pending: false,
                error: None,
            }),
            r#"{"event":"fetched","version":"example.com/a@v1.0.0","file":"zip","result":"stored","bytes":7}"#,
        );
        check(
            &Event::Failed(ErrorObject::new("broken").with_hint("mend it")),
            r#"{"event":"failed","error":"broken","hint":"mend it"}"#,
        );
    }

    #[test]
    fn an_older_client_reads_a_newer_server() {
        let read = |text: &str| serde_json::from_str::<Event>(text).expect("parses");
        assert_eq!(read(r#"{"event":"moved","from":"a","to":"b"}"#), Event::Unknown);
        let newer = r#"{"event":"purged","version":"a","result":"sealed","by":"b"}"#;
        let purged = Purged { version: "a".into(), result: PurgeResult::Unknown, error: None };
        assert_eq!(read(newer), Event::Purged(purged));
        let done = r#"{"event":"done","count":3,"moved":4}"#;
        assert_eq!(read(done), Event::Done(Done { count: 3, ..Done::default() }));
        let status: Status =
            serde_json::from_str(r#"{"version":"9.0.0","planets":9}"#).expect("parses");
        assert_eq!(status.version, "9.0.0");
    }

    #[test]
    fn an_older_server_refuses_what_it_does_not_know_of_a_request() {
        let check = |text: &str, ok: bool| {
            assert_eq!(serde_json::from_str::<GcRequest>(text).is_ok(), ok, "{text}");
        };
        check("{}", true);
        check(r#"{"dry_run":true}"#, true);
        check(r#"{"dryrun":true}"#, false);
        check(r#"{"dry_run":"yes"}"#, false);
    }
}
