//! A maintainer's end of the admin API: where it is, its token, and what it tells.

use std::io;
use std::time::Duration;

use crate::client::Request;

/// The admin API of a server; it outlives the server's process.
#[derive(Debug, Clone)]
pub struct Admin {
    url: String,
    token: String,
}

impl Admin {
    /// The API at `url` (without a final slash), for who knows `token`.
    pub fn new(url: &str, token: &str) -> Admin {
        Admin { url: url.to_owned(), token: token.to_owned() }
    }

    /// Posts a request of JSON, and gives the lines of the answer, the last of which says that
    /// all is done. Anything else is an error.
    pub fn ask(&self, path: &str, request: &str) -> io::Result<Vec<String>> {
        let answer = Request::new("POST", &format!("{}{path}", self.url))
            .header("Authorization", &format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .timeout(Duration::from_mins(1))
            .body(request)
            .send()?;
        let lines: Vec<String> = answer.text().lines().map(str::to_owned).collect();
        let done = lines.last().is_some_and(|line| line.contains(r#""event":"done""#));
        if answer.status != 200 || !done {
            let text = format!("{path}: {}: {}", answer.status, answer.text());
            return Err(io::Error::other(text));
        }
        Ok(lines)
    }

    /// Purges a version, or lifts its purge.
    pub fn purge(&self, version: &str, undo: bool) -> io::Result<Vec<String>> {
        let request =
            format!(r#"{{"versions":["{version}"],"reason":"a test asks","undo":{undo}}}"#);
        self.ask("/v1/purge", &request)
    }

    /// Fetches the changeable answers of a module anew.
    pub fn refresh(&self, module: &str) -> io::Result<Vec<String>> {
        self.ask("/v1/refresh", &format!(r#"{{"modules":["{module}"]}}"#))
    }

    /// Lets go of zips until so many bytes are left.
    pub fn collect(&self, max_size: u64) -> io::Result<Vec<String>> {
        self.ask("/v1/gc", &format!(r#"{{"dry_run":false,"max_size":{max_size}}}"#))
    }
}
