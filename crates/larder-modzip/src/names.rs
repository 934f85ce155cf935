//! What an entry of a module zip may be called.
//!
//! Every name is `path@version/` and a file path that is valid on Linux, macOS and Windows. A go.mod
//! stands at the root alone, since anywhere else it would begin another module.
//! Specification: <https://go.dev/ref/mod#zip-path-size-constraints>, x/mod's `CheckFilePath`.

use larder_module::Shown;
use larder_module::element::{self, ElementRefusal};

use crate::directory::Entry;
use crate::unicode;

const GO_MOD: &str = "go.mod";

/// What is wrong with the name or the kind of an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameFault {
    /// The name is not below `path@version/`.
    #[error("it is not below `{prefix}`")]
    Outside {
        /// What every name must begin with.
        prefix: String,
    },
    /// The name is not UTF-8.
    #[error("its name is not UTF-8")]
    NotUtf8,
    /// An element of the name is not a valid file name.
    #[error(transparent)]
    Element(#[from] ElementRefusal),
    /// A go.mod below the root, in any case.
    #[error("a go.mod may stand at the root only")]
    GoModBelowRoot,
    /// The root's go.mod in another case, such as `Go.Mod`.
    #[error("a go.mod must be named in lower case")]
    GoModCase,
    /// A symbolic link, a device, or a directory without its slash.
    #[error("it is not a regular file")]
    NotRegular,
    /// Two names that file systems may take for one.
    #[error("it differs from `{}` by case alone", Shown(.other))]
    Case {
        /// The other name.
        other: String,
    },
    /// One name for a file and for a directory.
    #[error("it is both a file and a directory")]
    FileAndDirectory,
    /// Two files of one name.
    #[error("there are several files of this name")]
    Twice,
}

/// Checks the name and kind of an entry and gives the name below `prefix`.
///
/// It is empty for the entry that stands for the root, and ends in a slash for any other directory.
pub(crate) fn check<'a>(entry: &Entry<'a>, prefix: &str) -> Result<&'a str, NameFault> {
    let name = entry.name.strip_prefix(prefix.as_bytes());
    let name = name.ok_or_else(|| NameFault::Outside { prefix: prefix.to_owned() })?;
    let name = std::str::from_utf8(name).map_err(|_| NameFault::NotUtf8)?;
    if !has_regular_mode(entry) {
        return Err(NameFault::NotRegular);
    }
    if name.is_empty() {
        return Ok(name);
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    for element in path.split('/') {
        element::check(element, is_allowed)?;
    }
    if !entry.is_directory() {
        check_go_mod(path)?;
    }
    Ok(name)
}

fn check_go_mod(path: &str) -> Result<(), NameFault> {
    let (directory, base) = path.rsplit_once('/').map_or((None, path), |(d, b)| (Some(d), b));
    if !base.eq_ignore_ascii_case(GO_MOD) {
        return Ok(());
    }
    match directory {
        Some(_) => Err(NameFault::GoModBelowRoot),
        None if base == GO_MOD => Ok(()),
        None => Err(NameFault::GoModCase),
    }
}

fn is_allowed(c: char) -> bool {
    if c.is_ascii() { element::is_file_name_ascii(c) } else { unicode::is_letter(c) }
}

