//! A real go finds nothing to object to in the fake upstream and database: the kit is honest
//! where it is not told to lie.

use larder_testkit::{Database, Go, Module, Upstream, Workspace};

fn world() -> Option<(Upstream, Database, Workspace)> {
    let go = Go::local()?;
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    database.grow(700);
    upstream.publish(Module::new("example.com/Low", "v1.2.0").file("low.go", "package low\n"));
    let top = "package top\n\nimport _ \"example.com/Low\"\n";
    upstream.publish(
        Module::new("example.com/top", "v0.3.0")
            .file("top.go", top)
            .filler("data.bin", 100_000)
            .requires("example.com/Low", "v1.2.0"),
    );
    let work = go.workspace().goproxy(&upstream.url()).gosumdb(&database.key());
    work.file("go.mod", "module example.com/app\n\ngo 1.21\n");
    work.file("main.go", "package main\n\nimport _ \"example.com/top\"\n\nfunc main() {}\n");
    Some((upstream, database, work))
}

#[test]
fn go_tidies_builds_and_verifies_against_the_fakes() {
    let Some((_upstream, database, work)) = world() else { return };
    work.run(&["mod", "tidy"]).expect_success();
    work.run(&["build", "-o", "app", "."]).expect_success();
    let verified = work.run(&["mod", "verify"]).expect_success();
    assert_eq!(verified, "all modules verified\n");
    assert!(work.read("go.sum").contains("example.com/Low v1.2.0 h1:"));
    assert_eq!(database.size(), 702);
}

#[test]
fn go_notices_a_lie() {
    let Some((upstream, database, work)) = world() else { return };
    let files =
        upstream.publish(Module::new("example.com/top", "v0.3.1").file("top.go", "package top\n"));
    database.lie(&files, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let run = work.run(&["mod", "download", "example.com/top@v0.3.1"]);
    assert!(!run.success && run.stderr.contains("SECURITY ERROR"), "{}", run.stderr);
}

#[test]
fn go_notices_a_fork() {
    let Some((_upstream, database, work)) = world() else { return };
    work.run(&["mod", "download", "example.com/Low@v1.2.0"]).expect_success();
    database.fork();
    let run = work.run(&["mod", "download", "example.com/top@v0.3.0"]);
    // Which of the two it says depends on the tiles that it had already.
    let noticed =
        ["SECURITY ERROR", "inconsistent tile"].iter().any(|word| run.stderr.contains(word));
    assert!(!run.success && noticed, "{}", run.stderr);
}
