//! The flags of one command, read as go's `flag` package reads them.
//!
//! One dash or two; `-name value` and `-name=value`, where a switch takes its value only behind `=`;
//! the last of a kind counts; the first word that is no flag ends them, as `--` does. Which flags there
//! are clap's table says: one of one letter is short there, all others are long.
//! Specification: <https://pkg.go.dev/flag#hdr-Command_line_flag_syntax>.

use std::ffi::OsString;

use clap::{Arg, ArgAction};
use larder_module::Quoted;

use super::goflags;
use super::names::GoCommandName;
use crate::exit::{ExitStatus, Failure};

/// The flags that only we have: GOFLAGS cannot name them.
const OURS: &[&str] = &["offline", "progress", "timing"];

/// Flags with what was said for each, in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<(Flag, Vec<String>)>);

/// A flag of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// On or off.
    Switch,
    /// A switch that may also have a value: `-json=Path`.
    SwitchOrValue,
    Value,
    /// Taken and left alone.
    UnusedSwitch,
    UnusedValue,
}

/// What is wrong with a flag, in go's words.
#[derive(Debug)]
pub(crate) struct Mistake(pub(crate) String);

/// Whether a value may stand for a flag of this name, where more than its kind decides.
pub(crate) type Check<'a> = &'a dyn Fn(&str, &str) -> Result<(), Mistake>;

/// What stood on the command line.
#[derive(Debug)]
pub(super) enum Line {
    /// Flags, and the words behind them.
    Words(Said, Vec<OsString>),
    /// The user wants help.
    Help,
}

/// Reads GOFLAGS, and then the words behind a command's name.
///
/// # Errors
/// In go's words with the usage behind them, exit code 2.
pub(super) fn read(
    (name, table): (&GoCommandName, &clap::Command),
    goflags: &[String],
    words: &[OsString],
    check: Check<'_>,
) -> Result<Line, Failure> {
    let table = Table { name, flags: table, check };
    let mut said = Said::default();
    table.take_goflags(goflags, &mut said)?;
    let mut words = words.iter();
    while let Some(word) = words.as_slice().first().and_then(|word| word.to_str()) {
        if word.len() < 2 || !word.starts_with('-') {
            break;
        }
        words.next();
        if word == "--" {
            break;
        }
        let (Some(flag_name), value) = goflags::name_and_value(word) else {
            return Err(table.mistake(&format!("bad flag syntax: {word}")));
        };
        let Some(flag) = table.find(flag_name) else {
            if matches!(flag_name, "h" | "help") {
                return Ok(Line::Help);
            }
            return Err(table.mistake(&format!("flag provided but not defined: -{flag_name}")));
        };
        let value = match (value, flag.kind) {
            (Some(value), _) => value.to_owned(),
            (None, Kind::Switch | Kind::SwitchOrValue | Kind::UnusedSwitch) => "true".to_owned(),
            (None, Kind::Value | Kind::UnusedValue) => words
                .next()
                .map(|word| word.to_string_lossy().into_owned())
                .ok_or_else(|| table.mistake(&format!("flag needs an argument: -{}", flag.name)))?,
        };
        table.set(&mut said, flag, value).map_err(|mistake| table.mistake(&mistake))?;
    }
    Ok(Line::Words(said, words.cloned().collect()))
}

struct Table<'a> {
    name: &'a GoCommandName,
    flags: &'a clap::Command,
    check: Check<'a>,
}

impl Table<'_> {
    fn find(&self, name: &str) -> Option<Flag> {
        let named = |arg: &&Arg| {
            arg.get_long() == Some(name) || arg.get_short().is_some_and(|c| name == c.to_string())
        };
        let ours = self.flags.get_arguments().find(named).map(|arg| match arg.get_action() {
            ArgAction::SetTrue => Kind::Switch,
            _ if arg.get_num_args().is_some_and(|count| count.min_values() == 0) => {
                Kind::SwitchOrValue
            }
            _ => Kind::Value,
        });
        let unused = || {
            let flag = self.name.unused.iter().find(|flag| flag.name == name)?;
            Some(if flag.takes_value { Kind::UnusedValue } else { Kind::UnusedSwitch })
        };
        let kind = ours.or_else(unused)?;
        Some(Flag { name: name.to_owned(), kind })
    }

    fn set(&self, said: &mut Said, flag: Flag, value: String) -> Result<(), String> {
        let name = &flag.name;
        let invalid = |why: &str| match flag.kind {
            Kind::Switch | Kind::UnusedSwitch | Kind::SwitchOrValue => {
                format!("invalid boolean value {} for -{name}: {why}", Quoted(&value))
            }
            Kind::Value | Kind::UnusedValue => {
                format!("invalid value {} for flag -{name}: {why}", Quoted(&value))
            }
        };
        if matches!(flag.kind, Kind::Switch | Kind::UnusedSwitch) && parse_bool(&value).is_none() {
            return Err(invalid("parse error"));
        }
        (self.check)(name, &value).map_err(|Mistake(why)| invalid(&why))?;
        said.note(flag, value);
        Ok(())
    }

    /// Flags of GOFLAGS that this command has not are passed over.
    fn take_goflags(&self, goflags: &[String], said: &mut Said) -> Result<(), Failure> {
        for word in goflags {
            let (Some(name), value) = goflags::name_and_value(word) else { continue };
            let Some(flag) = self.find(name).filter(|_| !OURS.contains(&name)) else { continue };
            let shown = format!("-{name} (from $GOFLAGS)");
            let takes_value = matches!(flag.kind, Kind::Value | Kind::UnusedValue);
            let value = match value {
                None if takes_value => {
                    return Err(self.mistake(&format!("go: flag needs an argument: {shown}")));
                }
                None => "true",
                Some(value) => value,
            };
            let kind = if takes_value { "value" } else { "boolean value" };
            let bad = |why: &str| {
                let value = Quoted(value);
                self.mistake(&format!("go: invalid {kind} {value} for flag {shown}: {why}"))
            };
            let is_bool = !matches!(flag.kind, Kind::Switch | Kind::UnusedSwitch)
                || parse_bool(value).is_some();
            if !is_bool {
                return Err(bad("parse error"));
            }
            (self.check)(name, value).map_err(|Mistake(why)| bad(&why))?;
            said.note(flag, value.to_owned());
        }
        Ok(())
    }

    fn mistake(&self, why: &str) -> Failure {
        let message = format!("{why}\n{}", self.name.usage());
        Failure::in_words_of_go(ExitStatus::Usage, message).hint(self.name.help())
    }
}

