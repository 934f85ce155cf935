//! Lookups in a checksum database, each proved under one tree that only grows.
//!
//! What is learned is shared with the go command: the newest tree head, lookups and tiles stand where it
//! keeps them, and are proved anew in each run. Every head that comes with an answer must be of the one
//! timeline. When several newer ones are known, only the largest is gone over to, and the others are proved
//! to be its past. Where tiles come from: `database_tiles`. Specification: <https://go.dev/design/25530-sumdb>, x/mod's sumdb client.
//!
//! Invariant: nothing is written that was not proved.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use larder_modcache::{HeadWritten, TreeHeads};
use larder_modload::{SourceError, SourceErrorKind};
use larder_module::ModuleVersion;
use larder_sumdb::{
    Lookup, MAX_LOOKUP_SIZE, ProofError, Record, Tile, Timeline, Tree, TreeHead,
    tiles_for_consistency, tiles_for_record,
};
use tokio::sync::{Mutex as Turn, OnceCell};

use super::core::{Core, other};
use super::database::{DatabaseName, RouteFinder};
use super::database_texts::{security_error, unread_head, wording};
use super::flight::Flights;

/// A client of one database.
pub(crate) struct DatabaseClient {
    pub(super) database: DatabaseName,
    heads: Option<TreeHeads>,
    pub(super) route: RouteFinder,
    begun: OnceCell<Result<(), SourceError>>,
    records: Flights<ModuleVersion, Result<Arc<Record>, SourceError>>,
    pub(super) tiles: Flights<Tile, Result<Bytes, SourceError>>,
    state: Mutex<State>,
    /// Whoever goes over to a larger tree.
    turn: Turn<()>,
}

/// What is believed.
pub(super) struct State {
    timeline: Timeline<Bytes>,
    /// The signed head of the believed tree; empty for the tree without records.
    head: Vec<u8>,
    /// Heads that are known to be of the timeline.
    past: HashSet<Tree>,
    /// The largest head that anybody has seen and nobody has proved yet.
    seen: Option<TreeHead>,
    /// The tiles that are kept in the cache, by this run's knowledge.
    pub(super) kept: HashSet<Tile>,
}

/// How a head stands to what was believed when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Past,
    Now,
    Future,
}

impl DatabaseClient {
    pub(crate) fn new(database: DatabaseName, heads: Option<TreeHeads>) -> Self {
        let state = State {
            timeline: Timeline::empty(),
            head: Vec::new(),
            past: HashSet::new(),
            seen: None,
            kept: HashSet::new(),
        };
        Self {
            database,
            heads,
            route: RouteFinder::default(),
            begun: OnceCell::new(),
            records: Flights::default(),
            tiles: Flights::default(),
            state: Mutex::new(state),
            turn: Turn::new(()),
        }
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        self.database.key.name()
    }

    /// The proved record of a module version.
    pub(crate) async fn lookup(
        &self,
        core: &Core,
        module: &ModuleVersion,
    ) -> Result<Arc<Record>, SourceError> {
        self.begin(core).await?;
        self.records.once(module, || self.look_up(core, module)).await
    }

    /// Begins with the head that this machine has seen last.
    async fn begin(&self, core: &Core) -> Result<(), SourceError> {
        let begin = async {
            let head = self.read_head()?;
            self.merge(core, &head).await
        };
        let once = self.begun.get_or_init(|| async {
            begin.await.map_err(|error: SourceError| match error.kind {
                SourceErrorKind::Fatal => error,
                _ => other(format!("initializing sumdb.Client: {error}")),
            })
        });
        once.await.clone()
    }

    async fn look_up(
        &self,
        core: &Core,
        module: &ModuleVersion,
    ) -> Result<Arc<Record>, SourceError> {
        let (path, version) = (module.path().escaped(), module.version().escaped());
        let rest = format!("lookup/{}@{}", path.as_str(), version.as_str());
        let kept = format!("{}/{rest}", self.name());
        let (answer, is_new) = match core.config.cache.read_sumdb(&kept) {
            Some(answer) => (Bytes::from(answer), false),
            None => (self.ask(core, &rest, MAX_LOOKUP_SIZE + 1).await?, true),
        };
        let lookup = Lookup::parse(&answer).map_err(|_| other("malformed record data"))?;
        self.merge(core, lookup.head()).await?;
        let record = lookup.into_record();
        self.prove(core, &record).await?;
        if is_new {
            // What is not kept is asked for again.
            let _ = core.config.cache.write_sumdb(&kept, &answer);
        }
        Ok(Arc::new(record))
    }

