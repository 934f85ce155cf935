//! Go builds from a cache that we filled, and finds nothing wrong with it.

use larder_modcache::ModuleCache;
use larder_testkit::{Module, ModuleFiles};

use crate::tree::Scratch;
use crate::world::{fill_all, gos, workspace};

fn application() -> Vec<ModuleFiles> {
    let greet = Module::new("example.com/greet", "v1.2.3")
        .requires("github.com/Upper/Words", "v0.3.0")
        .file("greet.go", "package greet\n\nimport \"github.com/Upper/Words/hello\"\n\nfunc Greet() string { return hello.Word }\n");
    let words = Module::new("github.com/Upper/Words", "v0.3.0")
        .file("hello/hello.go", "package hello\n\nconst Word = \"hello\"\n");
    [greet, words].into_iter().map(Module::build).collect()
}

#[test]
fn go_builds_from_a_cache_that_we_filled_without_asking_anybody() {
    let modules = application();
    for go in gos() {
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        fill_all(&cache, &modules);
        let workspace = workspace(&go, &cache).env("GOFLAGS", "-mod=mod -buildvcs=false");
        workspace.file(
            "go.mod",
            "module example.com/app\n\ngo 1.21\n\nrequire example.com/greet v1.2.3\n",
        );
        workspace.file(
            "main.go",
            "package main\n\nimport \"example.com/greet\"\n\nfunc main() { print(greet.Greet()) }\n",
        );
        workspace.run(&["build", "-o", "app", "."]).expect_success();
        let sums = workspace.read("go.sum");
        for module in &modules {
            assert!(sums.contains(module.go_sum().lines().next().unwrap()), "{sums}");
        }
        let verified = workspace.run(&["mod", "verify"]).expect_success();
        assert_eq!(verified, "all modules verified\n");
    }
}

#[test]
fn go_unpacks_a_zip_that_we_brought_and_we_one_that_it_brought() {
    let modules = application();
    for go in gos() {
        let scratch = Scratch::new();
        let cache = ModuleCache::at(scratch.path());
        for module in &modules {
            let version = crate::world::version_of(module);
            cache.write_info(&version, &module.info).unwrap();
            cache.write_mod(&version, &module.go_mod).unwrap();
            let mut arriving = cache.lock_version(&version).unwrap().receive_zip().unwrap();
            arriving.write(&module.zip).unwrap();
            let installed = arriving.hash().unwrap().accept().unwrap();
            assert!(installed.directory.is_none());
            assert!(cache.unpacked(&version).is_err());
        }
        let workspace = workspace(&go, &cache);
        crate::world::download(&workspace, &modules);
        let ours = Scratch::new();
        let again = ModuleCache::at(ours.path());
        for module in &modules {
            let version = crate::world::version_of(module);
            assert!(cache.unpacked(&version).is_ok());
            fs_err::create_dir_all(again.versions_of(version.path())).unwrap();
            for part in [larder_modcache::Part::Zip, larder_modcache::Part::ZipHash] {
                fs_err::copy(cache.file(&version, part), again.file(&version, part)).unwrap();
            }
            let directory = again.unpack(&version).unwrap();
            let hash = larder_modcache::hash_directory(&directory, &version.to_string()).unwrap();
            assert_eq!(hash.to_string(), module.zip_h1);
        }
    }
}
