//! Who is heard, and what nonsense is told.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use larder_server::admin::wire::ErrorObject;
use larder_testkit::Upstream;
use larder_testkit::client::{Request, get, raw};

use crate::support::{lasting, post, publish, purge, status, world};

#[test]
fn without_the_token_nobody_learns_anything() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let token = server.token();
    let check = |method: &str, path: &str, authorization: Option<&str>| {
        let mut request = Request::new(method, &server.admin_url(path)).body("{}");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let answer = request.send().expect("the admin API answers");
        assert_eq!(answer.status, 401, "{method} {path} {authorization:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let object: ErrorObject = serde_json::from_slice(&answer.body).expect("an error object");
        assert_eq!(object.error, "the admin token is missing or wrong");
        assert!(object.hint.is_some_and(|hint| hint.contains("admin-token")));
    };
    check("GET", "/v1/status", None);
    check("GET", "/v1/status", Some("Bearer "));
    check("GET", "/v1/status", Some(&token));
    check("GET", "/v1/status", Some(&format!("Basic {token}")));
    check("GET", "/v1/status", Some(&format!("Bearer {token}0")));
    check("GET", "/v1/status", Some(&format!("Bearer {}", &token[1..])));
    check("POST", "/v1/purge", Some("Bearer 0000000000000000000000000000000000000000000000"));
    check("GET", "/", None);
    check("GET", "/v1/nothing", None);
    // The server's own address has no admin API at all.
    let there = Request::get(&server.url("/v1/status"));
    let there = there.header("Authorization", &format!("Bearer {token}")).send().expect("answers");
    assert_eq!(there.status, 404);
    assert!(!server.talk().contains(&token));
}

#[test]
fn nonsense_is_told_apart_and_changes_nothing() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let check = |method: &str, path: &str, body: &str, expect: (u16, &str)| {
        let answer = Request::new(method, &server.admin_url(path))
            .header("Authorization", &format!("Bearer {}", server.token()))
            .body(body)
            .send()
            .expect("the admin API answers");
        assert_eq!(answer.status, expect.0, "{method} {path} {body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let object: ErrorObject = serde_json::from_slice(&answer.body).expect("an error object");
        assert!(object.error.contains(expect.1), "{method} {path} {body}: {}", object.error);
        answer
    };
    check("GET", "/v1/nothing", "", (404, "there is no `/v1/nothing`"));
    check("GET", "/v2/status", "", (404, "there is no `/v2/status`"));
    let wrong = check("GET", "/v1/purge", "", (405, "this path takes POST alone"));
    assert_eq!(wrong.header("allow"), Some("POST"));
    let wrong = check("POST", "/v1/status", "{}", (405, "this path takes GET alone"));
    assert_eq!(wrong.header("allow"), Some("GET"));
    check("POST", "/v1/purge", "", (400, "the body is not what is asked here"));
    check("POST", "/v1/purge", "{", (400, "the body is not what is asked here"));
    check("POST", "/v1/purge", "[]", (400, "the body is not what is asked here"));
    check("POST", "/v1/purge", r#"{"versions":"example.com/a@v1.0.0"}"#, (400, "invalid type"));
    check("POST", "/v1/gc", r#"{"dryrun":true}"#, (400, "unknown field `dryrun`"));
    check("POST", "/v1/fsck", r#"{"repair":1}"#, (400, "invalid type"));
    check("POST", "/v1/refresh", r#"{"modules":[]}"#, (400, "nothing is named"));
    check("POST", "/v1/prefill", r#"{"items":[]}"#, (400, "nothing is named"));
    let long = format!(r#"{{"versions":["a@v1.0.0"],"reason":"{}"}}"#, "x".repeat(501));
    check("POST", "/v1/purge", &long, (400, "the reason is longer than 500 bytes"));
    assert_eq!(get(&server.url("/example.com/a/@v/v1.0.0.mod")).status, 200);
}

#[test]
fn a_body_has_an_end() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let head = |rest: &str| {
        let token = server.token();
        format!(
            "POST /v1/purge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{rest}\r\n\r\n"
        )
    };
    let announced = head("Content-Length: 16777217\r\nConnection: close");
    let address = server.admin_address().to_string();
    let answer = raw(&address, announced.as_bytes()).expect("it is refused before it is sent");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("the body is larger than 16 MiB"), "{answer}");
    // One that never says how long it is.
    let mut endless = TcpStream::connect(&address).expect("connects");
    endless.write_all(head("Transfer-Encoding: chunked").as_bytes()).expect("writes");
    let piece = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let mut pieces = 0;
    while endless.write_all(piece.as_bytes()).is_ok() {
        pieces += 1;
        assert!(pieces < 100, "it is read on and on");
    }
    // One that ends before it should.
    let mut broken = TcpStream::connect(&address).expect("connects");
    broken.write_all(head("Content-Length: 100").as_bytes()).expect("writes");
    broken.write_all(b"{").expect("writes");
    drop(broken);
    assert_eq!(status(&server).tombstones, 0);
}

#[test]
fn every_action_stands_in_the_log() {
    let (_upstream, server) = world(&["v1.0.0"]);
    purge(&server, "example.com/a@v1.0.0", false);
    assert!(server.wait_talk("admin action done"), "{}", server.talk());
    for part in ["admin purge", "example.com/a@v1.0.0", "leaked a key", "purge of 1", "127.0.0.1"] {
        assert!(server.talk().contains(part), "no `{part}` in {}", server.talk());
    }
    let refused = Request::get(&server.admin_url("/v1/status")).send().expect("answers");
    assert_eq!(refused.status, 401);
    assert!(server.wait_talk("an admin request was refused"), "{}", server.talk());
}

#[test]
fn maintainers_are_heard_while_the_server_has_more_than_it_can_do() {
    let upstream = Upstream::start();
    publish(&upstream, &["v1.0.0"]);
    let server = lasting(&upstream).env("LARDER_LIMITS_CONNECTIONS", "8").start();
    let held: Vec<_> =
        (0..8).map(|_| TcpStream::connect(server.address()).expect("connects")).collect();
    // Connections are taken one after the other; ours is one too many once all are.
    let overloaded = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(10));
        Request::get(&server.url("/healthz")).send().map_or(true, |answer| answer.status == 503)
    });
    assert!(overloaded, "the server is not overloaded");
    assert_eq!(purge(&server, "example.com/a@v1.0.0", false).0, "Purged");
    assert_eq!(status(&server).tombstones, 1);
    drop(held);
}

#[test]
fn silent_clients_do_not_keep_maintainers_out_for_ever() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let _silent: Vec<_> =
        (0..64).map(|_| TcpStream::connect(server.admin_address()).expect("connects")).collect();
    // Ten seconds for a head; this waits for its turn.
    let answer = post(&server, "/v1/gc", r#"{"dry_run":true}"#).send().expect("it is its turn");
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn two_servers_are_not_administered_at_one_address() {
    let (upstream, server) = world(&["v1.0.0"]);
    let second = lasting(&upstream).admin_listen(server.admin_address()).run_to_exit();
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    for part in ["cannot listen for maintainers on", "choose another address with `--admin-listen"]
    {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
}
