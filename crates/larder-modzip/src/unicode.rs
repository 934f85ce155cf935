//! Letters, and which of them differ by case alone.
//!
//! A file name may hold any Unicode letter (general category L), and two names that are equal under
//! simple case folding cannot stand together. Go's tables are of one Unicode version and these of
//! another; a letter that is new in one of them cannot be in an old zip, and what is accepted here in
//! excess, the client still refuses.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

static LETTERS: LazyLock<ClassUnicode> = LazyLock::new(|| {
    let pattern = regex_syntax::parse(r"\pL").map(regex_syntax::hir::Hir::into_kind);
    match pattern {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => ClassUnicode::empty(),
    }
});

/// Whether `c` is a letter.
pub(crate) fn is_letter(c: char) -> bool {
    let ranges = LETTERS.ranges();
    let after = ranges.partition_point(|range| range.end() < c);
    ranges.get(after).is_some_and(|range| range.start() <= c)
}

/// The one character that stands for all those which differ from `c` by case alone.
///
/// It is lower case for ASCII letters, so that the names most files have are their own folded form.
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut alike = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    alike.case_fold_simple();
    let least = alike.iter().next().map_or(c, ClassUnicodeRange::start);
    least.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_are_letters() {
        for c in "aZéßжאあ中𐐷ªʰǅℵ".chars() {
            assert!(is_letter(c), "{c:?}");
        }
        for c in "1-_\u{301}٣Ⅷ€😀\u{200d}\u{feff}\u{ff0f}\u{0}".chars() {
            assert!(!is_letter(c), "{c:?}");
        }
    }

    #[track_caller]
    fn check(alike: &str) {
        let mut folded = alike.chars().map(fold);
        let first = folded.next().unwrap();
        assert!(folded.all(|c| c == first), "{alike}");
    }

    #[test]
    fn characters_that_differ_by_case_fold_to_one() {
        for alike in
            ["aA", "kK\u{212a}", "sSſ", "éÉ", "ΣσςΣ", "ǆǅǄ", "ß\u{1e9e}", "åÅ\u{212b}", "𐐷𐐏"]
        {
            check(alike);
        }
    }

    #[test]
    fn others_do_not() {
        assert_ne!(fold('i'), fold('ı'));
        assert_ne!(fold('i'), fold('İ'));
        assert_ne!(fold('é'), fold('e'));
        assert_eq!(fold('k'), 'k');
        assert_eq!(fold('あ'), 'あ');
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in '\0'..='\u{1ffff}' {
            let folded = fold(c);
            assert_eq!(fold(folded), folded, "{c:?}");
            assert!(folded.len_utf8() <= c.len_utf8(), "{c:?}");
        }
    }
}