    async fn prove(&self, core: &Core, record: &Record) -> Result<(), SourceError> {
        loop {
            let (tree, plan) = {
                let state = self.state();
                let tree = *state.timeline.tree();
                if record.id() >= tree.size {
                    let text = format!(
                        "cannot validate record {} in tree of size {}",
                        record.id(),
                        tree.size
                    );
                    return Err(other(text));
                }
                (tree, tiles_for_record(tree.size, record.id()))
            };
            if self.obtain(core, &tree, &plan).await? == Obtained::OfThatTree {
                let proved = self.state().timeline.has(record);
                match proved {
                    // The tree has grown in between.
                    Err(ProofError::Missing { .. }) => {}
                    proved => return proved.map_err(|error| other(wording(&error))),
                }
            }
        }
    }

    /// Takes a signed head into account: it must be of the timeline, which may grow by it.
    async fn merge(&self, core: &Core, head: &[u8]) -> Result<(), SourceError> {
        if self.merge_here(core, head).await? != When::Future {
            return Ok(());
        }
        loop {
            let kept = self.read_head()?;
            if self.merge_here(core, &kept).await? != When::Past {
                return Ok(());
            }
            let newest = self.state().head.clone();
            let written = self.heads()?.write(&self.head_name(), &kept, &newest);
            match written.map_err(|error| other(error.to_string()))? {
                HeadWritten::Yes => return Ok(()),
                HeadWritten::Conflict => {}
            }
        }
    }

    async fn merge_here(&self, core: &Core, head: &[u8]) -> Result<When, SourceError> {
        if head.is_empty() {
            let began = self.state().timeline.tree().size == 0;
            return Ok(if began { When::Now } else { When::Past });
        }
        let opened = TreeHead::open(head, &self.database.key);
        let head = opened.map_err(|error| unread_head(&error, head, &self.database.id))?;
        self.note_seen(&head);
        let mut when = When::Past;
        loop {
            let (tree, known) = {
                let state = self.state();
                (*state.timeline.tree(), state.past.contains(head.tree()))
            };
            if tree == *head.tree() {
                return Ok(if when == When::Future { when } else { When::Now });
            }
            if known && head.tree().size <= tree.size {
                return Ok(when);
            }
            if head.tree().size > tree.size {
                self.advance(core).await?;
                when = When::Future;
            } else if self.begins_with(core, &tree, &head).await? {
                self.state().past.insert(*head.tree());
            }
        }
    }

    fn note_seen(&self, head: &TreeHead) {
        let mut state = self.state();
        let size = head.tree().size;
        let larger = state.seen.as_ref().is_none_or(|seen| seen.tree().size < size);
        if larger && size > state.timeline.tree().size {
            state.seen = Some(head.clone());
        }
    }

    /// Goes over to the largest head that was seen, one at a time.
    async fn advance(&self, core: &Core) -> Result<(), SourceError> {
        let _turn = self.turn.lock().await;
        let (older, newer, plan, missing) = {
            let mut state = self.state();
            let older = *state.timeline.tree();
            let seen = state.seen.take().filter(|seen| seen.tree().size > older.size);
            let Some(newer) = seen else { return Ok(()) };
            let plan = plan(older.size, newer.tree().size);
            let missing = state.timeline.missing(&plan);
            (older, newer, plan, missing)
        };
        let advanced = self.go_over(core, &newer, (&plan, &missing)).await;
        advanced.map_err(|error| match error.kind {
            SourceErrorKind::Fatal => error,
            _ => checking(&older, newer.tree(), &error),
        })
    }

