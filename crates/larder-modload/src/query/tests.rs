//! Queries against an upstream in memory: what is chosen, what is passed over, who is asked for what.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use larder_modfile::GoMod;
use larder_module::{ModulePath, Revision};

use super::*;
use crate::loader::LoaderParts;
use crate::local_go::LocalGo;
use crate::main_modules::OpenedModule;
use crate::mode::{ModMode, Mode};
use crate::source::{
    FallBack, GoModAt, GoModSource, RevInfo, SourceErrorKind, Upstream, UpstreamKind, Versions,
};

/// Upstreams in memory: each has modules, with their versions and go.mod files.
#[derive(Default)]
struct Memory {
    upstreams: Vec<Stock>,
    /// What was asked for, a line each round.
    rounds: Mutex<Vec<String>>,
}

#[derive(Default, Clone)]
struct Stock {
    fall_back: Option<FallBack>,
    /// What it fails with, whatever it is asked.
    broken: Option<&'static str>,
    /// By `path@revision`: the version and its go.mod.
    revisions: BTreeMap<String, (String, String)>,
    latest: BTreeMap<String, String>,
}

impl Stock {
    fn with(mut self, path: &str, versions: &[&str]) -> Self {
        for version in versions {
            let go_mod = format!("module {path}\n\ngo 1.20\n");
            self.revisions.insert(format!("{path}@{version}"), ((*version).into(), go_mod));
        }
        self
    }

    fn with_go_mod(mut self, module: &str, go_mod: &str) -> Self {
        let version = module.split('@').nth(1).unwrap_or_default().to_owned();
        self.revisions.insert(module.to_owned(), (version, go_mod.to_owned()));
        self
    }

    fn with_branch(mut self, module: &str, version: &str) -> Self {
        self.revisions.insert(module.to_owned(), (version.to_owned(), String::new()));
        self
    }

    fn with_latest(mut self, path: &str, version: &str) -> Self {
        self.latest.insert(path.to_owned(), version.to_owned());
        self.with(path, &[version])
    }
}

fn not_found() -> SourceError {
    SourceError::new(SourceErrorKind::NotFound, "404 Not Found")
}

fn info_of(version: &str) -> RevInfo {
    let pseudo = matcher::pseudo(version).map(|pseudo| pseudo.time().to_owned());
    let time = pseudo.map_or("2020-01-01T00:00:00Z".to_owned(), |digits| {
        crate::info::Moment::of_pseudo_version(&digits).unwrap().to_string()
    });
    RevInfo { version: version.to_owned(), time: Some(time), origin: None }
}

impl Memory {
    fn at(&self, upstream: Upstream) -> Result<&Stock, SourceError> {
        let stock = &self.upstreams[upstream.place];
        match stock.broken {
            Some(text) => Err(SourceError::new(SourceErrorKind::Other, text)),
            None => Ok(stock),
        }
    }

    fn note<T: std::fmt::Debug>(&self, what: &str, wanted: impl Iterator<Item = T>) {
        let wanted: Vec<_> = wanted.map(|one| format!("{one:?}").replace('"', "")).collect();
        self.rounds.lock().unwrap().push(format!("{what} {}", wanted.join(" ")));
    }
}

impl GoModSource for Memory {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        let name = |at: &GoModAt| match at {
            GoModAt::Module(module) => format!("{}@{}", module.path(), module.version()),
            GoModAt::Directory(path) => path.display().to_string(),
        };
        self.note("mod", wanted.iter().map(name));
        let of = |at: &GoModAt| {
            let found = self.upstreams.iter().find_map(|shelf| shelf.revisions.get(&name(at)));
            found.map(|(_, go_mod)| go_mod.as_bytes().into()).ok_or_else(not_found)
        };
        wanted.iter().map(of).collect()
    }
}

impl VersionSource for Memory {
    fn upstreams(&self, _: &ModulePath) -> Result<Vec<Upstream>, SourceError> {
        let each = self.upstreams.iter().enumerate().map(|(place, shelf)| Upstream {
            place,
            kind: UpstreamKind::Proxy,
            fall_back: shelf.fall_back.unwrap_or(FallBack::NotFound),
        });
        Ok(each.collect())
    }

