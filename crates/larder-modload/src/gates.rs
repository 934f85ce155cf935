//! From which `go` line on which rule holds. Specification: <https://go.dev/ref/mod#go-mod-file-go>.
//!
//! Comparing is [`larder_module::compare_go_versions`]'s; what a gate lets through is said where it is asked.

use larder_module::compare_go_versions;

/// What a go.mod without a `go` line is read as. It is from before requirements were complete.
pub const DEFAULT_GO_MOD: &str = "1.16";
/// What a go.work without a `go` line is read as: the first that had workspaces.
pub const DEFAULT_GO_WORK: &str = "1.18";
/// A go.mod names every module that its packages need, so what stands behind those can be pruned.
pub const EXPLICIT_INDIRECT: &str = "1.17";
/// Indirect requirements stand in a block of their own.
pub const SEPARATE_INDIRECT: &str = "1.17";
/// go.sum has the go.mod lines of all modules whose zips it has lines for.
pub const TIDY_GO_MOD_SUM: &str = "1.21";
/// A `go` line is a lower bound, and takes part in version selection.
pub const GO_STRICT: &str = "1.21";
/// Requirements stand in two blocks at most.
pub const SIMPLIFY_REQUIRE: &str = "1.27";
/// vendor/modules.txt says enough to be compared with go.mod, and vendor/ is used where it is there.
pub const VENDOR_CONSISTENT: &str = "1.14";

/// Whether a version of Go lets a rule through.
pub fn at_least(version: &str, gate: &str) -> bool {
    compare_go_versions(version, gate).is_ge()
}
