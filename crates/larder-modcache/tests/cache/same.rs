//! What we leave in a cache is what go leaves there.

use larder_modcache::{Directories, ModuleCache};
use larder_testkit::{ModuleFiles, Upstream};

use crate::tree::{Scratch, assert_same};
use crate::world::{download, fill_all, gos, modules, publish, small, version_of, workspace};

#[track_caller]
pub(crate) fn check(modules: &[ModuleFiles], directories: Directories) {
    let upstream = Upstream::start();
    publish(&upstream, modules);
    let ours = Scratch::new();
    let cache = ModuleCache::at(ours.path()).leaving(directories);
    fill_all(&cache, modules);
    for go in gos() {
        let theirs = Scratch::new();
        let flags = if directories == Directories::Writable { "-modcacherw" } else { "" };
        let workspace = workspace(&go, &ModuleCache::at(theirs.path()))
            .goproxy(&upstream.url())
            .env("GOFLAGS", flags);
        download(&workspace, modules);
        assert_same(ours.path(), theirs.path(), go.version());
    }
}

#[test]
fn a_cache_that_we_filled_is_the_one_that_go_fills() {
    check(&modules(), Directories::ReadOnly);
}

#[test]
fn directories_stay_writable_where_that_is_asked_for() {
    check(&modules(), Directories::Writable);
}

#[test]
fn a_version_that_comes_later_is_listed_among_the_others() {
    let module = |version| small("example.com/m", version);
    check(
        &[module("v1.10.0"), module("v1.9.0"), module("v1.10.0-RC1"), module("v1.10.0-rc1")],
        Directories::ReadOnly,
    );
}

#[test]
fn what_go_left_is_read_as_it_was_written() {
    let upstream = Upstream::start();
    let modules = modules();
    publish(&upstream, &modules);
    for go in gos() {
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        download(&workspace(&go, &cache).goproxy(&upstream.url()), &modules);
        let versions: Vec<_> = modules.iter().map(version_of).collect();
        let go_mods = cache.read_mods(&versions.iter().collect::<Vec<_>>());
        for ((files, version), go_mod) in modules.iter().zip(&versions).zip(go_mods) {
            assert_eq!(go_mod.as_deref(), Some(&*files.go_mod));
            assert_eq!(cache.read_info(version).as_deref(), Some(&*files.info));
            assert_eq!(cache.read_ziphash(version).unwrap().as_ref(), Some(&files.zip_h1));
            assert_eq!(cache.unpacked(version).unwrap(), cache.directory(version));
        }
        let large = &versions[5];
        let commit =
            cache.version_of_commit(large.path(), "0123456789abcdef0123456789abcdef01234567");
        assert_eq!(commit.as_ref(), Some(large.version()));
        assert_eq!(cache.version_of_commit(large.path(), "0123456789ac"), None);
    }
}
