//! The two halves of a database's key: [`Verifier`], which everybody has, and [`Signer`], which only
//! a database has (ours in tests; later the one for private modules).
//!
//! A verifier is written `name+hash+key`: the name, eight hex digits that bind the name to the key,
//! and base64 of an algorithm byte and the Ed25519 public key. Notes are opened in `note`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The key of Go's public checksum database, which is also built into the go command.
pub const SUM_GOLANG_ORG: &str =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// The byte before the key that says Ed25519; no other algorithm is in use.
const ED25519: u8 = 1;

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `name+hash+key`.
    #[error("`{key}` is not of the form name+hash+key")]
    Malformed {
        /// The text as given; a verifier key is public.
        key: String,
    },
    /// The eight digits belong to another name or key.
    #[error("the hash in `{key}` does not fit its name and key, which have {expected:08x}")]
    WrongHash {
        /// The text as given.
        key: String,
        /// The hash that would fit.
        expected: u32,
    },
    /// The key's first byte names an algorithm that this program does not know.
    #[error("`{key}` uses the unknown algorithm {algorithm}")]
    UnknownAlgorithm {
        /// The text as given.
        key: String,
        /// The algorithm byte.
        algorithm: u8,
    },
    /// A name with a space or a plus, or none.
    #[error("`{name}` cannot be the name of a key")]
    BadName {
        /// The name as given.
        name: String,
    },
}

/// What is needed to check a database's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    hash: u32,
    key: VerifyingKey,
}

/// What is needed to sign as a database.
#[derive(Debug)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Verifier {
    /// Reads `name+hash+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed { key: text.to_owned() };
        let (name, rest) = text.split_once('+').ok_or_else(malformed)?;
        let (hash, key) = rest.split_once('+').ok_or_else(malformed)?;
        let hash = parse_hash(hash).ok_or_else(malformed)?;
        let encoded = STANDARD.decode(key).map_err(|_| malformed())?;
        let (&algorithm, key) = encoded.split_first().ok_or_else(malformed)?;
        if !is_name(name) {
            return Err(malformed());
        }
        let expected = key_hash(name, &encoded);
        if hash != expected {
            return Err(KeyError::WrongHash { key: text.to_owned(), expected });
        }
        if algorithm != ED25519 {
            return Err(KeyError::UnknownAlgorithm { key: text.to_owned(), algorithm });
        }
        let bytes: &[u8; 32] = key.try_into().map_err(|_| malformed())?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| malformed())?;
        Ok(Self { name: name.to_owned(), hash, key })
    }

    /// The database's name, as in `GOSUMDB` and in `/sumdb/<name>/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number that stands before this key's signatures.
    pub(crate) fn hash(&self) -> u32 {
        self.hash
    }

    /// Whether this key made `signature` for `text`.
    pub(crate) fn accepts(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl Signer {
    /// The signer whose secret is `seed`; the same seed gives the same key.
    pub fn generate_from_seed(seed: [u8; 32], name: &str) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::BadName { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(&seed) })
    }

    /// The name it signs with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half, as a `GOSUMDB` setting wants it: `name+hash+key`.
    pub fn verifier_key(&self) -> String {
        let key = self.encoded_key();
        format!("{}+{:08x}+{}", self.name, key_hash(&self.name, &key), STANDARD.encode(key))
    }

    /// The signed note with this text, which must end in a newline to be readable again.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        let hash = key_hash(&self.name, &self.encoded_key());
        let mut signature = hash.to_be_bytes().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(signature)).into_bytes()
    }

    fn encoded_key(&self) -> Vec<u8> {
        let mut encoded = vec![ED25519];
        encoded.extend_from_slice(self.key.verifying_key().as_bytes());
        encoded
    }
}

/// Whether a key or a signature may carry this name.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

fn parse_hash(digits: &str) -> Option<u32> {
    let all_hex = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    all_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn key_hash(name: &str, encoded_key: &[u8]) -> u32 {
    let digest =
        Sha256::new().chain_update(name).chain_update(b"\n").chain_update(encoded_key).finalize();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, expected: &str) {
        let got = match Verifier::parse(key) {
            Ok(verifier) => verifier.name().to_owned(),
            Err(error) => format!("{error}"),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn the_key_of_the_public_database_is_read() {
        check(SUM_GOLANG_ORG, "sum.golang.org");
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let good = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let malformed =
            |key: &str| check(key, &format!("`{key}` is not of the form name+hash+key"));
        malformed("");
        malformed("sum.golang.org");
        malformed("sum.golang.org+033de0ae");
        malformed("sum.golang.org+033de0ae+");
        malformed("sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
        malformed("sum.golang.org++33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
        let other_name = good.replace("sum.golang.org", "sum.example.org");
        assert!(matches!(Verifier::parse(&other_name), Err(KeyError::WrongHash { .. })));
        let other_key = good.replace("Ac4z", "Ac5z");
        assert!(matches!(Verifier::parse(&other_key), Err(KeyError::WrongHash { .. })));
    }

    #[test]
    fn an_unknown_algorithm_is_named() {
        let encoded = [9, 1, 2, 3];
        let hash = key_hash("a", &encoded);
        let key = format!("a+{hash:08x}+{}", STANDARD.encode(encoded));
        check(&key, &format!("`{key}` uses the unknown algorithm 9"));
    }

    #[test]
    fn a_signer_tells_the_key_that_accepts_it() {
        let signer = Signer::generate_from_seed([7; 32], "sum.example.org").unwrap();
        let verifier = Verifier::parse(&signer.verifier_key()).unwrap();
        assert_eq!(verifier.name(), signer.name());
        assert!(Signer::generate_from_seed([7; 32], "two words").is_err());
    }
}
