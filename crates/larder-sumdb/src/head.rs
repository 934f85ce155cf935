//! Tree heads: the signed note in which a database says how long its log is and what it hashes to.
//!
//! The text is `go.sum database tree`, the size, the root hash in base64; further lines are allowed
//! and ignored. The signed bytes are kept verbatim, because clients check the signature themselves.

use crate::hash::{Hash, Tree};
use crate::key::{Signer, Verifier};
use crate::note::{self, NoteError};

/// The first line of every tree head.
const TITLE: &str = "go.sum database tree";

/// A tree head whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeHead {
    tree: Tree,
    note: Vec<u8>,
}

impl TreeHead {
    /// Reads a signed note as a tree head of the database that `verifier` belongs to.
    pub fn open(note: &[u8], verifier: &Verifier) -> Result<Self, NoteError> {
        let text = note::open(note, verifier)?;
        Ok(Self { tree: parse(text)?, note: note.to_vec() })
    }

    /// Signs `tree`.
    pub fn sign(tree: Tree, signer: &Signer) -> Self {
        let note = signer.sign(&format!("{TITLE}\n{}\n{}\n", tree.size, tree.hash));
        Self { tree, note }
    }

    /// Size and hash.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The signed note, byte for byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.note
    }
}

fn parse(text: &str) -> Result<Tree, NoteError> {
    let fails = |what| NoteError::NotATreeHead { what };
    let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
    let mut line = || lines.next().flatten();
    if line() != Some(TITLE) {
        return Err(fails("its title is another"));
    }
    let size = line().and_then(parse_number).ok_or_else(|| fails("its size is no number"))?;
    let hash = line().and_then(Hash::parse).ok_or_else(|| fails("its hash is damaged"))?;
    Ok(Tree { size, hash })
}

/// A size or record number as databases write them: plain digits, within a signed 64-bit integer,
/// which is what the go command holds them in.
pub(crate) fn parse_number(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c));
    if !canonical || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<i64>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SUM_GOLANG_ORG;

    /// A head that the public database once signed.
    const REAL: &str = "go.sum database tree\n71999284\n\
        q5+IcsQ9SCXC+pYmNIRIRUbPnH/iVuVw/N2fPtPImqw=\n\n\
        — sum.golang.org Az3grn4GNnbtrfETJem3Jr7ZbFYo1Azb5JCrPTzzbWdjm6kXry0pPHrWYdXd/NjK6NcWPMPjjUlE84sNCiwm4c98uwo=\n";

    fn signer() -> Signer {
        Signer::generate_from_seed([1; 32], "sum.example.org").unwrap()
    }

    fn check(text: &str, expected: Result<u64, &str>) {
        let verifier = Verifier::parse(&signer().verifier_key()).unwrap();
        let got = TreeHead::open(&signer().sign(text), &verifier);
        let got = got.map(|head| head.tree().size).map_err(|error| error.to_string());
        assert_eq!(got, expected.map_err(|what| format!("the note is not a tree head: {what}")));
    }

    #[test]
    fn a_real_head_of_the_public_database_opens() {
        let head = TreeHead::open(REAL.as_bytes(), &Verifier::parse(SUM_GOLANG_ORG).unwrap());
        let head = head.unwrap();
        assert_eq!(head.tree().size.to_string(), "71999284");
        assert_eq!(head.as_bytes(), REAL.as_bytes());
    }

    #[test]
    fn a_tree_head_says_size_and_hash() {
        let hash = Hash::of_empty_tree();
        check(&format!("go.sum database tree\n0\n{hash}\n"), Ok(0));
        check(&format!("go.sum database tree\n12\n{hash}\nan extension\n"), Ok(12));
        check(&format!("go.sum database tree\n{}\n{hash}\n", i64::MAX), Ok(i64::MAX as u64));
    }

    #[test]
    fn another_text_is_no_tree_head() {
        let hash = Hash::of_empty_tree();
        check(&format!("another tree\n12\n{hash}\n"), Err("its title is another"));
        for size in ["", "-1", "+1", "012", " 1", "0x1", "9223372036854775808"] {
            let text = format!("go.sum database tree\n{size}\n{hash}\n");
            check(&text, Err("its size is no number"));
        }
        check("go.sum database tree\n12\nAAAA\n", Err("its hash is damaged"));
        check("go.sum database tree\n12\n", Err("its hash is damaged"));
        check("go.sum database tree\n", Err("its size is no number"));
    }

    #[test]
    fn a_signed_head_opens_again() {
        let head = TreeHead::sign(Tree::empty(), &signer());
        let verifier = Verifier::parse(&signer().verifier_key()).unwrap();
        assert_eq!(TreeHead::open(head.as_bytes(), &verifier), Ok(head));
    }
}
