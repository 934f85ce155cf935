//! Ignored by default: our answers against those of x/mod itself.
//!
//! Needs `go` on PATH, and for `golang.org/x/mod` what the environment's GOPROXY reaches:
//! `cargo test -p larder-module -- --ignored`. After a change to `questions.rs`, that also writes what
//! `answers.tsv` must become into `target/tmp`.

use std::path::Path;
use std::process::Command;

use crate::{ours, questions};

/// The questions, each with its answer.
fn answered_by_x_mod(questions: &[String]) -> String {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let list = temporary.join(format!("questions-{}", questions.len()));
    fs_err::write(&list, questions.join("\n")).unwrap();
    let output = Command::new("go")
        .arg("-C")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle"))
        .args(["run", "."])
        .env("GOWORK", "off")
        .stdin(fs_err::File::open(&list).unwrap().into_parts().0)
        .output()
        .expect("`go` is on PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "fetches golang.org/x/mod through the environment's GOPROXY"]
fn we_answer_as_x_mod_does() {
    const RANDOM: usize = 20_000;
    let mut questions = questions::known();
    let known = questions.len();
    questions.extend(questions::random(RANDOM));
    let answers = answered_by_x_mod(&questions);
    let mut yes = 0;
    for (line, question) in answers.lines().zip(&questions) {
        let expect = line.strip_prefix(question).unwrap().strip_prefix('\t').unwrap();
        assert_eq!(ours::answer(question), expect, "{question:?}");
        yes += usize::from(expect != "no");
    }
    let recorded = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answers.tsv");
    let lines: Vec<&str> = answers.lines().take(known + 600).collect();
    fs_err::write(&recorded, lines.join("\n") + "\n").unwrap();
    println!(
        "{} answers agree, {yes} of them not `no`; see {}",
        questions.len(),
        recorded.display()
    );
}
