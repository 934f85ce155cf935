//! What systemd sees of the server: the real binary with `NOTIFY_SOCKET`, `WATCHDOG_USEC` and
//! `LISTEN_FDS`, the supervisor's part played by the test (and once by systemd's own tool).

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{Behaviour, Gate, Launch, Module, Upstream, free_address};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const PATIENCE: Duration = Duration::from_secs(20);

/// A socket that hears what the server tells.
struct Supervisor {
    socket: UnixDatagram,
    path: PathBuf,
    _home: TempDir,
}

impl Supervisor {
    fn start() -> Self {
        let home = TempDir::new().expect("a folder of its own");
        let path = home.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket works");
        Self { socket, path, _home: home }
    }

    fn watches(&self, launch: Launch) -> Launch {
        launch.env("NOTIFY_SOCKET", &self.path.display().to_string())
    }

    /// The next thing told within this time.
    fn next(&self, within: Duration) -> Option<String> {
        let mut buffer = [0; 4096];
        self.socket.set_read_timeout(Some(within)).expect("a socket works");
        let len = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..len]).into_owned())
    }

    /// Waits for something that begins so.
    #[track_caller]
    fn wait(&self, begin: &str) -> String {
        let (give_up, mut heard) = (Instant::now() + PATIENCE, Vec::new());
        while let Some(told) = self.next(give_up.saturating_duration_since(Instant::now())) {
            if told.starts_with(begin) {
                return told;
            }
            heard.push(told);
        }
        panic!("`{begin}` is never told, but: {heard:?}");
    }

    /// Forgets what was told until now.
    fn forget(&self) {
        while self.next(Duration::from_millis(1)).is_some() {}
    }
}

#[test]
fn a_supervisor_is_told_of_the_start_a_reload_and_the_end() {
    let (upstream, supervisor) = (Upstream::start(), Supervisor::start());
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("x", 500_000));
    let path = files.url_path("zip");
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(200_000, &gate));
    let mut server = supervisor.watches(Launch::new(LARDER, &upstream.url())).start();
    supervisor.wait("READY=1");
    assert!(server.reload().contains("settings reloaded"));
    let reloading = supervisor.wait("RELOADING=1\nMONOTONIC_USEC=");
    let micros = reloading.rsplit('=').next().unwrap().parse::<u64>().unwrap();
    assert!(micros > 0, "{reloading}");
    supervisor.wait("READY=1");
    let mut running = Request::get(&server.url(&path)).open().expect("a head");
    server.ask_to_end();
    let stopping = supervisor.wait("STOPPING=1");
    assert!(stopping.contains("STATUS=stopping"), "{stopping}");
    let more = supervisor.wait("EXTEND_TIMEOUT_USEC=");
    assert!(more.rsplit('=').next().unwrap().parse::<u64>().unwrap() > 1_000_000, "{more}");
    gate.open();
    running.rest().expect("the rest");
    assert!(server.wait_end(PATIENCE).expect("it ends").success());
}

#[test]
fn a_line_of_status_says_where_it_serves_and_what_is_amiss() {
    let supervisor = Supervisor::start();
    let server = supervisor.watches(Launch::new(LARDER, "")).start();
    let status = supervisor.wait("STATUS=");
    let expect = format!("STATUS=serving on {}", server.url(""));
    assert!(status.starts_with(&expect), "{status}");
    assert!(status.contains("upstream: no upstream is set"), "{status}");
}

#[test]
fn one_serving_thread_that_hangs_costs_the_sign_of_life() {
    let (upstream, supervisor) = (Upstream::start(), Supervisor::start());
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let launch = supervisor.watches(Launch::new(LARDER, &upstream.url()));
    let launch = launch.env("WATCHDOG_USEC", "1000000").env("LARDER_WORKERS", "2");
    let home = TempDir::new().unwrap();
    let mut server = launch.data(home.path()).start();
    let path = files.url_path("mod");
    get(&server.url(&path));
    server.wait_stored(&path);
    supervisor.wait("WATCHDOG=1");
    // A record that opens and never says anything: a pipe without a writer. A thread that reads
    // its store from a disk that hangs is as stuck.
    let record = find(&home.path().join("v1/ver"), "v1.0.0").expect("a record");
    server.kill9();
    fs_err::remove_file(&record).unwrap();
    mkfifo(&record);
    server.restart();
    supervisor.wait("WATCHDOG=1");
    let (url, asked) = (server.url(&path), std::time::Duration::from_secs(30));
    let asking = std::thread::spawn(move || Request::get(&url).timeout(asked).send());
    assert!(server.wait_talk("a serving thread does not answer"), "{}", server.talk());
    supervisor.forget();
    let told = supervisor.next(Duration::from_millis(1500));
    assert_ne!(told.as_deref(), Some("WATCHDOG=1"));
    // The disk comes back, and so do the signs of life.
    let pen = fs_err::OpenOptions::new().write(true).open(&record).unwrap();
    fs_err::remove_file(&record).unwrap();
    drop(pen);
    let _whatever = asking.join().unwrap();
    supervisor.wait("WATCHDOG=1");
    assert!(server.wait_talk("the serving threads answer again"), "{}", server.talk());
}

