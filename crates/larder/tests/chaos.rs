//! An upstream that does everything wrong at random while many ask: whatever a client is told as
//! whole is right, and once the upstream behaves, everything can be had.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use larder_testkit::client::{Request, Response, get};
use larder_testkit::{Behaviour, Database, LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const MODULES: usize = 12;
const CLIENTS: u64 = 8;
const REQUESTS: usize = 60;

/// xorshift: a test that fails can be had again with its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or(0)
    }
}

fn misbehaviour(random: &mut Random, length: usize) -> Behaviour {
    let at = random.below(length.max(1));
    // Of a zip, a byte of a file's content: times and attributes are in no hash, as go has it.
    let within = if length > 2_000 { 500 + random.below(length - 1_500) } else { at };
    match random.below(16) {
        0 => Behaviour::honest().truncated(at),
        1 => Behaviour::honest().chunked().truncated(at),
        2 => Behaviour::honest().corrupted(within),
        3 => Behaviour::honest().chunked().corrupted(within),
        4 => Behaviour::honest().claiming_length(length as u64 + 7),
        5 => Behaviour::honest().claiming_length(at as u64),
        6 => Behaviour::honest().stalled(at),
        7 => Behaviour::honest().trickled(length / 5 + 1, Duration::from_millis(20)),
        8 => Behaviour::honest().until_close().truncated(at),
        9 => Behaviour::honest().truncated(at).misplaced_range(),
        10 => Behaviour::honest().delayed(Duration::from_millis(50)),
        11 => Behaviour::status(503, "busy\n"),
        12 => Behaviour::status(404, "not found: for now\n"),
        13 => Behaviour::html(),
        14 => Behaviour::hang_up(),
        _ => Behaviour::honest(),
    }
}

struct World {
    upstream: Upstream,
    modules: Vec<ModuleFiles>,
    server: LarderServer,
}

fn world(database: Option<&Database>) -> World {
    let upstream = Upstream::start();
    if let Some(database) = database {
        upstream.attach(database);
        database.grow(300);
    }
    let publish = |number: usize| {
        let module = Module::new(&format!("example.com/m{number}"), "v1.0.0");
        upstream.publish(module.filler("data", 3_000 << number))
    };
    let modules: Vec<_> = (0..MODULES).map(|number| publish(number % 8 + number / 8)).collect();
    let launch = Launch::new(LARDER, &upstream.url())
        .env("LARDER_PROOF_WAIT", "300ms")
        .env("LARDER_FETCH_IDLE_TIMEOUT", "200ms")
        .env("LARDER_FETCH_HEAD_TIMEOUT", "300ms")
        .env("LARDER_FETCH_CONNECT_TIMEOUT", "300ms")
        .env("LARDER_FRESH_NEGATIVE_TTL", "10ms")
        .env("LARDER_FRESH_TTL", "50ms")
        .env("LARDER_FRESH_STALE_WHILE_REVALIDATE", "0s");
    let server = match database {
        Some(database) => launch.database(database).start(),
        None => launch.start(),
    };
    World { upstream, modules, server }
}

fn parts(files: &ModuleFiles) -> [(String, &[u8]); 4] {
    [
        (files.url_path("info"), &files.info),
        (files.url_path("mod"), &files.go_mod),
        (files.url_path("zip"), &files.zip),
        (files.list_path(), b"v1.0.0\n"),
    ]
}

/// What is told as whole is right.
fn judge(path: &str, expected: &[u8], answer: &Response, seed: u64) {
    let known = [200, 403, 404, 502, 503, 504];
    assert!(known.contains(&answer.status), "seed {seed}: {path}: {}", answer.status);
    // Nothing tells a list that was cut where its framing says it ends from a shorter list.
    let may_be_short = path.ends_with("/list") && expected.starts_with(&answer.body);
    let right = answer.status != 200 || answer.body == expected || may_be_short;
    assert!(right, "seed {seed}: {path}: {} bytes that are not its own", answer.body.len());
}

fn trouble(world: &World, seed: u64) -> usize {
    let whole = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in 1..=CLIENTS {
            let (whole, world) = (&whole, &world);
            scope.spawn(move || {
                let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(client) | 1);
                for _ in 0..REQUESTS {
                    let files = &world.modules[random.below(MODULES)];
                    let parts = parts(files);
                    let (path, expected) = &parts[random.below(parts.len())];
                    let bent = misbehaviour(&mut random, expected.len());
                    world.upstream.once(path, bent);
                    let request = Request::get(&world.server.url(path));
                    if let Ok(answer) = request.timeout(Duration::from_secs(20)).send() {
                        judge(path, expected, &answer, seed);
                        whole.fetch_add(usize::from(answer.status == 200), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    whole.into_inner()
}

fn calm(world: &mut World, seed: u64) {
    for files in &world.modules {
        for (path, _) in parts(files) {
            world.upstream.honest(&path);
        }
    }
    // What was refused for its content is remembered by the process alone.
    world.server.restart();
    for files in &world.modules {
        for (path, expected) in parts(files) {
            let answer = get(&world.server.url(&path));
            assert_eq!(answer.status, 200, "seed {seed}: {path}: {}", answer.text());
            judge(&path, expected, &answer, seed);
        }
    }
}

#[test]
fn with_a_database_nothing_false_is_told_as_whole() {
    for seed in 1..=3 {
        let database = Database::new("sum.example.com");
        let mut world = world(Some(&database));
        let whole = trouble(&world, seed);
        assert!(whole > 50, "seed {seed}: hardly anything was served: {whole}");
        calm(&mut world, seed);
        assert_eq!(get(&world.server.url("/healthz")).status, 200);
    }
}

#[test]
fn without_a_database_no_broken_zip_is_told_as_whole() {
    let seed = 4;
    let world = world(None);
    // A byte that differs in an .info or a .mod cannot be noticed without a database.
    thread::scope(|scope| {
        for client in 1..=CLIENTS {
            let world = &world;
            scope.spawn(move || {
                let mut random = Random(client * 7_919);
                for _ in 0..REQUESTS / 2 {
                    let files = &world.modules[random.below(MODULES)];
                    let path = files.url_path("zip");
                    let bent = misbehaviour(&mut random, files.zip.len());
                    world.upstream.once(&path, bent);
                    if let Ok(answer) = Request::get(&world.server.url(&path)).send() {
                        judge(&path, &files.zip, &answer, seed);
                    }
                }
            });
        }
    });
}
