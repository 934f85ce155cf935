//! `cargo xtask <task>`: see `USAGE`. What the tasks do is in the library beside this file.

use std::io::Write as _;
use std::process::ExitCode;

use xtask::bench;
use xtask::crash;
use xtask::docs::{self, Stale};
use xtask::floors;
use xtask::soak;

const USAGE: &str = "\
cargo xtask <task>

  bench [ROUNDS] [SECONDS] [ROW…]
                 measure the server beside its peers; benches/serve builds it first
  bench-client [ROUNDS] [ROW…]
                 measure our commands beside the go command's; benches/client builds them first
  docs           write the documents that larder prints itself: docs/settings.md, docs/larder.toml
  docs --check   fail if one of them is stale
  crash [--rounds N] [--seed N]
                 kill a loaded server N times (500) and read back what it still has
  soak [--minutes N] [--exe PATH]
                 load a server for N minutes (10) and hold its memory against the first one
  floors         check the house rules: arrows, dependencies, licences, sources
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["docs"] => docs::run(Stale::Write),
        ["docs", "--check"] => docs::run(Stale::Refuse),
        ["bench", args @ ..] => bench::run(args),
        ["bench-client", args @ ..] => bench::client::run(args),
        ["crash", args @ ..] => crash::run(args),
        ["soak", args @ ..] => soak::run(args),
        ["floors"] => floors::check_workspace(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            let _unheard = writeln!(std::io::stderr(), "{}", lines.trim_end());
            ExitCode::FAILURE
        }
    }
}
