//! A running edge with a service of known answers, and a client that speaks raw HTTP/1.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use larder_server::answer::{
    Answer, Caching, Chunks, Content, ContentKind, ETag, Outcome, Ready, RouteLabel,
};
use larder_server::edge::{
    AccessLogger, Answering, Cost, EdgeConfig, Limits, LineFormat, Listeners, LiveLimits,
    RequestHead, ServeError, Service, serve,
};
use larder_server::metrics::Metrics;
use larder_store::{Body, DirectoryStore, Key, Room, Store as _};

/// The length of `/stored`.
pub(crate) const STORED: usize = (1 << 20) + 17;

/// How long a test waits for what must come, on however busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The bytes of `/stored`.
pub(crate) fn stored() -> Bytes {
    static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| (0..=250).cycle().take(STORED).collect());
    Bytes::from_static(&BYTES)
}

/// The same bytes as a file in a store; and a file of that length which has lost its end.
fn files() -> &'static (Body, Body) {
    static FILES: LazyLock<(Body, Body)> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(dir.path()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let file = |name: &str| {
            let key = Key::parse(name).unwrap();
            let spooled = store.spool().create(Room::Unknown).unwrap();
            spooled.append(&stored()).unwrap();
            runtime.block_on(async {
                store.put_body(&key, &spooled).await.unwrap();
                store.body(&key).await.unwrap().unwrap()
            })
        };
        let files = (file("blob/whole"), file("blob/cut"));
        let cut = fs_err::OpenOptions::new().write(true).open(dir.path().join("v1/blob/cut"));
        cut.unwrap().set_len(STORED as u64 / 2).unwrap();
        files
    });
    &FILES
}

/// A running edge.
pub(crate) struct Edge {
    pub(crate) addr: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    log: Output,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Edge {
    /// An edge with the default limits.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// An edge with other limits.
    pub(crate) fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Self::of(EdgeConfig { limits: LiveLimits::new(limits), ..Self::config() })
    }

    /// The defaults, and a short drain time.
    pub(crate) fn config() -> EdgeConfig {
        let limits = LiveLimits::new(Limits::default());
        EdgeConfig { limits, tls: None, drain: Duration::from_secs(5) }
    }

    /// An edge as it is told.
    pub(crate) fn of(config: EdgeConfig) -> Self {
        // Made here, since their store waits, which a serving thread must not.
        files();
        let listeners = Listeners::bind(([127, 0, 0, 1], 0).into(), 2).unwrap();
        let addr = listeners.local_addr();
        let metrics = Arc::new(Metrics::new());
        let log = Output::default();
        let out = Box::new(log.clone());
        let access =
            AccessLogger::start(Some(LineFormat::Text), out, Arc::clone(&metrics)).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn({
            let metrics = Arc::clone(&metrics);
            move || {
                let stop = async { drop(stopped.await) };
                serve(listeners, Arc::new(Known), &config, metrics, access, stop)
            }
        });
        Self { addr, metrics, log, stop: Some(stop), thread: Some(thread) }
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// One request on a connection of its own.
    pub(crate) fn get(&self, path: &str, fields: &str) -> Reply {
        self.connect().request("GET", path, fields)
    }

    /// Tells it to stop; [`Edge::wait`] waits for the end.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the end, and gives how long that took.
    pub(crate) fn wait(&mut self) -> Duration {
        let began = Instant::now();
        self.thread.take().unwrap().join().unwrap().unwrap();
        began.elapsed()
    }

    /// Stops it and gives the whole access log.
    pub(crate) fn log(mut self) -> String {
        self.tell_to_stop();
        self.wait();
        String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until the metrics have this line.
    pub(crate) fn await_metric(&self, line: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.metrics.encode().unwrap();
            if text.lines().any(|have| have == line) {
                return;
            }
            assert!(Instant::now() < deadline, "no line `{line}` in:\n{text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.tell_to_stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap().unwrap();
            }
        }
    }
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The service: what is answered stands here.
struct Known;

impl Service for Known {
    fn cost(&self, request: &RequestHead) -> Cost {
        match request.path() {
            "/healthz" => Cost::Probe,
            path if path.starts_with("/large") => Cost::Large,
            _ => Cost::Small,
        }
    }

    fn answer<'a>(&'a self, request: &'a RequestHead) -> Answering<'a> {
        Box::pin(async move {
            let route = RouteLabel::Zip;
            let streamed = |len, chunks| {
                let content = Content::Stream { len, chunks };
                Answer::ok(route, Outcome::Miss, ContentKind::Zip, content)
            };
            match request.path() {
                "/small" => small().answer(RouteLabel::Mod, Outcome::Hit),
                "/fresh" => {
                    small().answer(RouteLabel::List, Outcome::Hit).with_caching(Caching::Fresh {
                        max_age: Duration::from_mins(1),
                        stale_while_revalidate: Duration::from_mins(10),
                    })
                }
                "/stale" => small()
                    .answer(RouteLabel::List, Outcome::Stale)
                    .with_stale(Duration::from_secs(90)),
                "/stored" | "/large" | "/file" | "/cut-file" => {
                    let content = Content::Stored(match request.path() {
                        "/file" => files().0.clone(),
                        "/cut-file" => files().1.clone(),
                        _ => Body::from(stored()),
                    });
                    Answer::ok(route, Outcome::Hit, ContentKind::Zip, content)
                        .with_caching(Caching::Immutable)
                        .with_etag(ETag::new("stored").unwrap())
                }
                "/stream" => streamed(None, chunks(&["one ", "two ", "three"])),
                "/sized" => streamed(Some(13), chunks(&["one ", "two ", "three"])),
                "/short" => streamed(Some(20), chunks(&["one ", "two ", "three"])),
                "/long" => streamed(Some(6), chunks(&["one ", "two ", "three"])),
                "/breaks" => streamed(None, broken()),
                "/sized-breaks" => streamed(Some(100), broken()),
                "/panicking-stream" => streamed(
                    None,
                    chunks(&["one "]).chain(stream::once(async { panic!("in a stream") })).boxed(),
                ),
                "/endless" => {
                    let kilobyte = || Ok(Bytes::from_static(&[b'x'; 1024]));
                    streamed(None, stream::repeat_with(kilobyte).boxed())
                }
                "/whole" => {
                    let content = Content::Bytes(stored());
                    Answer::ok(RouteLabel::Mod, Outcome::Hit, ContentKind::Text, content)
                }
                "/waiting" | "/large-waiting" => {
                    streamed(None, chunks(&["one "]).chain(stream::pending()).boxed())
                }
                "/slow" => {
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    small().answer(RouteLabel::Mod, Outcome::Miss)
                }
                "/never" => std::future::pending().await,
                "/panic" => panic!("on purpose"),
                path => {
                    let text = match request.decoded_path() {
                        Ok(decoded) => format!("not found: {decoded}\n"),
                        Err(error) => format!("malformed: {error}\n"),
                    };
                    let outcome = if path == "/" { Outcome::Invalid } else { Outcome::NotFound };
                    Answer::text(RouteLabel::Other, outcome, StatusCode::NOT_FOUND, text)
                }
            }
        })
    }
}

fn small() -> Ready {
    let etag = ETag::new("v1");
    Ready::new(ContentKind::Text, Caching::Immutable, etag, Bytes::from_static(b"0123456789"))
}

fn chunks(chunks: &'static [&'static str]) -> Chunks {
    stream::iter(chunks).map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).boxed()
}

