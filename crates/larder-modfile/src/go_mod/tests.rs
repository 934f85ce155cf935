//! Stories of reading go.mod files; what go makes of the same is in `tests/live.rs`.

use super::*;
use crate::error::FixError;

/// What a file says, one statement a line.
fn said(read: &GoMod) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    if let Some(Module { path, deprecated, .. }) = &read.module {
        said.push(format!("module {path}"));
        said.extend(deprecated.as_ref().map(|text| format!("deprecated {text}")));
    }
    said.extend(read.go.as_ref().map(|go| format!("go {}", go.version)));
    said.extend(read.toolchain.as_ref().map(|toolchain| format!("toolchain {}", toolchain.name)));
    said.extend(read.godebug.iter().map(|of| format!("godebug {} {}", of.key, of.value)));
    said.extend(
        read.require.iter().map(|of| {
            format!("require {}{}", of.module, if of.indirect { " indirect" } else { "" })
        }),
    );
    said.extend(read.exclude.iter().map(|of| format!("exclude {}", of.module)));
    said.extend(read.replace.iter().map(|of| format!("replace {} => {}", of.old, of.new)));
    said.extend(
        read.retract
            .iter()
            .map(|of| format!("retract {} {} {}", of.interval.low, of.interval.high, of.rationale)),
    );
    said.extend(read.tool.iter().map(|of| format!("tool {}", of.path)));
    said.extend(read.ignore.iter().map(|of| format!("ignore {}", of.path)));
    said
}

#[track_caller]
fn check(text: &str, lax: Lax, expect: Result<&[&str], &str>) {
    let read = read("go.mod", text.as_bytes(), None, lax);
    let read = read.map(|read| said(&read)).map_err(|error| error.to_string());
    let expect = expect.map(|lines| lines.iter().map(|&line| line.to_owned()).collect());
    assert_eq!(read, expect.map_err(str::to_owned), "{text}");
}

#[track_caller]
fn strict(text: &str, expect: Result<&[&str], &str>) {
    check(text, Lax::No, expect);
}

#[test]
fn every_statement_is_read_in_a_block_and_alone() {
    strict(
        "module m.x/m\n\ngo 1.26\n\ntoolchain go1.26.8\n\ngodebug default=go1.21\n\nrequire a.b/c \
         v1.2.3\n\nrequire (\n\td.e/f/v2 v2.0.1 // indirect\n\t\"g.h/i\" v2.0.0+incompatible // indirect; \
         why\n\tgopkg.in/x.v1 v0.0.0-20060102150405-abcdefabcdef // indirectly\n)\n\
         exclude a.b/c v1.0.0\ntool a.b/c/cmd\nignore (\n\t./x\n\ty\n)\n",
        Ok(&[
            "module m.x/m",
            "go 1.26",
            "toolchain go1.26.8",
            "godebug default go1.21",
            "require a.b/c@v1.2.3",
            "require d.e/f/v2@v2.0.1 indirect",
            "require g.h/i@v2.0.0+incompatible indirect",
            "require gopkg.in/x.v1@v0.0.0-20060102150405-abcdefabcdef",
            "exclude a.b/c@v1.0.0",
            "tool a.b/c/cmd",
            "ignore ./x",
            "ignore y",
        ]),
    );
    strict("", Ok(&[]));
    strict("require()\nmodule (\nm\n)\n", Ok(&["module m"]));
}

#[test]
fn replacements_are_modules_or_directories() {
    strict(
        "replace (\n\ta.b/c => ../c\n\ta.b/c v1.0.0 => d.e/f v1.5.0\n\tx => \"/srv/my x\"\n)\n\
         replace y v1 => z v1\n",
        Ok(&[
            "replace a.b/c => ../c",
            "replace a.b/c@v1.0.0 => d.e/f@v1.5.0",
            "replace x => /srv/my x",
            "replace y@v1.0.0 => z@v1.0.0",
        ]),
    );
}

