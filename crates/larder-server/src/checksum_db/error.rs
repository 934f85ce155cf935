//! Why a checksum database gives no answer: it has none, it cannot be asked now, it talks nonsense,
//! or it contradicts itself.
//!
//! The last is an [`Alarm`]: this database is not to be believed *now*. It is refused, logged and
//! counted, and nothing it said is kept; but it condemns no module version. Only sums that were
//! proved and differ do that, and that comparison is the mirror's.

use larder_modfetch::FetchError;
use larder_store::StoreError;
use larder_sumdb::{LookupError, NoteError, ProofError, TreeHead};

use crate::flights::BrokeOff;

/// Why there is no answer; cheap to hand to everyone who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DbError {
    /// The database does not have it.
    #[error("{text}")]
    NotFound {
        /// A line for the go command.
        text: String,
    },
    /// The database cannot be asked now.
    #[error("the checksum database cannot be asked now")]
    Unavailable(#[source] FetchError),
    /// What answered is not a checksum database, or not in order.
    #[error("the checksum database's answer is of no use")]
    Invalid(#[source] Nonsense),
    /// The database contradicts itself or its signature.
    #[error("the checksum database is not to be believed")]
    Alarm(#[source] Alarm),
    /// What is kept cannot be read or written.
    #[error("the store cannot keep what the checksum database says")]
    Store(#[source] StoreError),
    /// Others changed the same thing in the store again and again.
    #[error("other processes kept changing what is stored of the checksum database")]
    Contended,
    /// A defect of ours: the work ended without a result.
    #[error("the lookup broke off")]
    Aborted,
}

/// What an answer that is of no use looks like.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Nonsense {
    /// Not the form of a lookup.
    #[error(transparent)]
    Lookup(LookupError),
    /// Not the form of a tree head.
    #[error(transparent)]
    Note(NoteError),
    /// Tiles that cannot prove anything.
    #[error(transparent)]
    Proof(ProofError),
    /// A record about something else.
    #[error("record {id} does not say what `{module}` hashes to")]
    OtherRecord {
        /// The record.
        id: u64,
        /// What was asked about.
        module: String,
    },
    /// A record that no head covers.
    #[error("record {id} is in no tree that the database has signed")]
    RecordWithoutHead {
        /// The record.
        id: u64,
    },
    /// A tile that must exist and does not, or is not as long as its width.
    #[error("`{tile}` has {found} instead of {expected} bytes")]
    TileLength {
        /// The tile's path.
        tile: String,
        /// What came.
        found: usize,
        /// What must come.
        expected: usize,
    },
    /// A tile that must exist and does not.
    #[error("`{tile}` is not there, though the signed tree has it")]
    NoTile {
        /// The tile's path.
        tile: String,
    },
    /// A hash that cannot be read.
    #[error("`{sum}` is not a hash")]
    UnreadableSum {
        /// The text.
        sum: String,
    },
    /// The kept head cannot be read.
    #[error("the kept tree head `{key}` cannot be read; remove it to begin anew")]
    KeptHead {
        /// Where it is stored.
        key: String,
        /// What is wrong with it.
        source: NoteError,
    },
}

/// A database caught.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Alarm {
    /// Two signed heads that cannot both be of one log.
    #[error("it has forked: the signed {seen} does not continue the kept {kept}")]
    Fork {
        /// Size and root of the kept head.
        kept: String,
        /// Size and root of the head that was seen.
        seen: String,
    },
    /// A record, tile or head that its own signed head contradicts.
    #[error("its proof is false: {what}")]
    FalseProof {
        /// What was found.
        what: String,
    },
}

impl DbError {
    /// Whether the database is to be refused, not asked again.
    pub(crate) fn is_alarm(&self) -> bool {
        matches!(self, Self::Alarm(_))
    }

    /// The database vouches for something that is no hash.
    pub(crate) fn unreadable_sum(sum: &str) -> Self {
        Self::Invalid(Nonsense::UnreadableSum { sum: sum.to_owned() })
    }

    /// Two heads that cannot both be true.
    pub(super) fn fork(kept: &TreeHead, seen: &TreeHead) -> Self {
        Self::Alarm(Alarm::Fork { kept: kept.tree().to_string(), seen: seen.tree().to_string() })
    }
}

impl BrokeOff for DbError {
    fn broke_off() -> Self {
        Self::Aborted
    }
}

impl From<StoreError> for DbError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<LookupError> for DbError {
    fn from(error: LookupError) -> Self {
        Self::Invalid(Nonsense::Lookup(error))
    }
}

impl From<NoteError> for DbError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::FalseSignature { .. } => {
                Self::Alarm(Alarm::FalseProof { what: error.to_string() })
            }
            _ => Self::Invalid(Nonsense::Note(error)),
        }
    }
}

impl From<ProofError> for DbError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongRoot { .. }
            | ProofError::FalseTile { .. }
            | ProofError::FalseRecord { .. }
            | ProofError::Fork { .. } => Self::Alarm(Alarm::FalseProof { what: error.to_string() }),
            _ => Self::Invalid(Nonsense::Proof(error)),
        }
    }
}
