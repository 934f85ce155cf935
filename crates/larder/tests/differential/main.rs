//! The client's commands beside a real go: every story is told once by go and once by `larder`, in
//! worlds that are alike, and what they say, the code they end with and every file they leave are
//! compared (`larder_testkit::differential`).
//!
//! One file a theme; the modules that stories use are in `stock.rs`; what is known to differ, and
//! why, stands in `known.rs` and nowhere else. `LARDER_STORY=words` tells only the stories whose
//! name contains the words.

mod cache;
mod directives;
mod download;
mod flags;
mod graph;
mod known;
mod list;
mod live;
mod parse;
mod privacy;
mod query;
mod releases;
mod stock;
mod template;
mod trouble;
mod vendor;
mod verify;
mod workspace;

use larder_testkit::Go;
use larder_testkit::differential::{Side, Story, is_chosen, tell, told};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// Tells each theme's stories with `larder` in go's place, a test for each theme.
macro_rules! themes {
    ($($theme:ident)*) => {
        /// Every theme's stories.
        fn all() -> Vec<Story> {
            [$($theme::stories()),*].into_iter().flatten().collect()
        }

        mod larder_does_as_go_does {
            $(
                #[test]
                fn $theme() {
                    super::check(&super::$theme::stories());
                }
            )*
        }
    };
}

themes! {
    cache directives download flags graph list parse privacy
    query releases template trouble vendor verify workspace
}

/// Larder in go's place.
fn check(stories: &[Story]) {
    let larder = |go: &Go| Side::Instead(LARDER.into(), go.clone());
    tell(stories, larder, stock::modules(), known::DIFFERENCES);
}

/// What go does twice it does alike: no story depends on chance. Every test run takes one story in
/// twelve; all of them take as long as all themes.
#[test]
fn go_agrees_with_itself_in_some_stories() {
    let some: Vec<Story> = all().into_iter().step_by(12).collect();
    tell(&some, |go| Side::Go(go.clone()), stock::modules(), &[]);
}

#[test]
#[ignore = "long: go is told every story twice"]
fn go_agrees_with_itself() {
    tell(&all(), |go| Side::Go(go.clone()), stock::modules(), &[]);
}

#[test]
#[ignore = "for a reader: prints what each go says in the stories that LARDER_STORY chooses"]
fn go_tells_its_stories() {
    for story in all().iter().filter(|story| is_chosen(story)) {
        for go in Go::all().0 {
            let text = told(story, &Side::Go(go.clone()), stock::modules());
            println!("== {} [{}]\n{text}", story.name(), go.version());
        }
    }
}

#[test]
fn no_two_stories_have_one_name() {
    let mut names: Vec<&str> = all().iter().map(Story::name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 150, "{count}");
}

#[test]
fn every_known_difference_is_of_a_story() {
    let all = all();
    for known in known::DIFFERENCES {
        assert!(all.iter().any(|story| story.name() == known.story), "{}", known.story);
    }
}
