//! Arrows between our crates: down, and only where the plan has one. What only tests use may come
//! from any lower floor, or from the test kit.

use super::Breach;
use super::packages::{Dependency, Package};
use super::plan::{BESIDE, TESTKIT_FROM, floor, room};

/// The breaches among these crates.
pub fn check(packages: &[Package]) -> Vec<Breach> {
    let unknown = packages.iter().filter(|package| room(&package.name).is_none());
    let unknown = unknown.map(|package| {
        format!("`{}` has no room in the plan (xtask/src/floors/plan.rs)", package.name)
    });
    let arrows = packages.iter().flat_map(|package| {
        package.dependencies.iter().filter_map(move |dependency| arrow(&package.name, dependency))
    });
    unknown.chain(arrows).collect()
}

fn arrow(from: &str, to: &Dependency) -> Option<Breach> {
    let (from_room, to_room) = (room(from)?, room(&to.name)?);
    let planned = from_room.may_use.contains(&to.name.as_str());
    if planned || (to.only_in_tests && fits_tests(from, to_room.name)) {
        return None;
    }
    let tests = if to.only_in_tests { " in its tests" } else { "" };
    Some(format!("`{from}` uses `{}`{tests}, which the plan does not allow", to.name))
}

fn fits_tests(from: &str, to: &str) -> bool {
    let beside = |name| BESIDE.iter().any(|room| room.name == name);
    match (floor(from), floor(to)) {
        (Some(above), Some(below)) => below < above,
        (Some(above), None) => to == "larder-testkit" && above >= TESTKIT_FROM,
        (None, _) => beside(from) && to != "xtask",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(from: &str, to: &str, only_in_tests: bool) -> Option<Breach> {
        let dependency = Dependency { name: to.into(), only_in_tests };
        let package = Package { name: from.into(), dependencies: vec![dependency] };
        check(&[package]).pop()
    }

    #[test]
    fn an_arrow_goes_down_where_the_plan_has_one() {
        assert_eq!(check_one("larder-server", "larder-store", false), None);
        assert_eq!(check_one("larder-modfetch", "serde", false), None);
    }

    #[test]
    fn upward_and_sideways_arrows_are_found() {
        let upward = check_one("larder-store", "larder-server", false).unwrap();
        assert_eq!(upward, "`larder-store` uses `larder-server`, which the plan does not allow");
        assert!(check_one("larder-modzip", "larder-sumdb", false).is_some());
        assert!(check_one("larder-modfetch", "larder-store", false).is_some());
    }

    #[test]
    fn what_is_never_shipped_is_used_in_tests_alone() {
        assert!(check_one("larder-server", "larder-testkit", false).is_some());
        assert_eq!(check_one("larder-server", "larder-testkit", true), None);
        assert!(check_one("larder-module", "larder-testkit", true).is_some());
        assert!(check_one("larder", "xtask", true).is_some());
        assert!(check_one("larder-store", "larder-server", true).is_some());
    }

    #[test]
    fn a_crate_without_a_room_is_found() {
        assert!(check_one("larder-common", "serde", false).is_some());
    }
}
