//! Log lines: to stderr, as text for people or as one JSON object a line for machines.
//!
//! Larder's crates log at the level that was set, everything else from `warn` up: what the HTTP
//! stack says at `debug` is of no use to whoever runs a server. The level may change while the
//! server runs; the form of a line may not.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{Handle, Layer};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use crate::settings::Settings;
use crate::settings::value::{LogFormat, LogLevel};

/// The log of this process, whose level may change.
#[derive(Debug, Clone)]
pub(crate) struct Logging {
    filter: Handle<Targets, Registry>,
    level: LevelFilter,
}

/// Starts logging. Called once, before anything logs.
pub(crate) fn start(settings: &Settings) -> Logging {
    let level = level(settings);
    let (filter, handle) = Layer::new(targets(level));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second subscriber can only be a test's, which may keep its own.
    let _already_set = match settings.log_format.value {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => {
            registry.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init()
        }
    };
    Logging { filter: handle, level }
}

impl Logging {
    /// Logs at the level of `settings` from now on.
    pub(crate) fn set(&mut self, settings: &Settings) {
        self.use_level(level(settings));
    }

    /// Logs at whichever level tells more, the one in force or that of `settings`, until the next
    /// [`Logging::set`]: a change of the level is told, whichever way it goes.
    pub(crate) fn at_the_louder_of(&mut self, settings: &Settings) {
        self.use_level(self.level.max(level(settings)));
    }

    fn use_level(&mut self, level: LevelFilter) {
        if level != self.level {
            // An error means that this process logs through another subscriber: a test's.
            let _not_ours = self.filter.reload(targets(level));
            self.level = level;
        }
    }
}

fn targets(level: LevelFilter) -> Targets {
    // A target matches by prefix: this is every crate of ours.
    let ours = Targets::new().with_target("larder", level);
    ours.with_default(level.min(LevelFilter::WARN))
}

fn level(settings: &Settings) -> LevelFilter {
    match settings.log_level.value {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
