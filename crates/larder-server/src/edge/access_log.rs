//! The access log: one line a request, written without holding up the threads that serve.
//!
//! Each worker writes its lines into a lane of its own, a bounded buffer behind a lock that only
//! the writing thread ever contends for. That thread wakes for the first line, lets a few more
//! gather, and writes what all lanes hold. When the output does not keep up, lines are lost and
//! counted; requests never wait. What a client sends is escaped (see [`super::log_line`]), so no
//! request forges a line.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

pub(super) use super::log_line::Line;
use super::log_line::Stamp;
use crate::metrics::Metrics;

/// What a lane holds at most, in bytes, until it is written.
const LANE: usize = 1 << 20;
/// How long lines gather before they are written.
const GATHER: Duration = Duration::from_millis(20);
/// How long the end of the log is waited for.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    /// `key=value` pairs.
    Text,
    /// A JSON object.
    Json,
}

/// The access log of one server. Dropping it writes the last lines.
#[derive(Debug)]
pub struct AccessLogger(Option<Running>);

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    writer: Thread,
    ended: Receiver<()>,
}

#[derive(Debug)]
struct Shared {
    wanted: Wanted,
    lanes: Mutex<Vec<Arc<Mutex<Held>>>>,
    /// Whether the writer knows that there is something.
    told: AtomicBool,
    ending: AtomicBool,
}

/// What a lane holds.
#[derive(Debug, Default)]
struct Held {
    lines: Vec<u8>,
    lost: u64,
    stamp: Stamp,
}

impl AccessLogger {
    /// No log.
    pub fn off() -> Self {
        Self(None)
    }

    /// A log into `out`, on a thread of its own; without a format it waits until one is set. Lost
    /// lines are counted in `metrics`.
    pub fn start(
        format: Option<LineFormat>,
        out: Box<dyn Write + Send>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            wanted: Wanted::new(format),
            lanes: Mutex::default(),
            told: AtomicBool::new(false),
            ending: AtomicBool::new(false),
        });
        let (end, ended) = channel();
        let writer = std::thread::Builder::new().name("larder-access".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                write_lines(&shared, out, &metrics);
                // Nobody waits when the logger was dropped long ago.
                let _ = end.send(());
            }
        })?;
        Ok(Self(Some(Running { shared, writer: writer.thread().clone(), ended })))
    }

    /// What turns the log on and off while it runs.
    pub(crate) fn switch(&self) -> AccessSwitch {
        AccessSwitch(self.0.as_ref().map(|running| Arc::clone(&running.shared)))
    }

    /// A lane for one worker; none when there is no log.
    pub(super) fn lane(&self) -> Option<Lane> {
        let running = self.0.as_ref()?;
        let held = Arc::<Mutex<Held>>::default();
        lock(&running.shared.lanes).push(Arc::clone(&held));
        let shared = Arc::clone(&running.shared);
        Some(Lane { held, shared, writer: running.writer.clone() })
    }
}

impl Drop for AccessLogger {
    fn drop(&mut self) {
        if let Some(running) = &self.0 {
            running.shared.ending.store(true, Ordering::Release);
            running.writer.unpark();
            // An output that takes nothing any more must not keep the server from ending.
            let _ = running.ended.recv_timeout(LAST_LINES);
        }
    }
}

/// Turns a log on and off while it runs.
#[derive(Clone, Debug)]
pub(crate) struct AccessSwitch(Option<Arc<Shared>>);

impl AccessSwitch {
    /// Writes lines of this format from now on, or none.
    pub(crate) fn set(&self, format: Option<LineFormat>) {
        if let Some(shared) = &self.0 {
            shared.wanted.set(format);
        }
    }
}

/// The format that is wanted now, as a number that every request can afford to read.
#[derive(Debug)]
struct Wanted(AtomicU8);

impl Wanted {
    fn new(format: Option<LineFormat>) -> Self {
        let wanted = Self(AtomicU8::new(0));
        wanted.set(format);
        wanted
    }

    fn set(&self, format: Option<LineFormat>) {
        let number = match format {
            None => 0,
            Some(LineFormat::Text) => 1,
            Some(LineFormat::Json) => 2,
        };
        self.0.store(number, Ordering::Relaxed);
    }

    fn get(&self) -> Option<LineFormat> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(LineFormat::Text),
            2 => Some(LineFormat::Json),
            _ => None,
        }
    }
}

