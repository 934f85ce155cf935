//! Signed notes: a text, a blank line, and lines `— name base64(key number, signature)`.
//!
//! Signatures by keys that were not asked for are ignored, since a note may carry several. A
//! signature that claims the key that was asked for must be good. Anything malformed is refused
//! whole, and size and number of signatures are bounded, so that a hostile note costs little.
//! What a tree head's text must say: `head`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{Verifier, is_name};

/// No note of a checksum database comes near this size.
pub const MAX_NOTE_SIZE: usize = 1_000_000;

/// How many signature lines a note may have.
const MAX_SIGNATURES: usize = 100;

/// What opens a signature line.
const SIGNATURE_PREFIX: &str = "— ";

/// Why a note was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than any honest note.
    #[error("a note of {size} bytes is too long")]
    TooLarge {
        /// Its length.
        size: usize,
    },
    /// Not a signed note at all.
    #[error("not a signed note: {what}")]
    Malformed {
        /// The rule that it breaks.
        what: &'static str,
    },
    /// The signature claims the right key and is false.
    #[error("the signature by `{name}` is false")]
    FalseSignature {
        /// The key's name.
        name: String,
    },
    /// A good note, but not signed by the key that was asked for.
    #[error("the note is not signed by `{name}`")]
    Unsigned {
        /// The key's name.
        name: String,
    },
    /// Signed, but its text is no tree head.
    #[error("the note is not a tree head: {what}")]
    NotATreeHead {
        /// The rule that it breaks.
        what: &'static str,
    },
}

/// The text of a note that `verifier` signed.
pub(crate) fn open<'a>(note: &'a [u8], verifier: &Verifier) -> Result<&'a str, NoteError> {
    if note.len() > MAX_NOTE_SIZE {
        return Err(NoteError::TooLarge { size: note.len() });
    }
    let note = std::str::from_utf8(note).map_err(|_| malformed("it is not UTF-8"))?;
    if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(malformed("it has control characters"));
    }
    let (before, signatures) =
        note.rsplit_once("\n\n").ok_or_else(|| malformed("no blank line before signatures"))?;
    let signatures =
        signatures.strip_suffix('\n').ok_or_else(|| malformed("it does not end in a newline"))?;
    // The text keeps the newline that ends its last line: that is what was signed.
    let text = note.get(..=before.len()).ok_or_else(|| malformed("it has no text"))?;
    check_signatures(text, signatures, verifier)?;
    Ok(text)
}

fn check_signatures(text: &str, lines: &str, verifier: &Verifier) -> Result<(), NoteError> {
    let mut signed = false;
    for (number, line) in lines.split('\n').enumerate() {
        if number >= MAX_SIGNATURES {
            return Err(malformed("it has too many signatures"));
        }
        let (name, hash, signature) =
            parse_signature(line).ok_or_else(|| malformed("a signature line is damaged"))?;
        // A second signature by the same key says nothing more.
        if signed || name != verifier.name() || hash != verifier.hash() {
            continue;
        }
        if !verifier.accepts(text.as_bytes(), &signature) {
            return Err(NoteError::FalseSignature { name: name.to_owned() });
        }
        signed = true;
    }
    if signed { Ok(()) } else { Err(NoteError::Unsigned { name: verifier.name().to_owned() }) }
}

/// Name, key number and signature of one line.
fn parse_signature(line: &str) -> Option<(&str, u32, Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    if !is_name(name) || signature.is_empty() {
        return None;
    }
    Some((name, u32::from_be_bytes(*hash), signature.to_vec()))
}

