//! `,` `|` `off` `direct`, for both operations.

use larder_modfetch::{FetchConfig, FetchErrorKind, Fetcher};

use crate::{
    fetcher, hasty, list,
    scripted::{Reply, Scripted, nobody},
};

/// Puts upstreams with these answers in the places of `A`, `B` and `C` of `shape`; expects how often each
/// was asked, and the end: a status as it is told, or the body of the one that answered.
async fn check(shape: &str, replies: [Reply; 3], asked: [usize; 3], end: &str) {
    let upstreams = replies.map(Scripted::always);
    let text = ["A", "B", "C"]
        .iter()
        .zip(&upstreams)
        .fold(shape.to_owned(), |text, (name, upstream)| text.replace(name, &upstream.url()));
    let config = FetchConfig { retries: 0, ..hasty(&text.replace('?', &nobody())) };
    let fetcher = Fetcher::new(config).unwrap();
    let read = fetcher.read(&list(), 10).await.map(|fetched| fetched.bytes);
    let opened = match fetcher.open(&list()).await {
        Ok(mut arriving) => Ok(arriving.chunk().await.unwrap().unwrap()),
        Err(error) => Err(error),
    };
    for got in [read, opened] {
        let got = match got {
            Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Err(error) => match error.kind() {
                FetchErrorKind::NotFound { text } => format!("not found {text}"),
                FetchErrorKind::Refused { status, text }
                | FetchErrorKind::Upstream { status, text } => format!("{status} {text}"),
                kind => format!("{kind:?}"),
            },
        };
        assert_eq!(got, end, "{shape}");
    }
    let counted = upstreams.each_ref().map(|upstream| upstream.asked().len());
    assert_eq!(counted, asked.map(|times| 2 * times), "{shape}: asked by read and by open");
}

#[tokio::test]
async fn a_list_is_walked_as_the_go_command_walks_it() {
    let ok = |name: &str| Reply::new(200, name);
    let no = |text: &str| Reply::text(404, text);
    let bad = |status| Reply::text(status, "trouble");
    check("A,B,C", [ok("a"), ok("b"), ok("c")], [1, 0, 0], "a").await;
    check("A,B,C", [no("a"), ok("b"), ok("c")], [1, 1, 0], "b").await;
    check("A,B,C", [Reply::new(410, ""), no("b"), ok("c")], [1, 1, 1], "c").await;
    check("A,B,C", [no("a"), no("b"), no("c")], [1, 1, 1], "not found c").await;
    check("A,B,C", [no("a"), Reply::new(404, ""), Reply::new(404, "")], [1, 1, 1], "not found a")
        .await;
    check("A,B,C", [bad(403), ok("b"), ok("c")], [1, 0, 0], "403 trouble").await;
    check("A,B,C", [bad(500), ok("b"), ok("c")], [1, 0, 0], "500 trouble").await;
    check("A|B|C", [bad(403), ok("b"), ok("c")], [1, 1, 0], "b").await;
    check("A|B|C", [bad(500), no("b"), no("c")], [1, 1, 1], "500 trouble").await;
    check("A|B,C", [bad(500), bad(502), ok("c")], [1, 1, 0], "502 trouble").await;
    check("A|B,C", [Reply::silence(), no("b"), ok("c")], [1, 1, 1], "c").await;
    check("?|A", [ok("a"), ok("b"), ok("c")], [1, 0, 0], "a").await;
    check("?,A", [ok("a"), ok("b"), ok("c")], [0, 0, 0], "Unreachable").await;
    check("A,direct", [no("a"), ok("b"), ok("c")], [1, 0, 0], "DirectOnly").await;
    check("A,direct,B", [no("a"), ok("b"), ok("c")], [1, 0, 0], "DirectOnly").await;
    check("A|direct", [bad(500), ok("b"), ok("c")], [1, 0, 0], "500 trouble").await;
    check("A,off", [no("a"), ok("b"), ok("c")], [1, 0, 0], "Off").await;
    check("A,off", [bad(500), ok("b"), ok("c")], [1, 0, 0], "500 trouble").await;
    check("direct", [ok("a"), ok("b"), ok("c")], [0, 0, 0], "DirectOnly").await;
    check("off", [ok("a"), ok("b"), ok("c")], [0, 0, 0], "Off").await;
    check("", [ok("a"), ok("b"), ok("c")], [0, 0, 0], "NoUpstream").await;
}

#[tokio::test]
async fn a_small_body_that_breaks_moves_on_where_any_failure_does() {
    let broken = || Scripted::always(Reply::new(200, "broken").cut(2));
    let (a, b) = (broken(), Scripted::always(Reply::new(200, "whole")));
    let piped = fetcher(&format!("{}|{}", a.url(), b.url()));
    assert_eq!(piped.read(&list(), 10).await.unwrap().bytes, "whole");
    let comma = fetcher(&format!("{},{}", a.url(), b.url()));
    assert_eq!(comma.read(&list(), 10).await.unwrap_err().kind(), &FetchErrorKind::Broken);
}
