//! A maintainer's command when the server is not as it hopes: absent, another, older, newer, killed
//! in the middle. The server is a script here, which answers one request with bytes.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use larder_testkit::{TestContext, free_address};
use rustix::process::{Pid, Signal, kill_process};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn context() -> TestContext {
    let context = TestContext::new(env!("CARGO_BIN_EXE_larder"));
    context.file("token", &format!("{TOKEN}\n"));
    context
}

/// Answers one request with these bytes, then closes; gives the request.
fn script(answer: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.into();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = request(&mut stream);
        stream.write_all(&answer).unwrap();
        request
    });
    (address, server)
}

/// The head of a request and its body.
fn request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let lower = line.to_ascii_lowercase();
        if let Some(said) = lower.strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        head += &line;
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn head(status: &str, kind: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n")
}

/// A whole answer.
fn answer(status: &str, body: &str) -> String {
    let head = head(status, "application/json");
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

/// An answer in events, which ends with the connection: `end` says how.
fn events(lines: &str, end: &str) -> String {
    let head = head("200 OK", "application/x-ndjson");
    format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{lines}\r\n{end}", lines.len())
}

const WHOLE: &str = "0\r\n\r\n";
const KILLED: &str = "";

/// Runs a command against a scripted server.
fn told(args: &[&str], answer: impl Into<Vec<u8>>) -> String {
    let mut context = context();
    let (address, server) = script(answer);
    context.redact(&address.to_string(), "[ADDR]");
    let url = format!("http://{address}");
    let told = context.run(&[args, &["--server", &url, "--token-file", "token"]].concat());
    let request = server.join().unwrap();
    assert!(request.contains(&format!("authorization: Bearer {TOKEN}\r\n")), "{request}");
    told
}

#[test]
fn without_a_server_it_says_where_one_was_looked_for() {
    let mut context = context();
    let address = free_address().to_string();
    context.redact(&address, "[ADDR]");
    let mut command = context.command();
    let told = context.told(command.arg("status").env("LARDER_ADMIN_LISTEN", &address));
    insta::assert_snapshot!(told, @"
    exit: 1
    --- stdout
    --- stderr
    error: no server answers on `[ADDR]`
      cause: Connection refused (os error 111)
      hint: is `larder serve` running?
      hint: the address is `admin.listen`, set by LARDER_ADMIN_LISTEN; name another with `--server http://HOST:PORT`
    ");
}

#[test]
fn without_an_admin_api_there_is_nothing_to_ask() {
    let context = context();
    let mut command = context.command();
    let told = context.told(command.arg("status").env("LARDER_ADMIN_LISTEN", "off"));
    insta::assert_snapshot!(told, @"
    exit: 2
    --- stdout
    --- stderr
    error: there is no server to ask: `admin.listen` is `off`
      hint: it is set by LARDER_ADMIN_LISTEN
      hint: name a server with `--server http://HOST:PORT`
    ");
}

#[test]
fn without_a_token_it_says_where_one_is() {
    let context = context();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let told = context.run(&["status", "--server", &url, "--data", "nowhere"]);
    insta::assert_snapshot!(told, @"
    exit: 1
    --- stdout
    --- stderr
    error: could not read the admin token
      cause: failed to open file `nowhere/admin-token`: No such file or directory (os error 2)
      hint: the server writes it into its data directory at its first start: name that with `--data DIR`, or the file itself with `--token-file FILE`
    ");
    context.file("short", "secret\n");
    let told = context.run(&["status", "--server", &url, "--token-file", "short"]);
    assert!(told.contains("`short` holds no admin token") && !told.contains("secret"), "{told}");
}

#[test]
fn another_servers_token_is_refused() {
    let refusal = r#"{"error": "the admin token is missing or wrong"}"#;
    insta::assert_snapshot!(told(&["status"], answer("401 Unauthorized", refusal)), @"
    exit: 1
    --- stdout
    --- stderr
    error: the server does not accept the admin token
      hint: the token of `token` was shown; name the server's own with `--token-file FILE`
    ");
}

#[test]
fn an_older_server_is_named_as_such() {
    let refusal = r#"{"error": "there is no `/v1/fsck`"}"#;
    insta::assert_snapshot!(told(&["fsck"], answer("404 Not Found", refusal)), @"
    exit: 1
    --- stdout
    --- stderr
    error: the server does not know `/v1/fsck`
      hint: the server is older than this larder [VERSION]: upgrade it, or use the larder that it runs
    ");
}

#[test]
fn a_newer_server_is_understood_as_far_as_that_goes() {
    let lines = "{\"event\": \"moved\", \"to\": \"x\"}\n\
        {\"event\": \"purged\", \"version\": \"a.b/c@v1.0.0\", \"result\": \"sealed\"}\n\
        {\"event\": \"done\", \"count\": 1, \"sealed\": 1}\n";
    let told = told(&["purge", "a.b/c@v1.0.0", "--json"], events(lines, WHOLE));
    assert_eq!(told, format!("exit: 0\n--- stdout\n{lines}--- stderr\n"));
}

#[test]
fn a_refusal_is_told_with_its_way_out() {
    let refusal = r#"{"error": "a gc is running already", "hint": "wait for it"}"#;
    insta::assert_snapshot!(told(&["gc"], answer("409 Conflict", refusal)), @"
    exit: 1
    --- stdout
    --- stderr
    error: a gc is running already
      hint: wait for it
    ");
}

#[test]
fn work_that_cannot_go_on_is_a_failure() {
    let lines = "{\"event\":\"evict\",\"version\":\"a.b/c@v1.0.0\",\"bytes\":2048}\n\
        {\"event\":\"failed\",\"error\":\"the store failed\",\"hint\":\"the server's log has more\"}\n";
    insta::assert_snapshot!(told(&["gc"], events(lines, WHOLE)), @"
    exit: 1
    --- stdout
      2.0 KiB  a.b/c@v1.0.0  not used
    --- stderr
    error: the store failed
      hint: the server's log has more
    ");
}

#[test]
fn what_is_no_admin_api_is_told_from_one() {
    let check = |answer: String| {
        let told = told(&["status"], answer);
        assert!(told.starts_with("exit: 1\n"), "{told}");
        assert!(told.contains("`[ADDR]` answers, but not as Larder's admin API does"), "{told}");
        assert!(told.contains("hint: the server's `admin.listen` says where it is"), "{told}");
    };
    check(head("200 OK", "text/html") + "\r\n<html>");
    check(head("404 Not Found", "text/plain") + "\r\nnot found: no such path");
    check("SSH-2.0-OpenSSH_9.6\r\n".to_owned());
}

#[test]
fn a_server_that_is_killed_in_the_middle_leaves_what_it_did() {
    let line = "{\"event\":\"bad\",\"version\":\"a.b/c@v1.0.0\",\"part\":\"zip\",\"problem\":\"h1 \
        differs\",\"repaired\":\"fetched\"}\n";
    insta::assert_snapshot!(told(&["fsck", "--repair"], events(line, KILLED)), @"
    exit: 1
    --- stdout
    bad  a.b/c@v1.0.0  zip: h1 differs; fetched
    --- stderr
    error: the server ended its answer in the middle
      hint: was the server stopped? What was told until here is done; ask for the rest again
    ");
    // An answer that ends in order and without its last event is cut as well.
    let told = told(&["fsck"], events(line, WHOLE));
    assert!(told.starts_with("exit: 1\n") && told.contains("in the middle"), "{told}");
}

#[test]
fn an_answer_that_is_no_json_is_a_failure() {
    let told = told(&["fsck"], events("{\"event\":\n", WHOLE));
    assert!(told.starts_with("exit: 1\n") && told.contains("the answer cannot be read"), "{told}");
    assert!(told.contains("may be of another version than this larder [VERSION]"), "{told}");
}

#[test]
fn ctrl_c_stops_in_order() {
    let context = context();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut child = context
        .command()
        .args(["fsck", "--server", &url, "--token-file", "token"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    request(&mut stream);
    let line =
        "{\"event\":\"bad\",\"version\":\"a.b/c@v1.0.0\",\"part\":\"zip\",\"problem\":\"x\"}\n";
    stream.write_all(events(line, "").as_bytes()).unwrap();
    // The line is told before the signal, so the answer was being followed.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert_eq!(first, "bad  a.b/c@v1.0.0  zip: x\n");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "stopped: what was told until here is done, the rest is not\n");
    // The server sees that its client has left.
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let before = Instant::now();
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(before.elapsed() < Duration::from_secs(10), "the connection was left open");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let check = |args: &[&str], expect: &str| {
        let told = context().run(args);
        assert!(told.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{args:?}: {told}");
        assert!(told.contains(expect), "{args:?}: {told}");
    };
    check(&["refresh"], "<MODULE>");
    check(&["refresh", "nonsense"], "malformed module path `nonsense`");
    check(&["refresh", "a.b/c@v1.0.0"], "refresh `a.b/c`");
    check(&["purge"], "<MODULE@VERSION>");
    check(&["purge", "a.b/c"], "not of the form `MODULE@VERSION`");
    check(&["purge", "a.b/c@latest"], "`go list -m a.b/c@latest`");
    check(&["purge", "a.b/c@v1.0.0", "--undo", "--reason", "x"], "cannot be used with");
    check(&["prefill"], "there is no go.work, go.mod or go.sum in `.`");
    check(&["prefill", "nowhere"], "could not read `nowhere`");
    check(&["prefill", "token"], "`token` is no file of Go");
    check(&["gc", "--max-size", "much"], "a size is bytes or a number with its unit");
    check(&["gc", "--max-age", "3 weeks"], "a duration is a number with its unit");
    check(&["fsck", "--repair=yes"], "--repair");
    check(&["status", "--server", "https://larder.example:7172"], "speaks plain HTTP");
    check(&["status", "--server", "larder.example"], "`http://HOST:PORT`");
}
