//! The events of an answer, one a line, as a client reads them.
//!
//! A line is given as it was written as well, for whoever passes it on. An answer is whole when its
//! last line says so: what ends otherwise was cut.

use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::client::ClientError;
use super::wire::Event;

/// Bytes of a line; a longer one is no event.
const LONGEST: usize = 1 << 20;

/// The events of an answer, in their order.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    read: Vec<u8>,
    ended: bool,
}

/// An event, and the line that it stood in.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// As it was written, without the end of the line.
    pub text: String,
    /// What it says.
    pub event: Event,
}

impl Events {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, read: Vec::new(), ended: false }
    }

    /// The next event; `None` behind the last one. Dropping this stops the server's work at its
    /// next item.
    pub async fn next(&mut self) -> Result<Option<Line>, ClientError> {
        loop {
            if let Some(end) = self.read.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                match self.line(&line)? {
                    Some(line) => return Ok(Some(line)),
                    None => continue,
                }
            }
            if self.read.len() > LONGEST {
                return Err(ClientError::Malformed("a line without an end".into()));
            }
            match self.body.frame().await {
                Some(frame) => {
                    // A server that was killed, or a connection that broke: what came is all.
                    let data = frame.map_err(|_| ClientError::Cut)?.into_data();
                    let data = data.unwrap_or_default();
                    self.read.extend_from_slice(&data);
                }
                None if self.ended && self.read.is_empty() => return Ok(None),
                None => return Err(ClientError::Cut),
            }
        }
    }

    fn line(&mut self, bytes: &[u8]) -> Result<Option<Line>, ClientError> {
        let text = bytes.trim_ascii();
        if text.is_empty() {
            return Ok(None);
        }
        let malformed = |error| ClientError::Malformed(error);
        let text = std::str::from_utf8(text).map_err(|error| malformed(Box::new(error)))?;
        let event = serde_json::from_str(text).map_err(|error| malformed(Box::new(error)))?;
        self.ended = matches!(event, Event::Done(_) | Event::Failed(_));
        Ok(Some(Line { text: text.to_owned(), event }))
    }
}
