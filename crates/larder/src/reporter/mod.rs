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
//! | `text.rs` | an event as a line, the end as a sentence |
//! | `progress.rs` | how far it is: bar or lines |
//! | `status.rs` | the screen of `larder status` |

mod progress;
mod status;
mod task;
mod text;

use std::time::Instant;

use larder_server::admin::Line;
use larder_server::admin::wire::{Done, ErrorObject, Event, FetchResult, PurgeResult};

use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use progress::Progress;

pub(crate) use status::screen;
pub(crate) use task::{Task, Wanted};

/// For whom the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Lines.
    People,
    /// The events as they are.
    Programs,
}

/// What has been counted of the events.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// Failures that were told one by one.
    failed: u64,
    /// Files that were brought in, their bytes, and files that were there.
    stored: u64,
    bytes: u64,
    present: u64,
    missing: u64,
    /// Purges that were none.
    void: u64,
    bad: u64,
}

/// Shows the events of one command.
#[derive(Debug)]
pub(crate) struct Reporter {
    printer: Printer,
    audience: Audience,
    task: Task,
    progress: Progress,
    tally: Tally,
    done: Option<Done>,
    started: Instant,
}

impl Reporter {
    /// Begins to show the events of `task`.
    pub(crate) fn new(printer: Printer, audience: Audience, task: Task) -> Self {
        let progress = match audience {
            Audience::People => Progress::start(printer, &task),
            Audience::Programs => Progress::Hidden,
        };
        let (tally, done, started) = (Tally::default(), None, Instant::now());
        Self { printer, audience, task, progress, tally, done, started }
    }

    /// Shows an event; a failure where the server says that it cannot go on.
    pub(crate) fn hear(&mut self, line: &Line) -> Result<(), Failure> {
        self.note(&line.event);
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
        let message = text::progress(&self.task, self.tally.bytes, self.started.elapsed());
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
        let done = self.done.unwrap_or_default();
        if self.audience == Audience::People {
            let summary = text::summary(&self.task, &self.tally, &done);
            let took = crate::units::duration(self.started.elapsed());
            self.printer.talk(&format!("{summary} in {took}"));
        }
        self.status(&done)
    }

    fn status(&self, done: &Done) -> ExitStatus {
        let unmended = done.bad.unwrap_or(self.tally.bad) > done.repaired.unwrap_or(0);
        let all_is_well = match self.task {
            Task::Fsck { .. } => !unmended,
            Task::Purge { .. } => self.tally.failed == 0 && self.tally.void == 0,
            _ => self.tally.failed == 0 && done.failed == 0,
        };
        if all_is_well { ExitStatus::Success } else { ExitStatus::Failure }
    }

    fn note(&mut self, event: &Event) {
        self.task.note(event);
        let tally = &mut self.tally;
        let one_more = |number: &mut u64| *number = number.saturating_add(1);
        match event {
            Event::Fetched(fetched) => match fetched.result {
                FetchResult::Stored => {
                    one_more(&mut tally.stored);
                    tally.bytes = tally.bytes.saturating_add(fetched.bytes.unwrap_or(0));
                }
                FetchResult::Present => one_more(&mut tally.present),
                FetchResult::Missing => one_more(&mut tally.missing),
                FetchResult::Failed => one_more(&mut tally.failed),
                FetchResult::Unknown => {}
            },
            Event::Purged(purged) => match purged.result {
                PurgeResult::NotPurged => one_more(&mut tally.void),
                PurgeResult::Failed => one_more(&mut tally.failed),
                _ => {}
            },
            Event::Refreshed(refreshed) if text::is_failure(refreshed) => {
                one_more(&mut tally.failed);
            }
            Event::Bad(_) => one_more(&mut tally.bad),
            Event::Progress(progress) => tally.bytes = progress.bytes,
            Event::Evict(evict) => tally.bytes = tally.bytes.saturating_add(evict.bytes),
            Event::Done(done) => self.done = Some(*done),
            _ => {}
        }
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
