//! Crowds that want nothing or take for ever: connections that send nothing, readers of a hundred
//! zips who hardly read. Neither costs more than its bound, and who comes meanwhile is served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{LarderServer, Launch, Module, ModuleFiles, Upstream, raise_open_files};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const MIB: u64 = 1 << 20;
/// What a client that behaves may have to wait, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody who comes meanwhile has what is stored and what is not.
fn serves_others(server: &LarderServer, stored: &ModuleFiles, cold: &[ModuleFiles]) {
    let asks = [(stored.url_path("mod"), &stored.go_mod), (stored.url_path("zip"), &stored.zip)];
    let cold = cold.iter().map(|files| (files.url_path("zip"), &files.zip));
    for (path, bytes) in asks.into_iter().chain(cold) {
        let answer = Request::get(&server.url(&path)).timeout(PATIENCE).send();
        let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer.body == bytes.as_ref(), "{path}: {}: other bytes", answer.status);
    }
}

fn publish(upstream: &Upstream, name: &str, size: usize) -> ModuleFiles {
    upstream.publish(Module::new(&format!("example.com/{name}"), "v1.0.0").filler("d", size))
}

/// Waits until the server has no more than so many files open.
fn wait_for_files(server: &LarderServer, most: usize) {
    let give_up = Instant::now() + Duration::from_secs(30);
    while server.process().open_files() > most {
        let open = server.process().open_files();
        assert!(Instant::now() < give_up, "{open} files are still open, and not {most}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn two_thousand_who_send_nothing_cost_little_and_are_let_go() {
    const CROWD: usize = 2_000;
    if raise_open_files() < 5_000 {
        println!("skipped: two thousand connections: this user may not open so many files");
        return;
    }
    let upstream = Upstream::start();
    let stored = publish(&upstream, "stored", 300_000);
    let cold: Vec<_> = (0..3).map(|n| publish(&upstream, &format!("cold{n}"), 300_000)).collect();
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_LIMITS_HEADER_TIMEOUT", "8s").start();
    assert_eq!(get(&server.url(&stored.url_path("zip"))).status, 200);
    let before = (server.process().anonymous_memory(), server.process().open_files());
    let connect = |number: usize| {
        let mut stream = TcpStream::connect(server.address()).expect("a connection");
        // Every other one begins a request that it never ends.
        if number % 2 == 1 {
            stream.write_all(b"GET /example.com/").expect("a few bytes are sent");
        }
        stream
    };
    let crowd: Vec<TcpStream> = (0..CROWD).map(connect).collect();
    serves_others(&server, &stored, &cold);
    let grown = server.process().anonymous_memory().saturating_sub(before.0);
    println!("{CROWD} connections that send nothing: {} KiB each", grown / 1024 / CROWD as u64);
    assert!(grown < 48 * MIB, "{CROWD} connections take {} MiB", grown / MIB);
    wait_for_files(&server, before.1 + 64);
    serves_others(&server, &stored, &[]);
    drop(crowd);
}

#[test]
fn a_hundred_who_hardly_read_their_zips_keep_within_their_bound() {
    const CROWD: usize = 100;
    let upstream = Upstream::start();
    let zips: Vec<_> =
        (0..CROWD).map(|number| publish(&upstream, &format!("m{number}"), 1_500_000)).collect();
    let stored = publish(&upstream, "stored", 300_000);
    let cold: Vec<_> = (0..3).map(|n| publish(&upstream, &format!("cold{n}"), 300_000)).collect();
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_LIMITS_BYTES_IN_FLIGHT", "16MiB").start();
    // Cold, each of them costs a fetch with its buffers, too.
    for (turn, most) in [("cold", 96 * MIB), ("stored", 32 * MIB)] {
        let before = server.process().anonymous_memory();
        let open = |files: &ModuleFiles| {
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            let path = files.url_path("zip");
            write!(stream, "GET {path} HTTP/1.1\r\nHost: larder\r\n\r\n").expect("a request");
            stream
        };
        let mut crowd: Vec<TcpStream> = zips.iter().map(open).collect();
        let mut peak = 0;
        for _ in 0..10 {
            for stream in &mut crowd {
                stream.read_exact(&mut [0; 200]).expect("a few bytes");
            }
            peak = peak.max(server.process().anonymous_memory());
            thread::sleep(Duration::from_millis(50));
        }
        serves_others(&server, &stored, if turn == "cold" { &cold } else { &[] });
        let grown = peak.max(server.process().anonymous_memory()).saturating_sub(before);
        println!("{CROWD} slow readers of {turn} zips: {} MiB", grown / MIB);
        assert!(grown < most, "{turn}: {CROWD} slow readers take {} MiB", grown / MIB);
    }
    for files in &zips {
        server.wait_stored(&files.url_path("zip"));
    }
}
