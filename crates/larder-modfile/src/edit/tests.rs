//! Stories of edits; `tests/x_mod` holds the same edits, at random, against x/mod.

use larder_module::NamedVersion;

use super::{Separation, Wanted};
use crate::{GoMod, GoWork, VersionInterval};

/// What a go.mod becomes by a change.
#[track_caller]
fn check(before: &str, change: impl FnOnce(&mut GoMod), after: &str) {
    let mut file = GoMod::parse("go.mod", before.as_bytes(), None).unwrap();
    change(&mut file);
    file.cleanup();
    assert_eq!(String::from_utf8(file.format()).unwrap(), after, "{before}");
    let again = GoMod::parse("go.mod", after.as_bytes(), None).unwrap();
    let modules = |file: &GoMod| {
        let mut modules: Vec<_> =
            file.require.iter().map(|of| (of.module.clone(), of.indirect)).collect();
        modules.sort_by_key(|(module, _)| module.to_string());
        modules
    };
    assert_eq!(modules(&file), modules(&again), "statements and tree are in step");
}

fn module(text: &str) -> NamedVersion {
    let (path, version) = text.split_once('@').unwrap_or((text, ""));
    NamedVersion::new(path, version)
}

/// `a@v1.0.0` is direct, `a@v1.0.0 indirect` is not.
fn wanted(list: &[&str]) -> Vec<Wanted> {
    let one = |text: &&str| match text.strip_suffix(" indirect") {
        Some(text) => Wanted { module: module(text), indirect: true },
        None => Wanted { module: module(text), indirect: false },
    };
    list.iter().map(one).collect()
}

#[test]
fn a_requirement_is_changed_where_it_stands_or_added_to_the_last_block() {
    let before = "module m\n\nrequire (\n\ta v1.0.0 // why\n\tb v1.0.0\n)\n";
    check(
        before,
        |file| file.add_require(&module("a@v1.5.0")),
        "module m\n\nrequire (\n\ta v1.5.0 // why\n\tb v1.0.0\n)\n",
    );
    check(
        before,
        |file| file.add_require(&module("c d@v1.5.0")),
        "module m\n\nrequire (\n\ta v1.0.0 // why\n\tb v1.0.0\n\t\"c d\" v1.5.0\n)\n",
    );
    check(before, |file| file.drop_require("b"), "module m\n\nrequire a v1.0.0 // why\n");
    check(
        "module m\n",
        |file| file.add_require(&module("a@v1.0.0")),
        "module m\n\nrequire a v1.0.0\n",
    );
}

#[test]
fn all_requirements_are_set_without_touching_blocks() {
    check(
        "module m\n\nrequire (\n\tb v1.0.0 // indirect; keep\n\tgone v1.0.0\n\n\ta v1.0.0\n)\n\n// mine\nrequire c \
         v1.0.0\n",
        |file| {
            file.set_require(&wanted(&["a@v1.1.0", "b@v1.0.0", "c@v1.0.0 indirect", "d@v1.0.0"]));
        },
        "module m\n\nrequire (\n\ta v1.1.0\n\tb v1.0.0 // keep\n)\n\nrequire (\n\t// mine\n\tc v1.0.0 // \
         indirect\n\td v1.0.0\n)\n",
    );
}

#[test]
fn one_block_without_comments_is_split() {
    check(
        "module m\n\ngo 1.21\n\nrequire (\n\ta v1.0.0\n\tb v1.0.0 // indirect\n\tc v1.0.0\n)\n",
        |file| {
            let all = wanted(&["a@v1.0.0", "b@v1.0.0 indirect", "c@v1.0.0 indirect", "d@v1.0.0"]);
            file.set_require_separate(&all, Separation::KeepBlocks);
        },
        "module m\n\ngo 1.21\n\nrequire (\n\ta v1.0.0\n\td v1.0.0\n)\n\nrequire (\n\tb v1.0.0 // \
         indirect\n\tc v1.0.0 // indirect\n)\n",
    );
}

#[test]
fn the_blocks_of_a_person_stay() {
    let before = "module m\n\n// ours\nrequire (\n\ta v1.0.0\n\tb v1.0.0\n)\n\nrequire c v1.0.0\n\nrequire d \
                  v1.0.0 // indirect\n";
    let all = ["a@v1.0.0", "b@v1.0.0 indirect", "c@v1.0.0 indirect", "d@v1.0.0", "e@v1.0.0"];
    check(
        before,
        |file| file.set_require_separate(&wanted(&all), Separation::KeepBlocks),
        "module m\n\n// ours\nrequire (\n\ta v1.0.0\n\tb v1.0.0 // indirect\n)\n\nrequire (\n\tc v1.0.0 // \
         indirect\n\te v1.0.0\n)\n\nrequire d v1.0.0\n",
    );
    check(
        before,
        |file| file.set_require_separate(&wanted(&all), Separation::AtMostTwo),
        "module m\n\n// ours\nrequire (\n\ta v1.0.0\n\td v1.0.0\n\te v1.0.0\n)\n\nrequire (\n\tb v1.0.0 // \
         indirect\n\tc v1.0.0 // indirect\n)\n",
    );
}

#[test]
fn a_mark_is_the_first_item_of_a_comment() {
    let mark = |before: &str, indirect, after: &str| {
        let one = if indirect { "a@v1.0.0 indirect" } else { "a@v1.0.0" };
        check(
            &format!("require a v1.0.0{before}\n"),
            |file| file.set_require(&wanted(&[one])),
            &format!("require a v1.0.0{after}\n"),
        );
    };
    mark("", true, " // indirect");
    mark(" // why", true, " // indirect; why");
    mark(" //", true, " // indirect");
    mark(" //indirect", true, " //indirect");
    mark(" // indirect; why", false, " // why");
    mark(" // indirect", false, "");
}

