//! Many at once: one fetch whatever is asked, memory that does not grow with bodies, and limits
//! that hold without harming those within them.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{Behaviour, Gate, LarderServer, Launch, Module, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// The most memory the process has had, in MiB (`VmHWM` of proc(5)).
fn peak_memory(server: &LarderServer) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{}/status", server.pid()));
    let status = status.expect("a running process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.expect("the kernel tells the peak") / 1024
}

#[test]
fn many_who_ask_at_once_cost_one_request_of_each_kind() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("data", 300_000));
    let latest = "/example.com/a/@latest".to_owned();
    let branch = "/example.com/a/@v/main.info".to_owned();
    upstream.serve(&branch, "application/json", files.info.to_vec());
    let missing = "/example.com/a/@v/v1.9.9.mod".to_owned();
    let [info, go_mod, zip] = ["info", "mod", "zip"].map(|suffix| files.url_path(suffix));
    let paths = [info, go_mod, zip, files.list_path(), latest, branch, missing];
    upstream.set_latency(Duration::from_millis(300));
    let server = Launch::new(LARDER, &upstream.url()).start();
    thread::scope(|scope| {
        for path in &paths {
            for _ in 0..25 {
                let url = server.url(path);
                scope.spawn(move || {
                    let expect = if url.contains("v1.9.9") { 404 } else { 200 };
                    assert_eq!(get(&url).status, expect, "{url}");
                });
            }
        }
    });
    for path in &paths {
        assert_eq!(upstream.asked(path), 1, "{path}");
    }
    upstream.cut();
    for suffix in ["info", "mod", "zip"] {
        server.wait_stored(&files.url_path(suffix));
    }
}

#[test]
fn bodies_do_not_pass_through_memory_whole() {
    const SIZE: usize = 64 << 20;
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/big", "v1.0.0").filler("data", SIZE));
    let path = files.url_path("zip");
    let server = Launch::new(LARDER, &upstream.url()).start();
    for turn in ["cold", "warm"] {
        thread::scope(|scope| {
            for _ in 0..12 {
                let url = server.url(&path);
                let length = files.zip.len();
                scope.spawn(move || {
                    let mut exchange = Request::get(&url).open().expect("a head");
                    exchange.take(1000).expect("some bytes");
                    thread::sleep(Duration::from_millis(200));
                    assert_eq!(exchange.rest().expect("the rest").len() + 1000, length);
                });
            }
        });
        let peak = peak_memory(&server);
        assert!(peak < 200, "{turn}: 12 clients of a 64 MiB zip took {peak} MiB");
    }
}

#[test]
fn a_small_allowance_for_bytes_in_flight_slows_and_does_not_starve() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("d", 3_000_000));
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_LIMITS_BYTES_IN_FLIGHT", "512KiB").start();
    let url = server.url(&files.url_path("zip"));
    // Some who took their share and read no further: their time is limited by others.
    let _idle: Vec<_> = (0..3).map(|_| Request::get(&url).open().expect("a head")).collect();
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert!(get(&url).body == files.zip.as_ref(), "other bytes"));
        }
    });
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
}

