//! Our answers against those that x/mod gave when they were recorded.

use crate::{ours, questions};

const RECORDED: &str = include_str!("answers.tsv");

#[test]
fn we_answer_as_x_mod_did() {
    for line in RECORDED.lines() {
        let (question, expect) = line.rsplit_once('\t').unwrap();
        assert_eq!(ours::answer(question), expect, "{question:?}");
    }
}

#[test]
fn every_known_question_is_recorded() {
    let recorded: Vec<&str> =
        RECORDED.lines().map(|line| line.rsplit_once('\t').unwrap().0).collect();
    let known = questions::known();
    assert_eq!(recorded[..known.len()], known, "record anew, as `live.rs` says");
    assert!(recorded.len() > known.len() + 500);
}
