//! The module cache beside the real go command: the same names, bytes and modes, the same locks, and no
//! harm from whoever was killed in the middle.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `world.rs` | modules of every shape, and how they come into a cache |
//! | `tree.rs` | two caches compared, and the end of one |
//! | `same.rs` | what we leave is what go leaves |
//! | `accepted.rs` | go builds from what we left |
//! | `verified.rs` | we find what `go mod verify` finds |
//! | `shared.rs` | locks, with a running go |
//! | `killed.rs` | what a killed process leaves behind |
//! | `limits.rs` | full disks, caches that may only be read, the umask |
//! | `live.rs` | ignored by default: every module that the installed go has |
//! | `faults.rs` | what cannot be done is told in go's words |

#[cfg(test)]
mod accepted;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod live;
#[cfg(test)]
mod same;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod verified;
#[cfg(test)]
mod world;
