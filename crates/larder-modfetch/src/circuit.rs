//! When an upstream that fails is left alone, and when it is tried again: a state machine without a clock.
//!
//! ```text
//! closed ── so many failures in a row ──▶ open ── pause over, somebody asks ──▶ half open
//!   ▲                                      ▲                                     │    │
//!   │                                      └── the probe failed: a longer pause ─┘    │
//!   └──────────────────────────── the probe was answered ────────────────────────────┘
//! ```
//!
//! Each request that is let through has a [`Ticket`]; what a request of an older state finds out later says
//! nothing about the present one and is passed over. Which failures count is decided in `visit.rs`.
//!
//! Invariant: while the circuit is not closed, at most one request is under way with a valid ticket.

use std::time::{Duration, Instant};

use crate::{config::Circuit as Rules, health::CircuitState};

/// The longest pause between two probes, unless the first one is set to be longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// The circuit of one upstream.
#[derive(Debug)]
pub(crate) struct Circuit {
    rules: Rules,
    state: State,
    failures: u32,
    openings: u64,
    /// Which ticket is valid: grows with each change of the state.
    epoch: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { until: Instant, round: u32 },
    HalfOpen { round: u32 },
}

/// The right to ask, given by a circuit in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// Whether somebody may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// As usual.
    Granted(Ticket),
    /// As the one who finds out whether the upstream is back.
    Probe(Ticket),
    /// Not before so long; none while a probe is under way.
    Refused(Option<Duration>),
}

/// What a failure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing yet.
    None,
    /// The circuit is open now, for so long.
    Opened(Duration),
}

