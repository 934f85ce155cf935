//! A stored body, open for reading.
//!
//! The bytes of a `Body` never change and outlive their deletion from the store: it holds the open
//! file or the bytes themselves. Reading is a plain `pread`, which the page cache answers in
//! microseconds; who fears a slow disk reads on a thread of its own.

use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A stored body; a clone shares the same open file.
#[derive(Debug, Clone)]
pub struct Body(Source);

#[derive(Debug, Clone)]
enum Source {
    File { file: Arc<File>, len: u64 },
    Bytes(Bytes),
}

impl Body {
    pub(crate) fn from_file(file: File, len: u64) -> Body {
        Body(Source::File { file: Arc::new(file), len })
    }

    /// The body's length in bytes.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Source::File { len, .. } => *len,
            Source::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Whether the body has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads into `buf` from `offset` on; may read less than fits, and 0 only at the end.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.0 {
            Source::File { file, len } => read_within(file, *len, buf, offset),
            Source::Bytes(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..));
                let rest = rest.unwrap_or_default();
                let n = rest.len().min(buf.len());
                buf.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                Ok(n)
            }
        }
    }

    /// The whole body, where it is in memory anyway.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Source::File { .. } => None,
            Source::Bytes(bytes) => Some(bytes),
        }
    }

    /// The open file, where there is one: for `sendfile` and its like. Its offset is shared by all
    /// clones and means nothing.
    pub fn as_file(&self) -> Option<&File> {
        match &self.0 {
            Source::File { file, .. } => Some(file),
            Source::Bytes(_) => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body(Source::Bytes(bytes))
    }
}

/// Reads from the first `len` bytes of `file` only. That they are missing is an error, so that a
/// file cut short from outside does not pass for a whole one.
pub(crate) fn read_within(file: &File, len: u64, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
    let fits = left.min(buf.len());
    match buf.get_mut(..fits) {
        None | Some([]) => Ok(0),
        Some(buf) => loop {
            match file.read_at(buf, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                done => return done,
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn check(body: &Body) {
        let read = |offset, n| {
            let mut buf = vec![0; n];
            let n = body.read_at(&mut buf, offset).unwrap();
            String::from_utf8(buf[..n].to_vec()).unwrap()
        };
        assert_eq!(body.len(), 5);
        assert_eq!(read(0, 9), "01234");
        assert_eq!(read(1, 3), "123");
        assert_eq!(read(4, 3), "4");
        assert_eq!(read(5, 3), "");
        assert_eq!(read(u64::MAX, 3), "");
        assert_eq!(read(0, 0), "");
    }

    #[test]
    fn a_body_reads_the_same_from_a_file_and_from_memory() {
        check(&Body::from(Bytes::from_static(b"01234")));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"01234 and what was not published").unwrap();
        check(&Body::from_file(file, 5));
    }

    #[test]
    fn a_file_cut_short_is_an_error_and_not_an_end() {
        let body = Body::from_file(tempfile::tempfile().unwrap(), 5);
        let error = body.read_at(&mut [0; 9], 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(body.read_at(&mut [0; 9], 5).unwrap(), 0);
    }
}
