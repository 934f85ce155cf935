//! A certificate that is renewed under load, as an operator sees it: the files are replaced, new
//! connections are shown the new one within seconds, and no request is lost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::{Module, Upstream, free_address};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const NAME: &str = "larder.test";
const PATIENCE: Duration = Duration::from_secs(30);

/// A certificate and its key, in PEM.
struct Issued {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Issued {
    fn new() -> Issued {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("it is made");
        Issued { cert: cert.pem(), key: signing_key.serialize_pem(), der: cert.der().clone() }
    }

    /// Puts both where the server looks for them, each at once.
    fn install(&self, folder: &Path) {
        for (name, text) in [("key.pem", &self.key), ("cert.pem", &self.cert)] {
            fs_err::write(folder.join("new"), text).expect("writes");
            fs_err::rename(folder.join("new"), folder.join(name)).expect("moves");
        }
    }
}

/// A client that trusts all of these, and begins each connection anew.
fn client(issued: &[Issued]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for one in issued {
        roots.add(one.der.clone()).expect("it is one");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    Arc::new(client)
}

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which a test would have noticed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(folder: &Path, upstream: &Upstream) -> Server {
        let address = free_address();
        let process = Command::new(LARDER)
            .args(["serve", "--admin-listen", "off", "--go-sumdb", "off", "--log-access", "off"])
            .args(["--listen", &address.to_string(), "--upstream", &upstream.url()])
            .args(["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--data", "data"])
            .env_clear()
            .env("HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("larder starts");
        Server { process, address }
    }

    /// The certificate that was shown, and the whole answer.
    fn get(
        &self,
        client: &Arc<ClientConfig>,
        path: &str,
    ) -> std::io::Result<(CertificateDer<'static>, Vec<u8>)> {
        let socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from(NAME).expect("a name");
        let connection = ClientConnection::new(Arc::clone(client), name).expect("a client");
        let mut stream = StreamOwned::new(connection, socket);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let shown = stream.conn.peer_certificates().and_then(|chain| chain.first());
        Ok((shown.expect("a certificate is shown").clone().into_owned(), answer))
    }

    /// Waits until new connections are shown this certificate.
    fn wait_shown(&self, client: &Arc<ClientConfig>, expect: &CertificateDer<'_>) {
        let began = Instant::now();
        while self.get(client, "/healthz").map_or(true, |(shown, _)| shown != *expect) {
            assert!(began.elapsed() < PATIENCE, "the certificate is not shown");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_certificate_renewed_under_load_loses_no_request_and_is_soon_shown() {
    let issued = [Issued::new(), Issued::new(), Issued::new()];
    let client = client(&issued);
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("data", 300_000));
    let folder = tempfile::tempdir().expect("a directory");
    issued[0].install(folder.path());
    let server = Server::start(folder.path(), &upstream);
    server.wait_shown(&client, &issued[0].der);
    let wanted = [(files.url_path("mod"), &files.go_mod), (files.url_path("zip"), &files.zip)];
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let load = || {
            for (path, body) in wanted.iter().cycle().take_while(|_| !stop.load(Relaxed)) {
                let (_, answer) = server.get(&client, path).expect("no request is lost");
                assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(body), "{path}");
                answered.fetch_add(1, Relaxed);
            }
        };
        let clients = [(); 3].map(|()| scope.spawn(load));
        for next in &issued[1..] {
            next.install(folder.path());
            server.wait_shown(&client, &next.der);
        }
        stop.store(true, Relaxed);
        for client in clients {
            client.join().expect("every answer was whole");
        }
    });
    assert!(answered.load(Relaxed) > 20, "there was a load: {answered:?}");
}
