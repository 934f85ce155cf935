//! go.work: the directories of a workspace's modules, and replacements that go before theirs.
//!
//! Specification: <https://go.dev/ref/mod#workspaces>, x/mod's `modfile/work.go`.

use crate::error::{ReadError, Refusal};
use crate::replace::{Replacement, Replacements};
use crate::statements::{Statement, statements};

/// What a go.work says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoWork {
    /// The directories of the modules, as they stand there: relative ones below that of the file.
    pub directories: Vec<String>,
    /// What stands for what, in all of them.
    pub replace: Replacements,
}

impl GoWork {
    /// Reads a go.work.
    ///
    /// # Errors
    /// Says which line is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut read = Self::default();
        for Statement { line, verb, words } in statements(bytes)? {
            let at = |refusal| ReadError::Line { line, refusal };
            match (verb.as_str(), words.as_slice()) {
                ("use", [directory]) => {
                    read.directories.push(directory.word().map_err(at)?.to_owned());
                }
                ("use", _) => return Err(at(Refusal::Form { form: "use DIR" })),
                ("replace", words) => {
                    read.replace.push(Replacement::parse(words, line).map_err(at)?);
                }
                _ => {}
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directories_and_replacements_are_read() {
        let text = "go 1.26\nuse .\nuse (\n\t./a // why\n\t\"./b c\"\n)\nreplace x.y/z => ./z\n";
        let read = GoWork::parse(text.as_bytes()).unwrap();
        assert_eq!(read.directories, [".", "./a", "./b c"]);
        assert_eq!(read.replace.iter().count(), 1);
    }

    #[test]
    fn a_malformed_line_is_named() {
        let refusal = Refusal::Form { form: "use DIR" };
        assert_eq!(GoWork::parse(b"go 1.26\nuse\n"), Err(ReadError::Line { line: 2, refusal }));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = GoWork::parse(&bytes);
        }
    }
}
