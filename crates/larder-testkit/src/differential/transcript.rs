//! What the commands of one telling said and left behind, scene by scene, and how that differs
//! from another telling.
//!
//! Talk is compared as it is, but for: what the side under test says from its first line
//! `hint: …` on; the upstream's address, which is another one for each telling; the random part of
//! temporary names; and, where a story asks for it, times and the order of lines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::side::Side;
use super::story::{Step, Story, Talk, words};
use super::tree::Tree;
use super::world::Ending;
use super::{Proxy, World};
use crate::ModuleFiles;

/// A telling.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    scenes: Vec<Scene>,
    cheated: Option<String>,
}

/// One command, how it ended and what there was then.
#[derive(Debug)]
struct Scene {
    command: String,
    ending: Ending,
    tree: Tree,
}

impl Transcript {
    /// Tells a story with one side.
    pub(super) fn of(story: &Story, side: &Side, base: &Path, stock: &[ModuleFiles]) -> Transcript {
        let mut proxy = Proxy::stocked(stock);
        for publish in &story.publish {
            publish(&mut proxy);
        }
        let mut world = World::new(base, story);
        side.prepare(&mut world, base);
        world.set("GOPROXY", Some(proxy.upstream().url()));
        world.set("GOSUMDB", Some(proxy.database().key()));
        let mut teller = Teller { story, side, world, proxy, transcript: Transcript::default() };
        for step in &story.steps {
            teller.step(step);
        }
        let mut transcript = teller.transcript;
        transcript.cheated = side.cheated(base);
        transcript
    }

    /// All that was said, for a reader.
    pub(super) fn text(&self) -> String {
        let scene = |scene: &Scene| {
            let Ending { code, stdout, stderr } = &scene.ending;
            format!("$ {}\nexit {code}\n{}{}", scene.command, block(stdout), block(stderr))
        };
        self.scenes.iter().map(scene).collect()
    }

    /// How `self` differs from what is `expected`; nothing when it does not.
    pub(super) fn differences(&self, expected: &Transcript) -> Vec<String> {
        let mut lines: Vec<String> = self.cheated.iter().cloned().collect();
        for (scene, expected) in self.scenes.iter().zip(&expected.scenes) {
            let found = scene.differences(expected);
            if !found.is_empty() {
                lines.push(format!("$ {}", scene.command));
                lines.extend(found);
                // What comes after a difference is mostly its consequence.
                break;
            }
        }
        lines
    }
}

impl Scene {
    fn differences(&self, expected: &Scene) -> Vec<String> {
        let mut lines = Vec::new();
        if self.ending.code != expected.ending.code {
            let (is, should) = (&self.ending.code, &expected.ending.code);
            lines.push(format!("exit code {is} instead of {should}"));
        }
        for (name, is, should) in [
            ("stdout", &self.ending.stdout, &expected.ending.stdout),
            ("stderr", &self.ending.stderr, &expected.ending.stderr),
        ] {
            if is != should {
                lines.push(format!("{name} is\n{}instead of\n{}", block(is), block(should)));
            }
        }
        lines.extend(self.tree.differences(&expected.tree));
        lines
    }
}

fn block(text: &str) -> String {
    if text.is_empty() {
        return "  | (nothing)\n".to_owned();
    }
    let mut told = String::new();
    for line in text.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(told, "  | {line}");
    }
    told
}

struct Teller<'a> {
    story: &'a Story,
    side: &'a Side,
    world: World,
    proxy: Proxy,
    transcript: Transcript,
}

impl Teller<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Run(command) => self.run(command, &self.side.program(), self.side),
            Step::Go(command) => {
                let go = self.side.go().clone();
                self.run(command, go.exe(), &Side::Go(go.clone()));
            }
            Step::Write { name, content } => {
                let content = self.filled_in(content);
                self.world.write(&self.place(name), content);
            }
            Step::Remove(name) => self.world.remove(&self.place(name)),
            Step::Set { name, value } => {
                let value = value.as_ref().map(|value| self.filled_in(value));
                self.world.set(name, value);
            }
            Step::Enter(name) => self.world.enter(name),
            Step::Umask(mask) => self.world.set_umask(*mask),
            Step::Change(change) => change(&self.world),
            Step::Bend(bend) => bend(&self.proxy),
        }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.world.place(&self.filled_in(name))
    }

    fn run(&mut self, command: &str, program: &Path, side: &Side) {
        let words: Vec<String> = words(command).iter().map(|word| self.filled_in(word)).collect();
        let mut ending = self.world.run(program, &words);
        ending.stdout = self.told(&ending.stdout);
        ending.stderr = self.told(&ending.stderr);
        if matches!(side, Side::Instead(..)) {
            ending.stderr = without_hints(&ending.stderr);
        }
        ending.stderr = match self.story.talk {
            Talk::InOrder => ending.stderr,
            Talk::InAnyOrder => sorted_without_times(&ending.stderr),
            Talk::Unheard => String::new(),
        };
        let tree = Tree::of(self.world.root(), &|text| self.told(text));
        self.transcript.scenes.push(Scene { command: command.to_owned(), ending, tree });
    }

    fn told(&self, text: &str) -> String {
        let address = self.proxy.upstream().address().to_string();
        without_random_names(&text.replace(&address, "$PROXY"))
    }

    /// Puts in what only this telling knows.
    fn filled_in(&self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        let root = self.world.root().display().to_string();
        let mut text = text
            .replace("$ROOT", &root)
            .replace("$WORK", &format!("{root}/work"))
            .replace("$MODCACHE", &format!("{root}/modcache"))
            .replace("$PROXY", &self.proxy.upstream().url())
            .replace("$SUMDB", &self.proxy.database().key());
        for (word, value) in SUMS {
            while let Some(start) = text.find(word) {
                let rest = &text[start + word.len()..];
                let end = rest.find(')').expect("a sum names a module in parentheses");
                let sum = value(self.proxy.files(&rest[..end]));
                let whole = start..start + word.len() + end + 1;
                text.replace_range(whole, sum.trim_end());
            }
        }
        text
    }
}

type Sum = fn(&ModuleFiles) -> String;
const SUMS: [(&str, Sum); 4] = [
    ("$SUM(", ModuleFiles::go_sum),
    ("$ZIPSUM(", |files| files.go_sum().lines().next().unwrap_or_default().to_owned()),
    ("$MODSUM(", |files| files.go_sum().lines().nth(1).unwrap_or_default().to_owned()),
    ("$H1(", |files| files.zip_h1.clone()),
];

/// What is said before the first hint: hints come last, and may have lines of their own.
fn without_hints(text: &str) -> String {
    text.split_inclusive('\n').take_while(|line| !line.starts_with("hint: ")).collect()
}

/// Blanks the digits before `.tmp`, and those that end a temporary name of `os.CreateTemp`.
fn without_random_names(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = rest.find(".tmp") {
        let (before, after) = rest.split_at(end);
        told.push_str(before.trim_end_matches(|c: char| c.is_ascii_digit()));
        told.push_str("[N].tmp");
        rest = after.strip_prefix(".tmp").unwrap_or(after);
    }
    told + rest
}

/// Lines in order, each without the `(0.123s)` that a trace ends with.
fn sorted_without_times(text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| match line.rsplit_once(" (") {
            Some((before, time)) if time.ends_with("s)") => before.to_owned() + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect();
    lines.sort();
    lines.concat()
}
