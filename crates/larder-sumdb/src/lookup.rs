//! Lookups: the answer of a database about one module version, which is a record of its log and a
//! signed tree head; and what the record says of the version.
//!
//! The answer is the record's number, its text (lines of go.sum), a blank line, and the head. Only
//! the record's text is proved by the log. So hashes are looked for in that text and nowhere else,
//! and the rest of the answer is handed out as bytes that are yet to be checked.

use larder_module::ModuleVersion;

use crate::head::{TreeHead, parse_number};

/// No answer of a checksum database comes near this size.
pub const MAX_LOOKUP_SIZE: usize = 1_000_000;

/// Why an answer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Longer than any honest answer.
    #[error("an answer of {size} bytes is too long")]
    TooLarge {
        /// Its length.
        size: usize,
    },
    /// Not the answer of a database.
    #[error("not the answer to a lookup: {what}")]
    Malformed {
        /// The rule that it breaks.
        what: &'static str,
    },
}

/// A record of the log: its number, and lines of go.sum. The text is well-formed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    id: u64,
    text: String,
}

/// An answer taken apart; neither the record nor the head are proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    record: Record,
    head: Vec<u8>,
}

/// The hashes of a module version, as they stand in go.sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// That of the zip, `h1:…`.
    pub zip: String,
    /// That of the go.mod file alone, `h1:…`.
    pub go_mod: String,
}

impl Record {
    /// A record with this text, which is UTF-8 without control characters or blank lines and ends
    /// in a newline.
    pub fn new(id: u64, text: impl Into<String>) -> Result<Self, LookupError> {
        let text = text.into();
        if !text.ends_with('\n') || text.starts_with('\n') || text.contains("\n\n") {
            return Err(malformed("a record is lines without blank ones"));
        }
        if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(malformed("a record has no control characters"));
        }
        Ok(Self { id, text })
    }

    /// Its number in the log.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the record says of `module`: both hashes, or nothing. A record that contradicts itself
    /// says nothing.
    pub fn sums(&self, module: &ModuleVersion) -> Option<Sums> {
        let (path, version) = (module.path().as_str(), module.version().as_str());
        let zip = self.sum(path, version)?;
        let go_mod = self.sum(path, &format!("{version}/go.mod"))?;
        Some(Sums { zip, go_mod })
    }

    fn sum(&self, path: &str, version: &str) -> Option<String> {
        let mut sums = self.text.lines().filter_map(|line| {
            let hash = line.strip_prefix(path)?.strip_prefix(' ')?.strip_prefix(version)?;
            hash.strip_prefix(' ').filter(|hash| hash.starts_with("h1:"))
        });
        let first = sums.next()?;
        sums.all(|other| other == first).then(|| first.to_owned())
    }
}

impl Lookup {
    /// Takes an answer apart.
    pub fn parse(answer: &[u8]) -> Result<Self, LookupError> {
        if answer.len() > MAX_LOOKUP_SIZE {
            return Err(LookupError::TooLarge { size: answer.len() });
        }
        let answer = std::str::from_utf8(answer).map_err(|_| malformed("it is not UTF-8"))?;
        let (id, rest) = answer.split_once('\n').ok_or_else(|| malformed("it is one line"))?;
        let id = parse_number(id).ok_or_else(|| malformed("it begins with no record number"))?;
        let (text, head) =
            rest.split_once("\n\n").ok_or_else(|| malformed("no blank line ends the record"))?;
        let record = Record::new(id, format!("{text}\n"))?;
        Ok(Self { record, head: head.as_bytes().to_vec() })
    }

    /// The record; not proved.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The signed note that claims to be a tree head; not checked.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Keeps the record alone.
    pub fn into_record(self) -> Record {
        self.record
    }
}

/// The answer that gives `record` under `head`.
pub fn write_lookup(record: &Record, head: &TreeHead) -> Vec<u8> {
    let mut answer = format!("{}\n{}\n", record.id, record.text).into_bytes();
    answer.extend_from_slice(head.as_bytes());
    answer
}

const fn malformed(what: &'static str) -> LookupError {
    LookupError::Malformed { what }
}

#[cfg(test)]
mod tests {
    use larder_module::{ModulePath, Version};
    use proptest::prelude::*;

    use super::*;

    fn module(path: &str, version: &str) -> ModuleVersion {
        let path = ModulePath::parse(path).unwrap();
        ModuleVersion::new(path, Version::parse(version).unwrap()).unwrap()
    }

