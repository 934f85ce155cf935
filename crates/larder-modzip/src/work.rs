//! What is done with the content of entries beside checking it: hashing, writing, comparing.

use sha2::{Digest as _, Sha256};

use crate::compare::{Compared, Comparing};
use crate::directory::Entry;
use crate::dirhash::ContentHash;
use crate::extract::{Unpacking, Unwritten, Written};

/// What is done with entries.
#[derive(Clone, Copy)]
pub(crate) enum Work<'d> {
    Hash,
    Write(Unpacking<'d>),
    HashAndWrite(Unpacking<'d>),
    HashAndCompare(Comparing<'d>),
}

/// The work on one entry, whose content comes in one piece or in many.
pub(crate) struct Working<'d> {
    hasher: Option<Sha256>,
    file: Other<'d>,
}

/// The file outside the zip that stands for an entry.
enum Other<'d> {
    /// There is none: nothing is unpacked, or it is a directory.
    None,
    Written(Written),
    Compared(Compared<'d>),
}

impl<'d> Work<'d> {
    pub(crate) fn begin(self, entry: &Entry<'_>) -> Result<Working<'d>, Unwritten> {
        let hasher = (!matches!(self, Self::Write(_))).then(Sha256::new);
        let file = match self {
            Self::Write(to) | Self::HashAndWrite(to) if !entry.is_directory() => {
                Other::Written(to.file(entry.name)?)
            }
            Self::HashAndCompare(with) => Other::Compared(with.file(entry)),
            _ => Other::None,
        };
        Ok(Working { hasher, file })
    }
}

impl Working<'_> {
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), Unwritten> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(piece);
        }
        match &mut self.file {
            Other::None => Ok(()),
            Other::Written(file) => file.write(piece),
            Other::Compared(file) => {
                file.compare(piece);
                Ok(())
            }
        }
    }

    /// The hash of all that was taken, or zeros where it was not to be hashed.
    pub(crate) fn end(self) -> ContentHash {
        if let Other::Compared(file) = self.file {
            file.end();
        }
        self.hasher.map_or([0; 32], |hasher| hasher.finalize().into())
    }
}
