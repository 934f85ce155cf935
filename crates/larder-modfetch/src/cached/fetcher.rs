//! [`CachedFetcher`]: GOMODCACHE in front of the upstreams, every byte verified.
//!
//! Whole frontiers are asked at once: what the cache has is read in parallel, and the rest is fetched side
//! by side. What is asked twice is fetched once. How one upstream is asked: `repo`; go.sum and the checksum
//! database: `verify`; downloading whole modules: `download`.
//!
//! Invariant: nothing of the network exists before the first request that needs it.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use futures_util::{StreamExt as _, stream};
use larder_modload::{
    GoModAt, GoModSource, RevInfo, SourceError, SourceErrorKind, SumLine, Upstream, VersionSource,
    Versions,
};
use larder_module::{ModulePath, ModuleVersion, Revision};
use rayon::prelude::*;
use tokio::runtime::{self, Runtime};

use super::config::CachedConfig;
use super::core::Core;
use super::download::{self, Downloaded};
use super::event::{Event, Listener};
use super::go_sum::{Changes, GoSums};

/// From as many go.mod files on, several threads read.
const MANY: usize = 64;

/// Questions that are answered at once: enough to keep every connection busy while others are verified
/// and written, and few enough that what they hold in memory is little.
const AT_ONCE: usize = 128;

/// Threads that move bytes between sockets and files; what computes does so on rayon's.
const MOST_THREADS: usize = 4;

/// Fetches into the module cache and from it. Made once a run; every method may be called from any thread.
pub struct CachedFetcher {
    core: Core,
    runtime: OnceLock<Result<Runtime, SourceError>>,
}

/// A version's `.info` in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfoFile {
    /// What it says.
    pub info: RevInfo,
    /// Where it is.
    pub path: PathBuf,
}

impl CachedFetcher {
    /// A fetcher with these settings. Nothing is read or asked yet.
    pub fn new(config: CachedConfig, sums: GoSums, listener: Arc<dyn Listener>) -> Self {
        Self { core: Core::new(config, sums, listener), runtime: OnceLock::new() }
    }

    /// The sums of this run.
    pub fn sums(&self) -> &GoSums {
        &self.core.sums
    }

    /// Adds to go.sum the sums of this run that are in `keep`, under its lock; what others have added
    /// meanwhile stays. Nothing is opened if there is nothing to add.
    ///
    /// # Errors
    /// With the go command's words where changes are forbidden, or the file cannot be written.
    pub fn write_sums(
        &self,
        keep: &BTreeSet<SumLine>,
        changes: Changes,
    ) -> Result<(), SourceError> {
        for line in self.core.sums.write(&self.core.config.cache, keep, changes)? {
            self.core.listener.hear(Event::Said { line: &line });
        }
        Ok(())
    }

    /// The settings.
    pub fn config(&self) -> &CachedConfig {
        &self.core.config
    }

    /// The `.info` files of versions, fetched where they are missing; in the order of the question.
    pub fn info_files(&self, modules: &[ModuleVersion]) -> Vec<Result<InfoFile, SourceError>> {
        self.run(modules, |module| self.core.info_file(module))
    }

    /// Downloads modules: `.info`, go.mod, zip and directory of each; in the order of the question.
    pub fn download(&self, modules: &[ModuleVersion]) -> Vec<Downloaded> {
        let at_hand: Vec<_> =
            modules.par_iter().map(|one| download::at_hand(&self.core, one)).collect();
        let present = at_hand.iter().flatten().count();
        self.core.listener.hear(Event::Planned { modules: modules.len(), present });
        let missing: Vec<_> =
            modules.iter().zip(&at_hand).filter(|(_, found)| found.is_none()).collect();
        let fetched = self.run(&missing, |(module, _)| async {
            Ok(download::download(&self.core, module).await)
        });
        let mut fetched = fetched.into_iter().zip(missing.iter().map(|(module, _)| *module));
        let filled = at_hand.iter().map(|found| match found {
            Some(found) => Some(found.clone()),
            None => fetched.next().map(|(done, module)| {
                done.unwrap_or_else(|error| Downloaded::failed(module, error))
            }),
        });
        filled.flatten().collect()
    }