#[test]
fn comments_are_the_reasons_of_retractions() {
    strict(
        "module m // Deprecated: use n.\n// gone\nretract v1.0.0\n// block\nretract (\n\t[v1.1.0, v1.2.0] // \
         broken\n\n\t// one\n\t// two\n\tv1.3.0\n\tv1.4\n)\n",
        Ok(&[
            "module m",
            "deprecated use n.",
            "retract v1.0.0 v1.0.0 gone",
            "retract v1.1.0 v1.2.0 broken",
            "retract v1.3.0 v1.3.0 one\ntwo",
            "retract v1.4 v1.4 block",
        ]),
    );
}

#[test]
fn a_dependency_may_be_newer_than_we_are() {
    let text = "module m\ngo v1.99.0-x\nfuture thing => x\nreplace nonsense\nexclude (\n\tx\n)\n\
                toolchain local\nretract (v1.0.0, v1.1.0)\nfuture a (\n\tb\n)\nrequire a v1\n";
    check(text, Lax::Yes, Ok(&["module m", "go 1.99", "require a@v1.0.0"]));
    strict(
        text,
        Err("go.mod:2: invalid go version 'v1.99.0-x': must match format 1.23.0\n\
             go.mod:3: unknown directive: future\n\
             go.mod:4: usage: replace module/path [v1.2.3] => other/module v1.4\n\
             \t or replace module/path [v1.2.3] => ../local/directory\n\
             go.mod:6:2: usage: exclude module/path v1.2.3\n\
             go.mod:8: invalid toolchain version 'local': must match format go1.23.0 or default\n\
             go.mod:9: expected '[' or version\n\
             go.mod:10: unknown block type: future a"),
    );
    check(
        "require a master\n",
        Lax::Yes,
        Err("go.mod:1: require a: version \"master\" invalid: must be of the form v1.2.3"),
    );
}

#[test]
fn versions_must_be_of_the_major_version_that_the_path_names() {
    strict(
        "require a.b/c v2.0.0\n",
        Err("go.mod:1: require a.b/c: version \"v2.0.0\" invalid: should be v0 or v1, not v2"),
    );
    strict(
        "require (\n\ta.b/c/v2 v3.0.0\n)",
        Err("go.mod:2:2: require a.b/c/v2: version \"v3.0.0\" invalid: should be v2, not v3"),
    );
    strict("exclude a.b/c/v1 v1.0.0\n", Err("go.mod:1: invalid module path"));
    strict("replace a/v1 => ./a\n", Err("go.mod:1: replace a/v1: invalid module path"));
}

#[test]
fn a_file_that_cannot_be_taken_apart_has_one_error() {
    strict(
        "module m\nrequire (\n\ta v1\n",
        Err("go.mod:4: syntax error (unterminated block started at go.mod:2:1)"),
    );
    strict(
        "module m\nrequire (\n) x\n",
        Err("go.mod:3:4: syntax error (expected newline after closing paren)"),
    );
    strict("module \"m\n", Err("go.mod:1:10: unexpected newline in string"));
    strict("module \"m", Err("go.mod:1:8: unexpected EOF in string"));
    strict("module m\x07", Err("go.mod:1:9: unexpected input character '\\a'"));
}

#[test]
fn quotations_have_gos_rules() {
    strict("module \"a b\"\n", Ok(&["module a b"]));
    strict(
        "module `a`\n",
        Err("go.mod:1: invalid quoted string: unquoted string cannot contain quote"),
    );
    strict("module \"\\q\"\n", Err("go.mod:1: invalid quoted string: invalid syntax"));
    strict(
        "require a v1'\n",
        Err("go.mod:1: require a: version \"v1'\" invalid: unquoted string cannot contain quote"),
    );
}

/// Resolves `master`, and knows nothing else.
fn fix(path: &str, version: &str) -> Result<String, FixError> {
    match version {
        "master" => Ok("v1.9.0".to_owned()),
        "gone" => Err(FixError::OfModule(Arc::from(Box::from("unknown revision gone")))),
        "v0" => Err(FixError::Other(Arc::from(Box::from(format!("no versions of {path}"))))),
        canonical => Ok(canonical.to_owned()),
    }
}

