//! Ignored by default: against the installed go, its module cache and `golang.org/x/mod`.
//!
//! `cargo test -p larder-modzip -- --ignored`; needs `go` on PATH, and for `golang.org/x/mod` what the
//! environment's GOPROXY reaches.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use larder_module::{EscapedPath, EscapedVersion, ModuleVersion};
use larder_modzip::inspect;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::random::{any_damage, any_tree, damage};
use crate::writer::{Entry, Zip, inspect_bytes};

fn go_env(name: &str) -> PathBuf {
    let output = Command::new("go").args(["env", name]).output().expect("`go` is on PATH");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn zips_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            zips_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "zip") {
            found.push(path);
        }
    }
}

/// Which module version a zip of the download cache is of.
fn module_of(zip: &Path, downloads: &Path) -> ModuleVersion {
    let below = zip.strip_prefix(downloads).unwrap().to_str().unwrap();
    let (path, file) = below.split_once("/@v/").unwrap();
    let version = EscapedVersion::parse(file.strip_suffix(".zip").unwrap()).unwrap();
    let version = version.revision().as_version().unwrap();
    ModuleVersion::new(EscapedPath::parse(path).unwrap().module().clone(), version).unwrap()
}

#[test]
#[ignore = "reads the module cache of this machine"]
fn every_zip_in_the_module_cache_hashes_as_go_recorded() {
    let downloads = go_env("GOMODCACHE").join("cache/download");
    let mut zips = Vec::new();
    zips_below(&downloads, &mut zips);
    let mut checked = 0;
    for zip in zips {
        let Ok(recorded) = fs_err::read_to_string(zip.with_extension("ziphash")) else { continue };
        let file = fs_err::File::open(&zip).unwrap().into_parts().0;
        let size = file.metadata().unwrap().len();
        let inspected = inspect(&file, size, &module_of(&zip, &downloads));
        let inspected = inspected.unwrap_or_else(|error| panic!("{}: {error}", zip.display()));
        assert_eq!(inspected.dirhash.to_string(), recorded, "{}", zip.display());
        checked += 1;
    }
    println!("{checked} zips hash as go recorded");
}

/// What x/mod says of each zip: its hash, or `refused`.
fn judged_by_x_mod(zips: &[Vec<u8>]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let mut names = String::new();
    for (number, zip) in zips.iter().enumerate() {
        let file = directory.path().join(format!("{number}.zip"));
        fs_err::write(&file, zip).unwrap();
        writeln!(names, "{}", file.display()).unwrap();
    }
    let list = directory.path().join("list");
    fs_err::write(&list, names).unwrap();
    let output = Command::new("go")
        .arg("-C")
        .arg(oracle)
        .args(["run", ".", "example.com/Mod", "v1.2.3"])
        .env("GOWORK", "off")
        .stdin(fs_err::File::open(&list).unwrap().into_parts().0)
        .output()
        .expect("`go` is on PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "fetches golang.org/x/mod through the environment's GOPROXY"]
fn x_mod_accepts_what_is_accepted_and_hashes_it_alike() {
    const ZIPS: usize = 4000;
    let mut runner = TestRunner::deterministic();
    let mut random = || {
        let tree = any_tree().new_tree(&mut runner).unwrap().current();
        let mut bytes = Zip::of(tree.iter().map(|(path, text)| Entry::new(path, text))).bytes();
        let wounds = proptest::collection::vec(any_damage(), 0..3).new_tree(&mut runner).unwrap();
        for wound in wounds.current() {
            if !bytes.is_empty() {
                damage(&mut bytes, wound);
            }
        }
        bytes
    };
    let zips: Vec<Vec<u8>> = (0..ZIPS).map(|_| random()).collect();
    let judged = judged_by_x_mod(&zips);
    assert_eq!(judged.len(), zips.len());
    let (mut accepted, mut only_go) = (0, 0);
    for (zip, expect) in zips.iter().zip(&judged) {
        match inspect_bytes(zip) {
            Ok(inspected) => {
                assert_eq!(&inspected.dirhash.to_string(), expect);
                accepted += 1;
            }
            Err(_) if expect != "refused" => only_go += 1,
            Err(_) => {}
        }
    }
    println!("of {ZIPS} zips, {accepted} are accepted by both and {only_go} by go alone");
}

#[test]
#[ignore = "fetches golang.org/x/mod through the environment's GOPROXY"]
fn x_mod_accepts_and_refuses_the_same_names() {
    const ZIPS: usize = 6000;
    let plain = "[a-cA-C.]{1,3}(/[a-cA-C.]{1,2}){0,2}/?";
    // Letters and others that were in Unicode before any go that is in use.
    let wild = "([!-~]|[kK\u{212a}sS\u{17f}]|[\u{a1}-\u{24f}\u{391}-\u{52f}\u{5d0}-\u{5ea}]\
        |[\u{300}-\u{310}\u{1e00}-\u{1eff}\u{2100}-\u{2bff}\u{3041}-\u{3096}\u{ff01}-\u{ff5a}]\
        ){1,2}(/[ -~\u{c0}-\u{ff}]){0,1}";
    let special = "((d/)?[gG][oO]\\.[mM]od|(con|NUL|com1|lpt[0-9])(\\.x)?|x~1|-|\\.git/x)";
    let names =
        proptest::collection::vec(proptest::prop_oneof![4 => plain, 4 => wild, 1 => special], 1..4);
    let mut runner = TestRunner::deterministic();
    let mut random = || names.new_tree(&mut runner).unwrap().current();
    let names: Vec<Vec<String>> = (0..ZIPS).map(|_| random()).collect();
    let of_names =
        |names: &Vec<String>| Zip::of(names.iter().map(|name| Entry::stored(name, b""))).bytes();
    let zips: Vec<Vec<u8>> = names.iter().map(of_names).collect();
    let mut accepted = 0;
    for ((names, zip), expect) in names.iter().zip(&zips).zip(judged_by_x_mod(&zips)) {
        let got = inspect_bytes(zip).map(|inspected| inspected.dirhash.to_string());
        accepted += usize::from(got.is_ok());
        assert_eq!(got.as_deref().unwrap_or("refused"), expect, "{names:?}: {got:?}");
    }
    println!("of {ZIPS} zips, {accepted} are accepted by both and the others by none");
}
