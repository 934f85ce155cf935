//! Known and random questions.
//!
//! The random ones are known ones with a few characters changed, so that most come close to a rule.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const PATHS: &[&str] = &[
    "golang.org/x/text",
    "github.com/Azure/go-autorest/autorest",
    "github.com/BurntSushi/toml",
    "gopkg.in/yaml.v3",
    "gopkg.in/yaml.v1-unstable",
    "gopkg.in/check.v1",
    "gopkg.in/src-d/go-git.v4",
    "example.com/m/v2",
    "example.com/m/v10",
    "example.com/m/v1",
    "example.com/m/v02",
    "example.com/m/v2.1",
    "example.com/-dash/_under/~tilde/x.y",
    "example.com/progra~1/x",
    "example.com/aux.c/nul/com1",
    "example.com/.git/..",
    "Example.com/m",
    "localhost/m",
    "k8s.io/client-go",
    "-a.b/c",
    "a.b/é",
];

const ESCAPED: &[&str] =
    &["github.com/!azure/go-autorest", "github.com/!burnt!sushi/toml", "a.b/!c/v2", "v1.0.0-!r!c1"];

const VERSIONS: &[&str] = &[
    "v0.0.0",
    "v1.2.3",
    "v1.10.0",
    "v2.0.0+incompatible",
    "v1.2.3-rc.1",
    "v1.2.3-alpha.beta-1.0.10",
    "v1.2.3+meta.1",
    "v0.0.0-20191109021931-daa7c04131f5",
    "v1.2.4-0.20191109021931-daa7c04131f5",
    "v1.2.0-0.20191109021931-daa7c04131f5",
    "v1.2.3-rc.1.0.20191109021931-daa7c04131f5",
    "v2.0.1-0.20191109021931-daa7c04131f5+incompatible",
    "v2.0.0-20191109021931-daa7c04131f5+incompatible",
    "v1.2.3-20191109021931-daa7c04131f5",
    "v0.0.1-go1.27.3.linux-amd64",
    "v1.2",
    "v1",
    "master",
    "daa7c04131f5",
    "feature/x",
    "con.v1",
    "a!b",
];

const PATTERNS: &[&str] = &[
    "*.corp.com,github.com/acme/*",
    "git.corp.com",
    "*",
    "a.b/[a-c]*/x?",
    "gopkg.in/*.v[^13]",
    "example.com/m/",
    "x,,[,*/m",
    "example.com/\\m/v[0-9]",
    "*/*/v2,k*-*",
];

/// Every kind of question about every known text.
pub(crate) fn known() -> Vec<String> {
    let mut questions = Vec::new();
    let texts = || PATHS.iter().chain(ESCAPED).chain(VERSIONS);
    for text in texts() {
        for kind in
            ["path", "unescape", "split", "version", "revision", "unescape-revision", "pseudo"]
        {
            questions.push(format!("{kind}\t{text}"));
        }
    }
    for version in VERSIONS {
        questions.extend(VERSIONS.iter().map(|other| format!("compare\t{version}\t{other}")));
        questions.extend(PATHS.iter().map(|path| format!("check\t{path}\t{version}")));
    }
    for pattern in PATTERNS {
        questions.extend(PATHS.iter().map(|path| format!("match\t{pattern}\t{path}")));
    }
    questions
}

/// Questions about texts that are nearly known ones; the same for the same `count`.
pub(crate) fn random(count: usize) -> Vec<String> {
    let one = |kind: &'static str, texts: &'static [&'static str]| {
        near(texts).prop_map(move |text| format!("{kind}\t{text}"))
    };
    let two = |kind: &'static str, a: &'static [&'static str], b: &'static [&'static str]| {
        (near(a), near(b)).prop_map(move |(a, b)| format!("{kind}\t{a}\t{b}"))
    };
    let question = prop_oneof![
        4 => one("path", PATHS),
        2 => one("unescape", ESCAPED),
        2 => one("split", PATHS),
        4 => one("version", VERSIONS),
        2 => one("revision", VERSIONS),
        1 => one("revision", PATHS),
        2 => one("unescape-revision", ESCAPED),
        4 => one("pseudo", VERSIONS),
        4 => two("compare", VERSIONS, VERSIONS),
        4 => two("check", PATHS, VERSIONS),
        4 => two("match", PATTERNS, PATHS),
    ];
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| question.new_tree(&mut runner).unwrap().current()).collect()
}

/// A known text with up to three characters put in place of others, mostly none.
fn near(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = "[a-cvxA-C0-29./!~+*?\\\\\\[\\]^_,\" -]|é|/v[0-9]|-0\\.|\\.0|con|\u{212a}";
    let edit = (any::<prop::sample::Index>(), 0..3_usize, prop_oneof![piece, Just(String::new())]);
    (prop::sample::select(texts), prop::collection::vec(edit, 0..4)).prop_map(|(text, edits)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, gone, piece) in edits {
            let at = at.index(characters.len() + 1);
            let end = (at + gone).min(characters.len());
            characters.splice(at..end, piece.chars());
        }
        characters.into_iter().collect()
    })
}
