//! Everything Larder says on a terminal or a pipe: stdout is data, stderr is talk.
//!
//! No other file of the workspace writes to either, save `logging`, whose log lines are talk and
//! go to stderr. A reader that closes the pipe early (`larder config show | head -1`) is not an
//! error: what it does not want to read is dropped.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// The process's two ways out.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    talk_is_read_by_a_person: bool,
}

impl Printer {
    /// A printer onto this process's stdout and stderr.
    pub fn of_process() -> Self {
        Self { talk_is_read_by_a_person: io::stderr().is_terminal() }
    }

    /// Whether stderr is a terminal: a person is told things that a log line says to a machine.
    pub fn is_terminal(self) -> bool {
        self.talk_is_read_by_a_person
    }

    /// Data, to stdout, as it is.
    pub fn data(self, text: impl AsRef<[u8]>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_ref())
            .and_then(|()| out.flush())
            .or_else(forgive_a_closed_pipe)
            .map_err(|error| Failure::failed("could not write to stdout").because(&error))
    }

    /// A line of talk, to stderr. Where nobody can be told, nobody is told.
    pub fn talk(self, line: &str) {
        let _unheard = writeln!(io::stderr().lock(), "{line}");
    }

    /// What go says, to stderr: it may have several lines, and may end the last one itself.
    pub fn talk_as_go(self, text: &str) {
        self.talk(text.strip_suffix('\n').unwrap_or(text));
    }

    /// A warning and its way out, to stderr.
    pub fn warning(self, line: &str) {
        self.talk(&format!("warning: {line}"));
    }

    /// A failure, to stderr.
    pub fn failure(self, failure: &Failure) {
        for line in failure.lines() {
            self.talk(&line);
        }
    }
}

fn forgive_a_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