    /// Waits for all of these at once; a runtime exists from the first time on.
    fn run<'a, Q, T, F>(
        &'a self,
        questions: &'a [Q],
        answer: impl Fn(&'a Q) -> F,
    ) -> Vec<Result<T, SourceError>>
    where
        F: Future<Output = Result<T, SourceError>>,
    {
        if questions.is_empty() {
            return Vec::new();
        }
        let runtime = match self.runtime() {
            Ok(runtime) => runtime,
            Err(error) => return questions.iter().map(|_| Err(error.clone())).collect(),
        };
        let numbered = questions.iter().map(answer).enumerate();
        let waiting = numbered.map(|(number, answer)| async move { (number, answer.await) });
        let stop = &self.core.config.stop;
        let answers = runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.stopped() => None,
                answers = stream::iter(waiting).buffer_unordered(AT_ONCE).collect::<Vec<_>>() => {
                    Some(answers)
                }
            }
        });
        let Some(mut answers) = answers else {
            stop.wait_until_idle();
            return questions.iter().map(|_| Err(stopped())).collect();
        };
        answers.sort_unstable_by_key(|(number, _)| *number);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn runtime(&self) -> Result<&Runtime, SourceError> {
        let built = self.runtime.get_or_init(|| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let built = runtime::Builder::new_multi_thread()
                .worker_threads(threads.min(MOST_THREADS))
                .thread_name("larder-fetch")
                .enable_all()
                .build();
            built.map_err(|error| SourceError::new(SourceErrorKind::Other, error.to_string()))
        });
        built.as_ref().map_err(Clone::clone)
    }
}

impl GoModSource for CachedFetcher {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        let read = |at| self.core.go_mod_at_hand(at);
        let at_hand: Vec<_> = if wanted.len() < MANY {
            wanted.iter().map(read).collect()
        } else {
            wanted.par_iter().with_min_len(MANY / 4).map(read).collect()
        };
        let missing = wanted.iter().zip(&at_hand).filter(|(_, found)| found.is_none());
        let missing: Vec<_> = missing.filter_map(|(at, _)| module_of(at)).collect();
        let mut fetched = self.run(&missing, |module| self.core.go_mod(module)).into_iter();
        at_hand.into_iter().filter_map(|found| found.or_else(|| fetched.next())).collect()
    }

    fn has_sum(&self, line: &SumLine) -> bool {
        // Where go.sum is broken, that is told when the go.mod is read.
        self.core.sums.has(line) || self.core.sums.broken().is_some()
    }
}

impl VersionSource for CachedFetcher {
    fn upstreams(&self, path: &ModulePath) -> Result<Vec<Upstream>, SourceError> {
        Ok(self.core.upstreams()?.for_path(path.as_str()))
    }

    fn versions(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<Versions, SourceError>> {
        self.run(wanted, |(upstream, path)| async {
            Ok(self.core.list_of(*upstream, path).await?.versions.clone())
        })
    }

    fn latest(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<RevInfo, SourceError>> {
        self.run(wanted, |(upstream, path)| self.core.latest_of(*upstream, path))
    }

    fn infos(
        &self,
        wanted: &[(Upstream, ModulePath, Revision)],
    ) -> Vec<Result<RevInfo, SourceError>> {
        // What was answered in this run says more than the file that it was kept in.
        let read = |(upstream, path, revision): &(Upstream, ModulePath, Revision)| {
            let question = (upstream.place, path.clone(), revision.clone());
            let known = self.core.flights.infos.known(&question);
            known.or_else(|| self.core.kept_revision(path, revision).map(Ok))
        };
        let at_hand: Vec<_> = if wanted.len() < MANY {
            wanted.iter().map(read).collect()
        } else {
            wanted.par_iter().with_min_len(MANY / 4).map(read).collect()
        };
        let missing = wanted.iter().zip(&at_hand).filter(|(_, found)| found.is_none());
        let missing: Vec<_> = missing.map(|(question, _)| question).collect();
        let fetched = self
            .run(&missing, |(upstream, path, revision)| self.core.stat(*upstream, path, revision));
        let mut fetched = fetched.into_iter();
        at_hand.into_iter().filter_map(|found| found.or_else(|| fetched.next())).collect()
    }
}

impl Drop for CachedFetcher {
    fn drop(&mut self) {
        // A thread that still waits for another program's lock keeps nobody.
        if let Some(Ok(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn stopped() -> SourceError {
    SourceError::new(SourceErrorKind::Other, "stopped")
}

/// The module version that a place is of; a directory's go.mod is always at hand.
fn module_of(at: &GoModAt) -> Option<&ModuleVersion> {
    match at {
        GoModAt::Module(module) => Some(module),
        GoModAt::Directory(_) => None,
    }
}
