//! How long a thousand go.mod files take to read: whole, as those of dependencies, and where they are plain.
//!
//! `cargo bench -p larder-modfile` prints the median of 31 rounds on one thread. The files are made up after
//! real ones: forty requirements in two blocks, half of them indirect.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use larder_modfile::{GoMod, GoSum, PlainGoMod};

const FILES: usize = 1_000;
const REQUIRED: usize = 40;
const ROUNDS: usize = 31;

fn go_mod(file: usize) -> String {
    let mut text = format!("module example.com/organisation/project-{file}\n\ngo 1.24.0\n");
    for (block, mark) in ["", " // indirect"].into_iter().enumerate() {
        text.push_str("\nrequire (\n");
        for index in 0..REQUIRED / 2 {
            let module = file * 7 + index * 31 + block;
            let _ = writeln!(
                text,
                "\texample.com/organisation-{}/module-{module} v1.{index}.0{mark}",
                module % 97
            );
        }
        text.push_str(")\n");
    }
    text
}

fn go_sum(lines: usize) -> String {
    let mut text = String::new();
    for line in 0..lines {
        let hash = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";
        let (module, part) = (line / 2, if line % 2 == 0 { "" } else { "/go.mod" });
        let _ = writeln!(
            text,
            "example.com/organisation/module-{module:05} v1.{}.0{part} {hash}",
            line % 9
        );
    }
    text
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let files: Vec<String> = (0..FILES).map(go_mod).collect();
    let bytes: usize = files.iter().map(String::len).sum();
    println!("{FILES} go.mod files, {} KiB", bytes / 1024);
    let strict = median(|| {
        for file in &files {
            let _ = black_box(GoMod::parse("go.mod", file.as_bytes(), None));
        }
    });
    let lax = median(|| {
        for file in &files {
            let _ = black_box(GoMod::parse_lax("go.mod", file.as_bytes(), None));
        }
    });
    let plain = median(|| {
        for file in &files {
            let _ = black_box(PlainGoMod::read(file.as_bytes()));
        }
    });
    println!("parse {strict:?}, parse_lax {lax:?}, plain {plain:?}");
    let text = go_sum(3_000);
    let read = median(|| {
        let _ = black_box(GoSum::parse("go.sum", text.as_bytes()));
    });
    let sum = GoSum::parse("go.sum", text.as_bytes()).unwrap_or_default();
    let written = median(|| {
        black_box(sum.format());
    });
    println!("go.sum of 3000 lines: read {read:?}, written {written:?}");
}
