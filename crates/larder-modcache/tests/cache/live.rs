//! Ignored by default: every module that the installed go has in its cache, unpacked and verified anew.
//!
//! `cargo test -p larder-modcache -- --ignored live`; needs `go` on PATH, and asks nobody.

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_modcache::{ModuleCache, Part};
use larder_module::{EscapedPath, EscapedVersion, ModuleVersion, NamedVersion};

use crate::tree::{Scratch, assert_same};

fn installed() -> ModuleCache {
    let output = Command::new("go").args(["env", "GOMODCACHE"]).output().expect("`go` is on PATH");
    ModuleCache::at(String::from_utf8(output.stdout).unwrap().trim())
}

/// The versions that are unpacked completely. Toolchains are left out: go changes their files.
fn versions(cache: &ModuleCache) -> Vec<ModuleVersion> {
    let mut directories: Vec<PathBuf> = vec![cache.downloads()];
    let mut versions = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs_err::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "zip") {
                versions.push(version_of(&path, &cache.downloads()));
            }
        }
    }
    versions.retain(|module| cache.unpacked(module).is_ok());
    versions.retain(|module| module.path().as_str() != "golang.org/toolchain");
    versions
}

fn version_of(zip: &Path, downloads: &Path) -> ModuleVersion {
    let below = zip.strip_prefix(downloads).unwrap().to_str().unwrap();
    let (path, file) = below.split_once("/@v/").unwrap();
    let version = EscapedVersion::parse(file.strip_suffix(".zip").unwrap()).unwrap();
    let version = version.revision().as_version().unwrap();
    ModuleVersion::new(EscapedPath::parse(path).unwrap().module().clone(), version).unwrap()
}

#[test]
#[ignore = "live: reads the module cache of the installed go"]
fn every_module_is_unpacked_as_go_unpacked_it() {
    let cache = installed();
    for module in versions(&cache) {
        let scratch = Scratch::new();
        let ours = ModuleCache::at(scratch.path());
        let mut arriving = ours.lock_version(&module).unwrap().receive_zip().unwrap();
        arriving.write(&fs_err::read(cache.file(&module, Part::Zip)).unwrap()).unwrap();
        let arrived = arriving.unpack().unwrap();
        let recorded = cache.read_ziphash(&module).unwrap().unwrap();
        assert_eq!(arrived.dirhash().to_string(), recorded, "{module}");
        let directory = arrived.accept().unwrap().directory.unwrap().unwrap();
        assert_same(&directory, &cache.directory(&module), &module.to_string());
    }
}

#[test]
#[ignore = "live: reads the module cache of the installed go"]
fn every_module_is_verified() {
    let cache = installed();
    let versions: Vec<NamedVersion> = versions(&cache).iter().map(NamedVersion::from).collect();
    assert!(!versions.is_empty());
    let faults: Vec<_> = cache.verify(&versions, &|_| {}).into_iter().flatten().collect();
    assert!(faults.is_empty(), "{faults:?}");
}
