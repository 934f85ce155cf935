//! What the commands do: one file each, with the names of [`crate::cli`]. Each has a `run` that
//! takes its arguments and gives an exit status.

pub mod completions;
pub mod config;
pub mod man;
pub mod serve;
mod wire;
