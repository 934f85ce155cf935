//! A real go through Larder in a closed world: an application of twenty modules is built cold,
//! built again from Larder alone, and its go.sum written again byte for byte.

use larder_testkit::client::get;
use larder_testkit::{Database, Go, Launch, Module, ModuleFiles, Upstream, Workspace};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const MODULES: usize = 20;

fn path(number: usize) -> String {
    // Some with upper case, a major suffix, a deep path: the shapes that escaping and lists meet.
    match number % 4 {
        0 => format!("example.com/Lib{number}"),
        1 => format!("example.com/lib{number}/v2"),
        2 => format!("example.com/group/sub/lib{number}"),
        _ => format!("example.com/lib{number}"),
    }
}

fn version(number: usize) -> &'static str {
    match number % 4 {
        1 => "v2.3.1",
        2 => "v0.0.0-20240301123000-abcdefabcdef",
        _ => "v1.4.0",
    }
}

/// Module `number` imports the next and the one after the next but one.
fn library(number: usize) -> Module {
    let needs: Vec<usize> =
        [number + 1, number + 3].into_iter().filter(|next| *next < MODULES).collect();
    let imports: Vec<String> =
        needs.iter().map(|next| format!("import _ \"{}\"", path(*next))).collect();
    let imports = imports.join("\n");
    let mut module = Module::new(&path(number), version(number))
        .file("lib.go", format!("package lib\n\n{imports}\n\nconst Number = {number}\n"))
        .file("LICENSE", "do as you like\n")
        .filler("testdata/data.bin", 20_000 * (number + 1));
    for next in needs {
        module = module.requires(&path(next), version(next));
    }
    module
}

fn stock() -> (Upstream, Database, Vec<ModuleFiles>) {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    upstream.without_latest();
    database.grow(3_000);
    let modules = (0..MODULES).map(|number| upstream.publish(library(number))).collect();
    (upstream, database, modules)
}

fn application(work: &Workspace) {
    work.file(
        "go.mod",
        &format!("module example.com/app\n\ngo 1.21\n\nrequire {} {}\n", path(0), version(0)),
    );
    let main = format!(
        "package main\n\nimport lib \"{}\"\n\nfunc main() {{ println(lib.Number) }}\n",
        path(0)
    );
    work.file("main.go", &main);
}

#[test]
fn an_application_is_built_cold_and_again_from_larder_alone() {
    let (found, missing) = Go::all();
    for line in &missing {
        println!("skipped: {line}");
    }
    for go in &found {
        println!("with {}", go.version());
        let (upstream, database, modules) = stock();
        let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
        let work = go.workspace().goproxy(&server.url("")).gosumdb(&database.key());
        application(&work);
        work.run(&["mod", "tidy"]).expect_success();
        work.run(&["build", "-o", "app", "."]).expect_success();
        let sums = work.read("go.sum");
        for files in &modules {
            assert!(sums.contains(&files.zip_h1), "{}: {sums}", files.path);
        }

        upstream.cut();
        work.forget();
        work.run(&["mod", "download"]).expect_success();
        work.run(&["build", "-o", "app", "."]).expect_success();

        work.forget();
        work.file("go.sum", "");
        work.run(&["mod", "tidy"]).expect_success();
        assert_eq!(work.read("go.sum"), sums, "go.sum is not the same");
        assert_eq!(work.run(&["mod", "verify"]).expect_success(), "all modules verified\n");
    }
}

#[test]
fn go_finds_the_newest_version_and_the_module_of_a_package() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, _) = stock();
    upstream.publish(Module::new("example.com/lib3", "v1.5.0").file("lib.go", "package lib\n"));
    upstream
        .publish(Module::new("example.com/lib3", "v1.6.0-rc.1").file("lib.go", "package lib\n"));
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let work = go.workspace().goproxy(&server.url("")).gosumdb(&database.key());
    work.file("go.mod", "module example.com/app\n\ngo 1.21\n");
    work.file(
        "main.go",
        "package main\n\nimport _ \"example.com/group/sub/lib6\"\n\nfunc main() {}\n",
    );
    let listed = work.run(&["list", "-m", "example.com/lib3@latest"]).expect_success();
    assert_eq!(listed, "example.com/lib3 v1.5.0\n");
    // A module without a tag has an empty list and, here, no `@latest`: only its version names it.
    let asked = format!("example.com/group/sub/lib6@{}", version(6));
    work.run(&["get", &asked]).expect_success();
    work.run(&["build", "-o", "app", "."]).expect_success();
}

#[test]
fn go_is_told_why_it_does_not_get_a_module() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, modules) = stock();
    let text = "example.com/lib3 is blocked: ask ann@example.com";
    let bent = larder_testkit::Behaviour::status(403, &format!("{text}\n"));
    upstream.always(&modules[3].url_path("mod"), bent);
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    // With `direct` behind Larder: a refusal must not send go round it.
    let list = format!("{},direct", server.url(""));
    let work = go.workspace().goproxy(&list).gosumdb(&database.key());
    work.file("go.mod", "module example.com/app\n\ngo 1.21\n");
    let run = work.run(&["mod", "download", "example.com/lib3@v1.4.0"]);
    assert!(!run.success && run.stderr.contains(text), "{}", run.stderr);
}

