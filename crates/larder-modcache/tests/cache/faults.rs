//! What cannot be done is said in go's words, and leaves nothing behind that anybody could believe.

use std::path::Path;

use larder_modcache::{CacheError, ModuleCache, Part};
use larder_testkit::{Entry, Module, ModuleFiles, Upstream};

use crate::tree::{Scratch, assert_same};
use crate::world::{fill, gos, small, version_of, workspace};

/// Offers a zip to go and to us, and compares what is said of it and what is left.
#[track_caller]
fn check(module: &ModuleFiles) {
    check_in(module, |_| {});
}

/// The same in caches in which something stands already.
#[track_caller]
fn check_in(module: &ModuleFiles, prepare: impl Fn(&Path)) {
    let upstream = Upstream::start();
    upstream.publish_files(module);
    let version = version_of(module);
    for go in gos() {
        let (ours, theirs) = (Scratch::new(), Scratch::new());
        prepare(ours.path());
        prepare(theirs.path());
        let workspace = workspace(&go, &ModuleCache::at(theirs.path())).goproxy(&upstream.url());
        let named = format!("{}@{}", module.path, module.version);
        let run = workspace.run(&["mod", "download", &named]);
        assert!(!run.success);
        let cache = ModuleCache::at(ours.path());
        cache.write_info(&version, &module.info).unwrap();
        cache.write_mod(&version, &module.go_mod).unwrap();
        let mut arriving = cache.lock_version(&version).unwrap().receive_zip().unwrap();
        arriving.write(&module.zip).unwrap();
        let error = match arriving.unpack() {
            Ok(arrived) => arrived.accept().unwrap().directory.unwrap().unwrap_err(),
            Err(error) => error,
        };
        let said = error.to_string();
        let place = |text: &str, cache: &Scratch| text.replace(cache.path().to_str().unwrap(), "");
        let theirs_said = place(&run.stderr, &theirs);
        assert!(theirs_said.contains(&place(&said, &ours)), "{said}\n{theirs_said}");
        assert_same(ours.path(), theirs.path(), go.version());
    }
}

fn module() -> Module {
    Module::new("example.com/m", "v1.0.0").file("m.go", "package m\n")
}

/// The module with one more entry in its zip.
fn with(entry: impl FnOnce(&str) -> Entry) -> ModuleFiles {
    let module = module();
    let zip = module.honest_zip().entry(entry(&module.prefix()));
    module.zip(zip).build()
}

#[test]
fn a_file_of_another_module_is_unexpected() {
    check(&with(|_| Entry::new("example.com/other@v1.0.0/x.go", "")));
}

#[test]
fn a_zip_that_breaks_a_rule_is_kept_and_not_unpacked() {
    check(&with(|prefix| Entry::new(&format!("{prefix}sub/go.mod"), "module sub\n")));
    check(&with(|prefix| Entry::new(&format!("{prefix}M.go"), "package m\n")));
    check(&with(|prefix| Entry::new(&format!("{prefix}a/nul.go"), "")));
    check(&with(|prefix| Entry::new(&format!("{prefix}a:b"), "")));
    check(&with(|prefix| Entry::new(&format!("{prefix}../x"), "")));
    check(&with(|prefix| Entry::new(&format!("{prefix}m.go"), "")));
}

#[test]
fn a_checksum_in_the_zip_that_does_not_match_is_an_error() {
    check(&with(|prefix| Entry::new(&format!("{prefix}x.go"), "package m\n").claiming_crc(7)));
}

#[test]
fn a_file_in_the_place_of_a_directory_above_is_named() {
    check_in(&module().build(), |cache| fs_err::write(cache.join("example.com"), "").unwrap());
}

#[test]
fn a_directory_that_may_not_be_made_is_named() {
    // Also root may not write there.
    let is_immutable = |cache: &Path, flag: &str| {
        let changed = std::process::Command::new("chattr").arg(flag).arg(cache).output();
        changed.is_ok_and(|output| output.status.success())
    };
    let probe = tempfile::tempdir().unwrap();
    if !is_immutable(probe.path(), "+i") {
        println!("skipped: a directory that may not be made: this user may not forbid it");
        return;
    }
    assert!(is_immutable(probe.path(), "-i"));
    let caches = std::sync::Mutex::new(Vec::new());
    check_in(&module().build(), |cache| {
        fs_err::create_dir_all(cache.join("cache/download")).unwrap();
        assert!(is_immutable(cache, "+i"));
        caches.lock().unwrap().push(Immutable(cache.to_owned()));
    });
}

/// A directory that may be written to again once this value goes.
struct Immutable(std::path::PathBuf);

impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = std::process::Command::new("chattr").arg("-i").arg(&self.0).output();
    }
}

#[test]
fn what_is_no_zip_is_refused() {
    let mut module = module().build();
    module.zip = b"<html>".as_slice().into();
    check(&module);
}

#[test]
fn a_zip_whose_hash_is_refused_leaves_nothing() {
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    let mut arriving = cache.lock_version(&version).unwrap().receive_zip().unwrap();
    arriving.write(&module.zip).unwrap();
    let arrived = arriving.unpack().unwrap();
    assert!(cache.directory(&version).join("m.go").is_file());
    assert!(cache.unpacked(&version).is_err());
    drop(arrived);
    assert!(!cache.directory(&version).exists());
    let left: Vec<_> = fs_err::read_dir(cache.versions_of(version.path()))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["v1.0.0.lock"]);
    fill(&cache, &module);
}

#[test]
fn an_upstream_that_breaks_off_is_followed_by_another() {
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    let mut arriving = cache.lock_version(&version).unwrap().receive_zip().unwrap();
    arriving.write(&vec![b'x'; 100_000]).unwrap();
    arriving.start_over().unwrap();
    arriving.write(&module.zip).unwrap();
    let arrived = arriving.unpack().unwrap();
    assert_eq!(arrived.dirhash().to_string(), module.zip_h1);
}

#[test]
fn a_lost_or_torn_hash_is_made_anew_of_the_zip() {
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    fill(&cache, &module);
    let hash = cache.file(&version, Part::ZipHash);
    for torn in ["", "\0\0\0", "h1:short"] {
        fs_err::write(&hash, torn).unwrap();
        assert_eq!(cache.read_ziphash(&version).unwrap(), None);
    }
    fs_err::remove_file(&hash).unwrap();
    assert!(cache.read_ziphash(&version).unwrap_err().is_not_found());
    cache.lock_version(&version).unwrap().rehash_zip().unwrap().accept().unwrap();
    assert_eq!(cache.read_ziphash(&version).unwrap(), Some(module.zip_h1));
    assert!(cache.unpacked(&version).is_ok());
}

#[test]
fn a_file_in_the_way_is_named() {
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    fs_err::write(scratch.path().join("cache"), "").unwrap();
    let error = CacheError::from(cache.lock_version(&version).unwrap_err()).to_string();
    let place = scratch.path().display();
    assert_eq!(error, format!("mkdir {place}/cache: not a directory"));
    let error = cache.write_mod(&version, &module.go_mod).unwrap_err().to_string();
    assert_eq!(error, format!("mkdir {place}/cache: not a directory"));
}
