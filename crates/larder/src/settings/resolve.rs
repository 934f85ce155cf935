//! The order of the places where a setting may be said, and what is wrong with what they say.
//!
//! Flag, `LARDER_*` variable, `larder.toml` (project, user, system), Go's own setting, default:
//! [`resolve`] gives every row of the table a text and an origin, and [`Resolved::read`] a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::exit::Failure;

use super::env::Environment;
use super::file::{self, FileError};
use super::go_env::GoEnv;
use super::kubernetes;
use super::near::near;
use super::origin::Origin;
use super::row::{Fallback, Row, Setting};
use super::schema::{AT_THE_NEXT_START, ROWS, Settings};
use super::value::{Value, ValueError};

/// The variable that names the settings file, as `--config` does.
pub const CONFIG_VARIABLE: &str = "LARDER_CONFIG";

/// What the command line says of settings.
#[derive(Debug, Default, Clone)]
pub struct Said {
    /// The settings given as flags: key and text.
    pub flags: Vec<(&'static str, String)>,
    /// The settings file that is read in place of the usual ones.
    pub config: Option<PathBuf>,
}

/// Every setting's text and origin.
#[derive(Debug)]
pub struct Resolved {
    values: BTreeMap<&'static str, (String, Origin)>,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A settings file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A `LARDER_*` variable is no setting's.
    #[error("the variable `{name}` is no setting's")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variable that was probably meant.
        near: Option<String>,
    },
    /// A text is not a value of its setting.
    #[error("`{key}` cannot be `{shown}`")]
    NotAValue {
        /// The setting.
        key: &'static str,
        /// The text, without secrets.
        shown: String,
        /// Where it was said.
        origin: Origin,
        /// Why it is none.
        source: ValueError,
    },
}

impl SettingsError {
    /// The way out, where one is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(FileError::UnknownKey { near: Some(key), .. }) => {
                Some(format!("did you mean `{key}`?"))
            }
            Self::UnknownVariable { near: Some(name), .. } => {
                Some(format!("did you mean `{name}`?"))
            }
            Self::File(FileError::UnknownKey { .. }) | Self::UnknownVariable { .. } => {
                Some("`larder config reference` lists every setting".to_owned())
            }
            Self::File(_) | Self::NotAValue { origin: Origin::Default, .. } => None,
            Self::NotAValue { origin, .. } => Some(format!("it is set by {origin}")),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let mut failure = Self::usage(error.to_string());
        if let Some(cause) = std::error::Error::source(&error) {
            failure = failure.because(cause);
        }
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// The settings of this process: from its environment and the usual files.
pub fn of_process(said: &Said, environment: &Environment) -> Result<Resolved, SettingsError> {
    let named = environment.get_filled(CONFIG_VARIABLE).map(PathBuf::from);
    let lines = if let Some(path) = said.config.clone().or(named) {
        vec![file::read(&path)?]
    } else {
        let places = file::usual_places(environment);
        places.iter().map(|path| file::read_if_there(path)).collect::<Result<_, _>>()?
    };
    resolve(said, environment, lines, &GoEnv::read(environment))
}

/// Gives every setting its text and origin; `files` are the settings files, the strongest first.
pub fn resolve(
    said: &Said,
    environment: &Environment,
    files: Vec<Vec<file::Line>>,
    go: &GoEnv,
) -> Result<Resolved, SettingsError> {
    refuse_unknown_variables(environment)?;
    let mut values = BTreeMap::new();
    // Backwards, so that a stronger file overwrites a weaker one.
    for line in files.into_iter().rev().flatten() {
        values.insert(line.key, (line.text, line.origin));
    }
    for row in ROWS {
        let name = row.variable();
        if let Some(text) = environment.get(&name) {
            values.insert(row.key, (text.to_owned(), Origin::Variable(name)));
        }
        if let Some((_, text)) = said.flags.iter().find(|(key, _)| *key == row.key) {
            values.insert(row.key, (text.clone(), Origin::Flag(row.flag())));
        }
        // The table has `go.private` before the settings that follow it.
        if !values.contains_key(row.key) {
            let found = fall_back(row, environment, go, &values);
            values.insert(row.key, found);
        }
    }
    let resolved = Resolved { values };
    for row in ROWS {
        resolved.checked(row)?;
    }
    Ok(resolved)
}

fn fall_back(
    row: &Row,
    environment: &Environment,
    go: &GoEnv,
    values: &BTreeMap<&'static str, (String, Origin)>,
) -> (String, Origin) {
    let of_go = |name| go.get(name).map(|(value, origin)| (value.to_owned(), origin));
    match row.fallback {
        Fallback::Text(text) => (text.to_owned(), Origin::Default),
        Fallback::Go(name, text) => {
            of_go(name).unwrap_or_else(|| (text.to_owned(), Origin::Default))
        }
        Fallback::GoElse(name, key) => of_go(name).unwrap_or_else(|| {
            let followed = values.get(key).map(|(text, _)| text.clone()).unwrap_or_default();
            (followed, Origin::Setting(key))
        }),
        Fallback::Variables(names) => {
            let said = names.iter().find_map(|name| Some((name, environment.get_filled(name)?)));
            said.map_or((String::new(), Origin::Default), |(name, value)| {
                (value.to_owned(), Origin::Variable((*name).to_owned()))
            })
        }
        Fallback::Found(find, _) => find(environment),
    }
}

