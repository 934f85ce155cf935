//! The running server, as its supervisor sees it.

use std::fmt::Write as _;
use std::time::Duration;

use larder_server::{Overview, ServerHandle};

use super::pulse::Watched;

/// A server and where it serves.
pub(crate) struct WatchedServer {
    /// What a client uses as GOPROXY.
    pub(crate) url: String,
    pub(crate) handle: ServerHandle,
}

impl Watched for WatchedServer {
    fn answers(&self, within: Duration) -> bool {
        self.handle.answers(within)
    }

    fn status(&self) -> String {
        line(&self.url, &self.handle.overview())
    }
}

fn line(url: &str, overview: &Overview) -> String {
    let mut line = format!("serving on {url}");
    let share = overview.from_here.saturating_mul(100).checked_div(overview.answered);
    // Writing to a string cannot fail.
    if let Some(share) = share {
        let _ = write!(line, ", {} requests, {share} % from here", overview.answered);
    }
    for trouble in &overview.troubles {
        let _ = write!(line, "; {trouble}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_where_how_much_and_what_is_amiss() {
        let check = |answered, from_here, troubles: &[&str], expect: &str| {
            let troubles = troubles.iter().map(|&trouble| trouble.to_owned()).collect();
            let overview = Overview { answered, from_here, troubles };
            assert_eq!(line("http://a", &overview), expect);
        };
        check(0, 0, &[], "serving on http://a");
        check(8, 6, &[], "serving on http://a, 8 requests, 75 % from here");
        check(
            1,
            0,
            &["store: no room"],
            "serving on http://a, 1 requests, 0 % from here; store: no room",
        );
    }
}
