//! GOSUMDB and GONOSUMDB: which checksum database vouches for which modules, and how it is reached.
//!
//! The settings are judged when a sum has to be asked about, and not before. A database named with a URL
//! is asked there; any other at the first proxy that carries it, else at its own address. What it answers,
//! and why that is believed: `database_client`. Specification: <https://go.dev/ref/mod#checksum-database>.

use std::sync::OnceLock;

use larder_modcache::TreeHeads;
use larder_modload::{SourceError, SourceErrorKind, SumLine, SumOf, UpstreamKind};
use larder_module::{ModuleVersion, NamedVersion, PathPatterns};
use larder_sumdb::{KeyError, SUM_GOLANG_ORG, Verifier};
use tokio::sync::OnceCell;

use super::config::{CachedConfig, Lookups};
use super::core::{Core, other};
use super::database_client::DatabaseClient;
use super::sum_lines::written;
use super::texts;
use super::upstreams::{Failures, Then, Whom};
use crate::proxy_url::{ProxyUrl, escape_path};

/// How much of a `supported` answer is read: it says all by its status.
const SUPPORTED: usize = 64 << 10;

/// The toolchains of Go are vouched for by the database whatever the settings say.
const TOOLCHAIN: &str = "golang.org/toolchain";

/// The checksum database of a run.
pub(crate) struct Database {
    setting: String,
    excepted: PathPatterns,
    /// Whether toolchains come from files that somebody is testing, for which no database can vouch.
    testing_toolchains: bool,
    reachable: bool,
    heads: Option<TreeHeads>,
    client: OnceLock<Result<DatabaseClient, SourceError>>,
}

/// What GOSUMDB names.
#[derive(Debug)]
pub(crate) struct DatabaseName {
    /// The key, whose name is the database's.
    pub(crate) key: Verifier,
    /// What stands before the key itself: the name and the key's number.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) url: String,
    /// Whether GOSUMDB says where, so that no proxy is asked.
    pub(crate) whereabouts: Whereabouts,
}

/// Where a database is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// At the URL in GOSUMDB.
    Stated,
    /// At a proxy that carries it, else at the address that is its name.
    Sought,
}

/// Where a database is asked: an upstream, and what stands before its paths there.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) base: ProxyUrl,
    pub(crate) prefix: String,
}

impl DatabaseName {
    /// Reads GOSUMDB.
    ///
    /// # Errors
    /// It names none; in the go command's words.
    pub(crate) fn of(setting: &str) -> Result<Self, String> {
        let setting = match setting {
            "sum.golang.google.cn" => "sum.golang.org https://sum.golang.google.cn",
            "off" => return Err("checksum database disabled by GOSUMDB=off".to_owned()),
            other => other,
        };
        let mut words = setting.split_whitespace();
        let key = words.next().ok_or("missing GOSUMDB")?;
        let url = words.next();
        if words.next().is_some() {
            return Err("invalid GOSUMDB: too many fields".to_owned());
        }
        let key = if key == "sum.golang.org" { SUM_GOLANG_ORG } else { key };
        let id = id_of(key);
        let key =
            Verifier::parse(key).map_err(|error| format!("invalid GOSUMDB: {}", why(&error)))?;
        let name = key.name();
        let own = format!("https://{name}");
        let plain = !name.ends_with('/') && !name.contains(['?', '#', '@', '%', '\\']);
        if !plain || ProxyUrl::parse(&own).is_err() {
            return Err(format!("invalid sumdb name (must be host[/path]): {name} {own}"));
        }
        Ok(match url {
            Some(url) => Self { key, id, url: url.to_owned(), whereabouts: Whereabouts::Stated },
            None => Self { key, id, url: own, whereabouts: Whereabouts::Sought },
        })
    }
}

/// The name and the number of a key written `name+number+key`, of which the key may hold a `+` too.
fn id_of(key: &str) -> String {
    key.splitn(3, '+').take(2).collect::<Vec<_>>().join("+")
}

/// Why a key is none, as the go command says it.
fn why(error: &KeyError) -> &'static str {
    match error {
        KeyError::UnknownAlgorithm { .. } => "unknown verifier algorithm",
        KeyError::WrongHash { .. } => "invalid verifier hash",
        KeyError::Malformed { .. } | KeyError::BadName { .. } => "malformed verifier id",
    }
}

impl Database {
    pub(crate) fn of(config: &CachedConfig) -> Self {
        let goproxy = &config.goproxy;
        Self {
            setting: config.gosumdb.clone(),
            excepted: PathPatterns::parse(&config.gonosumdb),
            testing_toolchains: goproxy.starts_with("file://") && !goproxy.contains([',', '|']),
            reachable: config.lookups != Lookups::Offline,
            heads: config.sumdb_dir.clone().map(TreeHeads::at),
            client: OnceLock::new(),
        }
    }

