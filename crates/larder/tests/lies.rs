//! Upstreams that flap, swallow connections, trickle, lie about length, send pages and wrong
//! entity tags, or lead round in circles: what a client is told as whole is right, what is false is
//! not kept, others do not wait, and once the upstream behaves everything can be had.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{
    Behaviour, BlackHole, Database, LarderServer, Launch, Module, ModuleFiles, Upstream,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
/// How long to wait for what must come.
const WAIT: Duration = Duration::from_secs(20);

/// A server that has little patience, and asks again soon.
fn launch(list: &str) -> Launch {
    Launch::new(LARDER, list)
        .env("LARDER_FETCH_CONNECT_TIMEOUT", "300ms")
        .env("LARDER_FETCH_HEAD_TIMEOUT", "1s")
        .env("LARDER_FETCH_IDLE_TIMEOUT", "500ms")
        .env("LARDER_FETCH_CIRCUIT_PAUSE", "200ms")
        .env("LARDER_FRESH_NEGATIVE_TTL", "10ms")
}

fn module(number: usize) -> Module {
    Module::new(&format!("example.com/m{number}"), "v1.0.0").filler("data", 200_000)
}

/// What can be asked for of a version, and what it is.
fn parts(files: &ModuleFiles, database: &Database) -> Vec<(String, Vec<u8>)> {
    let sumdb = format!("/sumdb/{}", database.name());
    let latest = files.list_path().replace("@v/list", "@latest");
    let lookup = format!("{sumdb}/lookup/{}@{}", files.path, files.version);
    vec![
        (files.list_path(), b"v1.0.0\n".to_vec()),
        (latest, files.info.to_vec()),
        (files.url_path("info"), files.info.to_vec()),
        (files.url_path("mod"), files.go_mod.to_vec()),
        (files.url_path("zip"), files.zip.to_vec()),
        (lookup, files.go_sum().into_bytes()),
    ]
}

/// Asks for a part; whether it was had, and then it is right. All else is an honest error.
fn ask(server: &LarderServer, path: &str, expected: &[u8]) -> bool {
    let Ok(answer) = Request::get(&server.url(path)).send() else { return false };
    let honest = [403, 500, 502, 503, 504].contains(&answer.status);
    assert!(answer.status == 200 || honest, "{path}: {}: {}", answer.status, answer.text());
    // A lookup begins with the record's number, and ends with a tree head.
    let holds = |body: &[u8]| body.windows(expected.len()).any(|part| part == expected);
    let right = answer.body == expected || (path.contains("/lookup/") && holds(&answer.body));
    assert!(right || answer.status != 200, "{path}: {} other bytes", answer.body.len());
    answer.status == 200
}

fn wait_for(server: &LarderServer, path: &str, expected: &[u8]) {
    let give_up = Instant::now() + WAIT;
    while !ask(server, path, expected) {
        assert!(Instant::now() < give_up, "{path} cannot be had: {}", server.talk());
        thread::sleep(Duration::from_millis(50));
    }
}

type Lie = fn(&str, &[u8]) -> Behaviour;

const LIES: [(&str, Lie); 10] = [
    ("a page", |_, _| Behaviour::html()),
    ("a page as a zip", |_, _| Behaviour::answer(200, "application/zip", b"<html></html>\n")),
    ("a zero", |_, _| Behaviour::answer(200, "text/plain", b"\0")),
    ("a length too long", |_, body| Behaviour::honest().claiming_length(body.len() as u64 + 7)),
    ("a length too short", |_, body| Behaviour::honest().claiming_length(body.len() as u64 / 2)),
    ("chunks that end early", |_, body| Behaviour::honest().chunked().truncated(body.len() / 2)),
    ("a redirect to itself", |path, _| Behaviour::redirect(path)),
    ("a silence", |_, _| Behaviour::honest().stalled(0)),
    ("an end before a head", |_, _| Behaviour::hang_up()),
    ("a server error", |_, _| Behaviour::status(500, "boom\n")),
];

/// Where a list or a record says that it ends it may be cut, and nobody can know.
fn can_be_known(lie: &str, path: &str) -> bool {
    lie != "a length too short" || path.contains(".zip")
}

#[test]
fn a_lie_is_not_told_on_and_not_kept_and_the_truth_is_had_after_it() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    // Each lie is to be listened to, however many there were before.
    let launch = launch(&upstream.url()).env("LARDER_FETCH_CIRCUIT_FAILURES", "1000000");
    let mut server = launch.database(&database).start();
    let mut asked = Vec::new();
    for (number, (name, lie)) in LIES.into_iter().enumerate() {
        let files = upstream.publish(module(number));
        for (path, expected) in parts(&files, &database) {
            upstream.always(&path, lie(&path, &expected));
            asked.push((name, path, expected));
        }
    }
    thread::scope(|scope| {
        let server = &server;
        for (name, path, expected) in &asked {
            if can_be_known(name, path) {
                scope.spawn(move || {
                    assert!(!ask(server, path, expected), "{name}: {path} was told as whole");
                    assert_ne!(server.stored(path).status, 200, "{name}: {path} is kept");
                });
            }
        }
    });
    for (_, path, _) in &asked {
        upstream.honest(path);
    }
    // What was refused for its content is remembered for minutes, by the process alone.
    server.restart();
    for (_, path, expected) in &asked {
        wait_for(&server, path, expected);
    }
}