#[test]
fn the_version_of_go_stands_behind_the_module() {
    check(
        "module m\n\nrequire a v1.0.0\n",
        |file| file.set_go("1.26").unwrap(),
        "module m\n\ngo 1.26\n\nrequire a v1.0.0\n",
    );
    check(
        "module m\n\ngo 1.21 // c\n\nrequire a v1.0.0\n",
        |file| {
            file.set_go("1.26.8").unwrap();
            file.set_toolchain("go1.27.3").unwrap();
        },
        "module m\n\ngo 1.26.8 // c\n\ntoolchain go1.27.3\n\nrequire a v1.0.0\n",
    );
    check(
        "module m\n\ngo 1.26\n\ntoolchain go1.27.3\n",
        |file| {
            file.drop_go();
            file.drop_toolchain();
        },
        "module m\n",
    );
    let refused = GoMod::default().set_go("1").unwrap_err();
    assert_eq!(refused.to_string(), "invalid language version \"1\"");
    let refused = GoMod::default().set_toolchain("local").unwrap_err();
    assert_eq!(refused.to_string(), "invalid toolchain name \"local\"");
}

#[test]
fn a_file_can_be_made_from_nothing() {
    check(
        "",
        |file| {
            file.set_module("example.com/m");
            file.set_go("1.26").unwrap();
            file.add_tool("b/c");
            file.add_tool("a/c");
            file.add_ignore("./x");
            file.add_godebug("default", "go1.21");
            file.add_exclude(&module("a@v1.0.0")).unwrap();
            file.add_replace(&module("a"), &module("../a b"));
            let interval = VersionInterval { low: "v1.0.0".into(), high: "v1.1.0".into() };
            file.add_retract(&interval, "first\nsecond").unwrap();
            file.add_comment("// end");
        },
        "module example.com/m\n\ngo 1.26\n\ntool (\n\ta/c\n\tb/c\n)\n\nignore ./x\n\ngodebug \
         default=go1.21\n\nexclude a v1.0.0\n\nreplace a => \"../a b\"\n\n// first\n// second\nretract [v1.0.0, \
         v1.1.0]\n\n// end\n",
    );
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    check(
        "module m\n\ngodebug a=b\n\nexclude a v1.0.0 // c\n\nreplace a => ../b\n\nretract v1.0.0\n\ntool a\n\nignore \
         b\n",
        |file| {
            file.drop_godebug("a");
            file.drop_exclude(&module("a@v1.0.0"));
            file.drop_replace(&module("a"));
            file.drop_retract(&VersionInterval { low: "v1.0.0".into(), high: "v1.0.0".into() });
            file.drop_tool("a");
            file.drop_ignore("b");
        },
        "module m\n",
    );
}

#[test]
fn excluded_and_retracted_versions_must_be_canonical() {
    let refused = |text: &str, expect: &str| {
        let error = GoMod::default().add_exclude(&module(text)).unwrap_err();
        assert_eq!(error.to_string(), expect);
    };
    refused("a@v1", "version \"v1\" invalid: must be of the form v1.2.3");
    refused("a/v2@v2", "version \"v2\" invalid: must be of the form v2.2.3");
    refused(
        "a@v2.0.0",
        "version \"v2.0.0\" invalid: should be v2.0.0+incompatible (or module a/v2)",
    );
    refused("a/v2@v3.0.0", "version \"v3.0.0\" invalid: should be v2, not v3");
}

#[test]
fn blocks_are_sorted_by_what_versions_mean() {
    check(
        "go 1.21\n\nexclude (\n\ta v1.10.0\n\ta v1.9.0\n\ta v1.9.0\n)\n\nretract (\n\tv1.0.0\n\t[v1.2.0, \
         v1.3.0]\n)\n",
        GoMod::sort_blocks,
        "go 1.21\n\nexclude (\n\ta v1.9.0\n\ta v1.10.0\n)\n\nretract (\n\t[v1.2.0, v1.3.0]\n\tv1.0.0\n)\n",
    );
    check(
        "go 1.20\n\nexclude (\n\ta v1.9.0\n\ta v1.10.0\n)\n",
        GoMod::sort_blocks,
        "go 1.20\n\nexclude (\n\ta v1.10.0\n\ta v1.9.0\n)\n",
    );
}

#[test]
fn a_workspace_is_changed_like_a_module() {
    let mut file = GoWork::parse("go.work", b"// top\n\nuse ./b\n", None).unwrap();
    file.set_go("1.26").unwrap();
    file.set_toolchain("go1.27.3").unwrap();
    file.set_uses(&["./b", "./a b"]);
    file.add_godebug("a", "b");
    file.add_replace(&module("x@v1.0.0"), &module("y@v1.1.0"));
    file.cleanup();
    let expect = "// top\n\ngo 1.26\n\ntoolchain go1.27.3\n\nuse (\n\t\"./a b\"\n\t./b\n)\n\ngodebug \
                  a=b\n\nreplace x v1.0.0 => y v1.1.0\n";
    assert_eq!(String::from_utf8(file.format()).unwrap(), expect);
    file.drop_use("./a b");
    file.drop_go();
    file.drop_toolchain();
    file.drop_godebug("a");
    file.drop_replace(&module("x@v1.0.0"));
    file.cleanup();
    assert_eq!(file.format(), b"// top\n\nuse ./b\n");
}