/// Whether the mode is that of a file, or of a directory for a name that ends in a slash.
///
/// The go command ignores modes and would write a link's target into a file; nothing that builds
/// module zips makes such entries, so one is a forgery or a mistake.
fn has_regular_mode(entry: &Entry<'_>) -> bool {
    const UNIX: u8 = 3;
    const MACOS: u8 = 19;
    const DOS: [u8; 3] = [0, 11, 14];
    const DOS_DIRECTORY: u32 = 0x10;
    match entry.made_on {
        UNIX | MACOS => match entry.attributes >> 16 & 0o170_000 {
            0 => true,
            0o100_000 => !entry.is_directory(),
            0o040_000 => entry.is_directory(),
            _ => false,
        },
        made_on if DOS.contains(&made_on) => {
            entry.is_directory() || entry.attributes & DOS_DIRECTORY == 0
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "a.b/C@v1.0.0/";

    fn entry(name: &[u8], made_on: u8, attributes: u32) -> Entry<'_> {
        let (flags, method, crc, packed, plain, offset) = (0, 0, 0, 0, 0, 0);
        Entry { name, made_on, flags, method, crc, packed, plain, attributes, offset }
    }

    #[track_caller]
    fn check_name(name: &[u8], expect: Result<&str, &NameFault>) {
        let got = check(&entry(name, 0, 0), PREFIX);
        assert_eq!(got.as_ref().copied(), expect, "{}", name.escape_ascii());
    }

    #[track_caller]
    fn check_file(path: &str, expect: Result<(), &NameFault>) {
        check_name(format!("{PREFIX}{path}").as_bytes(), expect.map(|()| path));
    }

    #[test]
    fn names_stand_below_the_module_version() {
        let outside = NameFault::Outside { prefix: PREFIX.to_owned() };
        check_name(b"a.b/C@v1.0.0/x.go", Ok("x.go"));
        check_name(b"a.b/C@v1.0.0/", Ok(""));
        check_name(b"a.b/c@v1.0.0/x.go", Err(&outside));
        check_name(b"a.b/C@v1.0.0", Err(&outside));
        check_name(b"/a.b/C@v1.0.0/x", Err(&outside));
        check_name(b"", Err(&outside));
        check_name(b"x\xff", Err(&outside));
        check_name(b"a.b/C@v1.0.0/x\xff", Err(&NameFault::NotUtf8));
    }

    #[test]
    fn a_name_is_a_plain_path() {
        for path in ["x", "a/b.c", ".github/x", "dir/", "a b", "naïve.txt", "-x", "~1", "go.mod/"]
        {
            check_file(path, Ok(()));
        }
        let refused = [
            ("/x", ElementRefusal::Empty),
            ("//", ElementRefusal::Empty),
            ("/", ElementRefusal::Empty),
            ("a//b", ElementRefusal::Empty),
            ("../x", ElementRefusal::OnlyDots),
            ("a/./b", ElementRefusal::OnlyDots),
            ("a./b", ElementRefusal::TrailingDot),
            ("a\\b", ElementRefusal::Character('\\')),
            ("C:/x", ElementRefusal::Character(':')),
            ("a\nb", ElementRefusal::Character('\n')),
            ("a\0", ElementRefusal::Character('\0')),
            ("😀", ElementRefusal::Character('😀')),
            ("e\u{301}", ElementRefusal::Character('\u{301}')),
            ("x/nul.go", ElementRefusal::ReservedOnWindows),
        ];
        for (path, refusal) in refused {
            check_file(path, Err(&NameFault::Element(refusal)));
        }
    }

    #[test]
    fn a_go_mod_stands_at_the_root_in_lower_case() {
        check_file("go.mod", Ok(()));
        check_file("a/go.mod/b", Ok(()));
        check_file("Go.Mod", Err(&NameFault::GoModCase));
        check_file("a/go.mod", Err(&NameFault::GoModBelowRoot));
        check_file("a/GO.MOD", Err(&NameFault::GoModBelowRoot));
    }

    #[track_caller]
    fn check_mode(name: &str, made_on: u8, attributes: u32, expect: bool) {
        assert_eq!(has_regular_mode(&entry(name.as_bytes(), made_on, attributes)), expect);
    }

    #[test]
    fn only_regular_files_and_directories_are_allowed() {
        check_mode("x", 3, 0o100_644 << 16, true);
        check_mode("x", 3, 0, true);
        check_mode("x", 3, 0o120_777 << 16, false);
        check_mode("x", 19, 0o060_644 << 16, false);
        check_mode("x", 3, 0o040_755 << 16, false);
        check_mode("x/", 3, 0o040_755 << 16, true);
        check_mode("x/", 3, 0o100_755 << 16, false);
        check_mode("x", 0, 0x20, true);
        check_mode("x", 0, 0x10, false);
        check_mode("x/", 0, 0x10, true);
    }
}
