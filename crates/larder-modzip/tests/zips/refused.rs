//! What is refused, and for which reason.

use std::io;

use larder_modzip::{ContentFault, DirectoryFault, NameFault, ReadAt, ZipError, inspect};

use crate::writer::{Entry, PREFIX, Zip, inspect_bytes, module};

#[track_caller]
fn check(zip: &Zip, expect: &str) {
    check_bytes(&zip.bytes(), expect);
}

#[track_caller]
fn check_bytes(bytes: &[u8], expect: &str) {
    let error = inspect_bytes(bytes).unwrap_err();
    assert!(error.is_invalid(), "{error:?}");
    assert_eq!(error.to_string(), expect);
}

fn content(path: &str, fault: ContentFault) -> String {
    ZipError::Content { name: format!("{PREFIX}{path}"), fault }.to_string()
}

fn name(path: &str, fault: NameFault) -> String {
    ZipError::Name { name: format!("{PREFIX}{path}"), fault }.to_string()
}

fn directory(fault: DirectoryFault) -> String {
    ZipError::from(fault).to_string()
}

fn entry() -> Entry {
    Entry::new("x.go", b"package x\n")
}

#[test]
fn a_cut_zip() {
    let bytes = Zip::of([entry(), Entry::stored("y", b"y")]).bytes();
    for length in 0..bytes.len() {
        let error = inspect_bytes(&bytes[..length]).unwrap_err();
        assert!(error.is_invalid(), "{length}: {error:?}");
    }
    check_bytes(b"", &directory(DirectoryFault::NoEnd));
    check_bytes(b"<html>", &directory(DirectoryFault::NoEnd));
}

#[test]
fn bytes_behind_the_end() {
    let mut bytes = Zip::of([entry()]).bytes();
    bytes.push(0);
    check_bytes(&bytes, &directory(DirectoryFault::NoEnd));
    let nested = Zip { comment: Zip::default().bytes(), ..Zip::of([entry()]) };
    check(&nested, &directory(DirectoryFault::Misplaced));
}

#[test]
fn a_directory_elsewhere() {
    let zip = Zip::of([entry()]);
    check(&Zip { directory_shift: -1, ..zip.clone() }, &directory(DirectoryFault::Misplaced));
    check(&Zip { directory_shift: 5, ..zip.clone() }, &directory(DirectoryFault::Misplaced));
    check(
        &Zip { directory_shift: 5, wide_end: true, ..zip.clone() },
        &directory(DirectoryFault::Misplaced),
    );
    check(&Zip { counted: Some(2), ..zip.clone() }, &directory(DirectoryFault::Count { found: 1 }));
    let mut bytes = zip.bytes();
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[at] = b'Q';
    check_bytes(&bytes, &directory(DirectoryFault::Entry(0)));
}

#[test]
fn a_zip64_record_elsewhere() {
    let bytes = Zip { wide_end: true, ..Zip::of([entry()]) }.bytes();
    let locator = bytes.windows(4).position(|window| window == b"PK\x06\x07").unwrap();
    for (at, value) in
        [(locator + 8, 0xff), (locator + 15, 0xff), (locator + 16, 2), (locator + 4, 1)]
    {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        check_bytes(&bytes, &directory(DirectoryFault::End64));
    }
}

#[test]
fn sizes_over_the_limits() {
    let huge = |path: &str, plain: u64| Entry { plain, ..Entry::new(path, b"bomb") };
    let sum = "the files in the zip are larger than 524288000 bytes together";
    check(&Zip::of([huge("x", (500 << 20) + 1)]), sum);
    check(&Zip::of([huge("x", 300 << 20), huge("y", 201 << 20)]), sum);
    check(
        &Zip::of([
            Entry { wide: true, ..huge("x", u64::MAX) },
            Entry { wide: true, ..huge("y", 2) },
        ]),
        sum,
    );
    check(
        &Zip::of([huge("go.mod", (16 << 20) + 1)]),
        "`go.mod` in the zip is larger than 16777216 bytes",
    );
    check(
        &Zip::of([huge("LICENSE", (16 << 20) + 1)]),
        "`LICENSE` in the zip is larger than 16777216 bytes",
    );
    let error = inspect(&b"".as_slice(), (500 << 20) + 1, &module()).unwrap_err();
    assert_eq!(error.to_string(), "the zip file is larger than 524288000 bytes");
}

