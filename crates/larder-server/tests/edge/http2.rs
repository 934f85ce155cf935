//! HTTP/2 by prior knowledge, on the same port.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Edge, PATIENCE, stored};

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(2 * PATIENCE, work).await.unwrap() })
}

async fn connect(edge: &Edge) -> SendRequest<Empty<Bytes>> {
    let socket = tokio::net::TcpStream::connect(edge.addr).await.unwrap();
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn get(
    client: &mut SendRequest<Empty<Bytes>>,
    path: &str,
    fields: &[(&str, &str)],
) -> hyper::Result<Response<Incoming>> {
    let mut request = Request::get(format!("http://larder{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    client.ready().await.unwrap();
    client.send_request(request.body(Empty::new()).unwrap()).await
}

/// Waits until the connection is closed; the limit of [`run`] says how long.
async fn is_closed(client: &mut SendRequest<Empty<Bytes>>) {
    while client.ready().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn answers_are_those_of_http1() {
    let edge = Edge::start();
    run(async {
        let mut client = connect(&edge).await;
        let reply = get(&mut client, "/small", &[]).await.unwrap();
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-length"], "10");
        assert_eq!(reply.headers()["etag"], "\"v1\"");
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "0123456789");
        let reply = get(&mut client, "/small", &[("range", "bytes=2-4")]).await.unwrap();
        assert_eq!(reply.status(), 206);
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "234");
        assert_eq!(
            get(&mut client, "/small", &[("if-none-match", "*")]).await.unwrap().status(),
            304
        );
        assert_eq!(get(&mut client, "/panic", &[]).await.unwrap().status(), 500);
        let reply = get(&mut client, "/stream", &[]).await.unwrap();
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "one two three");
    });
}

#[test]
fn many_large_bodies_share_one_connection() {
    let edge = Edge::with(|limits| limits.bytes_in_flight = 0);
    let whole = stored();
    run(async {
        let client = connect(&edge).await;
        let all = (0..8).map(|_| {
            let mut client = client.clone();
            async move {
                let reply = get(&mut client, "/stored", &[]).await.unwrap();
                reply.into_body().collect().await.unwrap().to_bytes()
            }
        });
        for body in futures_util::future::join_all(all).await {
            assert!(body == whole);
        }
    });
}

#[test]
fn a_stream_that_breaks_off_is_reset_and_the_connection_goes_on() {
    let edge = Edge::start();
    run(async {
        let mut client = connect(&edge).await;
        for path in ["/breaks", "/sized-breaks", "/short", "/long", "/panicking-stream"] {
            let whole = match get(&mut client, path, &[]).await {
                Ok(reply) => reply.into_body().collect().await.is_ok(),
                Err(_) => false,
            };
            assert!(!whole, "{path}");
            assert_eq!(
                get(&mut client, "/small", &[]).await.unwrap().status(),
                200,
                "after {path}"
            );
        }
    });
}

#[test]
fn a_client_that_opens_no_window_is_cut() {
    let edge = Edge::with(|limits| limits.write_timeout = Duration::from_millis(200));
    run(async {
        let mut client = connect(&edge).await;
        let reply = get(&mut client, "/endless", &[]).await.unwrap();
        edge.await_metric("larder_connections_cut_total{reason=\"write_timeout\"} 1");
        assert!(reply.into_body().collect().await.is_err());
    });
}

#[test]
fn an_idle_connection_is_closed() {
    let edge = Edge::with(|limits| limits.idle_timeout = Duration::from_millis(200));
    run(async {
        let mut client = connect(&edge).await;
        assert_eq!(get(&mut client, "/small", &[]).await.unwrap().status(), 200);
        is_closed(&mut client).await;
    });
    edge.await_metric("larder_connections 0");
}

#[test]
fn the_stop_lets_streams_finish() {
    let mut edge = Edge::start();
    run(async {
        let mut client = connect(&edge).await;
        let mut other = client.clone();
        let slow =
            tokio::spawn(async move { get(&mut client, "/slow", &[]).await.unwrap().status() });
        while !edge.metrics.encode().unwrap().contains("larder_requests_in_flight 1") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        edge.tell_to_stop();
        assert_eq!(slow.await.unwrap(), 200);
        is_closed(&mut other).await;
    });
    assert!(edge.wait() < Duration::from_secs(4));
}
