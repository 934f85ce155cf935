//! The server under test: the real `larder serve` in a closed world, on a port of its own.
//!
//! The environment is emptied first: no setting of the machine reaches the server. It may be
//! killed as by `kill -9`, ended politely, and started again on the same data and address.
//! `GOSUMDB` is `off` unless a database is given.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::admin::Admin;
use crate::client::{Request, Response};
use crate::database::Database;
use crate::process::Process;

/// How a server is to be started.
#[derive(Debug, Clone)]
pub struct Launch {
    exe: PathBuf,
    address: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    data: Option<PathBuf>,
    upstream: Option<String>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct LarderServer {
    launch: Launch,
    address: SocketAddr,
    admin: SocketAddr,
    data: PathBuf,
    home: TempDir,
    child: Option<Child>,
    talk: Arc<Mutex<String>>,
}

impl Launch {
    /// Starts `exe` (give `env!("CARGO_BIN_EXE_larder")`) with an upstream list, which may be
    /// empty or `off`.
    pub fn new(exe: impl AsRef<Path>, upstream: &str) -> Launch {
        Launch {
            exe: exe.as_ref().to_owned(),
            address: None,
            admin: None,
            data: None,
            upstream: Some(upstream.to_owned()),
            args: Vec::new(),
            env: BTreeMap::from([("GOSUMDB".to_owned(), "off".to_owned())]),
        }
    }

    /// Adds an environment variable, such as a `LARDER_…` setting.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Launch {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds an argument behind those of this kit.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Launch {
        self.args.push(arg.to_owned());
        self
    }

    /// Reads this settings file and no other. It says the upstream, too: no flag does.
    #[must_use]
    pub fn settings(mut self, file: &Path) -> Launch {
        self.upstream = None;
        self.env("LARDER_CONFIG", &file.display().to_string())
    }

    /// Verifies against this database, which an upstream serves below `/sumdb/`.
    #[must_use]
    pub fn database(self, database: &Database) -> Launch {
        self.env("GOSUMDB", &database.key())
    }

    /// Verifies against this database, which has a host of its own.
    #[must_use]
    pub fn database_at(self, database: &Database, url: &str) -> Launch {
        self.env("GOSUMDB", &format!("{} {url}", database.key()))
    }

    /// Keeps the store here instead of in a temporary directory.
    #[must_use]
    pub fn data(mut self, data: &Path) -> Launch {
        self.data = Some(data.to_owned());
        self
    }

