//! `cargo xtask crash`: the kill rounds of the end-to-end tests, as many as one likes.
//!
//! Builds `larder` and lets [`larder_testkit::CrashTest`] kill it under load. The seed is printed,
//! so that rounds can be had again: `--seed N`. A broken part ends the run with its round.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use larder_testkit::CrashTest;

use crate::root::{Outcome, root, stdout_of};

/// Rounds when nothing is said.
const ROUNDS: u32 = 500;

/// Runs with the task's arguments: `--rounds N`, `--seed N`.
pub fn run(args: &[&str]) -> Outcome<()> {
    let (rounds, seed) = read(args)?;
    stdout_of("cargo", &["build", "--quiet", "--package", "larder"])?;
    let exe = root().join("target/debug/larder");
    tell(&format!("{rounds} rounds with seed {seed}"));
    let mut test = CrashTest::new(&exe, seed);
    let (mut answers, mut whole) = (0, 0);
    for number in 1..=rounds {
        let round = test.round().map_err(|broken| format!("round {number}: {broken}"))?;
        answers += round.answers;
        whole += round.whole;
        if number % 25 == 0 {
            let maintained = round.maintained;
            tell(&format!(
                "{number} rounds: {answers} answers and {maintained} acts of a maintainer before \
                 kills, {whole} parts whole"
            ));
        }
    }
    let parts = test.check_everything().map_err(|broken| format!("at the end: {broken}"))?;
    tell(&format!("all {rounds} rounds: every readable part is whole, {parts} of them at the end"));
    Ok(())
}

fn read(args: &[&str]) -> Outcome<(u32, u64)> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (mut rounds, mut seed) = (ROUNDS, u64::from(since_epoch.subsec_nanos()));
    for pair in args.chunks(2) {
        let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no number"));
        match pair {
            ["--rounds", text] => {
                rounds = u32::try_from(number(text)?).map_err(|error| error.to_string())?;
            }
            ["--seed", text] => seed = number(text)?,
            _ => return Err("usage: cargo xtask crash [--rounds N] [--seed N]".to_owned()),
        }
    }
    Ok((rounds, seed))
}

/// Progress goes to stderr; nobody listening is no failure.
fn tell(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_and_seed_may_be_said() {
        assert_eq!(read(&["--rounds", "7", "--seed", "3"]), Ok((7, 3)));
        assert_eq!(read(&["--seed", "3"]).map(|(rounds, _)| rounds), Ok(ROUNDS));
        for wrong in [["--rounds", "x"].as_slice(), &["--rounds"], &["7"], &["--rounds", "-1"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
