//! What can go wrong with a store that is open.
//!
//! Callers choose by [`StoreErrorKind`]; the text says what was tried on which key, the source why
//! it failed. That a condition did not hold is no error but an outcome of `put`.

use std::io;
use std::sync::Arc;

/// A store could not do what was asked. What was readable before still is, or its new value is.
///
/// Cheap to clone, so that one failure can be told to all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("could not {doing} `{subject}`")]
pub struct StoreError {
    kind: StoreErrorKind,
    doing: &'static str,
    subject: Arc<str>,
    source: Arc<io::Error>,
}

/// What a caller can do about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The file system or a quota is full: reading goes on, writing may work again later.
    NoRoom,
    /// The store may not be written or read: someone has to change permissions, or mount the file
    /// system writable.
    Denied,
    /// The key is a folder of other keys, or one of its folders is an object. The caller's fault.
    Clash,
    /// The spool file was put before, under another key or under one that is deleted since, or it
    /// grew in another store. The caller's fault.
    Unfit,
    /// Anything else below: most often a failing disk.
    Io,
}

impl StoreError {
    pub(crate) fn new(
        doing: &'static str,
        subject: &str,
        source: impl Into<Arc<io::Error>>,
    ) -> Self {
        let source = source.into();
        StoreError { kind: kind_of(&source), doing, subject: subject.into(), source }
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

/// What cannot be done with a spool file; travels as an `io::Error` until it is named.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Misuse {
    #[error("the spool file grew in another store")]
    OtherStore,
    #[error("the spool file was put under another key")]
    PutElsewhere,
    #[error("the spool file was put there, and is deleted since")]
    Deleted,
}

impl From<Misuse> for io::Error {
    fn from(misuse: Misuse) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, misuse)
    }
}

fn kind_of(error: &io::Error) -> StoreErrorKind {
    use io::ErrorKind as Io;
    if matches!(error.get_ref(), Some(inner) if inner.is::<Misuse>()) {
        return StoreErrorKind::Unfit;
    }
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => StoreErrorKind::NoRoom,
        Io::PermissionDenied | Io::ReadOnlyFilesystem => StoreErrorKind::Denied,
        Io::IsADirectory | Io::NotADirectory => StoreErrorKind::Clash,
        _ => StoreErrorKind::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;
    use std::error::Error;

    #[test]
    fn the_kind_follows_the_cause() {
        let check = |errno: Errno, expect| {
            let error = StoreError::new("write", "a/b", io::Error::from(errno));
            assert_eq!(error.kind(), expect);
            assert_eq!(error.to_string(), "could not write `a/b`");
            assert!(!error.source().unwrap().to_string().contains("a/b"));
        };
        check(Errno::NOSPC, StoreErrorKind::NoRoom);
        check(Errno::DQUOT, StoreErrorKind::NoRoom);
        check(Errno::ROFS, StoreErrorKind::Denied);
        check(Errno::ACCESS, StoreErrorKind::Denied);
        check(Errno::ISDIR, StoreErrorKind::Clash);
        check(Errno::NOTDIR, StoreErrorKind::Clash);
        check(Errno::IO, StoreErrorKind::Io);
    }
}
