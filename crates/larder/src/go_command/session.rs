//! What a command of go's runs in, made in go's order: `-C`, the settings, the Go that is stood in for,
//! GOFLAGS, the flags. The first thing that is wrong is told, as go tells it.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use larder_modload::short_path;

use super::flags::{self, Line, Mistake};
use super::goflags;
use super::names::GoCommandName;
use super::quote::quoted;
use super::settings::GoSettings;
use crate::exit::Failure;
use crate::go_toolchain::Toolchain;
use crate::settings::env::Environment;

/// What a command of go's runs in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The command.
    pub(crate) name: &'static GoCommandName,
    /// The working directory, by the name that the user has for it.
    pub(crate) directory: PathBuf,
    /// Go's settings.
    pub(crate) settings: GoSettings,
    /// The Go that is stood in for.
    pub(crate) toolchain: Toolchain,
    /// The flags in GOFLAGS.
    pub(crate) goflags: Vec<String>,
}

/// A command line that clap can read, and what its command runs in; nothing where help is asked for.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The words for clap, the program among them.
    pub(crate) words: Vec<OsString>,
    /// What the command runs in.
    pub(crate) session: Option<Session>,
}

impl Session {
    /// Whether a flag stands in GOFLAGS.
    pub(crate) fn is_in_goflags(&self, flag: &str) -> bool {
        self.goflags.iter().any(|word| goflags::name_and_value(word).0 == Some(flag))
    }

    /// A path as go's messages show it: relative where that is shorter.
    pub(crate) fn short(&self, path: &Path) -> String {
        short_path(&self.directory, path)
    }
}

/// Makes what the command `name` with these words behind it runs in. Changes the working directory
/// where `-C` says so.
///
/// # Errors
/// In go's words and with its exit code, for the first thing that is wrong.
pub(crate) fn prepare(
    name: &'static GoCommandName,
    words: &[OsString],
    environment: &Environment,
) -> Result<Prepared, Failure> {
    let words = change_directory(words)?;
    let directory = working_directory(environment)?;
    let settings = GoSettings::read(environment)?;
    let toolchain = Toolchain::select(&settings, &directory)?;
    let goflags = goflags::parse(settings.get("GOFLAGS"))?;
    let table = name.table();
    let check = |flag: &str, value: &str| check(&toolchain, flag, value);
    let program = std::iter::once("larder").chain(name.words().iter().copied());
    let mut for_clap: Vec<OsString> = program.map(OsString::from).collect();
    let session = match flags::read((name, &table), &goflags, words, &check)? {
        Line::Help => {
            for_clap.push("--help".into());
            None
        }
        Line::Words(said, rest) => {
            for_clap.extend(said.for_clap().into_iter().map(OsString::from));
            for_clap.push("--".into());
            for_clap.extend(rest);
            Some(Session { name, directory, settings, toolchain, goflags })
        }
    };
    Ok(Prepared { words: for_clap, session })
}

/// `-C` counts only before all other flags.
fn change_directory(words: &[OsString]) -> Result<&[OsString], Failure> {
    let Some(first) = words.first().and_then(|word| word.to_str()) else { return Ok(words) };
    let (directory, rest) = match (first, words) {
        ("-C" | "--C", [_, directory, rest @ ..]) => (directory.clone(), rest),
        (_, [_, rest @ ..]) => {
            let said = first.strip_prefix("-C=").or_else(|| first.strip_prefix("--C="));
            let Some(said) = said else { return Ok(words) };
            (OsString::from(said), rest)
        }
        _ => return Ok(words),
    };
    std::env::set_current_dir(&directory).map_err(|error| {
        let why = go_error(&error);
        Failure::of_go(format_args!("chdir {}: {why}", directory.to_string_lossy()))
    })?;
    Ok(rest)
}

/// What go says of a system's error: without the number, and in small letters.
pub(crate) fn go_error(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => rustix_text(code),
        None => error.to_string(),
    }
}

fn rustix_text(code: i32) -> String {
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
            Err(_) => Err(Mistake(format!("{} is not plain, json or none", quoted(value)))),
        },
        _ => Ok(()),
    }
}
