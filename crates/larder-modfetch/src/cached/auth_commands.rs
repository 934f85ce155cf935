//! The programs that GOAUTH names: how they are run, and what their answers mean.
//!
//! A command prints URLs, a blank line, headers, a blank line, and so on. `git credential` has its own
//! form, and is told afterwards whether what it gave was good. Specification: `go help goauth`,
//! <https://git-scm.com/docs/git-credential>.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::credentials::Refusal;

/// Why a program gave no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// It could not be run, or failed.
    #[error("it could not be run, or failed")]
    Failed,
    /// It was not understood.
    #[error("{0}")]
    Malformed(&'static str),
}

/// What git knows of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitLogin {
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) password: String,
    /// All that it said, to be told whether it was good.
    pub(crate) said: Vec<u8>,
}

/// Whether a login was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
}

/// Headers by the URLs that they are for.
pub(crate) type Answer = Vec<(String, HeaderMap)>;

/// Runs a command of GOAUTH; after a refusal with the URL behind its words and the answer at its stdin.
pub(crate) fn run(command: &str, refused: Option<(&str, &Refusal)>) -> Result<Answer, NoAnswer> {
    let words = words(command)?;
    let (program, arguments) = words.split_first().ok_or(NoAnswer::Failed)?;
    let mut child = Command::new(program);
    child.args(arguments);
    let mut input = String::new();
    if let Some((url, refusal)) = refused {
        child.arg(url);
        input = as_text(refusal);
    }
    let output = output_of(child, input.as_bytes())?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Asks git for the login of a URL.
pub(crate) fn ask_git(directory: &Path, url: &str) -> Result<GitLogin, NoAnswer> {
    let mut git = Command::new("git");
    // As the go command: nobody is there to answer.
    git.args(["credential", "fill"]).current_dir(directory).env("GIT_TERMINAL_PROMPT", "0");
    let output = output_of(git, format!("url={url}\n").as_bytes())?;
    let login = parse_git(&output.stdout);
    if login.url.is_empty() || !url.starts_with(&login.url) {
        return Err(NoAnswer::Malformed("the login is for another URL"));
    }
    Ok(login)
}

/// Tells git whether a login of its was good, so that it remembers or forgets it.
pub(crate) fn tell_git(login: &GitLogin, verdict: Verdict) {
    let mut git = Command::new("git");
    git.args(["credential", if verdict == Verdict::Good { "approve" } else { "reject" }]);
    // What git makes of it is its own affair.
    let _ = output_of(git, &login.said);
}

fn output_of(mut command: Command, input: &[u8]) -> Result<Output, NoAnswer> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|_| NoAnswer::Failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read what it is told.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().map_err(|_| NoAnswer::Failed)?;
    if output.status.success() { Ok(output) } else { Err(NoAnswer::Failed) }
}

/// The words of a command; one in quotes is taken as it is.
fn words(command: &str) -> Result<Vec<String>, NoAnswer> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let mut words = Vec::new();
    let mut rest = command.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        let (word, after) = if matches!(first, '"' | '\'') {
            let inner = rest.get(1..).unwrap_or_default();
            inner.split_once(first).ok_or(NoAnswer::Malformed("unterminated string"))?
        } else {
            rest.split_at(rest.find(is_space).unwrap_or(rest.len()))
        };
        words.push(word.to_owned());
        rest = after.trim_start_matches(is_space);
    }
    Ok(words)
}

fn as_text(refusal: &Refusal) -> String {
    let mut text = format!("{}\n", refusal.status_line);
    for name in refusal.headers.keys() {
        let values = refusal.headers.get_all(name).iter();
        let values: Vec<_> =
            values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {}", as_go_writes(name.as_str()), values.join(", "));
    }
    text.push('\n');
    text
}

