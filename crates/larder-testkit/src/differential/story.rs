//! A story: what there is, what is commanded, and what changes between commands.
//!
//! Texts (file contents, values, arguments) may name what only a telling knows:
//! `$ROOT`, `$WORK`, `$MODCACHE`, `$PROXY` (the upstream's URL), `$SUMDB` (the database's GOSUMDB
//! value), `$SUM(path@version)` (both go.sum lines of a module of the stock), `$ZIPSUM(…)` and
//! `$MODSUM(…)` (one of them), `$H1(…)` (the hash of its zip). Commands are split at spaces;
//! single quotes keep a word together.

use std::fmt;
use std::time::Duration;

use super::{Proxy, World};

type Publish = Box<dyn Fn(&mut Proxy) + Send + Sync>;
type Change = Box<dyn Fn(&World) + Send + Sync>;
type Bend = Box<dyn Fn(&Proxy) + Send + Sync>;

/// A story in the making, then the story.
pub struct Story {
    pub(super) name: &'static str,
    pub(super) publish: Vec<Publish>,
    pub(super) steps: Vec<Step>,
    pub(super) since: Option<&'static str>,
    pub(super) until: Option<&'static str>,
    pub(super) talk: Talk,
    pub(super) patience: Duration,
    pub(super) disk: Option<&'static str>,
}

/// How the lines of stderr are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    /// As they come.
    InOrder,
    /// In any order, times blanked: traces of parallel requests.
    InAnyOrder,
    /// Not at all: go's own depends on which of several failures comes first.
    Unheard,
}

pub(super) enum Step {
    /// A command to the side under test.
    Run(String),
    /// A command to the real go on both sides: arrangement, or its judgement.
    Go(String),
    Write {
        name: String,
        content: String,
    },
    Remove(String),
    Set {
        name: String,
        value: Option<String>,
    },
    Enter(String),
    Umask(u32),
    Change(Change),
    Bend(Bend),
}

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Story").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Story {
    /// A story; its name is the sentence that would be wrong if it failed.
    pub fn new(name: &'static str) -> Story {
        let (publish, steps) = (Vec::new(), Vec::new());
        Story {
            name,
            publish,
            steps,
            since: None,
            until: None,
            talk: Talk::InOrder,
            patience: Duration::from_mins(1),
            disk: None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Publishes or bends before anything happens.
    #[must_use]
    pub fn upstream(mut self, publish: impl Fn(&mut Proxy) + Send + Sync + 'static) -> Story {
        self.publish.push(Box::new(publish));
        self
    }

    /// Writes a file below the working directory; a name that begins with `$ROOT/` stands anywhere.
    #[must_use]
    pub fn file(self, name: &str, content: &str) -> Story {
        self.step(Step::Write { name: name.to_owned(), content: content.to_owned() })
    }

    /// Removes a file or a tree.
    #[must_use]
    pub fn remove(self, name: &str) -> Story {
        self.step(Step::Remove(name.to_owned()))
    }

    /// Sets a variable from here on.
    #[must_use]
    pub fn env(self, name: &str, value: &str) -> Story {
        self.step(Step::Set { name: name.to_owned(), value: Some(value.to_owned()) })
    }

    /// Takes a variable away from here on.
    #[must_use]
    pub fn without_env(self, name: &str) -> Story {
        self.step(Step::Set { name: name.to_owned(), value: None })
    }

    /// Goes to a directory below the working directory.
    #[must_use]
    pub fn enter(self, name: &str) -> Story {
        self.step(Step::Enter(name.to_owned()))
    }

    /// Runs with this umask from here on.
    #[must_use]
    pub fn umask(self, mask: u32) -> Story {
        self.step(Step::Umask(mask))
    }

    /// Changes files by hand.
    #[must_use]
    pub fn change(self, change: impl Fn(&World) + Send + Sync + 'static) -> Story {
        self.step(Step::Change(Box::new(change)))
    }

    /// Bends the upstream from here on.
    #[must_use]
    pub fn then_upstream(self, bend: impl Fn(&Proxy) + Send + Sync + 'static) -> Story {
        self.step(Step::Bend(Box::new(bend)))
    }

    /// Commands the side under test, for instance `mod download`.
    #[must_use]
    pub fn run(self, command: &str) -> Story {
        self.step(Step::Run(command.to_owned()))
    }

    /// Commands the real go on both sides.
    #[must_use]
    pub fn go(self, command: &str) -> Story {
        self.step(Step::Go(command.to_owned()))
    }

    /// Only with this release of go and newer ones.
    #[must_use]
    pub fn since(mut self, release: &'static str) -> Story {
        self.since = Some(release);
        self
    }

    /// Only with releases of go before this one.
    #[must_use]
    pub fn until(mut self, release: &'static str) -> Story {
        self.until = Some(release);
        self
    }

    /// Lets each command take this long; a minute where nothing is said.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Story {
        self.patience = patience;
        self
    }

    /// Gives the module cache a file system of its own of this size (`512k`). Where that is not
    /// allowed the story is not told, and named.
    #[must_use]
    pub fn small_cache(mut self, size: &'static str) -> Story {
        self.disk = Some(size);
        self
    }

    /// Compares stderr without regard to the order of its lines or the times in it.
    #[must_use]
    pub fn talk_in_any_order(mut self) -> Story {
        self.talk = Talk::InAnyOrder;
        self
    }

    /// Does not compare stderr: go's own depends on which of several failures comes first.
    #[must_use]
    pub fn whatever_is_said(mut self) -> Story {
        self.talk = Talk::Unheard;
        self
    }

    fn step(mut self, step: Step) -> Story {
        self.steps.push(step);
        self
    }
}

/// The words of a command.
pub(super) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in command.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                begun = true;
            }
            ' ' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}
