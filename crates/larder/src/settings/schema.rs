//! The one table of settings. A row gives the field, its type, its key and its default; flag,
//! variable, help text, reference and `config show` all derive from it.
//!
//! To add a setting: add a row here, use the field in `wiring.rs`, run `cargo xtask docs`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::env::Environment;
use super::go_value::{ChecksumDatabase, Patterns, Upstream};
use super::origin::Origin;
use super::resolve::{Resolved, SettingsError};
use super::row::{Fallback, Row, Setting};
use super::value::{
    BasePath, ForwardProxy, LogFormat, LogLevel, NoProxy, OptionalPath, OrOff, Paths, Size, Switch,
    Value, VerifyMode,
};

/// Declares [`Settings`] and [`ROWS`] from one list.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $field:ident: $value:ty = $key:literal, $fallback:expr;)+) => {
        /// Every setting, with its value and origin.
        #[derive(Debug)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $field: Setting<$value>,)+
        }

        impl Settings {
            /// The typed values of resolved rows.
            pub fn read(resolved: &Resolved) -> Result<Self, SettingsError> {
                Ok(Self { $($field: resolved.read($key)?,)+ })
            }
        }

        /// The table, in the order in which it is shown.
        pub static ROWS: &[Row] = &[$(Row {
            key: $key,
            doc: &[$($doc),+],
            shape: <$value as Value>::SHAPE,
            separator: <$value as Value>::SEPARATOR,
            secrecy: <$value as Value>::SECRECY,
            fallback: $fallback,
            check: |text| <$value as Value>::read(text).map(drop),
        },)+];
    };
}

