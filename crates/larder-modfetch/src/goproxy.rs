//! The GOPROXY list: which upstreams there are, in which order, and which failure moves on to the next.
//!
//! The meaning of `,`, `|`, `off` and `direct` is the go command's (`go help goproxy`).
//! What one entry may look like is [`ProxyUrl`]'s matter; walking the list is the fetcher's.
//!
//! Invariant: `direct` or `off`, where present, is the last entry.

use std::{fmt, str::FromStr};

use crate::{
    proxy_url::{ProxyUrl, ProxyUrlError},
    redact::is_front_of_secret,
};

/// A parsed GOPROXY list. The default is the empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoProxyList {
    entries: Vec<Entry>,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is asked.
    pub target: Target,
    /// When the entry after this one is asked too. The last entry's says nothing.
    pub falls_back: FallBack,
}

/// What an entry of a list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A module proxy.
    Proxy(ProxyUrl),
    /// The repository that the module comes from.
    Direct,
    /// Nothing: asking is forbidden.
    Off,
}

/// Which failure of an entry moves on to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallBack {
    /// A comma follows: only `not found` (404, 410, a missing file) moves on.
    OnNotFound,
    /// A pipe follows: every failure moves on.
    OnAnyError,
}

/// Why a text is not a GOPROXY list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoProxyError {
    /// There are separators or blanks, but no entry.
    #[error("the list of upstream proxies is not empty, but has no entries")]
    NoEntries,
    /// An entry names no upstream.
    #[error("entry {position} of the list of upstream proxies names no upstream")]
    Entry {
        /// Which entry, counted from one.
        position: usize,
        /// What is wrong with it.
        source: ProxyUrlError,
    },
}

impl GoProxyList {
    /// Reads a list. The empty text is the empty list; what stands after `direct` or `off` is not read.
    pub fn parse(text: &str) -> Result<Self, GoProxyError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut end = 0;
        for (index, piece) in text.split_inclusive([',', '|']).enumerate() {
            end += piece.len();
            let falls_back =
                if piece.ends_with('|') { FallBack::OnAnyError } else { FallBack::OnNotFound };
            let target = match piece.trim_end_matches([',', '|']).trim() {
                "" => continue,
                "off" => Target::Off,
                "direct" => Target::Direct,
                word => match ProxyUrl::parse(word) {
                    Ok(proxy) => Target::Proxy(proxy),
                    Err(mut source) => {
                        if text.get(end..).is_some_and(is_front_of_secret) {
                            source = source.without_entry();
                        }
                        return Err(GoProxyError::Entry { position: index + 1, source });
                    }
                },
            };
            let last = !matches!(target, Target::Proxy(_));
            entries.push(Entry { target, falls_back });
            if last {
                break;
            }
        }
        if let Some(last) = entries.last_mut() {
            last.falls_back = FallBack::OnNotFound;
        }
        if entries.is_empty() && !text.is_empty() {
            return Err(GoProxyError::NoEntries);
        }
        Ok(Self { entries })
    }

    /// The entries in the order in which they are asked.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The module proxies of the list, without `direct` and `off`.
    pub fn proxies(&self) -> impl Iterator<Item = &ProxyUrl> {
        self.entries.iter().filter_map(|entry| match &entry.target {
            Target::Proxy(proxy) => Some(proxy),
            Target::Direct | Target::Off => None,
        })
    }
}

impl fmt::Display for GoProxyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Entry { target, falls_back } in &self.entries {
            f.write_str(separator)?;
            match target {
                Target::Proxy(proxy) => write!(f, "{proxy}")?,
                Target::Direct => f.write_str("direct")?,
                Target::Off => f.write_str("off")?,
            }
            separator = match falls_back {
                FallBack::OnNotFound => ",",
                FallBack::OnAnyError => "|",
            };
        }
        Ok(())
    }
}

impl FromStr for GoProxyList {
    type Err = GoProxyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a list; expects how it is shown.
    fn check(text: &str, shown: &str) {
        assert_eq!(GoProxyList::parse(text).unwrap().to_string(), shown, "{text}");
    }