const fn malformed(what: &'static str) -> NoteError {
    NoteError::Malformed { what }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::Signer;

    const NAME: &str = "sum.example.org";

    fn signer(seed: u8, name: &str) -> Signer {
        Signer::generate_from_seed([seed; 32], name).unwrap()
    }

    fn verifier() -> Verifier {
        Verifier::parse(&signer(1, NAME).verifier_key()).unwrap()
    }

    fn signature_line(signer: &Signer, text: &str) -> String {
        let note = String::from_utf8(signer.sign(text)).unwrap();
        note.rsplit_once("\n\n").unwrap().1.to_owned()
    }

    fn check(note: &[u8], expected: Result<&str, &str>) {
        let got = open(note, &verifier()).map_err(|error| error.to_string());
        assert_eq!(got, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_signed_note_gives_its_text() {
        check(&signer(1, NAME).sign("one\n\ntwo\n"), Ok("one\n\ntwo\n"));
    }

    #[test]
    fn signatures_by_other_keys_are_ignored() {
        let text = "text\n";
        let ours = signature_line(&signer(1, NAME), text);
        let witness = signature_line(&signer(2, "witness"), "something else\n");
        let namesake = signature_line(&signer(3, NAME), "something else\n");
        check(format!("{text}\n{witness}{namesake}{ours}{ours}").as_bytes(), Ok(text));
        let unsigned = Err("the note is not signed by `sum.example.org`");
        check(format!("{text}\n{witness}{namesake}").as_bytes(), unsigned);
    }

    #[test]
    fn a_false_signature_is_refused_even_beside_a_good_one() {
        let good = signature_line(&signer(1, NAME), "text\n");
        let stolen = signature_line(&signer(1, NAME), "other text\n");
        let refused = Err("the signature by `sum.example.org` is false");
        check(format!("text\n\n{stolen}").as_bytes(), refused);
        check(format!("text\n\n{stolen}{good}").as_bytes(), refused);
    }

    #[test]
    fn a_malformed_note_is_refused() {
        let good = String::from_utf8(signer(1, NAME).sign("text\n")).unwrap();
        let damaged = Err("not a signed note: a signature line is damaged");
        check(b"", Err("not a signed note: no blank line before signatures"));
        check(b"\xff\xfe", Err("not a signed note: it is not UTF-8"));
        check(b"text\r\n\n", Err("not a signed note: it has control characters"));
        check(b"text\n\n", Err("not a signed note: it does not end in a newline"));
        check(good.trim_end().as_bytes(), Err("not a signed note: it does not end in a newline"));
        check(good.replace('—', "-").as_bytes(), damaged);
        check(format!("{good}trailing\n").as_bytes(), damaged);
        check("text\n\n— two words AAAAAAA=\n".as_bytes(), damaged);
        check("text\n\n— name AAAAAA==\n".as_bytes(), damaged);
        check("text\n\n— name !\n".as_bytes(), damaged);
        check(&vec![b'a'; MAX_NOTE_SIZE + 1], Err("a note of 1000001 bytes is too long"));
    }

    #[test]
    fn a_note_with_a_hundred_and_one_signatures_is_refused() {
        let text = "text\n";
        let witness = signature_line(&signer(2, "witness"), text);
        let ours = signature_line(&signer(1, NAME), text);
        check(format!("{text}\n{ours}{}", witness.repeat(99)).as_bytes(), Ok(text));
        let too_many = Err("not a signed note: it has too many signatures");
        check(format!("{text}\n{ours}{}", witness.repeat(100)).as_bytes(), too_many);
    }

    proptest! {
        #[test]
        fn a_note_with_one_changed_byte_never_opens_to_another_text(
            position in any::<prop::sample::Index>(), change in 1..=255_u8,
        ) {
            let mut note = signer(1, NAME).sign("a text of some length\nin two lines\n");
            let position = position.index(note.len());
            note[position] ^= change;
            // A change in the base64 padding bits is refused by the decoder; all else by the key.
            prop_assert!(open(&note, &verifier()).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(note in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&note, &verifier());
        }

        #[test]
        fn no_text_makes_it_panic(note in "(text|— |\n|\n\n| |A{4}|=|[a-z]){0,20}") {
            prop_assert!(open(note.as_bytes(), &verifier()).is_err());
        }
    }
}
