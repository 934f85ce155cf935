//! Project automation that a shell script would do worse.
//!
//! | file | answers for |
//! | --- | --- |
//! | [`mod@bench`] | our server beside its peers, under load |
//! | [`crash`] | kill -9 under load, as many rounds as one likes |
//! | [`soak`] | mixed load for minutes, and the memory it ends with |
//! | [`floors`] | the house rules that a compiler cannot check: arrows, dependencies, sources |
//! | [`docs`] | documents that the program writes itself |
//! | [`root`] | where the workspace is, and running programs there |

pub mod bench;
pub mod crash;
pub mod docs;
pub mod floors;
pub mod root;
pub mod soak;
