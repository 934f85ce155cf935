//! The GOPROXY protocol as a client sees it: every route, escaping, conditions and ranges, and
//! what is not a path at all.

use larder_testkit::client::{Request, Response, get, head, raw};
use larder_testkit::{LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

fn stocked() -> (Upstream, LarderServer, ModuleFiles) {
    let upstream = Upstream::start();
    let files = upstream.publish(
        Module::new("example.com/a", "v1.0.0")
            .file("a.go", "package a\n")
            .filler("data.bin", 300_000)
            .origin(r#"{"VCS":"git","URL":"https://example.com/a","Ref":"refs/tags/v1.0.0"}"#),
    );
    let server = Launch::new(LARDER, &upstream.url()).start();
    (upstream, server, files)
}

/// The answer once the object is stored: a cold stream has no validator yet.
fn stored(server: &LarderServer, path: &str) -> Response {
    get(&server.url(path));
    let answer = server.wait_stored(path);
    assert!(answer.header("etag").is_some(), "`{path}` has no ETag: {:?}", answer.headers);
    answer
}

#[test]
fn every_route_gives_the_upstreams_bytes_with_its_type() {
    let (_upstream, server, files) = stocked();
    let list = b"v1.0.0\n".as_slice();
    for (path, kind, body) in [
        (files.list_path(), "text/plain; charset=utf-8", list),
        (files.url_path("info"), "application/json", &files.info),
        (files.url_path("mod"), "text/plain; charset=utf-8", &files.go_mod),
        (files.url_path("zip"), "application/zip", &files.zip),
        ("/example.com/a/@latest".to_owned(), "application/json", &files.info),
    ] {
        for turn in ["cold", "warm"] {
            let answer = get(&server.url(&path));
            assert_eq!(answer.status, 200, "{turn} `{path}`: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some(kind), "{turn} `{path}`");
            assert!(answer.body == body, "{turn} `{path}`: other bytes");
        }
    }
}

#[test]
fn what_never_changes_may_be_kept_for_ever_and_a_list_for_a_minute() {
    let (_upstream, server, files) = stocked();
    for suffix in ["info", "mod", "zip"] {
        let answer = stored(&server, &files.url_path(suffix));
        let caching = answer.header("cache-control").unwrap_or("");
        assert!(caching.contains("max-age=31536000"), "{suffix}: {caching}");
        assert!(caching.contains("immutable"), "{suffix}: {caching}");
    }
    let list = get(&server.url(&files.list_path()));
    let caching = list.header("cache-control").unwrap_or("");
    assert!(caching.contains("max-age=") && !caching.contains("immutable"), "{caching}");
}

#[test]
fn without_an_upstream_latest_the_highest_release_of_the_list_is_latest() {
    let upstream = Upstream::start();
    upstream.without_latest();
    let expect = upstream.publish(Module::new("example.com/a", "v1.10.0"));
    for version in ["v1.9.0", "v1.11.0-rc.1", "v0.1.0"] {
        upstream.publish(Module::new("example.com/a", version));
    }
    let server = Launch::new(LARDER, &upstream.url()).start();
    let latest = get(&server.url("/example.com/a/@latest"));
    assert_eq!((latest.status, latest.body.as_slice()), (200, expect.info.as_ref()));
}

#[test]
fn without_a_release_the_highest_prerelease_is_latest() {
    let upstream = Upstream::start();
    upstream.without_latest();
    upstream.publish(Module::new("example.com/a", "v0.1.0-alpha"));
    let expect = upstream.publish(Module::new("example.com/a", "v0.1.0-beta"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let latest = get(&server.url("/example.com/a/@latest"));
    assert_eq!((latest.status, latest.body.as_slice()), (200, expect.info.as_ref()));
}

#[test]
fn a_branch_and_a_hash_may_be_asked_for() {
    let (upstream, server, _) = stocked();
    let info =
        r#"{"Version":"v1.0.1-0.20240301123000-abcdefabcdef","Time":"2024-03-01T12:30:00Z"}"#;
    for query in ["main", "abcdefabcdef", "v1", "release-1.x"] {
        let path = format!("/example.com/a/@v/{query}.info");
        upstream.serve(&path, "application/json", info);
        let answer = get(&server.url(&path));
        assert_eq!((answer.status, answer.text().as_str()), (200, info), "{query}");
    }
}

#[test]
fn upper_case_is_escaped_and_only_so() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("github.com/Azure/SDK", "v1.0.0-RC1"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let info = "/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.info";
    assert_eq!(get(&server.url(info)).body, files.info.as_ref());
    assert_eq!(upstream.asked(info), 1);
    upstream.forget_seen();
    let malformed = get(&server.url("/github.com/Azure/SDK/@v/v1.0.0-RC1.info"));
    assert!(matches!(malformed.status, 400 | 404), "{}", malformed.status);
    assert_eq!(upstream.asked_in_all(), 0);
}

#[test]
fn a_path_that_is_none_is_refused_without_asking_anyone() {
    let (upstream, server, _) = stocked();
    let long = format!("/example.com/{}/@v/list", "a/".repeat(2000));
    for path in [
        "/@v/list",
        "/example.com/a/@v/",
        "/example.com/a/@v",
        "/example.com/a/@latest/",
        "/example.com/a/@v/v1.0.0",
        "/example.com/a/@v/v1.0.0.exe",
        "/example.com/a/@v/.info",
        "/example.com/a/@v/v1.0.mod",
        "/example.com/a/@v/main.zip",
        "/example.com/a/@v/v2.0.0.mod",
        "/example.com/a/v2/@v/v1.0.0.mod",
        "/example.com/a/v1/@v/list",
        "/example.com//a/@v/list",
        "/example.com/a//@v/list",
        "/example.com/!1/@v/list",
        "/example.com/a!/@v/list",
        "/example.com/!!a/@v/list",
        "/nodot/a/@v/list",
        "/example.com/con/@v/list",
        "/example.com/a./@v/list",
        "/example.com/.a/@v/list",
        "/../../etc/passwd",
        "/example.com/../../../etc/passwd/@v/list",
        "/example.com/%2e%2e/%2e%2e/@v/list",
        "/example.com/a/@v/..%2f..%2fx.info",
        "/example.com/a/@v/../../../x.info",
        "/example.com/a%00/@v/list",
        "/example.com/a/@v/v1.0.0%00.info",
        "/example.com/a%0d%0aX-Evil:%201/@v/list",
        "/example.com/a%5c..%5cb/@v/list",
        "/example.com/%ff%fe/@v/list",
        "/example.com/a%zz/@v/list",
        &long,
    ] {
        let answer = get(&server.url(path));
        assert!(matches!(answer.status, 400 | 404 | 414), "`{path}`: {}", answer.status);
        let kind = answer.header("content-type").unwrap_or("");
        assert!(kind.starts_with("text/plain"), "`{path}`: {kind}");
    }
    let asked: Vec<String> = upstream.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(asked, Vec::<String>::new());
}

#[test]
fn bytes_that_are_no_request_harm_nobody() {
    let (_upstream, server, files) = stocked();
    let address = server.address().to_string();
    let huge = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000));
    let headers = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    for bytes in [
        b"GET /example.com/a\0/@v/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".as_slice(),
        b"GET /../../etc/passwd HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        huge.as_bytes(),
        headers.as_bytes(),
    ] {
        let answer = raw(&address, bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&answer);
        let said = &text[..text.len().min(60)];
        let refused =
            text.is_empty() || text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.0 4");
        assert!(refused, "{:?}: {said}", &bytes[..20.min(bytes.len())]);
        assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    }
}

#[test]
fn head_is_get_without_the_body() {
    let (_upstream, server, files) = stocked();
    for suffix in ["info", "mod", "zip"] {
        let url = server.url(&files.url_path(suffix));
        let whole = stored(&server, &files.url_path(suffix));
        let only = head(&url);
        assert_eq!((only.status, only.body.len()), (200, 0), "{suffix}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(only.header(name), whole.header(name), "{suffix}: {name}");
        }
    }
    assert_eq!(head(&server.url("/example.com/missing/@v/list")).status, 404);
}

#[test]
fn a_stored_object_answers_conditions_and_ranges() {
    let (_upstream, server, files) = stocked();
    for (suffix, bytes) in [("zip", &files.zip), ("mod", &files.go_mod)] {
        let url = server.url(&files.url_path(suffix));
        let etag =
            stored(&server, &files.url_path(suffix)).header("etag").unwrap_or_default().to_owned();
        assert!(etag.starts_with('"'), "{suffix}: `{etag}` is not strong");
        let length = bytes.len();
        let ask = |headers: &[(&str, &str)]| {
            let request = headers
                .iter()
                .fold(Request::get(&url), |request, (name, value)| request.header(name, value));
            let answer = request.send().expect("an answer");
            (answer.status, answer.body.len(), answer.header("content-range").map(str::to_owned))
        };
        let range = |from: usize, to: usize| Some(format!("bytes {from}-{to}/{length}"));
        let unsatisfied = Some(format!("bytes */{length}"));
        assert_eq!(ask(&[("If-None-Match", &etag)]), (304, 0, None), "{suffix}");
        assert_eq!(ask(&[("If-None-Match", "*")]).0, 304, "{suffix}");
        let listed = format!("\"x\", {etag}");
        assert_eq!(ask(&[("If-None-Match", &listed)]).0, 304, "{suffix}");
        assert_eq!(ask(&[("If-None-Match", "\"x\"")]), (200, length, None), "{suffix}");
        assert_eq!(ask(&[("Range", "bytes=0-9")]), (206, 10, range(0, 9)), "{suffix}");
        assert_eq!(
            ask(&[("Range", "bytes=-5")]),
            (206, 5, range(length - 5, length - 1)),
            "{suffix}"
        );
        assert_eq!(
            ask(&[("Range", "bytes=10-")]),
            (206, length - 10, range(10, length - 1)),
            "{suffix}"
        );
        let beyond = format!("bytes={length}-");
        let answer = ask(&[("Range", &beyond)]);
        assert_eq!((answer.0, answer.2), (416, unsatisfied), "{suffix}");
        let same = [("Range", "bytes=0-9"), ("If-Range", etag.as_str())];
        assert_eq!(ask(&same).0, 206, "{suffix}");
        let other = [("Range", "bytes=0-9"), ("If-Range", "\"x\"")];
        assert_eq!(ask(&other), (200, length, None), "{suffix}");
        let nonsense = [("Range", "bytes=9-0")];
        assert_eq!(ask(&nonsense).0, 200, "{suffix}: an invalid range is ignored");
    }
}

#[test]
fn a_range_gives_the_right_bytes() {
    let (_upstream, server, files) = stocked();
    let url = server.url(&files.url_path("zip"));
    stored(&server, &files.url_path("zip"));
    let part = Request::get(&url).header("Range", "bytes=1000-200999").send().expect("an answer");
    assert!(part.body == files.zip[1000..201_000], "other bytes");
}

#[test]
fn a_client_may_ask_for_what_is_stored_and_nothing_else() {
    let (upstream, server, files) = stocked();
    let path = files.url_path("mod");
    let request = Request::get(&server.url(&path)).header("Disable-Module-Fetch", "true");
    assert_eq!(request.send().expect("an answer").status, 404);
    assert_eq!(upstream.asked_in_all(), 0);
    stored(&server, &path);
    assert_eq!(request.send().expect("an answer").status, 200);
}

#[test]
fn a_mount_prefix_is_the_only_place() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let server = Launch::new(LARDER, &upstream.url()).env("LARDER_BASE_PATH", "/team-a").start();
    let path = files.url_path("mod");
    let below = get(&server.url(&format!("/team-a{path}")));
    assert_eq!((below.status, below.body.as_slice()), (200, files.go_mod.as_ref()));
    for other in [path.clone(), format!("/team-ab{path}"), format!("/team-b{path}")] {
        assert_eq!(get(&server.url(&other)).status, 404, "{other}");
    }
}

#[test]
fn only_get_and_head_are_allowed() {
    let (_upstream, server, files) = stocked();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let request = Request::new(method, &server.url(&files.url_path("mod")));
        let answer = request.header("Content-Length", "0").send().expect("an answer");
        assert!(matches!(answer.status, 405 | 501), "{method}: {}", answer.status);
    }
}

#[test]
fn a_toolchain_is_a_module_like_any_other() {
    let upstream = Upstream::start();
    let version = "v0.0.1-go1.99.1.linux-amd64";
    let files = upstream.publish(
        Module::new("golang.org/toolchain", version)
            .go_mod("module golang.org/toolchain\n")
            .filler("bin/go", 3_000_000),
    );
    let server = Launch::new(LARDER, &upstream.url()).start();
    assert_eq!(get(&server.url(&files.list_path())).text(), format!("{version}\n"));
    let zip = stored(&server, &files.url_path("zip"));
    assert!(zip.body == files.zip.as_ref(), "other bytes");
}
