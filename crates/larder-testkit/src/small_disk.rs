//! A file system of a few megabytes, to be filled up: a tmpfs of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A small file system; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts a tmpfs of this size (`22m`). Where that is not allowed, says so as the reason why
    /// `what` is not tested.
    #[expect(clippy::print_stdout, reason = "a skipped part is named in the test's output")]
    pub fn mount(size: &str, what: &str) -> Option<SmallDisk> {
        let disk = SmallDisk(TempDir::new().expect("a temporary directory can be made"));
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "larder-test"]).arg(disk.0.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: {what}: this user may not mount a tmpfs");
        }
        mounted.then_some(disk)
    }

    /// Where a store goes.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("store")
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
        self.0.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}
