//! How far it is: a bar where a person watches stderr, a line now and then where a log does.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::task::Task;
use crate::exit::Failure;
use crate::printer::Printer;
use crate::units::count;

/// How often a log is told.
const LINE: Duration = Duration::from_secs(10);
/// How often the bar moves by itself.
const TICK: Duration = Duration::from_millis(200);
const BAR: &str = "{spinner} {wide_bar} {pos}/{len}  {msg}";
const SPINNER: &str = "{spinner} {pos}  {msg}";

/// Where it is shown.
#[derive(Debug)]
pub(super) enum Progress {
    /// Nowhere.
    Hidden,
    /// On a terminal.
    Bar(ProgressBar),
    /// As lines of talk.
    Lines(Instant),
}

impl Progress {
    pub(super) fn start(printer: Printer, task: &Task) -> Self {
        let Some((_, total)) = task.position() else { return Self::Hidden };
        if !printer.is_terminal() {
            return Self::Lines(Instant::now());
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        bar.set_style(style(total.is_some()));
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    /// Shows where it is now.
    pub(super) fn show(&mut self, printer: Printer, task: &Task, message: &str) {
        let Some((position, total)) = task.position() else { return };
        match self {
            Self::Bar(bar) => {
                if let Some(total) = total
                    && bar.length() != Some(total)
                {
                    bar.set_style(style(true));
                    bar.set_length(total);
                }
                bar.set_position(position);
                bar.set_message(message.to_owned());
            }
            Self::Lines(last) if last.elapsed() >= LINE => {
                *last = Instant::now();
                let of = total.map(|total| format!(" of {}", count(total))).unwrap_or_default();
                printer.talk(&format!("{}{of}: {message}", count(position)));
            }
            Self::Lines(_) | Self::Hidden => {}
        }
    }

    /// Prints something while the bar stands aside.
    pub(super) fn aside(&self, print: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        match self {
            Self::Bar(bar) => bar.suspend(print),
            Self::Hidden | Self::Lines(_) => print(),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
        *self = Self::Hidden;
    }
}

fn style(of_known_length: bool) -> ProgressStyle {
    let template = if of_known_length { BAR } else { SPINNER };
    // A template that did not parse would only cost the bar its looks.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
