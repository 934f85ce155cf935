//! What is unpacked is what was hashed, and a zip that is refused is not unpacked at all where its
//! directory tells.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use larder_modzip::{
    Comparison, Counterpart, Destination, Inspected, Names, Unwritten, ZipError, compare, extract,
    hash_entries,
};
use proptest::prelude::*;

use crate::random::{any_damage, any_tree, damage};
use crate::writer::{Entry, PREFIX, Zip, inspect_bytes, module, oracle};

/// A directory in which whatever is asked for is made.
struct Folder<'p>(&'p Path);

impl Destination for Folder<'_> {
    fn make_directories(&self, files: &[&str]) -> Result<(), Unwritten> {
        for file in files {
            let above = self.0.join(file).parent().unwrap().to_owned();
            fs_err::create_dir_all(above).map_err(|error| Unwritten {
                operation: "mkdir",
                name: (*file).to_owned(),
                error,
            })?;
        }
        Ok(())
    }

    fn make_file(&self, name: &str) -> io::Result<File> {
        File::create_new(self.0.join(name))
    }
}

impl Counterpart for Folder<'_> {
    fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.0.join(name))
    }
}

fn extract_bytes(bytes: &[u8], to: &Path) -> Result<Inspected, ZipError> {
    extract(&bytes, bytes.len() as u64, &module(), &Folder(to))
}

fn read_tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut tree = BTreeMap::new();
    let mut below = vec![root.to_owned()];
    while let Some(directory) = below.pop() {
        for entry in fs_err::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                tree.insert(name, fs_err::read(path).unwrap());
            }
        }
    }
    tree
}

#[track_caller]
fn check(entries: Vec<Entry>, expect: &BTreeMap<String, Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let zip = Zip::of(entries).bytes();
    let extracted = extract_bytes(&zip, directory.path()).unwrap();
    assert_eq!(extracted.dirhash.to_string(), oracle(expect));
    assert_eq!(&read_tree(directory.path()), expect);
    let compared = compare_bytes(&zip, directory.path());
    let (dirhash, files) = (extracted.dirhash, expect.len());
    assert_eq!(compared, Comparison { dirhash, files, is_same: true });
}

/// Changes one file of an unpacked zip, of which the hash stays and the sameness goes.
#[track_caller]
fn check_difference(change: impl Fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let entries = [Entry::new("a", b"text"), Entry::new("large", &b"text ".repeat(1 << 20))];
    let zip = Zip::of(entries).bytes();
    let dirhash = extract_bytes(&zip, directory.path()).unwrap().dirhash;
    change(directory.path());
    let expect = Comparison { dirhash, files: 2, is_same: false };
    assert_eq!(compare_bytes(&zip, directory.path()), expect);
}

fn compare_bytes(zip: &[u8], with: &Path) -> Comparison {
    compare(&zip, zip.len() as u64, &module(), &Folder(with)).unwrap()
}

#[test]
fn a_file_that_differs_in_any_way_is_not_the_same() {
    check_difference(|tree| fs_err::write(tree.join("a"), "Text").unwrap());
    check_difference(|tree| fs_err::write(tree.join("a"), "tex").unwrap());
    check_difference(|tree| fs_err::write(tree.join("a"), "texts").unwrap());
    check_difference(|tree| fs_err::write(tree.join("large"), "text").unwrap());
    check_difference(|tree| fs_err::remove_file(tree.join("a")).unwrap());
    check_difference(|tree| {
        let large = b"text ".repeat(1 << 20);
        fs_err::write(tree.join("large"), [&large[..large.len() - 1], b"!"].concat()).unwrap();
    });
}

#[test]
fn small_files_large_files_and_many_of_them_are_written_whole() {
    let tree = |files: Vec<(String, Vec<u8>)>| files.into_iter().collect::<BTreeMap<_, _>>();
    let large = tree(vec![
        ("large.txt".to_owned(), b"text ".repeat(1 << 20)),
        ("a/empty".to_owned(), Vec::new()),
    ]);
    check(large.iter().map(|(path, content)| Entry::new(path, content)).collect(), &large);
    let many = (0..1500).map(|n| (format!("d{}/f{n}", n % 30), format!("{n}").into_bytes()));
    let many = tree(many.collect());
    check(many.iter().map(|(path, content)| Entry::stored(path, content)).collect(), &many);
}

