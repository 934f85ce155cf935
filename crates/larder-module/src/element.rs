//! What one element of a slash-separated path may be.
//!
//! Module paths, version strings and the names of files in a module zip share these rules and differ
//! only in the characters they allow, so the caller brings those. The rules keep every accepted
//! element a plain file name on Linux, macOS and Windows alike.
//! Specification: <https://go.dev/ref/mod#go-mod-file-ident> and `CheckFilePath` of x/mod.

/// Why an element was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElementRefusal {
    /// Nothing stands between two slashes.
    #[error("it has an empty element")]
    Empty,
    /// The element is `.`, `..` or more dots.
    #[error("an element is made of dots alone")]
    OnlyDots,
    /// The element begins with a dot where none may (module paths).
    #[error("an element begins with a dot")]
    LeadingDot,
    /// Windows drops a trailing dot.
    #[error("an element ends with a dot")]
    TrailingDot,
    /// A character outside the allowed set.
    #[error("the character {0:?} is not allowed")]
    Character(char),
    /// `CON`, `nul.txt`, `Com1` and their like cannot be files on Windows.
    #[error("an element is a reserved name on Windows")]
    ReservedOnWindows,
    /// `progra~1`: Windows might take it for the short form of another name (module paths).
    #[error("an element looks like a Windows short name")]
    ShortName,
}

/// Checks what every kind of element must obey; `allowed` says which characters may occur.
///
/// # Errors
/// Says which rule the element breaks.
pub fn check(element: &str, allowed: impl Fn(char) -> bool) -> Result<(), ElementRefusal> {
    if element.is_empty() {
        return Err(ElementRefusal::Empty);
    }
    if element.bytes().all(|b| b == b'.') {
        return Err(ElementRefusal::OnlyDots);
    }
    if element.ends_with('.') {
        return Err(ElementRefusal::TrailingDot);
    }
    if let Some(c) = element.chars().find(|&c| !allowed(c)) {
        return Err(ElementRefusal::Character(c));
    }
    if is_reserved_on_windows(stem(element)) {
        return Err(ElementRefusal::ReservedOnWindows);
    }
    Ok(())
}

/// Which ASCII characters a file name in a module zip, and a version string, may hold.
///
/// Zip file names may hold letters beyond ASCII as well; version strings may not.
pub fn is_file_name_ascii(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&()+,-.=@[]^_{}~ ".contains(c)
}

/// The further rules for an element of a module path.
pub(crate) fn check_in_module_path(element: &str) -> Result<(), ElementRefusal> {
    check(element, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~'))?;
    if element.starts_with('.') {
        return Err(ElementRefusal::LeadingDot);
    }
    if let Some((_, digits)) = stem(element).rsplit_once('~')
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(ElementRefusal::ShortName);
    }
    Ok(())
}

/// Windows judges a name by what stands before its first dot.
fn stem(element: &str) -> &str {
    element.split('.').next().unwrap_or(element)
}

fn is_reserved_on_windows(stem: &str) -> bool {
    match stem.len() {
        3 => ["con", "prn", "aux", "nul"].iter().any(|name| stem.eq_ignore_ascii_case(name)),
        4 => {
            let (device, number) = stem.as_bytes().split_at(3);
            matches!(number, [b'1'..=b'9'])
                && (device.eq_ignore_ascii_case(b"com") || device.eq_ignore_ascii_case(b"lpt"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(element: &str, expect: Result<(), ElementRefusal>) {
        assert_eq!(check(element, is_file_name_ascii), expect, "{element:?}");
    }

    #[track_caller]
    fn check_module(element: &str, expect: Result<(), ElementRefusal>) {
        assert_eq!(check_in_module_path(element), expect, "{element:?}");
    }

    #[test]
    fn a_file_name_may_hold_more_than_a_module_path() {
        check_file("a b!(1)", Ok(()));
        check_module("a b", Err(ElementRefusal::Character(' ')));
        check_file(".hidden", Ok(()));
        check_module(".hidden", Err(ElementRefusal::LeadingDot));
        check_file("x~1", Ok(()));
        check_module("x~1", Err(ElementRefusal::ShortName));
        check_module("x~1a", Ok(()));
        check_module("x~", Ok(()));
        check_module("x~1.y", Err(ElementRefusal::ShortName));
        check_module("x.y~1", Ok(()));
    }

    #[test]
    fn dots_that_windows_would_drop_are_refused() {
        check_file("", Err(ElementRefusal::Empty));
        check_file(".", Err(ElementRefusal::OnlyDots));
        check_file("...", Err(ElementRefusal::OnlyDots));
        check_file("a.", Err(ElementRefusal::TrailingDot));
    }

    #[test]
    fn windows_devices_are_refused_in_any_case_and_with_any_extension() {
        for name in ["con", "CON", "Nul.txt", "com1", "LPT9.a.b", "aux"] {
            check_file(name, Err(ElementRefusal::ReservedOnWindows));
        }
        for name in ["com0", "com", "com10", "cona", "xcon", "con-1", "lpté"] {
            assert_eq!(check(name, |_| true), Ok(()), "{name}");
        }
    }
}
