//! An HTTP/1.1 server that answers by a script and remembers what it was asked. It can break its own
//! promises: send less than it announced, stall, close, never answer.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// The certificate that signed those of [`Scripted::https`].
pub(crate) const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// What stands between the method and the version.
    pub(crate) target: String,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Next,
    Close,
    Stall,
}

impl Reply {
    /// A status with a body; its length is announced.
    pub(crate) fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let head = format!("HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\n", body.len());
        Self { head, body, then: Then::Next }
    }

    /// A status with a line of plain text.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::new(status, text).header("Content-Type", "text/plain; charset=utf-8")
    }

    pub(crate) fn redirect(location: &str) -> Self {
        Self::new(302, "").header("Location", location)
    }

    /// A body that ends where the connection does, its length not announced.
    pub(crate) fn endless(body: &str) -> Self {
        let head = "HTTP/1.1 200 Scripted\r\n".to_owned();
        Self { head, body: body.into(), then: Then::Close }
    }

    /// Nothing at all, and the connection is closed.
    pub(crate) fn nothing() -> Self {
        Self { head: String::new(), body: Vec::new(), then: Then::Close }
    }

    /// Nothing at all, and the connection stays open.
    pub(crate) fn silence() -> Self {
        Self { then: Then::Stall, ..Self::nothing() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head = format!("{}{name}: {value}\r\n", self.head);
        self
    }

    /// The same head, but the connection closes after `sent` bytes of the body.
    pub(crate) fn cut(mut self, sent: usize) -> Self {
        self.body.truncate(sent);
        Self { then: Then::Close, ..self }
    }

    /// The same head, but nothing follows after `sent` bytes of the body.
    pub(crate) fn stall(mut self, sent: usize) -> Self {
        self.body.truncate(sent);
        Self { then: Then::Stall, ..self }
    }

    fn send(&self, stream: &mut impl Write) -> io::Result<()> {
        if !self.head.is_empty() {
            stream.write_all(self.head.as_bytes())?;
            stream.write_all(b"\r\n")?;
        }
        stream.write_all(&self.body)?;
        stream.flush()
    }
}

type Script = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

/// A running server; it ends with the test's process.
pub(crate) struct Scripted {
    scheme: &'static str,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    /// Serves plain HTTP. The script gets each request and how many came before it.
    pub(crate) fn http(script: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start("http", None, Arc::new(script))
    }

    /// Serves HTTPS with a certificate for `localhost`, `mod.test` and `127.0.0.1`.
    pub(crate) fn https(script: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::slow_https(Duration::ZERO, script)
    }

    /// The same, but each connection waits so long for its handshake.
    pub(crate) fn slow_https(
        handshake: Duration,
        script: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::start("https", Some((Arc::new(config), handshake)), Arc::new(script))
    }

    /// Answers everything alike.
    pub(crate) fn always(reply: Reply) -> Self {
        Self::http(move |_, _| reply.clone())
    }

    fn start(
        scheme: &'static str,
        tls: Option<(Arc<ServerConfig>, Duration)>,
        script: Arc<Script>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let server = Self {
            scheme,
            address,
            asked: Arc::clone(&asked),
            connections: Arc::clone(&connections),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (asked, script, tls) = (Arc::clone(&asked), Arc::clone(&script), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(stream, &asked, &*script),
                    Some((config, handshake)) => {
                        thread::sleep(handshake);
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &asked, &*script)
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The targets of the requests so far.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Reads the head of a request; none when the client has gone.
pub(crate) fn read_head(stream: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut asked = Asked { target, ..Asked::default() };
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Some(asked);
        };
        asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
}

fn serve<S: Read + Write>(stream: S, asked: &Mutex<Vec<Asked>>, script: &Script) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let request = read_head(&mut stream)?;
        let before = {
            let mut asked = asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        let reply = script(&request, before);
        reply.send(stream.get_mut()).ok()?;
        match reply.then {
            Then::Next => {}
            Then::Close => return None,
            Then::Stall => thread::sleep(Duration::from_hours(1)),
        }
    }
}

/// Copies between two connections until one of them ends.
pub(crate) fn splice(a: TcpStream, b: TcpStream) {
    let (mut from, mut to) = (a.try_clone().unwrap(), b.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let (mut from, mut to) = (b, a);
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
