//! The words of this crate against `golang.org/x/mod`, which the go command goes by.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `answers.tsv` | questions, and the answers that x/mod gave |
//! | `ours.rs` | our answers to the same questions |
//! | `questions.rs` | known and random questions |
//! | `recorded.rs` | compares with `answers.tsv`; needs nothing |
//! | `live.rs` | ignored by default: compares with x/mod itself, and records anew |
//!
//! The other side is the Go program in `tests/oracle`.

#[cfg(test)]
mod live;
#[cfg(test)]
mod ours;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod recorded;
