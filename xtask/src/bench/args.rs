//! What whoever runs the benchmark may say: rounds, seconds, rows; and, in the environment, where
//! the peers' binaries are.

use std::path::{Path, PathBuf};

use crate::root::{Outcome, root};

/// How it is called.
pub(crate) const USAGE: &str = "usage: cargo xtask bench [ROUNDS] [SECONDS] [ROW…]
  ROUNDS   pairs of each row (5)
  SECONDS  of each load (2)
  ROW      only these of: mod objects zip list tls peers cold-zip download
  LARDER_BENCH_ATHENS, LARDER_BENCH_GOPROXY name binaries of the peers
  LARDER_BENCH_LARDER names another build of larder than target/dist/larder";

/// The rows by name.
pub(crate) const ROWS: [&str; 8] =
    ["mod", "objects", "zip", "list", "tls", "peers", "cold-zip", "download"];

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Args {
    /// Pairs of each row.
    pub(crate) rounds: u32,
    /// Seconds of each load.
    pub(crate) seconds: u32,
    /// The rows that are wanted.
    pub(crate) rows: Vec<String>,
    /// Our program.
    pub(crate) larder: PathBuf,
    athens: Option<PathBuf>,
    goproxy: Option<PathBuf>,
}

impl Args {
    /// Reads arguments, and the variables by `variable`.
    pub(crate) fn read(args: &[&str], variable: impl Fn(&str) -> Option<PathBuf>) -> Outcome<Args> {
        let mut numbers = Vec::new();
        let mut rows = Vec::new();
        for arg in args {
            match arg.parse::<u32>() {
                Ok(number) if number > 0 && rows.is_empty() && numbers.len() < 2 => {
                    numbers.push(number);
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
            rounds: numbers.first().copied().unwrap_or(5),
            seconds: numbers.get(1).copied().unwrap_or(2),
            rows,
            larder: variable("LARDER_BENCH_LARDER").unwrap_or_else(built),
            athens: variable("LARDER_BENCH_ATHENS"),
            goproxy: variable("LARDER_BENCH_GOPROXY"),
        })
    }

    /// Whether this is a run whose result is worth keeping.
    pub(crate) fn is_whole(&self) -> bool {
        self.rounds >= 3 && self.rows.len() == ROWS.len()
    }

    /// Whether a row is wanted.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.rows.iter().any(|wanted| wanted == row)
    }

    /// Athens's binary, or why there is none.
    pub(crate) fn athens(&self) -> Outcome<&Path> {
        given(self.athens.as_deref(), "LARDER_BENCH_ATHENS")
    }

    /// goproxy's binary, or why there is none.
    pub(crate) fn goproxy(&self) -> Outcome<&Path> {
        given(self.goproxy.as_deref(), "LARDER_BENCH_GOPROXY")
    }
}

fn given<'a>(path: Option<&'a Path>, variable: &str) -> Outcome<&'a Path> {
    let path = path.ok_or_else(|| format!("{variable} names no binary"))?;
    if path.is_file() { Ok(path) } else { Err(format!("{variable}: no `{}`", path.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Outcome<Args> {
        Args::read(args, |_| None)
    }

    #[test]
    fn rounds_seconds_and_rows_may_be_said() {
        let all = read(&[]).unwrap();
        assert_eq!((all.rounds, all.seconds, all.rows.len()), (5, 2, ROWS.len()));
        let some = read(&["3", "1", "zip", "tls"]).unwrap();
        assert_eq!((some.rounds, some.seconds), (3, 1));
        assert!(some.wants("zip") && !some.wants("mod"));
        for wrong in [["0"].as_slice(), &["x"], &["3", "1", "2"], &["zip", "3"], &["-1"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_peer_without_a_binary_says_which_variable_names_it() {
        let args = read(&[]).unwrap();
        assert_eq!(args.athens(), Err("LARDER_BENCH_ATHENS names no binary".to_owned()));
        let lost = Args::read(&[], |_| Some("/no/such/binary".into())).unwrap();
        assert!(lost.goproxy().unwrap_err().contains("/no/such/binary"));
    }
}
