//! What a command about modules shows while it fetches: a bar on a terminal, lines or JSON where they are
//! asked for, and go's own lines in any case. All of it is talk and goes to stderr.
//!
//! Events come from several threads. What is shown is worked out now and then, not at every event.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use larder_modfetch::{Event, Listener, Outcome, Stop};

use super::wire::{ModuleEnd, ModuleEvent};
use crate::cli::{ProgressKind, WatchFlags};
use crate::printer::Printer;
use crate::signals::on_interrupt;
use crate::units;

/// How often lines are told where no bar is.
const LINE: Duration = Duration::from_secs(5);
/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);
const BAR: &str = "{spinner} {wide_bar} {pos}/{len} modules  {msg}";

/// Hears what happens, and shows it.
pub(crate) struct ModuleReporter {
    printer: Printer,
    trace: Trace,
    /// Ctrl-C is listened for from the first request on: before that nothing can be half-made.
    stop: Stop,
    listening: Once,
    state: Mutex<State>,
}

/// Whether requests are told, as `-x` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    /// They are.
    Requests,
    /// They are not.
    Silent,
}

struct State {
    shown: Shown,
    counts: Counts,
    /// Modules under way, the one that is waited for longest first.
    open: Vec<String>,
    began: Instant,
    drawn: Option<Instant>,
}

enum Shown {
    Nothing,
    /// A bar, once it is known that something is to be done.
    Bar(Option<ProgressBar>),
    Lines,
    Json,
}

/// How much was done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Modules that are to be had.
    pub(crate) planned: u64,
    /// Those that are here, or could not be had.
    pub(crate) ended: u64,
    /// Bytes of zips that came in.
    pub(crate) bytes: u64,
    /// Requests that went out.
    pub(crate) requests: u64,
}

impl ModuleReporter {
    /// Shows what the flags ask for; a bar if a person watches, and nothing else by itself.
    pub(crate) fn new(printer: Printer, watch: &WatchFlags, (trace, stop): (Trace, Stop)) -> Self {
        let shown = match watch.progress {
            Some(ProgressKind::Plain) => Shown::Lines,
            Some(ProgressKind::Json) => Shown::Json,
            None if printer.is_terminal() && trace == Trace::Silent => Shown::Bar(None),
            Some(ProgressKind::None) | None => Shown::Nothing,
        };
        let state = State {
            shown,
            counts: Counts::default(),
            open: Vec::new(),
            began: Instant::now(),
            drawn: None,
        };
        let (listening, state) = (Once::new(), Mutex::new(state));
        Self { printer, trace, stop, listening, state }
    }

    /// Takes the bar away: something else is about to be said.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        if let Shown::Bar(bar) = &mut state.shown
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
        if matches!(state.shown, Shown::Lines) && state.counts.ended > 0 {
            let line = state.line();
            self.printer.talk(&line);
        }
        state.shown = Shown::Nothing;
    }

    /// So many modules are to be worked on, where no fetcher tells it.
    pub(crate) fn plan(&self, modules: usize) {
        self.state().note(&Event::Planned { modules, present: 0 }, self.printer);
    }

    /// One of them is done with.
    pub(crate) fn end_one(&self) {
        let mut state = self.state();
        state.counts.ended = state.counts.ended.saturating_add(1);
        state.show(self.printer);
    }

    /// Ctrl-C gives up what is under way, and a second one ends the process at once.
    fn listen_for_interrupts(&self) {
        self.listening.call_once(|| {
            let stop = self.stop.clone();
            // Where it cannot be listened for, Ctrl-C ends the process as it does any other.
            let _heard = on_interrupt(move || stop.stop());
        });
    }

    /// What was done.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        match &self.state().shown {
            Shown::Bar(Some(bar)) => bar.suspend(|| self.printer.talk_as_go(line)),
            _ => self.printer.talk_as_go(line),
        }
    }
}

impl Listener for ModuleReporter {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Requested { url } => {
                self.listen_for_interrupts();
                let mut state = self.state();
                state.counts.requests = state.counts.requests.saturating_add(1);
                drop(state);
                if self.trace == Trace::Requests {
                    self.say(&format!("# get {url}"));
                }
            }
            Event::Answered { url, status, took } if self.trace == Trace::Requests => {
                self.say(&format!("# get {url}: {status} ({:.3}s)", took.as_secs_f64()));
            }
            Event::Unanswered { url, error } if self.trace == Trace::Requests => {
                self.say(&format!("# get {url}: {error}"));
            }
            Event::Said { line } => self.say(line),
            Event::Answered { .. } | Event::Unanswered { .. } => {}
            other => self.state().note(&other, self.printer),
        }
    }
}

impl State {
    fn note(&mut self, event: &Event<'_>, printer: Printer) {
        let counts = &mut self.counts;
        match event {
            Event::Planned { modules, present } => {
                counts.planned = counts.planned.saturating_add(as_u64(*modules));
                counts.ended = counts.ended.saturating_add(as_u64(*present));
            }
            Event::Downloading { module } => self.open.push(module.to_string()),
            Event::ZipGrew { bytes, .. } => {
                counts.bytes = counts.bytes.saturating_add(as_u64(*bytes));
            }
            Event::Ended { module, outcome } => {
                counts.ended = counts.ended.saturating_add(1);
                let name = module.to_string();
                self.open.retain(|open| *open != name);
                if matches!(self.shown, Shown::Json) {
                    printer.talk(&self.json(&name, *outcome));
                }
            }
            _ => {}
        }
        self.show(printer);
    }

    fn json(&self, module: &str, outcome: Outcome) -> String {
        let event = ModuleEvent {
            module,
            result: match outcome {
                Outcome::Here => ModuleEnd::Here,
                Outcome::Failed => ModuleEnd::Failed,
            },
            done: self.counts.ended,
            of: self.counts.planned,
            bytes: self.counts.bytes,
        };
        // It has nothing in it that JSON could not say.
        serde_json::to_string(&event).unwrap_or_default()
    }

    fn show(&mut self, printer: Printer) {
        let pause = match self.shown {
            Shown::Nothing | Shown::Json => return,
            Shown::Bar(_) => TICK,
            Shown::Lines => LINE,
        };
        let last = self.drawn.unwrap_or(self.began);
        if last.elapsed() < pause {
            return;
        }
        self.drawn = Some(Instant::now());
        let (counts, message) = (self.counts, self.message());
        match &mut self.shown {
            Shown::Lines => printer.talk(&self.line()),
            Shown::Bar(bar) if counts.planned > counts.ended => {
                let bar = bar.get_or_insert_with(new_bar);
                bar.set_length(counts.planned);
                bar.set_position(counts.ended);
                bar.set_message(message);
            }
            _ => {}
        }
    }

    fn line(&self) -> String {
        let Counts { planned, ended, .. } = self.counts;
        format!("{} of {} modules  {}", units::count(ended), units::count(planned), self.message())
    }

    /// Bytes, the rate, and what is waited for.
    fn message(&self) -> String {
        let bytes = self.counts.bytes;
        let rate = units::rate(bytes, self.began.elapsed());
        let waits = match self.open.first() {
            Some(module) => format!("  {module}"),
            None => String::new(),
        };
        format!("{}  {rate}{waits}", units::bytes(bytes))
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    // A template that did not parse would only cost the bar its looks.
    let style = ProgressStyle::with_template(BAR);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(TICK);
    bar
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
