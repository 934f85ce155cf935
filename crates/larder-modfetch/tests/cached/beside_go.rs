//! Caches, states of checksum databases and failures, shared with a real go and compared with its own.

use std::path::PathBuf;

use larder_modcache::{Directories, ModuleCache};
use larder_modfetch::CachedConfig;
use larder_testkit::{Behaviour, Entry, Go, Module, Workspace};

use crate::world::{World, download, failure, module};

/// A go that fetches as the world's fetchers do.
fn go_in(world: &World) -> Option<Workspace> {
    let config = world.config();
    let workspace = Go::local()?.workspace();
    Some(workspace.goproxy(&config.goproxy).gosumdb(&config.gosumdb).env("NO_PROXY", "*"))
}

fn root(go: &Workspace) -> PathBuf {
    go.dir().parent().unwrap().to_owned()
}

/// A configuration on the caches of a go.
fn on_caches_of(go: &Workspace, world: &World) -> CachedConfig {
    let root = root(go);
    CachedConfig {
        cache: ModuleCache::at(root.join("modcache")).leaving(Directories::Writable),
        sumdb_dir: Some(root.join("gopath/pkg/sumdb")),
        ..world.config()
    }
}

#[test]
fn go_needs_nobody_for_what_was_downloaded_and_proved_here() {
    let world = World::with_database();
    world.database.as_ref().unwrap().grow(700);
    let files = world.publish("example.com/Mod", "v1.0.0");
    let Some(go) = go_in(&world) else { return };
    let fetcher = world.fetcher_with(on_caches_of(&go, &world));
    assert_eq!(failure(&download(&fetcher, &module("example.com/Mod", "v1.0.0"))), "none");
    world.upstream.cut();
    let said = go.run(&["mod", "download", "-json", "example.com/Mod@v1.0.0"]).expect_success();
    assert!(said.contains(&files.zip_h1) && !said.contains("\"Error\""), "{said}");
    go.file("go.mod", "module work\n\ngo 1.21\n\nrequire example.com/Mod v1.0.0\n");
    go.file("go.sum", &files.go_sum());
    assert_eq!(go.run(&["mod", "verify"]).expect_success(), "all modules verified\n");
}

#[test]
fn nobody_is_needed_for_what_go_downloaded_and_proved() {
    let world = World::with_database();
    world.database.as_ref().unwrap().grow(700);
    world.publish("example.com/Mod", "v1.0.0");
    let Some(go) = go_in(&world) else { return };
    go.run(&["mod", "download", "example.com/Mod@v1.0.0"]).expect_success();
    world.upstream.cut();
    let fetcher = world.fetcher_with(on_caches_of(&go, &world));
    assert_eq!(failure(&download(&fetcher, &module("example.com/Mod", "v1.0.0"))), "none");
}

#[test]
fn both_move_the_trusted_head_of_a_database_forward_and_never_back() {
    let world = World::with_database();
    let database = world.database.as_ref().unwrap();
    let paths = ["example.com/a", "example.com/b", "example.com/c", "example.com/d"];
    for path in paths {
        world.publish(path, "v1.0.0");
    }
    let Some(go) = go_in(&world) else { return };
    let head = root(&go).join("gopath/pkg/sumdb/sum.example.org/latest");
    let mut sizes = Vec::new();
    for (turn, path) in paths.into_iter().enumerate() {
        database.grow(300);
        if turn % 2 == 0 {
            go.run(&["mod", "download", &format!("{path}@v1.0.0")]).expect_success();
        } else {
            let fetcher = world.fetcher_with(on_caches_of(&go, &world));
            assert_eq!(failure(&download(&fetcher, &module(path, "v1.0.0"))), "none");
        }
        let head = fs_err::read_to_string(&head).unwrap();
        sizes.push(head.lines().nth(1).unwrap().parse::<u64>().unwrap());
    }
    assert_eq!(sizes, [301, 602, 903, 1204]);
}

/// Has both download a module under the same trouble; expects the same failure and the same files.
fn check(what: &str, trouble: impl Fn(&World)) {
    let world = World::with_database();
    world.publish("example.com/m", "v1.0.0");
    trouble(&world);
    let Some(go) = go_in(&world) else { return };
    let ran = go.run(&["mod", "download", "-json", "example.com/m@v1.0.0"]);
    let gos = serde_json::from_str::<serde_json::Value>(&ran.stdout).map_or_else(
        |_| ran.stderr.clone(),
        |said| said["Error"].as_str().unwrap_or("none").to_owned(),
    );
    let ours = failure(&download(&world.fetcher(), &module("example.com/m", "v1.0.0")));
    let cache = root(&go).join("modcache");
    let shown = |text: &str| {
        let text = text.trim_end().replace(&world.upstream.url(), "$GOPROXY");
        let text = text.replace(&cache.display().to_string(), "$GOMODCACHE");
        without_chance(&text.replace(&world.cache().root().display().to_string(), "$GOMODCACHE"))
    };
    assert_eq!(shown(&ours), shown(&gos), "{what}");
    let mut gos_files = Vec::new();
    crate::world::walk(&cache, &cache, &mut gos_files);
    gos_files.retain(|name| !name.contains(".lock") && !name.contains("/sumdb"));
    gos_files.sort();
    let mut ours = world.cached();
    // An empty directory says nothing.
    ours.retain(|name| name.contains('@'));
    gos_files.retain(|name| name.contains('@'));
    assert_eq!(ours, gos_files, "{what}");
}

