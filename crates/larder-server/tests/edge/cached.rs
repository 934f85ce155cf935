//! Header fields, conditions, ranges and HEAD: what caches and resuming clients rely on.

use crate::support::{Edge, STORED, stored};

#[test]
fn conditions_and_ranges_are_answered_as_the_specification_says() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let mut check = |method: &str, fields: &str, status: u16, range: Option<&str>, body: &str| {
        let reply = client.request(method, "/small", fields);
        assert_eq!(reply.status, status, "{method} {fields:?}: {reply:?}");
        assert_eq!(reply.field("content-range"), range, "{method} {fields:?}");
        assert_eq!(reply.text(), body, "{method} {fields:?}");
        assert_eq!(reply.field("etag"), Some("\"v1\""), "{method} {fields:?}");
        reply
    };
    let part = Some("bytes 2-4/10");
    check("GET", "", 200, None, "0123456789");
    check("GET", "Range: bytes=2-4\r\n", 206, part, "234");
    check("GET", "Range: bytes=-4\r\n", 206, Some("bytes 6-9/10"), "6789");
    check("GET", "Range: bytes=8-\r\n", 206, Some("bytes 8-9/10"), "89");
    check("GET", "Range: bytes=0-99\r\n", 206, Some("bytes 0-9/10"), "0123456789");
    check("GET", "Range: bytes=0-1,3-4\r\n", 200, None, "0123456789");
    check("GET", "Range: lines=0-1\r\n", 200, None, "0123456789");
    check("GET", "Range: bytes=4-2\r\n", 200, None, "0123456789");
    let unsatisfiable = "the content has no such range\n";
    check("GET", "Range: bytes=10-\r\n", 416, Some("bytes */10"), unsatisfiable);
    check("GET", "Range: bytes=2-4\r\nIf-Range: \"v1\"\r\n", 206, part, "234");
    check("GET", "Range: bytes=2-4\r\nIf-Range: \"v2\"\r\n", 200, None, "0123456789");
    check("GET", "Range: bytes=2-4\r\nIf-Range: W/\"v1\"\r\n", 200, None, "0123456789");
    check("GET", "If-None-Match: \"v1\"\r\n", 304, None, "");
    check("GET", "If-None-Match: W/\"v1\"\r\n", 304, None, "");
    check("GET", "If-None-Match: \"v0\", \"v1\"\r\n", 304, None, "");
    check("GET", "If-None-Match: *\r\n", 304, None, "");
    check("GET", "If-None-Match: \"v2\"\r\n", 200, None, "0123456789");
    check("GET", "If-None-Match: \"v1\"\r\nRange: bytes=2-4\r\n", 304, None, "");
    let failed = "the content is no longer the one that `If-Match` names\n";
    check("GET", "If-Match: \"v2\"\r\n", 412, None, failed);
    check("HEAD", "", 200, None, "");
    check("HEAD", "If-None-Match: \"v1\"\r\n", 304, None, "");
    let ranged = check("HEAD", "Range: bytes=2-4\r\n", 200, None, "");
    assert_eq!(ranged.field("content-length"), Some("10"), "a range is for GET alone");
}

#[test]
fn the_fields_say_what_a_cache_must_know() {
    let edge = Edge::start();
    let check = |path: &str, expect: &[(&str, Option<&str>)]| {
        for method in ["GET", "HEAD"] {
            let reply = edge.connect().request(method, path, "");
            for (name, value) in expect {
                assert_eq!(reply.field(name), *value, "{name} of {method} {path}: {}", reply.head);
            }
            assert_eq!(reply.field("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.field("server"), Some("larder"));
            assert_eq!(reply.field("x-request-id").map(str::len), Some(16));
            assert!(reply.field("date").is_some());
        }
    };
    check(
        "/small",
        &[
            ("content-type", Some("text/plain; charset=utf-8")),
            ("content-length", Some("10")),
            ("cache-control", Some("public, max-age=31536000, immutable")),
            ("etag", Some("\"v1\"")),
            ("accept-ranges", Some("bytes")),
            ("larder-stale", None),
            ("warning", None),
        ],
    );
    check("/fresh", &[("cache-control", Some("public, max-age=60, stale-while-revalidate=600"))]);
    check(
        "/stale",
        &[
            ("larder-stale", Some("90")),
            ("age", Some("90")),
            ("warning", Some("110 larder \"Response is Stale\"")),
        ],
    );
    check(
        "/stored",
        &[("content-type", Some("application/zip")), ("content-length", Some("1048593"))],
    );
    check(
        "/stream",
        &[
            ("content-type", Some("application/zip")),
            ("content-length", None),
            ("cache-control", Some("no-store")),
            ("etag", None),
            ("accept-ranges", None),
        ],
    );
    check("/sized", &[("content-length", Some("13"))]);
    check("/nowhere", &[("cache-control", Some("no-store")), ("accept-ranges", None)]);
}

#[test]
fn any_part_of_a_stored_body_is_that_part() {
    let edge = Edge::start();
    let whole = stored();
    let mut client = edge.connect();
    let mut check = |first: usize, last: usize| {
        let fields = format!("Range: bytes={first}-{last}\r\n");
        let reply = client.request("GET", "/stored", &fields);
        assert_eq!(reply.status, 206);
        let last = last.min(STORED - 1);
        let range = format!("bytes {first}-{last}/{STORED}");
        assert_eq!(reply.field("content-range"), Some(&*range));
        assert!(reply.body == whole[first..=last], "{first}-{last}");
    };
    check(0, 0);
    check(0, STORED - 1);
    check(262_143, 262_144);
    check(1, 700_000);
    check(STORED - 1, STORED + 5);
    assert!(client.request("GET", "/stored", "").body == whole);
}
