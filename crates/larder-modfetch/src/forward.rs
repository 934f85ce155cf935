//! Which forward proxy, if any, stands between this machine and an upstream.
//!
//! HTTP_PROXY, HTTPS_PROXY and NO_PROXY mean what they mean to Go's HTTP client: hosts, domains, addresses
//! and address ranges, each with a port where one is written; `localhost` and loopback addresses are never
//! proxied. Proxies speak HTTP or SOCKS5. The values come from the configuration, never from the environment.

use std::net::IpAddr;

use reqwest::Url;

use crate::{
    config::{FetchConfigError, ForwardProxies},
    redact::redacted,
};

/// Forward proxies, ready to be asked.
pub(crate) struct Forwarding {
    http: Option<Url>,
    https: Option<Url>,
    excepted: Vec<Exception>,
}

/// One entry of NO_PROXY.
#[derive(Debug, PartialEq, Eq)]
enum Exception {
    Everything,
    Range { network: IpAddr, bits: u8 },
    Address { address: IpAddr, port: Option<String> },
    Domain { name: String, below_only: bool, port: Option<String> },
}

impl Forwarding {
    pub(crate) fn new(proxies: &ForwardProxies) -> Result<Self, FetchConfigError> {
        Ok(Self {
            http: proxy("HTTP_PROXY", proxies.http.as_deref())?,
            https: proxy("HTTPS_PROXY", proxies.https.as_deref())?,
            excepted: proxies
                .no_proxy
                .iter()
                .flat_map(|list| list.split(','))
                .filter_map(exception)
                .collect(),
        })
    }

    /// The proxy that a request for `url` goes through.
    pub(crate) fn through(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        }?;
        let host = url.host_str()?;
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        let address = address(host);
        let direct =
            is_loopback(url) || self.excepted.iter().any(|it| it.covers(host, address, &port));
        (!direct).then_some(proxy)
    }
}

/// Whether a URL's host is this machine: `localhost` or a loopback address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
    })
}

impl Exception {
    fn covers(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let fits = |wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| wanted == port);
        match (self, address) {
            (Self::Everything, _) => true,
            (Self::Range { network, bits }, Some(address)) => in_range(address, *network, *bits),
            (Self::Address { address: wanted, port }, Some(address)) => {
                *wanted == address && fits(port)
            }
            (Self::Domain { name, below_only, port }, None) => {
                let above = host.strip_suffix(name.as_str());
                above.is_some_and(|above| above.ends_with('.') || (above.is_empty() && !below_only))
                    && fits(port)
            }
            _ => false,
        }
    }
}

/// An address as it is compared: an IPv4 address in IPv6 clothes is an IPv4 address.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn in_range(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (difference, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32_u32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
        _ => return false,
    };
    // The host part may differ: what is above it may not. Shifting out all bits leaves nothing to differ.
    width
        .checked_sub(u32::from(bits))
        .is_some_and(|host| difference.checked_shr(host).unwrap_or(0) == 0)
}

fn exception(entry: &str) -> Option<Exception> {
    let entry = entry.trim().to_lowercase();
    if entry == "*" {
        return Some(Exception::Everything);
    }
    if let Some(range) = range(&entry) {
        return Some(range);
    }
    let (host, port) = match entry.rsplit_once(':') {
        // An IPv6 address outside brackets has colons, but no port.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.to_owned()))
        }
        _ => (entry.as_str(), None),
    };
    if let Some(address) = address(host) {
        return Some(Exception::Address { address, port });
    }
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    let (name, below_only) = match host.strip_prefix('.') {
        Some(name) => (name, true),
        None => (host, false),
    };
    // Hosts of URLs are in ASCII.
    let name = if name.is_ascii() {
        name.to_owned()
    } else {
        Url::parse(&format!("http://{name}")).ok()?.host_str()?.to_owned()
    };
    (!name.is_empty()).then_some(Exception::Domain { name, below_only, port })
}

