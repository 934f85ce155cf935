//! What a `.info` says: the canonical version of what was asked, and its commit's time.
//!
//! Go modules reference, "GOPROXY protocol". The bytes themselves are for whoever keeps them:
//! they are passed on verbatim, and reading them here only tells that they are an `.info` at all.

use jiff::Timestamp;

use crate::wire::InfoBody;

/// The facts of a `.info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    version: String,
    time: Option<Timestamp>,
}

/// Bytes that are not a `.info`.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// Not JSON, or without a version.
    #[error("it is not JSON with a Version")]
    Json(#[source] serde_json::Error),
    /// The version is no word.
    #[error("its Version is empty or has spaces")]
    Version,
    /// The time is not RFC 3339.
    #[error("its Time is not RFC 3339")]
    Time(#[source] jiff::Error),
}

impl Info {
    /// Reads a `.info`.
    pub fn parse(bytes: &[u8]) -> Result<Self, InfoError> {
        let body: InfoBody = serde_json::from_slice(bytes).map_err(InfoError::Json)?;
        if body.version.is_empty() || body.version.contains(|c: char| c.is_whitespace()) {
            return Err(InfoError::Version);
        }
        let time = body.time.map(|time| time.parse()).transpose().map_err(InfoError::Time)?;
        Ok(Self { version: body.version, time })
    }

    /// The version, as the proxy wrote it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The commit's time.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: Result<&str, &str>) {
        let got = Info::parse(json.as_bytes());
        let got = got.as_ref().map(Info::version).map_err(ToString::to_string);
        assert_eq!(got, expect.map_err(str::to_owned), "{json}");
    }

    #[test]
    fn an_info_is_told_from_an_error_page() {
        check(r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}"#, Ok("v1.0.0"));
        check(r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123+02:00"}"#, Ok("v1.0.0"));
        check(r#"{"Version":"v1.0.0","Origin":{"VCS":"git"},"More":1}"#, Ok("v1.0.0"));
        check("<html></html>", Err("it is not JSON with a Version"));
        check("{}", Err("it is not JSON with a Version"));
        check(r#"{"Version":""}"#, Err("its Version is empty or has spaces"));
        check(r#"{"Version":"v1.0.0","Time":"yesterday"}"#, Err("its Time is not RFC 3339"));
    }
}
