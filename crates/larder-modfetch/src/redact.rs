//! What may be shown of texts and URLs that can hold secrets: the one rule of the whole program.
//!
//! Hidden are user name and password (either may be a token), query and fragment. A text need not be a URL
//! or a list of them, since what is wrong is what gets printed: where it is not clear what a part of it is,
//! more is hidden rather than less. So whatever stands before the last `@` of an entry is hidden, be there
//! `/`, `?` or `,` in it, and so is what follows `name:` and is no port.
//!
//! Invariant: of a secret nothing is shown, except where it begins with digits and the text was cut behind
//! them: then they look like a port.

use reqwest::Url;

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "xxxxx";

/// `text` (a URL, a list as in GOPROXY, or words with a URL among them, as in GOSUMDB) without its secrets.
///
/// What holds no secret is not changed, except that a path with an `@` in it is hidden like a user name.
#[must_use]
pub fn redacted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (entry, after) = rest.split_at(end_of_entry(rest));
        let bare = entry.trim_end_matches(separates);
        shown.push_str(&one_entry(bare));
        shown.push_str(entry.strip_prefix(bare).unwrap_or_default());
        rest = after;
    }
    shown
}

/// A URL without its secrets: here it is settled what is a user name and what a path.
pub(crate) fn redacted_url(url: &Url) -> String {
    let mut url = url.clone();
    // A setter refuses only for a URL without a host, and then there is no user name to hide.
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_password(None);
        let _ = url.set_username(HIDDEN);
    }
    if url.query().is_some_and(|query| !query.is_empty()) {
        url.set_query(Some(HIDDEN));
    }
    url.set_fragment(None);
    url.to_string()
}

/// Whether a part of a list, with `after` behind it, is the front of a secret: a list is divided at every
/// comma, and the comma may have been one of a password.
pub(crate) fn is_front_of_secret(after: &str) -> bool {
    let end = if begins_entry(after) { 0 } else { end_of_entry(after) };
    after.get(..end).is_some_and(|after| after.contains('@'))
}

fn separates(c: char) -> bool {
    matches!(c, ',' | '|') || c.is_whitespace()
}

/// Where the entry that `text` begins with ends, its separators included: only where another begins beyond
/// doubt, since a password may hold separators too.
fn end_of_entry(text: &str) -> usize {
    let ends = text.match_indices(separates).map(|(at, separator)| at + separator.len());
    let mut ends = ends.filter(|&at| text.get(at..).is_some_and(begins_entry));
    ends.next().unwrap_or(text.len())
}