fn range(entry: &str) -> Option<Exception> {
    let (network, bits) = entry.split_once('/')?;
    let network: IpAddr = network.parse().ok()?;
    let bits =
        bits.parse().ok().filter(|bits| *bits <= if network.is_ipv4() { 32 } else { 128 })?;
    Some(Exception::Range { network, bits })
}

fn proxy(setting: &'static str, value: Option<&str>) -> Result<Option<Url>, FetchConfigError> {
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let url = if value.contains("://") {
        Url::parse(value)
    } else {
        Url::parse(&format!("http://{value}"))
    };
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    match url {
        Ok(url) if known(&url) && url.host_str().is_some() => Ok(Some(url)),
        _ => Err(FetchConfigError::ForwardProxy { setting, value: redacted(value) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(no_proxy: &str, url: &str, goes_through: bool) {
        let proxies = ForwardProxies {
            http: Some("proxy.example:3128".to_owned()),
            https: Some("http://user:secret@proxy.example".to_owned()),
            no_proxy: Some(no_proxy.to_owned()),
        };
        let forwarding = Forwarding::new(&proxies).unwrap();
        let through = forwarding.through(&Url::parse(url).unwrap());
        assert_eq!(through.is_some(), goes_through, "NO_PROXY={no_proxy} {url}");
    }

    #[test]
    fn no_proxy_means_what_it_means_to_go() {
        check("", "https://mod.example/x", true);
        check("", "http://localhost:8080/x", false);
        check("", "http://127.8.9.1/x", false);
        check("", "http://[::1]/x", false);
        check("", "http://[::ffff:127.0.0.1]/x", false);
        check("*", "https://mod.example/x", false);
        check("mod.example", "https://mod.example/x", false);
        check("mod.example", "https://a.mod.example/x", false);
        check("mod.example", "https://amod.example/x", true);
        check(".mod.example", "https://mod.example/x", true);
        check(".mod.example", "https://a.mod.example/x", false);
        check("*.mod.example", "https://mod.example/x", true);
        check("*.mod.example", "https://a.mod.example/x", false);
        check("MOD.example:8443", "https://mod.example:8443/x", false);
        check("mod.example:8443", "https://mod.example/x", true);
        check("mod.example:443", "https://mod.example/x", false);
        check("other.example, mod.example ,", "https://mod.example/x", false);
        check("bücher.example", "https://a.xn--bcher-kva.example/x", false);
        check("10.0.0.0/8", "http://10.20.30.40/x", false);
        check("10.0.0.0/8", "http://11.20.30.40/x", true);
        check("0.0.0.0/0", "http://11.20.30.40/x", false);
        check("10.1.2.3:80", "http://10.1.2.3/x", false);
        check("10.1.2.3:81", "http://10.1.2.3/x", true);
        check("fd00::/8", "http://[fd12::1]/x", false);
        check("fd12::1", "http://[fd12::1]/x", false);
        check("[fd12::1]:80", "http://[fd12::1]/x", false);
        check("[fd12::1]:81", "http://[fd12::1]/x", true);
        check("10.0.0.0/99,:,.,/", "http://10.0.0.1/x", true);
    }

    #[test]
    fn an_unusable_proxy_is_named_without_its_password() {
        let proxies = ForwardProxies {
            https: Some("ftp://user:secret@proxy.example".to_owned()),
            ..Default::default()
        };
        let error = Forwarding::new(&proxies).err().unwrap();
        let shown = format!("{error} {error:?} {proxies:?}");
        assert!(shown.contains("HTTPS_PROXY") && shown.contains("proxy.example"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn no_exception_can_panic(no_proxy in "[a-z0-9.:/*\\[\\], ]{0,20}|.*", host in "[a-z]{1,3}\\.[a-z]|10\\.0\\.0\\.1|\\[fd00::1\\]") {
            let no_proxy = Some(no_proxy);
            let http = Some("proxy.example".to_owned());
            let forwarding = Forwarding::new(&ForwardProxies { http, https: None, no_proxy }).unwrap();
            forwarding.through(&Url::parse(&format!("http://{host}")).unwrap());
        }
    }
}