#[test]
fn the_rest_of_another_body_is_not_put_behind_the_beginning_of_one() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let server = launch(&upstream.url()).database(&database).start();
    let tags = [
        ("another tag", "\"a\"", "\"b\""),
        ("the same tag, wrongly", "\"a\"", "\"a\""),
        ("a weak tag", "W/\"a\"", "W/\"a\""),
    ];
    for (number, (name, first, second)) in tags.into_iter().enumerate() {
        let files = upstream.publish(module(number));
        let path = files.url_path("zip");
        let breaks_off = Behaviour::honest().header("ETag", first).truncated(100_000);
        upstream.once(&path, breaks_off);
        // Asked from there on, it has other bytes.
        for _ in 0..8 {
            upstream.once(&path, Behaviour::honest().header("ETag", second).corrupted(150_000));
        }
        assert!(!ask(&server, &path, &files.zip), "{name}: told as whole");
        assert_ne!(server.stored(&path).status, 200, "{name}: kept");
    }
}

#[test]
fn an_upstream_that_comes_and_goes_costs_only_time() {
    const MODULES: usize = 24;
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let modules: Vec<_> = (0..MODULES).map(|number| upstream.publish(module(number))).collect();
    let asked: Vec<_> = modules.iter().flat_map(|files| parts(files, &database)).collect();
    let server = launch(&upstream.url()).database(&database).start();
    let (over, had) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for client in 0..8 {
            let (server, asked, over, had) = (&server, &asked, &over, &had);
            scope.spawn(move || {
                for (path, expected) in asked.iter().cycle().skip(client * 17) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    had.fetch_add(usize::from(ask(server, path, expected)), Ordering::Relaxed);
                }
            });
        }
        for _ in 0..12 {
            upstream.cut();
            thread::sleep(Duration::from_millis(120));
            let before = had.load(Ordering::Relaxed);
            upstream.restore();
            // Something is had again, however long the circuit waits.
            let came_back = Instant::now();
            while had.load(Ordering::Relaxed) == before && came_back.elapsed() < WAIT {
                thread::sleep(Duration::from_millis(5));
            }
            over.store(had.load(Ordering::Relaxed) == before, Ordering::Relaxed);
            assert!(!over.load(Ordering::Relaxed), "nothing is had although the upstream is back");
        }
        over.store(true, Ordering::Relaxed);
    });
    for (path, expected) in &asked {
        wait_for(&server, path, expected);
    }
}

#[test]
fn an_upstream_that_swallows_connections_is_given_up_and_holds_up_no_hit() {
    let (upstream, hole) = (Upstream::start(), BlackHole::open());
    let [one, other, third] = [0, 1, 2].map(|number| upstream.publish(module(number)));
    // What is behind it is had all the same.
    let list = format!("{}|{}", hole.url(), upstream.url());
    let mut server = launch(&list).start();
    for (path, bytes) in
        [(one.url_path("zip"), &one.zip), (one.list_path(), &b"v1.0.0\n"[..].into())]
    {
        assert!(ask(&server, &path, bytes), "{path}: {}", server.talk());
    }
    server.wait_stored(&one.url_path("zip"));
    assert!(server.terminate().success());
    // Alone, it is an honest error in time, and nobody waits for it who asks for what is here.
    let data = server.data().to_owned();
    let server = launch(&hole.url()).data(&data).start();
    thread::scope(|scope| {
        for files in [&other, &third] {
            let (server, path) = (&server, files.url_path("mod"));
            scope.spawn(move || {
                let begin = Instant::now();
                let status = get(&server.url(&path)).status;
                assert!([502, 503, 504].contains(&status), "{status}");
                assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
            });
        }
        for _ in 0..20 {
            let request = Request::get(&server.url(&one.url_path("zip")));
            let answer = request.timeout(Duration::from_secs(5)).send().expect("a hit");
            assert!(answer.body == one.zip.as_ref(), "{}: other bytes", answer.status);
        }
    });
    assert_eq!(get(&server.url(&one.list_path())).text(), "v1.0.0\n");
}

#[test]
fn a_body_of_a_byte_a_second_holds_up_nobody_and_has_an_end() {
    let upstream = Upstream::start();
    let [slow, quick] = [0, 1].map(|number| upstream.publish(module(number)));
    let path = slow.url_path("zip");
    upstream.always(&path, Behaviour::honest().trickled(1, Duration::from_millis(200)));
    let server = launch(&upstream.url()).start();
    thread::scope(|scope| {
        scope.spawn(|| {
            let begin = Instant::now();
            assert!(!ask(&server, &path, &slow.zip), "it takes eleven hours");
            assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
        });
        for (path, bytes) in
            [(quick.url_path("zip"), &quick.zip), (slow.url_path("mod"), &slow.go_mod)]
        {
            assert!(ask(&server, &path, bytes), "{path}: {}", server.talk());
        }
    });
    upstream.honest(&path);
    wait_for(&server, &path, &slow.zip);
}
