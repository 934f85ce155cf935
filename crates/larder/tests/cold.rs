//! The cold path: a zip streams while it arrives, once for everyone, and its tail waits for the
//! verdict; what is false is cut off, kept out of the store, and refused with a reason.

use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{
    Behaviour, Database, Entry, Gate, Launch, Module, ModuleFiles, Upstream, Zip,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
/// What is held back until everything agrees.
const TAIL: usize = 64 * 1024;

fn big() -> Module {
    Module::new("example.com/big", "v1.0.0").file("a.go", "package big\n").filler("data", 1_000_000)
}

fn world(module: Module) -> (Upstream, ModuleFiles, String) {
    let upstream = Upstream::start();
    let files = upstream.publish(module);
    let path = files.url_path("zip");
    (upstream, files, path)
}

#[test]
fn a_cold_zip_streams_before_it_ends() {
    let (upstream, files, path) = world(big());
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(300_000, &gate));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let mut exchange = Request::get(&server.url(&path)).open().expect("a head");
    assert_eq!(exchange.header("content-length"), Some(files.zip.len().to_string().as_str()));
    let mut body = exchange.take(200_000).expect("bytes before the end");
    gate.open();
    body.extend(exchange.rest().expect("the rest"));
    assert!(body == files.zip.as_ref(), "other bytes");
    assert_eq!(server.wait_stored(&path).body, files.zip.as_ref());
}

#[test]
fn two_hundred_clients_of_one_cold_zip_cost_one_fetch_though_half_of_them_leave() {
    let (upstream, files, path) = world(big());
    let gate = Gate::new();
    upstream.always(&path, Behaviour::honest().held(500_000, &gate));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let url = server.url(&path);
    let whole = thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|number| {
                let url = &url;
                scope.spawn(move || {
                    let mut exchange = Request::get(url).open().expect("a head");
                    if number % 2 == 0 {
                        exchange.take(1 + number * 500).expect("some bytes");
                        return None;
                    }
                    Some(exchange.rest().expect("the whole zip"))
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        gate.open();
        let ended = clients.into_iter().map(|client| client.join().expect("no panic"));
        ended.flatten().inspect(|body| assert!(*body == files.zip.as_ref(), "other bytes")).count()
    });
    assert_eq!((whole, upstream.asked(&path)), (100, 1));
}

#[test]
fn a_client_that_leaves_does_not_stop_the_fetch() {
    let (upstream, files, path) = world(big());
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(300_000, &gate));
    let server = Launch::new(LARDER, &upstream.url()).start();
    drop(Request::get(&server.url(&path)).open().expect("a head").take(1000));
    thread::sleep(Duration::from_millis(100));
    gate.open();
    assert_eq!(server.wait_stored(&path).body, files.zip.as_ref());
    assert_eq!(upstream.asked(&path), 1);
}

#[test]
fn a_slow_client_does_not_hold_up_a_quick_one() {
    let (upstream, files, path) = world(big());
    let server = Launch::new(LARDER, &upstream.url()).start();
    let mut slow = Request::get(&server.url(&path)).open().expect("a head");
    let first = slow.take(1).expect("a byte");
    assert_eq!(get(&server.url(&path)).body, files.zip.as_ref());
    let rest = slow.rest().expect("the rest");
    assert!([first, rest].concat() == files.zip.as_ref(), "other bytes");
}

#[test]
fn a_broken_body_is_resumed_where_it_broke() {
    for chunked in [false, true] {
        let (upstream, files, path) = world(big());
        let broken = Behaviour::honest().truncated(400_000);
        upstream.once(&path, if chunked { broken.chunked() } else { broken });
        let server = Launch::new(LARDER, &upstream.url()).start();
        let (body, whole) = Request::get(&server.url(&path)).open().expect("a head").drain();
        if chunked && !whole {
            // Without a length nothing says that the rest belongs to the same bytes.
            continue;
        }
        assert!(whole && body == files.zip.as_ref(), "{} bytes, chunked: {chunked}", body.len());
        let ranges: Vec<Option<String>> = upstream
            .seen()
            .iter()
            .filter(|seen| seen.path == path)
            .map(|seen| seen.header("range").map(str::to_owned))
            .collect();
        assert_eq!(ranges.len(), 2, "{ranges:?}");
        assert!(ranges[1].as_ref().is_some_and(|range| range.starts_with("bytes=")), "{ranges:?}");
    }
}

