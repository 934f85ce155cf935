//! Lists, `@latest`, revisions.

use larder_modload::{SourceErrorKind, VersionSource as _};
use larder_module::Revision;
use larder_testkit::Behaviour;

use crate::world::{World, first, module, path};

fn revision(text: &str) -> Revision {
    Revision::parse(text).unwrap()
}

#[test]
fn a_list_is_sorted_by_precedence_without_pseudo_versions_and_nonsense() {
    let world = World::new();
    let list = "v1.10.0\nv1.9.0 2024-01-01T00:00:00Z\n\nnonsense\nv2.0.0+incompatible\n\
                v0.0.0-20200101000000-abcdefabcdef\nv1.9.0-rc1\nv1.2\n";
    world.upstream.serve("/example.com/m/@v/list", "text/plain", list);
    let fetcher = world.fetcher();
    let asked = [(first(&fetcher, "example.com/m"), path("example.com/m"))];
    let versions = fetcher.versions(&asked).pop().unwrap().unwrap().list;
    // A shortened version is one for the go command too, though nothing can be asked of it.
    let expect = ["v1.2", "v1.9.0-rc1", "v1.9.0", "v1.10.0", "v2.0.0+incompatible"];
    assert_eq!(versions, expect);
}

#[test]
fn an_empty_list_is_no_failure() {
    let world = World::new();
    world.upstream.serve("/example.com/m/@v/list", "text/plain", "");
    let fetcher = world.fetcher();
    let asked = [(first(&fetcher, "example.com/m"), path("example.com/m"))];
    assert_eq!(fetcher.versions(&asked).pop().unwrap().unwrap().list, Vec::<String>::new());
}

#[test]
fn a_proxy_without_latest_has_the_newest_of_its_list() {
    let world = World::new();
    let (older, newer) =
        ("v0.0.0-20200101000000-abcdefabcdef", "v0.0.0-20230101000000-123456123456");
    world.publish("example.com/m", newer);
    world.publish("example.com/m", older);
    world.upstream.without_latest();
    let list = format!("{newer}\n{older}\nv1.0.0\n");
    world.upstream.serve("/example.com/m/@v/list", "text/plain", list);
    let fetcher = world.fetcher();
    let asked = [(first(&fetcher, "example.com/m"), path("example.com/m"))];
    let latest = fetcher.latest(&asked).pop().unwrap().unwrap();
    assert_eq!(latest.version, newer);
    assert_eq!(world.upstream.asked("/example.com/m/@v/list"), 1);
}

#[test]
fn a_proxy_without_latest_and_without_untagged_versions_has_no_commits() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    world.upstream.without_latest();
    let fetcher = world.fetcher();
    let asked = [(first(&fetcher, "example.com/m"), path("example.com/m"))];
    let error = fetcher.latest(&asked).pop().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "module example.com/m: no commits");
    assert_eq!(error.kind, SourceErrorKind::NotFound);
}

#[test]
fn what_a_branch_is_stands_in_the_cache_under_its_canonical_name() {
    let world = World::new();
    let info = r#"{"Version":"v1.2.3","Time":"2024-03-01T12:30:00.500000000Z","More":1,
        "Origin":{"VCS":"git","URL":"https://x/<y>","Ref":"refs/tags/v1.2.3","TagSum":"t1:x","Hash":"ab"}}"#;
    world.upstream.serve("/example.com/m/@v/main.info", "application/json", info);
    let fetcher = world.fetcher();
    let upstream = first(&fetcher, "example.com/m");
    let asked = |text| [(upstream, path("example.com/m"), revision(text))];
    let found = fetcher.infos(&asked("main")).pop().unwrap().unwrap();
    assert_eq!(found.version, "v1.2.3");
    assert_eq!(found.time.as_deref(), Some("2024-03-01T12:30:00.5Z"));
    let canonical = fetcher.infos(&asked("v1.2.3")).pop().unwrap().unwrap();
    assert_eq!(canonical, found);
    assert_eq!(world.upstream.asked_in_all(), 1);
    let kept = world.cache().read_info(&module("example.com/m", "v1.2.3")).unwrap();
    let expect = r#"{"Version":"v1.2.3","Time":"2024-03-01T12:30:00.5Z","Origin":{"VCS":"git","URL":"https://x/\u003cy\u003e","Hash":"ab","Ref":"refs/tags/v1.2.3"}}"#;
    assert_eq!(String::from_utf8(kept).unwrap(), expect);
}

#[test]
fn a_proxy_must_answer_an_exact_version_with_that_version() {
    let world = World::new();
    let info = r#"{"Version":"v1.0.1","Time":"2024-03-01T12:30:00Z"}"#;
    world.upstream.serve("/example.com/m/@v/v1.0.0.info", "application/json", info);
    let fetcher = world.fetcher();
    let error =
        fetcher.info_files(&[module("example.com/m", "v1.0.0")]).pop().unwrap().unwrap_err();
    let expect =
        "example.com/m@v1.0.0: proxy returned info for version v1.0.1 instead of requested version";
    assert_eq!(error.to_string(), expect);
    assert_eq!(world.cached(), ["cache", "cache/download"].map(str::to_owned)[..0]);
}

#[test]
fn a_revision_that_is_none_is_called_an_invalid_version() {
    let world = World::new();
    let path_of = "/example.com/m/@v/none.info";
    world.upstream.always(path_of, Behaviour::status(404, "not found: unknown revision none\n"));
    let fetcher = world.fetcher();
    let upstream = first(&fetcher, "example.com/m");
    let asked = [(upstream, path("example.com/m"), revision("none"))];
    let error = fetcher.infos(&asked).pop().unwrap().unwrap_err();
    let url = world.upstream.url();
    let expect = format!(
        "example.com/m@none: invalid version: reading {url}{path_of}: 404 Not Found\n\tserver response: \
         not found: unknown revision none"
    );
    assert_eq!(error.to_string(), expect);
}

#[test]
fn an_answer_that_is_no_info_is_refused() {
    let world = World::new();
    let check = |body: &str, expect: &str| {
        world.upstream.serve("/example.com/m/@latest", "application/json", body);
        let fetcher = world.fetcher();
        let asked = [(first(&fetcher, "example.com/m"), path("example.com/m"))];
        let error = fetcher.latest(&asked).pop().unwrap().unwrap_err().to_string();
        let proxy = world.upstream.url();
        let expect =
            format!("module example.com/m: invalid response from proxy {proxy:?}: {expect}");
        assert_eq!(error, expect);
    };
    check("<html>", "invalid character '<' looking for beginning of value");
    check("", "unexpected end of JSON input");
    check("{\"Version\":\"v1", "unexpected end of JSON input");
}
