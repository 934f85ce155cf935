//! Parts of stored files that the system sends itself, from its page cache to the socket.
//!
//! hyper takes only bytes. So a body hands it a stand-in of the part's length and leaves the part
//! here; when the stand-in comes to the socket, the part goes out in its place, by `sendfile`.
//! Nothing is copied through us and a client that reads slowly holds no buffer of ours. It serves
//! HTTP/1.1 without TLS; there hyper writes a body's bytes as they were given, in their order, and
//! copies none. What does not come as expected cuts the connection.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use larder_store::Body as StoredBody;

use super::buffers::FRAME;

/// Known by its address. It is never written and, but for a test, never read: it costs no memory.
static STAND_IN: [u8; FRAME] = [0; FRAME];

/// The parts that are on their way to one socket.
#[derive(Debug, Default)]
pub(super) struct Files {
    taken: AtomicBool,
    parts: Mutex<VecDeque<Part>>,
}

#[derive(Debug)]
struct Part {
    body: StoredBody,
    at: u64,
    left: usize,
}

impl Files {
    /// From here on the socket takes files.
    pub(super) fn take(&self) {
        self.taken.store(cfg!(target_os = "linux"), Relaxed);
    }

    /// Puts the next bytes of `body` from `at` on its way, if its socket takes files: at most
    /// `most` of them. What is to be given to hyper in their place.
    pub(super) fn put(&self, body: &StoredBody, at: u64, most: usize) -> Option<Bytes> {
        if !self.taken.load(Relaxed) || body.as_file().is_none() {
            return None;
        }
        let stand_in = STAND_IN.get(..most.min(FRAME)).unwrap_or_default();
        let part = Part { body: body.clone(), at, left: stand_in.len() };
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push_back(part);
        Some(Bytes::from_static(stand_in))
    }

    /// Sends of the part for which a stand-in of `len` bytes has come; how many bytes went out.
    pub(super) fn send(&self, socket: impl AsFd, len: usize) -> io::Result<usize> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(part) = parts.front_mut().filter(|part| part.left == len) else {
            return Err(io::Error::other("a stand-in has come for no part of a file"));
        };
        let Some(file) = part.body.as_file() else {
            return Err(io::Error::other("a part is of no file"));
        };
        let sent = send_file(socket, file, part.at, len)?;
        if sent == 0 {
            let text = "the stored body is too short";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        part.at = part.at.saturating_add(sent as u64);
        part.left = part.left.saturating_sub(sent);
        if part.left == 0 {
            parts.pop_front();
        }
        Ok(sent)
    }
}

/// Whether these bytes stand in for a part of a file.
pub(super) fn is_stand_in(bytes: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&bytes.as_ptr()) && !bytes.is_empty()
}

#[cfg(target_os = "linux")]
fn send_file(
    socket: impl AsFd,
    file: &std::fs::File,
    mut at: u64,
    most: usize,
) -> io::Result<usize> {
    Ok(rustix::fs::sendfile(socket, file, Some(&mut at), most)?)
}

#[cfg(not(target_os = "linux"))]
fn send_file(_: impl AsFd, _: &std::fs::File, _: u64, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
