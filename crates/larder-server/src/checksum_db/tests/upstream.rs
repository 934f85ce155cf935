//! The scripted database behind the server.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use bytes::Bytes;
use larder_modfetch::{FetchConfig, FetchError, Fetcher, GoProxyList, Resource};
use larder_sumdb::log::Log;
use larder_sumdb::{Signer, Tile, TreeHead};

use super::super::endpoint::lookup_path;
use super::super::error::DbError;
use super::super::source::{Fetching, Source, Unfetched};
use super::module;

/// A log of fillers that ends just below the first tile of the third level.
static LONG_LOG: LazyLock<Log> = LazyLock::new(|| {
    let mut log = Log::new();
    for n in 0..65_300 {
        log.append(&format!("filler.example/m v1.0.{n} h1:x=\n")).unwrap();
    }
    log
});

/// A checksum database that does what a test tells it.
#[derive(Clone)]
pub(super) struct FakeUpstream(Arc<Mutex<State>>, Arc<Signer>, FetchError);

pub(super) struct State {
    pub(super) log: Log,
    /// The record of each module.
    ids: HashMap<u64, u64>,
    /// Everything that was asked.
    pub(super) asked: Vec<String>,
    /// Whether it answers at all.
    pub(super) online: bool,
    /// Whether partial tiles are gone once their full tile exists.
    pub(super) only_full_tiles: bool,
    /// Answers lookups under the oldest head that covers them, as a cache would.
    pub(super) old_heads: bool,
    /// Paths that fail, or are answered otherwise.
    pub(super) script: HashMap<String, Script>,
}

/// What becomes of one path.
#[derive(Clone)]
pub(super) enum Script {
    Fails,
    Absent,
    Says(Vec<u8>),
}

impl FakeUpstream {
    pub(super) async fn new() -> Self {
        Self::with_log(Log::new()).await
    }

    /// A database with 65,300 records.
    pub(super) async fn long() -> Self {
        Self::with_log(LONG_LOG.clone()).await
    }

    async fn with_log(log: Log) -> Self {
        let state = State {
            log,
            ids: HashMap::new(),
            asked: Vec::new(),
            online: true,
            only_full_tiles: false,
            old_heads: false,
            script: HashMap::new(),
        };
        let signer = Signer::generate_from_seed([1; 32], "sum.example.org").unwrap();
        Self(Arc::new(Mutex::new(state)), Arc::new(signer), failure().await)
    }

    pub(super) fn key(&self) -> String {
        self.1.verifier_key()
    }

    pub(super) fn signer(&self) -> &Signer {
        &self.1
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn cut(&self) {
        self.state().online = false;
    }

    /// How often paths that start so were asked for.
    pub(super) fn count(&self, prefix: &str) -> usize {
        self.state().asked.iter().filter(|path| path.starts_with(prefix)).count()
    }

    pub(super) fn forget_asked(&self) {
        self.state().asked.clear();
    }

    pub(super) fn script(&self, path: &str, script: Script) {
        self.state().script.insert(path.to_owned(), script);
    }

    /// Records module number `n`, unless it is recorded already.
    pub(super) fn record(&self, n: u64) {
        self.state().id(n).unwrap();
    }

    /// Records so many versions of no interest.
    pub(super) fn grow(&self, count: u64) {
        let log = &mut self.state().log;
        for n in 0..count {
            log.append(&format!("filler.example/n v1.0.{n} h1:x=\n")).unwrap();
        }
    }

    /// Begins another history with the same key, in which everything has another place.
    pub(super) fn fork(&self) {
        let mut state = self.state();
        let mut forked = Log::new();
        forked.append("forked.example/m v1.0.0 h1:x=\n").unwrap();
        for id in 0..state.log.size() {
            forked.append(state.log.record(id).unwrap().text()).unwrap();
        }
        state.log = forked;
        state.ids.values_mut().for_each(|id| *id += 1);
    }

    pub(super) fn head(&self) -> TreeHead {
        self.state().log.head(&self.1)
    }

    fn answer(&self, rest: &str) -> Result<Vec<u8>, Unfetched> {
        let mut state = self.state();
        state.asked.push(rest.to_owned());
        let failed = || Unfetched::Failed(DbError::Unavailable(self.2.clone()));
        if !state.online {
            return Err(failed());
        }
        match state.script.get(rest) {
            Some(Script::Fails) => return Err(failed()),
            Some(Script::Absent) => return Err(Unfetched::NotThere { text: String::new() }),
            Some(Script::Says(answer)) => return Ok(answer.clone()),
            None => {}
        }
        let answer = match rest.split_once('/') {
            None => Some(state.log.head(&self.1).as_bytes().to_vec()),
            Some(("lookup", _)) => state.lookup(rest, &self.1),
            Some(_) => state.tile(rest),
        };
        answer.ok_or(Unfetched::NotThere { text: String::new() })
    }
}

impl State {
    /// The answer about `example.com/ModN`, recorded when it is first asked for.
    fn lookup(&mut self, rest: &str, signer: &Signer) -> Option<Vec<u8>> {
        let number = rest.strip_prefix("lookup/example.com/!mod")?.split_once('@')?.0;
        let number = number.parse().ok()?;
        assert_eq!(rest, lookup_path(&module(number)));
        let id = self.id(number)?;
        let size = if self.old_heads { id + 1 } else { self.log.size() };
        self.log.lookup(id, &self.log.head_at(size, signer)?)
    }

    fn id(&mut self, number: u64) -> Option<u64> {
        if let Some(id) = self.ids.get(&number) {
            return Some(*id);
        }
        let id = self.log.append(&text(number)).ok()?;
        self.ids.insert(number, id);
        Some(id)
    }

    fn tile(&self, rest: &str) -> Option<Vec<u8>> {
        let tile = Tile::parse_path(rest).ok()?;
        let outdated = || tile.full().is_some_and(|full| self.log.tile(&full).is_some());
        if self.only_full_tiles && !tile.is_full() && outdated() {
            return None;
        }
        self.log.tile(&tile)
    }
}

impl Source for FakeUpstream {
    fn fetch<'a>(&'a self, rest: &'a str, _cap: usize, _via: Option<&'a str>) -> Fetching<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.answer(rest).map(Bytes::from)
        })
    }
}

/// The record's text about module number `n`.
pub(super) fn text(n: u64) -> String {
    let module = module(n);
    let (path, version) = (module.path(), module.version());
    format!("{path} {version} h1:zip{n}=\n{path} {version}/go.mod h1:mod{n}=\n")
}

/// A fetcher without upstreams.
pub(super) fn no_fetcher() -> Fetcher {
    Fetcher::new(FetchConfig::new(GoProxyList::parse("off").unwrap())).unwrap()
}

/// Some failure of a real fetcher.
async fn failure() -> FetchError {
    let list = Resource::List(module(0).path().clone());
    no_fetcher().read(&list, 1).await.unwrap_err()
}
