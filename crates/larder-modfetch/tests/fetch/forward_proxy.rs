//! Proxies between this machine and an upstream.

use std::{
    io::{BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use larder_modfetch::{FetchErrorKind, Fetcher, ForwardProxies};

use crate::{
    config, list,
    scripted::{AUTHORITY, Reply, Scripted, nobody, read_head, splice},
    told,
};

#[tokio::test]
async fn a_plain_upstream_is_asked_for_in_absolute_form() {
    let proxy = Scripted::always(Reply::new(200, "v1.0.0\n"));
    let mut config = config("http://mod.test/mount");
    let http = Some(proxy.url().replace("//", "//user:pass@"));
    let no_proxy = Some("other.test".to_owned());
    config.http_proxy = ForwardProxies { http, https: None, no_proxy };
    let fetched = Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap();
    assert_eq!(fetched.origin.to_string(), "http://mod.test/mount");
    let asked = &proxy.asked()[0];
    assert_eq!(asked.target, "http://mod.test/mount/example.com/%21mod/@v/list");
    assert_eq!(asked.header("host"), "mod.test");
    assert_eq!(asked.header("proxy-authorization"), "Basic dXNlcjpwYXNz");
    assert_eq!(asked.header("authorization"), "");
}

#[tokio::test]
async fn a_loopback_upstream_goes_through_no_proxy() {
    let proxy = Scripted::always(Reply::new(500, ""));
    let upstream = Scripted::always(Reply::new(200, "v1.0.0\n"));
    let mut config = config(&upstream.url());
    config.http_proxy = ForwardProxies { http: Some(proxy.url()), ..ForwardProxies::default() };
    Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap();
    assert!(proxy.asked().is_empty());
}

/// A proxy that makes tunnels, wherever they should lead, to `target`; with whom it was asked to connect.
fn tunnels(target: SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = read_head(&mut BufReader::new(&mut stream)).unwrap();
            seen.lock().unwrap().push(head.target);
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let upstream = TcpStream::connect(target).unwrap();
            thread::spawn(move || splice(stream, upstream));
        }
    });
    (format!("http://{address}"), asked)
}

#[tokio::test]
async fn a_secure_upstream_is_reached_through_a_tunnel() {
    let upstream = Scripted::https(|_, _| Reply::new(200, "v1.0.0\n"));
    let (proxy, asked) = tunnels(upstream.address());
    let mut config = config("https://mod.test");
    config.extra_roots.push(AUTHORITY.to_vec());
    config.http_proxy = ForwardProxies { https: Some(proxy), ..ForwardProxies::default() };
    Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["mod.test:443"]);
    assert_eq!(upstream.targets(), ["/example.com/%21mod/@v/list"]);
}

/// A SOCKS5 proxy that leads everywhere to `target`; which names and ports it was asked for.
fn socks(target: SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // RFC 1928: a greeting with no authentication, then a request to connect to a name.
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).unwrap();
            assert_eq!(greeting, [5, 1, 0]);
            stream.write_all(&[5, 0]).unwrap();
            let mut request = [0; 5];
            stream.read_exact(&mut request).unwrap();
            assert_eq!(request[..4], [5, 1, 0, 3]);
            let mut name = vec![0; usize::from(request[4])];
            let mut port = [0; 2];
            stream.read_exact(&mut name).unwrap();
            stream.read_exact(&mut port).unwrap();
            let name = String::from_utf8(name).unwrap();
            seen.lock().unwrap().push(format!("{name}:{}", u16::from_be_bytes(port)));
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            let upstream = TcpStream::connect(target).unwrap();
            thread::spawn(move || splice(stream, upstream));
        }
    });
    (format!("socks5h://{address}"), asked)
}

#[tokio::test]
async fn an_upstream_is_reached_through_a_socks_proxy() {
    let plain = Scripted::always(Reply::new(200, "v1.0.0\n"));
    let secure = Scripted::https(|_, _| Reply::new(200, "v1.0.0\n"));
    for (upstream, server) in [("http://mod.test", &plain), ("https://mod.test:8443", &secure)] {
        let (proxy, asked) = socks(server.address());
        let mut config = config(upstream);
        config.extra_roots.push(AUTHORITY.to_vec());
        let (http, https) = (Some(proxy.clone()), Some(proxy));
        config.http_proxy = ForwardProxies { http, https, no_proxy: None };
        Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap();
        let port = if upstream.ends_with("8443") { 8443 } else { 80 };
        assert_eq!(*asked.lock().unwrap(), [format!("mod.test:{port}")]);
        assert_eq!(server.targets(), ["/example.com/%21mod/@v/list"]);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_makes_its_upstreams_unreachable() {
    let mut config = config("http://mod.test");
    let http = Some(nobody().replace("//", "//user:S3CRET@"));
    config.http_proxy = ForwardProxies { http, ..ForwardProxies::default() };
    let error = Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Unreachable);
    assert!(!told(&error).contains("S3CRET"), "{}", told(&error));
}