#[track_caller]
fn check_refused(entries: Vec<Entry>, is_untouched: bool) {
    let directory = tempfile::tempdir().unwrap();
    let error = extract_bytes(&Zip::of(entries).bytes(), directory.path()).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(read_tree(directory.path()).is_empty(), is_untouched);
}

#[test]
fn nothing_is_written_of_a_zip_whose_directory_breaks_a_rule() {
    let honest = Entry::new("a.go", b"package a\n");
    check_refused(vec![honest.clone(), Entry::new("../b", b"")], true);
    check_refused(vec![honest.clone(), Entry::new("b/go.mod", b"")], true);
    check_refused(vec![honest.clone(), Entry::new("A.go", b"")], true);
    let bomb = Entry { plain: 600 << 20, ..Entry::new("bomb", b"") };
    check_refused(vec![honest.clone(), bomb], true);
    let wrong = Entry { crc: 7, descriptor: Vec::new(), ..Entry::new("wrong", b"content") };
    check_refused(vec![honest, wrong], false);
}

#[test]
fn what_cannot_be_written_is_not_the_fault_of_the_zip() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join("a.go"), "").unwrap();
    let zip = Zip::of([Entry::new("a.go", b"package a\n")]).bytes();
    let error = extract_bytes(&zip, directory.path()).unwrap_err();
    assert!(!error.is_invalid());
    assert_eq!(error.to_string(), "could not open `a.go` while unpacking the zip");
}

#[track_caller]
fn check_hash(entries: Vec<Entry>, names: Names<'_>, expect: Result<&[(&str, &[u8])], &str>) {
    let bytes = Zip::of(entries).bytes();
    let got = hash_entries(&bytes, bytes.len() as u64, names);
    let got = got.map(|hash| hash.to_string()).map_err(|error| error.to_string());
    let files = |files: &[(&str, &[u8])]| {
        let hashed: Vec<_> = files
            .iter()
            .map(|(path, content)| {
                (format!("{PREFIX}{path}"), <sha2::Sha256 as sha2::Digest>::digest(content).into())
            })
            .collect();
        larder_modzip::Dirhash::of_files(&hashed).to_string()
    };
    assert_eq!(got, expect.map(files).map_err(str::to_owned));
}

#[test]
fn entries_are_hashed_whatever_rule_they_break() {
    let entries = |names: [&str; 2]| names.map(|name| Entry::new(name, name.as_bytes())).to_vec();
    check_hash(
        entries(["a/go.mod", "A"]),
        Names::Any,
        Ok(&[("A", b"A"), ("a/go.mod", b"a/go.mod")]),
    );
    check_hash(entries(["../b", "a"]), Names::Of(&module()), Ok(&[("../b", b"../b"), ("a", b"a")]));
    let twice = vec![Entry::new("a", b"first"), Entry::new("a", b"last")];
    check_hash(twice, Names::Any, Ok(&[("a", b"last"), ("a", b"last")]));
}

#[test]
fn entries_of_another_module_are_refused_where_that_is_asked_for() {
    let foreign = Entry { name: b"example.com/other@v1.0.0/a".to_vec(), ..Entry::new("a", b"") };
    check_hash(
        vec![foreign],
        Names::Of(&module()),
        Err("`example.com/other@v1.0.0/a` in the zip: it is not below `example.com/Mod@v1.2.3/`"),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_tree_comes_out_as_it_went_in(tree in any_tree()) {
        let entries = tree.iter().map(|(path, content)| Entry::new(path, content)).collect();
        check(entries, &tree);
    }

    #[test]
    fn what_is_refused_when_inspected_is_refused_when_extracted(
        tree in any_tree(),
        wound in any_damage(),
    ) {
        let mut bytes = Zip::of(tree.iter().map(|(path, content)| Entry::new(path, content))).bytes();
        damage(&mut bytes, wound);
        let directory = tempfile::tempdir().unwrap();
        let extracted = extract_bytes(&bytes, directory.path());
        match (inspect_bytes(&bytes), extracted) {
            (Ok(inspected), Ok(extracted)) => {
                prop_assert_eq!(&inspected, &extracted);
                let hash = hash_entries(&bytes, bytes.len() as u64, Names::Of(&module())).unwrap();
                prop_assert_eq!(hash, inspected.dirhash);
            }
            (Err(inspected), Err(extracted)) => {
                prop_assert_eq!(inspected.to_string(), extracted.to_string());
            }
            (inspected, extracted) => prop_assert!(false, "{inspected:?} {extracted:?}"),
        }
    }
}
