//! Stories of go.sum files.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const HASH: &str = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";

#[track_caller]
fn check(text: &str, expect: Result<&[&str], &str>) {
    let read = GoSum::parse_strict("go.sum", text.replace("HASH", HASH).as_bytes());
    let read = read.map(|read| read.format().replace(HASH, "HASH"));
    let expect = expect.map(|lines| lines.iter().flat_map(|&line| [line, "\n"]).collect());
    assert_eq!(read.map_err(|error| error.to_string()), expect.map_err(str::to_owned), "{text}");
}

#[test]
fn a_line_is_a_zip_or_a_go_mod() {
    check(
        "a.b/c v1.0.0 HASH\na.b/c v1.0.0/go.mod HASH\n",
        Ok(&["a.b/c v1.0.0 HASH", "a.b/c v1.0.0/go.mod HASH"]),
    );
    check("", Ok(&[]));
    check("\n \r\n\ta.b/c   v1.0.0\tHASH\r\n", Ok(&["a.b/c v1.0.0 HASH"]));
}

#[test]
fn lines_are_written_by_path_and_precedence_and_once() {
    check(
        "a.b/c v1.10.0 HASH\na.b/c v1.9.0/go.mod HASH\na.b/c v1.9.0 HASH\na.b v2.0.0 HASH\n\
         a.b/c v1.9.0 HASH\na.b/c v1.9.0 h2:x\n",
        Ok(&[
            "a.b v2.0.0 HASH",
            "a.b/c v1.9.0 HASH",
            "a.b/c v1.9.0 h2:x",
            "a.b/c v1.9.0/go.mod HASH",
            "a.b/c v1.10.0 HASH",
        ]),
    );
}

#[test]
fn the_hash_of_an_empty_go_mod_is_dropped() {
    check(&format!("a.b/c v1.0.0/go.mod {EMPTY_GO_MOD}\n"), Ok(&[]));
}

#[test]
fn a_malformed_line_is_named() {
    check(
        "a.b/c v1.0.0 HASH\n\na.b/c v1.0.0\n",
        Err("malformed go.sum:\ngo.sum:3: wrong number of fields 2"),
    );
    check("a b h1:short=\n", Err("malformed go.sum:\ngo.sum:1: malformed hash h1:short="));
    assert!(GoSum::parse("go.sum", b"a b h1:short=\n").is_ok());
    assert_eq!(GoSum::parse_tidy(b"a b\na b h1:short=\nc\n").len(), 1);
}

#[test]
fn what_is_added_is_found_and_stands_once() {
    let mut sum = GoSum::parse("go.sum", format!("b v1.0.0 {HASH}\nb v1.0.0 h2:x\n").as_bytes());
    let sum = sum.as_mut().unwrap();
    let line = |path, part, hash| Sum { path, version: "v1.0.0", part, hash };
    assert!(sum.add(line("b", Part::GoMod, HASH)));
    assert!(sum.add(line("a", Part::Zip, HASH)));
    assert!(sum.add(line("c", Part::Zip, "h2:x")));
    assert!(!sum.add(line("b", Part::Zip, HASH)));
    assert!(sum.has_h1("a", "v1.0.0", Part::Zip));
    assert!(!sum.has_h1("a", "v1.0.0", Part::GoMod));
    assert!(!sum.has_h1("c", "v1.0.0", Part::Zip));
    assert_eq!(sum.hashes("b", "v1.0.0", Part::Zip).collect::<Vec<_>>(), [HASH, "h2:x"]);
    sum.retain(|line| line.path != "b");
    assert_eq!(sum.len(), 2);
}

proptest! {
    #[test]
    fn every_line_is_found_whatever_the_order(
        lines in proptest::collection::vec(("[abc]{1,2}", 0_u8..12, any::<bool>(), "[xyz]"), 0..20),
    ) {
        let mut added = GoSum::default();
        let mut text = String::new();
        for (path, minor, zip, hash) in &lines {
            let (version, part) = (format!("v1.{minor}.0"), if *zip { Part::Zip } else { Part::GoMod });
            added.add(Sum { path, version: &version, part, hash });
            let _ = writeln!(text, "{path} {version}{} {hash}", if *zip { "" } else { GO_MOD });
        }
        let read = GoSum::parse("go.sum", text.as_bytes()).unwrap();
        for (path, minor, zip, hash) in &lines {
            let (version, part) = (format!("v1.{minor}.0"), if *zip { Part::Zip } else { Part::GoMod });
            prop_assert!(read.hashes(path, &version, part).any(|found| found == hash));
        }
        prop_assert_eq!(read.format(), added.format());
        let again = GoSum::parse("go.sum", read.format().as_bytes()).unwrap();
        prop_assert_eq!(again.format(), read.format());
    }
}
