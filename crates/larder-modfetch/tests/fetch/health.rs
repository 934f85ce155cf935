//! Asking again, taking turns, and leaving alone what is dead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use larder_modfetch::{
    Circuit, CircuitState, FetchConfig, FetchErrorKind, Fetcher, Jitter, Phase, Timeouts,
    UpstreamHealth,
};

use crate::{
    config, hasty, list,
    scripted::{AUTHORITY, Reply, Scripted, nobody},
    zip,
};

/// Longer than any test takes, and the shortest pause that a test waits for.
const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(100);

/// Never sent again, left alone after three failures for so long, and nothing by chance.
fn frail(list: &str, pause: Duration) -> FetchConfig {
    let circuit = Circuit { failures: 3, pause };
    FetchConfig { retries: 0, circuit, jitter: Jitter::Always(0), ..hasty(list) }
}

fn health(fetcher: &Fetcher) -> UpstreamHealth {
    fetcher.health().remove(0)
}

fn is_open(kind: &FetchErrorKind) -> bool {
    matches!(kind, FetchErrorKind::CircuitOpen { .. })
}

/// Reads the list so often; the kinds of the failures.
async fn fail(fetcher: &Fetcher, times: usize) -> Vec<FetchErrorKind> {
    let mut kinds = Vec::new();
    for _ in 0..times {
        kinds.extend(fetcher.read(&list(), 100).await.err().map(|error| error.kind().clone()));
    }
    kinds
}

/// Fetches from an upstream that answers so at first and well afterwards; expects how often it was asked,
/// and whether that was enough.
async fn check_retries(first: Reply, asked: usize, enough: bool) {
    let upstream = Scripted::http(move |_, before| match before {
        0 => first.clone(),
        _ => Reply::new(200, "v1.0.0\n"),
    });
    let config = FetchConfig { jitter: Jitter::Always(0), ..hasty(&upstream.url()) };
    let fetcher = Fetcher::new(config).unwrap();
    let got = fetcher.read(&list(), 100).await;
    assert_eq!((upstream.asked().len(), got.is_ok()), (asked, enough), "{got:?}");
    let health = health(&fetcher);
    assert_eq!(health.retries, asked as u64 - 1, "{health:?}");
}

#[tokio::test]
async fn a_gateway_in_trouble_is_asked_again_and_nothing_else_is() {
    for status in [502, 503, 504] {
        check_retries(Reply::text(status, "trouble"), 2, true).await;
    }
    check_retries(Reply::new(503, "").header("Retry-After", "0"), 2, true).await;
    check_retries(Reply::new(503, "").header("Retry-After", "60"), 1, false).await;
    for status in [400, 403, 404, 408, 410, 429, 500, 501, 507] {
        check_retries(Reply::text(status, "trouble"), 1, false).await;
    }
    check_retries(Reply::silence(), 1, false).await;
    check_retries(Reply::new(200, "v1.0.0\n").stall(2), 1, false).await;
}

#[tokio::test]
async fn retries_are_bounded_and_a_dead_upstream_is_not_asked_more_often_than_its_circuit_allows() {
    let jitter = Jitter::Always(0);
    let dead = FetchConfig { retries: 4, circuit: Circuit::default(), jitter, ..hasty(&nobody()) };
    let fetcher = Fetcher::new(dead.clone()).unwrap();
    assert_eq!(fail(&fetcher, 1).await, [FetchErrorKind::Unreachable]);
    let after_one = health(&fetcher);
    assert_eq!((after_one.requests, after_one.retries, after_one.failures), (5, 4, 5));
    assert_eq!(after_one.state, CircuitState::Open);

    let fetcher = Fetcher::new(FetchConfig { retries: 1000, ..dead }).unwrap();
    let kinds = fail(&fetcher, 20).await;
    assert_eq!(kinds[0], FetchErrorKind::Unreachable, "the failure is told, not the circuit");
    assert!(kinds[1..].iter().all(is_open), "{kinds:?}");
    assert_eq!(health(&fetcher).requests, 5);
}

