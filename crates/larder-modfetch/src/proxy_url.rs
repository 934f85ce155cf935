//! One upstream of a GOPROXY list: an `https`, `http` or `file` URL, never shown with its secrets.
//!
//! What an entry may look like follows the go command (`go help goproxy`): a word with a
//! dot, colon or slash but no scheme gets `https://`, and a `file` URL has a path and nothing else.
//! Which upstream is asked when is [`crate::GoProxyList`]'s matter.
//!
//! Invariant: `Display`, `Debug` and every error of this file show what `redact.rs` lets be shown.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use reqwest::Url;

use crate::redact::{HIDDEN, is_scheme, redacted, redacted_url};

/// The address of one upstream. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProxyUrl(Arc<Base>);

#[derive(PartialEq, Eq, Hash)]
enum Base {
    Web(Url),
    Files { shown: String, root: PathBuf },
}

/// Why a text is not the address of an upstream. The text is kept without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyUrlError {
    /// A single word that is neither `off` nor `direct`, or a bare file path.
    #[error("`{entry}` is not a URL: it has no scheme")]
    NoScheme {
        /// The entry as written.
        entry: String,
    },
    /// Another scheme than the go command knows.
    #[error("the scheme of `{entry}` is not https, http or file")]
    Scheme {
        /// The entry as written.
        entry: String,
    },
    /// A `file` URL with a host, a query or the like.
    #[error("`{entry}` has more than a path, and a file URL may not")]
    NotOnlyPath {
        /// The entry as written.
        entry: String,
    },
    /// The URL cannot be parsed.
    #[error("`{entry}` is not a valid URL")]
    Syntax {
        /// The entry as written.
        entry: String,
        /// What the parser met, when it was the parser.
        #[source]
        source: Option<<Url as FromStr>::Err>,
    },
}

impl ProxyUrlError {
    /// The same without any part of the entry.
    pub(crate) fn without_entry(mut self) -> Self {
        let (Self::NoScheme { entry }
        | Self::Scheme { entry }
        | Self::NotOnlyPath { entry }
        | Self::Syntax { entry, .. }) = &mut self;
        HIDDEN.clone_into(entry);
        self
    }
}

impl ProxyUrl {
    /// Reads one entry of a list, by the go command's rules for entries without a scheme.
    pub fn parse(entry: &str) -> Result<Self, ProxyUrlError> {
        let entry = entry.trim();
        let whole;
        let url = if entry.contains(['.', ':', '/'])
            && !entry.contains(":/")
            && !entry.starts_with('/')
        {
            whole = format!("https://{entry}");
            &whole
        } else {
            entry
        };
        let base = match url
            .split_once(':')
            .map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest))
        {
            Some((scheme, rest)) if scheme == "file" => files(entry, rest)?,
            Some((scheme, rest)) if scheme == "https" || scheme == "http" => web(entry, url, rest)?,
            Some((scheme, _)) if is_scheme(&scheme) => {
                return Err(ProxyUrlError::Scheme { entry: redacted(entry) });
            }
            _ => return Err(ProxyUrlError::NoScheme { entry: redacted(entry) }),
        };
        Ok(Self(Arc::new(base)))
    }

    /// The host in a web address, in brackets if it is an IPv6 address; a file address has none.
    pub fn host(&self) -> Option<&str> {
        match &*self.0 {
            Base::Web(url) => url.host_str(),
            Base::Files { .. } => None,
        }
    }

    /// The port that is connected to, the scheme's own if none is written; a file address has none.
    pub fn port(&self) -> Option<u16> {
        match &*self.0 {
            Base::Web(url) => url.port_or_known_default(),
            Base::Files { .. } => None,
        }
    }

    /// Scheme, host and port, such as `https://proxy.example:8443`; a file address has none.
    pub(crate) fn origin(&self) -> Option<String> {
        match &*self.0 {
            Base::Web(url) => Some(url.origin().ascii_serialization()),
            Base::Files { .. } => None,
        }
    }

    /// The path of the address, without a slash at its end: what stands before each module's path.
    pub fn path(&self) -> &str {
        match &*self.0 {
            Base::Web(url) => url.path().strip_suffix('/').unwrap_or(url.path()),
            Base::Files { .. } => "",
        }
    }

    /// Where `path`, already escaped for URLs and without a leading slash, is found below this address.
    pub(crate) fn locate(&self, path: &str) -> Location {
        match &*self.0 {
            Base::Web(base) => {
                let mut url = base.clone();
                url.set_path(&format!("{}/{path}", self.path()));
                Location::Web(url)
            }
            Base::Files { root, .. } => Location::File(root.join(percent_decoded(path))),
        }
    }
}

/// The place of one resource at an upstream.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// To be asked for over HTTP. May hold the upstream's user name and password.
    Web(Url),
    /// A file of this machine.
    File(PathBuf),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => f.write_str(&redacted_url(url)),
            Self::File(path) => f.write_str(&file_url(path)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Base::Web(url) => {
                let shown = redacted(url.as_str());
                f.write_str(shown.strip_suffix('/').unwrap_or(&shown))
            }
            Base::Files { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

impl FromStr for ProxyUrl {
    type Err = ProxyUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn web(entry: &str, url: &str, rest: &str) -> Result<Base, ProxyUrlError> {
    let syntax = |source| ProxyUrlError::Syntax { entry: redacted(entry), source };
    // The parser forgives what the go command does not: missing slashes, backslashes, control characters.
    if !rest.starts_with("//")
        || rest.starts_with("///")
        || url.contains(['\\', '\x7f'])
        || url.contains(|c| c < ' ')
    {
        return Err(syntax(None));
    }
    let mut url = Url::parse(url).map_err(|source| syntax(Some(source)))?;
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(Base::Web(url))
}

fn files(entry: &str, rest: &str) -> Result<Base, ProxyUrlError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(ProxyUrlError::NotOnlyPath { entry: redacted(entry) });
    }
    let root = PathBuf::from(percent_decoded(path));
    Ok(Base::Files { shown: file_url(&root), root })
}

fn file_url(path: &Path) -> String {
    let mut url = String::from("file://");
    escape_path(&mut url, &path.to_string_lossy());
    url
}

/// Appends a path escaped for a URL as the go command escapes it: `!` becomes `%21`, slashes stay.
pub(crate) fn escape_path(url: &mut String, path: &str) {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+:=@/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// The path behind its percent escapes; a malformed escape stands for itself.
fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let half = |at: usize| bytes.get(at).and_then(|&half| char::from(half).to_digit(16));
        let value = match (byte, half(at + 1), half(at + 2)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high << 4 | low).ok(),
            _ => None,
        };
        at += if value.is_some() { 3 } else { 1 };
        decoded.push(value.unwrap_or(byte));
    }
    String::from_utf8(decoded).unwrap_or_else(|_| path.to_owned())
}