fn begins_entry(text: &str) -> bool {
    let end = text.find(|c| !of_scheme(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match word {
        "direct" | "off" => rest.is_empty() || rest.starts_with(separates),
        "file" => rest.starts_with(":/"),
        _ => is_scheme(word) && rest.starts_with("://"),
    }
}

fn one_entry(entry: &str) -> String {
    let (scheme, rest) = match entry.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => entry.split_at(entry.len() - rest.len()),
        _ => ("", entry),
    };
    let is_path = scheme == "file://" && rest.starts_with('/');
    match rest.rsplit_once('@') {
        Some((_, host)) if !is_path => format!("{scheme}{HIDDEN}@{}", without_query(host)),
        _ => format!("{scheme}{}", without_front(rest)),
    }
}

/// Hides what follows a `name:` and is no port, up to the end: it may be the front of a password.
fn without_front(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let mut at = 0;
    for piece in text.get(..end).unwrap_or_default().split_inclusive(separates) {
        let bare = piece.trim_end_matches(separates);
        let authority = bare.split('/').next().unwrap_or_default();
        // The colons of an IPv6 address stand in brackets.
        let host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
        let colon = authority.get(host..).and_then(|rest| rest.find(':')).map(|colon| host + colon);
        let port = colon.and_then(|colon| authority.get(colon + 1..)).unwrap_or_default();
        if port.contains(|c: char| !c.is_ascii_digit()) {
            let shown = at + colon.unwrap_or_default() + 1;
            return format!("{}{HIDDEN}", text.get(..shown).unwrap_or_default());
        }
        at += piece.len();
    }
    without_query(text)
}

fn without_query(text: &str) -> String {
    match text.find(['?', '#']) {
        Some(at) if at + 1 < text.len() => {
            format!("{}{HIDDEN}", text.get(..=at).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

fn of_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// Whether a text is formed like the scheme of a URL.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(of_scheme)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(redacted(text), shown, "{text}");
    }

    #[test]
    fn what_holds_no_secret_is_shown() {
        let same = |text: &str| check(text, text);
        same("");
        same("off");
        same("https://proxy.example");
        same("https://proxy.example/go,direct");
        same("http://127.0.0.1:7171,proxy.example|b.example:80/x, direct");
        same("http://[::1]:7171|http://[::1]");
        same("[fd12::1]:3128");
        same("file:///srv/a@b,off");
        same("file:/srv/modules");
        same("sum.example+033de0ae+Ac4z/tda0e5eza+HJyk9SxEdh https://sum.example:8443/x");
        same(",,|");
    }

    #[test]
    fn user_names_passwords_and_queries_are_hidden() {
        check("https://me:secret@proxy.example/x", "https://xxxxx@proxy.example/x");
        check("https://token:x-oauth-basic@proxy.example", "https://xxxxx@proxy.example");
        check("https://token@proxy.example", "https://xxxxx@proxy.example");
        check("me:secret@proxy.example:3128", "xxxxx@proxy.example:3128");
        check("https://a.example/x?token=secret", "https://a.example/x?xxxxx");
        check("https://a.example/x?token=a,b|off", "https://a.example/x?xxxxx|off");
        check("https://a.example/#secret", "https://a.example/#xxxxx");
        check("https://a:b@one.example,https://c:d@two.example|off", {
            "https://xxxxx@one.example,https://xxxxx@two.example|off"
        });
        check("name+hash+key https://u:secret@h", "name+hash+key https://xxxxx@h");
        check("name+hash+key u:secret@h", "xxxxx@h");
        check("/hop/2?token=secret", "/hop/2?xxxxx");
    }

    #[test]
    fn no_sign_inside_a_password_shows_a_part_of_it() {
        for sign in ["@", "/", "?", "#", ",", "|", ":", " ", "1,2", ",,", "://"] {
            check(&format!("https://me:se{sign}cret@host"), "https://xxxxx@host");
        }
        check("https://me:12/se@host", "https://xxxxx@host");
        check("https://me:se", "https://me:xxxxx");
        check("https://me:se?cret", "https://me:xxxxx");
        check("https://me:se,direct", "https://me:xxxxx,direct");
        check("me:se/cret", "me:xxxxx");
        check("http://[::1]:se", "http://[::1]:xxxxx");
    }

    #[test]
    fn the_front_of_a_divided_secret_is_known() {
        let check =
            |after: &str, front: bool| assert_eq!(is_front_of_secret(after), front, "{after}");
        check("cret@host", true);
        check(",cret@host,direct", true);
        check("", false);
        check("direct", false);
        check("b.example,off", false);
        check("https://token@b.example", false);
        check("direct,https://token@b.example", false);
    }

    #[test]
    fn a_url_keeps_the_path_that_it_has() {
        let check = |url: &str, shown: &str| {
            assert_eq!(redacted_url(&Url::parse(url).unwrap()), shown, "{url}");
        };
        check("https://a.example/x/@v/list", "https://a.example/x/@v/list");
        check("https://me:secret@a.example/@v/list", "https://xxxxx@a.example/@v/list");
        check("https://:secret@a.example/", "https://xxxxx@a.example/");
        check("https://a.example/?token=secret#secret", "https://a.example/?xxxxx");
    }

    proptest! {
        #[test]
        fn no_text_can_panic(text in "([a-z]|[:/?#@,| \\[\\]]|://|direct|\\PC){0,30}") {
            let _ = redacted(&text);
        }

        #[test]
        fn a_list_without_secrets_is_shown_as_it_is(
            text in "((https?://)?[a-z]{1,5}(:[0-9]{1,3})?(/[a-z]{1,3})?[,|]|direct,|off[|]){0,4}",
        ) {
            prop_assert_eq!(redacted(&text), text);
        }

        #[test]
        fn no_secret_is_shown(
            before in "(|https://a\\.example,|direct,|name\\+hash\\+key )",
            scheme in "(https?://|ftp://|file://|)",
            user in "[a-z]{0,4}",
            front in "[0-9a-z]{0,2}[?,/|:# @]{0,2}",
            back in "[?,/|:# @]{0,2}[0-9a-z]{0,2}",
            rest in "[a-z.:/?@#]{0,12}",
        ) {
            let text = format!("{before}{scheme}{user}:{front}S3CRET{back}@{rest}");
            let shown = redacted(&text);
            prop_assert!(!shown.contains("S3CRET"), "{} {}", text, shown);
        }
    }
}
