//! TLS: both protocols, a certificate that changes under way, and clients that do not speak it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use larder_server::edge::{EdgeConfig, Tls, TlsError, TlsFiles};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};

use crate::support::{Client, Edge, PATIENCE, stored};

/// A certificate for `larder.test` and its key, in PEM; what clients trust.
struct Issued {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Issued {
    fn new() -> Self {
        let names = ["larder.test".to_owned()];
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(names).unwrap();
        Self { cert: cert.pem(), key: signing_key.serialize_pem(), der: cert.der().clone() }
    }

    fn write(&self, files: &TlsFiles) {
        replace(&files.cert, &self.cert);
        replace(&files.key, &self.key);
    }

    /// A client that trusts this certificate and no other.
    fn client(&self, protocol: &str) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Arc::new(config)
    }
}

/// As careful operators do: another file under the same name, at once.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs_err::write(&beside, text).unwrap();
    fs_err::rename(&beside, path).unwrap();
}

struct Secure {
    edge: Edge,
    tls: Tls,
    files: TlsFiles,
    issued: Issued,
    _dir: tempfile::TempDir,
}

impl Secure {
    fn start() -> Self {
        Self::with(Edge::config())
    }

    fn with(config: EdgeConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        let issued = Issued::new();
        issued.write(&files);
        let tls = Tls::load(files.clone()).unwrap();
        let edge = Edge::of(EdgeConfig { tls: Some(tls.clone()), ..config });
        Self { edge, tls, files, issued, _dir: dir }
    }

    fn connect(&self, config: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from("larder.test").unwrap();
        let socket = TcpStream::connect(self.edge.addr).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), socket)
    }

    fn failed_reloads(&self) -> u64 {
        let text = self.edge.metrics.encode().unwrap();
        let name = "larder_certificate_reloads_total{outcome=\"failed\"} ";
        let count = text.lines().find_map(|line| line.strip_prefix(name));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// One request, answered to the end of the connection.
    fn get(&self, config: &Arc<ClientConfig>, path: &str) -> std::io::Result<String> {
        let mut stream = self.connect(config);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: larder.test\r\nConnection: close\r\n\r\n")?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        Ok(String::from_utf8_lossy(&reply).into_owned())
    }
}

#[test]
fn http1_and_http2_are_spoken_over_tls() {
    let secure = Secure::start();
    let reply = secure.get(&secure.issued.client("http/1.1"), "/small").unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("0123456789"), "{reply}");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpStream::connect(secure.edge.addr).await.unwrap();
        let name = ServerName::try_from("larder.test").unwrap();
        let connector = tokio_rustls::TlsConnector::from(secure.issued.client("h2"));
        let stream = connector.connect(name, socket).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = Request::get("https://larder.test/stored").body(Empty::<Bytes>::new());
        let reply = client.send_request(request.unwrap()).await.unwrap();
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), stored());
    });
    secure.edge.await_metric("larder_tls_handshakes_total{outcome=\"new\"} 2");
}

#[test]
fn a_large_body_is_whole_and_one_that_breaks_does_not_look_whole() {
    let secure = Secure::start();
    let client = secure.issued.client("http/1.1");
    let mut stream = secure.connect(&client);
    let fields = "Host: larder.test\r\nConnection: close\r\n\r\n";
    write!(stream, "GET /stored HTTP/1.1\r\n{fields}").unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    assert!(reply.ends_with(&stored()), "the body is not whole");
    let mut stream = secure.connect(&client);
    write!(stream, "GET /breaks HTTP/1.0\r\n{fields}").unwrap();
    assert!(stream.read_to_end(&mut Vec::new()).is_err(), "a broken body must not end cleanly");
}

#[test]
fn a_session_is_resumed_even_after_the_certificate_has_changed() {
    let secure = Secure::start();
    let client = secure.issued.client("http/1.1");
    let kind = || {
        let mut stream = secure.connect(&client);
        write!(stream, "GET /small HTTP/1.1\r\nHost: larder.test\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        stream.conn.handshake_kind()
    };
    assert_eq!(kind(), Some(HandshakeKind::Full));
    assert_eq!(kind(), Some(HandshakeKind::Resumed));
    Issued::new().write(&secure.files);
    secure.tls.look(&secure.edge.metrics);
    assert_eq!(kind(), Some(HandshakeKind::Resumed));
}

#[test]
fn a_certificate_swapped_under_load_loses_no_request() {
    let secure = Secure::start();
    let mut issued = [Arc::new(Issued::new()), Arc::new(Issued::new())];
    let mut roots = RootCertStore::empty();
    for one in issued.iter().map(|issued| &issued.der).chain([&secure.issued.der]) {
        roots.add(one.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    let client = Arc::new(client);
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    let reply = secure.get(&client, "/small").unwrap();
                    assert!(reply.ends_with("0123456789"), "{reply}");
                    answered.fetch_add(1, SeqCst);
                }
            });
        }
        for _ in 0..6 {
            let goal = answered.load(SeqCst) + 5;
            let began = Instant::now();
            while answered.load(SeqCst) < goal && began.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(1));
            }
            issued.rotate_left(1);
            issued[0].write(&secure.files);
            secure.tls.look(&secure.edge.metrics);
        }
        stop.store(true, SeqCst);
    });
    secure.edge.await_metric("larder_certificate_reloads_total{outcome=\"loaded\"} 6");
    assert_eq!(secure.failed_reloads(), 0);
}

