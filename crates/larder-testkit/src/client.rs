//! One HTTP/1.1 exchange with everything in the test's hands: the path as it is typed, a body
//! read to any byte and dropped there, the time to the first byte, raw bytes in and out.
//!
//! One connection a request, closed after it. Nothing is followed, retried, decoded or
//! normalised. What goes wrong on the wire is an `io::Error`, except in [`get`] and [`head`],
//! which panic: there a test expects an answer.

use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    address: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    timeout: Duration,
}

/// An answer read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer whose body is still coming; dropping it closes the connection.
#[derive(Debug)]
pub struct Exchange {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    reader: BufReader<TcpStream>,
    framing: Framing,
    asked: Instant,
    first_byte: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    Left(u64),
    Chunk { left: u64, first: bool },
    UntilClose,
    Ended,
}

/// Asks for `url` and reads the whole answer.
pub fn get(url: &str) -> Response {
    Request::get(url).send().unwrap_or_else(|error| panic!("GET `{url}`: {error}"))
}

/// Asks for the head of `url`.
pub fn head(url: &str) -> Response {
    Request::new("HEAD", url).send().unwrap_or_else(|error| panic!("HEAD `{url}`: {error}"))
}

/// Sends these bytes to `address` (`host:port`) and reads until the peer closes or stays silent
/// for two seconds.
pub fn raw(address: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    // The peer may close before it has read everything: what it answered still counts.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    Ok(answer)
}

impl Request {
    /// A GET.
    pub fn get(url: &str) -> Request {
        Request::new("GET", url)
    }

    /// Any method; `url` is `http://host:port/target`, its target sent as it stands.
    pub fn new(method: &str, url: &str) -> Request {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (address, target) = rest.split_once('/').unwrap_or((rest, ""));
        Request {
            method: method.to_owned(),
            address: address.to_owned(),
            target: format!("/{target}"),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_mins(1),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this body, with its length.
    #[must_use]
    pub fn body(mut self, text: &str) -> Request {
        self.body = Some(text.to_owned());
        self
    }

    /// Gives up when nothing arrives for so long; a minute if not set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Request {
        self.timeout = timeout;
        self
    }

    /// Sends it and reads the head of the answer.
    pub fn open(&self) -> io::Result<Exchange> {
        let asked = Instant::now();
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.timeout))?;
        let mut text =
            format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.address);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        if let Some(body) = &self.body {
            text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        text.push_str("Connection: close\r\n\r\n");
        text.push_str(self.body.as_deref().unwrap_or_default());
        stream.write_all(text.as_bytes())?;
        let mut reader = BufReader::new(stream);
        let status = status_of(&line(&mut reader)?)?;
        let mut headers = Vec::new();
        loop {
            let line = line(&mut reader)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let framing = framing(&self.method, status, &headers)?;
        Ok(Exchange { status, headers, reader, framing, asked, first_byte: None })
    }

    /// Sends it and reads the whole answer; a body that breaks off is an error.
    pub fn send(&self) -> io::Result<Response> {
        let mut exchange = self.open()?;
        let body = exchange.rest()?;
        Ok(Response { status: exchange.status, headers: exchange.headers, body })
    }
}

impl Response {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Exchange {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// How long the first byte of the body took from the moment of asking; `None` before one.
    pub fn first_byte(&self) -> Option<Duration> {
        self.first_byte
    }

    /// Reads `count` bytes of the body; fewer are an error.
    pub fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let piece = self.piece(count - taken.len())?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            taken.extend(piece);
        }
        Ok(taken)
    }

    /// Reads the body to its end; a connection closed before it is an error.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let piece = self.piece(64 * 1024)?;
            if piece.is_empty() {
                return Ok(body);
            }
            body.extend(piece);
        }
    }

    /// Reads the body to its end and keeps nothing but its length; a connection closed before it is
    /// an error.
    pub fn discard(&mut self) -> io::Result<usize> {
        let mut length = 0;
        loop {
            let piece = self.piece(256 * 1024)?.len();
            if piece == 0 {
                return Ok(length);
            }
            length += piece;
        }
    }

    /// Reads until the end or the break of the body, and says which: what came, and whether whole.
    pub fn drain(&mut self) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            match self.piece(64 * 1024) {
                Ok(piece) if piece.is_empty() => return (body, true),
                Ok(piece) => body.extend(piece),
                Err(_) => return (body, false),
            }
        }
    }

    /// The next bytes, at most `most`; none at the end.
    fn piece(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let most = most as u64;
        let left = match self.framing {
            Framing::Ended => return Ok(Vec::new()),
            Framing::UntilClose => u64::MAX,
            Framing::Chunk { left: 0, first } => self.next_chunk(first)?,
            Framing::Left(left) | Framing::Chunk { left, .. } => left,
        };
        if left == 0 {
            self.framing = Framing::Ended;
            return Ok(Vec::new());
        }
        let mut buffer = vec![0; usize::try_from(left.min(most)).unwrap_or(usize::MAX)];
        let read = self.reader.read(&mut buffer)?;
        buffer.truncate(read);
        if read == 0 && !matches!(self.framing, Framing::UntilClose) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.first_byte.get_or_insert_with(|| self.asked.elapsed());
        match &mut self.framing {
            Framing::Left(left) | Framing::Chunk { left, .. } => *left -= read as u64,
            Framing::UntilClose | Framing::Ended => {}
        }
        Ok(buffer)
    }

    fn next_chunk(&mut self, first: bool) -> io::Result<u64> {
        if !first {
            line(&mut self.reader)?;
        }
        let size = line(&mut self.reader)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16)
            .map_err(|_| broken("a chunk without a size"))?;
        if size == 0 {
            line(&mut self.reader)?;
        }
        self.framing = Framing::Chunk { left: size, first: false };
        Ok(size)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn framing(method: &str, status: u16, headers: &[(String, String)]) -> io::Result<Framing> {
    if method == "HEAD" || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::Ended);
    }
    if find(headers, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        return Ok(Framing::Chunk { left: 0, first: true });
    }
    match find(headers, "content-length") {
        Some(length) => {
            Ok(Framing::Left(length.parse().map_err(|_| broken("a bad Content-Length"))?))
        }
        None => Ok(Framing::UntilClose),
    }
}

/// One line without its end; the end of the connection is an error.
fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned())
}

fn status_of(line: &str) -> io::Result<u16> {
    line.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| broken("no status line"))
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