#[test]
fn a_body_that_cannot_be_resumed_is_cut_and_had_anew_by_the_next() {
    let unfit = [Behaviour::honest().misplaced_range(), Behaviour::status(500, "no\n")];
    for answer in unfit {
        let (upstream, files, path) = world(big());
        upstream.once(&path, Behaviour::honest().truncated(400_000));
        for _ in 0..8 {
            upstream.once(&path, answer.clone());
        }
        let server = Launch::new(LARDER, &upstream.url()).start();
        let (body, whole) = Request::get(&server.url(&path)).open().expect("a head").drain();
        assert!(!whole && files.zip.starts_with(&body), "{} bytes", body.len());
        assert_ne!(server.stored(&path).status, 200);
        upstream.honest(&path);
        thread::sleep(Duration::from_millis(300));
        let again = get(&server.url(&path));
        assert_eq!((again.status, again.body.len()), (200, files.zip.len()), "{}", server.talk());
    }
}

#[test]
fn a_corrupted_zip_is_cut_before_its_tail_and_refused_from_then_on() {
    for (name, bend) in [
        ("with a length", Behaviour::honest().corrupted(500_000)),
        ("in chunks", Behaviour::honest().corrupted(500_000).chunked()),
    ] {
        let (upstream, files, path) = world(big());
        upstream.always(&path, bend);
        let server = Launch::new(LARDER, &upstream.url()).start();
        let (body, whole) = Request::get(&server.url(&path)).open().expect("a head").drain();
        assert!(!whole, "{name}: {} bytes told as whole", body.len());
        assert!(body.len() < files.zip.len(), "{name}: all of the body was sent");
        if name == "with a length" {
            assert!(body.len() <= files.zip.len() - TAIL, "{name}: {} bytes sent", body.len());
        }
        let next = get(&server.url(&path));
        assert_eq!(next.status, 403, "{name}: {}", next.text());
        assert!(next.text().contains("example.com/big@v1.0.0"), "{name}: {}", next.text());
        assert_ne!(server.stored(&path).status, 200, "{name}");
    }
}

#[test]
fn a_zip_with_another_hash_than_the_databases_is_refused() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let files = upstream.publish(big());
    let path = files.url_path("zip");
    let evil = big().file("evil.go", "package big // evil\n").build();
    upstream.serve(&path, "application/zip", evil.zip.to_vec());
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let (body, whole) = Request::get(&server.url(&path)).open().expect("a head").drain();
    assert!(!whole && body.len() <= evil.zip.len() - TAIL, "{} bytes", body.len());
    let next = get(&server.url(&path));
    assert_eq!(next.status, 403, "{}", next.text());
    assert!(next.text().contains("h1:"), "{}", next.text());
}

