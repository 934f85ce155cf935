//! The stop: nothing new, nothing idle, running answers to their end or to the drain time's.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use larder_server::edge::EdgeConfig;

use crate::support::{Client, Edge, PATIENCE};

fn refuses(edge: &Edge) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if TcpStream::connect(edge.addr).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn running_requests_finish_and_idle_connections_close() {
    let mut edge = Edge::start();
    let mut idle = edge.connect();
    assert_eq!(idle.request("GET", "/small", "").status, 200);
    let fresh: Vec<Client> = (0..4).map(|_| edge.connect()).collect();
    let mut running = edge.connect();
    running.send("GET /slow HTTP/1.1\r\nHost: larder\r\n\r\n");
    edge.await_metric("larder_requests_in_flight 1");
    edge.tell_to_stop();
    assert!(refuses(&edge));
    for mut client in fresh.into_iter().chain([idle]) {
        assert!(client.is_closed());
    }
    let reply = running.reply("GET");
    assert_eq!((reply.status, reply.text()), (200, "0123456789"));
    assert!(running.is_closed());
    assert!(edge.wait() < Duration::from_secs(4));
}

#[test]
fn what_outlasts_the_drain_time_is_cut() {
    let mut edge = Edge::of(EdgeConfig { drain: Duration::from_millis(200), ..Edge::config() });
    let mut never = edge.connect();
    never.send("GET /never HTTP/1.1\r\nHost: larder\r\n\r\n");
    let mut waiting = edge.connect();
    waiting.send("GET /waiting HTTP/1.0\r\nHost: larder\r\n\r\n");
    edge.await_metric("larder_requests_in_flight 2");
    edge.tell_to_stop();
    assert!(edge.wait() < Duration::from_secs(4));
    assert!(never.is_closed());
    let reply = waiting.reply("GET");
    assert!(!reply.whole, "a cut answer must not look complete: {reply:?}");
    edge.await_metric("larder_connections_cut_total{reason=\"drain\"} 2");
}

#[test]
fn an_address_is_free_again_after_the_stop() {
    let mut edge = Edge::start();
    assert_eq!(edge.get("/small", "").status, 200);
    edge.tell_to_stop();
    edge.wait();
    larder_server::edge::Listeners::bind(edge.addr, 2).unwrap();
}
