//! The way through a GOPROXY list for one operation: who is asked next, and which failure is told at the end.
//!
//! The rule is the go command's (`go help goproxy`): after a comma only `not found` moves on, after a pipe any
//! failure; a real failure is worth more than `not found`. Asking itself is the fetcher's.

use crate::{
    error::{FetchError, FetchErrorKind},
    goproxy::{Entry, FallBack, GoProxyList, Target},
    proxy_url::ProxyUrl,
};

/// One operation's way through a list.
pub(crate) struct Walk<'a> {
    left: &'a [Entry],
    falls_back: FallBack,
    best: Option<FetchError>,
    end: End,
}

/// Where a walk stands when nobody is left to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A failure that does not move on.
    Stopped,
    /// After the last proxy.
    List,
    /// At `direct`.
    Direct,
    /// At `off`.
    Off,
}

impl<'a> Walk<'a> {
    pub(crate) fn over(list: &'a GoProxyList) -> Self {
        Self { left: list.entries(), falls_back: FallBack::OnNotFound, best: None, end: End::List }
    }

    /// The next proxy to ask.
    pub(crate) fn next_proxy(&mut self) -> Option<&'a ProxyUrl> {
        let (entry, left) = self.left.split_first()?;
        self.left = left;
        self.falls_back = entry.falls_back;
        match &entry.target {
            Target::Proxy(proxy) => return Some(proxy),
            Target::Direct => self.end = End::Direct,
            Target::Off => self.end = End::Off,
        }
        self.left = &[];
        None
    }

    /// The proxy that was just asked failed.
    pub(crate) fn failed(&mut self, error: FetchError) {
        if !error.is_not_found() && self.falls_back == FallBack::OnNotFound {
            self.left = &[];
            self.end = End::Stopped;
        }
        let better = match &self.best {
            None => true,
            Some(best) if best.is_not_found() => !error.is_not_found() || !error.text().is_empty(),
            Some(_) => !error.is_not_found(),
        };
        if better {
            self.best = Some(error);
        }
    }

    /// Where the walk ended.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// The failure to tell about `what`.
    pub(crate) fn into_error(self, what: &str) -> FetchError {
        match (self.best, self.end) {
            (Some(best), _) if !best.is_not_found() => best,
            (_, End::Direct) => FetchError::new(FetchErrorKind::DirectOnly, what),
            (_, End::Off) => FetchError::new(FetchErrorKind::Off, what),
            (Some(best), _) => best,
            (None, _) => FetchError::new(FetchErrorKind::NoUpstream, what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks `list`, each proxy failing with the status next in `statuses`; expects the asked hosts and the
    /// kind that is told.
    fn check(list: &str, statuses: &[u16], asked: &str, told: &FetchErrorKind) {
        let list = GoProxyList::parse(list).unwrap();
        let mut walk = Walk::over(&list);
        let mut hosts = String::new();
        let mut statuses = statuses.iter();
        while let Some(proxy) = walk.next_proxy() {
            hosts.push_str(proxy.host().unwrap());
            let kind = match *statuses.next().unwrap() {
                404 => {
                    FetchErrorKind::NotFound { text: format!("not at {}", proxy.host().unwrap()) }
                }
                410 => FetchErrorKind::NotFound { text: String::new() },
                status => FetchErrorKind::Upstream { status, text: String::new() },
            };
            walk.failed(FetchError::new(kind, "x"));
        }
        assert_eq!(hosts, asked, "{list}");
        assert_eq!(walk.into_error("x").kind(), told, "{list}");
    }

    #[test]
    fn a_list_is_walked_as_the_go_command_walks_it() {
        let not_at = |host: &str| FetchErrorKind::NotFound { text: format!("not at {host}") };
        let trouble = |status| FetchErrorKind::Upstream { status, text: String::new() };
        check("", &[], "", &FetchErrorKind::NoUpstream);
        check("direct", &[], "", &FetchErrorKind::DirectOnly);
        check("off", &[], "", &FetchErrorKind::Off);
        check("http://a", &[404], "a", &not_at("a"));
        check("http://a,http://b", &[404, 404], "ab", &not_at("b"));
        check("http://a,http://b", &[404, 410], "ab", &not_at("a"));
        check("http://a,http://b", &[500], "a", &trouble(500));
        check("http://a|http://b", &[500, 404], "ab", &trouble(500));
        check("http://a|http://b", &[500, 502], "ab", &trouble(502));
        check("http://a,http://b", &[404, 502], "ab", &trouble(502));
        check("http://a,direct", &[404], "a", &FetchErrorKind::DirectOnly);
        check("http://a,direct", &[500], "a", &trouble(500));
        check("http://a|direct", &[500], "a", &trouble(500));
        check("http://a,off", &[404], "a", &FetchErrorKind::Off);
        check("http://a|off", &[500], "a", &trouble(500));
        check("http://a,off,http://b", &[404], "a", &FetchErrorKind::Off);
    }
}
