//! GOPROXY and GONOPROXY as a client obeys them: whom a module may be asked of, and in which order.
//!
//! Where GONOPROXY says anything, an entry of its own stands before the list: a path that it covers is
//! asked there, which means of its repository, and of no proxy. Reading the list is [`GoProxyList`]'s.
//! Specification: <https://go.dev/ref/mod#module-proxy>, `#private-module-proxy-direct`.

use larder_modload::{FallBack, SourceError, SourceErrorKind, Upstream, UpstreamKind};
use larder_module::{NamedVersion, PathPatterns};

use super::config::{CachedConfig, Lookups};
use crate::goproxy::{self, GoProxyError, GoProxyList, Target};
use crate::proxy_url::{ProxyUrl, ProxyUrlError};

/// Where modules are asked for.
#[derive(Debug)]
pub(crate) struct Upstreams {
    places: Vec<Place>,
    private: PathPatterns,
}

#[derive(Debug)]
struct Place {
    target: Whom,
    fall_back: FallBack,
}

/// Who is asked in a place of the list.
#[derive(Debug, Clone)]
pub(crate) enum Whom {
    /// A module proxy.
    Proxy(ProxyUrl),
    /// The repository, if the path is a private one: the entry that GONOPROXY brings with it.
    Private,
    /// The repository.
    Direct,
    /// Nobody.
    Off,
}

impl Upstreams {
    /// The upstreams of a configuration.
    ///
    /// # Errors
    /// GOPROXY is malformed; with the go command's words.
    pub(crate) fn of(config: &CachedConfig) -> Result<Self, SourceError> {
        let private = PathPatterns::parse(&config.gonoproxy);
        let mut places = Vec::new();
        if config.lookups == Lookups::Offline {
            places.push(Place { target: Whom::Off, fall_back: FallBack::NotFound });
            return Ok(Self { places, private });
        }
        if !config.gonoproxy.is_empty() && config.goproxy != "direct" {
            places.push(Place { target: Whom::Private, fall_back: FallBack::NotFound });
        }
        let list = GoProxyList::parse(&config.goproxy).map_err(|error| malformed(&error))?;
        places.extend(list.entries().iter().map(|entry| Place {
            target: match &entry.target {
                Target::Proxy(proxy) => Whom::Proxy(proxy.clone()),
                Target::Direct => Whom::Direct,
                Target::Off => Whom::Off,
            },
            fall_back: match entry.falls_back {
                goproxy::FallBack::OnNotFound => FallBack::NotFound,
                goproxy::FallBack::OnAnyError => FallBack::Any,
            },
        }));
        if list.is_empty() {
            return Err(no_entries());
        }
        Ok(Self { places, private })
    }

    /// The upstreams of a module, in their order.
    pub(crate) fn for_path(&self, path: &str) -> Vec<Upstream> {
        let private = self.private.matches_str(path);
        let counts = |place: &Place| match place.target {
            Whom::Private | Whom::Direct => private || matches!(place.target, Whom::Direct),
            Whom::Proxy(_) | Whom::Off => !private,
        };
        let places = self.places.iter().enumerate().filter(|(_, place)| counts(place));
        places.map(|(number, place)| place.upstream(number)).collect()
    }

    /// Every upstream whatever the module, in their order: those that may carry a checksum database.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Upstream, &Whom)> {
        let places = self.places.iter().enumerate();
        places.map(|(number, place)| (place.upstream(number), &place.target))
    }

    /// Who stands in this place.
    pub(crate) fn whom(&self, upstream: Upstream) -> &Whom {
        self.places.get(upstream.place).map_or(&Whom::Off, |place| &place.target)
    }
}

impl Place {
    fn upstream(&self, place: usize) -> Upstream {
        let kind = match self.target {
            Whom::Proxy(_) => UpstreamKind::Proxy,
            Whom::Private | Whom::Direct => UpstreamKind::Direct,
            Whom::Off => UpstreamKind::Off,
        };
        Upstream { place, kind, fall_back: self.fall_back }
    }
}

/// The failures of one operation's way through the list, of which the best is told.
///
/// A repository's failure is better than a real one of a proxy, and that than *not found*.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    best: Option<(Rank, SourceError)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    NotFound,
    Proxy,
    Direct,
}

/// Whether the next upstream is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Next,
    Stop,
}

impl Failures {
    /// Notes that an upstream failed, and says whether the next one may be asked.
    pub(crate) fn note(&mut self, upstream: Upstream, error: SourceError) -> Then {
        let missing = error.kind == SourceErrorKind::NotFound;
        let then = match (missing, upstream.fall_back) {
            (true, _) | (_, FallBack::Any) => Then::Next,
            (false, FallBack::NotFound) => Then::Stop,
        };
        let rank = match (upstream.kind, missing) {
            (UpstreamKind::Direct, _) => Rank::Direct,
            (_, false) => Rank::Proxy,
            (_, true) => Rank::NotFound,
        };
        // Of several in one rank the last counts.
        if self.best.as_ref().is_none_or(|(best, _)| *best <= rank) {
            self.best = Some((rank, error));
        }
        then
    }

    /// The failure to tell.
    pub(crate) fn told(self) -> SourceError {
        self.best.map_or_else(nobody, |(_, error)| error)
    }
}

/// What is told where the list, GONOPROXY heeded, leaves nobody to ask.
fn nobody() -> SourceError {
    SourceError::new(SourceErrorKind::NotFound, "disabled by GOPRIVATE/GONOPROXY")
}

/// The failure of every operation at `off`.
pub(crate) fn off(config: &CachedConfig) -> SourceError {
    let by = if config.lookups == Lookups::Offline { "--offline" } else { "GOPROXY=off" };
    let text = format!("module lookup disabled by {by}");
    SourceError::new(SourceErrorKind::NotFound, text)
}

/// The failure of every operation that only the module's repository could answer.
pub(crate) fn only_direct(module: &NamedVersion) -> SourceError {
    let text = "only its repository could have it, and larder does not fetch from repositories";
    SourceError::new(SourceErrorKind::NotFound, text)
        .about(module.clone())
        .hint(format!("run `go mod download {module}` to have it in the module cache"))
}

fn no_entries() -> SourceError {
    let text = "GOPROXY list is not the empty string, but contains no entries";
    SourceError::new(SourceErrorKind::Other, text)
}

fn malformed(error: &GoProxyError) -> SourceError {
    let GoProxyError::Entry { source, .. } = error else { return no_entries() };
    let text = match source {
        ProxyUrlError::NoScheme { entry } => format!("invalid proxy URL missing scheme: {entry}"),
        ProxyUrlError::Scheme { entry } => {
            format!("invalid proxy URL scheme (must be https, http, file): {entry}")
        }
        ProxyUrlError::NotOnlyPath { entry } => {
            format!("invalid file:// proxy URL with non-path elements: {entry}")
        }
        ProxyUrlError::Syntax { entry, .. } => format!("parse {entry:?}: invalid URL"),
    };
    SourceError::new(SourceErrorKind::Other, text)
}
