//! Passwords inside URLs are never shown: not by `config show`, not in an error, not in a log.
//!
//! Works on text that need not be a valid URL, since what is wrong is what gets printed.

/// Stands where a secret stood.
const HIDDEN: &str = "xxxxx";

/// `text`, a list of URLs as in GOPROXY or a single one, with every password (or, where there is
/// a user name alone, that: it may be a token) replaced.
pub fn urls(text: &str) -> String {
    text.split_inclusive([',', '|']).map(one_url).collect()
}

fn one_url(url: &str) -> String {
    let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = url.split_at(after_scheme);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    match authority.rsplit_once('@') {
        None if authority.starts_with('[') => url.to_owned(),
        None => match authority.split_once(':') {
            // What looks like a port but is none may be the front of a password with a `/` in it.
            Some((name, port)) if is_no_port(port) => format!("{scheme}{name}:{HIDDEN}"),
            _ => url.to_owned(),
        },
        Some((user, host)) => match user.split_once(':') {
            Some((name, _password)) => format!("{scheme}{name}:{HIDDEN}@{host}{tail}"),
            None => format!("{scheme}{HIDDEN}@{host}{tail}"),
        },
    }
}

fn is_no_port(text: &str) -> bool {
    let port = text.trim_end_matches([',', '|']);
    port.contains(|c: char| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let check = |text: &str, shown: &str| assert_eq!(urls(text), shown);
        check("", "");
        check("https://proxy.example", "https://proxy.example");
        check("https://me:secret@proxy.example/x", "https://me:xxxxx@proxy.example/x");
        check("https://token@proxy.example", "https://xxxxx@proxy.example");
        check("me:secret@proxy.example:3128", "me:xxxxx@proxy.example:3128");
        check("https://me:p@ss@proxy.example", "https://me:xxxxx@proxy.example");
        check("https://a:b@one.example,https://c:d@two.example|off", {
            "https://a:xxxxx@one.example,https://c:xxxxx@two.example|off"
        });
        check("https://proxy.example/@v/x@y", "https://proxy.example/@v/x@y");
        check("off", "off");
        check("https://me:pa/ss@proxy.example", "https://me:xxxxx");
        check("https://me:pa,ss@proxy.example", "https://me:xxxxxxxxxx@proxy.example");
        check("http://127.0.0.1:7171,direct", "http://127.0.0.1:7171,direct");
        check("http://[::1]:7171|http://[::1]", "http://[::1]:7171|http://[::1]");
    }
}
