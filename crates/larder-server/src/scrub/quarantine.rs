//! The evidence: what was bad, by its own hash, with a note beside it that says what it was.
//!
//! Kept under `quarantine/<sha256>` and `quarantine/<sha256>.txt` until gc finds it too old or too
//! much.

use std::io;

use bytes::Bytes;
use jiff::Timestamp;
use larder_store::{Body, Condition, Durability, Key, Room, StoreError};
use sha2::{Digest, Sha256};

use super::body;
use super::request::BadPart;
use crate::hex::hex;
use crate::upkeep::Upkeep;

/// Why something could not be set aside.
#[derive(Debug, thiserror::Error)]
pub(super) enum QuarantineError {
    #[error("it could not be copied")]
    Copy(#[source] io::Error),
    #[error("its copy could not be stored")]
    Store(#[source] StoreError),
}

/// What is written beside the evidence.
pub(super) struct Note<'a> {
    pub(super) subject: &'a str,
    pub(super) part: BadPart,
    pub(super) problem: &'a str,
}

/// Sets a body aside.
pub(super) async fn body(
    upkeep: &Upkeep,
    body: &Body,
    note: &Note<'_>,
) -> Result<(), QuarantineError> {
    let spool = upkeep.store.spool().create(Room::Exactly(body.len()));
    let spool = spool.map_err(|error| QuarantineError::Copy(error.into()))?;
    let (sha256, spool) = body::copy(body, spool).await.map_err(QuarantineError::Copy)?;
    let put = upkeep.store.put_body(&key(&sha256, ""), &spool).await;
    put.map_err(QuarantineError::Store)?;
    beside(upkeep, &sha256, note).await
}

/// Sets a small value aside.
pub(super) async fn value(
    upkeep: &Upkeep,
    bytes: &Bytes,
    note: &Note<'_>,
) -> Result<(), QuarantineError> {
    let sha256 = hex(&Sha256::digest(bytes));
    let key = key(&sha256, "");
    let put = upkeep.store.put(&key, bytes.clone(), Condition::Always, Durability::Durable);
    let _always = put.await.map_err(QuarantineError::Store)?;
    beside(upkeep, &sha256, note).await
}

async fn beside(upkeep: &Upkeep, sha256: &str, note: &Note<'_>) -> Result<(), QuarantineError> {
    let Note { subject, part, problem } = note;
    let (part, now) = (part.as_str(), Timestamp::now());
    let text = format!("what: {subject}\npart: {part}\nproblem: {problem}\nfound: {now}\n");
    let key = key(sha256, ".txt");
    let put = upkeep.store.put(&key, text.into(), Condition::Always, Durability::Relaxed);
    let _always = put.await.map_err(QuarantineError::Store)?;
    Ok(())
}

fn key(sha256: &str, end: &str) -> Key {
    Key::parse(&format!("quarantine/{sha256}{end}")).expect("hexadecimal digits make a key")
}
