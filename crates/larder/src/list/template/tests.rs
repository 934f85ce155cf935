//! Templates filled in with a module, beside what Go answers; and what is refused.

use larder_modload::{ModuleError, ModuleInfo, Moment, Origin};

use super::Template;
use crate::list::record;

/// What Go answered to a table of templates, made with the module of [`module`].
const GO_ANSWERS: &str = include_str!("go_answers.tsv");

fn module() -> ModuleInfo {
    let path = || "example.com/m".to_owned();
    let time = Moment::parse("2018-02-14T00:45:20Z");
    let update =
        ModuleInfo { path: path(), version: "v1.3.0".into(), time, ..ModuleInfo::default() };
    ModuleInfo {
        path: path(),
        version: "v1.2.3".into(),
        versions: vec!["v1.0.0".into(), "v1.2.3".into(), "v1.3.0".into()],
        time,
        indirect: true,
        go_version: "1.21".into(),
        update: Some(Box::new(update)),
        error: Some(ModuleError { text: "it's <bad> & \"worse\"".into() }),
        origin: Some(Origin {
            vcs: "git".into(),
            url: "https://example.com/m".into(),
            ..Origin::default()
        }),
        ..ModuleInfo::default()
    }
}

/// What a template gives: its text, and `!!` and the failure behind it.
fn filled_in(text: &str) -> String {
    let module = module();
    let mut out = String::new();
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => return format!("!!{error}"),
    };
    match template.execute(&record::value(&module), &mut out) {
        Ok(()) => out,
        Err(error) => format!("{out}!!{error}"),
    }
}

#[test]
fn templates_give_what_go_gives() {
    let lines = GO_ANSWERS.lines().filter(|line| !line.starts_with('#'));
    let mut differences = Vec::new();
    let mut count = 0;
    for line in lines {
        let (text, expect) = line.split_once('\t').unwrap();
        let got = filled_in(&text.replace('⏎', "\n")).replace('\n', "⏎");
        if got != expect {
            differences.push(format!("{text}\n  go:     {expect}\n  larder: {got}"));
        }
        count += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 150, "the table was cut to {count} lines");
}

#[track_caller]
fn check_refused(text: &str, reason: &str) {
    assert_eq!(filled_in(text), format!("!!template: main:1: {reason}"), "{text}");
}

#[test]
fn what_is_outside_the_understood_part_is_refused_by_name() {
    check_refused("{{define \"x\"}}{{end}}", "{{define}} is not understood in a format");
    check_refused("{{.Path}}{{template \"x\"}}", "{{template}} is not understood in a format");
    check_refused("{{context.GOOS}}", "function \"context\" is not understood in a format");
    check_refused("{{1i}}", "imaginary number \"1i\" is not understood in a format");
}

#[test]
fn endless_depth_is_refused_and_does_not_end_the_process() {
    let deep = format!("{{{{{}1{}}}}}", "(".repeat(100_000), ")".repeat(100_000));
    check_refused(&deep, "max expression depth exceeded");
    check_refused(&"{{if 1}}".repeat(100_000), "max expression depth exceeded");
    let chain = format!("{{{{if 1}}}}{}", "{{else if 1}}".repeat(100_000));
    check_refused(&chain, "max expression depth exceeded");
}

proptest::proptest! {
    #[test]
    fn no_template_panics(text in r#"(\{\{|\}\}|[ .$a-z"'`|():=,0-9*\[\]%é-]|\.Path|range|if|end|else|printf |index |slice ){0,24}"#) {
        let _whatever = filled_in(&text);
        let _whatever = filled_in(&format!("{{{{printf {text:?} .Path .Versions 3 .Main}}}}"));
    }
}
