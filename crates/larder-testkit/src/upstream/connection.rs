//! The wire of the fake upstream: HTTP/1.1 requests in, answers out as their behaviour bends them.
//!
//! Knows nothing of modules. One thread a connection; keep-alive as long as answers keep the
//! rules, closed after one that broke them.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::behaviour::{Framing, Ranges};
use super::{Behaviour, File, Seen, Shared};
use crate::database::Reply;

/// Bytes a body is sent in, between two looks at the script.
const PIECE: usize = 16 * 1024;
/// How long a stalled or held answer sleeps between two looks at its peer.
const NAP: Duration = Duration::from_millis(20);

/// Serves one connection to its end.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read_request(&mut reader)? {
        shared.state().seen.push(seen.clone());
        let (behaviour, pace) = plan(&seen, shared);
        thread::sleep(pace.latency + behaviour.delay);
        if behaviour.hung_up {
            return Ok(());
        }
        let answer = Answer::choose(&seen, &behaviour, shared);
        if !answer.send(stream, &seen, &behaviour, &pace)? {
            return Ok(());
        }
    }
    Ok(())
}

/// How fast the whole upstream is.
struct Pace {
    latency: Duration,
    bytes_per_second: Option<u64>,
}

/// An answer before it is bent.
struct Answer {
    status: u16,
    content_type: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn plan(seen: &Seen, shared: &Shared) -> (Behaviour, Pace) {
    let mut state = shared.state();
    let once = state.once.get_mut(&seen.path).and_then(std::collections::VecDeque::pop_front);
    let mut behaviour = once.or_else(|| state.always.get(&seen.path).cloned()).unwrap_or_default();
    if state.without_ranges && behaviour.ranges == Ranges::Honoured {
        behaviour.ranges = Ranges::Ignored;
    }
    (behaviour, Pace { latency: state.latency, bytes_per_second: state.bytes_per_second })
}

impl Answer {
    fn choose(seen: &Seen, behaviour: &Behaviour, shared: &Shared) -> Answer {
        let mut answer = match &behaviour.replaced {
            Some(other) => Answer {
                status: other.status,
                content_type: other.content_type.clone(),
                headers: Vec::new(),
                body: other.body.to_vec(),
            },
            None => Answer::published(seen, shared),
        };
        if let Some(byte) = behaviour.corrupted.and_then(|offset| answer.body.get_mut(offset)) {
            *byte = !*byte;
        }
        answer.headers.extend(behaviour.headers.iter().cloned());
        if answer.status == 200 && behaviour.ranges != Ranges::Ignored {
            answer.headers.push(("Accept-Ranges".to_owned(), "bytes".to_owned()));
            answer.narrow(seen.header("range"), behaviour.ranges);
        }
        answer
    }

    fn published(seen: &Seen, shared: &Shared) -> Answer {
        let (database, file, etags) = {
            let state = shared.state();
            let database = state.databases.iter().find_map(|(prefix, database)| {
                Some((database.clone(), seen.path.strip_prefix(prefix.as_str())?.to_owned()))
            });
            let hidden = state.without_latest && seen.path.ends_with("/@latest");
            let file = if hidden { None } else { state.files.get(&seen.path).cloned() };
            (database, file, state.etags)
        };
        // The database computes without the lock: its own is enough.
        if let Some((database, rest)) = database {
            let Reply { status, content_type, body } = database.answer(&rest);
            return Answer { status, content_type: content_type.to_owned(), headers: vec![], body };
        }
        let Some(File { content_type, bytes }) = file else {
            let body = format!("not found: {}\n", seen.path).into_bytes();
            let content_type = "text/plain; charset=utf-8".to_owned();
            return Answer { status: 404, content_type, headers: vec![], body };
        };
        let mut headers = Vec::new();
        if etags {
            let hash = crate::modules::dirhash([("", bytes.as_ref())]);
            headers.push(("ETag".to_owned(), format!("\"{hash}\"")));
        }
        Answer { status: 200, content_type, headers, body: bytes.to_vec() }
    }

    /// Answers `bytes=N-` and `bytes=N-M` with a part.
    fn narrow(&mut self, range: Option<&str>, ranges: Ranges) {
        let Some((from, to)) = range.and_then(|text| text.strip_prefix("bytes=")?.split_once('-'))
        else {
            return;
        };
        let total = self.body.len();
        let Ok(from) = from.parse::<usize>() else { return };
        let to = to.parse::<usize>().map_or(total, |last| last.saturating_add(1).min(total));
        if from >= to {
            self.status = 416;
            self.headers.push(("Content-Range".to_owned(), format!("bytes */{total}")));
            self.body.clear();
            return;
        }
        self.status = 206;
        self.body = self.body[from..to].to_vec();
        let told = if ranges == Ranges::Misplaced { from + 1 } else { from };
        let range = format!("bytes {told}-{}/{total}", to - 1);
        self.headers.push(("Content-Range".to_owned(), range));
    }

