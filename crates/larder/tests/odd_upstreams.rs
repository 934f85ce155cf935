//! Upstreams that are odd rather than broken: empty, packed, sloppy or talkative answers, and
//! what Larder makes of them.

use larder_testkit::client::get;
use larder_testkit::{Behaviour, LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const LIST: &str = "/example.com/a/@v/list";
const TEXT: &str = "text/plain; charset=utf-8";

fn world() -> (Upstream, ModuleFiles, LarderServer) {
    let upstream = Upstream::start();
    let files =
        upstream.publish(Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    (upstream, files, server)
}

#[test]
fn an_empty_list_is_a_module_without_versions_and_not_a_missing_one() {
    let (upstream, _, server) = world();
    upstream.serve(LIST, TEXT, "");
    let answer = get(&server.url(LIST));
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{}", answer.text());
}

#[test]
fn a_list_reads_for_go_as_the_upstreams_does() {
    for sent in [
        "v1.0.0\nv1.10.0\nv1.9.0\n",
        "v1.0.0\r\nv1.1.0\r\n",
        "v1.0.0\nv1.1.0",
        "v1.0.0 2024-03-01T12:30:00Z\nv1.1.0 2024-03-02T12:30:00Z\n",
        "\nv1.0.0\n\n\nv1.1.0\n",
        "v1.0.0\nv0.0.0-20240301123000-abcdefabcdef\nv1.1.0+incompatible\n",
    ] {
        let (upstream, _, server) = world();
        upstream.serve(LIST, TEXT, sent);
        let answer = get(&server.url(LIST));
        assert_eq!(answer.status, 200, "{sent:?}: {}", answer.text());
        // The go command takes the first field of each line; the order says nothing.
        let versions = |text: &str| {
            let fields = text.lines().filter_map(|line| line.split_whitespace().next());
            let mut versions: Vec<String> =
                fields.filter(|field| !field.starts_with("v0.0.0-2")).map(str::to_owned).collect();
            versions.sort();
            versions
        };
        assert_eq!(versions(&answer.text()), versions(sent), "{sent:?}");
    }
}

#[test]
fn a_page_is_no_list_and_no_latest() {
    let (upstream, _, server) = world();
    for path in [LIST, "/example.com/a/@latest", "/example.com/a/@v/main.info"] {
        upstream.always(path, Behaviour::html());
        let answer = get(&server.url(path));
        assert_eq!(answer.status, 502, "{path}: {}", answer.text());
    }
}

#[test]
fn an_empty_mod_or_info_or_zip_is_nonsense() {
    let (upstream, files, server) = world();
    for suffix in ["mod", "info", "zip"] {
        let path = files.url_path(suffix);
        upstream.serve(&path, "application/octet-stream", "");
        let answer = get(&server.url(&path));
        assert!(matches!(answer.status, 403 | 502), "{suffix}: {}", answer.status);
    }
}

#[test]
fn a_mod_of_another_module_is_not_refused_since_replaced_modules_have_it() {
    let upstream = Upstream::start();
    let files = upstream
        .publish(Module::new("example.com/fork", "v1.0.0").go_mod("module example.com/original\n"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    for suffix in ["mod", "zip"] {
        assert_eq!(get(&server.url(&files.url_path(suffix))).status, 200, "{suffix}");
    }
}

#[test]
fn a_packed_body_that_nobody_asked_for_is_not_kept_as_it_is() {
    let (upstream, files, server) = world();
    let path = files.url_path("mod");
    let packed =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    let bent = Behaviour::answer(200, TEXT, packed).header("Content-Encoding", "gzip");
    upstream.once(&path, bent);
    assert_ne!(get(&server.url(&path)).status, 200);
    assert_eq!(server.stored(&path).status, 404);
}

#[test]
fn no_header_of_an_upstream_comes_through() {
    let (upstream, files, server) = world();
    for path in [files.url_path("mod"), files.url_path("zip"), LIST.to_owned()] {
        let talkative = Behaviour::honest()
            .header("Set-Cookie", "a=b")
            .header("X-Secret", "1")
            .header("Cache-Control", "max-age=31536000, immutable")
            .header("Content-Security-Policy", "none");
        upstream.once(&path, talkative);
        let answer = get(&server.url(&path));
        assert_eq!(answer.status, 200, "{path}");
        for name in ["set-cookie", "x-secret", "content-security-policy"] {
            assert_eq!(answer.header(name), None, "{path}");
        }
    }
    let caching = get(&server.url(LIST)).header("cache-control").unwrap_or_default().to_owned();
    assert!(!caching.contains("immutable"), "{caching}");
}

#[test]
fn a_long_refusal_is_cut_to_what_go_prints() {
    let (upstream, files, server) = world();
    let path = files.url_path("mod");
    for text in [
        "a line\n".repeat(50),
        "long ".repeat(1000),
        "bell \u{7} and escape \u{1b}[31m\n".to_owned(),
        "first\n\nafter a blank line\n".to_owned(),
    ] {
        upstream.always(&path, Behaviour::status(403, &text));
        let answer = get(&server.url(&path));
        assert_eq!(answer.status, 403);
        assert!(answer.body.len() <= 648 && answer.text().lines().count() <= 8, "{text:?}");
        assert!(!answer.text().contains(['\u{7}', '\u{1b}']), "{:?}", answer.text());
    }
}

#[test]
fn an_answer_without_a_length_is_taken_in_chunks_and_to_the_close() {
    for bend in [Behaviour::honest().chunked(), Behaviour::honest().until_close()] {
        let (upstream, files, server) = world();
        for (suffix, bytes) in [("info", &files.info), ("mod", &files.go_mod), ("zip", &files.zip)]
        {
            upstream.always(&files.url_path(suffix), bend.clone());
            let answer = get(&server.url(&files.url_path(suffix)));
            assert_eq!((answer.status, answer.body.as_slice()), (200, bytes.as_ref()), "{suffix}");
        }
    }
}

#[test]
fn statuses_that_are_no_answer_are_trouble() {
    for status in [201, 204, 206, 304, 300, 418, 451, 599] {
        let (upstream, files, server) = world();
        let path = files.url_path("mod");
        upstream.always(&path, Behaviour::answer(status, TEXT, b""));
        let answer = get(&server.url(&path));
        let expect = if (400..500).contains(&status) { status } else { 502 };
        assert_eq!(answer.status, expect, "{status}: {}", answer.text());
        assert_eq!(server.stored(&path).status, 404, "{status}");
    }
}

#[test]
fn an_upstream_may_be_a_directory() {
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let files = Module::new("example.com/A", "v1.0.0").filler("data", 300_000).build();
    for (path, bytes) in [
        (files.url_path("info"), files.info.as_ref()),
        (files.url_path("mod"), &files.go_mod),
        (files.url_path("zip"), &files.zip),
        (files.list_path(), b"v1.0.0\n"),
    ] {
        let path = folder.path().join(path.trim_start_matches('/'));
        fs_err::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("a directory can be made");
        fs_err::write(path, bytes).expect("a file can be written");
    }
    let server = Launch::new(LARDER, &format!("file://{}", folder.path().display())).start();
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    assert_eq!(get(&server.url(&files.url_path("mod"))).body, files.go_mod.as_ref());
    assert_eq!(get(&server.url(&files.list_path())).text(), "v1.0.0\n");
    assert_eq!(get(&server.url("/example.com/b/@v/list")).status, 404);
    assert_eq!(get(&server.url("/example.com/b/@v/v1.0.0.zip")).status, 404);
}
