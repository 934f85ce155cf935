//! What a command of go's runs in, made in go's order: `-C`, the settings, the Go that is stood in for,
//! GOFLAGS, the flags. The first thing that is wrong is told, as go tells it.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use larder_module::Quoted;

use super::flags::{self, Line, Mistake};
use super::goflags;
use super::names::GoLine;
use super::settings::GoSettings;
use crate::exit::Failure;
use crate::go_toolchain::Toolchain;
use crate::settings::env::Environment;

/// What a command of go's runs in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The working directory, by the name that the user has for it.
    pub(crate) directory: PathBuf,
    /// Go's settings.
    pub(crate) settings: GoSettings,
    /// The Go that is stood in for.
    pub(crate) toolchain: Toolchain,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// The command, with its arguments as clap read them.
    Command(ArgMatches, Box<Session>),
    /// Help is asked for: what clap answers is told.
    Help(Vec<OsString>),
}

/// Makes what a command line runs in, after going to the directory that `-C` names.
///
/// # Errors
/// In go's words and with its exit code, for the first thing that is wrong.
pub(crate) fn prepare(line: &GoLine, environment: &Environment) -> Result<Prepared, Failure> {
    let name = line.name;
    if let Some(directory) = &line.directory {
        change_directory(directory)?;
    }
    let directory = working_directory(environment)?;
    let settings = GoSettings::read(environment)?;
    let toolchain = Toolchain::select(&settings, &directory)?;
    let goflags = goflags::parse(settings.get("GOFLAGS"))?;
    let table = name.table();
    let check = |flag: &str, value: &str| check(&toolchain, flag, value);
    let (said, rest) = match flags::read((name, &table), &goflags, &line.behind, &check)? {
        Line::Words(said, rest) => (said, rest),
        Line::Help => {
            let words = ["larder"].iter().chain(name.words()).chain(&["--help"]);
            return Ok(Prepared::Help(words.map(OsString::from).collect()));
        }
    };
    let mut words: Vec<OsString> = vec![name.name.into()];
    words.extend(said.for_clap().into_iter().map(OsString::from));
    words.push("--".into());
    words.extend(rest);
    // What was read here is what clap takes.
    let matches = table
        .try_get_matches_from(words)
        .map_err(|error| Failure::usage(error.kind().to_string()).hint(name.help()))?;
    Ok(Prepared::Command(matches, Box::new(Session { directory, settings, toolchain })))
}

fn change_directory(directory: &OsStr) -> Result<(), Failure> {
    std::env::set_current_dir(directory).map_err(|error| {
        let why = go_error(&error);
        Failure::of_go(format_args!("chdir {}: {why}", directory.to_string_lossy()))
    })
}

/// What go says of a system's error: without the number, and in small letters.
fn go_error(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => text_of(code),
        None => error.to_string(),
    }
}

fn text_of(code: i32) -> String {
    let text = std::io::Error::from_raw_os_error(code).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// `$PWD` where it names the working directory, as go prefers it: it may go through links.
fn working_directory(environment: &Environment) -> Result<PathBuf, Failure> {
    let same = |path: &Path| {
        let (here, there) = (fs_err::metadata(".").ok()?, fs_err::metadata(path).ok()?);
        Some(here.dev() == there.dev() && here.ino() == there.ino())
    };
    let said = environment.get_filled("PWD").map(PathBuf::from);
    if let Some(said) = said.filter(|path| path.is_absolute() && same(path) == Some(true)) {
        return Ok(said);
    }
    std::env::current_dir().map_err(|error| {
        Failure::of_go(format_args!(
            "cannot determine current directory: getwd: {}",
            go_error(&error)
        ))
    })
}

/// What may stand for a flag, where more than its kind decides.
fn check(toolchain: &Toolchain, flag: &str, value: &str) -> Result<(), Mistake> {
    match flag {
        "C" => Err(Mistake("-C flag must be first flag on command line".to_owned())),
        "go" if !value.is_empty() => toolchain.check_go_flag(value).map_err(Mistake),
        "progress" => match <crate::cli::ProgressKind as clap::ValueEnum>::from_str(value, false) {
            Ok(_) => Ok(()),
            Err(_) => Err(Mistake(format!("{} is not plain, json or none", Quoted(value)))),
        },
        _ => Ok(()),
    }
}
