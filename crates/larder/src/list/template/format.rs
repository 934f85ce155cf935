//! `print`, `println` and `printf`, for the values that a template meets.
//!
//! Go's verbs, flags, widths, precisions and argument numbers, and its `%!` notes for what does not fit.
//! Specification: <https://pkg.go.dev/fmt#hdr-Printing>.

use std::fmt::Write;

use larder_module::Quoted;

use super::value::Value;

/// Values one after the other; a space stands between two that are no strings.
pub(super) fn sprint(values: &[Value<'_>]) -> String {
    let mut out = String::new();
    let mut before_is_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        if !is_text && !before_is_text && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&argument(value));
        before_is_text = is_text;
    }
    out
}

/// Values with spaces between them, and a line end.
pub(super) fn sprintln(values: &[Value<'_>]) -> String {
    let mut out = values.iter().map(argument).collect::<Vec<_>>().join(" ");
    out.push('\n');
    out
}

/// What a function of Go's fmt shows for a value: one that is missing is nil to it.
fn argument(value: &Value<'_>) -> String {
    match value {
        Value::Nothing => "<nil>".to_owned(),
        value => value.printed().into_owned(),
    }
}

/// Values by a format, which is the first of them.
pub(super) fn sprintf(values: &[Value<'_>]) -> String {
    let [Value::Text(format), values @ ..] = values else { return String::new() };
    let mut printer =
        Printer { values, next: 0, reordered: false, good_number: true, out: String::new() };
    let mut rest: &str = format;
    while let Some((text, directive)) = rest.split_once('%') {
        printer.out.push_str(text);
        rest = printer.directive(directive);
    }
    printer.out.push_str(rest);
    printer.tell_of_extra();
    printer.out
}

/// Flags, width and precision of a verb.
#[derive(Debug, Clone, Copy, Default)]
struct Spec {
    flags: u8,
    width: Option<usize>,
    precision: Option<usize>,
}

const MINUS: u8 = 1;
const PLUS: u8 = 2;
const SHARP: u8 = 4;
const SPACE: u8 = 8;
const ZERO: u8 = 16;

impl Spec {
    fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn with(self, flag: u8) -> Self {
        Self { flags: self.flags | flag, ..self }
    }

    fn without(self, flag: u8) -> Self {
        Self { flags: self.flags & !flag, ..self }
    }
}

/// The widest that Go lets a field be.
const WIDEST: i64 = 1_000_000;

struct Printer<'v, 'a> {
    values: &'v [Value<'a>],
    next: usize,
    /// Whether an argument was asked for by its number.
    reordered: bool,
    /// Whether the last number asked for was one of an argument.
    good_number: bool,
    out: String,
}

impl Printer<'_, '_> {
    /// Writes what a `%` and the text behind it ask for, and gives the text that follows.
    fn directive<'t>(&mut self, text: &'t str) -> &'t str {
        let mut spec = Spec::default();
        self.good_number = true;
        let mut rest = text;
        while let Some(flag) = rest.chars().next() {
            match flag {
                '-' => spec = spec.with(MINUS).without(ZERO),
                '+' => spec = spec.with(PLUS),
                '#' => spec = spec.with(SHARP),
                ' ' => spec = spec.with(SPACE),
                '0' if spec.has(MINUS) => {}
                '0' => spec = spec.with(ZERO),
                _ => break,
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        let (mut after_number, behind) = self.argument_number(rest);
        rest = self.width(behind, &mut spec, &mut after_number);
        if let Some(behind) = rest.strip_prefix('.') {
            self.good_number &= !after_number;
            rest = self.precision(behind, &mut spec, &mut after_number);
        }
        if !after_number {
            (_, rest) = self.argument_number(rest);
        }
        let Some(verb) = rest.chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return "";
        };
        self.verb(verb, spec);
        rest.get(verb.len_utf8()..).unwrap_or_default()
    }

    fn width<'t>(&mut self, text: &'t str, spec: &mut Spec, after_number: &mut bool) -> &'t str {
        let Some(behind) = text.strip_prefix('*') else {
            let (number, behind) = digits(text);
            // `%[3]2d`: the number of an argument stands before its verb alone.
            self.good_number &= !(*after_number && number.is_some());
            spec.width = number;
            return behind;
        };
        *after_number = false;
        match self.integer() {
            Some(width) if width < 0 => {
                *spec = spec.with(MINUS).without(ZERO);
                spec.width = usize::try_from(-width).ok();
            }
            Some(width) => spec.width = usize::try_from(width).ok(),
            None => self.out.push_str("%!(BADWIDTH)"),
        }
        behind
    }

    fn precision<'t>(
        &mut self,
        text: &'t str,
        spec: &mut Spec,
        after_number: &mut bool,
    ) -> &'t str {
        let (numbered, behind) = self.argument_number(text);
        *after_number = numbered;
        let Some(behind) = behind.strip_prefix('*') else {
            let (number, behind) = digits(behind);
            spec.precision = Some(number.unwrap_or(0));
            return behind;
        };
        *after_number = false;
        match self.integer() {
            Some(precision) => spec.precision = usize::try_from(precision).ok(),
            None => self.out.push_str("%!(BADPREC)"),
        }
        behind
    }

    /// The next argument, where it is a number that a width can be.
    fn integer(&mut self) -> Option<i64> {
        let value = self.values.get(self.next);
        self.next += 1;
        match value {
            Some(Value::Int(value)) if value.abs() <= WIDEST => Some(*value),
            _ => None,
        }
    }

    /// `[3]`: which argument comes next. Whether there was one, and the text behind it.
    fn argument_number<'t>(&mut self, text: &'t str) -> (bool, &'t str) {
        let Some(inner) = text.strip_prefix('[') else { return (false, text) };
        self.reordered = true;
        let Some((number, behind)) = inner.split_once(']') else {
            self.good_number = false;
            return (false, inner);
        };
        let number: Option<usize> = number.parse().ok();
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.values.len() => self.next = index,
            _ => self.good_number = false,
        }
        (true, behind)
    }

    fn verb(&mut self, verb: char, spec: Spec) {
        if verb == '%' {
            self.out.push('%');
        } else if !self.good_number {
            let _always = write!(self.out, "%!{verb}(BADINDEX)");
        } else if let Some(value) = self.values.get(self.next) {
            self.next += 1;
            let written = written(value, verb, spec);
            self.out.push_str(&written);
        } else {
            let _always = write!(self.out, "%!{verb}(MISSING)");
        }
    }

    fn tell_of_extra(&mut self) {
        let extra = self.values.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return;
        }
        let shown = extra.iter().map(|value| match value {
            Value::Nothing => "<nil>".to_owned(),
            value => format!("{}={}", value.type_name(), value.printed()),
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        let _always = write!(self.out, "%!(EXTRA {shown})");
    }
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = text.split_at(count);
    (number.parse().ok().filter(|&n: &usize| i64::try_from(n).is_ok_and(|n| n <= WIDEST)), behind)
}