fn mkfifo(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)
        .expect("the system does it");
}

/// The file below `folder` with this name.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    fs_err::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}

/// `larder serve` as a supervisor starts it that hands sockets over: a shell gives them their
/// numbers, and the process its own id, as `sd_listen_fds` wants it.
struct Activated {
    child: Child,
}

impl Activated {
    fn start(home: &TempDir, names: &str, sockets: &[&TcpListener]) -> Self {
        let script = match sockets.len() {
            0 => "",
            1 => "exec 3<&0",
            _ => "exec 3<&0 4<&1",
        };
        let shell = format!(
            "{script}\nexport LISTEN_PID=$$ LISTEN_FDS={} LISTEN_FDNAMES={names}\n\
             exec \"$LARDER_EXE\" serve </dev/null >/dev/null",
            sockets.len()
        );
        let shell = shell.replace("\"$LARDER_EXE\"", &format!("'{LARDER}'"));
        let handed = |index: usize| match sockets.get(index) {
            Some(socket) => {
                Stdio::from(OwnedFd::from(socket.try_clone().expect("the system does it")))
            }
            None => Stdio::null(),
        };
        let child = Command::new("/bin/sh")
            .args(["-c", &shell])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("GOSUMDB", "off")
            .env("LARDER_UPSTREAM", "off")
            .env("LARDER_DATA", home.path().join("data"))
            // Taken on purpose: what is handed over counts.
            .env("LARDER_LISTEN", "127.0.0.1:1")
            .env("LARDER_ADMIN_LISTEN", if sockets.len() == 2 { "127.0.0.1:1" } else { "off" })
            .current_dir(home.path())
            .stdin(handed(0))
            .stdout(handed(1))
            .stderr(Stdio::piped())
            .spawn();
        Self { child: child.expect("the system does it") }
    }

    fn said_at_its_end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let status = self.child.wait().expect("the system does it");
        self.child
            .stderr
            .take()
            .expect("the system does it")
            .read_to_string(&mut said)
            .expect("the system does it");
        (status.code(), said)
    }
}

impl Drop for Activated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket works");
    let address = listener.local_addr().expect("a socket works");
    (listener, address)
}

#[track_caller]
fn check_healthy(address: SocketAddr) {
    let health = Request::get(&format!("http://{address}/healthz")).timeout(PATIENCE);
    assert_eq!(health.send().expect("an answer").status, 200);
}

#[test]
fn a_restart_behind_a_socket_that_was_handed_over_loses_no_connection() {
    let home = TempDir::new().unwrap();
    let (listener, address) = listener();
    for name in ["larder", "unknown", ""] {
        // The client comes before the server; the socket keeps it.
        let client = std::thread::spawn(move || check_healthy(address));
        let server = Activated::start(&home, name, &[&listener]);
        client.join().unwrap();
        check_healthy(address);
        drop(server);
    }
}

#[test]
fn sockets_are_told_apart_by_name() {
    let home = TempDir::new().unwrap();
    let ((first, admin), (second, main)) = (listener(), listener());
    let _server = Activated::start(&home, "admin:larder", &[&first, &second]);
    check_healthy(main);
    let status = Request::get(&format!("http://{admin}/v1/status")).timeout(PATIENCE).send();
    assert_eq!(status.expect("an answer").status, 401, "the maintainers' API wants a token");
}

#[test]
fn a_socket_that_nobody_would_serve_is_a_wrong_use() {
    let home = TempDir::new().unwrap();
    let (socket, _) = listener();
    let (code, said) =
        Activated::start(&home, "larder:metrics", &[&socket, &socket]).said_at_its_end();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("a socket named `metrics` is served by nobody"), "{said}");
}

#[test]
fn systemds_own_tool_starts_it_at_the_first_connection() {
    const TOOL: &str = "/usr/bin/systemd-socket-activate";
    if !Path::new(TOOL).exists() {
        eprintln!("skipped: {TOOL} is not there");
        return;
    }
    let home = TempDir::new().unwrap();
    let address = free_address();
    let child = Command::new(TOOL)
        .args(["--listen", &address.to_string(), "--fdname=larder"])
        .args(["--setenv=GOSUMDB=off", "--setenv=LARDER_ADMIN_LISTEN=off"])
        .args([LARDER, "serve", "--upstream", "off", "--data"])
        .arg(home.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let server = Activated { child: child.unwrap() };
    let give_up = Instant::now() + PATIENCE;
    let health = Request::get(&format!("http://{address}/healthz")).timeout(PATIENCE);
    while !health.send().is_ok_and(|answer| answer.status == 200) {
        assert!(Instant::now() < give_up, "nobody answers on {address}");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
}
