//! HTTP/2 clients that ask for much and take nothing: they open no window, and keep the connection
//! alive with pings.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use crate::support::{Edge, PATIENCE, stored};

const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_mins(1);

/// Answers whose bodies nobody reads, on a connection that pings.
struct Taker {
    _client: SendRequest<Empty<Bytes>>,
    _replies: Vec<Response<Incoming>>,
}

impl Taker {
    /// Asks for all paths, with windows of one byte for a stream, or of none for a small answer.
    async fn connect(edge: &Edge, paths: &[&str]) -> Self {
        let socket = tokio::net::TcpStream::connect(edge.addr).await.unwrap();
        let (client, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(u32::from(!paths.contains(&"/small")))
            .keep_alive_interval(SHORT / 16)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(socket))
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut replies = Vec::new();
        for path in paths {
            let mut client = client.clone();
            let request = Request::get(format!("http://larder{path}")).body(Empty::new()).unwrap();
            client.ready().await.unwrap();
            replies.push(client.send_request(request).await.unwrap());
        }
        Self { _client: client, _replies: replies }
    }
}

/// Runs these takers, and meanwhile the rest of the test.
fn beside(edge: &Edge, takers: &[Vec<&str>], test: impl FnOnce()) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    let held = runtime.block_on(async {
        let all = takers.iter().map(|paths| Taker::connect(edge, paths));
        tokio::time::timeout(PATIENCE, futures_util::future::join_all(all)).await.unwrap()
    });
    test();
    drop(held);
    runtime.shutdown_background();
}

fn a_hit_arrives(edge: &Edge) {
    let reply = edge.get("/stored", "");
    assert!(reply.whole && reply.body == stored());
}

#[test]
fn pings_are_no_progress() {
    let edge = Edge::with(|limits| limits.write_timeout = SHORT);
    let began = Instant::now();
    for path in ["/stored", "/endless", "/small"] {
        beside(&edge, &[vec![path; 4]], || edge.await_metric("larder_connections 0"));
    }
    edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 3");
    assert!(began.elapsed() >= 3 * SHORT, "nobody is cut before the time");
}

#[test]
fn streams_that_wait_for_us_protect_none_that_takes_nothing() {
    let edge = Edge::with(|limits| limits.write_timeout = SHORT);
    let paths = vec!["/stored", "/waiting", "/stored"];
    beside(&edge, &[paths], || {
        edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 1");
    });
}

#[test]
fn takers_of_all_room_stop_others_for_the_write_timeout_only() {
    let edge = Edge::with(|limits| {
        limits.bytes_in_flight = 0;
        limits.write_timeout = SHORT;
    });
    beside(&edge, &[vec!["/stored"; 100], vec!["/stored"; 100]], || {
        a_hit_arrives(&edge);
        edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 2");
    });
}

#[test]
fn one_connection_cannot_take_all_room() {
    let edge = Edge::with(|limits| {
        limits.bytes_in_flight = 16 << 20;
        limits.write_timeout = LONG;
    });
    beside(&edge, &[vec!["/stored"; 100]], || a_hit_arrives(&edge));
}