#[test]
fn more_connections_than_allowed_wait_or_are_refused_and_the_rest_is_served() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let server = Launch::new(LARDER, &upstream.url()).env("LARDER_LIMITS_CONNECTIONS", "8").start();
    let url = server.url(&files.url_path("mod"));
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..60 {
            scope.spawn(|| {
                let answer = Request::get(&url).timeout(Duration::from_secs(5)).send();
                if answer.is_ok_and(|answer| answer.status == 200) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(count.load(Ordering::Relaxed) >= 8, "{count:?}");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(get(&url).status, 200);
}

#[test]
fn a_cold_fetch_of_one_module_does_not_hold_up_what_is_stored_of_another() {
    let upstream = Upstream::start();
    let stored = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    get(&server.url(&stored.url_path("mod")));
    let gate = Gate::new();
    let stuck: Vec<String> = (0..300)
        .map(|number| {
            let path = format!("/example.com/m{number}/@v/v1.0.0.mod");
            upstream.always(&path, Behaviour::status(404, "no\n").held(0, &gate));
            server.url(&path)
        })
        .collect();
    thread::scope(|scope| {
        for url in &stuck {
            scope.spawn(move || assert_eq!(get(url).status, 404));
        }
        thread::sleep(Duration::from_millis(500));
        for _ in 0..50 {
            let request = Request::get(&server.url(&stored.url_path("mod")));
            let answer = request.timeout(Duration::from_secs(2)).send();
            assert!(answer.is_ok_and(|answer| answer.status == 200), "a hit waits for misses");
        }
        gate.open();
    });
}

#[test]
fn a_range_of_a_cold_zip_and_its_head_are_answered_without_harm() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("d", 500_000));
    let path = files.url_path("zip");
    let server = Launch::new(LARDER, &upstream.url()).start();
    let url = server.url(&path);
    let ranged = Request::get(&url).header("Range", "bytes=100-199").send().expect("an answer");
    match ranged.status {
        200 => assert!(ranged.body == files.zip.as_ref(), "other bytes"),
        206 => assert!(ranged.body == files.zip[100..200], "other bytes"),
        status => panic!("{status}"),
    }
    let other = upstream.publish(Module::new("example.com/b", "v1.0.0").filler("d", 500_000));
    let head = Request::new("HEAD", &server.url(&other.url_path("zip"))).send().expect("a head");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(get(&server.url(&other.url_path("zip"))).body, other.zip.as_ref());
    assert!(upstream.asked(&other.url_path("zip")) <= 2);
}

#[test]
fn a_client_that_reads_nothing_is_cut_in_time() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("d", 30_000_000));
    let server =
        Launch::new(LARDER, &upstream.url()).env("LARDER_LIMITS_WRITE_TIMEOUT", "500ms").start();
    let url = server.url(&files.url_path("zip"));
    assert!(get(&url).body == files.zip.as_ref());
    let mut lazy = Request::get(&url).open().expect("a head");
    thread::sleep(Duration::from_secs(2));
    let (body, whole) = lazy.drain();
    assert!(!whole && files.zip.starts_with(&body), "{} bytes, whole: {whole}", body.len());
}

#[test]
fn of_cold_zips_only_so_many_are_waited_for_and_the_rest_is_told_to_come_back() {
    // 256 arrive, 256 wait for their turn.
    const PLACES: usize = 512;
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/warm", "v1.0.0"));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let warm = server.url(&files.url_path("mod"));
    assert_eq!(get(&warm).status, 200);
    upstream.set_latency(Duration::from_secs(20));
    let ask = |n: usize| {
        let mut client = TcpStream::connect(server.address()).expect("a connection");
        let head = format!("GET /example.com/cold/@v/v1.0.{n}.zip HTTP/1.1\r\nHost: l\r\n\r\n");
        client.write_all(head.as_bytes()).expect("it is taken");
        client
    };
    let waiting: Vec<_> = (0..PLACES + 8).map(ask).collect();
    let refused = |count: usize| {
        let line = format!("larder_requests_refused_total{{reason=\"cold_zips\"}} {count}\n");
        get(&server.url("/metrics")).text().contains(&line)
    };
    let give_up = Instant::now() + Duration::from_secs(15);
    while !refused(8) {
        assert!(Instant::now() < give_up, "the eight that are too many were not refused");
        thread::sleep(Duration::from_millis(20));
    }
    let one_more = get(&server.url("/example.com/cold/@v/v1.1.0.zip"));
    assert_eq!((one_more.status, one_more.header("retry-after")), (503, Some("1")));
    assert!(one_more.text().contains("too many zips are being fetched"), "{}", one_more.text());
    assert_eq!(get(&warm).status, 200, "what is in memory does not wait");
    drop(waiting);
}
