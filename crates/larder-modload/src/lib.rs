//! Which modules a build needs: the module graph, minimal version selection, pruning, workspaces, queries.
//!
//! Bytes and values in, values out. Whatever must be read or fetched is asked for through the traits of
//! `source.rs`, whole frontiers at once, so that who answers can fetch them side by side.
//! Specification: <https://go.dev/ref/mod#minimal-version-selection>, `#graph-pruning`, `#workspaces`.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `info/` | [`ModuleInfo`]: what is known of a module, as `list -m` tells it |
//! | `source.rs` | [`GoModSource`], [`VersionSource`]: what is asked of the world |
//! | `main_modules/` | [`MainModules`]: what is worked on, its replacements and exclusions |
//! | `local_go.rs`, `gates.rs`, `mode.rs` | whose behaviour: the Go, its version gates, `-mod` |
//! | `loader/`, `summary.rs`, `texts.rs` | [`Loader`]: the go.mod files of dependencies, each read once |
//! | `query/` | [`Queries`]: `latest`, `upgrade`, `v1.2`, branches; retractions and exclusions |
//! | `requirements/` | [`Requirements`]: the roots, and their repair |
//! | `graph/` | [`ModuleGraph`]: which version requires which, and what is selected |
//! | `vendor/` | [`Vendor`]: vendor/modules.txt |
//! | `sums.rs` | which lines of go.sum all that needs |
//! | `wording.rs`, `shown_path.rs` | the go command's words, and how it names files |
//!
//! In this order: the door makes [`MainModules`] of the files it found, a [`Loader`] of those and of a
//! source, [`initial`] requirements, and [`expand`]s them to a graph.
//!
//! Absent: files, the network, the environment, the clock, printing.

pub mod gates;
mod graph;
mod info;
mod loader;
mod local_go;
mod main_modules;
mod mode;
mod query;
mod requirements;
mod shown_path;
mod source;
mod summary;
mod sums;
mod texts;
mod vendor;
pub mod wording;

pub use graph::{BuildListError, ModuleGraph, NONE};
pub use info::{
    Clock, Collector, Details, ModuleError, ModuleFiles, ModuleInfo, Moment, Origin, Wanted,
};
pub use loader::{LoadError, Loaded, Loader, LoaderParts};
pub use local_go::{LocalGo, Startup, TooNew};
pub use main_modules::{
    COMMAND_LINE_ARGUMENTS, ConflictingReplacements, MainModule, MainModules, Notice, OpenedModule,
    OpenedWork, ReplaceMap, Workspace, WorkspaceTooOld,
};
pub use mode::{
    CommandKind, GoModDirty, ModInWorkspace, ModMode, Mode, ModeOrigin, Scope, VendorDirectory,
};
pub use query::{
    Allowed, Found, Queries, Query, QueryError, QueryErrorKind, is_revision_query, short_message,
};
pub use requirements::{
    Direct, Expanded, Initial, LoadedGraph, MissingGoLine, Requirements, RequirementsError,
    convert_pruning, expand, graph_as, initial, update_roots,
};
pub use shown_path::short_path;
pub use source::{
    FallBack, GoModAt, GoModSource, RevInfo, SourceError, SourceErrorKind, Upstream, UpstreamKind,
    VersionSource, Versions,
};
pub use summary::{Pruning, Summary};
pub use sums::{SumLine, SumOf, sums_to_keep};
pub use vendor::{Vendor, VendorError, VendorNote};
