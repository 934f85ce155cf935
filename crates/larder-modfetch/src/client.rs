//! The HTTP client beneath every request: whom it trusts, how it connects, how long it keeps connections.
//!
//! HTTP/2 where the upstream speaks it. The client never looks at the environment's proxies, never follows a
//! redirect by itself and has no cookies; what a request holds is decided in `http.rs`.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, header::HeaderValue, redirect};

use crate::{
    config::{FetchConfig, FetchConfigError},
    forward::Forwarding,
    phases::Watching,
};

/// How long an unused connection is kept: less than what servers usually keep theirs.
const POOL_IDLE: Duration = Duration::from_secs(50);
/// How often an HTTP/2 connection in use is asked whether it still lives, and how long it may think.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// How much of one HTTP/2 body, and of all bodies of a connection, may wait to be read: so much that some
/// dozen bodies that nobody reads for a while do not hold up the others.
const WINDOWS: (u32, u32) = (2 << 20, 32 << 20);

/// A client that trusts the platform's certificates and the extra ones. A machine without any certificates
/// can still ask upstreams over plain HTTP, as with the go command; it trusts no `https` upstream.
pub(crate) fn client(config: &FetchConfig) -> Result<Client, FetchConfigError> {
    let roots = extra_roots(&config.extra_roots)?;
    let refused = match unbuilt(config)?.tls_certs_merge(roots.clone()).build() {
        Ok(client) => return Ok(client),
        Err(source) => source,
    };
    match unbuilt(config)?.tls_certs_only(roots).build() {
        Ok(client) => {
            let error: &dyn std::error::Error = &refused;
            tracing::warn!(
                error,
                "the platform's certificates cannot be read, so they are not trusted"
            );
            Ok(client)
        }
        Err(_) => Err(FetchConfigError::Client { source: refused }),
    }
}

fn unbuilt(config: &FetchConfig) -> Result<ClientBuilder, FetchConfigError> {
    let forwarding = Forwarding::new(&config.http_proxy)?;
    Ok(Client::builder()
        .user_agent(header_value("User-Agent", &config.user_agent)?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(config.timeouts.connect)
        .connector_layer(Watching)
        .pool_idle_timeout(POOL_IDLE)
        .http2_keep_alive_interval(PING.0)
        .http2_keep_alive_timeout(PING.1)
        .http2_initial_stream_window_size(WINDOWS.0)
        .http2_initial_connection_window_size(WINDOWS.1)
        .no_proxy()
        .proxy(Proxy::custom(move |url| forwarding.through(url).cloned())))
}

fn extra_roots(files: &[Vec<u8>]) -> Result<Vec<Certificate>, FetchConfigError> {
    let mut roots = Vec::new();
    for (index, pem) in files.iter().enumerate() {
        let refused = |source| FetchConfigError::ExtraRoots { position: index + 1, source };
        match Certificate::from_pem_bundle(pem) {
            Ok(more) if more.is_empty() => return Err(refused(None)),
            Ok(more) => roots.extend(more),
            Err(source) => return Err(refused(Some(source))),
        }
    }
    Ok(roots)
}

/// A text that must be able to stand in a header.
pub(crate) fn header_value(
    header: &'static str,
    value: &str,
) -> Result<HeaderValue, FetchConfigError> {
    HeaderValue::from_str(value)
        .map_err(|_| FetchConfigError::Header { header, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goproxy::GoProxyList;

    #[test]
    fn a_file_without_certificates_is_refused() {
        for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nbroken"] {
            let extra_roots = vec![pem.as_bytes().to_vec()];
            let config = FetchConfig { extra_roots, ..FetchConfig::new(GoProxyList::default()) };
            let error = client(&config).err().unwrap();
            assert!(
                matches!(error, FetchConfigError::ExtraRoots { position: 1, .. }),
                "{pem}: {error:?}"
            );
        }
    }
}