    #[track_caller]
    fn check(answer: &str, expected: Result<(u64, &str, &str), &'static str>) {
        let got = Lookup::parse(answer.as_bytes()).map(|lookup| {
            let head = String::from_utf8(lookup.head().to_vec()).unwrap();
            (lookup.record().id(), lookup.record().text().to_owned(), head)
        });
        let expected = expected
            .map(|(id, text, head)| (id, text.to_owned(), head.to_owned()))
            .map_err(|what| LookupError::Malformed { what });
        assert_eq!(got, expected);
    }

    #[test]
    fn an_answer_is_number_record_and_head() {
        check("0\na\n\nhead\n", Ok((0, "a\n", "head\n")));
        check("12\na b\nc d\n\nhead\n\nsign\n", Ok((12, "a b\nc d\n", "head\n\nsign\n")));
        check("12\na\n\n", Ok((12, "a\n", "")));
    }

    #[test]
    fn a_malformed_answer_is_refused() {
        check("", Err("it is one line"));
        check("<html>", Err("it is one line"));
        for id in ["", "-1", "+1", "01", "1 ", "99999999999999999999"] {
            check(&format!("{id}\na\n\nhead\n"), Err("it begins with no record number"));
        }
        check("1\na\n", Err("no blank line ends the record"));
        check("1\n\n\nhead\n", Err("a record is lines without blank ones"));
        check("1\n\na\n\nhead\n", Err("a record is lines without blank ones"));
        check("1\na\tb\n\nhead\n", Err("a record has no control characters"));
        assert!(Lookup::parse(b"1\n\xff\n\nhead\n").is_err());
        let long = vec![b'a'; MAX_LOOKUP_SIZE + 1];
        assert_eq!(Lookup::parse(&long), Err(LookupError::TooLarge { size: long.len() }));
    }

    #[track_caller]
    fn check_sums(text: &str, expected: Option<(&str, &str)>) {
        let record = Record::new(7, text).unwrap();
        let sums = record.sums(&module("example.com/m", "v1.2.3"));
        let expected =
            expected.map(|(zip, go_mod)| Sums { zip: zip.to_owned(), go_mod: go_mod.to_owned() });
        assert_eq!(sums, expected);
    }

    #[test]
    fn both_hashes_are_read_from_the_record() {
        let both = "example.com/m v1.2.3 h1:zip=\nexample.com/m v1.2.3/go.mod h1:mod=\n";
        check_sums(both, Some(("h1:zip=", "h1:mod=")));
        let newer = format!("example.com/m v1.2.3 h9:other=\n{both}{both}");
        check_sums(&newer, Some(("h1:zip=", "h1:mod=")));
    }

    #[test]
    fn a_record_of_another_version_says_nothing() {
        check_sums("example.com/m v1.2.3 h1:zip=\n", None);
        check_sums("example.com/m v1.2.3/go.mod h1:mod=\n", None);
        check_sums("example.com/m2 v1.2.3 h1:z=\nexample.com/m2 v1.2.3/go.mod h1:m=\n", None);
        check_sums("example.com/m v1.2.30 h1:z=\nexample.com/m v1.2.30/go.mod h1:m=\n", None);
        check_sums(" example.com/m v1.2.3 h1:z=\n example.com/m v1.2.3/go.mod h1:m=\n", None);
    }

    #[test]
    fn a_record_that_contradicts_itself_says_nothing() {
        let both = "example.com/m v1.2.3 h1:zip=\nexample.com/m v1.2.3/go.mod h1:mod=\n";
        check_sums(&format!("{both}example.com/m v1.2.3 h1:other=\n"), None);
        check_sums(&format!("{both}example.com/m v1.2.3/go.mod h1:other=\n"), None);
    }

    #[test]
    fn hashes_outside_the_record_are_not_found() {
        let answer = "3\nexample.com/m v1.2.3 h1:zip=\n\n\
            example.com/m v1.2.3/go.mod h1:mod=\n\n— a AAAA\n";
        let lookup = Lookup::parse(answer.as_bytes()).unwrap();
        assert_eq!(lookup.record().sums(&module("example.com/m", "v1.2.3")), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(answer in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Lookup::parse(&answer);
        }

        #[test]
        fn what_is_parsed_is_what_was_written(
            id in 0..=i64::MAX as u64, text in "([a-z ]{1,9}\n){1,4}",
        ) {
            let answer = format!("{id}\n{text}\nhead\n");
            let lookup = Lookup::parse(answer.as_bytes()).unwrap();
            prop_assert_eq!(lookup.record(), &Record::new(id, text).unwrap());
        }
    }
}
