//! A server on a disk that fails: at each of its writes and reads in turn, for once and from then
//! on. What is answered meanwhile is right or an honest error, never another body and never a false
//! *not found*; what is stored is whole; and once the disk is well, so is the server, by itself.
//!
//! What the directory store promises at each of its steps is tested in its own crate.

mod reads;
mod scenario;
mod world;
mod writes;