#[tokio::test]
async fn an_upstream_that_keeps_failing_is_left_alone_and_one_that_says_no_is_not() {
    for status in [400, 401, 403, 404, 410, 429, 451] {
        let upstream = Scripted::always(Reply::text(status, "no"));
        let fetcher = Fetcher::new(frail(&upstream.url(), LONG)).unwrap();
        assert!(!fail(&fetcher, 9).await.iter().any(is_open), "{status}");
        let health = health(&fetcher);
        assert_eq!(
            (health.state, health.failures, upstream.asked().len()),
            (CircuitState::Closed, 0, 9)
        );
        assert!(health.last_ok.is_some() && health.last_error.is_none());
    }
    for reply in [Reply::text(500, "no"), Reply::new(503, ""), Reply::new(200, "whole").cut(2)] {
        let upstream = Scripted::always(reply);
        let fetcher = Fetcher::new(frail(&upstream.url(), LONG)).unwrap();
        let kinds = fail(&fetcher, 6).await;
        assert_eq!(
            kinds.iter().map(is_open).collect::<Vec<_>>(),
            [false, false, false, true, true, true]
        );
        let health = health(&fetcher);
        assert_eq!((health.state, health.failures, health.openings), (CircuitState::Open, 3, 1));
        assert_eq!((health.url.as_str(), health.failures_in_row), (upstream.url().as_str(), 3));
        assert!(health.retry_at.is_some() && health.last_error.is_some(), "{health:?}");
    }
}

#[tokio::test]
async fn the_error_of_an_open_circuit_says_when_the_upstream_will_be_tried_again() {
    let upstream = Scripted::always(Reply::new(500, ""));
    let fetcher = Fetcher::new(frail(&upstream.url(), LONG)).unwrap();
    fail(&fetcher, 3).await;
    let error = fetcher.open(&zip()).await.unwrap_err();
    let FetchErrorKind::CircuitOpen { failures: 3, retry_in: Some(retry_in) } = error.kind() else {
        panic!("{error:?}");
    };
    assert!(*retry_in <= LONG && *retry_in > LONG / 2, "{retry_in:?}");
    assert!(
        error
            .to_string()
            .contains("has failed 3 times in a row and is left alone; it will be tried again in"),
        "{error}"
    );
    assert_eq!(error.origin().unwrap().to_string(), upstream.url());
}

#[tokio::test]
async fn an_open_circuit_is_a_failure_for_the_list_and_no_not_found() {
    let (dead, alive) = (nobody(), Scripted::always(Reply::new(200, "v1.0.0\n")));
    let piped = Fetcher::new(frail(&format!("{dead}|{}", alive.url()), LONG)).unwrap();
    assert_eq!(fail(&piped, 5).await, []);
    assert_eq!(piped.health()[0].requests, 3);
    let comma = Fetcher::new(frail(&format!("{dead},{}", alive.url()), LONG)).unwrap();
    assert!(is_open(&fail(&comma, 5).await[4]));
    assert_eq!(comma.health()[1].requests, 0);
}

#[tokio::test]
async fn after_the_pause_one_request_finds_out_whether_the_upstream_is_back() {
    let (arrived, went_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (arriving, going_on) = (Arc::clone(&arrived), Arc::clone(&went_on));
    let upstream = Scripted::http(move |_, before| {
        if before < 3 {
            return Reply::new(500, "");
        }
        arriving.fetch_add(1, Ordering::SeqCst);
        while going_on.load(Ordering::SeqCst) == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        Reply::new(200, "v1.0.0\n")
    });
    let patient = Timeouts { head: LONG, ..Timeouts::default() };
    let config = FetchConfig { timeouts: patient, ..frail(&upstream.url(), SHORT) };
    let fetcher = Fetcher::new(config).unwrap();
    fail(&fetcher, 3).await;
    tokio::time::sleep(SHORT * 2).await;
    let probe = tokio::spawn({
        let fetcher = fetcher.clone();
        async move { fetcher.read(&list(), 100).await }
    });
    while arrived.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let list = list();
    let others = join_all((0..10).map(|_| fetcher.read(&list, 100))).await;
    for other in others {
        let kind = other.unwrap_err().kind().clone();
        assert_eq!(kind, FetchErrorKind::CircuitOpen { failures: 3, retry_in: None });
    }
    assert_eq!(health(&fetcher).state, CircuitState::HalfOpen);
    went_on.store(1, Ordering::SeqCst);
    probe.await.unwrap().unwrap();
    assert_eq!(fail(&fetcher, 5).await, []);
    assert_eq!((health(&fetcher).state, upstream.asked().len()), (CircuitState::Closed, 9));
}

#[tokio::test]
async fn a_probe_that_is_given_up_is_followed_by_another() {
    let upstream = Scripted::http(|_, before| match before {
        0..3 => Reply::new(500, ""),
        3 => Reply::silence(),
        _ => Reply::new(200, "v1.0.0\n"),
    });
    let config = FetchConfig { timeouts: Timeouts::default(), ..frail(&upstream.url(), SHORT) };
    let fetcher = Fetcher::new(config).unwrap();
    fail(&fetcher, 3).await;
    tokio::time::sleep(SHORT * 2).await;
    let probe = tokio::spawn({
        let fetcher = fetcher.clone();
        async move { fetcher.read(&list(), 100).await }
    });
    while upstream.asked().len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    assert_eq!(fail(&fetcher, 2).await, []);
}

#[tokio::test]
async fn no_more_requests_are_under_way_at_once_than_allowed_and_each_gets_its_turn() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counting, highest) = (Arc::clone(&now), Arc::clone(&most));
    let upstream = Scripted::http(move |_, _| {
        let at_once = counting.fetch_add(1, Ordering::SeqCst) + 1;
        highest.fetch_max(at_once, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(10));
        counting.fetch_sub(1, Ordering::SeqCst);
        Reply::new(200, "v1.0.0\n")
    });
    let config = FetchConfig { concurrency: 3, ..config(&upstream.url()) };
    let fetcher = Fetcher::new(config).unwrap();
    let list = list();
    let all = join_all((0..20).map(|_| fetcher.read(&list, 100))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((most.load(Ordering::SeqCst), upstream.asked().len()), (3, 20));
    let health = health(&fetcher);
    assert_eq!((health.in_flight, health.waiting, health.requests), (0, 0, 20));
}

