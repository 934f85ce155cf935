//! What a killed process leaves in the middle is cleared away by the next, be it go or we.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use larder_modcache::{ModuleCache, Part, hash_directory};
use larder_testkit::{ModuleFiles, Upstream};

use crate::tree::{Scratch, assert_same};
use crate::world::{download, fill, fill_all, gos, modules, small, version_of, workspace};

/// The variable that tells the process which is to be killed where its cache is.
const CACHE: &str = "MODCACHE_TEST_CACHE";

/// Leaves behind what a process that is killed while it unpacks leaves behind.
fn interrupt(cache: &ModuleCache, module: &ModuleFiles) {
    let version = version_of(module);
    let versions = cache.versions_of(version.path());
    fs_err::create_dir_all(&versions).unwrap();
    fs_err::write(cache.file(&version, Part::Lock), "").unwrap();
    fs_err::write(cache.file(&version, Part::Partial), "").unwrap();
    fs_err::write(versions.join(format!("{}.zip123456.tmp", module.version)), "cut").unwrap();
    for directory in [
        cache.directory(&version).join("sub"),
        cache.root().join(format!("{}@{}.tmp-987", module.path, module.version)),
    ] {
        fs_err::create_dir_all(&directory).unwrap();
        fs_err::write(directory.join("half"), "half").unwrap();
        fs_err::set_permissions(&directory, PermissionsExt::from_mode(0o555)).unwrap();
    }
}

#[test]
fn we_and_go_clear_away_what_is_left_in_the_middle() {
    let module = small("example.com/m", "v1.0.0");
    let upstream = Upstream::start();
    upstream.publish_files(&module);
    for go in gos() {
        let (ours, theirs) = (Scratch::new(), Scratch::new());
        for scratch in [&ours, &theirs] {
            interrupt(&ModuleCache::at(scratch.path()), &module);
        }
        fill(&ModuleCache::at(ours.path()), &module);
        let cache = ModuleCache::at(theirs.path());
        download(&workspace(&go, &cache).goproxy(&upstream.url()), std::slice::from_ref(&module));
        assert_same(ours.path(), theirs.path(), go.version());
    }
}

/// Not a test: what is killed by the one below.
#[test]
#[ignore = "run by another test, which kills it"]
#[expect(clippy::disallowed_methods, reason = "one test tells another where to write")]
fn a_process_that_installs_until_it_is_killed() {
    let Ok(root) = std::env::var(CACHE) else { return };
    let cache = ModuleCache::at(root);
    loop {
        for module in modules() {
            let version = version_of(&module);
            // With the hash all of it is lost, and brought anew.
            let _ = fs_err::remove_file(cache.file(&version, Part::ZipHash));
            fill(&cache, &module);
        }
    }
}

#[test]
fn whenever_a_process_is_killed_what_is_visible_is_whole() {
    let modules = modules();
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    for round in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "killed::a_process_that_installs_until_it_is_killed"])
            .env(CACHE, cache.root())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20 + 13 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for module in &modules {
            let version = version_of(module);
            // The hash of a zip counts its empty directories, that of a directory cannot.
            let alike = version.path().as_str() != "example.com/directory";
            if let Ok(directory) = cache.unpacked(&version)
                && alike
            {
                let hash = hash_directory(&directory, &version.to_string()).unwrap();
                assert_eq!(hash.to_string(), module.zip_h1);
            }
            if let Ok(Some(hash)) = cache.read_ziphash(&version) {
                assert_eq!(hash, module.zip_h1);
            }
        }
    }
    fill_all(&cache, &modules);
    let clean = Scratch::new();
    let expect = ModuleCache::at(clean.path());
    fill_all(&expect, &modules);
    // Nobody clears away the temporary files of an `.info` or a `.mod`, nor does go.
    for module in &modules {
        let versions = cache.versions_of(version_of(module).path());
        for entry in fs_err::read_dir(versions).unwrap().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let small = name.contains(".mod") || name.contains(".info");
            if small && entry.path().extension().is_some_and(|end| end == "tmp") {
                fs_err::remove_file(entry.path()).unwrap();
            }
        }
    }
    assert_same(scratch.path(), clean.path(), "the clean one");
}
