//! The fake upstream does what its script says, seen through the kit's own client.

use std::time::{Duration, Instant};

use super::{Behaviour, Gate, Upstream, is_pseudo};
use crate::client::{Request, get};
use crate::database::Database;
use crate::modules::{Module, ModuleFiles};

fn stocked() -> (Upstream, ModuleFiles, String) {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("x", 50_000));
    let path = files.url_path("zip");
    (upstream, files, path)
}

#[test]
fn a_published_module_is_served_whole() {
    let (upstream, files, path) = stocked();
    let zip = get(&format!("{}{path}", upstream.url()));
    assert_eq!((zip.status, zip.body.as_slice()), (200, files.zip.as_ref()));
    let list = get(&format!("{}{}", upstream.url(), files.list_path()));
    assert_eq!(list.text(), "v1.0.0\n");
    assert_eq!(get(&format!("{}/example.com/b/@v/list", upstream.url())).status, 404);
    assert_eq!(upstream.asked(&path), 1);
}

#[test]
fn a_scripted_answer_comes_once_and_in_its_turn() {
    let (upstream, _, path) = stocked();
    let url = format!("{}{path}", upstream.url());
    upstream.once(&path, Behaviour::status(503, "busy\n"));
    upstream.once(&path, Behaviour::status(403, "no\n"));
    let statuses: Vec<u16> = (0..3).map(|_| get(&url).status).collect();
    assert_eq!(statuses, [503, 403, 200]);
}

#[test]
fn bodies_are_broken_as_told() {
    let (upstream, files, path) = stocked();
    let url = format!("{}{path}", upstream.url());
    let cases: [(&str, Behaviour, usize, bool); 6] = [
        ("truncated", Behaviour::honest().truncated(100), 100, false),
        ("chunked and truncated", Behaviour::honest().chunked().truncated(100), 100, false),
        ("too long a claim", Behaviour::honest().claiming_length(99_999), files.zip.len(), false),
        ("too short a claim", Behaviour::honest().claiming_length(10), 10, true),
        ("chunked", Behaviour::honest().chunked(), files.zip.len(), true),
        ("until close", Behaviour::honest().until_close(), files.zip.len(), true),
    ];
    for (name, behaviour, length, whole) in cases {
        upstream.once(&path, behaviour);
        let (body, ended) = Request::get(&url).open().unwrap().drain();
        assert_eq!((body.len(), ended), (length, whole), "{name}");
        assert!(files.zip.starts_with(&body), "{name}");
    }
    upstream.once(&path, Behaviour::honest().corrupted(7));
    let corrupted = get(&url).body;
    assert_eq!(corrupted.len(), files.zip.len());
    assert_eq!(corrupted[7], !files.zip[7]);
}

#[test]
fn a_stalled_answer_says_nothing_more() {
    let (upstream, _, path) = stocked();
    upstream.once(&path, Behaviour::honest().stalled(10));
    let request = Request::get(&format!("{}{path}", upstream.url()));
    let mut exchange = request.timeout(Duration::from_millis(100)).open().unwrap();
    assert_eq!(exchange.take(10).unwrap().len(), 10);
    assert!(exchange.take(1).is_err());
}

#[test]
fn a_held_answer_goes_on_when_the_gate_opens() {
    let (upstream, files, path) = stocked();
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(10, &gate));
    let mut exchange = Request::get(&format!("{}{path}", upstream.url())).open().unwrap();
    exchange.take(10).unwrap();
    gate.open();
    assert_eq!(exchange.rest().unwrap().len(), files.zip.len() - 10);
}

#[test]
fn an_endless_answer_does_not_end() {
    let (upstream, files, path) = stocked();
    upstream.once(&path, Behaviour::honest().endless());
    let mut exchange = Request::get(&format!("{}{path}", upstream.url())).open().unwrap();
    assert!(exchange.take(files.zip.len() + 100_000).is_ok());
}

#[test]
fn ranges_are_honoured_unless_told_otherwise() {
    let (upstream, files, path) = stocked();
    let request = Request::get(&format!("{}{path}", upstream.url())).header("Range", "bytes=100-");
    let part = request.send().unwrap();
    assert_eq!((part.status, part.body.as_slice()), (206, &files.zip[100..]));
    let told = format!("bytes 100-{}/{}", files.zip.len() - 1, files.zip.len());
    assert_eq!(part.header("content-range"), Some(told.as_str()));
    upstream.without_ranges();
    assert_eq!(request.send().unwrap().status, 200);
}

#[test]
fn a_slow_upstream_takes_its_time() {
    let (upstream, _, path) = stocked();
    upstream.set_latency(Duration::from_millis(50));
    upstream.set_bandwidth(Some(500_000));
    let begin = Instant::now();
    get(&format!("{}{path}", upstream.url()));
    assert!(begin.elapsed() > Duration::from_millis(140), "{:?}", begin.elapsed());
}

#[test]
fn a_cut_upstream_refuses_and_comes_back() {
    let (upstream, _, path) = stocked();
    let request = Request::get(&format!("{}{path}", upstream.url()));
    upstream.once(&path, Behaviour::honest().stalled(10));
    let mut open = request.open().unwrap();
    open.take(10).unwrap();
    upstream.cut();
    assert!(open.rest().is_err());
    assert!(request.open().is_err());
    upstream.restore();
    assert_eq!(request.send().unwrap().status, 200);
}

#[test]
fn an_attached_database_learns_what_is_published() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let base = format!("{}/sumdb/sum.example.com", upstream.url());
    assert_eq!(get(&format!("{base}/supported")).status, 200);
    let lookup = get(&format!("{base}/lookup/example.com/a@v1.0.0"));
    assert!(lookup.text().contains(&files.zip_h1), "{}", lookup.text());
    assert_eq!(get(&format!("{base}/tile/8/0/000.p/1")).body.len(), 32);
}

#[test]
fn a_commit_time_marks_a_pseudo_version() {
    for (version, pseudo) in [
        ("v0.0.0-20240102030405-abcdefabcdef", true),
        ("v1.2.4-0.20240102030405-abcdefabcdef", true),
        ("v2.0.0-20240102030405-abcdefabcdef+incompatible", true),
        ("v1.0.0-beta.1", false),
        ("v1.0.0", false),
    ] {
        assert_eq!(is_pseudo(version), pseudo, "{version}");
    }
}
