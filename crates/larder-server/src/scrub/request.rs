//! What may be asked of an fsck, and what it tells.

/// A run of fsck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FsckRequest {
    /// Whether what is bad is set aside and fetched again; without it nothing is changed.
    pub repair: bool,
}

/// What an fsck found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FsckEvent {
    /// Something stored is not what it should be.
    Bad(Finding),
    /// How far the work is: told about once a second.
    Progress(FsckProgress),
}

/// Something stored is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `module@version`, or the key of what belongs to none.
    pub subject: String,
    /// Which part of it.
    pub part: BadPart,
    /// What is wrong with it.
    pub problem: String,
    /// What came of its repair, where one was asked for.
    pub repaired: Option<Repair>,
}

/// Which part of a version, or of the store, is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPart {
    /// The record cannot be read.
    Record,
    /// The record's `.info`.
    Info,
    /// The record's `.mod`.
    Mod,
    /// The body's bytes are not those that were stored, or are missing.
    Body,
    /// The body is what was stored, and not what it should be.
    Zip,
    /// A body that no record names.
    Orphan,
    /// A tile, a lookup or the head of a checksum database.
    SumDb,
}

impl BadPart {
    /// The word for it in events and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Body => "body",
            Self::Zip => "zip",
            Self::Orphan => "orphan",
            Self::SumDb => "sumdb",
        }
    }
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// What was bad is set aside, and a good one was fetched.
    Fetched,
    /// What was bad is set aside; there is no good one yet, and the reason.
    Quarantined(String),
    /// What was bad is gone, and nothing has to take its place.
    Removed,
    /// It stays as it is, and the reason.
    Failed(String),
}

/// How far the work is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FsckProgress {
    /// Things checked.
    pub checked: u64,
    /// Of how many, where that is known.
    pub total: Option<u64>,
    /// Bytes read.
    pub bytes: u64,
}

/// The end of an fsck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FsckSummary {
    /// Things checked.
    pub checked: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Things found bad.
    pub bad: u64,
    /// Of those, how many are good again.
    pub repaired: u64,
}
