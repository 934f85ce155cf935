//! go.mod files: from the cache, from the list, verified.

use larder_modload::{GoModAt, GoModSource as _, SourceErrorKind};

use crate::world::{World, go_mod, module};

#[test]
fn a_go_mod_is_fetched_once_and_then_read_from_the_cache() {
    let world = World::new();
    let files = world.publish("example.com/Mod", "v1.0.0");
    let wanted = module("example.com/Mod", "v1.0.0");
    let expect = String::from_utf8(files.go_mod.to_vec()).unwrap();
    assert_eq!(go_mod(&world.fetcher(), &wanted).unwrap(), expect);
    assert_eq!(go_mod(&world.fetcher(), &wanted).unwrap(), expect);
    assert_eq!(world.upstream.asked_in_all(), 1);
    let download = "cache/download/example.com/!mod/@v";
    let (list, file) = (format!("{download}/list"), format!("{download}/v1.0.0.mod"));
    let cached = world.cached();
    assert!(cached.contains(&list) && cached.contains(&file), "{cached:?}");
    assert!(
        !cached.iter().any(|name| name.contains("@v/v1.0.0.info")),
        "a graph load keeps no .info"
    );
}

#[test]
fn a_frontier_is_answered_in_its_order_whatever_is_missing() {
    let world = World::new();
    let directory = world.root.path().join("local");
    fs_err::create_dir_all(&directory).unwrap();
    fs_err::write(directory.join("go.mod"), "module local\n").unwrap();
    for number in 0..100 {
        world.publish(&format!("example.com/m{number}"), "v1.0.0");
    }
    let fetcher = world.fetcher();
    go_mod(&fetcher, &module("example.com/m7", "v1.0.0")).unwrap();
    let numbered = |number: usize| format!("example.com/m{number}");
    let mut wanted: Vec<_> =
        (0..101).map(|number| GoModAt::Module(module(&numbered(number), "v1.0.0"))).collect();
    wanted.push(GoModAt::Directory(directory.as_path().into()));
    wanted.push(GoModAt::Directory(world.root.path().join("none").as_path().into()));
    let found = fetcher.go_mods(&wanted);
    assert_eq!(found.len(), wanted.len());
    for (number, content) in found.iter().take(100).enumerate() {
        let line = format!("module {}\n", numbered(number));
        assert!(content.as_ref().unwrap().starts_with(line.as_bytes()), "{number}");
    }
    assert_eq!(found[100].as_ref().unwrap_err().kind, SourceErrorKind::NotFound);
    assert_eq!(&found[101].as_ref().unwrap()[..], b"module local\n");
    let missing = found[102].as_ref().unwrap_err().to_string();
    assert!(missing.ends_with("none/go.mod: no such file or directory"), "{missing}");
    assert_eq!(world.upstream.asked_in_all(), 101, "each once");
}

#[test]
fn the_same_question_in_one_frontier_is_one_request() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let wanted = vec![GoModAt::Module(module("example.com/m", "v1.0.0")); 5];
    let found = world.fetcher().go_mods(&wanted);
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(world.upstream.asked_in_all(), 1);
}

#[test]
fn what_an_old_go_made_up_is_fetched_anew() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    world.cache().write_mod(&wanted, b"//vgo 0.0.4\n\nmodule example.com/m\n").unwrap();
    let expect = String::from_utf8(files.go_mod.to_vec()).unwrap();
    assert_eq!(go_mod(&world.fetcher(), &wanted).unwrap(), expect);
}

#[test]
fn a_failure_is_remembered_for_the_run() {
    let world = World::new();
    let fetcher = world.fetcher();
    let wanted = module("example.com/none", "v1.0.0");
    let first = go_mod(&fetcher, &wanted).unwrap_err();
    world.publish("example.com/none", "v1.0.0");
    assert_eq!(go_mod(&fetcher, &wanted).unwrap_err(), first);
    assert_eq!(world.upstream.asked_in_all(), 1);
}