/// So many zeros, and then the bytes.
struct Sparse(Vec<u8>, u64);

impl ReadAt for Sparse {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(offset) = offset.checked_sub(self.1) else {
            let zeros = usize::try_from(self.1 - offset).unwrap().min(buf.len());
            buf[..zeros].fill(0);
            return Ok(zeros);
        };
        self.0.read_at(buf, offset)
    }
}

#[test]
fn a_directory_that_would_fill_the_memory() {
    let mut bytes = Zip::default().bytes();
    let length: u32 = (64 << 20) + 1;
    bytes[12..16].copy_from_slice(&length.to_le_bytes());
    let size = u64::from(length) + bytes.len() as u64;
    let error = inspect(&Sparse(bytes, length.into()), size, &module()).unwrap_err();
    assert_eq!(error.to_string(), directory(DirectoryFault::TooLarge));
}

#[test]
fn a_bomb_is_not_inflated() {
    let zeros = vec![0; 40 << 20];
    let bomb = Entry::new("bomb", &zeros);
    for plain in [1, 1 << 20, 3 << 20, (40 << 20) - 1, (40 << 20) + 1] {
        check(&Zip::of([Entry { plain, ..bomb.clone() }]), &content("bomb", ContentFault::Size));
    }
}

#[test]
fn names_outside_the_module() {
    let outside = |name: &[u8]| Zip::of([Entry { name: name.to_vec(), ..entry() }]);
    let below = NameFault::Outside { prefix: PREFIX.to_owned() };
    for name in
        ["x.go", "/etc/passwd", "../x", "example.com/mod@v1.2.3/x", "example.com/Mod@v1.2.4/x", ""]
    {
        check(&outside(name.as_bytes()), &format!("`{name}` in the zip: {below}"));
    }
    check(
        &outside(b"example.com/Mod@v1.2.3/../../x"),
        "`example.com/Mod@v1.2.3/../../x` in the zip: an element is made of dots alone",
    );
    check(
        &outside(b"example.com/Mod@v1.2.3/a\nb"),
        "`example.com/Mod@v1.2.3/a\\nb` in the zip: the character '\\n' is not allowed",
    );
}

#[test]
fn names_that_collide() {
    let files = |a: &str, b: &str| Zip::of([Entry::new(a, b""), Entry::new(b, b"")]);
    check(&files("a", "a"), &name("a", NameFault::Twice));
    check(
        &files("README", "readme"),
        &name("readme", NameFault::Case { other: "README".to_owned() }),
    );
    check(&files("a", "a/b"), &name("a/b", NameFault::FileAndDirectory));
    check(&files("x/go.mod", "b"), &name("x/go.mod", NameFault::GoModBelowRoot));
    check(&files("GO.mod", "b"), &name("GO.mod", NameFault::GoModCase));
}

#[test]
fn links_and_devices() {
    for attributes in [0o120_777_u32 << 16, 0o020_666 << 16, 0o010_644 << 16, 0o140_644 << 16] {
        check(
            &Zip::of([Entry { made_on: 3, attributes, ..entry() }]),
            &name("x.go", NameFault::NotRegular),
        );
    }
}

#[test]
fn what_go_cannot_unpack() {
    for flags in [1, 1 << 6, 1 << 13] {
        check(&Zip::of([Entry { flags, ..entry() }]), &content("x.go", ContentFault::Encrypted));
    }
    for method in [1, 9, 12, 14, 93, 99] {
        check(
            &Zip::of([Entry { method, ..entry() }]),
            &content("x.go", ContentFault::Method(method)),
        );
    }
    let with_content = Entry { name: format!("{PREFIX}d/").into_bytes(), ..entry() };
    check(&Zip::of([with_content]), &content("d/", ContentFault::DirectoryWithContent));
}

