//! From the events of a maintainer's command to what is shown: lines, a bar, or JSON as it came.
//!
//! What was done is data and goes to stdout, a line each, whether or not anybody watches; how far
//! it is and how it ended is talk and goes to stderr: a bar on a terminal, a line now and then
//! elsewhere. With `--json` the events go to stdout as the server wrote them, and only failures are
//! talk.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `task.rs` | what was asked for, and what is still open |
//! | `text.rs` | an event as a line |
//! | `summary.rs` | how far it is, and the end as a sentence |
//! | `progress.rs` | how far it is: bar or lines |
//! | `status.rs` | the screen of `larder status` |
//! | `modules.rs` | what commands about modules show while they fetch |
//! | `timing.rs` | where the time of a command went |
//! | `wire.rs` | JSON that is shown |

mod modules;
mod progress;
mod status;
mod summary;
mod task;
mod text;
mod timing;
mod wire;

use std::time::Instant;

use larder_server::admin::Line;
use larder_server::admin::wire::{ErrorObject, Event};

use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::units;
use progress::Progress;
use summary::Tally;

pub(crate) use modules::{ModuleReporter, Trace};
pub(crate) use status::screen;
pub(crate) use task::{Task, Wanted};
pub(crate) use timing::Timing;

/// For whom the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Lines.
    People,
    /// The events as they are.
    Programs,
}

/// Shows the events of one command.
#[derive(Debug)]
pub(crate) struct Reporter {
    printer: Printer,
    audience: Audience,
    task: Task,
    progress: Progress,
    tally: Tally,
    started: Instant,
}

impl Reporter {
    /// Begins to show the events of `task`.
    pub(crate) fn new(printer: Printer, audience: Audience, task: Task) -> Self {
        let progress = match audience {
            Audience::People => Progress::start(printer, &task),
            Audience::Programs => Progress::Hidden,
        };
        let (tally, started) = (Tally::default(), Instant::now());
        Self { printer, audience, task, progress, tally, started }
    }

    /// Shows an event; a failure where the server says that it cannot go on.
    pub(crate) fn hear(&mut self, line: &Line) -> Result<(), Failure> {
        self.task.note(&line.event);
        self.tally.note(&line.event);
        let text = match self.audience {
            Audience::Programs => Some(line.text.clone()),
            Audience::People => text::line(&self.task, &line.event),
        };
        if let Some(text) = text {
            let printer = self.printer;
            self.progress.aside(|| printer.data(text + "\n"))?;
        }
        match &line.event {
            Event::Failed(object) => {
                self.clear();
                Err(refused(object))
            }
            _ => Ok(()),
        }
    }

    /// Time has gone by.
    pub(crate) fn tick(&mut self) {
        let message = self.tally.progress(&self.task, self.started.elapsed());
        self.progress.show(self.printer, &self.task, &message);
    }

    /// Nothing more is shown: a failure follows.
    pub(crate) fn clear(&mut self) {
        self.progress.clear();
    }

    /// It was stopped in the middle.
    pub(crate) fn stopped(mut self) -> ExitStatus {
        self.clear();
        self.printer.talk("stopped: what was told until here is done, the rest is not");
        ExitStatus::Interrupted
    }

    /// The answer is whole: says how it ended.
    pub(crate) fn finish(mut self) -> ExitStatus {
        self.clear();
        if self.audience == Audience::People {
            let took = units::duration(self.started.elapsed());
            self.printer.talk(&format!("{} in {took}", self.tally.summary(&self.task)));
        }
        if self.tally.is_well(&self.task) { ExitStatus::Success } else { ExitStatus::Failure }
    }
}

/// What the server says when it cannot do, or not go on with, what was asked.
pub(crate) fn refused(object: &ErrorObject) -> Failure {
    let failure = Failure::failed(object.error.clone());
    match &object.hint {
        Some(hint) => failure.hint(hint.clone()),
        None => failure,
    }
}

/// An event of our own as a server would write it.
pub(crate) fn json_line(event: &Event) -> Result<String, Failure> {
    let text = serde_json::to_string(event)
        .map_err(|error| Failure::failed("could not write an event as JSON").because(&error))?;
    Ok(text + "\n")
}
