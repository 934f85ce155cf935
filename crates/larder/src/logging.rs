//! Log lines: to stderr, as text for people or as one JSON object a line for machines.
//!
//! Larder's crates log at the level that was set, everything else from `warn` up: what the HTTP
//! stack says at `debug` is of no use to whoever runs a server.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::Settings;
use crate::settings::value::{LogFormat, LogLevel};

/// Starts logging. Called once, before anything logs.
pub(crate) fn start(settings: &Settings) {
    let level = match settings.log_level.value {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // A target matches by prefix: this is every crate of ours.
    let ours = Targets::new().with_target("larder", level);
    let filter = ours.with_default(level.min(LevelFilter::WARN));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second subscriber can only be a test's, which may keep its own.
    let _already_set = match settings.log_format.value {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => {
            registry.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init()
        }
    };
}
