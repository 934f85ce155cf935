//! Which modules a build needs: the module graph, minimal version selection, pruning, workspaces, queries.
//!
//! Bytes and values in, values out. Whatever must be read or fetched is asked for through the traits of
//! `source.rs`, whole frontiers at once, so that who answers can fetch them side by side.
//! Specification: <https://go.dev/ref/mod#minimal-version-selection>, `#graph-pruning`, `#workspaces`.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `source.rs` | [`GoModSource`], [`VersionSource`]: what is asked of the world |
//!
//! Absent: files, the network, the environment, the clock, printing.

mod source;

pub use source::{
    FallBack, GoModAt, GoModSource, RevInfo, SourceError, SourceErrorKind, Upstream, UpstreamKind,
    VersionSource, Versions,
};
