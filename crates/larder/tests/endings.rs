//! A polite end under load: nothing that was begun is cut, and what was answered is there
//! afterwards.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use larder_testkit::client::{Request, get};
use larder_testkit::{Database, Launch, Module, ModuleFiles, Stored, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const MODULES: usize = 60;
const CLIENTS: usize = 12;

fn parts(files: &ModuleFiles) -> [(String, &[u8]); 3] {
    [
        (files.url_path("info"), &files.info),
        (files.url_path("mod"), &files.go_mod),
        (files.url_path("zip"), &files.zip),
    ]
}

#[test]
fn a_polite_end_under_load_loses_no_request_that_was_answered() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    upstream.set_latency(Duration::from_millis(5));
    upstream.set_bandwidth(Some(20_000_000));
    let publish = |number| {
        let path = format!("example.com/m{number}");
        upstream.publish(Module::new(&path, "v1.0.0").filler("d", 2_000_usize << (number % 10)))
    };
    let modules: Vec<ModuleFiles> = (0..MODULES).map(publish).collect();
    let mut server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let (answered, cold) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0));
    let base = server.url("");
    let client = |number: usize| {
        // Each begins elsewhere, so that some ask for what is there and some for what is not.
        for files in modules.iter().cycle().skip(number * 5).take(MODULES) {
            for (path, bytes) in parts(files) {
                let opened = Request::get(&format!("{base}{path}")).open();
                // The server has ended, or ends: nothing was begun.
                let Ok(mut exchange) = opened else { return };
                assert_eq!(exchange.status, 200, "{path}");
                let body = exchange.rest().unwrap_or_else(|error| panic!("{path} is cut: {error}"));
                assert!(body == bytes, "{path}: other bytes");
                answered.lock().expect("no client has panicked").insert(path);
                cold.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        while cold.load(Ordering::Relaxed) < 40 {
            thread::sleep(Duration::from_millis(2));
        }
        server.ask_to_end();
        let status = server.wait_end(Duration::from_secs(40));
        assert!(status.is_some_and(|status| status.success()), "{status:?}: {}", server.talk());
        for client in clients {
            client.join().expect("nothing is cut");
        }
    });
    upstream.cut();
    server.restart();
    let answered = answered.into_inner().expect("no client has panicked");
    assert!(answered.len() >= 20, "{} answers are too few to say anything", answered.len());
    for (path, bytes) in modules.iter().flat_map(parts).filter(|(path, _)| answered.contains(path))
    {
        let answer = get(&server.url(&path));
        assert!(answer.status == 200 && answer.body == bytes, "{path} was answered, and is lost");
    }
    Stored::read(server.data(), &modules).expect("all that is stored is whole");
}
