//! The file that `-reuse` names: JSON objects that an earlier run printed.
//!
//! A module proxy cannot tell whether what an earlier answer rests on is still so, and nothing else is
//! asked; so nothing is ever reused, as with go and a proxy. A file that is no such JSON is an error all
//! the same. Specification: `go help mod download`; the words are those of Go's `encoding/json`.

use std::path::Path;

use larder_modcache::LockedFile;
use larder_module::Quoted;

/// Checks the file.
///
/// # Errors
/// In go's words.
pub(crate) fn check_reuse_file(file: &Path) -> Result<(), String> {
    let shown = file.display();
    let bytes = LockedFile::read(file).map_err(|error| error.to_string())?;
    Scanner::new(&bytes).values().map_err(|wrong| format!("parsing {shown}: {wrong}"))
}

/// Looks whether bytes are JSON values one after another.
struct Scanner<'a> {
    rest: std::slice::Iter<'a, u8>,
}

type Scanned = Result<(), String>;

impl<'a> Scanner<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.iter() }
    }

    fn values(&mut self) -> Scanned {
        while self.next_word().is_some() {
            let first = self.rest.as_slice().first().copied();
            self.value()?;
            let what = match first {
                Some(b'[') => "array",
                Some(b'"') => "string",
                Some(b't' | b'f') => "bool",
                Some(b'-' | b'0'..=b'9') => "number",
                _ => continue,
            };
            return Err(format!(
                "json: cannot unmarshal {what} into Go value of type modinfo.ModulePublic"
            ));
        }
        Ok(())
    }

    fn value(&mut self) -> Scanned {
        match self.take()? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            first @ (b'-' | b'0'..=b'9') => self.number(first),
            other => Err(invalid(other, "looking for beginning of value")),
        }
    }

    fn object(&mut self) -> Scanned {
        if self.next_word() == Some(b'}') {
            return self.take().map(drop);
        }
        loop {
            self.next_word();
            match self.take()? {
                b'"' => self.string()?,
                other => return Err(invalid(other, "looking for beginning of object key string")),
            }
            self.next_word();
            match self.take()? {
                b':' => {}
                other => return Err(invalid(other, "after object key")),
            }
            self.next_word();
            self.value()?;
            self.next_word();
            match self.take()? {
                b',' => {}
                b'}' => return Ok(()),
                other => return Err(invalid(other, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Scanned {
        if self.next_word() == Some(b']') {
            return self.take().map(drop);
        }
        loop {
            self.next_word();
            self.value()?;
            self.next_word();
            match self.take()? {
                b',' => {}
                b']' => return Ok(()),
                other => return Err(invalid(other, "after array element")),
            }
        }
    }

    fn string(&mut self) -> Scanned {
        loop {
            match self.take()? {
                b'"' => return Ok(()),
                b'\\' => match self.take()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => self.hexadecimal()?,
                    other => return Err(invalid(other, "in string escape code")),
                },
                other @ ..=0x1f => return Err(invalid(other, "in string literal")),
                _ => {}
            }
        }
    }

    fn hexadecimal(&mut self) -> Scanned {
        for _ in 0..4 {
            let digit = self.take()?;
            if !digit.is_ascii_hexdigit() {
                return Err(invalid(digit, "in \\u hexadecimal character escape"));
            }
        }
        Ok(())
    }

    fn literal(&mut self, word: &'static str) -> Scanned {
        for expected in word.bytes().skip(1) {
            let found = self.take()?;
            if found != expected {
                let expected = char::from(expected);
                let place = format!("in literal {word} (expecting '{expected}')");
                return Err(invalid(found, &place));
            }
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Scanned {
        let digit = if first == b'-' { self.digit("in numeric literal")? } else { first };
        if digit != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.take()?;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.take()?;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.take()?;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn digit(&mut self, place: &str) -> Result<u8, String> {
        let digit = self.take()?;
        if digit.is_ascii_digit() { Ok(digit) } else { Err(invalid(digit, place)) }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.rest.next();
        }
    }

    /// The next byte that is no blank; blanks are passed over.
    fn next_word(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.rest.next();
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_slice().first().copied()
    }

    fn take(&mut self) -> Result<u8, String> {
        self.rest.next().copied().ok_or_else(|| "unexpected EOF".to_owned())
    }
}

fn invalid(byte: u8, place: &str) -> String {
    let character = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => {
            let quoted = Quoted(&char::from(byte).to_string()).to_string();
            format!("'{}'", quoted.trim_matches('"'))
        }
    };
    format!("invalid character {character} {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_judged_in_the_words_of_gos_json() {
        let check = |text: &str, expect: Result<(), &str>| {
            let got = Scanner::new(text.as_bytes()).values();
            assert_eq!(got.as_ref().map(|&()| ()).map_err(String::as_str), expect, "{text}");
        };
        check("", Ok(()));
        check("{\"Path\": \"a\", \"Reuse\": true}\n{\"N\": [1, -2.5e+3, null, {}]}", Ok(()));
        check("no", Err("invalid character 'o' in literal null (expecting 'u')"));
        check("x", Err("invalid character 'x' looking for beginning of value"));
        check("{x}", Err("invalid character 'x' looking for beginning of object key string"));
        check("{\"a\" 1}", Err("invalid character '1' after object key"));
        check("{\"a\": 1 2}", Err("invalid character '2' after object key:value pair"));
        check("{\"a\": [1 2]}", Err("invalid character '2' after array element"));
        check("{\"a\": \"\n\"}", Err("invalid character '\\n' in string literal"));
        check("{\"a\": 1", Err("unexpected EOF"));
        let type_error = "json: cannot unmarshal array into Go value of type modinfo.ModulePublic";
        check("[]", Err(type_error));
    }
}
