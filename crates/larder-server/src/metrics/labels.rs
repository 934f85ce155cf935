//! The labels of the metrics: sets of a fixed few words.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// What came of checking a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The checksum database agrees.
    Verified,
    /// The checksum database did not answer in time; the version waits for its proof.
    Pending,
    /// A waiting version was proved.
    Proved,
    /// A waiting version proved false.
    FalseProof,
    /// The content is not what it should be.
    Mismatch,
    /// No checksum database is asked; the first sum seen is kept.
    Exempt,
}

impl Verification {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::Verified,
        Self::Pending,
        Self::Proved,
        Self::FalseProof,
        Self::Mismatch,
        Self::Exempt,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Pending => "pending",
            Self::Proved => "proved",
            Self::FalseProof => "false_proof",
            Self::Mismatch => "mismatch",
            Self::Exempt => "exempt",
        }
    }
}

/// Which limit stood in a request's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its address asks too often.
    Rate,
    /// As many large bodies are being sent as can be.
    Bodies,
    /// As many zips are being fetched, and waited for, as can be.
    ColdZips,
}

impl Refused {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Rate, Self::Bodies, Self::ColdZips];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Bodies => "bodies",
            Self::ColdZips => "cold_zips",
        }
    }
}

/// Why we ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutReason {
    /// A request's head took too long.
    HeaderTimeout,
    /// Nothing was asked for too long.
    IdleTimeout,
    /// The client took nothing for too long.
    WriteTimeout,
    /// The drain time ran out.
    Drain,
    /// There were too many connections.
    TooMany,
    /// What came was not HTTP, or its head was too large.
    Malformed,
}

impl CutReason {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::HeaderTimeout,
        Self::IdleTimeout,
        Self::WriteTimeout,
        Self::Drain,
        Self::TooMany,
        Self::Malformed,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::HeaderTimeout => "header_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::WriteTimeout => "write_timeout",
            Self::Drain => "drain",
            Self::TooMany => "too_many",
            Self::Malformed => "malformed",
        }
    }
}

/// A label's value: one of a fixed few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word(pub(super) &'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) route: Word,
    pub(super) outcome: Word,
    pub(super) status: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LatencyLabels {
    pub(super) route: Word,
    pub(super) outcome: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabels {
    pub(super) route: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CutLabels {
    pub(super) reason: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OutcomeLabels {
    pub(super) outcome: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct UpstreamErrorLabels {
    pub(super) kind: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct VerificationLabels {
    pub(super) outcome: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TaskLabels {
    pub(super) task: Word,
}
