//! Which lines of go.sum a graph needs to be read again, and which a build list needs to be fetched.
//!
//! Lines are those of what stands for a module. A directory has none; who looks lines up passes over it.
//! Specification: `keepSums` of the go command; <https://go.dev/ref/mod#go-sum-files>.

use std::collections::BTreeSet;

use larder_module::NamedVersion;

use crate::gates::{TIDY_GO_MOD_SUM, at_least};
use crate::loader::Loader;
use crate::mode::ModMode;
use crate::requirements::{LoadedGraph, Requirements};

/// What a line of go.sum is the sum of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SumOf {
    /// The zip of a module.
    Zip,
    /// Its go.mod.
    GoMod,
}

/// A line of go.sum, without the sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SumLine {
    /// The module.
    pub module: NamedVersion,
    /// What of it.
    pub of: SumOf,
}

/// The lines to keep where no package was loaded: those of every go.mod in the graph, and those of the
/// zips in the build list. Where the graph was never read: those of the roots.
pub fn sums_to_keep(loader: &Loader<'_>, requirements: &Requirements) -> BTreeSet<SumLine> {
    let mut keep = BTreeSet::new();
    let mut note = |module: &NamedVersion, of| {
        let module = loader.main.actual(module).clone();
        keep.insert(SumLine { module, of });
    };
    let Some(LoadedGraph { graph, .. }) = requirements.graph_if_loaded() else {
        for root in requirements.roots() {
            note(root, SumOf::GoMod);
            note(root, SumOf::Zip);
        }
        return keep;
    };
    for module in graph.breadth_first() {
        if graph.required_by(module).is_some() {
            note(module, SumOf::GoMod);
        }
    }
    let with_go_mod =
        at_least(&loader.main.go_version(), TIDY_GO_MOD_SUM) || loader.mode.mode == ModMode::Mod;
    for module in graph.build_list() {
        if with_go_mod {
            note(module, SumOf::GoMod);
        }
        note(module, SumOf::Zip);
    }
    keep
}
