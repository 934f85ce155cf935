//! What whoever runs the client's benchmark may say: rounds and rows; and, in the environment, the
//! programs.

use std::path::PathBuf;

use crate::root::{Outcome, root};

/// How it is called.
pub(super) const USAGE: &str = "usage: cargo xtask bench-client [ROUNDS] [ROW…]
  ROUNDS   pairs of each row (5)
  ROW      only these of: latency cold cold-ext4 verify idle graph list first-list
           app-cold app-cold-ext4 app-warm h1 unzip unzip-ext4 memory
  LARDER_BENCH_LARDER names another build of larder than target/dist/larder
  LARDER_BENCH_GO names another go than the one on PATH";

/// The rows by name.
pub(super) const ROWS: [&str; 15] = [
    "latency",
    "cold",
    "cold-ext4",
    "verify",
    "idle",
    "graph",
    "list",
    "first-list",
    "app-cold",
    "app-cold-ext4",
    "app-warm",
    "h1",
    "unzip",
    "unzip-ext4",
    "memory",
];

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Args {
    /// Pairs of each row.
    pub(super) rounds: u32,
    /// The rows that are wanted.
    pub(super) rows: Vec<String>,
    /// Our program.
    pub(super) larder: PathBuf,
    /// The go to compare with.
    pub(super) go: PathBuf,
}

impl Args {
    /// Reads arguments, and the variables by `variable`.
    pub(super) fn read(args: &[&str], variable: impl Fn(&str) -> Option<PathBuf>) -> Outcome<Args> {
        let (mut rounds, mut rows) = (None, Vec::new());
        for arg in args {
            match arg.parse::<u32>() {
                Ok(number) if number > 0 && rows.is_empty() && rounds.is_none() => {
                    rounds = Some(number);
                }
                _ if ROWS.contains(arg) => rows.push((*arg).to_owned()),
                _ => return Err(format!("`{arg}`?\n{USAGE}")),
            }
        }
        if rows.is_empty() {
            rows = ROWS.map(str::to_owned).into();
        }
        let built = || root().join("target/dist/larder");
        Ok(Args {
            rounds: rounds.unwrap_or(5),
            rows,
            larder: variable("LARDER_BENCH_LARDER").unwrap_or_else(built),
            go: variable("LARDER_BENCH_GO").unwrap_or_else(|| "go".into()),
        })
    }

    /// Whether this is a run whose result is worth keeping.
    pub(super) fn is_whole(&self) -> bool {
        self.rounds >= 3 && self.rows.len() == ROWS.len()
    }

    /// Whether a row is wanted.
    pub(super) fn wants(&self, row: &str) -> bool {
        self.rows.iter().any(|wanted| wanted == row)
    }

    /// Whether one of these rows is wanted.
    pub(super) fn wants_any(&self, rows: &[&str]) -> bool {
        rows.iter().any(|row| self.wants(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_and_rows_may_be_said() {
        let read = |args: &[&str]| Args::read(args, |_| None);
        let all = read(&[]).unwrap();
        assert_eq!((all.rounds, all.rows.len()), (5, ROWS.len()));
        assert!(all.is_whole() && all.wants("h1"));
        let some = read(&["1", "cold", "list"]).unwrap();
        assert!(some.rounds == 1 && !some.is_whole());
        assert!(some.wants_any(&["verify", "list"]) && !some.wants_any(&["verify", "graph"]));
        for wrong in [["0"].as_slice(), &["x"], &["3", "1"], &["cold", "3"], &["-1"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_row_is_told_in_the_usage() {
        assert!(ROWS.iter().all(|row| USAGE.split_whitespace().any(|word| word == *row)));
    }
}
