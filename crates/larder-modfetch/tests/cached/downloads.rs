//! Whole modules, and what is left of those that fail.

use larder_testkit::{Behaviour, Entry, Module};

use crate::world::{World, download, failure, module};

#[test]
fn a_module_is_downloaded_whole_and_found_without_asking_afterwards() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    let done = download(&world.fetcher(), &wanted);
    assert_eq!(failure(&done), "none");
    let root = world.root.path().join("mod");
    let file =
        |suffix: &str| Some(root.join(format!("cache/download/example.com/m/@v/v1.0.0.{suffix}")));
    assert_eq!(done.info, file("info"));
    assert_eq!(done.go_mod, file("mod"));
    assert_eq!(done.zip, file("zip"));
    assert_eq!(done.dir, Some(root.join("example.com/m@v1.0.0")));
    assert_eq!(done.sum.as_deref(), Some(&*files.zip_h1));
    assert_eq!(done.go_mod_sum.as_deref(), Some(&*files.mod_h1));
    assert_eq!(done.go.as_deref(), Some("1.21"));
    let asked = world.upstream.asked_in_all();
    assert_eq!(asked, 3);
    let again = download(&world.fetcher(), &wanted);
    assert_eq!(format!("{again:?}"), format!("{done:?}"));
    assert_eq!(world.upstream.asked_in_all(), asked);
    let content = fs_err::read_to_string(root.join("example.com/m@v1.0.0/m.go")).unwrap();
    assert_eq!(content, "package m\n");
}

#[test]
fn the_three_answers_of_a_module_are_asked_for_side_by_side() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let gate = larder_testkit::Gate::new();
    for suffix in ["info", "mod"] {
        let held = Behaviour::honest().held(0, &gate);
        world.upstream.once(&files.url_path(suffix), held);
    }
    std::thread::scope(|scope| {
        let downloading =
            scope.spawn(|| download(&world.fetcher(), &module("example.com/m", "v1.0.0")));
        assert!(world.upstream.wait_asked(&files.url_path("zip"), 1));
        gate.open();
        assert_eq!(failure(&downloading.join().unwrap()), "none");
    });
}

#[test]
fn many_modules_come_in_the_order_of_the_question() {
    let world = World::new();
    let mut wanted = Vec::new();
    for number in 0..80 {
        let path = format!("example.com/m{number}");
        if number % 10 != 9 {
            world.publish(&path, "v1.0.0");
        }
        wanted.push(module(&path, "v1.0.0"));
    }
    let done = world.fetcher().download(&wanted);
    assert_eq!(
        done.iter().map(|one| &one.module).collect::<Vec<_>>(),
        wanted.iter().collect::<Vec<_>>()
    );
    for (number, one) in done.iter().enumerate() {
        assert_eq!(one.error.is_some(), number % 10 == 9, "{number}");
        assert_eq!(one.dir.as_ref().is_some_and(|dir| dir.is_dir()), number % 10 != 9, "{number}");
    }
}

/// Downloads what cannot be had; expects the failure and what is in the cache.
fn check(world: &World, expect: &str, cached: &[&str]) {
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    let told = failure(&done).replace(&world.upstream.url(), "$GOPROXY");
    assert_eq!(told, expect);
    let files: Vec<_> = world.cached().into_iter().filter(|name| name.contains("@v/")).collect();
    let expect: Vec<_> =
        cached.iter().map(|name| format!("cache/download/example.com/m/@v/{name}")).collect();
    assert_eq!(files, expect);
    assert!(!world.root.path().join("mod/example.com/m@v1.0.0").exists());
}

#[test]
fn nothing_is_left_of_a_module_that_is_not_there() {
    let world = World::new();
    let text = "example.com/m@v1.0.0: reading $GOPROXY/example.com/m/@v/v1.0.0.info: 404 Not Found\n\t\
                server response: not found: /example.com/m/@v/v1.0.0.info";
    check(&world, text, &[]);
    assert!(!world.root.path().join("mod/cache").exists());
}

#[test]
fn only_the_info_is_left_where_the_go_mod_is_missing() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.upstream.always(&files.url_path("mod"), Behaviour::status(500, "out of order\n"));
    let text = "example.com/m@v1.0.0: reading $GOPROXY/example.com/m/@v/v1.0.0.mod: \
                500 Internal Server Error\n\tserver response: out of order";
    check(&world, text, &["v1.0.0.info"]);
}

#[test]
fn no_zip_is_left_where_it_breaks_off() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.upstream.always(&files.url_path("zip"), Behaviour::honest().truncated(40));
    let text =
        "example.com/m@v1.0.0: read \"$GOPROXY/example.com/m/@v/v1.0.0.zip\": unexpected EOF";
    check(&world, text, &["list", "v1.0.0.info", "v1.0.0.mod"]);
}

