//! SIGHUP: the settings are resolved anew from the same places, and what changed is told and used.
//!
//! All or nothing: a file, a variable's text or a server that refuses leaves everything as it was,
//! with one line that says what to mend. What a server takes at its start alone is told as such
//! ([`Row::takes_effect`](crate::settings::Row::takes_effect)).

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use larder_server::{ServerConfig, ServerHandle};

use crate::commands::serve::could_not_start;
use crate::exit::Failure;
use crate::logging::Logging;
use crate::settings::env::Environment;
use crate::settings::row::TakesEffect;
use crate::settings::{Origin, Resolved, Row, Said, resolve};
use crate::supervisor::notify::{News, Supervisor};
use crate::wiring;

/// Everything that a reload needs.
pub(crate) struct Reloader {
    /// What the command line says, which stays.
    pub(crate) said: Said,
    /// The variables, which stay too.
    pub(crate) environment: Environment,
    /// The settings in force.
    pub(crate) resolved: Resolved,
    pub(crate) config: ServerConfig,
    pub(crate) server: ServerHandle,
    pub(crate) logging: Logging,
    pub(crate) supervisor: Arc<Supervisor>,
}

impl Reloader {
    /// Reloads at each of `hangups`, on a thread of its own, since reading files may take a while.
    pub(crate) fn start(mut self, hangups: Receiver<()>) -> io::Result<()> {
        std::thread::Builder::new().name("reload".to_owned()).spawn(move || {
            while hangups.recv().is_ok() {
                // One reload answers all that were asked for until now.
                while hangups.try_recv().is_ok() {}
                self.supervisor.tell(&[News::Reloading]);
                if let Err(failure) = self.reload() {
                    tracing::error!(
                        reason = failure.line(),
                        "settings were not reloaded: everything stays as it was"
                    );
                }
                self.supervisor.tell(&[News::Ready]);
            }
        })?;
        Ok(())
    }

    fn reload(&mut self) -> Result<(), Failure> {
        let mut resolved = resolve::of_process(&self.said, &self.environment)?;
        let changes = changes(&self.resolved, &resolved);
        // The next reload compares with what runs, not with what waits for the next start.
        resolved.keep_what_runs(&self.resolved);
        let settings = resolved.settings()?;
        let config = wiring::server_config(&settings)?;
        self.server
            .reload(config.clone())
            .map_err(|error| could_not_start(&error, &settings).titled("could not reload"))?;
        let files = changed_files(&self.config, &config, &changes);
        // Told under whichever of the two levels tells more.
        self.logging.at_the_louder_of(&settings);
        for change in &changes {
            change.tell();
        }
        for key in files {
            tracing::info!(key, applied = "now", "what the file of a setting says has changed");
        }
        tracing::info!(changed = changes.len(), "settings reloaded");
        self.logging.set(&settings);
        (self.resolved, self.config) = (resolved, config);
        Ok(())
    }
}

/// One setting that is not what it was.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    key: &'static str,
    old: String,
    new: String,
    origin: String,
    applied: &'static str,
}

impl Change {
    fn of(row: &'static Row, old: &str, new: &str, origin: &Origin) -> Self {
        let applied = match row.takes_effect() {
            TakesEffect::AtOnce => "now",
            TakesEffect::AtTheNextStart => "at the next start",
        };
        let (old, mut new) = (row.shown(old), row.shown(new));
        if old == new {
            new.push_str(" (differs in what is not shown)");
        }
        Self { key: row.key, old, new, origin: origin.to_string(), applied }
    }

    fn tell(&self) {
        let Self { key, old, new, origin, applied } = self;
        tracing::info!(key, old, new, origin, applied, "setting changed");
    }
}

/// What differs between two resolutions, in the order of the table.
fn changes(old: &Resolved, new: &Resolved) -> Vec<Change> {
    let pairs = old.texts().zip(new.texts());
    pairs
        .filter(|((_, old, _), (_, new, _))| old != new)
        .map(|((row, old, _), (_, new, origin))| Change::of(row, old, new, origin))
        .collect()
}

/// Settings that name a file as before, whose contents are others.
fn changed_files(
    old: &ServerConfig,
    new: &ServerConfig,
    changes: &[Change],
) -> impl Iterator<Item = &'static str> {
    let netrc = (old.fetch.netrc != new.fetch.netrc).then_some("fetch.netrc");
    let roots = (old.fetch.extra_roots != new.fetch.extra_roots).then_some("fetch.ca_files");
    let told: Vec<&str> = changes.iter().map(|change| change.key).collect();
    [netrc, roots].into_iter().flatten().filter(move |key| !told.contains(key))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::go_env::GoEnv;

    fn resolved(pairs: &[(&str, &str)]) -> Resolved {
        let environment = Environment::from_pairs(pairs.iter().copied());
        let go = GoEnv::read_below(&environment, Path::new("/nonexistent"));
        resolve::resolve(&Said::default(), &environment, Vec::new(), &go).unwrap()
    }

    fn check(old: &[(&str, &str)], new: &[(&str, &str)], expect: &[[&str; 5]]) {
        let told = changes(&resolved(old), &resolved(new));
        let told: Vec<_> = told
            .iter()
            .map(|c| [c.key, c.old.as_str(), c.new.as_str(), c.origin.as_str(), c.applied])
            .collect();
        assert_eq!(told, expect);
    }

    #[test]
    fn each_setting_that_changed_is_told_with_its_new_origin() {
        check(&[], &[], &[]);
        check(
            &[("LARDER_FRESH_TTL", "5s")],
            &[("LARDER_FRESH_TTL", "9s"), ("LARDER_WORKERS", "77")],
            &[
                ["workers", &cores(), "77", "LARDER_WORKERS", "at the next start"],
                ["fresh.ttl", "5s", "9s", "LARDER_FRESH_TTL", "now"],
            ],
        );
    }

    #[test]
    fn what_follows_another_setting_is_told_too() {
        check(
            &[],
            &[("GOPRIVATE", "corp.example")],
            &[
                ["go.private", "", "corp.example", "GOPRIVATE in the environment", "now"],
                ["go.noproxy", "", "corp.example", "go.private", "now"],
                ["go.nosumdb", "", "corp.example", "go.private", "now"],
            ],
        );
    }

    #[test]
    fn another_origin_of_the_same_value_is_no_change() {
        check(&[], &[("LARDER_FRESH_TTL", "60s")], &[]);
    }

    #[test]
    fn a_changed_password_is_told_and_not_shown() {
        check(
            &[("LARDER_UPSTREAM", "https://me:old@a.example")],
            &[("LARDER_UPSTREAM", "https://me:new@a.example")],
            &[[
                "upstream",
                "https://xxxxx@a.example",
                "https://xxxxx@a.example (differs in what is not shown)",
                "LARDER_UPSTREAM",
                "now",
            ]],
        );
    }

    fn cores() -> String {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string()
    }
}
