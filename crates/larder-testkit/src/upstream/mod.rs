//! A GOPROXY on a loopback port that does what its script says: honest by default, and for one
//! path, once or from now on, as broken as a test needs it.
//!
//! Published modules live here with their lists and `@latest`; how an answer is bent stands in
//! `behaviour.rs`, the bytes on the wire in
//! `connection.rs`, who is let in in `door.rs`. Plain HTTP/1.1. Every request is
//! remembered, so that a test can count what reached the upstream.

mod behaviour;
mod connection;
mod door;

use std::collections::{HashMap, VecDeque};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use self::behaviour::{Behaviour, Gate};
use self::door::Door;
use crate::database::Database;
use crate::modules::{Module, ModuleFiles, escape};

/// A scripted upstream; it ends when dropped.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    door: Mutex<Door>,
}

/// A request that reached the upstream.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path, percent-decoded, with the query if there was one.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Seen {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the threads of one upstream share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    next_connection: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<String, File>,
    versions: HashMap<String, Vec<String>>,
    databases: Vec<(String, Database)>,
    once: HashMap<String, VecDeque<Behaviour>>,
    always: HashMap<String, Behaviour>,
    without_latest: bool,
    without_ranges: bool,
    etags: bool,
    latency: Duration,
    bytes_per_second: Option<u64>,
    seen: Vec<Seen>,
    connections: HashMap<u64, TcpStream>,
}

#[derive(Debug, Clone)]
struct File {
    content_type: String,
    bytes: Arc<[u8]>,
}

impl Upstream {
    /// Starts an empty upstream on a free port.
    pub fn start() -> Upstream {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::<Shared>::default();
        let door = Mutex::new(Door::on(listener, &shared));
        Upstream { address, shared, door }
    }

    /// The URL to put into GOPROXY.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Publishes a module version: its three files, its line in the list, and `@latest`, which
    /// is the version published last.
    pub fn publish(&self, module: Module) -> ModuleFiles {
        let files = module.build();
        self.publish_files(&files);
        files
    }

    /// Publishes finished files, for instance the same on a second upstream.
    pub fn publish_files(&self, files: &ModuleFiles) {
        for (suffix, content_type, bytes) in [
            ("info", "application/json", &files.info),
            ("mod", "text/plain; charset=utf-8", &files.go_mod),
            ("zip", "application/zip", &files.zip),
        ] {
            self.serve(&files.url_path(suffix), content_type, bytes.to_vec());
        }
        let latest = format!("/{}/@latest", escape(&files.path));
        self.serve(&latest, "application/json", files.info.to_vec());
        let list = {
            let mut state = self.state();
            for (_, database) in &state.databases {
                database.publish(files);
            }
            let versions = state.versions.entry(files.path.clone()).or_default();
            if !is_pseudo(&files.version) && !versions.contains(&files.version) {
                versions.push(files.version.clone());
            }
            versions.join("\n") + if versions.is_empty() { "" } else { "\n" }
        };
        self.serve(&files.list_path(), "text/plain; charset=utf-8", list);
    }

    /// Forgets a version that was published, as if it had never been.
    pub fn withdraw(&self, files: &ModuleFiles) {
        let mut state = self.state();
        for suffix in ["info", "mod", "zip"] {
            state.files.remove(&files.url_path(suffix));
        }
        state.files.remove(&files.list_path());
        state.files.remove(&format!("/{}/@latest", escape(&files.path)));
        state.versions.remove(&files.path);
    }

    /// Serves these bytes at this path, whatever they are; a query such as `.info` of a branch.
    pub fn serve(&self, path: &str, content_type: &str, bytes: impl Into<Vec<u8>>) {
        let file = File { content_type: content_type.to_owned(), bytes: bytes.into().into() };
        self.state().files.insert(path.to_owned(), file);
    }

    /// Takes a path away: 404 from now on.
    pub fn remove(&self, path: &str) {
        self.state().files.remove(path);
    }

    /// Serves a checksum database below `/sumdb/<name>/`; it learns what is published later.
    pub fn attach(&self, database: &Database) {
        self.attach_at(&format!("/sumdb/{}/", database.name()), database);
    }

    /// Serves a checksum database below another prefix; `/` makes this the database's own host.
    pub fn attach_at(&self, prefix: &str, database: &Database) {
        self.state().databases.push((prefix.to_owned(), database.clone()));
    }

    /// Bends the next answer for `path`; further calls queue behind it.
    pub fn once(&self, path: &str, behaviour: Behaviour) {
        self.state().once.entry(path.to_owned()).or_default().push_back(behaviour);
    }

    /// Bends every answer for `path`, after those of [`Upstream::once`].
    pub fn always(&self, path: &str, behaviour: Behaviour) {
        self.state().always.insert(path.to_owned(), behaviour);
    }

    /// Forgets the script of `path`.
    pub fn honest(&self, path: &str) {
        let mut state = self.state();
        state.once.remove(path);
        state.always.remove(path);
    }

    /// Answers 404 for every `@latest`, as some proxies do.
    pub fn without_latest(&self) {
        self.state().without_latest = true;
    }

    /// Ignores `Range` everywhere.
    pub fn without_ranges(&self) {
        self.state().without_ranges = true;
    }

    /// Sends strong ETags.
    pub fn with_etags(&self) {
        self.state().etags = true;
    }

    /// Waits so long before every answer.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Sends every body at this rate; `None` is as fast as it goes.
    pub fn set_bandwidth(&self, bytes_per_second: Option<u64>) {
        self.state().bytes_per_second = bytes_per_second;
    }

    /// Everything asked so far, in the order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How often `path` was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.state().seen.iter().filter(|seen| seen.path == path).count()
    }

    /// How many requests came in all.
    pub fn asked_in_all(&self) -> usize {
        self.state().seen.len()
    }

    /// Forgets what was seen.
    pub fn forget_seen(&self) {
        self.state().seen.clear();
    }

    /// Waits until `path` was asked so often; false when it was not within ten seconds.
    pub fn wait_asked(&self, path: &str, times: usize) -> bool {
        let give_up = Instant::now() + Duration::from_secs(10);
        while self.asked(path) < times {
            if Instant::now() > give_up {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Cuts the upstream off: open connections end, new ones are refused.
    pub fn cut(&self) {
        self.door().close(self.address);
        for (_, stream) in self.state().connections.drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Comes back on the same port after [`Upstream::cut`].
    pub fn restore(&self) {
        self.door().open(&self.shared);
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a version carries a commit time: such versions are in no list.
fn is_pseudo(version: &str) -> bool {
    let version = version.strip_suffix("+incompatible").unwrap_or(version);
    let mut parts = version.rsplit('-');
    let (hash, before) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let time = before.rsplit('.').next().unwrap_or("");
    hash.len() == 12 && time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
