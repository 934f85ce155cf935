//! Which names may not stand together in one zip.
//!
//! On a file system that ignores case, `README` and `readme` are one file, and `A/x` and `a/y` need one
//! directory to have two names. So no two names may be equal under case folding unless they are the
//! same directory, their parents included; and no name may be both a file and a directory.
//! Specification: <https://go.dev/ref/mod#zip-path-size-constraints>, x/mod's zip check.
//!
//! Sorted by folded elements, all names below one directory stand side by side, so that comparing
//! neighbours finds every collision, in linear memory whatever the depth of the names.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::names::NameFault;
use crate::unicode;

/// A name whose neighbour it collides with.
pub(crate) struct Collision {
    /// Its place in the list that was checked.
    pub(crate) index: usize,
    pub(crate) fault: NameFault,
}

/// Finds a collision among names in which a directory's ends in a slash and the root's is empty.
pub(crate) fn check(names: &[&str]) -> Result<(), Collision> {
    let folded: Vec<Cow<'_, str>> = names.iter().map(|name| fold(name)).collect();
    let mut order: Vec<usize> = (0..names.len()).filter(|&i| !path(names, i).is_empty()).collect();
    order.sort_unstable_by(|&a, &b| compare(folded_path(&folded, a), folded_path(&folded, b)));
    for pair in order.windows(2) {
        if let &[a, b] = pair
            && let Err(fault) = check_neighbours(name_at(names, a), name_at(names, b))
        {
            return Err(Collision { index: b, fault });
        }
    }
    Ok(())
}

fn name_at<'a>(names: &[&'a str], index: usize) -> &'a str {
    names.get(index).copied().unwrap_or_default()
}

fn path<'a>(names: &[&'a str], index: usize) -> &'a str {
    without_slash(name_at(names, index))
}

fn folded_path<'a>(folded: &'a [Cow<'_, str>], index: usize) -> &'a str {
    without_slash(folded.get(index).map_or("", |name| name))
}

fn without_slash(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}

/// A text whose ASCII letters still have their case, everything else folded.
///
/// `compare` folds ASCII as it goes, so nearly all names are not copied.
fn fold(name: &str) -> Cow<'_, str> {
    if name.is_ascii() { name.into() } else { name.chars().map(unicode::fold).collect() }
}

/// Compares element by element, ASCII case aside: a slash comes before all else.
fn compare(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte.to_ascii_lowercase() };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

/// Checks two names that are neighbours in the order of folded elements.
fn check_neighbours(a: &str, b: &str) -> Result<(), NameFault> {
    let (mut a_elements, mut b_elements) =
        (without_slash(a).split('/'), without_slash(b).split('/'));
    loop {
        match (a_elements.next(), b_elements.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) if compare(&fold(x), &fold(y)).is_eq() => {
                return Err(NameFault::Case { other: a.to_owned() });
            }
            (Some(_), Some(_)) => return Ok(()),
            (None, None) => return check_equals(a.ends_with('/'), b.ends_with('/')),
            // `a` is a parent of `b`: the shorter of two comes first.
            (None, Some(_)) if a.ends_with('/') => return Ok(()),
            (None, Some(_)) | (Some(_), None) => return Err(NameFault::FileAndDirectory),
        }
    }
}

fn check_equals(a_is_directory: bool, b_is_directory: bool) -> Result<(), NameFault> {
    match (a_is_directory, b_is_directory) {
        (true, true) => Ok(()),
        (false, false) => Err(NameFault::Twice),
        _ => Err(NameFault::FileAndDirectory),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_names(names: &[&str], expect: Result<(), (usize, &NameFault)>) {
        let got = check(names);
        let got = got.as_ref().copied().map_err(|collision| (collision.index, &collision.fault));
        assert_eq!(got, expect, "{names:?}");
    }

    #[test]
    fn names_that_differ_stand_together() {
        check_names(&["a", "b", "a.b", "c/a", "c/b", "d/", "d/e", "d/", "", ""], Ok(()));
        check_names(&["ab/c", "a/b", "a-b", "a.go"], Ok(()));
    }

    #[test]
    fn case_alone_does_not_tell_names_apart() {
        let case = |other: &str| NameFault::Case { other: other.to_owned() };
        check_names(&["README", "readme"], Err((1, &case("README"))));
        check_names(&["A/x", "z", "a/y"], Err((2, &case("A/x"))));
        check_names(&["a/x/1", "a/X/2"], Err((1, &case("a/x/1"))));
        check_names(&["É", "é"], Err((1, &case("É"))));
        check_names(&["\u{212a}", "k"], Err((1, &case("\u{212a}"))));
        check_names(&["ſ/a", "S/b"], Err((1, &case("ſ/a"))));
    }

    #[test]
    fn a_file_is_no_directory() {
        check_names(&["a", "a/b"], Err((1, &NameFault::FileAndDirectory)));
        check_names(&["a/b", "a-", "a"], Err((0, &NameFault::FileAndDirectory)));
        check_names(&["a/b/c", "a/b"], Err((0, &NameFault::FileAndDirectory)));
        check_names(&["a", "a"], Err((1, &NameFault::Twice)));
        assert!(check(&["a", "a/"]).is_err());
    }

    /// The rule as it is written: every name and every parent is entered, folded, in one table.
    fn oracle(names: &[&str]) -> bool {
        let mut table: HashMap<String, (String, bool)> = HashMap::new();
        for name in names.iter().filter(|name| !name.is_empty()) {
            let mut path = without_slash(name);
            let mut is_directory = name.ends_with('/');
            loop {
                let folded: String = path.chars().map(unicode::fold).collect();
                let known = table.entry(folded).or_insert((path.to_owned(), is_directory)).clone();
                let is_first = !is_directory && known.0 == path && !known.1;
                let entered = names.iter().filter(|n| **n == path).count();
                if known != (path.to_owned(), is_directory) || (is_first && entered > 1) {
                    return false;
                }
                match path.rsplit_once('/') {
                    Some((parent, _)) => (path, is_directory) = (parent, true),
                    None => break,
                }
            }
        }
        true
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn neighbours_find_what_a_table_finds(names in prop::collection::vec("[aAbk\u{212a}-]{1,2}(/[aA-]){0,2}/?", 0..6)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert_eq!(check(&names).is_ok(), oracle(&names), "{:?}", names);
        }
    }
}