#[tokio::test]
async fn bodies_that_nobody_reads_leave_room_for_small_answers() {
    let upstream = Scripted::always(Reply::new(200, "v1.0.0\n"));
    let fetcher = Fetcher::new(FetchConfig { concurrency: 4, ..config(&upstream.url()) }).unwrap();
    let (zip, list) = (zip(), list());
    let held = join_all((0..3).map(|_| fetcher.open(&zip))).await;
    let fourth = fetcher.open(&zip);
    let (fourth, small) =
        tokio::join!(tokio::time::timeout(SHORT, fourth), fetcher.read(&list, 100));
    assert!(fourth.is_err() && small.is_ok());
    drop(held);
    fetcher.open(&zip).await.unwrap();
}

#[tokio::test]
async fn who_waits_for_a_place_is_told_when_the_circuit_opens() {
    let upstream = Scripted::always(Reply::silence());
    let circuit = Circuit { failures: 1, pause: LONG };
    let config = FetchConfig { concurrency: 1, circuit, ..hasty(&upstream.url()) };
    let fetcher = Fetcher::new(config).unwrap();
    let kinds = join_all((0..5).map(|_| fail(&fetcher, 1))).await.concat();
    assert_eq!(kinds[0], FetchErrorKind::TimedOut(Phase::Head));
    assert!(kinds[1..].iter().all(is_open), "{kinds:?}");
    assert_eq!(upstream.asked().len(), 1);
}

#[tokio::test]
async fn entries_at_one_origin_share_its_circuit_and_a_directory_has_none() {
    let upstream = Scripted::always(Reply::new(500, ""));
    let url = upstream.url().replace("//", "//user:secret@");
    let list = format!("{url}/one|{url}/two|file:///nowhere");
    let fetcher = Fetcher::new(frail(&list, LONG)).unwrap();
    fail(&fetcher, 3).await;
    assert_eq!(upstream.asked().len(), 3);
    let shown: Vec<_> = fetcher.health().into_iter().map(|health| health.url).collect();
    assert_eq!(shown, [upstream.url()]);
    assert!(!format!("{:?}", fetcher.health()).contains("secret"));
}

#[tokio::test]
async fn a_request_that_was_never_sent_tells_nothing_about_the_upstream() {
    let fetcher = Fetcher::new(frail("http://user:secret@mod.test", LONG)).unwrap();
    assert!(!fail(&fetcher, 5).await.iter().any(is_open));
    assert_eq!((health(&fetcher).failures, health(&fetcher).retries), (0, 0));
}

#[tokio::test]
async fn time_spent_connecting_is_not_taken_from_the_time_for_the_head() {
    let second = Duration::from_secs(1);
    let timeouts = Timeouts { connect: LONG, head: second, idle: LONG };
    let over_tls = |upstream: &Scripted| {
        let extra_roots = vec![AUTHORITY.to_vec()];
        Fetcher::new(FetchConfig { timeouts, extra_roots, ..config(&upstream.url()) }).unwrap()
    };
    let slow = Scripted::slow_https(second * 2, |_, _| Reply::new(200, "v1.0.0\n"));
    over_tls(&slow).read(&list(), 100).await.unwrap();
    let began = Instant::now();
    let silent = Scripted::slow_https(second, |_, _| Reply::silence());
    let kinds = fail(&over_tls(&silent), 1).await;
    assert_eq!(kinds, [FetchErrorKind::TimedOut(Phase::Head)]);
    assert!(began.elapsed() < LONG / 2, "the time to connect is not added");
}
