//! The same story told twice, once with a real go and once with another program that claims to do
//! the same, in two worlds that are alike to the last byte; and what came out differently.
//!
//! | part | is |
//! | --- | --- |
//! | [`Story`] | files, variables, an upstream's script, and commands (`story.rs`) |
//! | [`Proxy`] | the stock of modules behind one GOPROXY with a checksum database (`proxy.rs`) |
//! | [`Side`] | who answers the commands: a go, or a program in its place (`side.rs`) |
//! | [`World`] | the directories and variables of one telling (`world.rs`) |
//! | `Tree` | every name, mode and byte that a telling left behind (`tree.rs`) |
//! | `Transcript` | what the commands said and left, and its comparison with another (`transcript.rs`) |
//! | [`tell`] | many stories at once, and the list of those known to differ (`tell.rs`) |
//!
//! Both tellings happen at the same path, one after the other, so that absolute paths need no
//! redaction. What may differ is named in one place, `tree.rs` for files and `transcript.rs` for
//! talk; everything else is compared byte by byte.

mod proxy;
mod side;
mod story;
mod tell;
mod transcript;
mod tree;
mod world;

#[cfg(test)]
mod tests;

pub use proxy::Proxy;
pub use side::Side;
pub use story::Story;
pub use tell::{KnownDifference, differences, is_chosen, tell, told};
pub use world::World;