    #[test]
    fn a_list_is_read_as_the_go_command_reads_it() {
        check("", "");
        check("https://a.example", "https://a.example");
        check(" https://a.example , direct ", "https://a.example,direct");
        check("https://a.example|https://b.example,off", "https://a.example|https://b.example,off");
        check(",,https://a.example,|direct", "https://a.example,direct");
        check("a.example", "https://a.example");
        check("localhost:8080", "https://localhost:8080");
        check("a.example/mount/", "https://a.example/mount");
        check("http://a.example/%2Fescaped", "http://a.example/%2Fescaped");
        check("file:///srv/mod%20ules", "file:///srv/mod%20ules");
        check("file:/srv/modules", "file:///srv/modules");
        check("direct,https://a.example", "direct");
        check("off|what ever", "off");
        check("https://user:secret@a.example/x?token=secret", "https://xxxxx@a.example/x?xxxxx");
        check("https://token@a.example", "https://xxxxx@a.example");
    }

    fn refuse(text: &str, part: &str) {
        let error = GoProxyList::parse(text).unwrap_err();
        let mut chain = format!("{error} {error:?}");
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            chain = format!("{chain} {source}");
            cause = source;
        }
        assert!(chain.contains(part), "{text}: {chain}");
        assert!(!chain.contains("secret"), "{chain}");
    }

    #[test]
    fn a_wrong_entry_is_named_without_its_secrets() {
        refuse(",", "has no entries");
        refuse(" | ", "has no entries");
        refuse("https://a.example,nonsense", "entry 2");
        refuse("nonsense", "`nonsense` is not a URL");
        refuse("/srv/modules", "`/srv/modules` is not a URL");
        refuse("ftp://user:secret@a.example", "`ftp://xxxxx@a.example`");
        refuse("https://user:secret@a.example:99999", "`https://xxxxx@a.example:99999`");
        refuse("https://user:secret@", "`https://xxxxx@`");
        refuse("https:/a.example", "not a valid URL");
        refuse("https:\\\\a.example", "not a valid URL");
        refuse("file://host/srv", "more than a path");
        refuse("file:///srv?x=secret", "more than a path");
        refuse("user:secret@a.example:x", "xxxxx@a.example:x");
        refuse("https://me:secret?x@a.example", "`https://xxxxx@a.example`");
        refuse("https://me:secret,x@a.example", "entry 1");
        refuse("https://me:1,secret,x@a.example", "entry 2");
    }

    fn entry() -> impl Strategy<Value = String> {
        prop_oneof![
            "https?://[a-z]{1,8}(\\.[a-z]{1,4}){0,2}(:[1-9][0-9]{1,3})?(/[a-zA-Z0-9%!._~-]{0,8}){0,3}",
            "[a-z]{1,8}\\.[a-z]{1,4}(/[a-z]{0,4}){0,2}",
            "file:///[a-z%é /]{0,12}",
            Just("direct".to_owned()),
            Just("off".to_owned()),
            Just(String::new()),
        ]
    }

    proptest! {
        #[test]
        fn no_list_can_panic(text in ".*") {
            let _ = GoProxyList::parse(&text).map(|list| list.to_string());
        }

        #[test]
        fn a_list_without_secrets_reads_back_as_it_is_shown(
            entries in proptest::collection::vec((entry(), "[,|]"), 0..5),
        ) {
            let text: String = entries.into_iter().flat_map(|(entry, separator)| [entry, separator]).collect();
            if let Ok(list) = GoProxyList::parse(&text) {
                prop_assert_eq!(&GoProxyList::parse(&list.to_string()).unwrap(), &list, "{}", text);
            }
        }

        #[test]
        fn no_password_is_ever_shown(
            scheme in "(https?://|ftp://|file://|)", user in "[a-z]{0,4}",
            // Digits and a slash are a port and a path, for go as well: then the list is a valid one.
            front in "[0-9]{0,2}[?,|]?|[a-z][?,/|]?", back in "[?,/|]?[a-z]{0,2}", rest in "[a-z.:/?@#]{0,12}",
        ) {
            let text = format!("{scheme}{user}:{front}S3CRET{back}@{rest}");
            let shown = match GoProxyList::parse(&text) {
                Ok(list) => format!("{list} {list:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("S3CRET"), "{} {}", text, shown);
        }
    }
}
