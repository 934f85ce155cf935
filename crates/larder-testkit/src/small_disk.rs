//! A file system of a few megabytes, to be filled up: a tmpfs of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A small file system; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    at: PathBuf,
    /// The directory made for it, where it has one of its own.
    _own: Option<TempDir>,
}

impl SmallDisk {
    /// Mounts a tmpfs of this size (`22m`). Where that is not allowed, says so as the reason why
    /// `what` is not tested.
    pub fn mount(size: &str, what: &str) -> Option<SmallDisk> {
        let own = TempDir::new().expect("a temporary directory can be made");
        let disk = SmallDisk { at: own.path().to_owned(), _own: Some(own) };
        disk.mounted(size, what)
    }

    /// Mounts one at a directory, which is made if it is missing.
    pub fn mount_at(at: &Path, size: &str, what: &str) -> Option<SmallDisk> {
        fs_err::create_dir_all(at).expect("a directory can be made");
        SmallDisk { at: at.to_owned(), _own: None }.mounted(size, what)
    }

    #[expect(clippy::print_stdout, reason = "a skipped part is named in the test's output")]
    fn mounted(self, size: &str, what: &str) -> Option<SmallDisk> {
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "larder-test"]).arg(&self.at);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: {what}: this user may not mount a tmpfs");
        }
        mounted.then_some(self)
    }

    /// Where a store goes.
    pub fn data(&self) -> PathBuf {
        self.at.join("store")
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut ballast = fs_err::File::create(self.ballast()).expect("an empty file has room");
        let piece = vec![1; 1 << 16];
        // The error at its end is the point.
        while ballast.write_all(&piece).is_ok() {}
    }

    /// Gives back what [`SmallDisk::fill`] took.
    pub fn empty(&self) {
        fs_err::remove_file(self.ballast()).expect("the ballast can be removed");
    }

    fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}
