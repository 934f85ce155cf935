//! go.mod files as tools write them, read without a tree: a module graph reads thousands.
//!
//! What counts of a dependency's go.mod is its path, its `go` line and its requirements. Where a file says
//! these in the plain form that `go mod tidy` leaves, and retracts and deprecates nothing, they are cut out
//! of its bytes. Everything else (quotes, short versions, mistakes, whatever is rare) is no plain file,
//! and for [`crate::GoMod::parse_lax`]. Invariant: what is plain means the same to both.

use crate::reading::is_go_version;
use larder_module::{canonical_version, split_path_major};

/// What a plain go.mod says, borrowed from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainGoMod<'a> {
    /// The module's path.
    pub module: &'a str,
    /// Its `go` line.
    pub go: Option<&'a str>,
    /// What it requires, path and version, in the order of the file. Versions are canonical.
    pub require: Vec<(&'a str, &'a str)>,
}

/// Which block a line stands in.
enum Block {
    None,
    Require,
    /// One that counts for nothing in a dependency.
    Other,
}

impl<'a> PlainGoMod<'a> {
    /// Reads a go.mod that is plain; none where it is not.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let printed = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        let text = bytes.iter().all(printed).then(|| std::str::from_utf8(bytes).ok())??;
        let (mut module, mut go, mut require) = (None, None, Vec::new());
        let mut block = Block::None;
        for line in text.split('\n') {
            let line = line.trim_ascii_start();
            if line.is_empty() {
                continue;
            }
            if line.starts_with("//") {
                plain_comment(line)?;
                continue;
            }
            if let Some(rest) = line.strip_prefix(')') {
                ends(rest).filter(|()| !matches!(block, Block::None))?;
                block = Block::None;
                continue;
            }
            match block {
                Block::Require => require.push(requirement(line)?),
                Block::Other => harmless(line)?,
                Block::None => {
                    let (verb, rest) = word(line);
                    let opens = rest.strip_prefix('(').and_then(ends).is_some();
                    match verb {
                        "require" if opens => block = Block::Require,
                        "require" => require.push(requirement(rest)?),
                        "module" if module.is_none() => module = Some(path_alone(rest)?),
                        "go" if go.is_none() => go = Some(version_alone(rest)?),
                        "module" | "go" | "retract" | "ignore" => return None,
                        // A mark ends a word: `go]` begins with `go`.
                        _ if !verb.bytes().all(|byte| byte.is_ascii_alphanumeric()) => return None,
                        _ if opens => {
                            harmless(verb)?;
                            block = Block::Other;
                        }
                        _ => harmless(line)?,
                    }
                }
            }
        }
        matches!(block, Block::None).then_some(Self { module: module?, go, require })
    }
}

/// A word, and what stands behind it and the blanks.
fn word(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    (word, rest.trim_ascii_start())
}

/// Nothing but perhaps a comment.
fn ends(rest: &str) -> Option<()> {
    let rest = rest.trim_ascii();
    if rest.is_empty() { Some(()) } else { rest.starts_with("//").then(|| plain_comment(rest))? }
}

/// A comment that deprecates nothing.
fn plain_comment(comment: &str) -> Option<()> {
    (!comment.contains("Deprecated:")).then_some(())
}

/// A line that says nothing to whom it does not concern, and ends where it seems to.
fn harmless(line: &str) -> Option<()> {
    let risky = |byte| matches!(byte, b'"' | b'`' | b'\'' | b'(' | b')');
    (!line.bytes().any(risky) && !line.contains("/*")).then_some(())
}

fn path_alone(rest: &str) -> Option<&str> {
    let (path, rest) = word(rest);
    ends(rest)?;
    is_plain_path(path).then_some(path)
}

fn version_alone(rest: &str) -> Option<&str> {
    let (version, rest) = word(rest);
    ends(rest)?;
    is_go_version(version).then_some(version)
}

/// A path and a version that fit each other.
fn requirement(line: &str) -> Option<(&str, &str)> {
    let (path, rest) = word(line);
    let (version, rest) = word(rest);
    if !(rest.is_empty() || rest.starts_with("//")) {
        return None;
    }
    let plain = is_plain_path(path) && is_canonical(version) && fits(path, version);
    plain.then_some((path, version))
}

fn is_plain_path(path: &str) -> bool {
    let mut before = b' ';
    let plain = path.bytes().all(|byte| {
        let is_slash = byte == b'/';
        let doubled = is_slash && before == b'/';
        before = byte;
        !doubled && (is_slash || byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte))
    });
    plain && !path.is_empty()
}

fn is_canonical(version: &str) -> bool {
    let mut rest = version.as_bytes();
    for before in *b"v.." {
        let Some((&first, number)) = rest.split_first() else { return false };
        let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let padded = digits > 1 && number.first() == Some(&b'0');
        if first != before || digits == 0 || padded {
            return false;
        }
        rest = number.get(digits..).unwrap_or_default();
    }
    rest.is_empty() || canonical_version(version).as_deref() == Some(version)
}