    /// Listens here instead of on a free port.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Launch {
        self.address = Some(address);
        self
    }

    /// Is administered here instead of on a free port.
    #[must_use]
    pub fn admin_listen(mut self, address: SocketAddr) -> Launch {
        self.admin = Some(address);
        self
    }

    /// Starts the server and waits until it answers; panics with what it said when it does not.
    pub fn start(self) -> LarderServer {
        self.try_start()
            .unwrap_or_else(|said| panic!("the server does not start; it said:\n{said}"))
    }

    /// Starts the server and waits until it answers, or returns what it said instead.
    pub fn try_start(self) -> Result<LarderServer, String> {
        let home = TempDir::new().expect("a temporary directory can be made");
        let data = self.data.clone().unwrap_or_else(|| home.path().join("store"));
        let address = self.address.unwrap_or_else(free_address);
        let admin = self.admin.unwrap_or_else(free_address);
        let (child, talk) = (None, Arc::default());
        let mut server = LarderServer { launch: self, address, admin, data, home, child, talk };
        server.try_restart()?;
        Ok(server)
    }

    /// Starts the server expecting that it ends by itself soon; panics if it runs on.
    pub fn run_to_exit(self) -> Output {
        let home = TempDir::new().expect("a temporary directory can be made");
        let data = self.data.clone().unwrap_or_else(|| home.path().join("store"));
        let listen = [self.address, self.admin].map(|said| said.unwrap_or_else(free_address));
        let mut child = self.command(listen, &data, home.path()).spawn().expect("larder starts");
        let give_up = Instant::now() + Duration::from_secs(20);
        while child.try_wait().expect("a child can be waited for").is_none() {
            if Instant::now() > give_up {
                let _ = child.kill();
                panic!("the server runs on: {:?}", child.wait_with_output());
            }
            thread::sleep(Duration::from_millis(10));
        }
        child.wait_with_output().expect("its output can be read")
    }

    /// `listen` is the server's own address and the maintainer's.
    fn command(&self, listen: [SocketAddr; 2], data: &Path, home: &Path) -> Command {
        let [address, admin] = listen.map(|address| address.to_string());
        let mut command = Command::new(&self.exe);
        command
            .args(["serve", "--listen", &address, "--admin-listen", &admin, "--data"])
            .arg(data)
            .args(self.upstream.iter().flat_map(|list| ["--upstream", list]))
            .args(&self.args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .envs(&self.env)
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl LarderServer {
    /// The URL of the server, or of `path` (with its leading slash) on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its admin API, or of `path` (with its leading slash) on it.
    pub fn admin_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.admin)
    }

    /// The address on which it is administered.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// The file with the token that the admin API asks for.
    pub fn token_file(&self) -> PathBuf {
        self.data.join("admin-token")
    }

    /// The token that the admin API asks for.
    pub fn token(&self) -> String {
        let text = fs_err::read_to_string(self.token_file()).expect("a server writes its token");
        text.trim_end().to_owned()
    }

    /// Its admin API.
    pub fn admin(&self) -> Admin {
        Admin::new(&self.admin_url(""), &self.token())
    }

    /// Asks its admin API to do something, and gives the lines of what it tells.
    pub fn administer(&self, path: &str, request: &str) -> io::Result<Vec<String>> {
        self.admin().ask(path, request)
    }

    /// What it takes.
    pub fn process(&self) -> Process {
        Process::of(self.pid())
    }

    /// How it was started.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// The directory of its store.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process id; 0 when it does not run.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// What it has written to stdout and stderr, over all its starts.
    pub fn talk(&self) -> String {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has written `text`, in whatever case; false when it has not within ten
    /// seconds.
    pub fn wait_talk(&self, text: &str) -> bool {
        let give_up = Instant::now() + Duration::from_secs(10);
        let text = text.to_lowercase();
        while !self.talk().to_lowercase().contains(&text) {
            if Instant::now() > give_up {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// What it answers for `path` from its store, without asking an upstream.
    pub fn stored(&self, path: &str) -> Response {
        let request = Request::get(&self.url(path)).header("Disable-Module-Fetch", "true");
        request.send().unwrap_or_else(|error| panic!("GET `{path}`: {error}"))
    }

    /// Waits until `path` is stored, as it is shortly after it was served; panics when it is not
    /// within ten seconds.
    pub fn wait_stored(&self, path: &str) -> Response {
        let give_up = Instant::now() + Duration::from_secs(10);
        loop {
            let answer = self.stored(path);
            if answer.status == 200 {
                return answer;
            }
            assert!(Instant::now() < give_up, "`{path}` is not stored: {}", answer.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it (again) on the same address and data, and waits until it answers.
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|said| panic!("the server does not start:\n{said}"));
    }

    fn try_restart(&mut self) -> Result<(), String> {
        self.kill9();
        let mut command =
            self.launch.command([self.address, self.admin], &self.data, self.home.path());
        let mut child = command.spawn().expect("larder starts");
        if let Some(stderr) = child.stderr.take() {
            collect(stderr, &self.talk);
        }
        if let Some(stdout) = child.stdout.take() {
            collect(stdout, &self.talk);
        }
        self.child = Some(child);
        self.wait_healthy()
    }

    /// Changes a variable for the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.launch.env.insert(name.to_owned(), value.to_owned());
    }

    /// Kills it without a word, as the out-of-memory killer does.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to read its settings again (SIGHUP) and waits until it says what came of that;
    /// returns what it said since.
    pub fn reload(&self) -> String {
        let before = self.talk().len();
        if let Some(pid) = self.child.as_ref().map(Pid::from_child) {
            kill_process(pid, Signal::HUP).expect("the server's process is there");
        }
        let give_up = Instant::now() + Duration::from_secs(10);
        loop {
            let said = self.talk().split_off(before);
            if ["settings reloaded", "settings were not reloaded"]
                .iter()
                .any(|end| said.contains(end))
            {
                return said;
            }
            assert!(Instant::now() < give_up, "it says nothing of a reload: {said}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks it to end (SIGTERM) without waiting.
    pub fn ask_to_end(&self) {
        if let Some(pid) = self.child.as_ref().map(Pid::from_child) {
            kill_process(pid, Signal::TERM).expect("the server's process is there");
        }
    }

    /// Asks it to end and waits for it; panics when it has not ended within half a minute.
    pub fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait_end(Duration::from_secs(30)).expect("the server ends when asked")
    }

    /// Waits for its end; `None` when it still runs after `at_most`.
    pub fn wait_end(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let give_up = Instant::now() + at_most;
        let child = self.child.as_mut()?;
        loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                self.child = None;
                return Some(status);
            }
            if Instant::now() > give_up {
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn wait_healthy(&mut self) -> Result<(), String> {
        let give_up = Instant::now() + Duration::from_secs(30);
        let health = Request::get(&self.url("/healthz")).timeout(Duration::from_secs(2));
        loop {
            if health.send().is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || Instant::now() > give_up {
                // What it said last is still on its way through the pipe.
                thread::sleep(Duration::from_millis(100));
                return Err(self.talk());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for LarderServer {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// A loopback address whose port nobody listens on, and that no other test is given while this
/// process runs. It lies below the ports that the system hands out, so that it is still free when
/// the server starts, and again after it was killed.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    /// Abstract sockets, one for each port: locks among processes that vanish with them.
    static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let start = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(7);
        let port = 20_000 + (start + step % 10_000) % 10_000;
        let name = UnixAddress::from_abstract_name(format!("larder-testkit-{port}"));
        let Ok(lock) = UnixListener::bind_addr(&name.expect("a short name is a name")) else {
            continue;
        };
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            TAKEN.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
            return listener.local_addr().expect("a bound listener has an address");
        }
    }
}

fn collect(from: impl std::io::Read + Send + 'static, talk: &Arc<Mutex<String>>) {
    let talk = Arc::clone(talk);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut talk = talk.lock().unwrap_or_else(PoisonError::into_inner);
            talk.push_str(&line);
            talk.push('\n');
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_addresses_differ() {
        assert_ne!(free_address(), free_address());
    }
}
