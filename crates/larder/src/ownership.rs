//! Whose files are in a store that root works on: what root made there is given to the directory's
//! owner, whose server could change it never more.
//!
//! A service's user often has no shell, or (systemd's `DynamicUser=`) no way into its own directory
//! from outside, so `gc` and `fsck` without a server are run by root. As long as root works, that
//! user may still have a process there: nothing is followed that it could have put in the way, neither
//! a symbolic link nor a second name of a file from elsewhere.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, Result};
use rustix::process::{Gid, Uid, geteuid};

/// A store that root works on for somebody else. Whose it is, is looked up once, at the beginning.
#[derive(Debug)]
pub(crate) struct Ownership {
    data: PathBuf,
    owner: Option<(Uid, Gid)>,
}

impl Ownership {
    /// Of the store in this directory; of what is not root's own only if this is root.
    pub(crate) fn of(data: &Path) -> Self {
        let known = || {
            let stat = rustix::fs::stat(data).ok()?;
            let owner = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
            (geteuid().is_root() && !owner.0.is_root()).then_some(owner)
        };
        Self { data: data.to_owned(), owner: known() }
    }

    /// Gives what is root's below the directory to the directory's owner.
    pub(crate) fn restore(&self) -> Result<()> {
        let Some(owner) = self.owner else { return Ok(()) };
        give(&open(CWD, &self.data, OFlags::empty())?, owner)
    }
}

/// A directory; only the store's own name may be a link, as systemd makes it one.
fn open(at: BorrowedFd<'_>, name: impl rustix::path::Arg, more: OFlags) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | more;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

fn give(folder: &OwnedFd, owner: (Uid, Gid)) -> Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes() == b"." || name.to_bytes() == b".." {
            continue;
        }
        // What another process has taken away meanwhile needs nothing.
        match one(folder.as_fd(), name, owner) {
            Err(Errno::NOENT) => {}
            other => other?,
        }
    }
    Ok(())
}

fn one(folder: BorrowedFd<'_>, name: &std::ffi::CStr, owner: (Uid, Gid)) -> Result<()> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if is_to_be_given(&stat) {
        let (uid, gid) = owner;
        rustix::fs::chownat(folder, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        give(&open(folder, name, OFlags::NOFOLLOW)?, owner)?;
    }
    Ok(())
}

/// Root's directories, and root's files that have no other name.
fn is_to_be_given(stat: &Stat) -> bool {
    let alone = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => true,
        FileType::RegularFile => stat.st_nlink == 1,
        _ => false,
    };
    Uid::from_raw(stat.st_uid).is_root() && alone
}
