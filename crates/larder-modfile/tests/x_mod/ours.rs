//! Our answers to the questions, in the words of `tests/oracle`.

use std::error::Error;
use std::sync::Arc;

use larder_modfile::{FixError, GoMod, GoWork, Separation, VersionInterval, Wanted};
use larder_module::{NamedVersion, canonical_version};
use serde_json::{Value, json};

use crate::questions::Question;

/// Resolves what the oracle resolves.
fn fix(path: &str, version: &str) -> Result<String, FixError> {
    let error = |text: String| Arc::from(Box::<dyn Error + Send + Sync>::from(text));
    match version {
        "master" => Ok("v1.9.0".to_owned()),
        "gone" => Err(FixError::OfModule(error("unknown revision gone".to_owned()))),
        "v0" => Err(FixError::Other(error(format!("no versions of {path}")))),
        other if canonical_version(other).as_deref() == Some(other) => Ok(other.to_owned()),
        _ => Err(FixError::Other(error("not canonical".to_owned()))),
    }
}

pub(crate) fn answer(question: &Question) -> Value {
    let read = match question.op {
        "work" => return work(question),
        "strict" => GoMod::parse("go.mod", &question.file, None),
        "lax" => GoMod::parse_lax("go.mod", &question.file, None),
        _ => GoMod::parse("go.mod", &question.file, Some(&mut fix)),
    };
    let mut read = match read {
        Ok(read) => read,
        Err(error) => return refused(&error.to_string()),
    };
    let (said, formatted) = (said(&read), read.format());
    let edits = question.edits.as_ref();
    let edits = edits.map(|edits| edits.iter().map(|edit| apply(&mut read, edit)).collect());
    if edits.is_none() {
        read.sort_blocks();
    }
    read.cleanup();
    found(said, &formatted, &read.format(), edits)
}

fn refused(error: &str) -> Value {
    json!({ "Error": error, "Said": null, "Formatted": "", "Sorted": "", "Edits": null })
}

fn found(said: Vec<String>, formatted: &[u8], sorted: &[u8], edits: Option<Vec<String>>) -> Value {
    let list = |list: Vec<String>| if list.is_empty() { Value::Null } else { json!(list) };
    json!({
        "Error": "",
        "Said": list(said),
        "Formatted": formatted.escape_ascii().to_string(),
        "Sorted": sorted.escape_ascii().to_string(),
        "Edits": list(edits.unwrap_or_default()),
    })
}

fn said(read: &GoMod) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(read.module.as_ref().map(|of| {
        format!("module {} deprecated {}", of.path, of.deprecated.as_deref().unwrap_or_default())
    }));
    said.extend(read.go.as_ref().map(|of| format!("go {}", of.version)));
    said.extend(read.toolchain.as_ref().map(|of| format!("toolchain {}", of.name)));
    said.extend(read.godebug.iter().map(|of| format!("godebug {} {}", of.key, of.value)));
    said.extend(read.require.iter().map(|of| format!("require {} {}", of.module, of.indirect)));
    said.extend(read.exclude.iter().map(|of| format!("exclude {}", of.module)));
    said.extend(read.replace.iter().map(|of| format!("replace {} {}", of.old, of.new)));
    said.extend(
        read.retract
            .iter()
            .map(|of| format!("retract {} {} {}", of.interval.low, of.interval.high, of.rationale)),
    );
    said.extend(read.tool.iter().map(|of| format!("tool {}", of.path)));
    said.extend(read.ignore.iter().map(|of| format!("ignore {}", of.path)));
    said
}

/// The words of an edit, of which the last may be missing.
struct Words<'a>(&'a [String]);

impl<'a> Words<'a> {
    fn at(&self, index: usize) -> &'a str {
        self.0.get(index).map_or("", String::as_str)
    }

    fn module(&self, index: usize) -> NamedVersion {
        NamedVersion::new(self.at(index), self.at(index + 1))
    }

    fn interval(&self) -> VersionInterval {
        VersionInterval { low: self.at(0).into(), high: self.at(1).into() }
    }

    fn wanted(&self) -> Vec<Wanted> {
        let one = |words: &[String]| Wanted {
            module: NamedVersion::new(words[0].as_str(), words[1].as_str()),
            indirect: words[2] == "true",
        };
        self.0.chunks_exact(3).map(one).collect()
    }
}

