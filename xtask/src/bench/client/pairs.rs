//! Rounds of one piece of work: who takes part takes turns, the order turns round after each, and
//! what is said is the median of the rounds' ratios.

use super::super::report::{Finding, Verdict};
use super::super::statistics::Rounds;
use super::Session;
use super::contestant::{Contestant, Run};
use crate::root::Outcome;

/// What was measured of one piece of work: for each contestant its runs, by round.
#[derive(Debug)]
pub(super) struct Measured {
    work: String,
    runs: Vec<(Contestant, Vec<Run>)>,
}

/// What is to be reached, as ratios of go's time to ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// Of wall time.
    pub(super) wall: f64,
    /// Of processor time, if anything is asked.
    pub(super) cpu: Option<f64>,
}

/// How a piece of work is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Pairs.
    pub(super) rounds: u32,
    /// Whether a first round warms up and is thrown away.
    pub(super) warm_up: bool,
}

/// Runs the rounds. `each` is one run in one round; `check` looks at what two of them left and says
/// what differs.
pub(super) fn measure(
    session: &mut Session,
    work: &str,
    who: &[Contestant],
    plan: Plan,
    mut each: impl FnMut(&Session, &Contestant, u32) -> Outcome<Run>,
    mut check: impl FnMut(u32, &[Run]) -> Outcome<()>,
) -> Outcome<Measured> {
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); who.len()];
    let mut noisy = 0;
    for round in u32::from(!plan.warm_up)..=plan.rounds {
        if round > 0 {
            noisy += u32::from(!session.calm.before(&format!("{work}, round {round}")));
        }
        let mut turns: Vec<usize> = (0..who.len()).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        let mut done: Vec<Option<Run>> = vec![None; who.len()];
        for turn in turns {
            if let (Some(contestant), Some(place)) = (who.get(turn), done.get_mut(turn)) {
                *place = Some(each(session, contestant, round)?);
            }
        }
        let done: Vec<Run> = done.into_iter().flatten().collect();
        check(round, &done)?;
        if round > 0 {
            runs.iter_mut().zip(done).for_each(|(all, run)| all.push(run));
        }
    }
    session.calm.note(work, noisy);
    Ok(Measured { work: work.to_owned(), runs: who.iter().cloned().zip(runs).collect() })
}

impl Measured {
    /// Reports the first contestant, who is ours, beside the others: what is to be reached is to be
    /// reached beside the second.
    pub(super) fn report(&self, session: &mut Session, reach: Reach) {
        let [(_, ours), peers @ ..] = self.runs.as_slice() else { return };
        for (number, (peer, theirs)) in peers.iter().enumerate() {
            let ratios = |of: fn(&Run) -> f64| {
                Rounds::ratios(theirs.iter().map(of).zip(ours.iter().map(of)))
            };
            let [wall, cpu] = [ratios(|run| run.seconds), ratios(|run| run.cpu)];
            let asked = |reach: Option<f64>| reach.filter(|_| number == 0);
            for (measure, ratios, reach) in
                [("wall time", wall, asked(Some(reach.wall))), ("CPU time", cpu, asked(reach.cpu))]
            {
                session
                    .report
                    .find(Finding::ratio(&peer.name, measure, &ratios, reach).of(&self.work));
            }
        }
        for (contestant, runs) in &self.runs {
            let shown = |of: fn(&Run) -> f64| {
                Rounds::new(runs.iter().map(|run| 1000.0 * of(run))).to_places(1)
            };
            session.report.figure(format!(
                "{} | {} | {} | {}",
                self.work,
                contestant.name,
                shown(|run| run.seconds),
                shown(|run| run.cpu),
            ));
        }
    }
}

/// Reports what was measured, or why it was not.
pub(super) fn conclude(
    session: &mut Session,
    work: &str,
    outcome: Outcome<Measured>,
    reach: Reach,
) {
    match outcome {
        Ok(measured) => measured.report(session, reach),
        Err(why) => {
            super::super::tell(&format!("{work}: {why}"));
            let failed = Finding::without("go", "", Verdict::Failed(why));
            session.report.find(failed.of(work));
        }
    }
}