#[test]
fn go_with_a_poisoned_upstream_gets_nothing() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, modules) = stock();
    let evil = library(3).file("evil.go", "package lib // evil\n").build();
    upstream.serve(&modules[3].url_path("zip"), "application/zip", evil.zip.to_vec());
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let work = go.workspace().goproxy(&server.url("")).gosumdb("off");
    work.file("go.mod", "module example.com/app\n\ngo 1.21\n");
    let run = work.run(&["mod", "download", "example.com/lib3@v1.4.0"]);
    assert!(!run.success, "even a client without a database is protected");
    assert_eq!(get(&server.url(&modules[3].url_path("zip"))).status, 403);
}

#[test]
fn go_downloads_through_a_mount_prefix() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, _) = stock();
    let server = Launch::new(LARDER, &upstream.url())
        .database(&database)
        .env("LARDER_BASE_PATH", "/team-a")
        .start();
    let work = go.workspace().goproxy(&server.url("/team-a")).gosumdb(&database.key());
    application(&work);
    work.run(&["mod", "tidy"]).expect_success();
}

#[test]
fn a_toolchain_comes_through_larder_and_stays_there() {
    let Some(go) = Go::local() else { return };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let (upstream, database, _) = stock();
    let script = "#!/bin/sh\necho go version go1.99.1 from a fake toolchain\n";
    let version = format!("v0.0.1-go1.99.1.linux-{arch}");
    upstream.publish(
        Module::new("golang.org/toolchain", &version)
            .go_mod("module golang.org/toolchain\n")
            .file("bin/go", script)
            .file("bin/gofmt", script)
            .file("pkg/tool/compile", script)
            .filler("lib/data.bin", 2_000_000),
    );
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let work = go
        .workspace()
        .goproxy(&server.url(""))
        .gosumdb(&database.key())
        .env("GOTOOLCHAIN", "go1.99.1");
    let expected = "go version go1.99.1 from a fake toolchain\n";
    assert_eq!(work.run(&["version"]).expect_success(), expected);
    upstream.cut();
    work.forget();
    assert_eq!(work.run(&["version"]).expect_success(), expected);
}

/// What go prints, without what names its own directories; it says on stderr what it downloads
/// in the order in which it happens to.
fn told(work: &Workspace, args: &[&str]) -> String {
    let run = work.run(args);
    let root = work.dir().parent().expect("the world has a root").display().to_string();
    let mut talk: Vec<&str> = run.stderr.lines().collect();
    talk.sort_unstable();
    format!("{}\n{}{talk:#?}", run.success, run.stdout).replace(&root, "[WORLD]")
}

#[test]
fn go_sees_no_difference_between_larder_and_the_upstream() {
    let (found, missing) = Go::all();
    for line in &missing {
        println!("skipped: {line}");
    }
    for go in &found {
        let (upstream, database, _) = stock();
        for version in ["v1.5.0", "v1.10.0", "v1.9.0", "v2.0.0+incompatible", "v1.11.0-rc.1"] {
            upstream
                .publish(Module::new("example.com/lib3", version).file("l.go", "package lib\n"));
        }
        let branch = format!(r#"{{"Version":"{}","Time":"2024-03-01T12:30:00Z"}}"#, version(6));
        for query in ["main", "abcdefabcdef"] {
            let path = format!("/example.com/group/sub/lib6/@v/{query}.info");
            upstream.serve(&path, "application/json", branch.as_str());
        }
        let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
        let worlds = [upstream.url(), server.url("")].map(|proxy| {
            let work = go.workspace().goproxy(&proxy).gosumdb(&database.key());
            application(&work);
            work
        });
        let commands: [&[&str]; 13] = [
            &["mod", "tidy"],
            &["list", "-m", "-json", "all"],
            &["list", "-m", "-versions", "example.com/lib3"],
            &["list", "-m", "-u", "all"],
            &["list", "-m", "-json", "example.com/lib3@latest"],
            &["list", "-m", "example.com/lib3@v1", "example.com/lib3@<v1.9.0"],
            &["list", "-m", "-json", "example.com/group/sub/lib6@main"],
            &["list", "-m", "example.com/group/sub/lib6@abcdefabcdef"],
            &["list", "-m", "example.com/group/sub/lib6@nowhere"],
            &["list", "-m", "example.com/nothing@latest"],
            &["mod", "download", "-json"],
            &["get", "example.com/lib3@v1.9.0"],
            &["mod", "graph"],
        ];
        for args in commands {
            let [direct, through] = worlds.each_ref().map(|work| told(work, args));
            let through = through.replace(&server.url(""), &upstream.url());
            assert_eq!(through, direct, "{} go {args:?}", go.version());
        }
        for name in ["go.mod", "go.sum"] {
            assert_eq!(worlds[1].read(name), worlds[0].read(name), "{name}");
        }
    }
}