    fn head(&self, framing: Framing) -> String {
        let status = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let framing = match framing {
            Framing::Length => format!("Content-Length: {}", self.body.len()),
            Framing::ClaimedLength(length) => format!("Content-Length: {length}"),
            Framing::Chunked => "Transfer-Encoding: chunked".to_owned(),
            Framing::UntilClose => "Connection: close".to_owned(),
        };
        let content_type = format!("Content-Type: {}", self.content_type);
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines: Vec<String> = headers.chain([content_type, framing]).collect();
        format!("{status}{}\r\n\r\n", lines.join("\r\n"))
    }

    /// Sends it; true when the connection may be used again.
    fn send(
        &self,
        mut stream: &TcpStream,
        seen: &Seen,
        behaviour: &Behaviour,
        pace: &Pace,
    ) -> io::Result<bool> {
        stream.write_all(self.head(behaviour.framing).as_bytes())?;
        if seen.method == "HEAD" {
            return Ok(true);
        }
        let began = Instant::now();
        let whole = Sending { stream, behaviour, pace, sent: 0, began }.body(&self.body)?;
        Ok(whole && matches!(behaviour.framing, Framing::Length | Framing::Chunked))
    }
}

/// A body on its way.
struct Sending<'a> {
    stream: &'a TcpStream,
    behaviour: &'a Behaviour,
    pace: &'a Pace,
    sent: usize,
    began: Instant,
}

impl Sending<'_> {
    /// Sends the body as scripted; false when it was left unfinished on purpose.
    fn body(&mut self, body: &[u8]) -> io::Result<bool> {
        let mut rest = body;
        loop {
            if self.behaviour.truncated == Some(self.sent) {
                return Ok(false);
            }
            if self.behaviour.stalled == Some(self.sent) {
                while !gone(self.stream) {
                    thread::sleep(NAP);
                }
                return Ok(false);
            }
            self.wait_at_gate();
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at(self.piece(rest.len()));
            self.write(piece)?;
            rest = later;
        }
        while self.behaviour.endless {
            self.write(&[b'.'; PIECE])?;
        }
        if matches!(self.behaviour.framing, Framing::Chunked) {
            self.stream.write_all(b"0\r\n\r\n")?;
        }
        Ok(true)
    }

    fn wait_at_gate(&self) {
        if let Some((_, gate)) = self.behaviour.held.as_ref().filter(|(at, _)| *at == self.sent) {
            while !gate.wait(NAP) && !gone(self.stream) {}
        }
    }

    /// How much to send until the script wants something again.
    fn piece(&self, left: usize) -> usize {
        let Behaviour { truncated, stalled, held, trickled, .. } = self.behaviour;
        let stops = [*truncated, *stalled, held.as_ref().map(|(at, _)| *at)];
        let next = stops.into_iter().flatten().filter_map(|at| at.checked_sub(self.sent));
        let most = trickled.map_or(PIECE, |(bytes, _)| bytes).min(left);
        next.filter(|distance| *distance > 0).fold(most, usize::min)
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if matches!(self.behaviour.framing, Framing::Chunked) {
            write!(self.stream, "{:x}\r\n", piece.len())?;
            self.stream.write_all(piece)?;
            self.stream.write_all(b"\r\n")?;
        } else {
            self.stream.write_all(piece)?;
        }
        self.sent += piece.len();
        if let Some((_, interval)) = self.behaviour.trickled {
            thread::sleep(interval);
        }
        if let Some(rate) = self.pace.bytes_per_second.filter(|rate| *rate > 0) {
            // Against the time since the body began, so that sleeping too long makes up for itself.
            let micros = (self.sent as u64).saturating_mul(1_000_000) / rate;
            let due = Duration::from_micros(micros);
            thread::sleep(due.saturating_sub(self.began.elapsed()));
        }
        Ok(())
    }
}

/// Whether the peer has closed its side.
fn gone(stream: &TcpStream) -> bool {
    if stream.set_read_timeout(Some(Duration::from_millis(1))).is_err() {
        return true;
    }
    let peeked = stream.peek(&mut [0]);
    let _ = stream.set_read_timeout(None);
    match peeked {
        Ok(bytes) => bytes == 0,
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Seen>> {
    let Some(line) = read_line(reader)? else { return Ok(None) };
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut seen =
        Seen { method: method.to_owned(), path: percent_decoded(target), headers: Vec::new() };
    while let Some(line) = read_line(reader)?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok(Some(seen))
}

/// One line without its end; `None` at the end of the connection.
fn read_line(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    reader.by_ref().take(256 * 1024).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let escaped = decoded.filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        410 => "Gone",
        418 => "I'm a teapot",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}
