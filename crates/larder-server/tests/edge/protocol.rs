//! HTTP/1 as clients speak it, well and badly.

use crate::support::Edge;

#[test]
fn pipelined_requests_are_answered_in_order() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let paths = ["/small", "/slow", "/a", "/stored", "/b"];
    let requests = paths.map(|path| format!("GET {path} HTTP/1.1\r\nHost: larder\r\n\r\n"));
    client.send(&requests.concat());
    let replies = paths.map(|_| client.reply("GET"));
    assert_eq!(replies[1].text(), "0123456789");
    assert_eq!(replies[2].text(), "not found: /a\n");
    assert_eq!(replies[4].text(), "not found: /b\n");
    let log = edge.log();
    assert_eq!(log.lines().count(), paths.len(), "{log}");
}

#[test]
fn other_methods_are_refused_and_bodies_are_not_taken() {
    let edge = Edge::start();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        let reply = edge.connect().request(method, "/small", "Content-Length: 0\r\n");
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.field("allow"), Some("GET, HEAD"));
        assert_eq!(reply.text(), "only GET and HEAD are answered here\n");
    }
    let mut client = edge.connect();
    client.send("GET /small HTTP/1.1\r\nHost: larder\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.reply("GET").text(), "0123456789");
    assert_eq!(client.request("GET", "/small", "").status, 200, "a small body is drained");

    let mut client = edge.connect();
    client.send("PUT /small HTTP/1.1\r\nHost: larder\r\nContent-Length: 99999999999\r\n\r\nhello");
    assert_eq!(client.reply("PUT").status, 405);
    assert!(client.is_closed(), "an endless body is not waited for");
}

#[test]
fn a_path_reaches_the_service_as_it_was_written() {
    let edge = Edge::start();
    let check = |path: &str, text: &str| {
        let reply = edge.get(path, "");
        assert_eq!((reply.status, reply.text()), (404, text), "{path}");
    };
    check("/a%2Fb/../c", "not found: /a/b/../c\n");
    check("/!azure/%40v/list?x=1", "not found: /!azure/@v/list\n");
    check("/%00", "malformed: the path has a control character\n");
    check("/%ff", "malformed: the path is not UTF-8\n");
    check("/%4", "malformed: the path has a percent sign without two hexadecimal digits\n");
    check("http://elsewhere/a", "not found: /a\n");
}

#[test]
fn what_is_not_http_is_refused_and_the_server_goes_on() {
    let edge = Edge::start();
    let check = |sent: &str, statuses: &[u16]| {
        let mut client = edge.connect();
        // The server may close before it has read everything.
        let _ = std::io::Write::write_all(&mut client.socket, sent.as_bytes());
        let reply = client.reply("GET");
        assert!(statuses.contains(&reply.status), "{:?}: {reply:?}", &sent[..sent.len().min(60)]);
        assert!(client.is_closed());
    };
    let long = "a".repeat(100_000);
    check(&format!("GET /{long} HTTP/1.1\r\nHost: larder\r\n\r\n"), &[431]);
    check(&format!("GET / HTTP/1.1\r\nHost: larder\r\nX: {long}\r\n\r\n"), &[431]);
    check("GET /\0 HTTP/1.1\r\nHost: larder\r\n\r\n", &[400]);
    check("GET / HTTP/1.1\r\nBad Name: x\r\n\r\n", &[400]);
    check("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n", &[400]);
    let fields = "X: y\r\n".repeat(200);
    check(&format!("GET / HTTP/1.1\r\n{fields}\r\n"), &[431]);
    assert_eq!(edge.get("/small", "").status, 200);
    edge.await_metric("larder_connections_cut_total{reason=\"malformed\"} 6");
    let lines = edge.log();
    assert_eq!(lines.matches(" path=\"-\" status=431 ").count(), 3, "{lines}");
    assert_eq!(lines.matches(" path=\"-\" status=400 ").count(), 3, "{lines}");
}

#[test]
fn a_panic_is_a_500_and_the_connection_goes_on() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let reply = client.request("GET", "/panic", "X-Request-Id: mine\r\n");
    assert_eq!(reply.status, 500);
    assert_eq!(reply.field("x-request-id"), Some("mine"));
    assert_eq!(reply.text(), "internal error in request mine; the server's log says more\n");
    assert_eq!(client.request("GET", "/small", "").status, 200);
    edge.await_metric("larder_handler_panics_total 1");
    let log = edge.log();
    assert!(log.contains(" id=mine "), "{log}");
    assert!(log.contains(" path=\"/panic\" status=500 "), "{log}");
    assert!(log.contains(" outcome=internal "), "{log}");
}

#[test]
fn no_client_writes_the_log() {
    let edge = Edge::start();
    let fields = "X-Request-Id: a b\r\nUser-Agent: x\" status=\"500é\r\n";
    edge.get("/%0aevil\"", fields);
    let log = edge.log();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.is_ascii(), "{log}");
    assert!(log.contains(" path=\"/%0aevil\\x22\" "), "{log}");
    assert!(!log.contains("status=\"500"), "{log}");
}
