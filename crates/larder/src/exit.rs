//! Exit codes, and the one shape of a failure that reaches the user.
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done, or stopped by a signal after draining |
//! | 1 | failed: the store, the address, the network, the disk |
//! | 2 | wrong usage: an argument, a setting, a settings file |
//! | 130 | a command was stopped by Ctrl-C in the middle, as shells have it |
//!
//! A [`Failure`] is what was tried (message), why it did not work (the chain of causes, each
//! adding a fact) and the way out (hints). Libraries below give the causes; hints are the door's,
//! since only it knows the names of settings. Where a command stands in for one of the go command,
//! the message is go's, to the letter, and a hint is a line of its own behind it.

use std::error::Error;
use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything that was asked for is done.
    Success,
    /// It was asked for rightly, and failed.
    Failure,
    /// It was asked for wrongly: arguments or settings.
    Usage,
    /// The user stopped it in the middle.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Interrupted => 130,
        })
    }
}

/// A command's failure: message, causes and hints, and the exit status that follows.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    words: Words,
}

/// Whose words the message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Ours,
    Gos,
}

impl Failure {
    /// Something asked for rightly did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Failure, message.into())
    }

    /// An argument or a setting is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message.into())
    }

    /// What the go command says where this fails, with its `go: ` before it.
    pub fn of_go(message: impl std::fmt::Display) -> Self {
        Self::in_words_of_go(ExitStatus::Failure, format!("go: {message}"))
    }

    /// What the go command prints, as it is; it may have several lines.
    pub fn in_words_of_go(status: ExitStatus, message: impl Into<String>) -> Self {
        Self { words: Words::Gos, ..Self::new(status, message.into()) }
    }

    /// The user stopped it in the middle.
    pub fn interrupted() -> Self {
        let message = "stopped: what is in the module cache is whole".to_owned();
        Self { words: Words::Gos, ..Self::new(ExitStatus::Interrupted, message) }
    }

    fn new(status: ExitStatus, message: String) -> Self {
        Self { status, message, causes: Vec::new(), hints: Vec::new(), words: Words::Ours }
    }

    /// Adds `error` and its chain of sources as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut link = Some(error);
        while let Some(error) = link {
            self.causes.push(error.to_string());
            link = error.source();
        }
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same under another message.
    #[must_use]
    pub fn titled(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Message, causes and hints in one line, for a log.
    pub fn line(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!(": {cause}"));
        let hints = self.hints.iter().map(|hint| format!("; {hint}"));
        std::iter::once(self.message.clone()).chain(causes).chain(hints).collect()
    }

    /// The exit status that follows.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// The lines for the user, the first without indentation.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let (before, indent) = match self.words {
            Words::Ours => ("error: ", "  "),
            Words::Gos => ("", ""),
        };
        // A message that ends its last line itself has no second end.
        let message = self.message.strip_suffix('\n').unwrap_or(&self.message);
        let message = format!("{before}{message}");
        let causes = self.causes.iter().map(move |cause| format!("{indent}cause: {cause}"));
        let hints = self.hints.iter().flat_map(|hint| hint.lines());
        let hints = hints.map(move |hint| format!("{indent}hint: {hint}"));
        std::iter::once(message).chain(causes).chain(hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_the_way_out() {
        let refused = std::io::Error::other("address already in use");
        let failure = Failure::failed("could not listen on `127.0.0.1:7171`")
            .because(&refused)
            .hint("choose another address with `--listen`");
        assert_eq!(
            failure.lines().collect::<Vec<_>>(),
            [
                "error: could not listen on `127.0.0.1:7171`",
                "  cause: address already in use",
                "  hint: choose another address with `--listen`",
            ]
        );
        assert_eq!(failure.status(), ExitStatus::Failure);
        assert_eq!(
            failure.line(),
            "could not listen on `127.0.0.1:7171`: address already in use; \
             choose another address with `--listen`"
        );
    }

    #[test]
    fn gos_words_stay_as_they_are_and_a_hint_stands_behind_them() {
        let failure = Failure::of_go("verify takes no arguments").hint("leave them out");
        let lines: Vec<String> = failure.lines().collect();
        assert_eq!(lines, ["go: verify takes no arguments", "hint: leave them out"]);
        assert_eq!(failure.status(), ExitStatus::Failure);
    }
}