#[test]
fn a_zip_with_a_foreign_file_is_refused() {
    let world = World::new();
    let honest = Module::new("example.com/m", "v1.0.0").file("m.go", "package m\n");
    let zip = honest.honest_zip().entry(Entry::new("example.com/other@v1.0.0/x.go", "package x\n"));
    world.upstream.publish(honest.zip(zip));
    let text = "zip for example.com/m@v1.0.0 has unexpected file example.com/other@v1.0.0/x.go";
    check(&world, text, &["list", "v1.0.0.info", "v1.0.0.mod"]);
}

#[test]
fn what_is_no_zip_is_refused() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.upstream.always(&files.url_path("zip"), Behaviour::html());
    check(&world, "zip: not a valid zip file", &["list", "v1.0.0.info", "v1.0.0.mod"]);
}

#[test]
fn a_zip_that_breaks_off_is_taken_up_again_unseen() {
    let world = World::new();
    world.upstream.with_etags();
    let files = world.upstream.publish(Module::new("example.com/m", "v1.0.0").filler("x", 100_000));
    world.upstream.once(&files.url_path("zip"), Behaviour::honest().truncated(50_000));
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
    assert_eq!(world.upstream.asked(&files.url_path("zip")), 2);
}

#[test]
fn a_zip_that_breaks_off_is_had_from_the_next_upstream_behind_a_pipe() {
    let (world, other) = (World::new(), World::new());
    let files = world.publish("example.com/m", "v1.0.0");
    other.upstream.publish_files(&files);
    world.upstream.without_ranges();
    world.upstream.always(&files.url_path("zip"), Behaviour::honest().truncated(40));
    let goproxy = format!("{}|{}", world.upstream.url(), other.upstream.url());
    let config = larder_modfetch::CachedConfig { goproxy, ..world.config() };
    let done = download(&world.fetcher_with(config), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
    assert_eq!(done.sum.as_deref(), Some(&*files.zip_h1));
    assert_eq!(other.upstream.asked_in_all(), 1);
}

#[test]
fn a_lost_ziphash_is_made_anew_without_asking() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    download(&world.fetcher(), &wanted);
    let asked = world.upstream.asked_in_all();
    let hash = world.root.path().join("mod/cache/download/example.com/m/@v/v1.0.0.ziphash");
    let check = |spoil: &dyn Fn()| {
        spoil();
        let done = download(&world.fetcher(), &wanted);
        assert_eq!(failure(&done), "none");
        assert_eq!(fs_err::read_to_string(&hash).unwrap(), files.zip_h1);
        assert_eq!(world.upstream.asked_in_all(), asked);
    };
    check(&|| fs_err::remove_file(&hash).unwrap());
    check(&|| fs_err::write(&hash, [0; 47]).unwrap());
}

#[test]
fn a_half_unpacked_directory_is_unpacked_anew_without_asking() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    let dir = download(&world.fetcher(), &wanted).dir.unwrap();
    let asked = world.upstream.asked_in_all();
    let partial = world.root.path().join("mod/cache/download/example.com/m/@v/v1.0.0.partial");
    fs_err::write(&partial, "").unwrap();
    let done = download(&world.fetcher(), &wanted);
    assert_eq!(failure(&done), "none");
    assert!(dir.join("m.go").is_file() && !partial.exists());
    assert_eq!(world.upstream.asked_in_all(), asked);
}

#[test]
fn a_cache_that_is_a_file_stops_downloads_and_not_graphs() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let root = world.root.path().join("mod");
    fs_err::write(&root, "").unwrap();
    let wanted = module("example.com/m", "v1.0.0");
    let fetcher = world.fetcher();
    let content = crate::world::go_mod(&fetcher, &wanted).unwrap();
    assert_eq!(content.as_bytes(), &files.go_mod[..]);
    let expect =
        format!("could not create module cache: \"{}\" is not a directory", root.display());
    assert_eq!(failure(&download(&fetcher, &wanted)), expect);
    assert!(world.said().is_empty());
}

#[test]
fn dozens_of_modules_are_asked_for_at_once() {
    let world = World::new();
    let gate = larder_testkit::Gate::new();
    let mut wanted = Vec::new();
    let mut held = Vec::new();
    for number in 0..20 {
        let files = world.publish(&format!("example.com/m{number}"), "v1.0.0");
        world.upstream.once(&files.url_path("info"), Behaviour::honest().held(0, &gate));
        wanted.push(module(&files.path, &files.version));
        held.push(files.url_path("info"));
    }
    std::thread::scope(|scope| {
        let downloading = scope.spawn(|| world.fetcher().download(&wanted));
        let all_asked = held.iter().all(|path| world.upstream.wait_asked(path, 1));
        gate.open();
        assert!(all_asked, "each was asked for while no other was answered");
        assert!(downloading.join().unwrap().iter().all(|one| one.error.is_none()));
    });
}