fn fits(path: &str, version: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let suffixed = last.starts_with('v') && last[1..].starts_with(|c: char| c.is_ascii_digit());
    let low = version.starts_with("v0.") || version.starts_with("v1.");
    if low && !suffixed && !path.starts_with("gopkg.in/") {
        return true;
    }
    split_path_major(path).is_some_and(|(_, major)| major.fits_text(version))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::GoMod;

    /// What is plain means the same to the reader of everything. Gives back whether it is plain.
    #[track_caller]
    fn check(text: &str) -> bool {
        let Some(plain) = PlainGoMod::read(text.as_bytes()) else { return false };
        let whole = GoMod::parse_lax("go.mod", text.as_bytes(), None)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let module = whole.module.as_ref();
        assert_eq!(Some(plain.module), module.map(|line| &*line.path), "{text}");
        assert_eq!(module.and_then(|line| line.deprecated.clone()), None, "{text}");
        assert_eq!(plain.go, whole.go.as_ref().map(|line| &*line.version), "{text}");
        let require = whole.require.iter().map(|line| (&*line.module.path, &*line.module.version));
        assert_eq!(plain.require, require.collect::<Vec<_>>(), "{text}");
        assert!(whole.retract.is_empty(), "{text}");
        true
    }

    #[test]
    fn files_as_tools_write_them_are_plain() {
        for text in [
            "module a.b/c\n",
            "// About it.\nmodule a.b/c // here\n\ngo 1.21\n\ntoolchain go1.22.0\n",
            "module a.b/c\nrequire d.e/f v1.0.0\nrequire d.e/f/v2 v2.1.0-rc.1 // indirect",
            "module a.b/c\r\n\r\nrequire (\r\n\tgopkg.in/x.v2 v2.0.0\r\n)\r\n",
            "module a.b/c\n\nrequire (\n\t// why\n\td.e/f v3.0.0+incompatible\n) // end\n\nexclude \
             d.e/f v1.0.0\n\nreplace (\n\td.e/f => ../f\n)\n\ntool d.e/f\n\nfuture [x]\n",
        ] {
            assert!(check(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_reader_of_everything() {
        for text in [
            "",
            "go 1.21\n",
            "module \"a.b/c\"\n",
            "module a.b/c\nretract v1.0.0\n",
            "// Deprecated: use d.\nmodule a.b/c\n",
            "module a.b/c\nrequire d.e/f v1\n",
            "module a.b/c\nrequire d.e/f v2.0.0\n",
            "module a.b/c\nrequire d.e/f/v1 v1.0.0\n",
            "module a.b/c\nrequire d.e/f v1.0.0 x\n",
            "module a.b/c\nrequire (\n\td.e/f v1.0.0\n",
            "module a.b/c\ngo 1.x\n",
            "module a.b/c\nmodule a.b/c\n",
            "module a.b/c\nreplace d => \"./d\n",
            "module a.b/c\n/* no */\n",
            "module a.b/c//d\n",
            "module a.b/c\ngo] 1.21\n",
            "module a.b/c\ngo//1.21\n",
            "module a.b/c\nretract[v1.0.0, v1.1.0]\n",
            "module a.b/ü\n",
        ] {
            assert!(!check(text), "{text}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "module",
            "go",
            "require",
            "exclude",
            "replace",
            "retract",
            "toolchain",
            "tool",
            "ignore",
            "a.b/c",
            "a.b/c/v2",
            "gopkg.in/x.v1",
            "a//b",
            "v1.0.0",
            "v2.0.0",
            "v2.0.0+incompatible",
            "v0.0.0-20200101000000-abcdefabcdef",
            "v1",
            "1.21",
            "1.21.0",
            "go1.21",
            "(",
            ")",
            "// indirect",
            "//",
            "\"",
            "`",
            "=>",
            "[",
            ",",
            "\n",
            "\n\t",
            " ",
            "\t",
            "\r\n",
            "/*",
            "ü",
            "Deprecated: no",
        ]);
        words.prop_map(str::to_owned)
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "require [a-c]\\.d/[e-g](/v[0-3])? v[0-3]\\.[0-9]{1,2}\\.0( // indirect)?\n",
            "\t[a-c]\\.d/[e-g](/v[0-3])? v[0-3]\\.[0-9]{1,2}\\.0(\\+incompatible)?( //x)?\n",
            "(require|exclude|replace|tool|future) \\(( //x)?\n",
            "\\)( // x)?\n",
            "go 1\\.[0-9]{2}(\\.[0-9]|rc1)?\n",
            "(exclude|toolchain|tool|ignore) [a-z./]{1,6}( v1.0.0)?\n",
            "[ \t]*(//.*)?\n",
            proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.join(" ")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn what_is_plain_means_the_same_to_both_readers(
            lines in proptest::collection::vec(line(), 0..10),
        ) {
            check(&format!("module a.b/c\n{}", lines.concat()));
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = PlainGoMod::read(&bytes);
        }
    }
}
