//! The upstream list with Go's meaning of `,` `|` `off` `direct`, and how an upstream's trouble
//! reaches the client: honestly, and never as a false *not found*.

use std::time::{Duration, Instant};

use larder_testkit::client::{Response, get};
use larder_testkit::{
    Behaviour, Database, LarderServer, Launch, Module, ModuleFiles, Upstream, free_address,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// Two upstreams, of which only the second has the module.
fn two() -> (Upstream, Upstream, ModuleFiles) {
    let (first, second) = (Upstream::start(), Upstream::start());
    let files = second.publish(Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n"));
    (first, second, files)
}

fn one() -> (Upstream, ModuleFiles) {
    let upstream = Upstream::start();
    let files =
        upstream.publish(Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n"));
    (upstream, files)
}

fn start(list: &str) -> LarderServer {
    Launch::new(LARDER, list).start()
}

fn is_text(answer: &Response) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"))
}

#[test]
fn a_comma_moves_on_after_not_found_alone() {
    for (status, expect) in [(404, 200), (410, 200), (403, 403), (500, 502), (503, 502), (429, 429)]
    {
        for suffix in ["mod", "info", "zip"] {
            let (first, second, files) = two();
            let path = files.url_path(suffix);
            first.always(&path, Behaviour::status(status, "no\n"));
            let server = start(&format!("{},{}", first.url(), second.url()));
            let answer = get(&server.url(&path));
            assert_eq!(answer.status, expect, "{status} for .{suffix}: {}", answer.text());
            assert_eq!(second.asked(&path), usize::from(expect == 200), "{status} for .{suffix}");
        }
    }
}

#[test]
fn a_pipe_moves_on_after_anything() {
    for status in [404, 403, 500, 503] {
        let (first, second, files) = two();
        let path = files.url_path("mod");
        first.always(&path, Behaviour::status(status, "no\n"));
        let server = start(&format!("{}|{}", first.url(), second.url()));
        assert_eq!(get(&server.url(&path)).status, 200, "{status}");
    }
    let (first, second, files) = two();
    first.cut();
    let server = start(&format!("{}|{}", first.url(), second.url()));
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
}

#[test]
fn off_ends_the_list_with_a_reason() {
    let (upstream, files) = one();
    let path = "/example.com/other/@v/list";
    let server = start(&format!("{},off", upstream.url()));
    assert_eq!(get(&server.url(&files.list_path())).status, 200);
    assert_eq!(get(&server.url(path)).status, 404);
    let closed = get(&start("off").url(path));
    assert_eq!(closed.status, 404);
    assert!(closed.text().contains("off"), "{}", closed.text());
}

#[test]
fn a_trailing_direct_is_not_found_with_a_line_that_says_so() {
    let (upstream, files) = one();
    let server = start(&format!("{},direct", upstream.url()));
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    let missing = get(&server.url("/example.com/other/@v/v1.0.0.mod"));
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("direct"), "{}", missing.text());
}

#[test]
fn without_an_upstream_a_miss_says_how_to_set_one() {
    let answer = get(&start("").url("/example.com/a/@v/list"));
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("--upstream"), "{}", answer.text());
}

#[test]
fn a_refusal_passes_on_with_its_text() {
    let (upstream, files) = one();
    let path = files.url_path("mod");
    let server = start(&format!("{},direct", upstream.url()));
    upstream.always(&path, Behaviour::status(403, "blocked by policy 7: ask ann@example.com\n"));
    let answer = get(&server.url(&path));
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("blocked by policy 7: ask ann@example.com"),
        "{}",
        answer.text()
    );
    assert!(is_text(&answer));
    assert!(answer.text().lines().count() <= 8 && answer.body.len() <= 648);
}

#[test]
fn a_gone_module_is_not_found_here_since_gone_means_purged() {
    let (upstream, files) = one();
    let path = files.url_path("mod");
    upstream.always(&path, Behaviour::status(410, "gone\n"));
    assert_eq!(get(&start(&upstream.url()).url(&path)).status, 404);
}

#[test]
fn an_upstreams_page_is_never_passed_on_as_text() {
    let (upstream, files) = one();
    let server = start(&upstream.url());
    for suffix in ["info", "mod", "zip"] {
        let path = files.url_path(suffix);
        upstream.always(&path, Behaviour::html());
        let answer = get(&server.url(&path));
        assert!(matches!(answer.status, 403 | 502), ".{suffix}: {}", answer.status);
        assert!(!answer.text().contains("<html"), ".{suffix}: {}", answer.text());
        upstream.always(&path, Behaviour::answer(500, "text/html", b"<html>boom</html>"));
        assert!(!get(&server.url(&path)).text().contains("<html"), ".{suffix}");
    }
}