#[test]
fn a_zip_that_breaks_a_rule_is_never_told_as_whole() {
    let honest = || Module::new("example.com/m", "v1.0.0").file("a.go", "package m\n");
    let at = |name: &str| format!("example.com/m@v1.0.0/{name}");
    let zip = || honest().honest_zip();
    let cases: [(&str, Zip); 13] = [
        ("a foreign prefix", zip().file("example.com/n@v1.0.0/b.go", "package n\n")),
        ("a climbing name", zip().file(&at("../../b.go"), "package m\n")),
        ("an absolute name", zip().file("/etc/passwd", "x")),
        ("a name twice", zip().file(&at("a.go"), "package other\n")),
        ("names that differ in case", zip().file(&at("A.go"), "package m\n")),
        ("a go.mod in another case", zip().file(&at("GO.MOD"), "module x\n")),
        ("a go.mod below the root", zip().file(&at("sub/go.mod"), "module x\n")),
        ("a symlink", zip().entry(Entry::new(&at("link"), "a.go").unix_mode(0o120_777))),
        ("a lying size", zip().entry(Entry::zeros(&at("zeros"), 50_000_000).claiming_size(7))),
        ("a bomb", zip().entry(Entry::zeros(&at("zeros"), 600_000_000))),
        ("a wrong sum", zip().entry(Entry::new(&at("b.go"), "package m\n").claiming_crc(1))),
        ("another local name", zip().entry(Entry::new(&at("b.go"), "x").named_locally("evil"))),
        ("no end", zip().cut_to(200)),
    ];
    for (name, zip) in cases {
        let (upstream, _, path) = world(honest().zip(zip));
        let server = Launch::new(LARDER, &upstream.url()).start();
        let outcome = Request::get(&server.url(&path)).send();
        let whole = outcome.as_ref().is_ok_and(|answer| answer.status == 200);
        assert!(!whole, "{name}: was served");
        let next = get(&server.url(&path));
        assert_eq!(next.status, 403, "{name}: {}", next.text());
    }
}

#[test]
fn a_length_that_is_not_the_bodys_is_no_zip() {
    let (upstream, files, path) = world(big());
    for length in [files.zip.len() as u64 + 1000, 1000] {
        upstream.always(&path, Behaviour::honest().claiming_length(length).without_ranges());
        let server = Launch::new(LARDER, &upstream.url()).start();
        let outcome = Request::get(&server.url(&path)).send();
        assert!(outcome.is_err() || outcome.is_ok_and(|answer| answer.status != 200), "{length}");
        assert_ne!(server.stored(&path).status, 200, "{length}");
    }
}

#[test]
fn strict_mode_sends_nothing_before_the_verdict() {
    let (upstream, files, path) = world(big());
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(files.zip.len() - 1, &gate));
    let server = Launch::new(LARDER, &upstream.url()).env("LARDER_VERIFY", "strict").start();
    let request = Request::get(&server.url(&path));
    let early = request.clone().timeout(Duration::from_millis(400)).open();
    assert!(early.is_err(), "a head came before the zip was whole");
    gate.open();
    assert_eq!(request.send().expect("an answer").body, files.zip.as_ref());
    assert_eq!(upstream.asked(&path), 1);
}

#[test]
fn strict_mode_refuses_a_corrupted_zip_with_its_first_answer() {
    let (upstream, _, path) = world(big());
    upstream.always(&path, Behaviour::honest().corrupted(500_000));
    let server = Launch::new(LARDER, &upstream.url()).env("LARDER_VERIFY", "strict").start();
    let answer = get(&server.url(&path));
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[test]
fn a_mod_costs_one_mod() {
    let (upstream, files, _) = world(big());
    let server = Launch::new(LARDER, &upstream.url()).start();
    for _ in 0..3 {
        assert_eq!(get(&server.url(&files.url_path("mod"))).body, files.go_mod.as_ref());
    }
    let asked: Vec<String> = upstream.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(asked, [files.url_path("mod")]);
}

#[test]
fn a_stalled_zip_is_given_up_and_nobody_waits_for_ever() {
    let (upstream, files, path) = world(big());
    upstream.always(&path, Behaviour::honest().stalled(200_000));
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_FETCH_IDLE_TIMEOUT", "300ms").start();
    let begin = Instant::now();
    let (body, whole) = Request::get(&server.url(&path)).open().expect("a head").drain();
    assert!(!whole && files.zip.starts_with(&body));
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    upstream.honest(&path);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(get(&server.url(&path)).body, files.zip.as_ref());
}