impl Said {
    fn note(&mut self, flag: Flag, value: String) {
        match self.0.iter_mut().find(|(known, _)| *known == flag) {
            Some((_, values)) => values.push(value),
            None => self.0.push((flag, vec![value])),
        }
    }

    /// The flags as clap reads them. Of a flag that counts once, the last is kept.
    pub(super) fn for_clap(&self) -> Vec<String> {
        self.0.iter().flat_map(|(flag, values)| flag.for_clap(values)).collect()
    }
}

impl Flag {
    fn for_clap(&self, values: &[String]) -> Vec<String> {
        let dashes = if self.name.len() == 1 { "-" } else { "--" };
        let spelled = format!("{dashes}{}", self.name);
        let with = |value: &String| format!("{spelled}={value}");
        match self.kind {
            Kind::Switch => {
                let on = values.last().and_then(|value| parse_bool(value)).unwrap_or(false);
                if on { vec![spelled] } else { Vec::new() }
            }
            Kind::SwitchOrValue => values.iter().map(with).collect(),
            Kind::Value => values.last().map(with).into_iter().collect(),
            Kind::UnusedSwitch | Kind::UnusedValue => Vec::new(),
        }
    }
}

/// What Go's `strconv.ParseBool` takes.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> clap::Command {
        clap::Command::new("download")
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue))
            .arg(Arg::new("x").short('x').action(ArgAction::SetTrue))
            .arg(Arg::new("modfile").long("modfile"))
            .arg(Arg::new("fields").long("fields").num_args(0..=1))
            .arg(Arg::new("offline").long("offline").action(ArgAction::SetTrue))
            .arg(Arg::new("C").short('C'))
    }

    /// What clap is told, or go's first line.
    #[track_caller]
    fn check(goflags: &str, line: &str, expect: Result<&str, &str>) {
        let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let name = GoCommandName::of(&["mod".into(), "download".into()]).unwrap().name;
        let words: Vec<OsString> = split(line).into_iter().map(OsString::from).collect();
        let chdir = |name: &str, _: &str| match name {
            "C" => Err(Mistake("-C flag must be first flag on command line".to_owned())),
            _ => Ok(()),
        };
        let got = match read((name, &table()), &split(goflags), &words, &chdir) {
            Ok(Line::Help) => Ok("help".to_owned()),
            Ok(Line::Words(said, rest)) => {
                let rest = rest.into_iter().map(|word| word.into_string().unwrap());
                Ok([said.for_clap(), vec!["|".to_owned()], rest.collect()].concat().join(" "))
            }
            Err(failure) => {
                assert_eq!(failure.status(), ExitStatus::Usage);
                Err(failure.lines().next().unwrap().lines().next().unwrap().to_owned())
            }
        };
        assert_eq!(got.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn one_dash_and_two_are_one_flag() {
        check("", "-json a", Ok("--json | a"));
        check("", "--json --x a -x", Ok("--json -x | a -x"));
        check("", "-modfile a.mod -json", Ok("--modfile=a.mod --json |"));
        check("", "--modfile=a=b", Ok("--modfile=a=b |"));
        check("", "-x -- -json", Ok("-x | -json"));
        check("", "- -x", Ok("| - -x"));
    }

    #[test]
    fn the_last_of_a_kind_counts() {
        check("", "-json -json=false", Ok("|"));
        check("-json -modfile=a.mod", "-json=0 -modfile b.mod", Ok("--modfile=b.mod |"));
        check("", "-fields -fields=A,B", Ok("--fields=true --fields=A,B |"));
    }

    #[test]
    fn goflags_count_where_the_command_has_them() {
        check("-race -x", "", Ok("-x |"));
        check("-offline", "", Ok("|"));
        check("-modfile", "", Err("go: flag needs an argument: -modfile (from $GOFLAGS)"));
        let bad = "go: invalid boolean value \"2\" for flag -x (from $GOFLAGS): parse error";
        check("--x=2", "", Err(bad));
    }

    #[test]
    fn mistakes_are_told_in_gos_words() {
        check("", "-nosuch", Err("flag provided but not defined: -nosuch"));
        check("", "---x", Err("bad flag syntax: ---x"));
        check("", "-modfile", Err("flag needs an argument: -modfile"));
        check("", "-json=x", Err("invalid boolean value \"x\" for -json: parse error"));
        let late = "invalid value \"d\" for flag -C: -C flag must be first flag on command line";
        check("", "-x -C d", Err(late));
    }

    #[test]
    fn help_is_asked_for_in_any_spelling() {
        for line in ["-h", "--help", "-help", "-x --h"] {
            check("", line, Ok("help"));
        }
    }
}
