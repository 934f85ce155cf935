//! This repository keeps its house rules; `xtask::floors` says which they are.

#[test]
fn the_house_rules_hold() {
    if let Err(breaches) = xtask::floors::check_workspace() {
        panic!("\n{breaches}");
    }
}
