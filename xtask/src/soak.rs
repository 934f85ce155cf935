//! `cargo xtask soak`: the real server under mixed load for minutes; it must end with the memory
//! that it had after the first one.
//!
//! [`larder_testkit::Soak`] loads it and judges every answer. Here its samples are told, and what
//! the last minute took is held against the first.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use larder_testkit::{Sample, Soak};

use crate::root::{Outcome, root, stdout_of};

/// Minutes when nothing is said; fewer than two say nothing.
const MINUTES: u64 = 10;
const LEAST: u64 = 2;
/// How much more memory the end may take than the first minute did: 4 MiB. Single samples differ by 2.
const SLACK: u64 = 4 << 20;
/// And how many more open files.
const FILES: usize = 64;
const MIB: f64 = 1_048_576.0;
/// What is taken together of the samples at the end of the first and of the last minute.
const SPAN: Duration = Duration::from_secs(30);

/// Runs with the task's arguments: `--minutes N`, `--exe PATH`.
pub fn run(args: &[&str]) -> Outcome<()> {
    let (minutes, exe) = read(args)?;
    let exe = exe.map_or_else(build, Ok)?;
    let length = Duration::from_secs(minutes.saturating_mul(60));
    tell(&format!("{minutes} minutes with {}", exe.display()));
    tell(
        "| at s | RssAnon MiB | files | threads | stored MiB |\n| ---: | ---: | ---: | ---: | ---: |",
    );
    let (soak, mut samples) = (Soak::new(&exe), Vec::new());
    let ended = soak.run(length, |sample| {
        // A line for each half minute.
        if samples.len() % 6 == 5 {
            tell(&line(sample));
        }
        samples.push(*sample);
    });
    let counts = soak.counts();
    let counted = [&counts.warm, &counts.cold, &counts.left, &counts.slow, &counts.maintained];
    let [warm, cold, left, slow, maintained] = counted.map(|one| one.load(Ordering::Relaxed));
    tell(&format!(
        "{warm} rounds of what is stored, {cold} new modules, {left} zips left in the middle, \
         {slow} read slowly, {maintained} rounds of a maintainer"
    ));
    ended.map_err(|wrong| format!("{wrong}\n{}", soak.talk()))?;
    let stored = soak.end()?;
    tell(&format!("the store is whole: {stored:?}"));
    judge(&samples, length)
}

fn build() -> Outcome<PathBuf> {
    stdout_of("cargo", &["build", "--quiet", "--package", "larder"])?;
    Ok(root().join("target/debug/larder"))
}

/// Holds the end against the first minute.
fn judge(samples: &[Sample], length: Duration) -> Outcome<()> {
    let first = typical(samples, Duration::from_mins(1)).ok_or("no sample of the first minute")?;
    let last = typical(samples, length).ok_or("no sample of the last minute")?;
    let (before, after) = (mib(first.memory), mib(last.memory));
    tell(&format!(
        "after the first minute {before:.1} MiB and {} files, at the end {after:.1} MiB and {} files",
        first.files, last.files
    ));
    if last.memory > first.memory.saturating_add(SLACK) {
        return Err(format!("memory grew by {:.1} MiB", after - before));
    }
    if last.files > first.files.saturating_add(FILES) {
        return Err(format!("open files grew from {} to {}", first.files, last.files));
    }
    Ok(())
}

/// The middle of what the samples in the half minute before `end` took, each number by itself.
fn typical(samples: &[Sample], end: Duration) -> Option<Sample> {
    let latest = end.saturating_add(Duration::from_secs(5));
    let span = latest.saturating_sub(SPAN)..=latest;
    let near: Vec<Sample> =
        samples.iter().copied().filter(|sample| span.contains(&sample.at)).collect();
    let mut memory: Vec<u64> = near.iter().map(|sample| sample.memory).collect();
    let mut files: Vec<usize> = near.iter().map(|sample| sample.files).collect();
    memory.sort_unstable();
    files.sort_unstable();
    let middle = near.len() / 2;
    let last = near.last().copied()?;
    Some(Sample { memory: *memory.get(middle)?, files: *files.get(middle)?, ..last })
}

fn line(sample: &Sample) -> String {
    let Sample { at, memory, files, threads, stored } = sample;
    let (memory, stored) = (mib(*memory), mib(*stored));
    format!("| {} | {memory:.1} | {files} | {threads} | {stored:.1} |", at.as_secs())
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

fn read(args: &[&str]) -> Outcome<(u64, Option<PathBuf>)> {
    let (mut minutes, mut exe) = (MINUTES, None);
    for pair in args.chunks(2) {
        match pair {
            ["--minutes", text] => {
                let read = text.parse().ok().filter(|minutes| *minutes >= LEAST);
                minutes =
                    read.ok_or_else(|| format!("`{text}` is not a number from {LEAST} on"))?;
            }
            ["--exe", path] => exe = Some(PathBuf::from(path)),
            _ => return Err("usage: cargo xtask soak [--minutes N] [--exe PATH]".to_owned()),
        }
    }
    Ok((minutes, exe))
}

/// Progress goes to stderr; nobody listening is no failure.
fn tell(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |at: u64| {
            let (at_seconds, memory) = (Duration::from_secs(at), memory(at) << 20);
            Sample { at: at_seconds, memory, files: 50, threads: 9, stored: 0 }
        };
        (1..=120).map(|n| sample(n * 5)).collect()
    }

    #[test]
    fn memory_that_grows_is_told_from_memory_that_wavers() {
        let ten = Duration::from_mins(10);
        assert_eq!(judge(&samples(|at| 40 + at % 7), ten), Ok(()));
        assert_eq!(judge(&samples(|at| 40 + at / 200), ten), Ok(()));
        assert!(judge(&samples(|at| 40 + at / 20), ten).is_err());
        assert!(judge(&[], ten).is_err());
    }

    #[test]
    fn minutes_and_binary_may_be_said() {
        assert_eq!(read(&[]), Ok((MINUTES, None)));
        assert_eq!(read(&["--minutes", "3", "--exe", "/x"]), Ok((3, Some("/x".into()))));
        for wrong in [["--minutes", "1"].as_slice(), &["--minutes"], &["--minutes", "x"], &["3"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