/// Where one worker writes its lines.
pub(super) struct Lane {
    held: Arc<Mutex<Held>>,
    shared: Arc<Shared>,
    writer: Thread,
}

impl Lane {
    /// Hands a line to the writing thread, or loses it.
    pub(super) fn write(&self, line: &Line<'_>) {
        let Some(format) = self.shared.wanted.get() else { return };
        {
            let mut held = lock(&self.held);
            let Held { lines, lost, stamp } = &mut *held;
            if lines.len() >= LANE {
                *lost = lost.saturating_add(1);
                return;
            }
            line.append(format, stamp.now(), lines);
        }
        if !self.shared.told.load(Ordering::Relaxed)
            && !self.shared.told.swap(true, Ordering::AcqRel)
        {
            self.writer.unpark();
        }
    }
}

fn write_lines(shared: &Shared, mut out: Box<dyn Write + Send>, metrics: &Metrics) {
    let mut batch = Vec::new();
    loop {
        let ending = shared.ending.load(Ordering::Acquire);
        shared.told.store(false, Ordering::Release);
        let lanes = lock(&shared.lanes).clone();
        for lane in lanes {
            let lost = {
                let mut held = lock(&lane);
                std::mem::swap(&mut held.lines, &mut batch);
                std::mem::take(&mut held.lost)
            };
            let written = out.write_all(&batch).and_then(|()| out.flush());
            let unwritten = match written {
                Ok(()) => 0,
                Err(_) => batch.split(|byte| *byte == b'\n').skip(1).count() as u64,
            };
            metrics.log_lines_dropped(lost.saturating_add(unwritten));
            batch.clear();
        }
        if ending {
            return;
        }
        while !shared.told.load(Ordering::Acquire) && !shared.ending.load(Ordering::Acquire) {
            std::thread::park();
        }
        if !shared.ending.load(Ordering::Acquire) {
            std::thread::sleep(GATHER);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that can be held up, and read afterwards.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_when_the_log_ends() {
        let output = Output::default();
        let metrics = Arc::new(Metrics::new());
        let log = AccessLogger::start(Some(LineFormat::Text), Box::new(output.clone()), metrics);
        let log = log.unwrap();
        let lanes: Vec<_> = (0..3).map(|_| log.lane().unwrap()).collect();
        std::thread::scope(|scope| {
            for lane in &lanes {
                scope.spawn(|| (0..500).for_each(|_| lane.write(&Line::sample())));
            }
        });
        drop(log);
        let text = String::from_utf8(lock(&output.0).clone()).unwrap();
        assert_eq!(text.lines().count(), 1500);
    }

    #[test]
    fn lines_that_find_no_room_are_lost_and_counted() {
        let output = Output::default();
        let held_up = lock(&output.0);
        let metrics = Arc::new(Metrics::new());
        let out = Box::new(output.clone());
        let log = AccessLogger::start(Some(LineFormat::Json), out, Arc::clone(&metrics)).unwrap();
        let lane = log.lane().unwrap();
        for _ in 0..50_000 {
            lane.write(&Line::sample());
        }
        drop(held_up);
        drop(log);
        let written = lock(&output.0).split(|byte| *byte == b'\n').skip(1).count();
        let text = metrics.encode().unwrap();
        let lost = 50_000 - written;
        assert!(lost > 0);
        assert!(text.contains(&format!("larder_access_log_dropped_total {lost}\n")), "{text}");
    }

    #[test]
    fn a_log_is_turned_on_and_off_while_it_runs() {
        let output = Output::default();
        let metrics = Arc::new(Metrics::new());
        let log = AccessLogger::start(None, Box::new(output.clone()), metrics).unwrap();
        let (lane, switch) = (log.lane().unwrap(), log.switch());
        for format in [None, Some(LineFormat::Text), None, Some(LineFormat::Json)] {
            switch.set(format);
            lane.write(&Line::sample());
        }
        drop(log);
        let text = String::from_utf8(lock(&output.0).clone()).unwrap();
        let begins: Vec<bool> = text.lines().map(|line| line.starts_with('{')).collect();
        assert_eq!(begins, [false, true], "{text}");
    }

    #[test]
    fn no_log_has_no_lanes() {
        assert!(AccessLogger::off().lane().is_none());
    }
}
