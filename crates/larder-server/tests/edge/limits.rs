//! Clients that are too slow, too silent or too many.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use larder_server::edge::Limits;

use crate::support::{Edge, PATIENCE};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(1);

fn timeouts(header: Duration, idle: Duration, write: Duration) -> impl FnOnce(&mut Limits) {
    move |limits| {
        limits.header_timeout = header;
        limits.idle_timeout = idle;
        limits.write_timeout = write;
    }
}

#[test]
fn a_head_that_trickles_in_is_not_waited_for() {
    let edge = Edge::with(timeouts(SHORT, LONG, LONG));
    let mut silent = edge.connect();
    assert!(silent.is_closed());

    let mut slow = edge.connect();
    assert_eq!(slow.request("GET", "/small", "").status, 200);
    let began = Instant::now();
    slow.send("GET /small HTTP/1.1\r\n");
    while slow.socket.write_all(b"X: y\r\n").is_ok() {
        assert!(began.elapsed() < PATIENCE, "it is still open");
        std::thread::sleep(SHORT / 10);
    }
    edge.await_metric("larder_connections_cut_total{reason=\"header_timeout\"} 2");
    edge.await_metric("larder_connections 0");
}

#[test]
fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let edge = Edge::with(timeouts(LONG, SHORT, SHORT));
    let mut busy = edge.connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: larder\r\n\r\n");
    let mut idle = edge.connect();
    assert_eq!(idle.request("GET", "/small", "").status, 200);
    assert!(idle.is_closed());
    assert_eq!(busy.reply("GET").status, 200);
    edge.await_metric("larder_connections_cut_total{reason=\"idle_timeout\"} 1");
}

#[test]
fn a_client_that_takes_nothing_is_cut() {
    let edge = Edge::with(timeouts(LONG, LONG, SHORT));
    let mut client = edge.connect();
    client.send("GET /endless HTTP/1.1\r\nHost: larder\r\n\r\n");
    edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 1");
    edge.await_metric("larder_connections 0");
    let mut taken = Vec::new();
    assert!(client.socket.read_to_end(&mut taken).is_err(), "a cut is a reset");
}

#[test]
fn a_client_that_reads_slowly_is_served() {
    let limit = 5 * SHORT;
    let edge = Edge::with(timeouts(LONG, LONG, limit));
    let mut client = edge.connect();
    client.send("GET /endless HTTP/1.1\r\nHost: larder\r\n\r\n");
    let mut buffer = vec![0; 256 << 10];
    let began = Instant::now();
    while began.elapsed() < 2 * limit {
        assert_ne!(client.socket.read(&mut buffer).unwrap(), 0);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let edge = Edge::with(|limits| limits.connections = 2);
    let mut first = edge.connect();
    let mut second = edge.connect();
    for client in [&mut first, &mut second] {
        assert_eq!(client.request("GET", "/small", "").status, 200);
    }
    let reply = edge.get("/small", "");
    assert_eq!(reply.status, 503);
    assert_eq!(reply.text(), "the server has too many connections; try again shortly");
    edge.await_metric("larder_connections_cut_total{reason=\"too_many\"} 1");
    drop(first);
    edge.await_metric("larder_connections 1");
    assert_eq!(edge.get("/small", "").status, 200);
}
