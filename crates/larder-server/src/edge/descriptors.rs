//! File descriptors for as many connections as are allowed.
//!
//! A process is usually started with room for 1024 and the right to take more. What is missing is
//! taken at the start; where even that is not enough, the log says so, and connections beyond it
//! wait in the system's queue.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the rest of the server has open: listeners, stores, upstream connections.
const OTHERS: u64 = 512;

/// Makes room for this many connections, each with a stored body open.
pub(crate) fn make_room(connections: usize) {
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    let want = connections.saturating_mul(2).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    let Some(target) = raised(limit.current, limit.maximum, want) else { return };
    let raised = Rlimit { current: Some(target), maximum: limit.maximum };
    let taken = setrlimit(Resource::Nofile, raised).is_ok();
    if !taken || target < want {
        let have = if taken { Some(target) } else { limit.current };
        tracing::warn!(want, have, "the limit of open files is low for so many connections");
    }
}

/// The limit to ask for; none if there is room enough.
fn raised(current: Option<u64>, maximum: Option<u64>, want: u64) -> Option<u64> {
    let current = current?;
    (current < want).then(|| maximum.map_or(want, |most| most.min(want)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_is_needed_and_allowed() {
        let check = |current, maximum, expect| {
            assert_eq!(raised(current, maximum, 1000), expect, "{current:?} of {maximum:?}");
        };
        check(None, None, None);
        check(Some(1000), Some(1000), None);
        check(Some(100), None, Some(1000));
        check(Some(100), Some(5000), Some(1000));
        check(Some(100), Some(500), Some(500));
    }
}