    async fn go_over(
        &self,
        core: &Core,
        newer: &TreeHead,
        (plan, missing): (&[Tile], &[Tile]),
    ) -> Result<(), SourceError> {
        let fetched = self.fetch(core, missing).await?;
        let attempt = |raw: HashMap<Tile, Bytes>| {
            let mut state = self.state();
            state.timeline.advance(newer.tree(), plan, raw)?;
            state.head = newer.as_bytes().to_vec();
            Ok(())
        };
        let (mut fetched, mut attempted) = (fetched.clone(), attempt(fetched));
        if attempted.is_err() {
            // Perhaps the cache was damaged, or what it has is of another history.
            fetched = self.fetch_anew(core, plan).await?;
            attempted = attempt(fetched.clone());
        }
        match attempted {
            Ok(()) => {
                self.keep(core, &fetched);
                Ok(())
            }
            Err(ProofError::Fork { .. }) => {
                let head = self.state().head.clone();
                Err(security_error(&head, newer, fetched))
            }
            Err(error) => Err(other(wording(&error))),
        }
    }

    /// Whether a smaller head is of the timeline; nothing is known if the tree has grown in between.
    async fn begins_with(
        &self,
        core: &Core,
        tree: &Tree,
        older: &TreeHead,
    ) -> Result<bool, SourceError> {
        let plan = plan(older.tree().size, tree.size);
        let obtained = self.obtain(core, tree, &plan).await;
        let obtained = obtained.map_err(|error| checking(older.tree(), tree, &error))?;
        if obtained == Obtained::OfAnother {
            return Ok(false);
        }
        let state = self.state();
        match state.timeline.begins_with(older.tree()) {
            Ok(()) => Ok(true),
            Err(ProofError::Missing { .. }) => Ok(false),
            Err(ProofError::Fork { .. }) => {
                let newer = TreeHead::open(&state.head, &self.database.key);
                let newer = newer.map_err(|error| other(error.to_string()))?;
                let tiles = state.timeline.tiles();
                let all = tiles.iter().map(|(tile, content)| (*tile, content.clone())).collect();
                Err(security_error(older.as_bytes(), &newer, all))
            }
            Err(error) => Err(checking(older.tree(), tree, &other(wording(&error)))),
        }
    }

    /// Has the tiles of a plan bound to the believed tree, if it still is `tree`.
    async fn obtain(
        &self,
        core: &Core,
        tree: &Tree,
        plan: &[Tile],
    ) -> Result<Obtained, SourceError> {
        let missing = self.state().timeline.missing(plan);
        let fetched = self.fetch(core, &missing).await?;
        let bound = {
            let mut state = self.state();
            if state.timeline.tree() != tree {
                return Ok(Obtained::OfAnother);
            }
            state.timeline.add(fetched.clone())
        };
        if bound.is_ok() {
            self.keep(core, &fetched);
            return Ok(Obtained::OfThatTree);
        }
        // Perhaps it was the cache that was damaged.
        let fetched = self.fetch_anew(core, &missing).await?;
        let bound = {
            let mut state = self.state();
            if state.timeline.tree() != tree {
                return Ok(Obtained::OfAnother);
            }
            state.timeline.add(fetched.clone())
        };
        bound.map_err(|error| other(wording(&error)))?;
        self.keep(core, &fetched);
        Ok(Obtained::OfThatTree)
    }

    fn read_head(&self) -> Result<Vec<u8>, SourceError> {
        self.heads()?.read(&self.head_name()).map_err(|error| other(error.to_string()))
    }

    fn heads(&self) -> Result<&TreeHeads, SourceError> {
        let text = "could not locate sumdb file: missing $GOPATH";
        self.heads.as_ref().ok_or_else(|| other(text))
    }

    fn head_name(&self) -> String {
        format!("{}/latest", self.name())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether tiles were bound to the tree that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obtained {
    OfThatTree,
    /// The tree has grown in between.
    OfAnother,
}

/// What shows that a tree begins with a smaller one. From nothing on, what shows a tree at all.
fn plan(older: u64, newer: u64) -> Vec<Tile> {
    match older {
        0 => tiles_for_consistency(newer, newer),
        older => tiles_for_consistency(older, newer),
    }
}

fn checking(older: &Tree, newer: &Tree, error: &SourceError) -> SourceError {
    if error.kind == SourceErrorKind::Fatal {
        return error.clone();
    }
    let text = if older.size == newer.size {
        format!("checking tree#{}: {error}", older.size)
    } else {
        format!("checking tree#{} against tree#{}: {error}", older.size, newer.size)
    };
    other(text)
}
