//! At one cache at the same moment with a running go: who has the lock has it alone.

use std::os::unix::fs::MetadataExt as _;
use std::thread;

use larder_modcache::{ModuleCache, Part, ZipState};
use larder_testkit::{Behaviour, Gate, Upstream};

use crate::tree::Scratch;
use crate::world::{download, fill, gos, small, version_of, workspace};

/// Whether some process waits for a lock on this file.
fn is_waited_for(file: &std::path::Path) -> bool {
    let inode = fs_err::metadata(file).unwrap().ino();
    let locks = fs_err::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| line.contains("->") && line.contains(&format!(":{inode} ")))
}

#[test]
fn go_waits_for_a_zip_that_we_bring() {
    for go in gos() {
        let upstream = Upstream::start();
        let module = small("example.com/m", "v1.0.0");
        upstream.publish_files(&module);
        // Go can have it from us alone.
        upstream.remove(&module.url_path("zip"));
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        let version = version_of(&module);
        let lock = cache.lock_version(&version).unwrap();
        let workspace = workspace(&go, &cache).goproxy(&upstream.url());
        thread::scope(|scope| {
            let running = scope.spawn(|| download(&workspace, std::slice::from_ref(&module)));
            let lock_file = cache.file(&version, Part::Lock);
            while !is_waited_for(&lock_file) && !running.is_finished() {
                thread::yield_now();
            }
            let mut arriving = lock.receive_zip().unwrap();
            arriving.write(&module.zip).unwrap();
            arriving.unpack().unwrap().accept().unwrap();
            running.join().unwrap();
        });
        assert_eq!(upstream.asked(&module.url_path("zip")), 0);
    }
}

#[test]
fn we_wait_for_a_zip_that_go_brings() {
    for go in gos() {
        let upstream = Upstream::start();
        let module = small("example.com/m", "v1.0.0");
        upstream.publish_files(&module);
        let gate = Gate::new();
        upstream.once(&module.url_path("zip"), Behaviour::honest().held(10, &gate));
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        let version = version_of(&module);
        let workspace = workspace(&go, &cache).goproxy(&upstream.url());
        thread::scope(|scope| {
            let running = scope.spawn(|| download(&workspace, std::slice::from_ref(&module)));
            assert!(upstream.wait_asked(&module.url_path("zip"), 1));
            assert!(cache.try_lock_version(&version).unwrap().is_none());
            let waiting = scope.spawn(|| cache.lock_version(&version).unwrap().zip_state());
            while !is_waited_for(&cache.file(&version, Part::Lock)) && !waiting.is_finished() {
                thread::yield_now();
            }
            gate.open();
            assert_eq!(waiting.join().unwrap(), ZipState::Whole);
            running.join().unwrap();
        });
        assert_eq!(cache.unpack(&version).unwrap(), cache.directory(&version));
    }
}

#[test]
fn of_many_that_want_one_module_one_brings_it() {
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    let brought = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let lock = cache.lock_version(&version).unwrap();
                if lock.zip_state() == ZipState::Missing {
                    brought.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let mut arriving = lock.receive_zip().unwrap();
                    arriving.write(&module.zip).unwrap();
                    arriving.hash().unwrap().accept().unwrap();
                } else {
                    drop(lock);
                }
                let directory = cache.unpack(&version).unwrap();
                assert!(directory.join("m.go").is_file());
            });
        }
    });
    assert_eq!(brought.into_inner(), 1);
}

#[test]
fn many_writers_of_one_list_leave_it_whole() {
    let scratch = Scratch::new();
    let cache = ModuleCache::at(scratch.path());
    let modules: Vec<_> = (0..24).map(|n| small("example.com/m", &format!("v1.{n}.0"))).collect();
    thread::scope(|scope| {
        for module in &modules {
            let cache = &cache;
            scope.spawn(move || fill(cache, module));
        }
    });
    let list = cache.versions_of(version_of(&modules[0]).path()).join("list");
    let expect: Vec<String> = (0..24).map(|n| format!("v1.{n}.0\n")).collect();
    assert_eq!(fs_err::read_to_string(list).unwrap(), expect.concat());
}
