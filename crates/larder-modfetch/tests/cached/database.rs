//! The checksum database, honest and not, and what is kept of it.

use larder_modfetch::{CachedConfig, Lookups};
use larder_modload::SourceErrorKind;
use larder_testkit::{Behaviour, Database};

use crate::world::{World, download, failure, go_mod, module};

const SUMDB: &str = "/sumdb/sum.example.org";

fn database(world: &World) -> &Database {
    world.database.as_ref().unwrap()
}

fn head(world: &World) -> String {
    fs_err::read_to_string(world.root.path().join("pkg/sumdb/sum.example.org/latest")).unwrap()
}

fn size(head: &str) -> u64 {
    head.lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn both_sums_of_a_version_are_proved_by_one_lookup() {
    let world = World::with_database();
    database(&world).grow(1000);
    let files = world.publish("example.com/m", "v1.0.0");
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
    let lookup = format!("{SUMDB}/lookup/{}", files.escaped_version());
    assert_eq!(world.upstream.asked(&lookup), 1);
    assert_eq!(size(&head(&world)), 1001);
    let kept = world.root.path().join("mod/cache/download/sumdb/sum.example.org");
    assert!(kept.join("lookup").join(files.escaped_version()).is_file());
    assert!(kept.join("tile/8/0/003.p/233").is_file());
}

#[test]
fn what_was_proved_once_is_proved_again_without_asking() {
    let world = World::with_database();
    database(&world).grow(700);
    world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    download(&world.fetcher(), &wanted);
    world.upstream.forget_seen();
    let config = CachedConfig { lookups: Lookups::Offline, ..world.config() };
    assert_eq!(failure(&download(&world.fetcher_with(config), &wanted)), "none");
    assert_eq!(world.upstream.asked_in_all(), 0);
}

#[test]
fn what_go_sum_knows_is_not_asked() {
    let world = World::with_database();
    let files = world.publish("example.com/m", "v1.0.0");
    world.write_go_sum(&files.go_sum());
    let config = CachedConfig { gosumdb: "nonsense".to_owned(), ..world.config() };
    let done = download(&world.fetcher_with(config), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
}

#[test]
fn a_private_module_is_not_asked_about() {
    let world = World::with_database();
    let files = world.publish("example.com/m", "v1.0.0");
    let config = CachedConfig { gonosumdb: "example.com".to_owned(), ..world.config() };
    let done = download(&world.fetcher_with(config), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
    let lookup = format!("{SUMDB}/lookup/{}", files.escaped_version());
    assert_eq!(world.upstream.asked(&lookup), 0);
}

#[test]
fn hundreds_of_lookups_under_a_growing_log_share_their_tiles() {
    let world = World::with_database();
    let mut wanted = Vec::new();
    for number in 0..120 {
        let path = format!("example.com/m{number}");
        world.publish(&path, "v1.0.0");
        wanted.push(module(&path, "v1.0.0"));
    }
    // Each lookup makes its record, and so each answer comes with another head.
    database(&world).grow(600);
    let done = world.fetcher().download(&wanted);
    assert!(done.iter().all(|one| one.error.is_none()), "{:?}", done[0].error);
    assert!(size(&head(&world)) > 600);
    let tiles = world.upstream.seen().iter().filter(|seen| seen.path.contains("/tile/")).count();
    assert!(tiles < 360, "{tiles} tiles were asked for");
}

#[test]
fn a_zip_that_the_database_does_not_know_so_is_refused() {
    let world = World::with_database();
    let files = world.publish("example.com/m", "v1.0.0");
    database(&world).lie(&files, "h1:other=");
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    let error = done.error.unwrap();
    let expect = format!(
        "example.com/m@v1.0.0: verifying module: checksum mismatch\n\tdownloaded: {}\n\t\
         sum.example.org: h1:other=\n\nSECURITY ERROR\n\
         This download does NOT match the one reported by the checksum server.\n",
        files.zip_h1
    );
    assert_eq!(error.kind, SourceErrorKind::Mismatch);
    assert!(error.to_string().starts_with(&expect), "{error}");
    assert!(done.zip.is_none() && done.go_mod.is_some());
    assert!(!world.cached().iter().any(|name| name.contains(".zip")));
}

#[test]
fn a_go_mod_that_the_database_does_not_know_so_is_refused() {
    let world = World::with_database();
    let files = world.publish("example.com/m", "v1.0.0");
    database(&world).lie_about_go_mod(&files, "h1:other=");
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let expect = format!(
        "example.com/m@v1.0.0: verifying go.mod: checksum mismatch\n\tdownloaded: {}\n",
        files.mod_h1
    );
    assert!(error.to_string().starts_with(&expect), "{error}");
}

#[test]
fn a_version_that_the_database_refuses_is_named_with_its_part() {
    let world = World::with_database();
    world.publish("example.com/m", "v1.0.0");
    database(&world).refuse("example.com/m", "v1.0.0");
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let told = error.to_string().replace(&world.upstream.url(), "$GOPROXY");
    let expect = "example.com/m@v1.0.0: verifying go.mod: example.com/m@v1.0.0/go.mod: \
                  reading $GOPROXY/sumdb/sum.example.org/lookup/example.com/m@v1.0.0: 404 Not Found";
    assert!(told.starts_with(expect), "{told}");
    assert_eq!(error.kind, SourceErrorKind::Other, "no other upstream is asked for that");
}

#[test]
fn a_forked_database_is_caught_with_proof() {
    let world = World::with_database();
    database(&world).grow(300);
    world.publish("example.com/a", "v1.0.0");
    let b = world.publish("example.com/b", "v1.0.0");
    download(&world.fetcher(), &module("example.com/a", "v1.0.0"));
    let before = head(&world);
    database(&world).fork();
    database(&world).grow(100);
    let error = download(&world.fetcher(), &module("example.com/b", "v1.0.0")).error.unwrap();
    assert_eq!(error.kind, SourceErrorKind::Fatal, "{error}");
    let text = error.to_string();
    let indented = before.replace('\n', "\n\t");
    let expect = format!(
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\t{indented}\n\
         new database:\n\tgo.sum database tree\n"
    );
    assert!(text.starts_with(&expect), "{text}");
    let proof = text.split("proof of misbehavior:\n\t").nth(1).unwrap();
    assert!(proof.lines().count() > 2 && !proof.contains("internal error"), "{proof}");
    assert_eq!(head(&world), before, "the trusted head stays");
    let kept = world.root.path().join("mod/cache/download/sumdb/sum.example.org/lookup");
    assert!(!kept.join(b.escaped_version()).exists());
}

#[test]
fn a_false_tile_of_the_database_proves_nothing_and_is_not_kept() {
    let world = World::with_database();
    database(&world).grow(300);
    world.publish("example.com/m", "v1.0.0");
    let tile = format!("{SUMDB}/tile/8/0/001.p/45");
    world.upstream.always(&tile, Behaviour::honest().corrupted(7));
    let error = download(&world.fetcher(), &module("example.com/m", "v1.0.0")).error.unwrap();
    assert!(error.to_string().contains("downloaded inconsistent tile"), "{error}");
    let kept = world.root.path().join("mod/cache/download/sumdb/sum.example.org/tile");
    assert!(!kept.exists());
}

#[test]
fn a_damaged_tile_in_the_cache_is_fetched_anew() {
    let world = World::with_database();
    database(&world).grow(600);
    let (a, b) = (module("example.com/a", "v1.0.0"), module("example.com/b", "v1.0.0"));
    world.publish("example.com/a", "v1.0.0");
    world.publish("example.com/b", "v1.0.0");
    download(&world.fetcher(), &a);
    let kept = world.root.path().join("mod/cache/download/sumdb/sum.example.org/tile/8");
    let spoil = |name: &str| {
        let mut content = fs_err::read(kept.join(name)).unwrap();
        content[3] ^= 1;
        fs_err::write(kept.join(name), content).unwrap();
    };
    spoil("1/000.p/2");
    assert_eq!(failure(&download(&world.fetcher(), &a)), "none");
    assert_eq!(failure(&download(&world.fetcher(), &b)), "none");
}

#[test]
fn a_partial_tile_that_is_gone_is_cut_from_the_full_one() {
    let world = World::with_database();
    database(&world).grow(300);
    world.publish("example.com/m", "v1.0.0");
    let tile = format!("{SUMDB}/tile/8/0/001.p/45");
    world.upstream.always(&tile, Behaviour::status(404, "not found\n"));
    // The answer is given under the head that needs the partial tile, and the log grows behind it.
    let lookup = format!("{SUMDB}/lookup/example.com/m@v1.0.0");
    let answer = larder_testkit::client::get(&format!("{}{lookup}", world.upstream.url()));
    world.upstream.always(&lookup, Behaviour::answer(200, "text/plain", &answer.body));
    database(&world).grow(300);
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
}

#[test]
fn the_settings_are_judged_when_a_sum_is_asked_about() {
    let world = World::with_database();
    world.publish("example.com/m", "v1.0.0");
    let check = |gosumdb: &str, expect: &str| {
        let config = CachedConfig { gosumdb: gosumdb.to_owned(), ..world.config() };
        let error =
            go_mod(&world.fetcher_with(config), &module("example.com/m", "v1.0.0")).unwrap_err();
        assert_eq!(error.to_string(), format!("example.com/m@v1.0.0: verifying go.mod: {expect}"));
    };
    check("", "missing GOSUMDB");
    check("a b c", "invalid GOSUMDB: too many fields");
    check("nonsense", "invalid GOSUMDB: malformed verifier id");
    let key = database(&world).key();
    check(
        &key.replacen("sum.example", "other.example", 1),
        "invalid GOSUMDB: invalid verifier hash",
    );
}

#[test]
fn a_database_is_asked_at_the_url_that_gosumdb_states() {
    let (world, other) = (World::with_database(), World::new());
    other.upstream.attach_at("/db/", database(&world));
    let files = world.publish("example.com/m", "v1.0.0");
    let gosumdb = format!("{} {}/db", database(&world).key(), other.upstream.url());
    let config = CachedConfig { gosumdb, ..world.config() };
    let done = download(&world.fetcher_with(config), &module("example.com/m", "v1.0.0"));
    assert_eq!(failure(&done), "none");
    assert_eq!(other.upstream.asked(&format!("/db/lookup/{}", files.escaped_version())), 1);
    assert_eq!(world.upstream.asked(&format!("{SUMDB}/supported")), 0);
}

#[test]
fn a_proxy_that_fails_to_say_whether_it_carries_the_database_is_a_failure() {
    let world = World::with_database();
    world.publish("example.com/m", "v1.0.0");
    world.upstream.always(&format!("{SUMDB}/supported"), Behaviour::status(500, "no\n"));
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let told = error.to_string().replace(&world.upstream.url(), "$GOPROXY");
    let expect = "example.com/m@v1.0.0: verifying go.mod: example.com/m@v1.0.0/go.mod: \
                  reading $GOPROXY/sumdb/sum.example.org/supported: 500 Internal Server Error\n\t\
                  server response: no";
    assert_eq!(told, expect);
}

#[test]
fn toolchains_are_vouched_for_whatever_the_settings_say() {
    let world = World::with_database();
    let version = "v0.0.1-go1.99.0.linux-amd64";
    world.publish("golang.org/toolchain", version);
    let config = CachedConfig { gosumdb: "off".to_owned(), ..world.config() };
    let wanted = module("golang.org/toolchain", version);
    let error = go_mod(&world.fetcher_with(config), &wanted).unwrap_err().to_string();
    let expect = format!(
        "golang.org/toolchain@{version}: verifying go.mod: checksum database disabled by GOSUMDB=off"
    );
    assert_eq!(error, expect);
}
