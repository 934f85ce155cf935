//! What root does to the store of another user's server, while none runs: that server must be able
//! to go on with it. Needs root; where that is not, it is said and nothing is tested.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]
#![expect(clippy::print_stderr, reason = "a skipped part is named in the test's output")]

use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use larder_testkit::client::get;
use larder_testkit::{Launch, Module, TestContext, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
/// Whoever this is, it is not root.
const OTHER: u32 = 65_533;

/// Everything in a directory, itself too; links are not followed.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    for entry in fs_err::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            all.extend(below(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all
}

fn owner(path: &Path) -> u32 {
    fs_err::symlink_metadata(path).unwrap().uid()
}

/// A store with a version, as a server left it that was another user's; none without root.
fn store_of_another() -> Option<(TempDir, PathBuf)> {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("x", 100_000));
    let home = TempDir::new().unwrap();
    let data = home.path().join("store");
    let mut server = Launch::new(LARDER, &upstream.url()).data(&data).start();
    assert_eq!(get(&server.url(&files.url_path("zip"))).status, 200);
    server.wait_stored(&files.url_path("zip"));
    assert!(server.terminate().success());
    for path in below(&data) {
        if chown(&path, Some(OTHER), Some(OTHER)).is_err() {
            eprintln!("skipped: only root can give files away");
            return None;
        }
    }
    Some((home, data))
}

/// A run without a server.
fn larder(args: &[&str], data: &Path) -> String {
    let context = TestContext::new(LARDER);
    let mut command = context.command();
    command.args(args).arg("--data").arg(data);
    command.env("LARDER_ADMIN_LISTEN", "off").env("LARDER_UPSTREAM", "off").env("GOSUMDB", "off");
    context.told(&mut command)
}

#[test]
fn what_root_makes_in_it_is_its_owners() {
    let Some((_home, data)) = store_of_another() else { return };
    let zip = below(&data.join("v1/blob")).pop().unwrap();
    let mut bytes = fs_err::read(&zip).unwrap();
    bytes[100] ^= 1;
    fs_err::write(&zip, bytes).unwrap();
    for args in [["gc", "--dry-run"].as_slice(), &["fsck", "--repair"], &["gc", "--max-size", "0"]]
    {
        let told = larder(args, &data);
        assert!(told.contains("opening the store in"), "{told}");
        for path in below(&data) {
            assert_eq!(owner(&path), OTHER, "{args:?}: {}", path.display());
        }
    }
    assert!(data.join("v1/quarantine").is_dir(), "what is bad was set aside by root");
}

#[test]
fn what_its_owner_put_in_the_way_stays_roots() {
    let Some((home, data)) = store_of_another() else { return };
    let outside = home.path().join("outside");
    fs_err::create_dir(&outside).unwrap();
    fs_err::write(outside.join("secret"), "root's").unwrap();
    symlink(&outside, data.join("link")).unwrap();
    fs_err::hard_link(outside.join("secret"), data.join("second-name")).unwrap();
    larder(&["fsck"], &data);
    for path in [outside.join("secret"), outside] {
        assert_eq!(owner(&path), 0, "{}", path.display());
    }
}

#[test]
fn a_store_of_roots_own_stays_roots() {
    let Some((_home, data)) = store_of_another() else { return };
    for path in below(&data) {
        chown(&path, Some(0), Some(0)).unwrap();
    }
    larder(&["fsck"], &data);
    assert!(below(&data).iter().all(|path| owner(path) == 0));
}
