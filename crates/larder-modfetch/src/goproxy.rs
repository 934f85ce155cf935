//! The GOPROXY list: which upstreams there are, in which order, and which failure moves on to the next.
//!
//! The meaning of `,`, `|`, `off` and `direct` is the go command's (go help goproxy; go-command.md 2).
//! What one entry may look like is [`ProxyUrl`]'s matter; walking the list is the fetcher's.
//!
//! Invariant: `direct` or `off`, where present, is the last entry.

use std::{fmt, str::FromStr};

use crate::proxy_url::{ProxyUrl, ProxyUrlError};

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
    /// When the entry after this one is asked too.
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
        let mut entries = Vec::new();
        for (index, piece) in text.split_inclusive([',', '|']).enumerate() {
            let falls_back =
                if piece.ends_with('|') { FallBack::OnAnyError } else { FallBack::OnNotFound };
            let target = match piece.trim_end_matches([',', '|']).trim() {
                "" => continue,
                "off" => Target::Off,
                "direct" => Target::Direct,
                word => match ProxyUrl::parse(word) {
                    Ok(proxy) => Target::Proxy(proxy),
                    Err(source) => return Err(GoProxyError::Entry { position: index + 1, source }),
                },
            };
            let last = !matches!(target, Target::Proxy(_));
            let falls_back = if last { FallBack::OnNotFound } else { falls_back };
            entries.push(Entry { target, falls_back });
            if last {
                break;
            }
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
