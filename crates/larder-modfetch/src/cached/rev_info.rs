//! What a `.info` says, read and written as the go command does: unknown fields are dropped, times are
//! brought into one form, and a version's own file leaves out what only a query needs.
//!
//! Specification: cmd/go's `modfetch.RevInfo` and `codehost.Origin`, Go's `encoding/json`.

use larder_modload::{Origin, RevInfo};
use larder_module::{JsonString, PseudoVersion, Version};

use super::wire::{InfoFields, origin_json};

/// The time that Go writes where there is none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Why bytes are no `.info`, in words close to Go's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoInfo {
    /// There is nothing, or something is cut off.
    #[error("unexpected end of JSON input")]
    End,
    /// Not JSON.
    #[error("invalid character {0:?} looking for beginning of value")]
    NotJson(char),
    /// JSON of another form, or broken inside.
    #[error("{0}")]
    Malformed(String),
    /// The time is none.
    #[error("parsing time {0:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse it")]
    Time(String),
}

/// Reads a `.info`.
pub(crate) fn parse(bytes: &[u8]) -> Result<RevInfo, NoInfo> {
    let fields: InfoFields =
        serde_json::from_slice(bytes).map_err(|error| refused(bytes, &error))?;
    let time = fields.time.as_deref().map(|time| in_one_form(time).ok_or(time)).transpose();
    let time = time.map_err(|time| NoInfo::Time(time.to_owned()))?.filter(|time| time != NO_TIME);
    Ok(RevInfo { version: fields.version, time, origin: fields.origin })
}

/// The `.info` that is kept of a version.
pub(crate) fn for_the_cache(info: &RevInfo) -> Vec<u8> {
    let (version, time) = (&info.version, info.time.as_deref().unwrap_or(NO_TIME));
    let mut json = format!("{{\"Version\":{},\"Time\":{}", JsonString(version), JsonString(time));
    if let Some(origin) = info.origin.clone() {
        let is_pseudo = Version::parse(&info.version)
            .is_ok_and(|version| PseudoVersion::of(&version).is_some());
        json.push_str(",\"Origin\":");
        json.push_str(&origin_json(&for_a_version(origin, is_pseudo)));
    }
    json.push('}');
    json.into_bytes()
}

/// Tags and the repository's state do not matter to who names a version, nor the reference to who names a
/// commit.
fn for_a_version(origin: Origin, is_pseudo: bool) -> Origin {
    let reference = if is_pseudo { String::new() } else { origin.reference };
    let none = String::new;
    Origin { tag_prefix: none(), tag_sum: none(), repo_sum: none(), reference, ..origin }
}

/// A time in the form in which Go writes it; none if it is none.
fn in_one_form(time: &str) -> Option<String> {
    time.parse::<jiff::Timestamp>().ok()?;
    let (date, clock) = time.split_at_checked(10)?;
    let clock = clock.strip_prefix('T')?;
    let zone = clock.find(['Z', '+', '-'])?;
    let (clock, zone) = clock.split_at_checked(zone)?;
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    let well_formed = seconds.len() == 8 && (zone == "Z" || zone.len() == 6);
    let dot = if fraction.is_empty() { "" } else { "." };
    well_formed.then(|| format!("{date}T{seconds}{dot}{fraction}{zone}"))
}

fn refused(bytes: &[u8], error: &serde_json::Error) -> NoInfo {
    let text = String::from_utf8_lossy(bytes);
    match text.trim_start().chars().next() {
        None => NoInfo::End,
        _ if error.is_eof() => NoInfo::End,
        Some(first) if error.is_syntax() && !matches!(first, '{' | '[' | '"' | '0'..='9' | '-') => {
            NoInfo::NotJson(first)
        }
        Some(_) => NoInfo::Malformed(error.to_string()),
    }
}