#[test]
fn a_new_pair_that_does_not_fit_is_counted_once_and_the_old_one_stays() {
    let secure = Secure::start();
    // A client of its own each time, since a session that is resumed shows no certificate.
    let get = |issued: &Issued| secure.get(&issued.client("http/1.1"), "/small");
    let look = || secure.tls.look(&secure.edge.metrics);
    let stays = || assert!(get(&secure.issued).unwrap().ends_with("0123456789"));
    let next = Issued::new();
    // The certificate comes first, its key a moment later: no trouble.
    replace(&secure.files.cert, &next.cert);
    look();
    stays();
    assert_eq!(secure.failed_reloads(), 0);
    for (text, path) in [("", &secure.files.cert), ("no key", &secure.files.key)] {
        replace(path, text);
        for _ in 0..4 {
            look();
        }
        stays();
        next.write(&secure.files);
        secure.issued.write(&secure.files);
        look();
    }
    secure.edge.await_metric("larder_certificate_reloads_total{outcome=\"failed\"} 2");
    next.write(&secure.files);
    look();
    assert!(get(&secure.issued).is_err(), "the old certificate is still shown");
    assert!(get(&next).unwrap().ends_with("0123456789"));
}

#[test]
fn what_is_wrong_with_the_files_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
    let (one, other) = (Issued::new(), Issued::new());
    let check = |cert: &str, key: &str, expect: fn(&TlsError) -> bool| {
        replace(&files.cert, cert);
        replace(&files.key, key);
        let error = Tls::load(files.clone()).unwrap_err();
        assert!(expect(&error), "{error:?}");
    };
    check("", &one.key, |error| matches!(error, TlsError::NoCertificate { .. }));
    check(&one.cert, "", |error| matches!(error, TlsError::NoKey { .. }));
    check(&one.cert, &one.cert, |error| matches!(error, TlsError::NoKey { .. }));
    check(&one.cert, &other.key, |error| matches!(error, TlsError::KeyDoesNotFit { .. }));
    let encrypted = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    check(&one.cert, &encrypted, |error| matches!(error, TlsError::KeyIsEncrypted { .. }));
    let cut = &one.cert[..one.cert.len() / 2];
    check(cut, &one.key, |error| {
        matches!(error, TlsError::NotPem { .. } | TlsError::NoCertificate { .. })
    });
    fs_err::remove_file(&files.key).unwrap();
    let error = Tls::load(files).unwrap_err();
    assert!(matches!(error, TlsError::Unreadable { .. }), "{error:?}");
}

#[test]
fn a_link_that_turns_to_other_files_is_followed() {
    let secure = Secure::start();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| TlsFiles {
        cert: dir.path().join(name).join("tls.crt"),
        key: dir.path().join(name).join("tls.key"),
    };
    let (first, second) = (Issued::new(), Issued::new());
    for (name, issued) in [("first", &first), ("second", &second)] {
        fs_err::create_dir(dir.path().join(name)).unwrap();
        issued.write(&at(name));
    }
    let turn = |name: &str| {
        let beside = dir.path().join("next");
        std::os::unix::fs::symlink(name, &beside).unwrap();
        fs_err::rename(beside, dir.path().join("..data")).unwrap();
    };
    turn("first");
    let tls = Tls::load(at("..data")).unwrap();
    let secure = Secure {
        edge: Edge::of(EdgeConfig { tls: Some(tls.clone()), ..Edge::config() }),
        tls,
        files: at("..data"),
        issued: first,
        ..secure
    };
    secure.get(&secure.issued.client("http/1.1"), "/small").unwrap();
    turn("second");
    secure.tls.look(&secure.edge.metrics);
    secure.get(&second.client("http/1.1"), "/small").unwrap();
}

#[test]
fn plain_http_is_told_that_this_port_speaks_tls() {
    let secure = Secure::start();
    let mut client = Client::connect(secure.edge.addr);
    let reply = client.request("GET", "/small", "");
    assert_eq!((reply.status, reply.whole), (400, true));
    assert_eq!(reply.text(), "this port speaks TLS: use https:// to reach it\r\n");
    secure.edge.await_metric("larder_tls_handshakes_total{outcome=\"plain\"} 1");
    secure.edge.await_metric("larder_connections 0");
}

#[test]
fn a_handshake_that_does_not_come_to_its_end_is_cut_and_holds_up_nobody() {
    let mut config = Edge::config();
    let mut limits = config.limits.get();
    limits.header_timeout = Duration::from_millis(300);
    config.limits = limits.into();
    let secure = Secure::with(config);
    let mut silent = Client::connect(secure.edge.addr);
    let mut begun = Client::connect(secure.edge.addr);
    begun.socket.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    let client = secure.issued.client("http/1.1");
    assert!(secure.get(&client, "/small").unwrap().ends_with("0123456789"));
    assert!(silent.is_closed());
    assert!(begun.is_closed());
    secure.edge.await_metric("larder_connections_cut_total{reason=\"header_timeout\"} 2");
}

#[test]
fn noise_and_a_client_that_trusts_another_certificate_are_failed_handshakes() {
    let secure = Secure::start();
    let mut noise = Client::connect(secure.edge.addr);
    noise.socket.write_all(&[0xff; 64]).unwrap();
    let _ = noise.socket.read_to_end(&mut Vec::new());
    let distrusting = Issued::new().client("http/1.1");
    assert!(secure.get(&distrusting, "/small").is_err());
    secure.edge.await_metric("larder_tls_handshakes_total{outcome=\"failed\"} 2");
}

#[test]
fn the_end_of_the_certificate_is_shown() {
    let secure = Secure::start();
    assert!(!secure.edge.metrics.encode().unwrap().contains("\nlarder_certificate_expiry"));
    secure.tls.look(&secure.edge.metrics);
    let second = secure.tls.expiry().unwrap().as_second();
    secure.edge.await_metric(&format!("larder_certificate_expiry_seconds {second}"));
}
