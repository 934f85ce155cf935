//! Proxies between this machine and an upstream.

use std::{
    io::{BufReader, Write},
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

#[tokio::test]
async fn a_proxy_that_is_not_there_makes_its_upstreams_unreachable() {
    let mut config = config("http://mod.test");
    let http = Some(nobody().replace("//", "//user:S3CRET@"));
    config.http_proxy = ForwardProxies { http, ..ForwardProxies::default() };
    let error = Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Unreachable);
    assert!(!told(&error).contains("S3CRET"), "{}", told(&error));
}
