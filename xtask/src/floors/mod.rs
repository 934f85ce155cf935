//! The house rules that a compiler cannot check. ARCHITECTURE.md draws the floors; here they hold.
//!
//! | file | rules |
//! | --- | --- |
//! | [`plan`] | the floor plan: crates, their floors, who may use what |
//! | [`packages`] | what `cargo metadata` says of our crates and of all the others |
//! | [`arrows`] | arrows between our crates go down, and only where the plan has one |
//! | [`budget`] | which crate may name which dependency; bans and licences |
//! | [`sources`] | what may stand in which source file |
//! | [`unused`] | no manifest names what its crate does not use |
//!
//! Each rule is a pure function from what it looks at to its breaches, and has a test in which it
//! finds one. `tests/floors.rs` applies them all to this repository.

pub mod arrows;
pub mod budget;
pub mod packages;
pub mod plan;
pub mod sources;
pub mod unused;

use crate::root::Outcome;

/// One breach of a rule, in a line.
pub type Breach = String;

/// Applies every rule to this repository; the error lists the breaches.
pub fn check_workspace() -> Outcome<()> {
    let ours = packages::of_workspace()?;
    let all = packages::shipped()?;
    let files = sources::tracked()?;
    let breaches = [
        plan::check(),
        arrows::check(&ours),
        budget::check(&ours),
        budget::check_shipped(&all),
        sources::check(&files),
        unused::check(&ours, &files),
    ];
    let lines = breaches.concat();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}
