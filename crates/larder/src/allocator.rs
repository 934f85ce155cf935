//! What the C library's allocator keeps back, which is what a server's memory grows by.
//!
//! The bytes in use do not grow, but what once was in use stays resident in two ways. glibc gives nearly
//! every thread an arena of its own, up to eight a core, and returns little of one to the system. And each
//! large buffer that is freed raises the size from which on buffers are mapped one by one, until most of
//! them leave holes in the arenas. Measured by a soak (`benches/results/soak.md`): 31 MiB after ten minutes,
//! of which 6 were in use; 16 with an arena a core; 11 with the size left where it starts.
//! `MALLOC_ARENA_MAX` and `MALLOC_MMAP_THRESHOLD_` say otherwise; other C libraries have neither.
//! Specification: mallopt(3), `M_ARENA_MAX`, `M_MMAP_THRESHOLD`.

use crate::settings::env::Environment;

/// Buffers from this size on are mapped, and returned when they are freed: where glibc starts.
const MAPPED_FROM: usize = 128 << 10;

/// Keeps to one arena a core and to mapped large buffers. Called before threads are started: arenas that
/// are there stay.
pub(crate) fn keep_little_back(environment: &Environment) {
    if environment.get_filled("MALLOC_ARENA_MAX").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        set(Parameter::Arenas, cores.max(2));
    }
    if environment.get_filled("MALLOC_MMAP_THRESHOLD_").is_none() {
        set(Parameter::MappedFrom, MAPPED_FROM);
    }
}

/// What can be set.
#[derive(Debug, Clone, Copy)]
enum Parameter {
    Arenas,
    MappedFrom,
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the allocator's own settings have no other way in")]
fn set(parameter: Parameter, value: usize) {
    let parameter = match parameter {
        Parameter::Arenas => libc::M_ARENA_MAX,
        Parameter::MappedFrom => libc::M_MMAP_THRESHOLD,
    };
    let value = libc::c_int::try_from(value).unwrap_or(libc::c_int::MAX);
    // SAFETY: mallopt takes two numbers, is safe for threads, and refuses what it does not know.
    let _kept_as_it_was_if_refused = unsafe { libc::mallopt(parameter, value) };
}

#[cfg(not(target_env = "gnu"))]
fn set(_parameter: Parameter, _value: usize) {}
