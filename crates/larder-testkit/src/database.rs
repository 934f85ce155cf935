//! A checksum database that may be honest, lie about a version, refuse it, or fork.
//!
//! It answers what follows the prefix it is attached at ([`Upstream::attach`]): `supported`,
//! `latest`, `lookup/…`, `tile/…`. As with the real one, a record is made when a version is first
//! looked up. Stalls and error statuses are the upstream's script. The tree is in `tlog.rs`.
//!
//! [`Upstream::attach`]: crate::Upstream::attach

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::modules::{ModuleFiles, escape, filler, hex};
use crate::tlog::{Signer, Tlog};

/// A checksum database; clones are the same one.
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    signer: Arc<Signer>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    log: Tlog,
    /// By escaped `path@version`: the record's text, and its id once it was asked.
    known: HashMap<String, (String, Option<u64>)>,
    refused: HashSet<String>,
}

/// An answer for the upstream to send.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Database {
    /// An empty database; the name also decides its key.
    pub fn new(name: &str) -> Database {
        let signer = Arc::new(Signer::new(name));
        Database { name: name.to_owned(), signer, state: Arc::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value for GOSUMDB: name and key.
    pub fn key(&self) -> String {
        self.signer.verifier_key()
    }

    /// Tells it of a version, so that it can be looked up.
    pub fn publish(&self, files: &ModuleFiles) {
        self.state().know(&files.path, &files.version, files.go_sum());
    }

    /// Makes it claim this hash for a version's zip. A record once asked for stays as it is.
    pub fn lie(&self, files: &ModuleFiles, zip_h1: &str) {
        let lie = ModuleFiles { zip_h1: zip_h1.to_owned(), ..files.clone() };
        self.state().know(&files.path, &files.version, lie.go_sum());
    }

    /// Makes it claim this hash for a version's go.mod.
    pub fn lie_about_go_mod(&self, files: &ModuleFiles, mod_h1: &str) {
        let lie = ModuleFiles { mod_h1: mod_h1.to_owned(), ..files.clone() };
        self.state().know(&files.path, &files.version, lie.go_sum());
    }

    /// Answers 404 for a version from now on.
    pub fn refuse(&self, path: &str, version: &str) {
        self.state().refused.insert(key(path, version));
    }

    /// Knows a version that it refused.
    pub fn relent(&self, path: &str, version: &str) {
        self.state().refused.remove(&key(path, version));
    }

    /// Grows by `count` records of no interest.
    pub fn grow(&self, count: u64) {
        let mut state = self.state();
        for _ in 0..count {
            let text = filler_record(state.log.size());
            state.log.append(&text);
        }
    }

    /// How many records it holds.
    pub fn size(&self) -> u64 {
        self.state().log.size()
    }

    /// Begins another history under the same key: one foreign record, then all that there were.
    pub fn fork(&self) {
        let mut state = self.state();
        let mut forked = Tlog::default();
        forked.append("forked.example/m v1.0.0 h1:x\n");
        for text in state.log.texts() {
            forked.append(text);
        }
        state.log = forked;
        for (_, id) in state.known.values_mut() {
            *id = id.map(|id| id + 1);
        }
    }

    /// Answers what follows the prefix.
    pub(crate) fn answer(&self, rest: &str) -> Reply {
        let mut state = self.state();
        let body = match rest.split_once('/') {
            None if rest == "supported" => Some(Vec::new()),
            None if rest == "latest" => Some(state.log.signed_head(&self.signer).into_bytes()),
            Some(("lookup", version)) => state.lookup(version, &self.signer),
            Some(("tile", tile)) => state.log.tile(tile),
            _ => None,
        };
        match body {
            Some(body) if rest.starts_with("tile/") => {
                Reply { status: 200, content_type: "application/octet-stream", body }
            }
            Some(body) => Reply { status: 200, content_type: "text/plain; charset=utf-8", body },
            None => {
                let body = format!("not found: {rest}\n").into_bytes();
                Reply { status: 404, content_type: "text/plain; charset=utf-8", body }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn know(&mut self, path: &str, version: &str, text: String) {
        let (known, id) = self.known.entry(key(path, version)).or_default();
        if id.is_none() {
            *known = text;
        }
    }

    fn lookup(&mut self, version: &str, signer: &Signer) -> Option<Vec<u8>> {
        if self.refused.contains(version) {
            return None;
        }
        let (text, id) = self.known.get_mut(version)?;
        let log = &mut self.log;
        let id = *id.get_or_insert_with(|| log.append(text));
        Some(format!("{id}\n{text}\n{}", log.signed_head(signer)).into_bytes())
    }
}

fn key(path: &str, version: &str) -> String {
    format!("{}@{}", escape(path), escape(version))
}

fn filler_record(number: u64) -> String {
    let noise = filler(&format!("record {number}"), 4);
    let noise = hex(&noise);
    format!("filler.example/{noise} v1.0.{number} h1:{noise}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::Module;

    fn database() -> (Database, ModuleFiles) {
        let database = Database::new("sum.example.com");
        let files = Module::new("example.com/A", "v1.0.0").build();
        database.publish(&files);
        (database, files)
    }

    fn body(database: &Database, rest: &str) -> String {
        String::from_utf8(database.answer(rest).body).unwrap()
    }

    #[test]
    fn a_lookup_makes_a_record_once() {
        let (database, files) = database();
        database.grow(3);
        let first = body(&database, "lookup/example.com/!a@v1.0.0");
        let again = body(&database, "lookup/example.com/!a@v1.0.0");
        assert_eq!(first, again);
        assert!(first.starts_with(&format!("3\n{}\ngo.sum database tree\n4\n", files.go_sum())));
    }

    #[test]
    fn an_unknown_or_refused_version_is_404() {
        let (database, _) = database();
        assert_eq!(database.answer("lookup/example.com/b@v1.0.0").status, 404);
        database.refuse("example.com/A", "v1.0.0");
        assert_eq!(database.answer("lookup/example.com/!a@v1.0.0").status, 404);
    }

    #[test]
    fn a_fork_has_another_root() {
        let (database, _) = database();
        database.grow(2);
        let before = body(&database, "latest");
        database.fork();
        assert_ne!(before, body(&database, "latest"));
        assert_eq!(database.size(), 3);
    }
}
