//! A stored body, read piece by piece on threads that may wait for a disk.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use larder_module::ModuleVersion;
use larder_modzip::{Inspected, ReadAt, ZipError};
use larder_store::{Body, SpoolFile};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::throttle::Throttle;
use crate::hex::hex;

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// The SHA-256 of a body in hex.
pub(crate) async fn digest(body: &Body, throttle: &mut Throttle) -> io::Result<String> {
    let (mut hasher, mut at, mut buffer) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let body = body.clone();
        let read = aside(move || {
            let n = body.read_at(&mut buffer, at)?;
            hasher.update(buffer.get(..n).unwrap_or_default());
            Ok((n, hasher, buffer))
        });
        let n;
        (n, hasher, buffer) = read.await?;
        if n == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        at += n as u64;
        throttle.spend(n as u64).await;
    }
}

/// Copies a body into the spool; its SHA-256 in hex.
pub(super) async fn copy(body: &Body, into: SpoolFile) -> io::Result<(String, SpoolFile)> {
    let body = body.clone();
    aside(move || {
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; PIECE]);
        loop {
            let n = body.read_at(&mut buffer, into.len())?;
            let piece = buffer.get(..n).unwrap_or_default();
            if piece.is_empty() {
                return Ok((hex(&hasher.finalize()), into));
            }
            hasher.update(piece);
            into.append(piece)?;
        }
    })
    .await
}

/// Whether a body keeps the zip rules, and what it hashes to: on rayon, as for a new one. An error
/// in the error is a defect of ours.
pub(super) async fn inspect(
    body: &Body,
    version: &ModuleVersion,
) -> Result<Result<Inspected, ZipError>, io::Error> {
    let (sender, receiver) = oneshot::channel();
    let (body, version) = (body.clone(), version.clone());
    rayon::spawn(move || {
        // A panic that reaches rayon's own threads would end the process.
        let inspected = catch_unwind(AssertUnwindSafe(|| {
            larder_modzip::inspect(&Stored(&body), body.len(), &version)
        }));
        let _ = sender.send(inspected.ok());
    });
    let inspected = receiver.await.ok().flatten();
    inspected.ok_or_else(|| io::Error::other("the check of the zip panicked"))
}

struct Stored<'a>(&'a Body);

impl ReadAt for Stored<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
