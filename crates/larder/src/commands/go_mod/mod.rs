//! `larder mod …`: one file a command, with the names of `cli/go_mod.rs`.

pub(crate) mod download;
pub(crate) mod graph;
pub(crate) mod verify;