#[test]
fn content_that_is_not_as_declared() {
    let small = entry();
    let large = Entry::new("x.go", &b"0123456789".repeat(300_000));
    let stored = Entry::stored("x.go", b"package x\n");
    for honest in [small, large, stored.clone()] {
        let crc = honest.crc ^ 1;
        check(&Zip::of([Entry { crc, ..honest.clone() }]), &content("x.go", ContentFault::Crc));
        let plain = honest.plain - 1;
        check(&Zip::of([Entry { plain, ..honest.clone() }]), &content("x.go", ContentFault::Size));
        let plain = honest.plain + 1;
        check(&Zip::of([Entry { plain, ..honest.clone() }]), &content("x.go", ContentFault::Size));
        if honest.method == 8 {
            let mut forged = honest.clone();
            forged.descriptor[4] ^= 1;
            check(&Zip::of([forged]), &content("x.go", ContentFault::Crc));
            let mut forged = honest.clone();
            forged.data[0] |= 6;
            check(&Zip::of([forged]), &content("x.go", ContentFault::Deflate));
            let packed = honest.packed - 2;
            check(&Zip::of([Entry { packed, ..honest }]), &content("x.go", ContentFault::Deflate));
        }
    }
    let mut forged = stored;
    forged.data[0] ^= 1;
    check(&Zip::of([forged]), &content("x.go", ContentFault::Crc));
}

#[test]
fn local_headers_that_disagree() {
    let renamed = Entry { local_name: Some(format!("{PREFIX}y.go").into_bytes()), ..entry() };
    check(&Zip::of([renamed]), &content("x.go", ContentFault::LocalName));
    let mut bytes = Zip::of([entry()]).bytes();
    bytes[0] = b'Q';
    check_bytes(&bytes, &content("x.go", ContentFault::NoLocalHeader));
    let longer = Entry { local_extra: vec![0; 10], ..entry() };
    let mut bytes = Zip::of([longer]).bytes();
    bytes[28] = 200;
    check_bytes(&bytes, &content("x.go", ContentFault::Overlap));
}

#[test]
fn entries_that_overlap() {
    let twin = Entry { shares_with: Some(0), ..entry() };
    check(&Zip::of([entry(), twin.clone()]), &name("x.go", NameFault::Twice));
    let renamed = Entry { name: format!("{PREFIX}y.go").into_bytes(), ..twin };
    check(&Zip::of([entry(), renamed]), &content("x.go", ContentFault::Overlap));
    let packed = entry().packed + 100;
    let greedy = Entry { packed, ..entry() };
    check(
        &Zip::of([greedy.clone(), Entry::new("y", b"")]),
        &content("x.go", ContentFault::Overlap),
    );
    check(&Zip::of([greedy]), &content("x.go", ContentFault::Overlap));
    // Found by fuzzing: a directory beyond the end gave the entry before it more than there is.
    let mut bytes = Zip::of([entry(), Entry::directory("d/")]).bytes();
    let offset = bytes.len() - 22 - PREFIX.len() - 2 - 4;
    bytes[offset + 3] = 8;
    check_bytes(&bytes, &content("d/", ContentFault::Overlap));
    let no_descriptor = Entry { descriptor: Vec::new(), ..entry() };
    check(&Zip::of([no_descriptor]), &content("x.go", ContentFault::Overlap));
}

#[test]
fn what_cannot_be_read_is_not_called_invalid() {
    struct Broken(Vec<u8>);
    impl ReadAt for Broken {
        fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
            if offset < 10 {
                Err(io::Error::other("disk on fire"))
            } else {
                self.0.read_at(buf, offset)
            }
        }
    }
    let bytes = Zip::of([entry()]).bytes();
    let size = bytes.len() as u64;
    let broken = Broken(Zip { before: vec![0; 20], ..Zip::of([entry()]) }.bytes());
    let error = inspect(&broken, size + 20, &module()).unwrap_err();
    assert!(!error.is_invalid(), "{error:?}");
    let error = inspect(&bytes, size + 1, &module()).unwrap_err();
    assert!(!error.is_invalid(), "{error:?}");
}
