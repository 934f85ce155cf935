//! GOFLAGS: flags that count at every command that has them, before those that are written out.

use larder_module::Quoted;

use super::known_flags::is_known;
use crate::exit::Failure;

/// The flags in GOFLAGS, each as it is written: `-x`, `--mod=mod`.
///
/// # Errors
/// In go's words, for a quotation without an end, for what is no flag, and for a flag that go has at
/// no command.
pub(super) fn parse(text: &str) -> Result<Vec<String>, Failure> {
    let words = split(text).map_err(|quote| of_goflags(&format!("unterminated {quote} string")))?;
    for word in &words {
        let (Some(name), _) = name_and_value(word) else {
            return Err(of_goflags(&format!("non-flag {}", Quoted(word))));
        };
        if !is_known(name) {
            return Err(of_goflags(&format!("unknown flag -{name}")).hint(
                "`go env -u GOFLAGS` forgets what go's file says, the variable goes before it",
            ));
        }
    }
    Ok(words)
}

fn of_goflags(why: &str) -> Failure {
    Failure::of_go(format_args!("parsing $GOFLAGS: {why}"))
}

/// A flag's name without dashes, and the value behind `=`. No name where the text is no flag.
pub(super) fn name_and_value(word: &str) -> (Option<&str>, Option<&str>) {
    let Some(bare) = word.strip_prefix('-') else { return (None, None) };
    let bare = bare.strip_prefix('-').unwrap_or(bare);
    if bare.is_empty() || bare.starts_with(['-', '=']) {
        return (None, None);
    }
    match bare.split_once('=') {
        Some((name, value)) => (Some(name), Some(value)),
        None => (Some(bare), None),
    }
}

/// Words between blanks; one in single or double quotes may hold blanks, and nothing is escaped.
fn split(text: &str) -> Result<Vec<String>, char> {
    const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(BLANK);
    while let Some(first) = rest.chars().next() {
        let (word, behind) = if matches!(first, '"' | '\'') {
            rest.get(1..).and_then(|inside| inside.split_once(first)).ok_or(first)?
        } else {
            rest.split_at(rest.find(BLANK).unwrap_or(rest.len()))
        };
        words.push(word.to_owned());
        rest = behind.trim_start_matches(BLANK);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&[&str], &str>) {
        let got = parse(text).map_err(|failure| failure.lines().next().unwrap());
        match (got, expect) {
            (Ok(got), Ok(expect)) => assert_eq!(got, expect),
            (Err(got), Err(expect)) => assert_eq!(got, format!("go: parsing $GOFLAGS: {expect}")),
            (got, expect) => panic!("{got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn words_stand_between_blanks_or_in_quotes() {
        check("", Ok(&[]));
        check(" -mod=mod\t--x \n", Ok(&["-mod=mod", "--x"]));
        check("'-ldflags=-s -w' \"-tags=a b\"-x", Ok(&["-ldflags=-s -w", "-tags=a b", "-x"]));
        check("'-mod", Err("unterminated ' string"));
    }

    #[test]
    fn what_is_no_flag_of_go_is_a_mistake() {
        check("mod", Err("non-flag \"mod\""));
        check("-", Err("non-flag \"-\""));
        check("--", Err("non-flag \"--\""));
        check("---x", Err("non-flag \"---x\""));
        check("-=x", Err("non-flag \"-=x\""));
        check("-x -unheard=1", Err("unknown flag -unheard"));
        check("--offline", Err("unknown flag -offline"));
    }
}
