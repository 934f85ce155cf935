//! The literals of a template: strings, characters and numbers, in Go's syntax.
//!
//! Specification: <https://go.dev/ref/spec#Lexical_elements>.

use larder_module::Quoted;

use super::node::Number;

/// What a string literal says, `"quoted"` or `` `raw` ``; none where it is malformed.
pub(super) fn string(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.strip_suffix('`').map(|raw| raw.replace('\r', ""));
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    // `\x` and octal escapes name bytes, which must make UTF-8 in the end.
    let (mut bytes, mut rest) = (Vec::new(), inner);
    while !rest.is_empty() {
        let (unit, after) = unit(rest, '"')?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a number or a character is.
///
/// # Errors
/// Go's words for what is wrong.
pub(super) fn number(literal: &str) -> Result<Number, String> {
    if let Some(inner) = literal.strip_prefix('\'') {
        let inner = inner.strip_suffix('\'').unwrap_or(inner);
        return match unit(inner, '\'') {
            Some((Unit::Char(c), "")) => Ok(Number::Int(i64::from(u32::from(c)))),
            Some((Unit::Byte(byte), "")) => Ok(Number::Int(i64::from(byte))),
            _ => Err(format!("malformed character constant: {literal}")),
        };
    }
    let illegal = || format!("illegal number syntax: {}", Quoted(literal));
    let (sign, digits) = match literal.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, literal.strip_prefix('+').unwrap_or(literal)),
    };
    match integer(digits) {
        Some(Ok(value)) => i64::try_from(sign * value).map(Number::Int).or(Ok(Number::TooLarge)),
        Some(Err(TooLong)) => Err(format!("integer overflow: {}", Quoted(literal))),
        None => {
            let plain = digits.replace('_', "");
            let decimal =
                plain.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            let value: f64 =
                Some(plain).filter(|_| decimal).and_then(|p| p.parse().ok()).ok_or_else(illegal)?;
            Ok(Number::Float(if sign < 0 { -value } else { value }))
        }
    }
}

/// A whole number has more than 64 bits.
struct TooLong;

/// A whole number without its sign; none where it is not one.
fn integer(digits: &str) -> Option<Result<i128, TooLong>> {
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let underscored =
        digits.starts_with('_') && radix == 10 || digits.ends_with('_') || digits.contains("__");
    let digits = digits.replace('_', "");
    if underscored || digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(&digits, radix).map(i128::from).map_err(|_| TooLong))
}

/// One character or one escaped byte.
enum Unit {
    Char(char),
    Byte(u8),
}

/// The first character of what stands between quotes, escapes resolved, and what follows it.
fn unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), characters.as_str()));
    }
    let escape = characters.next()?;
    let rest = characters.as_str();
    let simple = |c: char| Some((Unit::Char(c), rest));
    let code = |digits: usize| {
        let value = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
        Some((value, rest.get(digits..)?))
    };
    match escape {
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '\\' => simple('\\'),
        c if c == quote => simple(c),
        'x' => {
            code(2).and_then(|(value, rest)| Some((Unit::Byte(u8::try_from(value).ok()?), rest)))
        }
        'u' => code(4).and_then(|(value, rest)| Some((Unit::Char(char::from_u32(value)?), rest))),
        'U' => code(8).and_then(|(value, rest)| Some((Unit::Char(char::from_u32(value)?), rest))),
        '0'..='7' => {
            let octal = text.get(1..4)?;
            let value = u8::from_str_radix(octal, 8).ok()?;
            Some((Unit::Byte(value), text.get(4..)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_unquoted_as_go_does() {
        let check = |literal, expect: Option<&str>| {
            assert_eq!(string(literal).as_deref(), expect, "{literal}");
        };
        check(r#""a\tb\"c\\d""#, Some("a\tb\"c\\d"));
        check(r#""\x41\101\u00e9\U0001f980""#, Some("AA\u{e9}\u{1f980}"));
        check(r#""\xc3\xa9""#, Some("é"));
        check("`a\\n\r\nb`", Some("a\\n\nb"));
        check(r#""\'""#, None);
        check(r#""\q""#, None);
        check(r#""\400""#, None);
        check(r#""\ud800""#, None);
    }

    #[test]
    fn numbers_are_those_of_go() {
        let check = |literal, expect| assert_eq!(number(literal), Ok(expect), "{literal}");
        check("42", Number::Int(42));
        check("-1_000", Number::Int(-1000));
        check("0x1F", Number::Int(31));
        check("0b11", Number::Int(3));
        check("017", Number::Int(15));
        check("'a'", Number::Int(97));
        check(r"'\n'", Number::Int(10));
        check("18446744073709551615", Number::TooLarge);
        check("1.5e3", Number::Float(1500.0));
        check("-.5", Number::Float(-0.5));
    }

    #[test]
    fn what_is_no_number_is_told_in_gos_words() {
        let check = |literal, reason: &str| {
            assert_eq!(number(literal), Err(reason.to_owned()), "{literal}");
        };
        check("18446744073709551616", "integer overflow: \"18446744073709551616\"");
        check("'ab'", "malformed character constant: 'ab'");
        check("0b12", "illegal number syntax: \"0b12\"");
    }
}
