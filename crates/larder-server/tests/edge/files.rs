//! Stored files, which the system sends itself over plain HTTP/1.1.

use crate::support::{Client, Edge, Reply, stored};

fn get(client: &mut Client, fields: &str) -> Reply {
    let reply = client.request("GET", "/file", fields);
    assert!(reply.whole);
    reply
}

#[test]
fn a_file_is_its_bytes_whole_and_in_parts() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let whole = stored();
    assert!(get(&mut client, "").body == whole);
    let check = |client: &mut Client, first: usize, last: usize| {
        let reply = get(client, &format!("Range: bytes={first}-{last}\r\n"));
        assert_eq!(reply.status, 206);
        assert!(reply.body == whole[first..=last], "bytes {first} to {last}");
    };
    check(&mut client, 0, 0);
    check(&mut client, 1, 100);
    check(&mut client, 65_535, 65_536);
    check(&mut client, 262_143, 262_145);
    check(&mut client, 3, whole.len() - 1);
    check(&mut client, whole.len() - 1, whole.len() - 1);
    let reply = client.request("HEAD", "/file", "");
    assert_eq!(reply.field("content-length"), Some(&*whole.len().to_string()));
    assert!(client.request("GET", "/small", "").text() == "0123456789");
}

#[test]
fn answers_of_all_kinds_keep_their_order_on_one_connection() {
    let edge = Edge::start();
    let whole = stored();
    let mut client = edge.connect();
    let paths = ["/file", "/small", "/stored", "/file", "/stream", "/file", "/whole", "/small"];
    // All at once, so that what comes next already waits while the last is sent.
    let ask = |path: &&str| format!("GET {path} HTTP/1.1\r\nHost: larder\r\n\r\n");
    client.send(&paths.iter().map(ask).collect::<String>());
    for path in paths {
        let reply = client.reply("GET");
        let expect: &[u8] = match path {
            "/small" => b"0123456789",
            "/stream" => b"one two three",
            _ => &whole,
        };
        assert!(reply.whole && reply.body == expect, "{path}");
    }
}

#[test]
fn a_file_that_has_lost_its_end_is_never_taken_for_whole() {
    let edge = Edge::start();
    for _ in 0..3 {
        let reply = edge.get("/cut-file", "");
        assert_eq!(reply.status, 200);
        assert!(!reply.whole);
        assert!(stored().starts_with(&reply.body));
    }
    assert!(edge.get("/file", "").whole);
}

#[test]
fn clients_that_take_nothing_of_a_file_hold_no_room() {
    let edge = Edge::with(|limits| limits.bytes_in_flight = 0);
    let takers: Vec<_> = (0..100)
        .map(|_| {
            let mut taker = edge.connect();
            taker.send("GET /file HTTP/1.1\r\nHost: larder\r\n\r\n");
            taker
        })
        .collect();
    edge.await_metric("larder_requests_in_flight 100");
    let reply = edge.get("/stored", "");
    assert!(reply.whole && reply.body == stored());
    drop(takers);
}
