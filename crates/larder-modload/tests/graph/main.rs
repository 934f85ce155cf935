//! Requirements and graphs from go.mod to selection: stories, laws on random graphs, and the real go.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `world.rs` | a world of modules, and who asks for their go.mod files |
//! | `model.rs` | the slow obvious model of graph, selection and pruning |
//! | `random.rs` | worlds at random, against the model |
//! | `selection.rs`, `errors.rs`, `workspaces.rs`, `repairs.rs`, `sums.rs`, `vendoring.rs` | stories |
//! | `live.rs` | the same worlds before the real go |

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

mod errors;
mod live;
mod model;
mod random;
mod repairs;
mod selection;
mod sums;
mod vendoring;
mod workspaces;
mod world;
