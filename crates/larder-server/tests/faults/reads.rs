//! EIO at each read of a record, a body or a listing.

use larder_store::faults::Faults;

use crate::scenario::Scenario;
use crate::world::{Steps, World};

/// Lets read after read fail, of what is stored and of what is not.
fn check(steps: Steps, strike: fn(&Faults, usize)) {
    let world = World::new();
    for n in (steps.first..).step_by(steps.stride) {
        let (stored, absent) = (Scenario::new(&world), Scenario::new(&world));
        stored.succeeds(&world, "before");
        world.rest();
        strike(&world.faults, n);
        stored.run(&world);
        absent.run(&world);
        let struck = world.faults.struck();
        world.faults.lift();
        let when = format!("read {n}");
        stored.succeeds(&world, &when);
        absent.succeeds(&world, &when);
        if struck == 0 {
            assert!(n > 20, "a scenario has more reads than {n}");
            break;
        }
    }
}

/// Every other one: so the two tests together try every read.
fn half(first: usize) -> Steps {
    Steps { first, stride: 2 }
}

#[test]
fn one_read_that_fails_is_an_error_and_no_absence() {
    check(half(0), Faults::fail_read);
}

#[test]
fn a_disk_that_cannot_be_read_any_more_is_an_error_and_no_absence() {
    check(half(1), Faults::fail_reads_from);
}

#[test]
#[ignore = "long: both kinds of fault at every read"]
fn every_fault_at_every_read_is_an_error_and_no_absence() {
    for strike in [Faults::fail_read, Faults::fail_reads_from] {
        check(Steps::EVERY, strike);
    }
}
