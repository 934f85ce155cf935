//! What is said when a checksum database is caught, or its proofs do not hold: the go command's words.
//!
//! The proof of a fork is printed whole, so that it convicts the database without anybody's help.

use std::collections::HashMap;

use bytes::Bytes;
use larder_modload::{SourceError, SourceErrorKind};
use larder_sumdb::{NoteError, ProofError, Tile, Tiles, TreeHead, consistency_proof};

/// A proof that does not hold.
pub(crate) fn wording(error: &ProofError) -> String {
    match error {
        ProofError::FalseRecord { .. } => {
            "cannot authenticate record data in server response".into()
        }
        ProofError::NoSuchRecord { id, tree_size } => {
            format!("cannot validate record {id} in tree of size {tree_size}")
        }
        _ => "downloaded inconsistent tile".to_owned(),
    }
}

/// A tree head that is none, or not the database's, whose key is named `id`.
pub(crate) fn unread_head(error: &NoteError, head: &[u8], id: &str) -> SourceError {
    let head = String::from_utf8_lossy(head);
    let why = match error {
        NoteError::TooLarge { .. } | NoteError::Malformed { .. } => "malformed note".to_owned(),
        NoteError::FalseSignature { .. } => format!("invalid signature for key {id}"),
        NoteError::Unsigned { .. } => "note has no verifiable signatures".to_owned(),
        NoteError::NotATreeHead { .. } => {
            let text = head.split_once("\n\n").map_or(&*head, |(text, _)| text);
            let text = format!("reading tree: malformed tree note\ntree:\n{text}\n");
            return SourceError::new(SourceErrorKind::Other, text);
        }
    };
    let text = format!("reading tree note: {why}\nnote:\n{head}");
    SourceError::new(SourceErrorKind::Other, text)
}

/// Two signed heads that cannot both be of one log. `older` is a signed note; the tiles are of the newer.
pub(crate) fn security_error(
    older: &[u8],
    newer: &TreeHead,
    tiles: HashMap<Tile, Bytes>,
) -> SourceError {
    let indented = |note: &[u8]| String::from_utf8_lossy(note).replace('\n', "\n\t");
    let proof = proof(older, newer, tiles).unwrap_or_else(|| "\tinternal error\n".to_owned());
    let text = format!(
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\n\
         old database:\n\t{}\nnew database:\n\t{}\nproof of misbehavior:\n\t{proof}",
        indented(older),
        indented(newer.as_bytes()),
    );
    SourceError::new(SourceErrorKind::Fatal, text)
}

fn proof(older: &[u8], newer: &TreeHead, tiles: HashMap<Tile, Bytes>) -> Option<String> {
    let size = String::from_utf8_lossy(older).lines().nth(1)?.parse().ok()?;
    let tiles = Tiles::authenticate(newer.tree(), tiles).ok()?;
    let (root, hashes) = consistency_proof(size, &tiles)?;
    Some(hashes.iter().fold(root.to_string(), |text, hash| format!("{text}\n\t{hash}")))
}
