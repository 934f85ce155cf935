//! Kill rounds: a server under load is killed at a random instant and started again with its
//! upstream cut off; whatever it then still serves must be whole.
//!
//! One round publishes new modules, loads the server with requests for them, kills it, and reads
//! everything back. Absent parts are fine, a part that is there must have the published bytes.
//! Rounds go on with the same data, so that damage of an old round is found by a later one.
//! Meanwhile a [`maintainer`] is at work. After each kill the store itself is read, too; and its
//! files are made hours old, so that they are not too young to go.

mod maintainer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::client::{Request, Response};
use crate::database::Database;
use crate::modules::{Module, ModuleFiles, filler};
use crate::server::{LarderServer, Launch};
use crate::stored::{Stored, files_below};
use crate::upstream::Upstream;

use self::maintainer::Maintainer;

/// Modules published for each round.
const NEW_MODULES: usize = 6;
/// Clients that load the server until it is killed.
const CLIENTS: usize = 8;

/// A server that is killed again and again.
#[derive(Debug)]
pub struct CrashTest {
    upstream: Upstream,
    database: Database,
    server: LarderServer,
    /// Another server on the same store, which is never killed.
    neighbour: Option<LarderServer>,
    modules: Vec<ModuleFiles>,
    maintainer: Maintainer,
    random: Random,
}

/// What happened in one round.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// How long the server lived under load.
    pub lived: Duration,
    /// Whole answers that clients got before the kill.
    pub answers: usize,
    /// Parts that were still there afterwards, all of them whole.
    pub whole: usize,
    /// Parts that were not there.
    pub absent: usize,
    /// What a maintainer had asked for and the server had done, in all rounds so far.
    pub maintained: usize,
}

impl CrashTest {
    /// Starts the server; the same `seed` gives the same modules and pauses.
    pub fn new(exe: &Path, seed: u64) -> CrashTest {
        let upstream = Upstream::start();
        let database = Database::new("sum.example.com");
        upstream.attach(&database);
        database.grow(500);
        let server = Launch::new(exe, &upstream.url())
            .database(&database)
            .env("LARDER_FRESH_NEGATIVE_TTL", "1ms")
            // The upstream is cut off after each kill, and is to be asked as soon as it is back.
            .env("LARDER_FETCH_CIRCUIT_FAILURES", "1000000")
            .env("LARDER_FETCH_RETRIES", "0")
            .start();
        let victim = upstream.publish(Module::new("example.com/Crash/victim", "v1.0.0"));
        CrashTest {
            upstream,
            database,
            server,
            neighbour: None,
            modules: Vec::new(),
            maintainer: Maintainer::new(victim),
            random: Random(seed | 1),
        }
    }

    /// Lets a second server work on the same store, under the same load; only the first is killed.
    #[must_use]
    pub fn with_neighbour(mut self) -> CrashTest {
        let launch = self.server.launch().clone().data(self.server.data());
        self.neighbour = Some(launch.start());
        self
    }

    /// Load, kill, start again, read everything of this round and some of the earlier ones back.
    pub fn round(&mut self) -> Result<Round, String> {
        let first_new = self.modules.len();
        self.publish();
        let lived = Duration::from_micros(1_000 + self.random.below(400_000));
        let answers = self.load(first_new, lived)?;
        self.upstream.cut();
        self.look_at_store()?;
        self.server.restart();
        self.maintainer.check(&self.server)?;
        let mut looked_at: Vec<usize> = (first_new..self.modules.len()).collect();
        for _ in 0..NEW_MODULES.min(first_new) {
            looked_at.push(self.random.index(first_new));
        }
        let (whole, absent) = self.check(&looked_at)?;
        self.upstream.restore();
        Ok(Round { lived, answers, whole, absent, maintained: self.maintainer.done() })
    }

    /// Reads everything that was ever published; how many parts were there.
    pub fn check_everything(&mut self) -> Result<usize, String> {
        self.upstream.cut();
        Stored::read(self.server.data(), &self.modules)?;
        self.server.restart();
        let (whole, _) = self.check(&(0..self.modules.len()).collect::<Vec<_>>())?;
        self.upstream.restore();
        Ok(whole)
    }