fn broken() -> Chunks {
    let error = || std::io::Error::other("the upstream broke off");
    chunks(&["one ", "two "]).chain(stream::once(async move { Err(error()) })).boxed()
}

/// A connection that speaks raw HTTP/1.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    unread: Vec<u8>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
}

impl Reply {
    /// The value of a header field, if there is exactly one.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().skip(1).filter_map(|line| {
            let (have, value) = line.split_once(": ")?;
            have.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "two fields `{name}` in {}", self.head);
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, unread: Vec::new() }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).unwrap();
    }

    /// Sends a request and reads its answer. `fields` are whole lines.
    pub(crate) fn request(&mut self, method: &str, path: &str, fields: &str) -> Reply {
        self.send(&format!("{method} {path} HTTP/1.1\r\nHost: larder\r\n{fields}\r\n"));
        self.reply(method)
    }

    /// Reads the answer to a request with this method; its status is 0 if there is none.
    pub(crate) fn reply(&mut self, method: &str) -> Reply {
        let Some(head) = self.until(b"\r\n\r\n") else {
            return Reply { status: 0, head: String::new(), body: Vec::new(), whole: false };
        };
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new(), whole: true };
        if method == "HEAD" || status == 304 {
            return reply;
        }
        if reply.field("transfer-encoding") == Some("chunked") {
            reply.whole = self.chunked(&mut reply.body).is_some();
        } else if let Some(len) = reply.field("content-length") {
            let len = len.parse().unwrap();
            let all = self.exactly(len);
            reply.whole = all.is_some();
            reply.body = all.unwrap_or_else(|| std::mem::take(&mut self.unread));
        } else {
            reply.whole = self.rest().is_ok();
            reply.body = std::mem::take(&mut self.unread);
        }
        reply
    }

    /// Whether the server has closed the connection: waits for it.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.socket.read(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => {
                let waited = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
                !waited.contains(&error.kind())
            }
        }
    }

    fn chunked(&mut self, body: &mut Vec<u8>) -> Option<()> {
        loop {
            let line = self.until(b"\r\n")?;
            let size = std::str::from_utf8(&line).unwrap().trim_end();
            let size = usize::from_str_radix(size, 16).unwrap();
            let chunk = self.exactly(size + 2)?;
            body.extend(&chunk[..size]);
            if size == 0 {
                return Some(());
            }
        }
    }

    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            let found = self.unread.windows(end.len()).position(|window| window == end);
            if let Some(at) = found {
                return self.exactly(at + end.len());
            }
            self.more()?;
        }
    }

    fn exactly(&mut self, len: usize) -> Option<Vec<u8>> {
        while self.unread.len() < len {
            self.more()?;
        }
        let rest = self.unread.split_off(len);
        Some(std::mem::replace(&mut self.unread, rest))
    }

    fn more(&mut self) -> Option<()> {
        let mut buffer = vec![0; 64 << 10];
        let read = self.socket.read(&mut buffer).ok().filter(|read| *read > 0)?;
        self.unread.extend(&buffer[..read]);
        Some(())
    }

    fn rest(&mut self) -> std::io::Result<usize> {
        self.socket.read_to_end(&mut self.unread)
    }
}
