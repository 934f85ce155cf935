//! What an object may be called.
//!
//! A key is both a relative path on a file system and an object name in a bucket, so it takes the
//! stricter of the two sides' rules; nothing is escaped on the way to either. Which keys exist and
//! what they mean is left to the callers.
//!
//! Invariant: a `Key` joined to a folder stays below that folder, and names the same object on
//! every store.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The name of one object: `/`-separated segments, as in `blob/e3b0c4…`.
///
/// A name is either an object or a folder of objects, for good: with `a/b` stored, `a` cannot be,
/// and the other way round. A store refuses the second of the two with
/// [`StoreErrorKind::Clash`](crate::StoreErrorKind::Clash).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// Why a text is no [`Key`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing between two slashes, before the first or after the last.
    #[error("key `{key}` has an empty segment")]
    EmptySegment {
        /// The text as given.
        key: String,
    },
    /// A segment is `.` or `..`.
    #[error("key `{key}` has a segment that walks the tree")]
    DotSegment {
        /// The text as given.
        key: String,
    },
    /// A control character or a backslash.
    #[error("key `{key}` has the forbidden character {character:?}")]
    Forbidden {
        /// The text as given, the character escaped.
        key: String,
        /// The first character that may not stand in a key.
        character: char,
    },
    /// Longer than [`Key::MAX_LEN`], or a segment longer than [`Key::MAX_SEGMENT`].
    #[error("key `{start}…` is too long")]
    TooLong {
        /// How the text starts.
        start: String,
    },
}

impl Key {
    /// The longest key, in bytes: what object stores accept.
    pub const MAX_LEN: usize = 1024;
    /// The longest segment, in bytes: what file systems accept as a file name.
    pub const MAX_SEGMENT: usize = 255;

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Key, KeyError> {
        let shown = || text.escape_debug().to_string();
        let too_long = || KeyError::TooLong { start: text.chars().take(40).collect() };
        if text.len() > Key::MAX_LEN {
            return Err(too_long());
        }
        if let Some(character) = text.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(KeyError::Forbidden { key: shown(), character });
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err(KeyError::EmptySegment { key: shown() }),
                "." | ".." => return Err(KeyError::DotSegment { key: shown() }),
                _ if segment.len() > Key::MAX_SEGMENT => return Err(too_long()),
                _ => {}
            }
        }
        Ok(Key(text.into()))
    }

    /// The key `rest` below this one.
    pub fn join(&self, rest: &str) -> Result<Key, KeyError> {
        Key::parse(&format!("{self}/{rest}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys that would have to be folders for this one to exist, the longest first.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.rmatch_indices('/').filter_map(|(end, _)| self.0.get(..end))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", &*self.0)
    }
}

// Equality, order and hash of a `Key` are those of its text, as `Borrow` demands.
impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[track_caller]
    fn check(text: &str, expect: Result<(), &str>) {
        match (Key::parse(text), expect) {
            (Ok(key), Ok(())) => assert_eq!(key.as_str(), text),
            (Err(error), Err(message)) => assert_eq!(error.to_string(), message),
            (got, expect) => panic!("{text:?}: got {got:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn a_key_is_a_plain_relative_path() {
        check("a", Ok(()));
        check("ver/github.com/!azure/sdk/@v/v1.0.0-rc.1+incompatible", Ok(()));
        check("...", Ok(()));
        check(" /é/~", Ok(()));
        check("", Err("key `` has an empty segment"));
        check("/a", Err("key `/a` has an empty segment"));
        check("a/", Err("key `a/` has an empty segment"));
        check("a//b", Err("key `a//b` has an empty segment"));
        check("a/./b", Err("key `a/./b` has a segment that walks the tree"));
        check("../a", Err("key `../a` has a segment that walks the tree"));
        check("a\\b", Err("key `a\\\\b` has the forbidden character '\\\\'"));
        check("a\0", Err("key `a\\0` has the forbidden character '\\0'"));
        check("a\u{85}", Err("key `a\\u{85}` has the forbidden character '\\u{85}'"));
    }

    #[test]
    fn a_key_is_as_long_as_every_store_can_take() {
        check(&"s".repeat(255), Ok(()));
        check(&"s".repeat(256), Err(&format!("key `{}…` is too long", "s".repeat(40))));
        check(&"a/".repeat(511), Err(&format!("key `{}` has an empty segment", "a/".repeat(511))));
        check(&format!("{}aa", "a/".repeat(511)), Ok(()));
        check(&"é/".repeat(400), Err(&format!("key `{}…` is too long", "é/".repeat(20))));
    }

    #[test]
    fn folders_come_deepest_first() {
        let key = Key::parse("a/b/c").unwrap();
        assert_eq!(key.folders().collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(Key::parse("a").unwrap().folders().count(), 0);
    }

    proptest! {
        #[test]
        fn a_key_never_leaves_its_folder(text in "\\PC{0,40}|[./\\\\a]{0,12}|.{0,40}") {
            if let Ok(key) = Key::parse(&text) {
                let path = Path::new(key.as_str());
                prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
                prop_assert_eq!(path.components().count(), text.split('/').count());
                prop_assert!(!text.contains('\0'));
            }
        }

        #[test]
        fn joining_is_parsing_the_joined_text(a in "[a-z./]{1,8}", b in "[a-z./]{0,8}") {
            if let Ok(key) = Key::parse(&a) {
                prop_assert_eq!(key.join(&b), Key::parse(&format!("{a}/{b}")));
            }
        }

        #[test]
        fn keys_order_as_their_texts(a in "[a-c/.-]{1,6}", b in "[a-c/.-]{1,6}") {
            if let (Ok(one), Ok(two)) = (Key::parse(&a), Key::parse(&b)) {
                prop_assert_eq!(one.cmp(&two), a.cmp(&b));
            }
        }
    }
}
