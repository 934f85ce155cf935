//! The admin token: whoever has it may purge. Made by the server, kept by the door in a file that
//! only its owner reads, sent by clients as `Authorization: Bearer <token>` (RFC 6750).
//!
//! It is compared by digests, so that the time it takes tells nothing of it, and it is never shown:
//! only [`AdminToken::reveal`] gives it out.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::hex::hex;

/// Random bytes of a token that is made here.
const RANDOM: usize = 32;
/// Characters that a token may have. Fewer could be guessed.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=256;

/// What a client must show to be heard.
#[derive(Clone)]
pub struct AdminToken(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum AdminTokenError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for an admin token")]
    Random(#[source] getrandom::Error),
    /// It could be guessed, or is no token at all.
    #[error("an admin token has 32 to 256 characters, this one has {0}")]
    Length(usize),
    /// It could not be sent in a header field.
    #[error("an admin token has letters, digits and other visible ASCII characters alone")]
    Character,
}

impl AdminToken {
    /// A new one: 32 random bytes, in hexadecimal.
    pub fn generate() -> Result<Self, AdminTokenError> {
        let mut bytes = [0; RANDOM];
        getrandom::fill(&mut bytes).map_err(AdminTokenError::Random)?;
        Ok(Self(hex(&bytes)))
    }

    /// Reads one as it stands in a file; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, AdminTokenError> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AdminTokenError::Character);
        }
        if !LENGTHS.contains(&text.len()) {
            return Err(AdminTokenError::Length(text.len()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The token itself: for its file and for a client's header alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is the token, in a time that does not depend on where it differs.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        let (ours, theirs) = (Sha256::digest(self.0.as_bytes()), Sha256::digest(shown));
        let differing = ours.iter().zip(theirs.iter()).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("AdminToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_token_is_long_and_never_the_same_and_comes_back_from_its_file() {
        let (one, other) = (AdminToken::generate().unwrap(), AdminToken::generate().unwrap());
        assert_eq!(one.reveal().len(), 64);
        assert!(!one.is(other.reveal().as_bytes()));
        let read = AdminToken::parse(&format!("{}\n", one.reveal())).unwrap();
        assert!(read.is(one.reveal().as_bytes()));
    }

    #[test]
    fn what_could_be_guessed_or_not_be_sent_is_no_token() {
        let check = |text: &str, good: bool| {
            assert_eq!(AdminToken::parse(text).is_ok(), good, "{text:?}");
        };
        check("", false);
        check("secret", false);
        check(&"a".repeat(31), false);
        check(&"a".repeat(32), true);
        check(&"a".repeat(257), false);
        check(&format!("{} {}", "a".repeat(32), "b"), false);
        check(&"é".repeat(32), false);
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = AdminToken::parse(&"a".repeat(32)).unwrap();
        let check = |shown: &str, is: bool| assert_eq!(token.is(shown.as_bytes()), is, "{shown:?}");
        check(&"a".repeat(32), true);
        check("", false);
        check(&"a".repeat(31), false);
        check(&"a".repeat(33), false);
        check(&format!("{}b", "a".repeat(31)), false);
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = AdminToken::generate().unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
