//! A line of the access log, as `key=value` text or as JSON, in ASCII throughout.
//!
//! Bytes of a client that are not plainly printable, and the ones that end a value, are written
//! as escapes; overlong values are cut. So each request is one line and says nothing of others.

use std::time::{SystemTime, UNIX_EPOCH};

use super::access_log::LineFormat;

/// Longest path or agent that is written.
const LONGEST: usize = 1024;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What a line says.
pub(super) struct Line<'a> {
    pub(super) id: &'a str,
    pub(super) remote: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) micros: u64,
    pub(super) route: &'static str,
    pub(super) outcome: &'static str,
    pub(super) aborted: bool,
    pub(super) agent: &'a [u8],
}

impl Line<'_> {
    /// Appends the line, its end included.
    pub(super) fn append(&self, format: LineFormat, time: &[u8], out: &mut Vec<u8>) {
        match format {
            LineFormat::Text => self.append_text(time, out),
            LineFormat::Json => self.append_json(time, out),
        }
    }

    fn append_text(&self, time: &[u8], out: &mut Vec<u8>) {
        put(out, &[b"time=", time, b" id=", self.id.as_bytes()]);
        put(out, &[b" remote=", self.remote.as_bytes(), b" method=", self.method.as_bytes()]);
        out.extend_from_slice(b" path=\"");
        escaped(out, self.path.as_bytes(), b"\\x");
        out.extend_from_slice(b"\" status=");
        decimal(out, u64::from(self.status));
        out.extend_from_slice(b" bytes=");
        decimal(out, self.bytes);
        out.extend_from_slice(b" us=");
        decimal(out, self.micros);
        put(out, &[b" route=", self.route.as_bytes(), b" outcome=", self.outcome.as_bytes()]);
        let aborted: &[u8] = if self.aborted { b" aborted=true" } else { b"" };
        put(out, &[aborted, b" agent=\""]);
        escaped(out, self.agent, b"\\x");
        out.extend_from_slice(b"\"\n");
    }

    fn append_json(&self, time: &[u8], out: &mut Vec<u8>) {
        put(out, &[b"{\"time\":\"", time, b"\",\"id\":\"", self.id.as_bytes()]);
        put(out, &[b"\",\"remote\":\"", self.remote.as_bytes()]);
        put(out, &[b"\",\"method\":\"", self.method.as_bytes(), b"\",\"path\":\""]);
        escaped(out, self.path.as_bytes(), b"\\u00");
        out.extend_from_slice(b"\",\"status\":");
        decimal(out, u64::from(self.status));
        out.extend_from_slice(b",\"bytes\":");
        decimal(out, self.bytes);
        out.extend_from_slice(b",\"us\":");
        decimal(out, self.micros);
        put(out, &[b",\"route\":\"", self.route.as_bytes()]);
        put(out, &[b"\",\"outcome\":\"", self.outcome.as_bytes()]);
        let aborted: &[u8] = if self.aborted { b"true" } else { b"false" };
        put(out, &[b"\",\"aborted\":", aborted, b",\"agent\":\""]);
        escaped(out, self.agent, b"\\u00");
        out.extend_from_slice(b"\"}\n");
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Line {
            id: "0123456789abcdef",
            remote: "127.0.0.1:9",
            method: "GET",
            path: "/example.com/m/@v/v1.0.0.mod",
            status: 200,
            bytes: 20,
            micros: 85,
            route: "mod",
            outcome: "hit",
            aborted: false,
            agent: b"Go-http-client/1.1",
        }
    }
}

/// The time of a line in RFC 3339, UTC, with milliseconds. Its seconds are formatted once each.
#[derive(Debug)]
pub(super) struct Stamp {
    second: u64,
    text: [u8; 24],
}

impl Default for Stamp {
    fn default() -> Self {
        Self { second: 0, text: *b"1970-01-01T00:00:00.000Z" }
    }
}

impl Stamp {
    /// The time now.
    pub(super) fn now(&mut self) -> &[u8] {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(since.as_secs(), since.subsec_millis())
    }

    fn at(&mut self, second: u64, millis: u32) -> &[u8] {
        if second != self.second {
            self.second = second;
            let time =
                i64::try_from(second).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
            let text = time.unwrap_or_default().to_string();
            for (to, from) in self.text.iter_mut().zip(text.as_bytes().iter().take(19)) {
                *to = *from;
            }
        }
        let mut rest = millis % 1000;
        for at in [22, 21, 20] {
            self.text[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        &self.text
    }
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Writes plain bytes as they are and the others as `escape` and two hexadecimal digits.
fn escaped(out: &mut Vec<u8>, bytes: &[u8], escape: &[u8]) {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    let (mut bytes, cut) = match bytes.get(..LONGEST) {
        Some(head) if bytes.len() > LONGEST => (head, true),
        _ => (bytes, false),
    };
    while let Some(at) = bytes.iter().position(|byte| !plain(*byte)) {
        let (before, after) = bytes.split_at(at);
        out.extend_from_slice(before);
        if let Some((byte, rest)) = after.split_first() {
            out.extend_from_slice(escape);
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            bytes = rest;
        }
    }
    out.extend_from_slice(bytes);
    if cut {
        out.extend_from_slice(b"...");
    }
}

fn decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &Line<'_>, format: LineFormat) -> String {
        let mut out = Vec::new();
        line.append(format, Stamp::default().at(1_795_506_274, 7), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_says_everything_about_its_request() {
        assert_eq!(
            written(&Line::sample(), LineFormat::Text),
            "time=2026-11-24T07:44:34.007Z id=0123456789abcdef remote=127.0.0.1:9 method=GET \
             path=\"/example.com/m/@v/v1.0.0.mod\" status=200 bytes=20 us=85 route=mod \
             outcome=hit agent=\"Go-http-client/1.1\"\n"
        );
        let aborted = Line { aborted: true, bytes: u64::MAX, ..Line::sample() };
        let text = written(&aborted, LineFormat::Text);
        assert!(text.contains(" bytes=18446744073709551615 "), "{text}");
        assert!(text.contains(" aborted=true "), "{text}");
    }

    #[test]
    fn no_client_forges_a_line() {
        let check = |path: &str, agent: &[u8]| {
            let line = Line { path, agent, ..Line::sample() };
            for format in [LineFormat::Text, LineFormat::Json] {
                let text = written(&line, format);
                assert!(text.is_ascii());
                assert_eq!(text.matches('\n').count(), 1, "{text}");
                assert!(text.len() < 2 * 6 * LONGEST + 1024, "{} bytes", text.len());
            }
            let json: serde_json::Value =
                serde_json::from_str(&written(&line, LineFormat::Json)).unwrap();
            assert_eq!(json["status"], 200);
            let latin: String = agent.iter().take(LONGEST).map(|byte| char::from(*byte)).collect();
            assert!(json["agent"].as_str().unwrap().starts_with(&latin));
        };
        check("/a\"b\\c", b"x\" status=\"500\n");
        check("/é", &[0xff, 0x00, 0x1b, b'a']);
        check(&"é".repeat(5000), &[b'\n'; 5000]);
        let forged = Line { agent: b"a\" outcome=\"hit", ..Line::sample() };
        assert!(
            written(&forged, LineFormat::Text).ends_with("agent=\"a\\x22 outcome=\\x22hit\"\n")
        );
    }
}