/// A header's name as Go writes it: `Www-Authenticate`.
fn as_go_writes(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// Reads what a command printed.
fn parse(text: &str) -> Result<Answer, NoAnswer> {
    let mut answer = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    let cut = |line: Option<&str>, what| {
        line.and_then(|line| line.strip_suffix('\n')).map(str::to_owned).ok_or(what)
    };
    while lines.peek().is_some() {
        let mut urls = Vec::new();
        loop {
            let missing = NoAnswer::Malformed("missing empty line after URLs");
            let line = cut(lines.next(), missing)?;
            if line.is_empty() {
                break;
            }
            let url = reqwest::Url::parse(&line);
            url.map_err(|_| NoAnswer::Malformed("a line that should be a URL is none"))?;
            urls.push(line);
        }
        let mut headers = HeaderMap::new();
        loop {
            let missing = NoAnswer::Malformed("missing empty line after headers");
            let line = cut(lines.next(), missing)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = header(&line)?;
            headers.append(name, value);
        }
        answer.extend(urls.into_iter().map(|url| (url, headers.clone())));
    }
    Ok(answer)
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), NoAnswer> {
    let malformed = || NoAnswer::Malformed("invalid header line");
    let (name, value) = line.split_once(": ").ok_or_else(malformed)?;
    let name = HeaderName::try_from(name).map_err(|_| malformed())?;
    let mut value = HeaderValue::try_from(value.trim()).map_err(|_| malformed())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Reads what `git credential fill` printed.
fn parse_git(said: &[u8]) -> GitLogin {
    let text = String::from_utf8_lossy(said);
    let (mut protocol, mut host, mut path) = (String::new(), String::new(), String::new());
    let mut login = GitLogin {
        url: String::new(),
        user: String::new(),
        password: String::new(),
        said: said.to_vec(),
    };
    for (key, value) in text.lines().filter_map(|line| line.trim().split_once('=')) {
        match key {
            "protocol" => value.clone_into(&mut protocol),
            "host" => value.clone_into(&mut host),
            "path" => value.clone_into(&mut path),
            "username" => value.clone_into(&mut login.user),
            "password" => value.clone_into(&mut login.password),
            "url" if reqwest::Url::parse(value).is_ok() => value.clone_into(&mut login.url),
            _ => {}
        }
    }
    if login.url.is_empty() && !host.is_empty() {
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        login.url = format!("{protocol}://{host}{slash}{path}");
    }
    login
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_words(command: &str, expect: &[&str]) {
        assert_eq!(words(command).unwrap(), expect, "{command}");
    }

    #[test]
    fn a_word_in_quotes_is_taken_as_it_is() {
        check_words("auth", &["auth"]);
        check_words("  auth  --for 'a b' \"c 'd'\" ", &["auth", "--for", "a b", "c 'd'"]);
        check_words("auth it's", &["auth", "it's"]);
        assert!(words("auth 'a").is_err());
    }

    /// Reads an answer; expects the URLs with how many headers each has, or nothing.
    fn check(text: &str, expect: Option<&[(&str, usize)]>) {
        let got = parse(text).ok();
        let got: Option<Vec<_>> = got
            .as_ref()
            .map(|all| all.iter().map(|(url, headers)| (&**url, headers.len())).collect());
        assert_eq!(got.as_deref(), expect, "{text:?}");
    }

    #[test]
    fn an_answer_is_urls_and_headers_by_turns() {
        check("", Some(&[]));
        check("https://a.example\n\nAuthorization: Basic x\nData: y\n\n", {
            Some(&[("https://a.example", 2)])
        });
        check("https://a.example\nhttps://b.example/c\n\nX: y\n\nhttps://d.example\n\n\n", {
            Some(&[("https://a.example", 1), ("https://b.example/c", 1), ("https://d.example", 0)])
        });
        check("https://a.example\n\nX: y\nX: z\n\n", Some(&[("https://a.example", 2)]));
    }

    #[test]
    fn an_answer_of_another_form_is_none() {
        check("https://a.example\n", None);
        check("https://a.example\nX: y\n\n", None);
        check("https://a.example\n\nX: y\n", None);
        check("https://a.example\n\nX:y\n\n", None);
        check("X: y\n\nhttps://a.example\n\n", None);
        check(" https://a.example\n\n X: y\n\n", None);
    }

    #[test]
    fn a_login_of_git_is_read_whatever_names_its_url() {
        let check = |text: &str, expect: [&str; 3]| {
            let GitLogin { url, user, password, .. } = parse_git(text.as_bytes());
            assert_eq!([&*url, &*user, &*password], expect, "{text}");
        };
        check("protocol=https\nhost=a.example\nusername=bob\npassword=word\n", {
            ["https://a.example", "bob", "word"]
        });
        check("protocol=https\nhost=a.example\npath=p\nusername=bob\npassword=a=b\n", {
            ["https://a.example/p", "bob", "a=b"]
        });
        check(
            "url=https://a.example/x\nusername=b\npassword=c\n",
            ["https://a.example/x", "b", "c"],
        );
        check("nonsense", ["", "", ""]);
    }

    #[test]
    fn a_refusal_is_told_as_go_tells_it() {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("www-authenticate"),
            HeaderValue::from_static("Basic"),
        )]);
        let refusal = Refusal { status_line: "HTTP/1.1 401 Unauthorized".to_owned(), headers };
        assert_eq!(as_text(&refusal), "HTTP/1.1 401 Unauthorized\nWww-Authenticate: Basic\n\n");
    }
}