settings! {
    /// Address and port to listen on; port 0 takes a free one.
    listen: SocketAddr = "listen", Fallback::Text("127.0.0.1:7171");

    /// Directory that holds the store.
    data: PathBuf = "data", Fallback::Found(data_directory, "`larder` in the user's data directory");

    /// Where modules come from: a list as GOPROXY's, with its `,` and `|`, `direct` and `off`.
    upstream: Upstream = "upstream", Fallback::Go("GOPROXY", "");

    /// Path below which everything is served, as `/team-a`.
    base_path: BasePath = "base_path", Fallback::Text("");

    /// Serving threads.
    workers: usize = "workers", Fallback::Found(one_worker_a_core, "one for each core");

    /// Time to finish running requests after SIGTERM or SIGINT.
    drain_timeout: Duration = "drain_timeout", Fallback::Text("30s");

    /// Whether a cold zip is sent while it arrives (its tail held back until everything agrees)
    /// or only once everything agrees.
    verify: VerifyMode = "verify", Fallback::Text("stream");

    /// How long the tail of a cold zip waits for the checksum database before the version is
    /// served as pending and proved in the background.
    proof_wait: Duration = "proof_wait", Fallback::Text("5s");

    /// Address and port of the maintainers' listener (refresh, purge, status and the like), or
    /// `off`.
    admin_listen: OrOff<SocketAddr> = "admin.listen", Fallback::Text("127.0.0.1:7172");

    /// The file that holds the maintainers' token, which the server writes at its first start;
    /// nothing means `admin-token` in the data directory.
    admin_token_file: OptionalPath = "admin.token_file", Fallback::Text("");

    /// Bytes that the store may hold, or `off`: public zips that were not used for longest go
    /// first.
    store_max_size: OrOff<Size> = "store.max_size", Fallback::Text("off");

    /// How long a public zip stays that nobody asks for, or `off`.
    store_max_age: OrOff<Duration> = "store.max_age", Fallback::Text("off");

    /// Module paths, as patterns of GOPRIVATE, whose zips never go.
    store_keep: Patterns = "store.keep", Fallback::Text("");

    /// Time in which everything that is stored is read again and checked, or `off`.
    store_scrub_interval: OrOff<Duration> = "store.scrub_interval", Fallback::Text("30d");

    /// The certificate to serve under, with those that lead to its root (PEM); without one the
    /// server speaks plain HTTP. It is read again when it changes.
    tls_cert: OptionalPath = "tls.cert", Fallback::Text("");

    /// The certificate's private key (PEM).
    tls_key: OptionalPath = "tls.key", Fallback::Text("");

    /// How long a version list, `@latest` or a branch is fresh.
    fresh_ttl: Duration = "fresh.ttl", Fallback::Text("60s");

    /// How long after that it may still be answered at once, while it is fetched again.
    fresh_stale_while_revalidate: Duration = "fresh.stale_while_revalidate", Fallback::Text("10m");

    /// How long it may be answered, marked as stale, while the upstream is in trouble.
    fresh_stale_if_error: Duration = "fresh.stale_if_error", Fallback::Text("7d");

    /// How long it is remembered that something was not found.
    fresh_negative_ttl: Duration = "fresh.negative_ttl", Fallback::Text("5s");

    /// Memory for whole small answers; a quarter of it again is for lists and branches, and a quarter for
    /// what the checksum database has proved.
    memory_responses: Size = "memory.responses", Fallback::Text("64MiB");

    /// Connections at one time.
    limits_connections: usize = "limits.connections", Fallback::Text("8192");

    /// Time for a client to send a request's head.
    limits_header_timeout: Duration = "limits.header_timeout", Fallback::Text("10s");

    /// Time that a connection may rest between requests.
    limits_idle_timeout: Duration = "limits.idle_timeout", Fallback::Text("2m");

    /// Time for a client to take 64 KiB of an answer, or what is left of it: over HTTP/2 of each
    /// answer, over HTTP/1.1 of the connection. Who is slower is cut.
    limits_write_timeout: Duration = "limits.write_timeout", Fallback::Text("30s");

    /// Bytes of a request's head.
    limits_head_bytes: Size = "limits.head_bytes", Fallback::Text("64KiB");

    /// Bytes of large answers that may be on their way at one time. For each 16 KiB one large answer
    /// may be under way; one more is told to come back (503).
    limits_bytes_in_flight: Size = "limits.bytes_in_flight", Fallback::Text("64MiB");

    /// Requests a second that one client address (of IPv6: a network of 64 bits) may send for long,
    /// or `off`. Above it a client is told to come back (429). Behind a reverse proxy all clients
    /// have its address.
    limits_requests_per_second: OrOff<usize> = "limits.requests_per_second", Fallback::Text("off");

    /// Requests that one client address may send at once, before it is held to its rate.
    limits_requests_burst: usize = "limits.requests_burst", Fallback::Text("1000");

    /// Private module paths, as GOPRIVATE: the default of `go.noproxy` and `go.nosumdb`.
    go_private: Patterns = "go.private", Fallback::Go("GOPRIVATE", "");

    /// Module paths that are asked of no upstream.
    go_noproxy: Patterns = "go.noproxy", Fallback::GoElse("GONOPROXY", "go.private");

    /// Module paths that are asked of no checksum database.
    go_nosumdb: Patterns = "go.nosumdb", Fallback::GoElse("GONOSUMDB", "go.private");

    /// Checksum database: its name, or `name+hash+key`, then its address if it has another; or
    /// `off`.
    go_sumdb: ChecksumDatabase = "go.sumdb", Fallback::Go("GOSUMDB", "sum.golang.org");

    /// Files of certificates (PEM) to trust besides the system's.
    fetch_ca_files: Paths = "fetch.ca_files", Fallback::Text("");

    /// The netrc file with credentials for upstreams.
    fetch_netrc: OptionalPath = "fetch.netrc", Fallback::Found(netrc, "the variable `NETRC`, else `.netrc` in the home directory");

    /// Proxy for https upstreams.
    fetch_https_proxy: ForwardProxy = "fetch.https_proxy", Fallback::Variables(&["HTTPS_PROXY", "https_proxy"]);

    /// Proxy for http upstreams.
    fetch_http_proxy: ForwardProxy = "fetch.http_proxy", Fallback::Variables(&["HTTP_PROXY", "http_proxy"]);

    /// Hosts that are reached without a proxy, as in NO_PROXY.
    fetch_no_proxy: NoProxy = "fetch.no_proxy", Fallback::Variables(&["NO_PROXY", "no_proxy"]);

    /// Time to reach an upstream.
    fetch_connect_timeout: Duration = "fetch.connect_timeout", Fallback::Text("10s");

    /// Time until an upstream answers with a head, besides the time to reach it.
    fetch_head_timeout: Duration = "fetch.head_timeout", Fallback::Text("60s");

    /// Time between two pieces of an upstream's body; less than 16 bytes a second over it counts as
    /// none.
    fetch_idle_timeout: Duration = "fetch.idle_timeout", Fallback::Text("60s");

    /// How often a request is sent again that an upstream did not take or could not answer just
    /// now.
    fetch_retries: u32 = "fetch.retries", Fallback::Text("2");

    /// Requests that one upstream is sent at one time.
    fetch_concurrency: usize = "fetch.concurrency", Fallback::Text("128");

    /// Failures in a row after which an upstream is left alone for a while.
    fetch_circuit_failures: usize = "fetch.circuit_failures", Fallback::Text("5");

    /// How long it is left alone at first; longer each time that it still fails.
    fetch_circuit_pause: Duration = "fetch.circuit_pause", Fallback::Text("10s");

    /// How much is logged.
    log_level: LogLevel = "log.level", Fallback::Text("info");

    /// What a log line looks like.
    log_format: LogFormat = "log.format", Fallback::Text("text");

    /// Whether each request is a log line.
    log_access: Switch = "log.access", Fallback::Text("on");
}