/// A text in which the random part of a temporary file's name is gone.
fn without_chance(text: &str) -> String {
    let Some((before, after)) = text.split_once(".zip") else { return text.to_owned() };
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = after.get(digits..).unwrap_or_default();
    if rest.starts_with(".tmp") { format!("{before}.zip{rest}") } else { text.to_owned() }
}

#[test]
fn failures_are_told_in_gos_words_and_leave_what_go_leaves() {
    let file = |suffix: &str| format!("/example.com/m/@v/v1.0.0.{suffix}");
    let bend = |suffix: &'static str, behaviour: Behaviour| {
        let path = file(suffix);
        move |world: &World| world.upstream.always(&path, behaviour.clone())
    };
    check("nothing", |_| {});
    for suffix in ["info", "mod", "zip"] {
        check(suffix, bend(suffix, Behaviour::status(404, "not found: it is gone\n")));
        check(suffix, bend(suffix, Behaviour::status(410, "")));
        check(suffix, bend(suffix, Behaviour::status(403, "one\ntwo\n\nthree\n")));
        check(suffix, bend(suffix, Behaviour::answer(500, "text/html", b"<p>no")));
        check(suffix, bend(suffix, Behaviour::hang_up()));
        check(suffix, bend(suffix, Behaviour::honest().truncated(10)));
    }
    check("long", bend("info", Behaviour::status(400, &"x".repeat(700))));
    check("lines", bend("info", Behaviour::status(400, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n")));
    check("html", bend("zip", Behaviour::html()));
    check("no info", bend("info", Behaviour::html()));
    check("empty info", bend("info", Behaviour::answer(200, "text/plain", b"")));
    let other = br#"{"Version":"v1.0.1","Time":"2024-03-01T12:30:00Z"}"#;
    check("another version", bend("info", Behaviour::answer(200, "text/plain", other)));
    check("another go.mod", bend("mod", Behaviour::answer(200, "text/plain", b"module x\n")));
}

#[test]
fn doubts_of_the_checksum_database_are_told_in_gos_words() {
    let database = |world: &World| world.database.clone().unwrap();
    let files = || Module::new("example.com/m", "v1.0.0").file("m.go", "package m\n").build();
    check("a lie", |world| database(world).lie(&files(), "h1:other="));
    check("a lie about go.mod", |world| database(world).lie_about_go_mod(&files(), "h1:other="));
    check("refused", |world| database(world).refuse("example.com/m", "v1.0.0"));
    let lookup = "/sumdb/sum.example.org/lookup/example.com/m@v1.0.0";
    let bend = |behaviour: Behaviour| {
        move |world: &World| {
            world.upstream.always(lookup, behaviour.clone());
        }
    };
    check("trouble", bend(Behaviour::status(500, "out of order\n")));
    check("nonsense", bend(Behaviour::html()));
    check("nothing about it", bend(Behaviour::answer(200, "text/plain", b"0\na b c\n\nhead\n")));
    let forged = |note: &str| {
        let answer = format!("0\na b c\n\n{note}");
        Behaviour::answer(200, "text/plain", answer.as_bytes())
    };
    check(
        "signed by nobody we know",
        bend(forged("go.sum database tree\n1\nAAAA\n\n— x AAAAAAAA\n")),
    );
    check("a false signature", |world| {
        world.publish("example.com/other", "v1.0.0");
        let latest = format!("{}/sumdb/sum.example.org/latest", world.upstream.url());
        let head = larder_testkit::client::get(&latest).body;
        let forged = String::from_utf8(head).unwrap().replacen("tree\n", "tree\n1", 1);
        let answer = format!("0\na b c\n\n{forged}");
        world.upstream.always(lookup, Behaviour::answer(200, "text/plain", answer.as_bytes()));
    });
    check("unsupported", |world| {
        let supported = "/sumdb/sum.example.org/supported";
        world.upstream.always(supported, Behaviour::status(500, "out of order\n"));
    });
}

#[test]
fn zips_that_break_a_rule_are_told_in_gos_words() {
    let check = |what: &str, entry: fn() -> Entry| {
        check(what, |world| {
            let honest = Module::new("example.com/m", "v1.0.0").file("m.go", "package m\n");
            let zip = honest.honest_zip().entry(entry());
            let files = world.upstream.publish(honest.zip(zip));
            world.database.as_ref().unwrap().publish(&files);
        });
    };
    check("foreign", || Entry::new("example.com/other@v1.0.0/x.go", "package x\n"));
    check("upwards", || Entry::new("example.com/m@v1.0.0/../x.go", "package x\n"));
    check("second go.mod", || Entry::new("example.com/m@v1.0.0/sub/go.mod", "module x\n"));
    check("reserved", || Entry::new("example.com/m@v1.0.0/aux.go", "package x\n"));
    check("case", || Entry::new("example.com/m@v1.0.0/M.go", "package x\n"));
}
