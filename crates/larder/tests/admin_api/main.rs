//! The admin API over sockets, on real servers: who is heard, what a maintainer's word does and how
//! soon, and what it leaves alone.

mod offered;
mod prefill;
mod purge;
mod refresh;
mod status;
mod support;
mod upkeep;
mod who;
