//! ENOSPC and EIO at each step that changes the disk.

use larder_store::faults::{Fault, Faults};
use larder_testkit::Stored;

use crate::scenario::Scenario;
use crate::world::{Steps, World};

/// Lets step after step of a scenario fail, until there are no more.
fn check(steps: Steps, strike: Strike) {
    let mut world = World::new();
    let warm = Scenario::new(&world);
    warm.succeeds(&world, "before");
    let mut scenarios = vec![warm];
    for n in (steps.first..).step_by(steps.stride) {
        let scenario = Scenario::new(&world);
        world.rest();
        strike(&world.faults, n);
        scenario.run(&world);
        world.rest();
        let when = format!("step {n}");
        scenario.is_sound(&world, &when);
        let struck = world.faults.struck();
        world.faults.lift();
        scenario.succeeds(&world, &when);
        scenarios.push(scenario);
        if struck == 0 {
            assert!(n > 60, "a scenario has more steps than {n}");
            break;
        }
    }
    world.reopen_offline();
    let published: Vec<_> = scenarios.iter().flat_map(|one| one.modules.clone()).collect();
    let stored =
        Stored::read(world.folder.path(), &published).expect("all that is stored is whole");
    assert_eq!(stored.zips, published.len(), "{stored:?}");
    for scenario in &scenarios {
        scenario.succeeds(&world, "after a restart without an upstream");
    }
}

type Strike = fn(&Faults, usize);

const FULL_ONCE: Strike = |faults, n| faults.fail_write(n, Fault::NoRoom);
const BROKEN_ONCE: Strike = |faults, n| faults.fail_write(n, Fault::Io);
const FULL_FROM: Strike = |faults, n| faults.fail_writes_from(n, Fault::NoRoom);
const BROKEN_FROM: Strike = |faults, n| faults.fail_writes_from(n, Fault::Io);

/// Every fourth: so the four tests together try every step.
fn fourth(first: usize) -> Steps {
    Steps { first, stride: 4 }
}

#[test]
fn a_full_disk_at_any_one_write_harms_no_answer_and_no_record() {
    check(fourth(0), FULL_ONCE);
}

#[test]
fn a_broken_disk_at_any_one_write_harms_no_answer_and_no_record() {
    check(fourth(1), BROKEN_ONCE);
}

#[test]
fn a_disk_that_is_full_from_any_write_on_harms_no_answer_and_no_record() {
    check(fourth(2), FULL_FROM);
}

#[test]
fn a_disk_that_breaks_at_any_write_harms_no_answer_and_no_record() {
    check(fourth(3), BROKEN_FROM);
}

#[test]
#[ignore = "long: every kind of fault at every write"]
fn every_fault_at_every_write_harms_no_answer_and_no_record() {
    for strike in [FULL_ONCE, BROKEN_ONCE, FULL_FROM, BROKEN_FROM] {
        check(Steps::EVERY, strike);
    }
}
