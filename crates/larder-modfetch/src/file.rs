//! Upstreams that are directories: a `file://` entry serves the same paths from disk.
//!
//! A missing file is `not found`, as for the go command; one that may not be read is refused like a 403.
//! Reading happens on the runtime's threads for blocking work.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    arriving::Arriving,
    error::{FetchError, FetchErrorKind},
    proxy_url::ProxyUrl,
};

const CHUNK: usize = 256 * 1024;

/// Opens a file below a `file://` upstream; `what` is its URL.
pub(crate) async fn open(
    origin: &ProxyUrl,
    what: String,
    path: PathBuf,
) -> Result<Arriving, FetchError> {
    let opened = blocking(move || {
        let (file, _) = fs_err::File::open(path)?.into_parts();
        let metadata = file.metadata()?;
        // A directory opens like a file on some systems, and then cannot be read.
        if metadata.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else {
            Ok((file, metadata.len()))
        }
    });
    match opened.await {
        Ok((file, len)) => Ok(Arriving::file(origin, what, file, len)),
        Err(error) => {
            let text = String::new();
            let kind = match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    FetchErrorKind::NotFound { text }
                }
                io::ErrorKind::PermissionDenied => FetchErrorKind::Refused { status: 403, text },
                _ => FetchErrorKind::Upstream { status: 500, text },
            };
            Err(FetchError::new(kind, what).at(origin).because(error))
        }
    }
}

/// The next piece of an open file, or nothing at its end.
pub(crate) async fn chunk(file: Arc<File>) -> io::Result<Option<Bytes>> {
    blocking(move || {
        let mut bytes = Vec::with_capacity(CHUNK);
        (&*file).take(CHUNK as u64).read_to_end(&mut bytes)?;
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    })
    .await
}

/// Goes on reading an open file from byte `from`.
pub(crate) async fn seek(file: Arc<File>, from: u64) -> io::Result<()> {
    blocking(move || (&*file).seek(SeekFrom::Start(from)).map(drop)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
