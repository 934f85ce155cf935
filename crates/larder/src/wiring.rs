//! From settings to what server and fetcher take: plain structs, filled field by field, and the
//! files that some settings name.

use std::io;

use larder_modfetch::{ChecksumDbSource, Circuit, FetchConfig, ForwardProxies, Netrc, Timeouts};
use larder_server::{
    AccessLog, DatabaseConfig, Freshness, Limits, Rate, Retention, ServerConfig, TlsFiles, Verify,
};

use crate::exit::Failure;
use crate::settings::value::{LogFormat, Switch, VerifyMode};
use crate::settings::{Origin, Settings};

/// The server that these settings describe.
pub(crate) fn server_config(settings: &Settings) -> Result<ServerConfig, Failure> {
    Ok(ServerConfig {
        listen: settings.listen.value,
        base_path: settings.base_path.value.0.clone(),
        workers: settings.workers.value,
        verify: match settings.verify.value {
            VerifyMode::Stream => Verify::Stream,
            VerifyMode::Strict => Verify::Strict,
        },
        proof_wait: settings.proof_wait.value,
        freshness: Freshness {
            ttl: settings.fresh_ttl.value,
            stale_while_revalidate: settings.fresh_stale_while_revalidate.value,
            stale_if_error: settings.fresh_stale_if_error.value,
            negative_ttl: settings.fresh_negative_ttl.value,
        },
        memory: settings.memory_responses.value.0,
        limits: limits(settings),
        no_proxy: settings.go_noproxy.value.0.clone(),
        no_sumdb: settings.go_nosumdb.value.0.clone(),
        databases: databases(settings),
        fetch: fetch_config(settings)?,
        drain: settings.drain_timeout.value,
        access_log: match (settings.log_access.value, settings.log_format.value) {
            (Switch::Off, _) => AccessLog::Off,
            (Switch::On, LogFormat::Text) => AccessLog::Text,
            (Switch::On, LogFormat::Json) => AccessLog::Json,
        },
        tls: tls(settings)?,
        retention: Retention {
            max_size: settings.store_max_size.value.0.map(|size| size.0),
            max_age: settings.store_max_age.value.0,
            keep: settings.store_keep.value.0.clone(),
            scrub_interval: settings.store_scrub_interval.value.0,
        },
        // Where it is asked for, the door adds it: the token stands in a file.
        admin: None,
    })
}

/// A certificate is of no use without its key, and the other way round.
fn tls(settings: &Settings) -> Result<Option<TlsFiles>, Failure> {
    let (cert, key) = (&settings.tls_cert, &settings.tls_key);
    let lonely = |here: &str, origin: &Origin, missing: &str| {
        Failure::usage(format!("`{here}` is set and `{missing}` is not"))
            .hint(format!("`{here}` is set by {origin}; name both files, or neither"))
    };
    match (&cert.value.0, &key.value.0) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert: cert.clone(), key: key.clone() })),
        (Some(_), None) => Err(lonely("tls.cert", &cert.origin, "tls.key")),
        (None, Some(_)) => Err(lonely("tls.key", &key.origin, "tls.cert")),
    }
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        connections: settings.limits_connections.value,
        header_timeout: settings.limits_header_timeout.value,
        idle_timeout: settings.limits_idle_timeout.value,
        write_timeout: settings.limits_write_timeout.value,
        head_bytes: usize::try_from(settings.limits_head_bytes.value.0).unwrap_or(usize::MAX),
        bytes_in_flight: settings.limits_bytes_in_flight.value.0,
        rate: settings.limits_requests_per_second.value.0.map(|requests| Rate {
            per_second: u32::try_from(requests).unwrap_or(u32::MAX),
            burst: u32::try_from(settings.limits_requests_burst.value).unwrap_or(u32::MAX),
        }),
    }
}

fn databases(settings: &Settings) -> Vec<DatabaseConfig> {
    settings.go_sumdb.value.0.iter().cloned().collect()
}

fn fetch_config(settings: &Settings) -> Result<FetchConfig, Failure> {
    let source = |database: &DatabaseConfig| ChecksumDbSource {
        name: database.key.split('+').next().unwrap_or_default().to_owned(),
        url: database.url.clone(),
    };
    Ok(FetchConfig {
        checksum_dbs: databases(settings).iter().map(source).collect(),
        netrc: netrc(settings)?,
        http_proxy: ForwardProxies {
            http: settings.fetch_http_proxy.value.0.clone(),
            https: settings.fetch_https_proxy.value.0.clone(),
            no_proxy: settings.fetch_no_proxy.value.0.clone(),
        },
        extra_roots: extra_roots(settings)?,
        timeouts: Timeouts {
            connect: settings.fetch_connect_timeout.value,
            head: settings.fetch_head_timeout.value,
            idle: settings.fetch_idle_timeout.value,
        },
        retries: settings.fetch_retries.value,
        concurrency: settings.fetch_concurrency.value,
        circuit: Circuit {
            failures: u32::try_from(settings.fetch_circuit_failures.value).unwrap_or(u32::MAX),
            pause: settings.fetch_circuit_pause.value,
        },
        ..FetchConfig::new(settings.upstream.value.0.clone())
    })
}

/// A netrc file that Larder was told to read must be there. The one that go would find is used as go
/// uses it: without it, if it cannot be read. What is not UTF-8 in it spoils its own word alone.
fn netrc(settings: &Settings) -> Result<Netrc, Failure> {
    let Some(path) = &settings.fetch_netrc.value.0 else { return Ok(Netrc::default()) };
    let origin = &settings.fetch_netrc.origin;
    match fs_err::read(path) {
        Ok(bytes) => Ok(Netrc::parse(&String::from_utf8_lossy(&bytes))),
        Err(error) if matches!(origin, Origin::Default | Origin::GoVariable(_)) => {
            if *origin != Origin::Default || error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(
                    "no credentials for upstreams: could not read the netrc file ({origin}): {error}"
                );
            }
            Ok(Netrc::default())
        }
        Err(error) => Err(Failure::usage("could not read the netrc file")
            .because(&error)
            .hint(format!("`fetch.netrc` is set by {origin}"))),
    }
}

fn extra_roots(settings: &Settings) -> Result<Vec<Vec<u8>>, Failure> {
    let read = |path| {
        fs_err::read(path).map_err(|error| {
            Failure::usage("could not read a file of certificates")
                .because(&error)
                .hint(format!("`fetch.ca_files` is set by {}", settings.fetch_ca_files.origin))
        })
    };
    settings.fetch_ca_files.value.0.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::env::Environment;
    use crate::settings::go_env::GoEnv;
    use crate::settings::{Said, resolve};

    #[test]
    fn the_defaults_are_those_of_the_crates_that_are_configured() {
        let nobody = Environment::default();
        let go = GoEnv::read_below(&nobody, Path::new("/nonexistent"));
        let resolved = resolve::resolve(&Said::default(), &nobody, Vec::new(), &go).unwrap();
        let ours = server_config(&resolved.settings().unwrap()).unwrap();
        let theirs = ServerConfig::new(FetchConfig::new(ours.fetch.proxies.clone()));
        let shown = |config: &ServerConfig| {
            let mut config = config.clone();
            // The door alone knows Go's database; the server has none unless told.
            config.databases.clear();
            config.fetch.checksum_dbs.clear();
            format!("{config:#?}")
        };
        assert_eq!(shown(&ours), shown(&theirs));
    }
}