/// The settings that a server is built upon, and takes at its start alone.
pub const AT_THE_NEXT_START: &[&str] = &[
    "listen",
    "data",
    "base_path",
    "workers",
    "drain_timeout",
    "admin.listen",
    "admin.token_file",
    "memory.responses",
    "limits.bytes_in_flight",
    "tls.cert",
    "tls.key",
    "go.sumdb",
    "log.format",
];

/// The row with this key.
pub fn row(key: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key == key)
}

/// `$XDG_DATA_HOME/larder`, as the base directory specification has it; a system user without a
/// home keeps its state where the file hierarchy standard says.
fn data_directory(environment: &Environment) -> (String, Origin) {
    let user = environment.xdg("XDG_DATA_HOME", ".local/share").map(|dir| dir.join("larder"));
    let directory = user.unwrap_or_else(|| PathBuf::from("/var/lib/larder"));
    (directory.display().to_string(), Origin::Default)
}

fn one_worker_a_core(_: &Environment) -> (String, Origin) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores.to_string(), Origin::Default)
}

/// As the go command finds it.
fn netrc(environment: &Environment) -> (String, Origin) {
    if let Some(said) = environment.get_filled("NETRC") {
        return (said.to_owned(), Origin::GoVariable("NETRC".to_owned()));
    }
    let home = environment.home().map(|home| home.join(".netrc").display().to_string());
    (home.unwrap_or_default(), Origin::Default)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_settings_share_a_key_a_flag_or_a_variable() {
        let all = |name: fn(&Row) -> String| ROWS.iter().map(name).collect::<BTreeSet<_>>().len();
        assert_eq!(all(|row| row.key.to_owned()), ROWS.len());
        assert_eq!(all(Row::flag), ROWS.len());
        assert_eq!(all(Row::variable), ROWS.len());
    }

    #[test]
    fn what_waits_for_the_next_start_is_a_setting() {
        for key in AT_THE_NEXT_START {
            assert!(row(key).is_some(), "{key}");
        }
    }

    #[test]
    fn every_default_is_a_value_of_its_setting() {
        for row in ROWS {
            if let Fallback::Text(text) | Fallback::Go(_, text) = row.fallback {
                assert!((row.check)(text).is_ok(), "{}: `{text}`", row.key);
            }
        }
    }

    #[test]
    fn names_derive_from_the_key() {
        let row = row("fresh.negative_ttl").unwrap();
        assert_eq!(row.flag(), "--fresh-negative-ttl");
        assert_eq!(row.variable(), "LARDER_FRESH_NEGATIVE_TTL");
    }

    #[test]
    fn a_system_user_without_a_home_has_a_data_directory() {
        let check = |pairs: &[(&str, &str)], directory: &str| {
            let environment = Environment::from_pairs(pairs.iter().copied());
            assert_eq!(data_directory(&environment).0, directory);
        };
        check(&[], "/var/lib/larder");
        check(&[("HOME", "/home/ann")], "/home/ann/.local/share/larder");
        check(&[("HOME", "/home/ann"), ("XDG_DATA_HOME", "/srv/ann")], "/srv/ann/larder");
        check(
            &[("HOME", "/home/ann"), ("XDG_DATA_HOME", "relative")],
            "/home/ann/.local/share/larder",
        );
    }
}
