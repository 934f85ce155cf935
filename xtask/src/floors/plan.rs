//! The floor plan: the crates of the tower, the floor each stands on, and what it may use. It is
//! the drawing of ARCHITECTURE.md as data.
//!
//! Invariant (checked): every arrow of the plan itself goes to a lower floor.

use super::Breach;

/// One crate of the tower.
#[derive(Debug)]
pub struct Room {
    /// The crate.
    pub name: &'static str,
    /// Its floor, from 0.
    pub floor: u8,
    /// Our crates that it may use.
    pub may_use: &'static [&'static str],
}

/// The tower.
pub const TOWER: &[Room] = &[
    Room { name: "larder-module", floor: 0, may_use: &[] },
    Room { name: "larder-modfile", floor: 1, may_use: &["larder-module"] },
    Room { name: "larder-modzip", floor: 1, may_use: &["larder-module"] },
    Room { name: "larder-sumdb", floor: 1, may_use: &["larder-module"] },
    Room { name: "larder-modload", floor: 2, may_use: &["larder-module", "larder-modfile"] },
    Room { name: "larder-modcache", floor: 2, may_use: &["larder-module", "larder-modzip"] },
    Room { name: "larder-store", floor: 2, may_use: &[] },
    Room {
        name: "larder-modfetch",
        floor: 3,
        may_use: &[
            "larder-module",
            "larder-modfile",
            "larder-modzip",
            "larder-sumdb",
            "larder-modload",
            "larder-modcache",
        ],
    },
    Room {
        name: "larder-server",
        floor: 4,
        may_use: &[
            "larder-module",
            "larder-modfile",
            "larder-modzip",
            "larder-sumdb",
            "larder-store",
            "larder-modfetch",
        ],
    },
    Room {
        name: "larder",
        floor: 5,
        may_use: &[
            "larder-module",
            "larder-modfile",
            "larder-modzip",
            "larder-sumdb",
            "larder-modload",
            "larder-modcache",
            "larder-store",
            "larder-modfetch",
            "larder-server",
        ],
    },
];

/// What stands beside the tower and is never shipped.
pub const BESIDE: &[Room] = &[
    Room {
        name: "larder-testkit",
        floor: 0,
        may_use: &["larder-module", "larder-modzip", "larder-sumdb"],
    },
    Room { name: "xtask", floor: 0, may_use: &["larder-testkit"] },
];

/// The first floor on which the test kit may be used in tests; it uses what is below.
pub const TESTKIT_FROM: u8 = 2;

/// The room with this name, in the tower or beside it.
pub fn room(name: &str) -> Option<&'static Room> {
    TOWER.iter().chain(BESIDE).find(|room| room.name == name)
}

/// The floor of a crate of the tower.
pub fn floor(name: &str) -> Option<u8> {
    TOWER.iter().find(|room| room.name == name).map(|room| room.floor)
}

/// The breaches of the plan by itself.
pub fn check() -> Vec<Breach> {
    check_plan(TOWER)
}

fn check_plan(tower: &[Room]) -> Vec<Breach> {
    let floor = |name: &str| tower.iter().find(|room| room.name == name).map(|room| room.floor);
    let arrows = tower.iter().flat_map(|room| room.may_use.iter().map(move |used| (room, *used)));
    arrows
        .filter(|(room, used)| floor(used).is_none_or(|below| below >= room.floor))
        .map(|(room, used)| {
            format!("the plan lets `{}` use `{used}`, which is not below", room.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_goes_down_only() {
        assert_eq!(check(), Vec::<Breach>::new());
        let upward = [
            Room { name: "low", floor: 0, may_use: &["high"] },
            Room { name: "high", floor: 1, may_use: &[] },
        ];
        assert_eq!(check_plan(&upward), ["the plan lets `low` use `high`, which is not below"]);
        let sideways = [
            Room { name: "left", floor: 1, may_use: &["right"] },
            Room { name: "right", floor: 1, may_use: &[] },
        ];
        assert_eq!(check_plan(&sideways).len(), 1);
    }
}
