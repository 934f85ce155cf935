//! Who loads the server of a soak, and what each may be told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use super::{STORE, Soak};
use crate::client::Request;
use crate::modules::{Module, ModuleFiles};

/// What was asked and answered.
#[derive(Debug, Default)]
pub struct Counts {
    /// Whole answers for what is asked again and again.
    pub warm: AtomicU64,
    /// New modules that were had whole: info, mod, zip, list and lookup.
    pub cold: AtomicU64,
    /// Zips that were left in the middle.
    pub left: AtomicU64,
    /// Zips that were read slowly, to their end.
    pub slow: AtomicU64,
    /// What a maintainer asked for and was done.
    pub maintained: AtomicU64,
}

type Client = fn(&Soak, usize, &AtomicBool) -> Result<(), String>;

/// Who there is, and how many of each.
const CLIENTS: [(Client, usize); 5] = [(warm, 4), (cold, 2), (leave, 2), (slow, 4), (maintain, 1)];

/// Starts them all; each ends when told to, or with what was wrong.
pub(super) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    soak: &'scope Soak,
    stop: &'scope AtomicBool,
) -> Vec<ScopedJoinHandle<'scope, Result<(), String>>> {
    let all = CLIENTS.iter().flat_map(|(client, count)| (0..*count).map(move |nth| (*client, nth)));
    all.map(|(client, nth)| scope.spawn(move || client(soak, nth, stop))).collect()
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn goes_on(stop: &AtomicBool) -> bool {
    !stop.load(Ordering::Relaxed)
}

/// The bytes of a path, which must be had.
fn had(soak: &Soak, path: &str) -> Result<Vec<u8>, String> {
    let answer = Request::get(&soak.server.url(path)).send();
    let answer = answer.map_err(|error| format!("{path}: {error}"))?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(format!("{path}: {status}: {}", answer.text())),
    }
}

fn is(soak: &Soak, path: &str, bytes: &[u8]) -> Result<(), String> {
    let body = had(soak, path)?;
    if body == bytes { Ok(()) } else { Err(format!("{path}: {} other bytes", body.len())) }
}

fn warm(soak: &Soak, nth: usize, stop: &AtomicBool) -> Result<(), String> {
    for files in soak.stock.iter().cycle().skip(nth * 7).take_while(|_| goes_on(stop)) {
        is(soak, &files.url_path("mod"), &files.go_mod)?;
        is(soak, &files.url_path("zip"), &files.zip)?;
        is(soak, &files.url_path("info"), &files.info)?;
        is(soak, &files.list_path(), b"v1.0.0\n")?;
        count(&soak.counts.warm);
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn cold(soak: &Soak, nth: usize, stop: &AtomicBool) -> Result<(), String> {
    for number in (0..).take_while(|_| goes_on(stop)) {
        let path = format!("example.com/New/c{nth}/m{number}");
        let files = soak.upstream.publish(Module::new(&path, "v1.0.0").filler("d", 40_000));
        is(soak, &files.list_path(), b"v1.0.0\n")?;
        is(soak, &files.url_path("info"), &files.info)?;
        is(soak, &files.url_path("mod"), &files.go_mod)?;
        is(soak, &files.url_path("zip"), &files.zip)?;
        let lookup = format!("/sumdb/{}/lookup/{}", soak.database.name(), files.escaped_version());
        let told = String::from_utf8_lossy(&had(soak, &lookup)?).into_owned();
        if !told.contains(&files.go_sum()) {
            return Err(format!("{lookup}: {told}"));
        }
        soak.upstream.withdraw(&files);
        count(&soak.counts.cold);
        thread::sleep(Duration::from_millis(150));
    }
    Ok(())
}

/// Opens a zip; a client that goes on with it judges what it reads.
fn open(soak: &Soak, files: &ModuleFiles) -> Result<crate::client::Exchange, String> {
    let path = files.url_path("zip");
    let exchange = Request::get(&soak.server.url(&path)).open();
    exchange.map_err(|error| format!("{path}: {error}"))
}

fn leave(soak: &Soak, nth: usize, stop: &AtomicBool) -> Result<(), String> {
    for files in soak.stock.iter().cycle().skip(nth * 31).take_while(|_| goes_on(stop)) {
        let some = open(soak, files)?.take(1_000);
        drop(some.map_err(|error| format!("{}: {error}", files.path))?);
        count(&soak.counts.left);
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn slow(soak: &Soak, nth: usize, stop: &AtomicBool) -> Result<(), String> {
    let large = || soak.stock.iter().filter(|files| files.zip.len() > 200_000);
    for files in large().cycle().skip(nth).take_while(|_| goes_on(stop)) {
        let mut exchange = open(soak, files)?;
        let mut rest = files.zip.as_ref();
        while !rest.is_empty() {
            let piece = exchange.take(rest.len().min(16_000));
            let piece = piece.map_err(|error| format!("{}: {error}", files.path))?;
            rest = rest.strip_prefix(piece.as_slice()).ok_or("a slow reader got other bytes")?;
            thread::sleep(Duration::from_millis(40));
        }
        count(&soak.counts.slow);
    }
    Ok(())
}

fn maintain(soak: &Soak, _: usize, stop: &AtomicBool) -> Result<(), String> {
    let admin = soak.server.admin();
    let files = soak.upstream.publish(Module::new("example.com/Victim", "v1.0.0"));
    let (version, path) = (format!("{}@{}", files.path, files.version), files.url_path("mod"));
    for module in soak.stock.iter().cycle().take_while(|_| goes_on(stop)) {
        let failed = |error: std::io::Error| error.to_string();
        admin.refresh(&module.path).map_err(failed)?;
        is(soak, &path, &files.go_mod)?;
        admin.purge(&version, false).map_err(failed)?;
        if had(soak, &path).is_ok() {
            return Err(format!("{path} is had, though it is purged"));
        }
        admin.purge(&version, true).map_err(failed)?;
        is(soak, &path, &files.go_mod)?;
        admin.collect(STORE * 9 / 10).map_err(failed)?;
        count(&soak.counts.maintained);
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}
