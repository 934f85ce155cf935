//! GOPROXY, GONOPROXY, `off`, `direct`, `--offline`.

use larder_modfetch::{CachedConfig, Lookups};
use larder_modload::{SourceErrorKind, VersionSource as _};
use larder_testkit::Behaviour;

use crate::world::{World, download, failure, go_mod, module, path};

/// The failure of a go.mod that is nowhere, under these settings; `$A` and `$B` are two proxies.
fn check(goproxy: &str, gonoproxy: &str, expect: &str) {
    let (world, b) = (World::new(), World::new());
    b.upstream.always("/example.com/m/@v/v1.0.0.mod", Behaviour::status(403, "no\n"));
    let goproxy = goproxy.replace("$A", &world.upstream.url()).replace("$B", &b.upstream.url());
    let config = CachedConfig { goproxy, gonoproxy: gonoproxy.to_owned(), ..world.config() };
    let error =
        go_mod(&world.fetcher_with(config), &module("example.com/m", "v1.0.0")).unwrap_err();
    let told = error.to_string();
    let told = told.replace(&world.upstream.url(), "$A").replace(&b.upstream.url(), "$B");
    assert_eq!(told, expect);
}

const NOT_AT_A: &str = "example.com/m@v1.0.0: reading $A/example.com/m/@v/v1.0.0.mod: 404 Not Found\n\t\
                        server response: not found: /example.com/m/@v/v1.0.0.mod";
const REFUSED_BY_B: &str = "example.com/m@v1.0.0: reading $B/example.com/m/@v/v1.0.0.mod: 403 Forbidden\n\t\
                            server response: no";
const DIRECT: &str = "example.com/m@v1.0.0: only its repository could have it, and larder does not fetch \
                      from repositories";

#[test]
fn the_failure_that_go_would_tell_is_told() {
    check("$A", "", NOT_AT_A);
    check("$A,$B", "", REFUSED_BY_B);
    check("$B,$A", "", REFUSED_BY_B);
    check("$B|$A", "", REFUSED_BY_B);
    check("$A,direct", "", DIRECT);
    check("$B,direct", "", REFUSED_BY_B);
    check("$B|direct", "", DIRECT);
    check("direct", "", DIRECT);
    check("off", "", "module lookup disabled by GOPROXY=off");
    check("$A,off", "", "module lookup disabled by GOPROXY=off");
    check("$B|off", "", REFUSED_BY_B);
    check("$A", "example.com", DIRECT);
    check("$B", "example.com", DIRECT);
    check("off", "example.com", DIRECT);
    check("$A", "other.com", NOT_AT_A);
}

#[test]
fn a_malformed_list_is_told_when_it_is_needed() {
    let check = |goproxy: &str, expect: &str| check(goproxy, "", expect);
    check(",", "GOPROXY list is not the empty string, but contains no entries");
    check("nonsense", "invalid proxy URL missing scheme: nonsense");
    check(
        "ftp://x.example",
        "invalid proxy URL scheme (must be https, http, file): ftp://x.example",
    );
    check("file://h/x", "invalid file:// proxy URL with non-path elements: file://h/x");
}

#[test]
fn a_private_path_never_goes_to_a_proxy() {
    let world = World::new();
    world.publish("git.corp.example/m", "v1.0.0");
    let config = CachedConfig { gonoproxy: "*.corp.example".to_owned(), ..world.config() };
    let fetcher = world.fetcher_with(config);
    let wanted = module("git.corp.example/m", "v1.0.0");
    let error = download(&fetcher, &wanted).error.unwrap();
    assert_eq!(error.kind, SourceErrorKind::NotFound);
    let hint = "run `go mod download git.corp.example/m@v1.0.0` to have it in the module cache";
    assert_eq!(error.hint.as_deref(), Some(hint));
    for upstream in fetcher.upstreams(&path("git.corp.example/m")).unwrap() {
        assert!(fetcher.versions(&[(upstream, path("git.corp.example/m"))])[0].is_err());
    }
    assert_eq!(world.upstream.asked_in_all(), 0);
}

#[test]
fn what_is_in_the_cache_is_used_without_asking_anybody() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    download(&world.fetcher(), &wanted);
    world.upstream.cut();
    let check = |config: CachedConfig| {
        assert_eq!(failure(&download(&world.fetcher_with(config), &wanted)), "none");
    };
    check(CachedConfig { goproxy: "off".to_owned(), ..world.config() });
    check(CachedConfig { goproxy: "direct".to_owned(), ..world.config() });
    check(CachedConfig { goproxy: ",,".to_owned(), ..world.config() });
    check(CachedConfig { lookups: Lookups::Offline, ..world.config() });
}

#[test]
fn offline_asks_nobody_and_says_so() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let config = CachedConfig { lookups: Lookups::Offline, ..world.config() };
    let error =
        go_mod(&world.fetcher_with(config), &module("example.com/m", "v1.0.0")).unwrap_err();
    assert_eq!(error.to_string(), "module lookup disabled by --offline");
    assert_eq!(world.upstream.asked_in_all(), 0);
}

#[test]
fn vendoring_forbids_to_ask() {
    let world = World::new();
    let because = "module lookup disabled by -mod=vendor".to_owned();
    let config = CachedConfig { lookups: Lookups::Disabled { because }, ..world.config() };
    let error =
        go_mod(&world.fetcher_with(config), &module("example.com/m", "v1.0.0")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Other);
    assert_eq!(error.text, "module lookup disabled by -mod=vendor");
}

#[test]
fn a_directory_is_a_proxy() {
    let (world, other) = (World::new(), World::new());
    world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    download(&world.fetcher(), &wanted);
    let tree = world.root.path().join("mod/cache/download");
    let config = CachedConfig { goproxy: format!("file://{}", tree.display()), ..other.config() };
    let fetcher = other.fetcher_with(config);
    assert_eq!(failure(&download(&fetcher, &wanted)), "none");
    let missing = go_mod(&fetcher, &module("example.com/none", "v1.0.0")).unwrap_err();
    let expect = format!(
        "example.com/none@v1.0.0: reading file://{}/example.com/none/@v/v1.0.0.mod: no such file or directory",
        tree.display()
    );
    assert_eq!(missing.to_string(), expect);
    assert_eq!(missing.kind, SourceErrorKind::NotFound);
}
