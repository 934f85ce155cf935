//! Streams: whole when they end as they should, visibly cut when they do not.

use std::io::Read;

use crate::support::{Edge, stored};

#[test]
fn a_stream_arrives_whole() {
    let edge = Edge::start();
    for path in ["/stream", "/sized"] {
        let mut client = edge.connect();
        for _ in 0..2 {
            let reply = client.request("GET", path, "");
            assert_eq!((reply.status, reply.text(), reply.whole), (200, "one two three", true));
        }
    }
}

#[test]
fn a_stream_that_breaks_off_never_looks_complete() {
    let edge = Edge::start();
    let check = |path: &str, version: &str| {
        let mut client = edge.connect();
        client.send(&format!("GET {path} HTTP/{version}\r\nHost: larder\r\n\r\n"));
        let reply = client.reply("GET");
        assert!(!reply.whole, "{path} over {version}: {reply:?}");
        assert!(client.is_closed());
    };
    for path in ["/breaks", "/sized-breaks", "/short", "/long", "/panicking-stream"] {
        check(path, "1.1");
        check(path, "1.0");
    }
    edge.await_metric("larder_responses_aborted_total 10");
    let log = edge.log();
    assert_eq!(log.matches(" aborted=true ").count(), 10, "{log}");
}

#[test]
fn a_client_that_leaves_ends_only_its_own_answer() {
    let edge = Edge::start();
    let mut leaver = edge.connect();
    leaver.send("GET /waiting HTTP/1.1\r\nHost: larder\r\n\r\n");
    let mut early = edge.connect();
    early.send("GET /never HTTP/1.1\r\nHost: larder\r\n\r\n");
    edge.await_metric("larder_requests_in_flight 2");
    drop((leaver, early));
    edge.await_metric("larder_requests_in_flight 0");
    edge.await_metric("larder_connections 0");
    assert_eq!(edge.get("/small", "").status, 200);
    let log = edge.log();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    let check = |path: &str, rest: &str| {
        let line = lines.iter().find(|line| line.contains(path)).unwrap();
        assert!(line.contains(rest), "{line}");
    };
    check("/waiting", " outcome=miss aborted=true ");
    check("/never", " status=499 bytes=0 ");
    check("/never", " outcome=client_left aborted=true ");
    check("/small", " status=200 bytes=10 ");
}

#[test]
fn many_clients_get_a_large_body_through_few_buffers() {
    let edge = Edge::with(|limits| limits.bytes_in_flight = 0);
    let whole = stored();
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                let reply = edge.get("/stored", "");
                assert!(reply.whole && reply.body == whole);
            });
        }
    });
}

#[test]
fn followers_that_wait_for_an_upstream_hold_no_room() {
    let edge = Edge::start();
    let followers: Vec<_> = (0..300)
        .map(|_| {
            let mut follower = edge.connect();
            follower.send("GET /waiting HTTP/1.1\r\nHost: larder\r\n\r\n");
            follower
        })
        .collect();
    for follower in &followers {
        let mut socket = &follower.socket;
        assert_ne!(socket.read(&mut [0; 1024]).unwrap(), 0);
    }
    let reply = edge.get("/stored", "");
    assert!(reply.whole && reply.body == stored());
}
