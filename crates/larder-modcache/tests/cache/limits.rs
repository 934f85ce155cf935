//! Full disks, caches that may only be read, and the umask.

use std::process::Command;

use larder_modcache::{Directories, ModuleCache};
use larder_testkit::{Module, SmallDisk};

use crate::world::{fill, small, version_of};

#[test]
fn on_a_full_disk_nothing_is_left_and_the_error_is_gos() {
    let Some(disk) = SmallDisk::mount("8m", "a module cache on a full disk") else { return };
    // The zip fits, the directory beside it does not.
    let large = "package m // the same words again and again\n".repeat(100_000);
    let module = Module::new("example.com/m", "v1.0.0").file("m.go", large.repeat(2)).build();
    let version = version_of(&module);
    let cache = ModuleCache::at(disk.data());
    cache.ensure().unwrap();
    let mut arriving = cache.lock_version(&version).unwrap().receive_zip().unwrap();
    arriving.write(&module.zip).unwrap();
    let arrived = arriving.unpack().unwrap();
    assert_eq!(arrived.dirhash().to_string(), module.zip_h1);
    let error = arrived.accept().unwrap().directory.unwrap().unwrap_err().to_string();
    let place = disk.data();
    let expect = format!(
        "unzip {0}/cache/download/example.com/m/@v/v1.0.0.zip: write {0}/example.com/m@v1.0.0/m.go: no space left on device",
        place.display()
    );
    assert_eq!(error, expect);
    assert!(!cache.directory(&version).exists());
    disk.fill();
    let other = small("example.com/other", "v1.0.0");
    let error = cache.write_mod(&version_of(&other), &[b'x'; 9000]).unwrap_err().to_string();
    assert!(error.ends_with(": no space left on device"), "{error}");
    assert_eq!(cache.read_mod(&version_of(&other)), None);
    disk.empty();
    fill(&cache, &other);
}

#[test]
fn a_cache_that_may_only_be_read_is_read() {
    let Some(disk) = SmallDisk::mount("8m", "a module cache that may only be read") else { return };
    let cache = ModuleCache::at(disk.data());
    let module = small("example.com/m", "v1.0.0");
    let version = version_of(&module);
    fill(&cache, &module);
    let mount = disk.data().parent().unwrap().to_owned();
    let remount = |options: &str| {
        Command::new("mount").args(["-o", options]).arg(&mount).status().unwrap().success()
    };
    assert!(remount("remount,ro"));
    assert!(cache.ensure().is_ok());
    assert_eq!(cache.read_mod(&version).as_deref(), Some(&*module.go_mod));
    assert_eq!(cache.read_info(&version).as_deref(), Some(&*module.info));
    assert_eq!(cache.read_ziphash(&version).unwrap(), Some(module.zip_h1));
    assert_eq!(cache.unpack(&version).unwrap(), cache.directory(&version));
    assert_eq!(cache.verify(&[(&version).into()], &|_| {}), [[]]);
    let other = version_of(&small("example.com/other", "v1.0.0"));
    let error = cache.write_mod(&other, b"module example.com/other\n").unwrap_err();
    assert!(error.file_error().unwrap().is_read_only_file_system());
    let place = cache.downloads().join("example.com/other");
    assert_eq!(error.to_string(), format!("mkdir {}: read-only file system", place.display()));
    assert!(remount("remount,rw"));
}

/// Run by the one below, in a process with another umask.
#[test]
#[ignore = "run by another test, with another umask"]
fn a_cache_under_another_umask_is_the_one_that_go_fills() {
    let deep = Module::new("example.com/m", "v1.0.0").file("a/b/m.go", "package b\n").build();
    crate::same::check(&[deep, small("example.com/n", "v1.0.0")], Directories::ReadOnly);
}

#[test]
fn the_umask_takes_its_part_of_every_mode() {
    for umask in ["077", "002"] {
        let done = Command::new("sh")
            .args(["-c", &format!("umask {umask} && exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact"])
            .arg("limits::a_cache_under_another_umask_is_the_one_that_go_fills")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
    }
}