#[test]
fn a_refused_connection_is_a_bad_gateway() {
    let (upstream, files) = one();
    upstream.cut();
    let server = Launch::new(LARDER, &upstream.url()).env("LARDER_FETCH_RETRIES", "0").start();
    for path in [files.url_path("mod"), files.url_path("zip"), files.list_path()] {
        let answer = get(&server.url(&path));
        assert_eq!(answer.status, 502, "{path}: {}", answer.text());
        assert!(is_text(&answer));
    }
}

#[test]
fn an_upstream_that_hangs_up_is_a_bad_gateway() {
    let (upstream, files) = one();
    let path = files.url_path("mod");
    upstream.always(&path, Behaviour::hang_up());
    assert_eq!(get(&start(&upstream.url()).url(&path)).status, 502);
}

#[test]
fn a_silent_upstream_is_a_gateway_timeout() {
    let (upstream, files) = one();
    let server = Launch::new(LARDER, &upstream.url())
        .env("LARDER_FETCH_CONNECT_TIMEOUT", "200ms")
        .env("LARDER_FETCH_HEAD_TIMEOUT", "300ms")
        .start();
    for path in [files.url_path("mod"), files.url_path("zip"), files.list_path()] {
        upstream.always(&path, Behaviour::honest().delayed(Duration::from_secs(5)));
        let begin = Instant::now();
        let answer = get(&server.url(&path));
        assert_eq!(answer.status, 504, "{path}: {}", answer.text());
        assert!(begin.elapsed() < Duration::from_secs(3), "{path}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_body_that_stalls_is_given_up() {
    let (upstream, files) = one();
    let path = files.url_path("mod");
    upstream.always(&path, Behaviour::honest().stalled(3));
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_FETCH_IDLE_TIMEOUT", "300ms").start();
    let answer = get(&server.url(&path));
    assert_eq!(answer.status, 504, "{}", answer.text());
}

#[test]
fn a_trickling_body_is_slow_and_no_failure() {
    let (upstream, files) = one();
    let path = files.url_path("mod");
    upstream.always(&path, Behaviour::honest().trickled(5, Duration::from_millis(50)));
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_FETCH_IDLE_TIMEOUT", "300ms").start();
    assert_eq!(get(&server.url(&path)).body, files.go_mod.as_ref());
}

#[test]
fn a_redirect_is_followed_and_a_circle_is_not() {
    let (upstream, files) = one();
    let path = files.url_path("zip");
    let elsewhere = Upstream::start();
    elsewhere.serve("/storage/1", "application/zip", files.zip.to_vec());
    upstream.once(&path, Behaviour::redirect(&format!("{}/storage/1", elsewhere.url())));
    let server = start(&upstream.url());
    assert_eq!(get(&server.url(&path)).body, files.zip.as_ref());
    // Of another module: the zip above brought its go.mod along.
    let circle = "/example.com/circle/@v/v1.0.0.mod".to_owned();
    upstream.always(&circle, Behaviour::redirect(&circle));
    assert_eq!(get(&server.url(&circle)).status, 502);
    assert!(upstream.asked(&circle) <= 12, "{}", upstream.asked(&circle));
}

#[test]
fn an_endless_answer_is_cut_off() {
    let (upstream, files) = one();
    let server = start(&upstream.url());
    for path in [files.url_path("info"), files.url_path("mod"), files.list_path()] {
        upstream.always(&path, Behaviour::honest().endless());
        assert_eq!(get(&server.url(&path)).status, 502, "{path}");
    }
}

#[test]
fn a_private_path_goes_to_no_upstream() {
    let (upstream, files) = one();
    for variable in ["GOPRIVATE", "GONOPROXY", "LARDER_GO_NOPROXY"] {
        let server = Launch::new(LARDER, &upstream.url()).env(variable, "example.com/*").start();
        let answer = get(&server.url(&files.url_path("mod")));
        assert_eq!(answer.status, 404, "{variable}: {}", answer.text());
        assert!(answer.text().to_lowercase().contains("noproxy"), "{}", answer.text());
    }
    assert_eq!(upstream.asked_in_all(), 0);
}

#[test]
fn a_server_that_is_its_own_upstream_says_so_and_does_not_loop() {
    let address = free_address();
    let own = format!("http://{address}");
    let begin = Instant::now();
    let said = match Launch::new(LARDER, &own).listen(address).try_start() {
        Ok(server) => {
            let answer = get(&server.url("/example.com/a/@v/list"));
            assert!(matches!(answer.status, 502 | 508), "{}: {}", answer.status, answer.text());
            answer.text()
        }
        Err(said) => said,
    };
    assert!(said.contains("upstream"), "{said}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn two_servers_that_ask_each_other_notice_it() {
    let (one, two) = (free_address(), free_address());
    let first = Launch::new(LARDER, &format!("http://{two}")).listen(one).start();
    let _second = Launch::new(LARDER, &format!("http://{one}")).listen(two).start();
    let begin = Instant::now();
    let answer = get(&first.url("/example.com/a/@v/list"));
    assert!(matches!(answer.status, 502 | 508), "{}: {}", answer.status, answer.text());
    assert!(answer.text().contains("upstream"), "{}", answer.text());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn two_servers_that_ask_each_other_for_a_proof_notice_it_too() {
    let database = Database::new("sum.example.com");
    let (one, other) = (free_address(), free_address());
    let start = |own, upstream| {
        Launch::new(LARDER, &format!("http://{upstream}")).listen(own).database(&database).start()
    };
    let (first, _second) = (start(one, other), start(other, one));
    for path in ["latest", "lookup/example.com/a@v1.0.0", "tile/8/0/000"] {
        let began = Instant::now();
        let answer = get(&first.url(&format!("/sumdb/{}/{path}", database.name())));
        assert_eq!(answer.status, 508, "{path}: {}", answer.text());
        assert!(answer.text().contains("leads back"), "{path}: {}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(20), "{path}: {:?}", began.elapsed());
    }
}

#[test]
fn a_password_appears_nowhere() {
    let (upstream, files) = one();
    let list = upstream.url().replace("http://", "http://ann:hunter2@");
    let server = start(&list);
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    let path = files.url_path("zip");
    upstream.always(&path, Behaviour::status(500, "boom\n"));
    let refused = get(&server.url(&path));
    upstream.cut();
    let unreachable = get(&server.url("/example.com/b/@v/list"));
    for (place, text) in
        [("log", server.talk()), ("answer", refused.text()), ("answer", unreachable.text())]
    {
        assert!(!text.contains("hunter2"), "{place}: {text}");
    }
}

#[test]
fn an_upstream_is_asked_for_plain_bytes_and_told_who_asks() {
    let (upstream, files) = one();
    let server = start(&upstream.url());
    get(&server.url(&files.url_path("zip")));
    let seen = upstream.seen();
    let asked =
        seen.iter().find(|seen| seen.path == files.url_path("zip")).expect("the zip was asked");
    assert!(asked.header("accept-encoding").is_none_or(|value| value == "identity"));
    assert!(asked.header("user-agent").is_some_and(|value| value.contains("larder")));
    assert!(asked.header("via").is_some());
}

#[test]
fn a_forward_proxy_is_asked_unless_the_host_is_excepted() {
    let forward = Upstream::start();
    let (upstream, files) = one();
    let path = files.url_path("mod");
    forward.serve(&format!("http://modules.invalid{path}"), "text/plain", files.go_mod.to_vec());
    let list = format!("http://modules.invalid,{}", upstream.url());
    let server = Launch::new(LARDER, &list)
        .env("HTTP_PROXY", &forward.url())
        .env("NO_PROXY", "127.0.0.1")
        .start();
    assert_eq!(get(&server.url(&path)).body, files.go_mod.as_ref());
    assert_eq!(upstream.asked_in_all(), 0);
    let zip = get(&server.url(&files.url_path("zip")));
    assert_eq!((zip.status, zip.body.as_slice()), (200, files.zip.as_ref()));
    let through: Vec<String> = forward.seen().into_iter().map(|seen| seen.path).collect();
    assert!(through.iter().all(|path| path.starts_with("http://modules.invalid/")), "{through:?}");
}

#[test]
fn credentials_of_a_netrc_do_not_travel_in_the_clear() {
    let (upstream, files) = one();
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let netrc = folder.path().join("netrc");
    let lines = "machine 127.0.0.1 login ann password hunter2\n";
    fs_err::write(&netrc, lines).expect("a file can be written");
    let server =
        Launch::new(LARDER, &upstream.url()).env("NETRC", &netrc.display().to_string()).start();
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    assert!(upstream.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn a_password_in_the_list_is_sent_to_its_host_and_not_to_where_it_redirects() {
    let (upstream, files) = one();
    let elsewhere = Upstream::start();
    elsewhere.serve("/1", "text/plain", files.go_mod.to_vec());
    let path = files.url_path("mod");
    // Another name of the same machine is another host.
    let target = elsewhere.url().replace("127.0.0.1", "localhost");
    upstream.once(&path, Behaviour::redirect(&format!("{target}/1")));
    let server = start(&upstream.url().replace("http://", "http://ann:hunter2@"));
    assert_eq!(get(&server.url(&path)).status, 200);
    assert!(upstream.seen().iter().all(|seen| seen.header("authorization").is_some()));
    assert!(elsewhere.seen().iter().all(|seen| seen.header("authorization").is_none()));
}
