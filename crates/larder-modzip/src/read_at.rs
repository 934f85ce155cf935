//! Where the bytes of a zip come from: anything that can be read at an offset.
//!
//! Reads carry no position, so several threads may read one source at once.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// A source of bytes that can be read at any offset, by several threads at once.
pub trait ReadAt: Send + Sync {
    /// Reads some bytes at `offset` into `buf` and says how many; 0 at the end.
    ///
    /// # Errors
    /// Whatever the source fails with.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for [u8] {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).ok();
        let mut rest = from.and_then(|from| self.get(from..)).unwrap_or_default();
        rest.read(buf)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buf, offset)
    }
}

impl ReadAt for File {
    #[cfg(unix)]
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buf, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buf, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buf, offset)
    }
}

/// Fills `buf` from `offset` on; a source that ends before is an error.
pub(crate) fn read_exact_at(source: &dyn ReadAt, buf: &mut [u8], offset: u64) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[track_caller]
    fn check(source: &dyn ReadAt) {
        let mut buf = [0; 3];
        read_exact_at(source, &mut buf, 1).unwrap();
        assert_eq!(&buf, b"bcd");
        let error = read_exact_at(source, &mut buf, 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(source.read_at(&mut buf, u64::from(u32::MAX) * 8).unwrap(), 0);
        read_exact_at(source, &mut [], 5).unwrap();
    }

    #[test]
    fn every_source_reads_alike() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abcde").unwrap();
        check(&file);
        check(&b"abcde".to_vec());
        check(&b"abcde".as_slice());
        check(&Arc::new(b"abcde".to_vec()));
    }
}