/// A value by a verb.
fn written(value: &Value<'_>, verb: char, spec: Spec) -> String {
    match (verb, value) {
        ('T', value) => padded(&value.type_name(), spec),
        ('v', Value::Nothing) => padded("<nil>", spec),
        ('v', Value::Text(text)) if spec.has(SHARP) => padded(&Quoted(text).to_string(), spec),
        (_, Value::Text(text)) => text_by(text, verb, spec).unwrap_or_else(|| bad(value, verb)),
        (_, Value::Texts(texts)) if verb == 'v' && spec.has(SHARP) => {
            let quoted = texts.iter().map(|text| Quoted(text).to_string());
            format!("[]string{{{}}}", quoted.collect::<Vec<_>>().join(", "))
        }
        (_, Value::Texts(texts)) => {
            let each = texts.iter().map(|text| written(&Value::text(text), verb, spec));
            format!("[{}]", each.collect::<Vec<_>>().join(" "))
        }
        ('v' | 't', Value::Bool(truth)) => padded(&truth.to_string(), spec),
        (_, Value::Int(number)) => int_by(*number, verb, spec).unwrap_or_else(|| bad(value, verb)),
        (_, Value::Named(_, name, number)) => match text_by(name, verb, spec) {
            Some(text) if matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') => text,
            _ => int_by(*number, verb, spec).unwrap_or_else(|| bad(value, verb)),
        },
        (_, Value::Float(number)) => {
            float_by(*number, verb, spec).unwrap_or_else(|| bad(value, verb))
        }
        (_, Value::Time(_) | Value::TimePointer(_) | Value::Record(..)) => {
            // What prints itself does so for every verb of strings.
            let text = value.printed().into_owned();
            text_by(&text, verb, spec).unwrap_or_else(|| bad(value, verb))
        }
        _ => bad(value, verb),
    }
}

fn bad(value: &Value<'_>, verb: char) -> String {
    match value {
        Value::Nothing => format!("%!{verb}(<nil>)"),
        value => format!("%!{verb}({}={})", value.type_name(), value.printed()),
    }
}