    /// Reads the store as the kill has left it, and lets it age by hours.
    fn look_at_store(&self) -> Result<(), String> {
        let new = self.modules.len().saturating_sub(NEW_MODULES);
        for files in self.modules.iter().skip(new) {
            Stored::of(self.server.data(), files)?;
        }
        let hours_ago = SystemTime::now() - Duration::from_hours(12);
        for folder in ["v1/ver", "v1/blob"] {
            for path in files_below(&self.server.data().join(folder)) {
                // A neighbour may be deleting it just now.
                let Ok(file) = fs_err::File::options().append(true).open(path) else { continue };
                let aged = file.file().set_modified(hours_ago);
                aged.map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn publish(&mut self) {
        for _ in 0..NEW_MODULES {
            let number = self.modules.len();
            let size = 1 << (10 + self.random.below(11));
            let path = format!("example.com/Crash/m{number}");
            let module = Module::new(&path, "v1.0.0")
                .file("m.go", format!("package m{number}\n"))
                .filler("data.bin", size);
            self.modules.push(self.upstream.publish(module));
        }
    }

    /// Loads the server until it has been killed; how many whole answers there were.
    fn load(&mut self, first_new: usize, lived: Duration) -> Result<usize, String> {
        let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
        let seeds: Vec<u64> = (0..CLIENTS).map(|_| self.random.next() | 1).collect();
        let (server, modules, database) = (&mut self.server, &self.modules, &self.database);
        let (maintainer, admin) = (&mut self.maintainer, server.admin());
        let mut bases = vec![server.url("")];
        bases.extend(self.neighbour.as_ref().map(|neighbour| neighbour.url("")));
        thread::scope(|scope| {
            let clients: Vec<_> = seeds
                .into_iter()
                .map(|seed| {
                    let (stop, answers, bases) = (&stop, &answers, &bases);
                    scope.spawn(move || {
                        let mut random = Random(seed);
                        while !stop.load(Ordering::Relaxed) {
                            let fresh = modules.len() - first_new;
                            let files = &modules[first_new + random.index(fresh)];
                            let parts = parts(files, database);
                            let (path, expected) = &parts[random.index(parts.len())];
                            let base = &bases[random.index(bases.len())];
                            let answer = Request::get(&format!("{base}{path}")).send();
                            if let Ok(answer) = answer {
                                judge(path, expected, &answer)?;
                                answers.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        Ok::<(), String>(())
                    })
                })
                .collect();
            let stopped = &stop;
            let new = modules.get(first_new..).unwrap_or_default();
            scope.spawn(move || maintainer.work(&admin, new, stopped));
            thread::sleep(lived);
            server.kill9();
            stop.store(true, Ordering::Relaxed);
            clients.into_iter().try_for_each(|client| client.join().expect("no client panics"))
        })?;
        Ok(answers.into_inner())
    }

    fn check(&self, looked_at: &[usize]) -> Result<(usize, usize), String> {
        let (mut whole, mut absent) = (0, 0);
        for files in looked_at.iter().filter_map(|index| self.modules.get(*index)) {
            for (path, expected) in parts(files, &self.database) {
                for server in std::iter::once(&self.server).chain(&self.neighbour) {
                    let answer = Request::get(&server.url(&path)).send();
                    let answer = answer.map_err(|error| format!("`{path}` later: {error}"))?;
                    if judge(&path, &expected, &answer)? {
                        whole += 1;
                    } else {
                        absent += 1;
                    }
                }
            }
        }
        Ok((whole, absent))
    }
}

/// What a part must be.
enum Expected<'a> {
    Bytes(&'a [u8]),
    Beginning(Vec<u8>),
}

fn parts<'a>(files: &'a ModuleFiles, database: &Database) -> Vec<(String, Expected<'a>)> {
    let lookup = format!("/sumdb/{}/lookup/{}", database.name(), files.escaped_version());
    vec![
        (files.url_path("info"), Expected::Bytes(&files.info)),
        (files.url_path("mod"), Expected::Bytes(&files.go_mod)),
        (files.url_path("zip"), Expected::Bytes(&files.zip)),
        (files.list_path(), Expected::Bytes(b"v1.0.0\n")),
        (lookup, Expected::Beginning(files.go_sum().into_bytes())),
    ]
}

/// Whether the part is there; an error when what is there is not whole.
fn judge(path: &str, expected: &Expected<'_>, answer: &Response) -> Result<bool, String> {
    let body = answer.body.as_slice();
    let right = match expected {
        Expected::Bytes(bytes) => body == *bytes,
        // A lookup begins with the record's number.
        Expected::Beginning(text) => {
            let record = body.split(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
            body.get(record..).is_some_and(|rest| rest.starts_with(text))
        }
    };
    match answer.status {
        200 if right => Ok(true),
        200 => Err(format!("`{path}`: 200 with {} other bytes", body.len())),
        404 | 502..=504 => Ok(false),
        status => Err(format!("`{path}`: {status}: {}", answer.text())),
    }
}

/// A small random sequence, the same for the same seed.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        let bytes = filler(&self.0.to_string(), 8);
        self.0 = bytes.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte));
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_whole_or_absent_or_the_server_is_wrong() {
        let check = |status, body: &[u8], expected: &Expected<'_>, judged: Option<bool>| {
            let answer = Response { status, headers: Vec::new(), body: body.to_vec() };
            let found = judge("/x", expected, &answer).ok();
            assert_eq!(found, judged, "{status} {:?}", String::from_utf8_lossy(body));
        };
        let bytes = Expected::Bytes(b"whole");
        check(200, b"whole", &bytes, Some(true));
        check(200, b"whol", &bytes, None);
        check(200, b"", &bytes, None);
        check(404, b"not found", &bytes, Some(false));
        check(502, b"no upstream", &bytes, Some(false));
        check(500, b"internal", &bytes, None);
        check(403, b"integrity", &bytes, None);
        let record = Expected::Beginning(b"m v1 h1:x\n".to_vec());
        check(200, b"12\nm v1 h1:x\n\ngo.sum database tree\n", &record, Some(true));
        check(200, b"12\nm v1 h1:y\n\ngo.sum database tree\n", &record, None);
        check(200, b"", &record, None);
    }
}
