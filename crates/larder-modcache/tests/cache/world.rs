//! Modules of every shape that matters to a cache, and how they come into one.

use larder_modcache::{Installed, ModuleCache};
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_testkit::{Entry, Go, Module, ModuleFiles, Upstream, Workspace};

/// Modules with escaped names, odd versions, deep directories, large and empty files, many files.
pub(crate) fn modules() -> Vec<ModuleFiles> {
    let deep = (0..40).fold(Module::new("example.com/deep", "v0.1.0"), |module, n| {
        module.file(&format!("d{}/e{}/f{n}/x.go", n % 3, n % 5), format!("package x{n}\n"))
    });
    let many = (0..1200).fold(Module::new("example.com/many", "v1.0.0"), |module, n| {
        module.file(&format!("p{}/f{n}.go", n % 37), format!("package p // {n}\n"))
    });
    let with_directory = Module::new("example.com/directory", "v1.0.0").file("a.go", "package a\n");
    let prefix = with_directory.prefix();
    let zip = with_directory
        .honest_zip()
        .entry(Entry::new(&format!("{prefix}empty/"), "").unix_mode(0o040_755));
    let modules = [
        deep,
        many,
        with_directory.zip(zip),
        Module::new("github.com/Azure/Go-SDK", "v1.0.0").file("README.MD", "# upper case\n"),
        Module::new("github.com/Azure/Go-SDK", "v1.2.0-RC.1").file("sdk.go", "package sdk\n"),
        Module::new("example.com/large", "v0.0.0-20240301123000-0123456789ab")
            .filler("large.bin", 5 << 20)
            .file("empty.go", ""),
        Module::new("example.com/old", "v2.0.0+incompatible").file("old.go", "package old\n"),
        Module::new("example.com/old", "v1.9.0").file("old.go", "package old\n"),
        Module::new("example.com/old", "v1.10.0").file("old.go", "package old\n"),
        Module::new("gopkg.in/yaml.v3", "v3.0.1").file("naïve é.txt", "letters\n"),
    ];
    modules.into_iter().map(Module::build).collect()
}

/// A small module.
pub(crate) fn small(path: &str, version: &str) -> ModuleFiles {
    let package = path.rsplit('/').next().unwrap();
    Module::new(path, version)
        .file(&format!("{package}.go"), format!("package {package}\n"))
        .build()
}

pub(crate) fn version_of(files: &ModuleFiles) -> ModuleVersion {
    let path = ModulePath::parse(&files.path).unwrap();
    ModuleVersion::new(path, Version::parse(&files.version).unwrap()).unwrap()
}

/// Brings a module into the cache as `go mod download` does: all four files and the directory.
pub(crate) fn fill(cache: &ModuleCache, files: &ModuleFiles) -> Installed {
    let module = version_of(files);
    cache.write_info(&module, &files.info).unwrap();
    cache.write_mod(&module, &files.go_mod).unwrap();
    let mut arriving = cache.lock_version(&module).unwrap().receive_zip().unwrap();
    for piece in files.zip.chunks(100_000) {
        arriving.write(piece).unwrap();
    }
    let arrived = arriving.unpack().unwrap();
    assert_eq!(arrived.dirhash().to_string(), files.zip_h1);
    let installed = arrived.accept().unwrap();
    // Nothing is unpacked where it was unpacked before.
    if let Some(directory) = &installed.directory {
        assert_eq!(directory.as_ref().unwrap(), &cache.directory(&module));
    }
    assert_eq!(cache.unpacked(&module).unwrap(), cache.directory(&module));
    installed
}

/// Brings all of them in.
pub(crate) fn fill_all(cache: &ModuleCache, modules: &[ModuleFiles]) {
    for module in modules {
        fill(cache, module);
    }
}

/// Lets an upstream have all of them.
pub(crate) fn publish(upstream: &Upstream, modules: &[ModuleFiles]) {
    for module in modules {
        upstream.publish_files(module);
    }
}

/// Every go that could be had.
pub(crate) fn gos() -> Vec<Go> {
    let (found, missing) = Go::all();
    for line in missing {
        eprintln!("skipped: {line}");
    }
    found
}

/// A workspace of go that uses this cache and leaves directories read-only.
pub(crate) fn workspace(go: &Go, cache: &ModuleCache) -> Workspace {
    go.workspace().env("GOMODCACHE", cache.root().to_str().unwrap()).env("GOFLAGS", "")
}

/// `go mod download` of all these modules, by name.
pub(crate) fn download(workspace: &Workspace, modules: &[ModuleFiles]) {
    let named: Vec<String> = modules.iter().map(|m| format!("{}@{}", m.path, m.version)).collect();
    let mut args = vec!["mod", "download"];
    args.extend(named.iter().map(String::as_str));
    workspace.run(&args).expect_success();
}
