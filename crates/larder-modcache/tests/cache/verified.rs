//! What `go mod verify` finds, we find, and say in its words.

use std::path::Path;
use std::sync::Mutex;

use larder_modcache::{ModuleCache, Part};
use larder_module::{ModuleVersion, NamedVersion};
use larder_testkit::{Entry, Module, ModuleFiles};
use rustix::fs::{Mode, chmod};

use crate::tree::Scratch;
use crate::world::{fill_all, gos, version_of, workspace};

const PATHS: [&str; 3] = ["example.com/a", "example.com/b", "example.com/c"];

/// Harms a cache with three modules and compares what go says with what we say.
#[track_caller]
fn check(harm: impl Fn(&ModuleCache, &ModuleVersion)) {
    let modules: Vec<ModuleFiles> = PATHS.iter().map(|path| module(path)).collect();
    for go in gos() {
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        fill_all(&cache, &modules);
        let requires: Vec<String> =
            PATHS.iter().map(|path| format!("require {path} v1.0.0\n")).collect();
        let workspace = workspace(&go, &cache);
        let go_mod = format!("module example.com/app\n\ngo 1.21\n\n{}", requires.concat());
        workspace.file("go.mod", &go_mod);
        let sums: Vec<String> = modules.iter().map(ModuleFiles::go_sum).collect();
        workspace.file("go.sum", &sums.concat());
        harm(&cache, &version_of(&modules[1]));
        let theirs = workspace.run(&["mod", "verify"]);
        let named: Vec<NamedVersion> =
            modules.iter().map(|module| NamedVersion::from(&version_of(module))).collect();
        let looked_at = Mutex::new(Vec::new());
        let ours = cache.verify(&named, &|module| looked_at.lock().unwrap().push(module.clone()));
        let lines: Vec<String> = ours.iter().flatten().map(|fault| format!("{fault}\n")).collect();
        assert_eq!(lines.concat(), theirs.stderr, "{}", go.version());
        assert_eq!(lines.is_empty(), theirs.success);
        let mut looked_at = looked_at.into_inner().unwrap();
        looked_at.sort();
        assert_eq!(looked_at, named);
    }
}

/// A module with one file at its root and one below.
fn module(path: &str) -> ModuleFiles {
    let package = path.rsplit('/').next().unwrap();
    let file = format!("{package}.go");
    Module::new(path, "v1.0.0").file(&file, "package m\n").file("sub/s.go", "package s\n").build()
}

fn permit(path: &Path) {
    chmod(path, Mode::from_raw_mode(0o755)).unwrap();
}

#[test]
fn an_honest_cache_is_verified() {
    check(|_, _| {});
}

#[test]
fn a_changed_file_is_a_modified_directory() {
    check(|cache, module| {
        let file = cache.directory(module).join("b.go");
        permit(&file);
        fs_err::write(file, "package evil\n").unwrap();
    });
}

#[test]
fn an_added_file_is_a_modified_directory() {
    check(|cache, module| {
        permit(&cache.directory(module));
        fs_err::write(cache.directory(module).join("added.go"), "package b\n").unwrap();
    });
}

#[test]
fn a_link_counts_as_what_it_points_to() {
    check(|cache, module| {
        let directory = cache.directory(module);
        permit(&directory);
        fs_err::rename(directory.join("b.go"), cache.root().join("moved.go")).unwrap();
        fs_err::os::unix::fs::symlink(cache.root().join("moved.go"), directory.join("b.go"))
            .unwrap();
    });
}

#[test]
fn a_link_in_the_place_of_a_directory_cannot_be_hashed() {
    check(|cache, module| {
        let directory = cache.directory(module);
        for parent in [directory.as_path(), &directory.join("sub")] {
            permit(parent);
        }
        fs_err::rename(directory.join("sub"), cache.root().join("moved")).unwrap();
        let link = directory.join("sub");
        fs_err::os::unix::fs::symlink(cache.root().join("moved"), link).unwrap();
    });
    check(|cache, module| {
        let directory = cache.directory(module);
        permit(&directory);
        fs_err::rename(&directory, cache.root().join("moved")).unwrap();
        fs_err::os::unix::fs::symlink(cache.root().join("moved"), directory).unwrap();
    });
}

