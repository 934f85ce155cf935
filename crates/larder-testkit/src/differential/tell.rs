//! Many stories at once, with each go that could be had, and the visible list of those that are
//! known to be told differently.
//!
//! A story on that list which is no longer told differently fails the test as much as one that is
//! not on it and differs: the list can only tell the truth.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::transcript::Transcript;
use super::{Side, Story};
use crate::{Go, ModuleFiles, SmallDisk};

/// Stories told at the same moment; they mostly wait for processes.
const AT_ONCE: usize = 3;
/// The variable that keeps the stories whose name contains its value.
const ONLY: &str = "LARDER_STORY";

/// A story that is known to be told differently, and why.
#[derive(Debug, Clone, Copy)]
pub struct KnownDifference {
    /// The story's name.
    pub story: &'static str,
    /// The release of go it differs from (a prefix: `go1.27`), or `go` for all.
    pub go: &'static str,
    /// Why it differs.
    pub because: &'static str,
}

/// How `other` tells a story differently from `side`; nothing when it does not.
pub fn differences(story: &Story, side: &Side, other: &Side, stock: &[ModuleFiles]) -> Vec<String> {
    let base = place();
    let expected = Transcript::of(story, side, base.path(), stock);
    let told = Transcript::of(story, other, base.path(), stock);
    told.differences(&expected)
}

/// What a side says in a story, for a reader.
pub fn told(story: &Story, side: &Side, stock: &[ModuleFiles]) -> String {
    let base = place();
    Transcript::of(story, side, base.path(), stock).text()
}

/// Tells all stories with each go and, `instead` of it, the side that stands in its place; panics
/// with every difference that is not known, and every known one that is none.
pub fn tell(
    stories: &[Story],
    instead: impl Fn(&Go) -> Side + Sync,
    stock: &[ModuleFiles],
    known: &[KnownDifference],
) {
    let (gos, missing) = Go::all();
    say(&missing);
    let work: Vec<(&Story, &Go)> = stories
        .iter()
        .filter(|story| is_chosen(story))
        .flat_map(|story| gos.iter().map(move |go| (story, go)))
        .filter(|(story, go)| fits(story, go))
        .filter(|(story, _)| story.disk.is_none_or(|size| can_mount(size, story.name)))
        .collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(work.len()) {
            scope.spawn(|| {
                while let Some((story, go)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = differences(story, &Side::Go((*go).clone()), &instead(go), stock);
                    if let Some(complaint) = judged(story, go, found, known) {
                        failures.lock().expect("no thread panics with it").push(complaint);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics with it");
    let (told, wrong) = (work.len(), failures.len());
    assert!(failures.is_empty(), "{wrong} of {told} differ\n\n{}", failures.join("\n"));
}

/// Where both sides tell a story, one after the other.
fn place() -> TempDir {
    let named = tempfile::Builder::new().prefix("story-").tempdir();
    named.expect("a temporary directory can be made")
}

/// What is wrong with a telling, if anything.
fn judged(story: &Story, go: &Go, found: Vec<String>, known: &[KnownDifference]) -> Option<String> {
    let version = go.version();
    let known =
        known.iter().find(|known| known.story == story.name && version.starts_with(known.go));
    match (known, found.is_empty()) {
        (None, true) | (Some(_), false) => None,
        (Some(known), true) => Some(format!(
            "== {} [{version}]\nis told alike, so take it off the list ({})\n",
            story.name, known.because
        )),
        (None, false) => {
            let mut text = format!("== {} [{version}]\n", story.name);
            for line in found {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{line}");
            }
            Some(text)
        }
    }
}

/// Whether a story that needs a small disk can have one; says so where not.
fn can_mount(size: &str, what: &str) -> bool {
    SmallDisk::mount(size, what).is_some()
}

fn fits(story: &Story, go: &Go) -> bool {
    story.since.is_none_or(|release| go.is_at_least(release))
        && story.until.is_none_or(|release| !go.is_at_least(release))
}

#[expect(clippy::print_stdout, reason = "a skipped part is named in the test's output")]
fn say(missing: &[String]) {
    for line in missing {
        println!("skipped: {line}");
    }
}

/// Whether a story is to be told: all are, but where the variable `LARDER_STORY` has words of a name.
#[expect(clippy::disallowed_methods, reason = "who runs the tests chooses, and no door is there")]
pub fn is_chosen(story: &Story) -> bool {
    std::env::var(ONLY).map_or(true, |part| story.name.contains(&part))
}
