//! Ignored by default: what we read, write and change against what x/mod itself does.
//!
//! `cargo test -p larder-modfile -- --ignored`; needs `go` on PATH, and for `golang.org/x/mod` what the
//! environment's GOPROXY reaches. The files are made up: odd ones by hand, and many at random.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

mod ours;
mod questions;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::questions::Question;

/// What was asked for, in the words of `tests/oracle`.
fn asked(question: &Question) -> Value {
    let edits = question.edits.as_ref();
    json!({ "Op": question.op, "File": STANDARD.encode(&question.file), "Edits": edits })
}

fn answered_by_x_mod(questions: &[Question]) -> Vec<Value> {
    let mut oracle = Command::new("go")
        .arg("-C")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle"))
        .args(["run", "."])
        .env("GOWORK", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`go` is on PATH");
    let mut stdin = oracle.stdin.take().unwrap();
    let lines: Vec<String> = questions.iter().map(|question| asked(question).to_string()).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.join("\n").as_bytes()));
    let output = oracle.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    answers.collect::<Result<Vec<Value>, _>>().unwrap()
}

/// Bytes as they are shown in a failure.
fn decoded(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for key in ["Formatted", "Sorted"] {
        let bytes = STANDARD.decode(answer[key].as_str().unwrap_or_default()).unwrap();
        answer[key] = Value::from(bytes.escape_ascii().to_string());
    }
    answer
}

/// Compares every answer, and counts those that are no errors.
fn check(questions: &[Question]) -> usize {
    let answers = answered_by_x_mod(questions);
    assert_eq!(answers.len(), questions.len());
    let mut read = 0;
    let mut differ = Vec::new();
    for (question, expect) in questions.iter().zip(&answers) {
        let (ours, expect) = (ours::answer(question), decoded(expect));
        read += usize::from(expect["Error"] == "");
        if ours != expect {
            let Question { op, file, edits } = question;
            differ.push(format!("{op} {edits:?}\n{}\n{ours:#}\n{expect:#}", file.escape_ascii()));
        }
    }
    let shown: Vec<&String> = differ.iter().take(5).collect();
    assert!(differ.is_empty(), "{} differ, ours first: {shown:#?}", differ.len());
    read
}

#[test]
#[ignore = "fetches golang.org/x/mod through the environment's GOPROXY"]
fn odd_files_are_read_as_x_mod_reads_them() {
    let questions = questions::by_hand();
    let read = check(&questions);
    println!("{} answers agree, {read} of them no errors", questions.len());
}

#[test]
#[ignore = "fetches golang.org/x/mod through the environment's GOPROXY"]
fn random_files_are_read_and_changed_as_x_mod_does_it() {
    const RANDOM: u64 = 40_000;
    let read = check(&questions::random(RANDOM));
    println!("{RANDOM} answers agree, {read} of them no errors");
}