#[test]
fn a_link_to_nothing_cannot_be_hashed() {
    check(|cache, module| {
        let directory = cache.directory(module);
        permit(&directory);
        fs_err::os::unix::fs::symlink("nothing", directory.join("link")).unwrap();
    });
}

#[test]
fn another_zip_is_a_modified_zip() {
    check(|cache, module| {
        let other = Module::new("example.com/b", "v1.0.0").file("x", "x").build();
        fs_err::write(cache.file(module, Part::Zip), &other.zip).unwrap();
    });
}

#[test]
fn a_cut_zip_is_no_zip() {
    check(|cache, module| {
        let zip = cache.file(module, Part::Zip);
        let content = fs_err::read(&zip).unwrap();
        fs_err::write(zip, &content[..content.len() - 30]).unwrap();
    });
}

#[test]
fn an_empty_zip_is_no_zip() {
    check(|cache, module| fs_err::write(cache.file(module, Part::Zip), "").unwrap());
}

#[test]
fn a_longer_a_shorter_and_a_missing_file_are_modified_directories() {
    for content in [Some("package m\n\n"), Some("package"), None] {
        check(|cache, module| {
            let file = cache.directory(module).join("b.go");
            permit(&cache.directory(module));
            permit(&file);
            match content {
                Some(content) => fs_err::write(file, content).unwrap(),
                None => fs_err::remove_file(file).unwrap(),
            }
        });
    }
}

#[test]
fn a_zip_with_a_directory_has_a_hash_that_its_directory_cannot_have() {
    check(|cache, module| {
        let honest = Module::new("example.com/b", "v1.0.0").file("b.go", "package m\n");
        let name = format!("{}empty/", honest.prefix());
        let zip = honest.honest_zip().entry(Entry::new(&name, "").unix_mode(0o040_755));
        let other = honest.zip(zip).build();
        fs_err::write(cache.file(module, Part::Zip), &other.zip).unwrap();
        fs_err::write(cache.file(module, Part::ZipHash), &other.zip_h1).unwrap();
        permit(&cache.directory(module).join("sub"));
        permit(&cache.directory(module));
        fs_err::remove_dir_all(cache.directory(module).join("sub")).unwrap();
    });
}

#[test]
fn another_hash_makes_both_modified() {
    check(|cache, module| fs_err::write(cache.file(module, Part::ZipHash), "h1:").unwrap());
}

#[test]
fn a_missing_hash_is_told() {
    check(|cache, module| fs_err::remove_file(cache.file(module, Part::ZipHash)).unwrap());
}

#[test]
fn what_was_never_downloaded_is_fine() {
    check(|cache, module| {
        for part in [Part::Zip, Part::ZipHash] {
            fs_err::remove_file(cache.file(module, part)).unwrap();
        }
        fs_err::rename(cache.directory(module), cache.root().join("elsewhere")).unwrap();
    });
}

#[test]
fn a_directory_that_is_being_filled_is_not_looked_at() {
    check(|cache, module| {
        fs_err::write(cache.file(module, Part::Partial), "").unwrap();
        permit(&cache.directory(module));
        fs_err::write(cache.directory(module).join("added.go"), "package b\n").unwrap();
    });
}

#[test]
fn a_file_in_the_place_of_a_directory_is_not_looked_at() {
    check(|cache, module| {
        fs_err::rename(cache.directory(module), cache.root().join("elsewhere")).unwrap();
        fs_err::write(cache.directory(module), "").unwrap();
    });
}

#[test]
fn a_module_without_a_place_in_the_cache_has_no_hash() {
    for go in gos() {
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        let workspace = workspace(&go, &cache);
        workspace.file("hello/go.mod", "module hello\n");
        workspace.file(
            "go.mod",
            "module example.com/app\n\ngo 1.21\n\nrequire hello v1.0.0\n\nreplace hello => ./hello\n",
        );
        let theirs = workspace.run(&["mod", "verify"]);
        let ours = cache.verify(&[NamedVersion::new("hello", "v1.0.0")], &|_| {});
        assert_eq!(format!("{}\n", ours[0][0]), theirs.stderr);
    }
}
