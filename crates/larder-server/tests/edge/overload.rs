//! More than can be done: who is told to come back, and who is served meanwhile.

use std::io::Read;
use std::time::{Duration, Instant};

use larder_server::edge::{EdgeConfig, Limits, LiveLimits, Rate};

use crate::support::{Client, Edge, PATIENCE, stored};

/// An edge whose limits are changed later.
fn live(limits: Limits) -> (Edge, LiveLimits) {
    let limits = LiveLimits::new(limits);
    (Edge::of(EdgeConfig { limits: limits.clone(), ..Edge::config() }), limits)
}

/// Clients that ask for this, and read nothing.
fn takers(edge: &Edge, count: usize, path: &str) -> Vec<Client> {
    let ask = |_| {
        let mut taker = edge.connect();
        taker.send(&format!("GET {path} HTTP/1.1\r\nHost: larder\r\n\r\n"));
        taker
    };
    (0..count).map(ask).collect()
}

#[test]
fn one_large_body_too_many_is_told_to_come_back_and_small_answers_go_on() {
    // Room for one frame of 256 KiB: for 16 small ones.
    let edge = Edge::with(|limits| limits.bytes_in_flight = 0);
    let mut waiting = takers(&edge, 16, "/large-waiting");
    edge.await_metric("larder_requests_in_flight 16");
    let reply = edge.get("/large", "");
    assert_eq!((reply.status, reply.field("retry-after")), (503, Some("1")));
    assert!(reply.text().ends_with("try again shortly\n"), "{}", reply.text());
    edge.await_metric("larder_requests_refused_total{reason=\"bodies\"} 1");
    for path in ["/small", "/healthz", "/stream"] {
        assert!(edge.get(path, "").whole, "{path}");
    }
    waiting.pop();
    edge.await_metric("larder_requests_in_flight 15");
    assert!(edge.get("/large", "").body == stored());
    // Its place is free again, and so is that of a large one that was only looked at.
    assert_eq!(edge.connect().request("HEAD", "/large", "").status, 200);
    assert!(edge.get("/large", "").body == stored());
}

#[test]
fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let rate = Some(Rate { per_second: 1, burst: 5 });
    let (edge, limits) = live(Limits { rate, ..Limits::default() });
    let mut client = edge.connect();
    let mut ask = |path: &str| client.request("GET", path, "");
    let began = Instant::now();
    let served = (0..50).filter(|_| ask("/small").status == 200).count();
    let earned = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!((5..=5 + earned).contains(&served), "{served} of 50 were served");
    let reply = edge.get("/stored", "");
    assert_eq!((reply.status, reply.field("retry-after")), (429, Some("1")), "{reply:?}");
    assert_eq!(reply.text(), "too many requests from this address; try again shortly\n");
    // A probe is answered, whatever else its address does.
    assert_eq!(ask("/healthz").text(), "not found: /healthz\n");
    limits.set(Limits { rate: None, ..limits.get() });
    assert!((0..50).all(|_| ask("/small").status == 200));
    assert!(edge.log().contains(" status=429 "), "a refusal is logged");
}

#[test]
fn clients_that_read_nothing_leave_room_for_others() {
    // Room for sixteen whole frames.
    let edge = Edge::with(|limits| limits.bytes_in_flight = 4 << 20);
    let takers = takers(&edge, 48, "/stored");
    edge.await_metric("larder_requests_in_flight 48");
    let reply = edge.get("/stored", "");
    assert!(reply.whole && reply.body == stored());
    drop(takers);
}

#[test]
fn a_client_that_trickles_is_cut() {
    let write_timeout = Duration::from_millis(400);
    let edge = Edge::with(|limits| limits.write_timeout = write_timeout);
    let mut client = edge.connect();
    client.send("GET /endless HTTP/1.1\r\nHost: larder\r\n\r\n");
    let began = Instant::now();
    // 20 KiB a second, where a piece of 64 KiB should be taken in less than half of one.
    while client.socket.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {
        assert!(began.elapsed() < PATIENCE, "it is still served");
        std::thread::sleep(Duration::from_millis(50));
    }
    edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 1");
}

#[test]
fn a_large_content_of_memory_waits_for_room_too() {
    // Each counts as a quarter of all room, so that the fifth waits.
    let edge = Edge::with(|limits| limits.bytes_in_flight = 1 << 20);
    let takers = takers(&edge, 12, "/whole");
    edge.await_metric("larder_requests_in_flight 8");
    assert!(edge.get("/small", "").whole);
    drop(takers);
    assert!(edge.get("/whole", "").body == stored());
}

#[test]
fn limits_change_under_what_already_waits() {
    let hour = Duration::from_hours(1);
    let (edge, limits) = live(Limits { header_timeout: hour, ..Limits::default() });
    let mut silent = edge.connect();
    edge.await_metric("larder_connections 1");
    let short = Duration::from_millis(50);
    let asked = Limits { header_timeout: short, bytes_in_flight: 1, ..limits.get() };
    let set = limits.set(asked);
    assert_eq!(set.bytes_in_flight, Limits::default().bytes_in_flight, "not while it runs");
    assert!(silent.is_closed());
    limits.set(Limits { connections: 0, ..limits.get() });
    assert_eq!(edge.get("/small", "").status, 503);
}
