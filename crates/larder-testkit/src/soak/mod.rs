//! A soak: the real server under mixed load for as long as one likes, looked at from outside.
//!
//! [`clients`] ask for what is stored, for ever new modules, for lists and lookups, leave in the
//! middle, or hardly read; a maintainer refreshes, purges, lifts and collects. The store is smaller
//! than what passes through it, and its files are aged, so that zips are let go all the time.
//! Every answer is judged. Samples say what the process takes; whether that is a leak is for who
//! reads them.

mod clients;
mod sample;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::Database;
use crate::modules::{Module, ModuleFiles};
use crate::server::{LarderServer, Launch};
use crate::stored::Stored;
use crate::upstream::Upstream;

pub use self::clients::Counts;
pub use self::sample::Sample;

/// Modules that are asked for again and again.
const STOCK: usize = 60;
/// Bytes that the store may hold.
const STORE: u64 = 12 << 20;
/// Bytes of answers in memory: full within the first minute, so that what grows later is something else.
const MEMORY: &str = "1MiB";
/// Time between two samples.
const PAUSE: Duration = Duration::from_secs(5);

/// A server under load.
#[derive(Debug)]
pub struct Soak {
    upstream: Upstream,
    database: Database,
    server: LarderServer,
    stock: Vec<ModuleFiles>,
    counts: Counts,
}

impl Soak {
    /// Starts the server.
    pub fn new(exe: &Path) -> Soak {
        let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
        upstream.attach(&database);
        database.grow(1000);
        let publish = |number: usize| {
            let module = Module::new(&format!("example.com/Stock/m{number}"), "v1.0.0");
            upstream.publish(module.filler("data.bin", 2_000 << (number % 9)))
        };
        let stock = (0..STOCK).map(publish).collect();
        let server = Launch::new(exe, &upstream.url())
            .database(&database)
            .env("LARDER_STORE_MAX_SIZE", &STORE.to_string())
            .env("LARDER_MEMORY_RESPONSES", MEMORY)
            .env("LARDER_FRESH_TTL", "2s")
            .env("LARDER_FRESH_STALE_WHILE_REVALIDATE", "2s")
            .env("LARDER_LOG_ACCESS", "off")
            .env("LARDER_LOG_LEVEL", "warn")
            .start();
        Soak { upstream, database, server, stock, counts: Counts::default() }
    }

    /// Loads the server for so long. `told` gets each sample.
    pub fn run(&self, length: Duration, mut told: impl FnMut(&Sample)) -> Result<(), String> {
        let (stop, began) = (AtomicBool::new(false), Instant::now());
        thread::scope(|scope| {
            let clients = clients::start(scope, self, &stop);
            let mut result = Ok(());
            while began.elapsed() < length && result.is_ok() {
                thread::sleep(PAUSE.min(length.saturating_sub(began.elapsed())));
                result = sample::age(self.server.data());
                self.upstream.forget_seen();
                told(&Sample::of(&self.server, began.elapsed()));
                if clients.iter().any(thread::ScopedJoinHandle::is_finished) {
                    break;
                }
            }
            stop.store(true, Ordering::Relaxed);
            let ended = clients.into_iter().map(|client| client.join().expect("nobody panics"));
            ended.fold(result, Result::and)
        })
    }

    /// What was asked and answered so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Ends the server politely, and reads the whole store.
    pub fn end(mut self) -> Result<Stored, String> {
        let status = self.server.terminate();
        if !status.success() {
            return Err(format!("the server ended with {status}: {}", self.server.talk()));
        }
        Stored::read(self.server.data(), &self.stock)
    }

    /// What the server said, for want of anything better to explain a failure.
    pub fn talk(&self) -> String {
        self.server.talk()
    }
}