fn refuse_unknown_variables(environment: &Environment) -> Result<(), SettingsError> {
    let known: Vec<String> =
        ROWS.iter().map(Row::variable).chain([CONFIG_VARIABLE.into()]).collect();
    for (name, _) in environment.with_prefix("LARDER_") {
        let is_ours = known.iter().any(|known| known == name);
        if !is_ours && !kubernetes::is_of_a_service(name, environment) {
            let near = near(name, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(SettingsError::UnknownVariable { name: name.to_owned(), near });
        }
    }
    Ok(())
}

impl Resolved {
    /// Every row with its value's text, as it may be shown, and its origin.
    pub fn shown(&self) -> impl Iterator<Item = (&'static Row, String, &Origin)> {
        self.texts().map(|(row, text, origin)| (row, row.shown(text), origin))
    }

    /// Every row with its value's text, secrets and all, and its origin; in the table's order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'static Row, &str, &Origin)> {
        ROWS.iter().filter_map(|row| {
            let (text, origin) = self.values.get(row.key)?;
            Some((row, text.as_str(), origin))
        })
    }

    /// Takes back to what runs what a server takes at its start alone.
    pub(crate) fn keep_what_runs(&mut self, running: &Self) {
        for key in AT_THE_NEXT_START {
            if let Some(kept) = running.values.get(key) {
                self.values.insert(key, kept.clone());
            }
        }
    }

    /// The typed settings.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::read(self)
    }

    /// The value of the setting with this key.
    pub fn read<T: Value>(&self, key: &'static str) -> Result<Setting<T>, SettingsError> {
        let (text, origin) =
            self.values.get(key).cloned().unwrap_or((String::new(), Origin::Default));
        match T::read(&text) {
            Ok(value) => Ok(Setting { value, origin }),
            Err(source) => {
                let shown = ROWS.iter().find(|row| row.key == key).map(|row| row.shown(&text));
                let shown = shown.unwrap_or_default();
                Err(SettingsError::NotAValue { key, shown, origin, source })
            }
        }
    }

    fn checked(&self, row: &Row) -> Result<(), SettingsError> {
        let Some((text, origin)) = self.values.get(row.key) else { return Ok(()) };
        (row.check)(text).map_err(|source| SettingsError::NotAValue {
            key: row.key,
            shown: row.shown(text),
            origin: origin.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What everybody says.
    #[derive(Default)]
    struct Story {
        flags: Vec<(&'static str, &'static str)>,
        variables: Vec<(&'static str, &'static str)>,
        files: Vec<(&'static str, &'static str, &'static str)>,
    }

    fn resolved(story: &Story) -> Result<Resolved, SettingsError> {
        let environment = Environment::from_pairs(story.variables.iter().copied());
        let flags = story.flags.iter().map(|&(key, text)| (key, text.to_owned())).collect();
        let lines = story.files.iter().map(|&(path, key, text)| {
            let origin = Origin::File { path: path.into(), line: 1 };
            vec![file::Line { key, text: text.to_owned(), origin }]
        });
        let go = GoEnv::read_below(&environment, Path::new("/nonexistent"));
        resolve(&Said { flags, config: None }, &environment, lines.collect(), &go)
    }

    fn check(story: &Story, key: &'static str, expected: &str, origin: &str) {
        let resolved = resolved(story).unwrap();
        let (text, found) = &resolved.values[key];
        assert_eq!((text.as_str(), found.to_string().as_str()), (expected, origin), "{key}");
    }

    fn refuse(story: &Story, message: &str, hint: Option<&str>) {
        let error = resolved(story).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.hint().as_deref()), (message, hint));
    }

    #[test]
    fn the_nearest_place_wins() {
        let flags = vec![("fresh.ttl", "1s")];
        let variables = vec![("LARDER_FRESH_TTL", "2s")];
        let files = vec![("project", "fresh.ttl", "3s"), ("user", "fresh.ttl", "4s")];
        let all = Story { flags, variables: variables.clone(), files: files.clone() };
        check(&all, "fresh.ttl", "1s", "--fresh-ttl");
        let no_flag = Story { variables, files: files.clone(), ..Story::default() };
        check(&no_flag, "fresh.ttl", "2s", "LARDER_FRESH_TTL");
        let file = Story { files, ..Story::default() };
        check(&file, "fresh.ttl", "3s", "project:1");
        check(&Story::default(), "fresh.ttl", "60s", "default");
    }

    #[test]
    fn gos_own_setting_stands_before_the_default() {
        let go =
            Story { variables: vec![("GOPROXY", "https://a.example,direct")], ..Story::default() };
        check(&go, "upstream", "https://a.example,direct", "GOPROXY in the environment");
        let flag = Story {
            flags: vec![("upstream", "off")],
            variables: vec![("GOPROXY", "https://a.example")],
            ..Story::default()
        };
        check(&flag, "upstream", "off", "--upstream");
        check(&Story::default(), "upstream", "", "default");
        check(&Story::default(), "go.sumdb", "sum.golang.org", "default");
    }

    #[test]
    fn private_paths_are_the_default_of_noproxy_and_nosumdb() {
        let private = Story { variables: vec![("GOPRIVATE", "corp.example")], ..Story::default() };
        check(&private, "go.noproxy", "corp.example", "go.private");
        check(&private, "go.nosumdb", "corp.example", "go.private");
        let ours = Story { files: vec![("f", "go.private", "ours.example")], ..Story::default() };
        check(&ours, "go.noproxy", "ours.example", "go.private");
        let both = Story {
            variables: vec![("GOPRIVATE", "corp.example"), ("GONOSUMDB", "none")],
            ..Story::default()
        };
        check(&both, "go.nosumdb", "none", "GONOSUMDB in the environment");
        check(&both, "go.noproxy", "corp.example", "go.private");
        let emptied = Story {
            variables: vec![("GOPRIVATE", "corp.example"), ("LARDER_GO_NOSUMDB", "")],
            ..Story::default()
        };
        check(&emptied, "go.nosumdb", "", "LARDER_GO_NOSUMDB");
    }

    #[test]
    fn proxies_are_read_from_the_usual_variables() {
        let lower =
            Story { variables: vec![("https_proxy", "http://p.example")], ..Story::default() };
        check(&lower, "fetch.https_proxy", "http://p.example", "https_proxy");
        let both = Story {
            variables: vec![
                ("https_proxy", "http://l.example"),
                ("HTTPS_PROXY", "http://u.example"),
            ],
            ..Story::default()
        };
        check(&both, "fetch.https_proxy", "http://u.example", "HTTPS_PROXY");
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        let typo = Story { variables: vec![("LARDER_LISTNE", "x")], ..Story::default() };
        let hint = Some("did you mean `LARDER_LISTEN`?");
        refuse(&typo, "the variable `LARDER_LISTNE` is no setting's", hint);
        let other = Story { variables: vec![("LARDER_COLOURS", "x")], ..Story::default() };
        let hint = Some("`larder config reference` lists every setting");
        refuse(&other, "the variable `LARDER_COLOURS` is no setting's", hint);
        let port = Story { variables: vec![("LARDER_PORT", "8080")], ..Story::default() };
        refuse(&port, "the variable `LARDER_PORT` is no setting's", hint);
    }

    #[test]
    fn a_kubernetes_service_of_our_name_is_no_error() {
        let variables = vec![
            ("LARDER_SERVICE_HOST", "10.0.0.11"),
            ("LARDER_SERVICE_PORT", "7171"),
            ("LARDER_PORT", "tcp://10.0.0.11:7171"),
            ("LARDER_PORT_7171_TCP_ADDR", "10.0.0.11"),
        ];
        check(&Story { variables, ..Story::default() }, "listen", "127.0.0.1:7171", "default");
    }

    #[test]
    fn a_netrc_is_named_by_gos_variable() {
        let home = Story { variables: vec![("HOME", "/home/ann")], ..Story::default() };
        check(&home, "fetch.netrc", "/home/ann/.netrc", "default");
        let variables = vec![("HOME", "/home/ann"), ("NETRC", "/run/netrc")];
        let named = Story { variables, ..Story::default() };
        check(&named, "fetch.netrc", "/run/netrc", "NETRC in the environment");
    }

    #[test]
    fn a_text_that_is_no_value_names_its_place() {
        let story = Story { variables: vec![("LARDER_FRESH_TTL", "soon")], ..Story::default() };
        refuse(&story, "`fresh.ttl` cannot be `soon`", Some("it is set by LARDER_FRESH_TTL"));
    }

    #[test]
    fn no_secret_is_shown() {
        let shown = |key: &str, variable: &'static str, text: &'static str| {
            let story = Story { variables: vec![(variable, text)], ..Story::default() };
            resolved(&story).unwrap().shown().find(|(row, ..)| row.key == key).unwrap().1
        };
        let upstream = shown("upstream", "GOPROXY", "https://me:secret@a.example,direct");
        assert_eq!(upstream, "https://xxxxx@a.example,direct");
        let upstream = shown("upstream", "GOPROXY", "https://a.example/x?token=secret|off");
        assert_eq!(upstream, "https://a.example/x?xxxxx|off");
        let database = shown("go.sumdb", "GOSUMDB", "sum.golang.org https://me:secret@a.example");
        assert_eq!(database, "sum.golang.org https://xxxxx@a.example");
    }

    #[test]
    fn an_upstream_is_given_the_time_that_the_fetcher_takes_for_usual() {
        let settings = resolved(&Story::default()).unwrap().settings().unwrap();
        let documented = larder_modfetch::Timeouts {
            connect: settings.fetch_connect_timeout.value,
            head: settings.fetch_head_timeout.value,
            idle: settings.fetch_idle_timeout.value,
        };
        assert_eq!(documented, larder_modfetch::Timeouts::default());
    }
}