fn apply(file: &mut GoMod, edit: &[String]) -> String {
    let (op, words) = (edit[0].as_str(), Words(&edit[1..]));
    let first = words.at(0);
    let mut done = Ok(());
    match op {
        "require" => file.add_require(&words.module(0)),
        "new-require" => file.add_new_require(&words.wanted()[0]),
        "drop-require" => file.drop_require(first),
        "set" => file.set_require(&words.wanted()),
        "separate" => file.set_require_separate(&words.wanted(), Separation::KeepBlocks),
        "at-most-two" => file.set_require_separate(&words.wanted(), Separation::AtMostTwo),
        "module" => file.set_module(first),
        "go" => done = file.set_go(first),
        "drop-go" => file.drop_go(),
        "toolchain" => done = file.set_toolchain(first),
        "drop-toolchain" => file.drop_toolchain(),
        "godebug" => file.add_godebug(first, words.at(1)),
        "drop-godebug" => file.drop_godebug(first),
        "exclude" => done = file.add_exclude(&words.module(0)),
        "drop-exclude" => file.drop_exclude(&words.module(0)),
        "replace" => file.add_replace(&words.module(0), &words.module(2)),
        "drop-replace" => file.drop_replace(&words.module(0)),
        "retract" => done = file.add_retract(&words.interval(), words.at(2)),
        "drop-retract" => file.drop_retract(&words.interval()),
        "tool" => file.add_tool(first),
        "drop-tool" => file.drop_tool(first),
        "ignore" => file.add_ignore(first),
        "drop-ignore" => file.drop_ignore(first),
        "comment" => file.add_comment(first),
        "cleanup" => file.cleanup(),
        "sort" => file.sort_blocks(),
        other => panic!("unknown edit {other}"),
    }
    file.cleanup();
    done.err().map(|error| error.to_string()).unwrap_or_default()
}

fn work(question: &Question) -> Value {
    let mut read = match GoWork::parse("go.work", &question.file, None) {
        Ok(read) => read,
        Err(error) => return refused(&error.to_string()),
    };
    let mut said = Vec::new();
    said.extend(read.go.as_ref().map(|of| format!("go {}", of.version)));
    said.extend(read.toolchain.as_ref().map(|of| format!("toolchain {}", of.name)));
    said.extend(read.godebug.iter().map(|of| format!("godebug {} {}", of.key, of.value)));
    said.extend(read.uses.iter().map(|of| format!("use {}", of.path)));
    said.extend(read.replace.iter().map(|of| format!("replace {} {}", of.old, of.new)));
    let formatted = read.format();
    let edits = question.edits.as_ref();
    let edits = edits.map(|edits| edits.iter().map(|edit| apply_work(&mut read, edit)).collect());
    if edits.is_none() {
        read.sort_blocks();
    }
    read.cleanup();
    found(said, &formatted, &read.format(), edits)
}

fn apply_work(file: &mut GoWork, edit: &[String]) -> String {
    let (op, words) = (edit[0].as_str(), Words(&edit[1..]));
    let first = words.at(0);
    let mut done = Ok(());
    match op {
        "go" => done = file.set_go(first),
        "drop-go" => file.drop_go(),
        "toolchain" => done = file.set_toolchain(first),
        "drop-toolchain" => file.drop_toolchain(),
        "godebug" => file.add_godebug(first, words.at(1)),
        "drop-godebug" => file.drop_godebug(first),
        "use" => file.add_use(first),
        "drop-use" => file.drop_use(first),
        "replace" => file.add_replace(&words.module(0), &words.module(2)),
        "drop-replace" => file.drop_replace(&words.module(0)),
        "cleanup" => file.cleanup(),
        "sort" => file.sort_blocks(),
        other => panic!("unknown edit {other}"),
    }
    file.cleanup();
    done.err().map(|error| error.to_string()).unwrap_or_default()
}