#[test]
fn versions_are_resolved_those_of_retract_last() {
    let resolve = |text: &str| {
        let read = GoMod::parse("go.mod", text.as_bytes(), Some(&mut fix));
        read.map(|read| String::from_utf8(read.format()).unwrap()).map_err(|e| e.to_string())
    };
    let check = |text: &str, expect: &str| assert_eq!(resolve(text), Ok(expect.to_owned()));
    check(
        "retract [master,v1.0.0]\nrequire a master // now\nmodule m\n",
        "retract [v1.9.0, v1.0.0]\n\nrequire a v1.9.0 // now\n\nmodule m\n",
    );
    let refused = |text, expect: &str| assert_eq!(resolve(text), Err(expect.to_owned()));
    refused("require a gone\n", "go.mod:1: require a: unknown revision gone");
    refused("require a v0\n", "go.mod:1: no versions of a");
    refused(
        "retract v1.0.0\n\nretract v1.1.0\n",
        "go.mod:1: no module directive found, so retract cannot be used",
    );
    refused("module m\nretract gone\n", "go.mod:2: retract m: unknown revision gone");
}

#[test]
fn statements_know_where_they_stand() {
    let text = "module m\nrequire (\n\n\ta v1.0.0\n)\n";
    let read = GoMod::parse("go.mod", text.as_bytes(), None).unwrap();
    let position = read.position(read.require[0].line);
    assert_eq!(position, Position { line: 4, column: 2 });
}

#[test]
fn errors_can_be_told_of_a_file_by_a_shorter_name() {
    let errors = GoMod::parse("/work/m/go.mod", b"module m\nrequire (\n", None).unwrap_err();
    let excerpt = errors.errors()[0].excerpt(b"module m\nrequire (\n");
    assert_eq!(excerpt.as_deref(), Some("  |\n3 | \n  | ^"));
    assert_eq!(
        errors.told_of("go.mod").to_string(),
        "go.mod:3: syntax error (unterminated block started at /work/m/go.mod:2:1)"
    );
}

mod round_trips {
    use proptest::prelude::*;

    use super::{Lax, read, said};

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "(require |\t)[a-c]\\.d/[e-g] v[01]\\.[0-9]{1,2}\\.0( // indirect(; x)?)?\r?\n",
            2 => "(require|exclude|replace|retract|tool|ignore) \\(( // x)?\n",
            3 => "\\)( // y)?\n",
            1 => "(\t|replace )[a-c]( v1\\.0\\.0)? => (\\./x|\"\\.\\./y z\"|d v1\\.2\\.3)( // w)?\n",
            1 => "(\t|retract )(v1\\.[0-9]\\.0|\\[v1\\.[0-9]\\.0, v1\\.9\\.0\\])( // bad)?\n",
            1 => "(module|tool|ignore) (a|b\\.c/d|\"e f\")( // Deprecated: no)?\n",
            1 => "(go 1\\.2[0-9]|toolchain go1\\.22\\.0|godebug a=b)\n",
            3 => "[ \t]*(//[ -~]{0,5})?\n",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn what_was_formatted_says_the_same_and_stays(
            lines in proptest::collection::vec(line(), 0..14),
        ) {
            let text = lines.concat();
            if let Ok(before) = read("go.mod", text.as_bytes(), None, Lax::No) {
                let formatted = before.format();
                let after = read("go.mod", &formatted, None, Lax::No).unwrap();
                prop_assert_eq!(said(&after), said(&before));
                prop_assert_eq!(after.format(), formatted);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            for lax in [Lax::Yes, Lax::No] {
                if let Err(errors) = read("go.mod", &bytes, None, lax) {
                    prop_assert!(!errors.errors().is_empty());
                    let _ = errors.errors()[0].excerpt(&bytes);
                }
            }
        }
    }
}
