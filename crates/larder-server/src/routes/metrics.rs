//! `/metrics`: the server's numbers for Prometheus, in OpenMetrics text.

use http::StatusCode;

use crate::answer::{Answer, Content, ContentKind, Outcome, RouteLabel};
use crate::metrics::Metrics;

/// The answer of `/metrics`.
pub fn metrics(metrics: &Metrics) -> Answer {
    let route = RouteLabel::Metrics;
    match metrics.encode() {
        Ok(text) => {
            let content = Content::Bytes(text.into());
            Answer::ok(route, Outcome::Hit, ContentKind::OpenMetrics, content)
        }
        Err(_) => Answer::text(
            route,
            Outcome::Internal,
            StatusCode::INTERNAL_SERVER_ERROR,
            "the metrics could not be written as text\n",
        ),
    }
}
