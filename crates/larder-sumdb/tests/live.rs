//! The real database, through the upstream that the go command uses: fetch, prove, and prove that
//! the head which came with the answer continues into the latest one. Needs a network, go and curl:
//! `cargo test -p larder-sumdb --test live -- --ignored`.

use std::collections::HashMap;
use std::process::Command;

use larder_module::{ModulePath, ModuleVersion, Version};
use larder_sumdb::{
    Lookup, SUM_GOLANG_ORG, Tile, Tiles, TreeHead, Verifier, check_consistency, check_record,
    tiles_for_consistency, tiles_for_record,
};

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().expect("the program starts");
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    output.stdout
}

fn upstream() -> String {
    let list = String::from_utf8(run("go", &["env", "GOPROXY"])).expect("UTF-8");
    let first = list.trim().split([',', '|']).find(|entry| !matches!(*entry, "direct" | "off"));
    first.expect("GOPROXY names a proxy").trim_end_matches('/').to_owned()
}

fn fetch(upstream: &str, rest: &str) -> Vec<u8> {
    run("curl", &["-sSf", &format!("{upstream}/sumdb/sum.golang.org/{rest}")])
}

fn fetch_tiles(upstream: &str, plan: &[Tile]) -> HashMap<Tile, Vec<u8>> {
    plan.iter().map(|tile| (*tile, fetch(upstream, &tile.path()))).collect()
}

#[test]
#[ignore = "asks the real checksum database"]
fn a_real_lookup_is_proved() {
    let upstream = upstream();
    let verifier = Verifier::parse(SUM_GOLANG_ORG).unwrap();
    let version = Version::parse("v0.3.0").unwrap();
    let path = ModulePath::parse("golang.org/x/text").unwrap();
    let module = ModuleVersion::new(path, version).unwrap();

    let lookup = Lookup::parse(&fetch(&upstream, &format!("lookup/{module}"))).unwrap();
    let sums = lookup.record().sums(&module).unwrap();
    assert_eq!(sums.zip, "h1:g61tztE5qeGQ89tm6NTjjM9VPIm088od1l6aSorWRWg=");

    let head = TreeHead::open(lookup.head(), &verifier).unwrap();
    let plan = tiles_for_record(head.tree().size, lookup.record().id());
    let tiles = Tiles::authenticate(head.tree(), fetch_tiles(&upstream, &plan)).unwrap();
    check_record(lookup.record(), &tiles).unwrap();

    let latest = TreeHead::open(&fetch(&upstream, "latest"), &verifier).unwrap();
    let plan = tiles_for_consistency(head.tree().size, latest.tree().size);
    let tiles = Tiles::authenticate(latest.tree(), fetch_tiles(&upstream, &plan)).unwrap();
    check_consistency(head.tree(), &tiles).unwrap();
}