fn text_by(text: &str, verb: char, spec: Spec) -> Option<String> {
    let cut: String = match spec.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text.to_owned(),
    };
    Some(match verb {
        'v' | 's' => padded(&cut, spec),
        'q' if spec.has(SHARP) && !cut.contains('`') && !cut.chars().any(char::is_control) => {
            padded(&format!("`{cut}`"), spec)
        }
        'q' => padded(&Quoted(&cut).to_string(), spec),
        'x' | 'X' => {
            let bytes = text.bytes().take(spec.precision.unwrap_or(usize::MAX));
            let separator = if spec.has(SPACE) { " " } else { "" };
            let each: Vec<String> = match verb {
                'x' => bytes.map(|byte| format!("{byte:02x}")).collect(),
                _ => bytes.map(|byte| format!("{byte:02X}")).collect(),
            };
            let prefix = if spec.has(SHARP) && !each.is_empty() {
                format!("0{verb}")
            } else {
                String::new()
            };
            padded(&(prefix + &each.join(separator)), spec)
        }
        _ => return None,
    })
}

fn int_by(number: i64, verb: char, spec: Spec) -> Option<String> {
    let size = number.unsigned_abs();
    let (digits, prefix) = match verb {
        'v' | 'd' => (size.to_string(), ""),
        'b' => (format!("{size:b}"), if spec.has(SHARP) { "0b" } else { "" }),
        'o' => (format!("{size:o}"), if spec.has(SHARP) { "0" } else { "" }),
        'O' => (format!("{size:o}"), "0o"),
        'x' => (format!("{size:x}"), if spec.has(SHARP) { "0x" } else { "" }),
        'X' => (format!("{size:X}"), if spec.has(SHARP) { "0X" } else { "" }),
        'c' | 'q' | 'U' => return Some(char_by(number, verb, spec)),
        _ => return None,
    };
    let sign = sign_of(number < 0, spec);
    let digits = match spec.precision {
        Some(0) if number == 0 => return Some(padded("", spec.without(ZERO))),
        Some(least) => format!("{digits:0>least$}"),
        None if spec.has(ZERO) => {
            let taken = sign.len() + prefix.len();
            let least = spec.width.unwrap_or_default().saturating_sub(taken);
            format!("{digits:0>least$}")
        }
        None => digits,
    };
    Some(padded(&format!("{sign}{prefix}{digits}"), spec.without(ZERO)))
}

fn char_by(number: i64, verb: char, spec: Spec) -> String {
    let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    let text = match verb {
        'c' => c.to_string(),
        'U' => format!("U+{number:04X}"),
        _ if c == '\'' => "'\\''".to_owned(),
        _ if c == '"' => "'\"'".to_owned(),
        _ => {
            let quoted = Quoted(&c.to_string()).to_string();
            format!("'{}'", quoted.trim_matches('"'))
        }
    };
    padded(&text, spec)
}

fn float_by(number: f64, verb: char, spec: Spec) -> Option<String> {
    let size = number.abs();
    let digits = match verb {
        'v' | 'g' | 'G' if spec.precision.is_none() => general_float(size),
        'f' | 'F' => format!("{size:.*}", spec.precision.unwrap_or(6)),
        'e' => exponent(&format!("{size:.*e}", spec.precision.unwrap_or(6))),
        'E' => exponent(&format!("{size:.*e}", spec.precision.unwrap_or(6))).to_uppercase(),
        _ => return None,
    };
    let sign = sign_of(number.is_sign_negative(), spec);
    let least =
        spec.width.filter(|_| spec.has(ZERO)).unwrap_or_default().saturating_sub(sign.len());
    Some(padded(&format!("{sign}{digits:0>least$}"), spec.without(ZERO)))
}

fn sign_of(negative: bool, spec: Spec) -> &'static str {
    match (negative, spec.has(PLUS), spec.has(SPACE)) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    }
}

/// A number as Go's `%v` shows it: the shortest form that is exact, with an exponent where that is long.
pub(super) fn general_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let power: i32 = scientific.split_once('e').and_then(|(_, p)| p.parse().ok()).unwrap_or(0);
    // Short of this many digits nothing is gained by an exponent.
    if number.is_finite() && !(-4..6).contains(&power) {
        return exponent(&scientific);
    }
    match number {
        number if number.is_nan() => "NaN".to_owned(),
        number if number.is_infinite() => if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        number => number.to_string(),
    }
}

/// `1e7` as Go writes it: `1e+07`.
fn exponent(scientific: &str) -> String {
    let Some((digits, power)) = scientific.split_once('e') else { return scientific.to_owned() };
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{digits}e{sign}{power:0>2}")
}

fn padded(text: &str, spec: Spec) -> String {
    let width = spec.width.unwrap_or_default();
    let missing = width.saturating_sub(text.chars().count());
    match (spec.has(MINUS), spec.has(ZERO)) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => format!("{}{text}", "0".repeat(missing)),
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    }
}
