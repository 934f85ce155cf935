//! Which of our commands are go's, and how go shows their usage.

use std::ffi::OsString;

use clap::Args;

use crate::cli::{ListArgs, ModDownloadArgs, ModGraphArgs, ModVerifyArgs};

/// A command that stands in for one of the go command's.
#[derive(Debug)]
pub(crate) struct GoCommandName {
    /// Its words, as in `go mod download`.
    words: &'static [&'static str],
    /// Its name as one text, as in `mod download`.
    pub(crate) name: &'static str,
    /// Which it is.
    pub(crate) command: GoCommand,
    /// The line of usage that go shows.
    usage: &'static str,
    /// The flags that it has, as clap knows them.
    table: fn() -> clap::Command,
    /// Flags that go takes here and that do not concern modules: taken and left alone.
    pub(super) unused: &'static [UnusedFlag],
}

/// The commands that stand in for one of the go command's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoCommand {
    /// `go mod download`.
    ModDownload,
    /// `go mod verify`.
    ModVerify,
    /// `go mod graph`.
    ModGraph,
    /// `go list -m`.
    List,
}

/// A command line of go's.
#[derive(Debug)]
pub(crate) struct GoLine {
    /// Which command it is.
    pub(crate) name: &'static GoCommandName,
    /// The directory that `-C` names.
    pub(crate) directory: Option<OsString>,
    /// The words behind its name, without that.
    pub(crate) behind: Vec<OsString>,
}

/// A flag without a meaning for us.
#[derive(Debug)]
pub(super) struct UnusedFlag {
    pub(super) name: &'static str,
    pub(super) takes_value: bool,
}

const NAMES: &[GoCommandName] = &[
    GoCommandName {
        words: &["mod", "download"],
        name: "mod download",
        command: GoCommand::ModDownload,
        usage: "go mod download [-x] [-json] [-reuse=old.json] [modules]",
        table: || table::<ModDownloadArgs>("download"),
        unused: &[],
    },
    GoCommandName {
        words: &["mod", "verify"],
        name: "mod verify",
        command: GoCommand::ModVerify,
        usage: "go mod verify",
        table: || table::<ModVerifyArgs>("verify"),
        unused: &[],
    },
    GoCommandName {
        words: &["mod", "graph"],
        name: "mod graph",
        command: GoCommand::ModGraph,
        usage: "go mod graph [-go=version] [-x]",
        table: || table::<ModGraphArgs>("graph"),
        unused: &[],
    },
    GoCommandName {
        words: &["list"],
        name: "list",
        command: GoCommand::List,
        usage: "go list [-f format] [-json] [-m] [list flags] [build flags] [packages]",
        table: || table::<ListArgs>("list"),
        unused: BUILD_FLAGS,
    },
];

/// The build flags that `go list` takes, less those that also concern modules.
const BUILD_FLAGS: &[UnusedFlag] = &[
    value("asmflags"),
    value("buildmode"),
    value("buildvcs"),
    value("compiler"),
    value("covermode"),
    value("coverpkg"),
    value("debug-actiongraph"),
    value("debug-runtime-trace"),
    value("debug-trace"),
    value("gccgoflags"),
    value("gcflags"),
    value("installsuffix"),
    value("ldflags"),
    value("p"),
    value("pgo"),
    value("pkgdir"),
    value("tags"),
    value("toolexec"),
    switch("a"),
    switch("asan"),
    switch("cover"),
    switch("linkshared"),
    switch("msan"),
    switch("n"),
    switch("race"),
    switch("trimpath"),
    switch("v"),
    switch("work"),
];

/// Takes `-C` out of the words, if it is the first flag.
fn without_chdir(words: &[OsString]) -> (Option<OsString>, Vec<OsString>) {
    let is_flag = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    let at = words.iter().position(is_flag).unwrap_or(words.len());
    let (before, from) = words.split_at(at);
    let (directory, behind) = match from {
        [flag, directory, rest @ ..] if flag == "-C" || flag == "--C" => (directory.clone(), rest),
        [flag, rest @ ..] => {
            let text = flag.to_string_lossy();
            match text.strip_prefix("--C=").or_else(|| text.strip_prefix("-C=")) {
                Some(directory) => (directory.into(), rest),
                None => return (None, words.to_owned()),
            }
        }
        [] => return (None, words.to_owned()),
    };
    (Some(directory), [before, behind].concat())
}

fn table<A: Args>(name: &'static str) -> clap::Command {
    A::augment_args(clap::Command::new(name))
}

const fn value(name: &'static str) -> UnusedFlag {
    UnusedFlag { name, takes_value: true }
}

const fn switch(name: &'static str) -> UnusedFlag {
    UnusedFlag { name, takes_value: false }
}

impl GoCommandName {
    /// The command that these words (without the program) begin with. `-C` may stand before any other
    /// flag, also between the words of the name.
    pub(crate) fn of(words: &[OsString]) -> Option<GoLine> {
        let (directory, words) = without_chdir(words);
        let (name, behind) = Self::at(&words)?;
        Some(GoLine { name, directory, behind: behind.to_owned() })
    }

    fn at(arguments: &[OsString]) -> Option<(&'static Self, &[OsString])> {
        NAMES.iter().find_map(|name| {
            let (words, rest) = arguments.split_at_checked(name.words.len())?;
            let fits = words.iter().zip(name.words).all(|(said, word)| said == word);
            fits.then_some((name, rest))
        })
    }

    /// The flags that it has.
    pub(super) fn table(&self) -> clap::Command {
        (self.table)()
    }

    /// The words of its name.
    pub(crate) fn words(&self) -> &'static [&'static str] {
        self.words
    }

    /// What go shows after a mistake in the flags.
    pub(crate) fn usage(&self) -> String {
        format!("usage: {}\nRun 'go help {}' for details.", self.usage, self.name)
    }

    /// Where our own help is.
    pub(crate) fn help(&self) -> String {
        format!("`larder {} --help` shows the flags", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_go_is_known_by_its_words() {
        let check = |line: &str, name: Option<&str>, rest: usize| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let found = GoCommandName::of(&arguments);
            let found = found.map(|line| (line.name.name, line.behind.len()));
            assert_eq!(found, name.zip(Some(rest)));
        };
        check("mod download -json a", Some("mod download"), 2);
        check("mod verify", Some("mod verify"), 0);
        check("list -m", Some("list"), 1);
        check("-C dir list -m", Some("list"), 1);
        check("--C=dir mod graph -C=x", Some("mod graph"), 1);
        check("mod -C dir graph", Some("mod graph"), 0);
        check("mod graph -C dir", Some("mod graph"), 0);
        check("mod graph -x -C dir", Some("mod graph"), 3);
        check("mod graph -C", Some("mod graph"), 1);
        check("mod", None, 0);
        check("mod tidy", None, 0);
        check("serve mod verify", None, 0);
    }
}
