//! `--timing`: where the time of a command went, told at its end.

use std::time::{Duration, Instant};

use super::modules::Counts;
use crate::printer::Printer;
use crate::units;

/// Stretches of a command's time.
#[derive(Debug)]
pub(crate) struct Timing {
    began: Instant,
    last: Instant,
    stretches: Vec<(&'static str, Duration)>,
}

impl Timing {
    /// Begins now.
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { began: now, last: now, stretches: Vec::new() }
    }

    /// What was done since the last mark.
    pub(crate) fn mark(&mut self, stretch: &'static str) {
        let now = Instant::now();
        self.stretches.push((stretch, now.duration_since(self.last)));
        self.last = now;
    }

    /// Tells it, a line.
    pub(crate) fn tell(&self, printer: Printer, counts: Counts) {
        let all = ("all", self.began.elapsed());
        let stretches = self.stretches.iter().chain([&all]);
        let shown: Vec<String> =
            stretches.map(|(name, took)| format!("{name} {}", milliseconds(*took))).collect();
        let (requests, bytes) = (units::count(counts.requests), units::bytes(counts.bytes));
        printer.talk(&format!("timing: {}; {requests} requests, {bytes}", shown.join(", ")));
    }
}

fn milliseconds(duration: Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}