    fn versions(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<Versions, SourceError>> {
        self.note("list", wanted.iter().map(|(_, path)| path.as_str()));
        let of = |(upstream, path): &(Upstream, ModulePath)| {
            let stock = self.at(*upstream)?;
            let prefix = format!("{path}@");
            let names = stock.revisions.keys().filter_map(|name| name.strip_prefix(&prefix));
            let mut list: Vec<String> = names
                .filter(|name| name.starts_with('v') && !matcher::is_pseudo(name))
                .map(str::to_owned)
                .collect();
            list.sort_by(|a, b| matcher::compare("", a, b));
            let known = !list.is_empty() || stock.latest.contains_key(path.as_str());
            if known { Ok(Versions { list, origin: None }) } else { Err(not_found()) }
        };
        wanted.iter().map(of).collect()
    }

    fn latest(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<RevInfo, SourceError>> {
        self.note("latest", wanted.iter().map(|(_, path)| path.as_str()));
        let of = |(upstream, path): &(Upstream, ModulePath)| {
            let latest = self.at(*upstream)?.latest.get(path.as_str());
            latest.map(|version| info_of(version)).ok_or_else(not_found)
        };
        wanted.iter().map(of).collect()
    }

    fn infos(
        &self,
        wanted: &[(Upstream, ModulePath, Revision)],
    ) -> Vec<Result<RevInfo, SourceError>> {
        self.note("info", wanted.iter().map(|(_, path, revision)| format!("{path}@{revision}")));
        let of = |(upstream, path, revision): &(Upstream, ModulePath, Revision)| {
            let found = self.at(*upstream)?.revisions.get(&format!("{path}@{revision}"));
            found.map(|(version, _)| info_of(version)).ok_or_else(not_found)
        };
        wanted.iter().map(of).collect()
    }
}

/// The answers of these upstreams to queries, in the light of a go.mod, and what was asked for.
fn answers(
    upstreams: &[Stock],
    go_mod: &str,
    queries: &[Query],
) -> (Vec<Result<Found, QueryError>>, Vec<String>) {
    let memory = Memory { upstreams: upstreams.to_vec(), ..Memory::default() };
    let said = GoMod::parse("go.mod", go_mod.as_bytes(), None).unwrap();
    let (root, shown) = (Path::new("/main").into(), "go.mod".into());
    let opened = OpenedModule { root, shown, said: Arc::new(said), resolved: false };
    let main = MainModules::module(opened).unwrap();
    let (mode, local) = (Mode::explicit(ModMode::Mod), LocalGo::new("1.26.8"));
    let loader = Loader::new(LoaderParts {
        main: &main,
        mode: &mode,
        local: &local,
        directory: Path::new("/main"),
        source: &memory,
    });
    let found = Queries::new(&memory, &loader).resolve(queries);
    let rounds = memory.rounds.lock().unwrap().clone();
    (found, rounds)
}

const MAIN: &str = "module example.com/main\n\ngo 1.24\n";
const M: &str = "example.com/m";

#[derive(Clone, Copy)]
struct At<'a> {
    query: &'a str,
    current: &'a str,
}

fn at<'a>(query: &'a str, current: &'a str) -> At<'a> {
    At { query, current }
}

#[track_caller]
fn check_in(upstreams: &[Stock], go_mod: &str, at: At<'_>, expect: Result<&str, &str>) {
    let query = Query {
        current: at.current.into(),
        allowed: if is_revision_query(M, at.query) { Allowed::All } else { Allowed::NotWithdrawn },
        ..Query::new(M, at.query)
    };
    let (mut found, _) = answers(upstreams, go_mod, &[query]);
    let got = found.pop().unwrap().map(|found| found.version).map_err(|error| error.to_string());
    assert_eq!(got.as_deref().map_err(String::as_str), expect, "{} at {}", at.query, at.current);
}

#[track_caller]
fn check(shelf: &Stock, at: At<'_>, expect: Result<&str, &str>) {
    check_in(std::slice::from_ref(shelf), MAIN, at, expect);
}

#[test]
fn releases_go_before_prereleases_and_those_before_commits() {
    let shelf = Stock::default().with(M, &["v1.0.0", "v1.2.0", "v1.3.0-rc.1"]);
    check(&shelf, at("latest", ""), Ok("v1.2.0"));
    check(&shelf, at("upgrade", "v1.3.0-rc.1"), Ok("v1.3.0-rc.1"));
    check(&shelf, at("upgrade", "v1.0.0"), Ok("v1.2.0"));
    check(&shelf, at("patch", "v1.0.0"), Ok("v1.0.0"));
    check(&shelf, at(">v1.0.0", ""), Ok("v1.2.0"));
    check(&shelf, at("<v1.2.0", ""), Ok("v1.0.0"));
    check(&shelf, at(">v1.2.0", ""), Ok("v1.3.0-rc.1"));
    let prereleases = Stock::default().with(M, &["v1.0.0-a", "v1.0.0-b"]);
    check(&prereleases, at("latest", ""), Ok("v1.0.0-b"));
    let pseudo = "v0.0.0-20200101000000-abcdefabcdef";
    let commits = Stock::default().with_latest(M, pseudo);
    check(&commits, at("latest", ""), Ok(pseudo));
    check(&commits, at("v1", ""), Err("no matching versions for query \"v1\""));
}

#[test]
fn a_query_without_a_match_says_what_was_looked_for() {
    let shelf = Stock::default().with(M, &["v1.0.0"]);
    check(&shelf, at("v2", ""), Err("no matching versions for query \"v2\""));
    check(&shelf, at(">v1.0.0", ""), Err("no matching versions for query \">v1.0.0\""));
    // Who stands on a version may stay on it, if it can be had.
    check(&shelf, at("upgrade", "v1.5.0"), Err("404 Not Found"));
}

#[test]
fn revisions_are_what_upstream_says_and_metadata_may_be_dropped() {
    let shelf =
        Stock::default().with(M, &["v1.0.0"]).with_branch("example.com/m@master", "v1.0.1-x");
    check(&shelf, at("master", ""), Ok("v1.0.1-x"));
    check(&shelf, at("v1.0.0+meta", ""), Ok("v1.0.0"));
    check(&shelf, at("v1.5.0+meta", ""), Err("404 Not Found"));
    check(
        &shelf,
        at("a/b", ""),
        Err("example.com/m@a/b: invalid version: disallowed version string"),
    );
}

#[test]
fn an_upgrade_from_a_commit_never_goes_back_in_time() {
    let old = "v0.0.0-20190101000000-aaaaaaaaaaaa";
    let new = "v0.0.0-20210101000000-bbbbbbbbbbbb";
    let shelf = Stock::default().with(M, &["v0.1.0", old, new]);
    check(&shelf, at("upgrade", old), Ok("v0.1.0"));
    check(&shelf, at("upgrade", new), Ok(new));
}

#[test]
fn incompatible_versions_count_where_no_go_mod_speaks_against_them() {
    let made_up = "module example.com/m\n";
    let legacy = Stock::default()
        .with_go_mod("example.com/m@v1.0.0", made_up)
        .with_go_mod("example.com/m@v2.0.0+incompatible", made_up);
    check(&legacy, at("latest", ""), Ok("v2.0.0+incompatible"));
    let modern = legacy.clone().with(M, &["v1.1.0"]);
    check(&modern, at("latest", ""), Ok("v1.1.0"));
    check(&modern, at("v2", ""), Ok("v2.0.0+incompatible"));
    check(&modern, at("upgrade", "v2.0.0+incompatible"), Ok("v2.0.0+incompatible"));
}

#[test]
fn what_is_excluded_or_retracted_is_passed_over_unless_it_is_named() {
    let retracts = "module example.com/m\n\nretract v1.2.0 // broken\nretract [v1.3.0, v1.4.0]\n";
    let shelf = Stock::default()
        .with(M, &["v1.0.0", "v1.1.0", "v1.2.0"])
        .with_go_mod("example.com/m@v1.4.0", retracts);
    let excludes = format!("{MAIN}\nexclude example.com/m v1.1.0\n");
    let check = |query, expect| check_in(std::slice::from_ref(&shelf), &excludes, query, expect);
    check(at("latest", ""), Ok("v1.0.0"));
    check(at("v1.2.0", ""), Ok("v1.2.0"));
    check(at("v1.1", ""), Err("no matching versions for query \"v1.1\""));
    let retracted = "example.com/m@v1.2.0: retracted by module author: broken";
    check(at("upgrade", "v1.2.0"), Err(retracted));
    let named = Query { allowed: Allowed::NotWithdrawn, ..Query::new(M, "v1.1.0") };
    let (found, _) = answers(std::slice::from_ref(&shelf), &excludes, &[named]);
    let error = found[0].clone().unwrap_err();
    assert_eq!(error.to_string(), "example.com/m@v1.1.0: excluded by go.mod");
    assert!(error.is_silence());
}

#[test]
fn replaced_versions_are_there_even_if_nobody_has_them() {
    let replaces = |line: &str| format!("{MAIN}\nreplace example.com/m {line} => ./m\n");
    let nobody = [Stock::default()];
    check_in(&nobody, &replaces("v1.5.0"), at("latest", ""), Ok("v1.5.0"));
    check_in(&nobody, &replaces("v1.5.0"), at("v1.5.0", ""), Ok("v1.5.0"));
    check_in(&nobody, &replaces("v1.5.0"), at("v1.6.0", ""), Err("404 Not Found"));
    let zero = "v0.0.0-00010101000000-000000000000";
    check_in(&nobody, &replaces(""), at("latest", ""), Ok(zero));
    let some = [Stock::default().with(M, &["v1.6.0"])];
    check_in(&some, &replaces("v1.5.0"), at("latest", ""), Ok("v1.6.0"));
    check_in(&some, &replaces("v1.5.0"), at("<v1.6.0", ""), Ok("v1.5.0"));
}

#[test]
fn a_whole_query_is_asked_of_one_upstream_and_then_of_the_next() {
    let empty = Stock::default();
    let has = Stock::default().with(M, &["v1.0.0"]);
    let check = |upstreams: &[Stock], expect| check_in(upstreams, MAIN, at("latest", ""), expect);
    check(&[empty.clone(), has.clone()], Ok("v1.0.0"));
    let broken = Stock { broken: Some("500 Internal Server Error"), ..Stock::default() };
    check(&[broken.clone(), has.clone()], Err("500 Internal Server Error"));
    let lenient = Stock { fall_back: Some(FallBack::Any), ..broken };
    check(&[lenient.clone(), has], Ok("v1.0.0"));
    check(&[lenient, empty], Err("500 Internal Server Error"));
}

#[test]
fn main_modules_and_what_is_no_module_are_not_asked_for() {
    let resolve = |path: &str, query: &str| {
        let (mut found, rounds) = answers(&[Stock::default()], MAIN, &[Query::new(path, query)]);
        assert_eq!(rounds, Vec::<String>::new());
        found.pop().unwrap().map(|found| found.version).map_err(|error| error.to_string())
    };
    assert_eq!(resolve("example.com/main", "upgrade"), Ok(String::new()));
    let std = "can't query specific version (\"v1\") of standard-library module \"std\"";
    assert_eq!(resolve("std", "v1"), Err(std.into()));
    let dotless = "malformed module path \"hello\": missing dot in first path element";
    assert_eq!(resolve("hello", "latest"), Err(dotless.into()));
}

#[test]
fn toolchains_are_queried_as_go_and_as_toolchain() {
    let shelf = Stock::default().with(
        "golang.org/toolchain",
        &["v0.0.1-go1.21.0.linux-amd64", "v0.0.1-go1.27.3.linux-amd64"],
    );
    let resolve = |path: &str, query: &str| {
        let (mut found, _) =
            answers(std::slice::from_ref(&shelf), MAIN, &[Query::new(path, query)]);
        found.pop().unwrap().map(|found| found.version).map_err(|error| error.to_string())
    };
    assert_eq!(resolve("go", "latest"), Ok("1.27.3".into()));
    assert_eq!(resolve("go", "1.21"), Ok("1.21.0".into()));
    assert_eq!(resolve("go", "1.20.5"), Ok("1.20.5".into()));
    assert_eq!(resolve("toolchain", "go1.21"), Ok("go1.21.0".into()));
    assert_eq!(resolve("toolchain", "1.26.8"), Ok("go1.26.8".into()));
    assert_eq!(resolve("go", "1.99"), Err("no matching versions for query \"1.99\"".into()));
}

#[test]
fn many_queries_are_asked_in_as_many_rounds_as_one() {
    let mut shelf = Stock::default();
    let paths: Vec<String> = (0..50).map(|index| format!("example.com/m{index}")).collect();
    for path in &paths {
        shelf = shelf.with(path, &["v1.0.0", "v1.1.0"]);
    }
    let queries: Vec<Query> = paths
        .iter()
        .map(|path| Query { allowed: Allowed::NotWithdrawn, ..Query::new(path.as_str(), "latest") })
        .collect();
    let (found, rounds) = answers(&[shelf], MAIN, &queries);
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|found| found.version == "v1.1.0")));
    let kinds: Vec<&str> = rounds.iter().filter_map(|round| round.split(' ').next()).collect();
    assert_eq!(kinds, ["list", "info", "mod"]);
    assert!(rounds.iter().all(|round| round.split(' ').count() == 51), "{rounds:?}");
}

#[test]
fn a_go_mod_is_read_only_where_a_version_is_to_be_judged() {
    let shelf = Stock::default().with(M, &["v1.0.0"]);
    let judged = |query: &str| {
        let query = Query { allowed: Allowed::NotWithdrawn, ..Query::new(M, query) };
        answers(std::slice::from_ref(&shelf), MAIN, &[query]).1
    };
    assert_eq!(judged("v2"), ["list example.com/m"]);
    let rounds = judged("latest");
    assert_eq!(
        rounds,
        ["list example.com/m", "info example.com/m@v1.0.0", "mod example.com/m@v1.0.0"]
    );
}