impl Circuit {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, state: State::Closed, failures: 0, openings: 0, epoch: 0 }
    }

    /// Whether somebody may ask at `now`. The one who gets [`Admission::Probe`] owes a verdict.
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        match self.state {
            State::Closed => Admission::Granted(Ticket(self.epoch)),
            State::Open { until, round } => match until.checked_duration_since(now) {
                Some(left) if !left.is_zero() => Admission::Refused(Some(left)),
                _ => Admission::Probe(self.turn(State::HalfOpen { round })),
            },
            State::HalfOpen { .. } => Admission::Refused(None),
        }
    }

    /// A request was answered. True if that has closed the circuit; the ticket for what follows.
    pub(crate) fn answered(&mut self, ticket: Ticket) -> (bool, Ticket) {
        if ticket.0 != self.epoch {
            return (false, ticket);
        }
        self.failures = 0;
        match self.state {
            State::Closed => (false, ticket),
            State::Open { .. } | State::HalfOpen { .. } => (true, self.turn(State::Closed)),
        }
    }

    /// A request failed at `now`. `draw` is a random number from 0 to 1.
    pub(crate) fn failed(&mut self, ticket: Ticket, now: Instant, draw: f64) -> Effect {
        if ticket.0 != self.epoch {
            return Effect::None;
        }
        self.failures = self.failures.saturating_add(1);
        let round = match self.state {
            State::HalfOpen { round } => round.saturating_add(1),
            _ if self.rules.failures == 0 || self.failures < self.rules.failures => {
                return Effect::None;
            }
            _ => 0,
        };
        let pause = self.pause(round, draw);
        self.openings += 1;
        self.turn(State::Open { until: now + pause, round });
        Effect::Opened(pause)
    }

    /// A request was given up before it found anything out: another one may probe at once.
    pub(crate) fn given_up(&mut self, ticket: Ticket, now: Instant) {
        if let State::HalfOpen { round } = self.state
            && ticket.0 == self.epoch
        {
            self.turn(State::Open { until: now, round });
        }
    }

    pub(crate) fn state(&self) -> CircuitState {
        match self.state {
            State::Closed => CircuitState::Closed,
            State::Open { .. } => CircuitState::Open,
            State::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// Until when the upstream is left alone.
    pub(crate) fn until(&self) -> Option<Instant> {
        match self.state {
            State::Open { until, .. } => Some(until),
            State::Closed | State::HalfOpen { .. } => None,
        }
    }

    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// How often it has opened.
    pub(crate) fn openings(&self) -> u64 {
        self.openings
    }

    fn turn(&mut self, state: State) -> Ticket {
        self.state = state;
        self.epoch += 1;
        Ticket(self.epoch)
    }

    /// Twice as long after each failed probe, and up to a quarter more, so that several servers do not
    /// come back all at once.
    fn pause(&self, round: u32, draw: f64) -> Duration {
        let doubled = self.rules.pause.saturating_mul(1_u32.checked_shl(round).unwrap_or(u32::MAX));
        let pause = doubled.min(LONGEST_PAUSE.max(self.rules.pause));
        pause.saturating_add((pause / 4).mul_f64(draw.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn circuit() -> Circuit {
        Circuit::new(Rules { failures: 3, pause: PAUSE })
    }

    fn granted(circuit: &mut Circuit, now: Instant) -> Ticket {
        match circuit.admit(now) {
            Admission::Granted(ticket) => ticket,
            other => panic!("not granted: {other:?}"),
        }
    }

    fn probe(circuit: &mut Circuit, now: Instant) -> Ticket {
        match circuit.admit(now) {
            Admission::Probe(ticket) => ticket,
            other => panic!("no probe: {other:?}"),
        }
    }

    /// A circuit that has just opened at `now`.
    fn open(now: Instant) -> Circuit {
        let mut circuit = circuit();
        for left in (0..3).rev() {
            let ticket = granted(&mut circuit, now);
            let effect = circuit.failed(ticket, now, 0.0);
            assert_eq!(effect == Effect::Opened(PAUSE), left == 0);
        }
        circuit
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not_let_them_add_up() {
        let now = Instant::now();
        let mut circuit = circuit();
        for _ in 0..5 {
            let ticket = granted(&mut circuit, now);
            circuit.failed(ticket, now, 0.0);
            circuit.failed(ticket, now, 0.0);
            circuit.answered(ticket);
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
        let mut circuit = open(now);
        assert_eq!((circuit.failures(), circuit.openings()), (3, 1));
        assert_eq!(circuit.admit(now), Admission::Refused(Some(PAUSE)));
    }

    #[test]
    fn after_the_pause_one_probe_goes_and_everyone_else_waits_for_what_it_finds() {
        let now = Instant::now();
        let mut circuit = open(now);
        let early = now + PAUSE / 2;
        assert_eq!(circuit.admit(early), Admission::Refused(Some(PAUSE / 2)));
        let ticket = probe(&mut circuit, now + PAUSE);
        assert_eq!(circuit.admit(now + PAUSE * 9), Admission::Refused(None));
        assert!(circuit.answered(ticket).0);
        granted(&mut circuit, now + PAUSE);
        assert_eq!(circuit.failures(), 0);
    }

    #[test]
    fn each_failed_probe_doubles_the_pause_up_to_five_minutes() {
        let mut now = Instant::now();
        let mut circuit = open(now);
        let mut pause = PAUSE;
        for seconds in [20, 40, 80, 160, 300, 300] {
            now += pause;
            let ticket = probe(&mut circuit, now);
            pause = Duration::from_secs(seconds);
            assert_eq!(circuit.failed(ticket, now, 0.0), Effect::Opened(pause));
            assert_eq!(circuit.until(), Some(now + pause));
        }
        let ticket = probe(&mut circuit, now + pause);
        let (_, ticket) = circuit.answered(ticket);
        for _ in 0..3 {
            circuit.failed(ticket, now, 0.0);
        }
        assert_eq!(circuit.until(), Some(now + PAUSE), "an answer forgets the long pauses");
    }

    #[test]
    fn chance_makes_a_pause_longer_by_a_quarter_at_most_and_never_shorter() {
        let circuit = circuit();
        let check = |round, draw, millis| {
            assert_eq!(circuit.pause(round, draw), Duration::from_millis(millis));
        };
        check(0, 0.0, 10_000);
        check(0, 0.5, 11_250);
        check(0, 1.0, 12_500);
        check(1, 1.0, 25_000);
        check(1000, 1.0, 375_000);
        check(0, f64::INFINITY, 12_500);
        let long = Circuit::new(Rules { failures: 1, pause: LONGEST_PAUSE * 2 });
        assert_eq!(long.pause(5, 0.0), LONGEST_PAUSE * 2);
    }

    #[test]
    fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
        let now = Instant::now();
        let mut circuit = open(now);
        let first = probe(&mut circuit, now + PAUSE);
        circuit.given_up(first, now + PAUSE);
        let second = probe(&mut circuit, now + PAUSE);
        circuit.given_up(first, now + PAUSE);
        assert_eq!(circuit.admit(now + PAUSE), Admission::Refused(None), "it is not its probe");
        circuit.answered(second);
        let usual = granted(&mut circuit, now);
        circuit.given_up(usual, now);
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[test]
    fn what_a_request_of_an_older_state_finds_out_changes_nothing() {
        let now = Instant::now();
        let mut circuit = circuit();
        let old = granted(&mut circuit, now);
        for _ in 0..3 {
            circuit.failed(old, now, 0.0);
        }
        assert_eq!(circuit.answered(old), (false, old));
        assert_eq!(circuit.failed(old, now, 0.0), Effect::None);
        assert_eq!((circuit.state(), circuit.openings()), (CircuitState::Open, 1));
    }

    #[test]
    fn a_limit_of_none_never_opens_it() {
        let now = Instant::now();
        let mut circuit = Circuit::new(Rules { failures: 0, pause: PAUSE });
        for _ in 0..1000 {
            let ticket = granted(&mut circuit, now);
            assert_eq!(circuit.failed(ticket, now, 0.0), Effect::None);
        }
    }

    proptest! {
        #[test]
        fn at_most_one_request_is_under_way_while_it_is_not_closed(
            steps in proptest::collection::vec((0..4_u8, 0..20_u64), 0..200),
        ) {
            let mut now = Instant::now();
            let mut circuit = circuit();
            let mut valid: Vec<Ticket> = Vec::new();
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                match (step, valid.pop()) {
                    (0, last) => {
                        valid.extend(last);
                        match circuit.admit(now) {
                            Admission::Granted(ticket) => valid.push(ticket),
                            Admission::Probe(ticket) => valid = vec![ticket],
                            Admission::Refused(_) => {}
                        }
                    }
                    (1, Some(ticket)) => drop(circuit.answered(ticket)),
                    (2, Some(ticket)) => drop(circuit.failed(ticket, now, 0.5)),
                    (3, Some(ticket)) => circuit.given_up(ticket, now),
                    _ => {}
                }
                valid.retain(|ticket| ticket.0 == circuit.epoch);
                let closed = circuit.state() == CircuitState::Closed;
                prop_assert!(closed || valid.len() <= 1, "{circuit:?}");
            }
        }
    }
}
