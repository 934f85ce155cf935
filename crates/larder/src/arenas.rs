//! How many arenas the C library's allocator keeps, which is what a server's memory grows by.
//!
//! glibc gives nearly every thread an arena of its own, up to eight a core, and returns little of one to
//! the system. The bytes in use do not grow, but what once was in use in each arena stays resident: ten
//! minutes of mixed load on two cores took 31 MiB, of which 6 were in use; with an arena a core 14 MiB.
//! So there is one a core, unless `MALLOC_ARENA_MAX` says otherwise. Other C libraries have none.
//! Specification: mallopt(3), `M_ARENA_MAX`.

use crate::settings::env::Environment;

/// Keeps to one arena a core. Called before threads are started: arenas that are there stay.
pub(crate) fn one_a_core(environment: &Environment) {
    if environment.get_filled("MALLOC_ARENA_MAX").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        limit(cores.max(2));
    }
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the allocator's own setting has no other way in")]
fn limit(arenas: usize) {
    let arenas = libc::c_int::try_from(arenas).unwrap_or(libc::c_int::MAX);
    // SAFETY: mallopt takes two numbers, is safe for threads, and refuses what it does not know.
    let _kept_as_it_was_if_refused = unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
}

#[cfg(not(target_env = "gnu"))]
fn limit(_arenas: usize) {}
