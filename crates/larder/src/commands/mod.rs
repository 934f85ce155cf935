//! What the commands do: one file each, with the names of [`crate::cli`]. Each has a `run` that
//! takes its arguments and gives an exit status.

pub mod completions;
pub mod config;
pub mod fsck;
pub mod gc;
pub(crate) mod go_mod;
pub(crate) mod list;
pub mod man;
pub mod prefill;
pub mod purge;
pub mod refresh;
pub mod serve;
pub mod status;
mod version;
mod wire;
