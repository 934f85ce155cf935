//! The transparency log under the fake database: records, tree hashes, tiles and signed heads.
//!
//! Follows "Transparent Logs for Skeptical Clients" and the note format of the checksum database
//! design, written anew and plainly, so that a mistake in the crate under test meets another
//! implementation. All in memory; every complete subtree's hash is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

type Hash = [u8; 32];

/// A growing log.
#[derive(Debug, Default)]
pub(crate) struct Tlog {
    texts: Vec<String>,
    /// `levels[l][n]` is the hash over the records from `n << l` up to `(n + 1) << l`.
    levels: Vec<Vec<Hash>>,
}

/// Signs tree heads under a name.
#[derive(Debug)]
pub(crate) struct Signer {
    name: String,
    key: SigningKey,
}

impl Tlog {
    /// How many records there are.
    pub(crate) fn size(&self) -> u64 {
        self.texts.len() as u64
    }

    /// The texts of all records.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Adds a record and returns its id.
    pub(crate) fn append(&mut self, text: &str) -> u64 {
        let id = self.size();
        self.texts.push(text.to_owned());
        let mut hash = digest(&[&[0], text.as_bytes()]);
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            if row.len() % 2 == 1 {
                break;
            }
            hash = node(&row[row.len() - 2], &row[row.len() - 1]);
        }
        id
    }

    /// The hash of the whole tree.
    pub(crate) fn root(&self) -> Hash {
        let size = self.texts.len();
        let complete = (0..self.levels.len()).filter(|level| size >> level & 1 == 1);
        // From the smallest subtree, which is rightmost, to the largest.
        complete
            .filter_map(|level| self.levels[level].get((size >> level) - 1).copied())
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| digest(&[]))
    }

    /// The tree head as a signed note.
    pub(crate) fn signed_head(&self, signer: &Signer) -> String {
        let root = STANDARD.encode(self.root());
        signer.sign(&format!("go.sum database tree\n{}\n{root}\n", self.size()))
    }

    /// The tile with the path `8/L/NNN[.p/W]`, if the tree has grown so far.
    pub(crate) fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let (path, width) = match path.split_once(".p/") {
            Some((path, width)) => {
                (path, width.parse::<usize>().ok().filter(|width| *width < 256)?)
            }
            None => (path, 256),
        };
        let mut parts = path.strip_prefix("8/")?.split('/');
        let level: usize = parts.next()?.parse().ok()?;
        let mut number = 0_usize;
        for part in parts {
            let digits = part.strip_prefix('x').unwrap_or(part);
            number = number * 1000 + digits.parse::<usize>().ok().filter(|_| digits.len() == 3)?;
        }
        let row = self.levels.get(level.checked_mul(8)?)?;
        let hashes = row.get(number * 256..number * 256 + width)?;
        Some(hashes.concat())
    }
}

impl Signer {
    /// A signer whose key follows from its name.
    pub(crate) fn new(name: &str) -> Signer {
        let key = SigningKey::from_bytes(&digest(&[b"testkit ", name.as_bytes()]));
        Signer { name: name.to_owned(), key }
    }

    /// The key as GOSUMDB has it.
    pub(crate) fn verifier_key(&self) -> String {
        let id = self.key_id();
        let key = STANDARD.encode(self.algorithm_and_key());
        format!("{}+{:08x}+{key}", self.name, u32::from_be_bytes(id))
    }

    fn sign(&self, text: &str) -> String {
        let mut signature = self.key_id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(signature))
    }

    fn key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = digest(&[self.name.as_bytes(), b"\n", &self.algorithm_and_key()]);
        [a, b, c, d]
    }

    fn algorithm_and_key(&self) -> Vec<u8> {
        [&[1], self.key.verifying_key().as_bytes().as_slice()].concat()
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], left, right])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(size: usize) -> Tlog {
        let mut log = Tlog::default();
        for number in 0..size {
            log.append(&format!("record {number}\n"));
        }
        log
    }

    /// RFC 6962's definition, straight: split at the largest power of two below the size.
    fn slow_root(texts: &[String]) -> Hash {
        match texts {
            [] => digest(&[]),
            [one] => digest(&[&[0], one.as_bytes()]),
            many => {
                let half = many.len().next_power_of_two() / 2;
                let (left, right) = many.split_at(half);
                node(&slow_root(left), &slow_root(right))
            }
        }
    }

    #[test]
    fn the_root_is_the_definitions() {
        for size in (0..40).chain([255, 256, 257, 1000]) {
            let log = log(size);
            assert_eq!(log.root(), slow_root(log.texts()), "of {size}");
        }
    }

    #[test]
    fn a_tile_is_there_as_far_as_the_tree_has_grown() {
        let log = log(600);
        assert_eq!(log.tile("8/0/000").map(|tile| tile.len()), Some(256 * 32));
        assert_eq!(log.tile("8/0/002.p/88").map(|tile| tile.len()), Some(88 * 32));
        assert_eq!(log.tile("8/1/000.p/2").map(|tile| tile.len()), Some(64));
        for beyond in ["8/0/002", "8/0/002.p/89", "8/1/000", "8/0/x001/000", "8/9/000.p/1", "9/0/0"]
        {
            assert_eq!(log.tile(beyond), None, "{beyond}");
        }
    }

    #[test]
    fn a_head_is_a_note_with_one_signature() {
        let head = log(3).signed_head(&Signer::new("sum.example.com"));
        let lines: Vec<&str> = head.lines().collect();
        assert_eq!(lines.len(), 5, "{head}");
        assert_eq!(lines[1], "3");
        assert!(lines[4].starts_with("— sum.example.com "));
    }
}