    /// Whether the database vouches for a module with this path.
    pub(crate) fn speaks_of(&self, path: &str) -> bool {
        let must = path == TOOLCHAIN && !self.testing_toolchains;
        must || (self.setting != "off" && !self.excepted.matches_str(path))
    }

    /// Checks a sum that was computed against what the database recorded. `line` names it as go.sum does.
    ///
    /// # Errors
    /// The database cannot be asked, has another sum, or is caught lying.
    pub(crate) async fn check(
        &self,
        core: &Core,
        module: &ModuleVersion,
        line: &SumLine,
        sum: &str,
    ) -> Result<(), SourceError> {
        let noun = if line.of == SumOf::GoMod { "go.mod" } else { "module" };
        let about = |error: SourceError| error.about(NamedVersion::from(module));
        let failed = |error: SourceError| match error.kind {
            SourceErrorKind::Fatal => error,
            _ => about(other(format!("verifying {noun}: {error}"))),
        };
        let client = self.client().map_err(failed)?;
        let looked_up = client.lookup(core, module).await;
        let record = looked_up.map_err(|error| match error.kind {
            SourceErrorKind::Fatal => error,
            _ => failed(other(format!("{}: {error}", texts::name(line)))),
        })?;
        let prefix = format!("{} ", written(line));
        for recorded in record.text().lines().filter_map(|text| text.strip_prefix(&prefix)) {
            if recorded == sum {
                return Ok(());
            }
            if recorded.starts_with("h1:") {
                let found = (client.name(), recorded);
                return Err(about(texts::database_mismatch(noun, sum, found)));
            }
        }
        Err(about(texts::absent_from_database(noun)))
    }

    /// Learns beforehand what the database recorded of a version, so that it is known when its bytes are
    /// here. What goes wrong is told then.
    pub(crate) async fn prepare(&self, core: &Core, module: &ModuleVersion) {
        if let Ok(client) = self.client() {
            let _ = client.lookup(core, module).await;
        }
    }

    fn client(&self) -> Result<&DatabaseClient, SourceError> {
        let made = self.client.get_or_init(|| {
            let name = DatabaseName::of(&self.setting).map_err(other)?;
            let heads = self.heads.clone();
            Ok(DatabaseClient::new(name, heads))
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// Whether it may be asked at all.
    pub(crate) fn reachable(&self) -> Result<(), SourceError> {
        let text = "checksum database lookup disabled by --offline";
        if self.reachable { Ok(()) } else { Err(other(text)) }
    }
}

/// A way to a database that is sought once.
#[derive(Debug, Default)]
pub(crate) struct RouteFinder(OnceCell<Result<Route, SourceError>>);

impl RouteFinder {
    /// Where the database is asked.
    pub(crate) async fn route(
        &self,
        core: &Core,
        database: &DatabaseName,
    ) -> Result<Route, SourceError> {
        core.database.reachable()?;
        self.0.get_or_init(|| find(core, database)).await.clone()
    }
}

async fn find(core: &Core, database: &DatabaseName) -> Result<Route, SourceError> {
    let own = || match ProxyUrl::parse(&database.url) {
        Ok(base) => Ok(Route { base, prefix: String::new() }),
        Err(error) => Err(other(format!("invalid GOSUMDB URL: {error}"))),
    };
    if database.whereabouts == Whereabouts::Stated {
        return own();
    }
    let mut prefix = String::new();
    escape_path(&mut prefix, &format!("sumdb/{}/", database.key.name()));
    let mut failures = Failures::default();
    let mut failed = false;
    for (upstream, whom) in core.upstreams()?.all() {
        let error = match whom {
            Whom::Proxy(base) => {
                let path = format!("{prefix}supported");
                match core.network.read(base, &path, SUPPORTED).await {
                    Ok(_) => return Ok(Route { base: base.clone(), prefix }),
                    Err(error) => error,
                }
            }
            // It concerns modules alone.
            Whom::Private => continue,
            Whom::Direct | Whom::Off => SourceError::new(SourceErrorKind::NotFound, "no proxy"),
        };
        failed = true;
        if failures.note(upstream, error) == Then::Stop {
            break;
        }
        if upstream.kind == UpstreamKind::Direct {
            break;
        }
    }
    let error = failures.told();
    if !failed || error.kind == SourceErrorKind::NotFound { own() } else { Err(error) }
}
