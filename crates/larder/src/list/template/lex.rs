//! From template text to tokens, as text/template's lexer cuts them.
//!
//! Plain text up to `{{`, then the words of an action up to `}}`; `{{- ` and ` -}}` eat the white space
//! beside them; comments vanish. A failure is the last token, because the parser reports it only where it
//! reaches it. Specification: <https://pkg.go.dev/text/template>.

use larder_module::{Quoted, is_go_printable};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its text says why the template cannot be read on.
    Error,
    Eof,
    /// Plain text.
    Text,
    LeftDelim,
    RightDelim,
    LeftParen,
    RightParen,
    Space,
    Pipe,
    Assign,
    Declare,
    /// Any other character that can be printed, such as a comma.
    Char,
    Bool,
    CharConstant,
    Number,
    /// A number with an imaginary part.
    Complex,
    QuotedString,
    RawString,
    /// `.Name`, its dot included.
    Field,
    /// `$name`, its dollar included.
    Variable,
    Identifier,
    Dot,
    Nil,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A token: its text, where it begins in bytes, and on which line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) at: usize,
    pub(super) line: usize,
}

impl Token {
    /// How messages show it.
    pub(super) fn shown(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.text.clone(),
            _ if keyword(&self.text) == Some(self.kind) => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let start: String = self.text.chars().take(10).collect();
                format!("{}...", Quoted(&start))
            }
            _ => Quoted(&self.text).to_string(),
        }
    }
}

fn keyword(word: &str) -> Option<Kind> {
    Some(match word {
        "." => Kind::Dot,
        "block" => Kind::Block,
        "break" => Kind::Break,
        "continue" => Kind::Continue,
        "define" => Kind::Define,
        "else" => Kind::Else,
        "end" => Kind::End,
        "if" => Kind::If,
        "range" => Kind::Range,
        "nil" => Kind::Nil,
        "template" => Kind::Template,
        "with" => Kind::With,
        _ => return None,
    })
}

/// The tokens of a template. The last one is [`Kind::Eof`] or [`Kind::Error`].
pub(super) fn lex(text: &str) -> Vec<Token> {
    let (at, start, depth) = (0, 0, 0);
    let mut lexer = Lexer { input: text, at, start, depth, line: (0, 1), tokens: Vec::new() };
    if let Err(reason) = lexer.all() {
        let (at, line) = (lexer.start, lexer.line());
        lexer.tokens.push(Token { kind: Kind::Error, text: reason, at, line });
    }
    lexer.tokens
}

type Lexed = Result<(), String>;

struct Lexer<'a> {
    input: &'a str,
    at: usize,
    /// Where the token that is being read begins.
    start: usize,
    /// How many parentheses are open.
    depth: usize,
    /// A place up to which line ends were counted, and its line.
    line: (usize, usize),
    tokens: Vec<Token>,
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'a> Lexer<'a> {
    fn all(&mut self) -> Lexed {
        while let Some(found) = self.rest().find("{{") {
            let text = self.rest().get(..found).unwrap_or_default();
            let open = self.at + found;
            let inside = self.input.get(open + 2..).unwrap_or_default();
            let trims = inside.starts_with('-') && inside.chars().nth(1).is_some_and(is_space);
            let kept = if trims { text.trim_end_matches(SPACES) } else { text };
            self.at += kept.len();
            if !kept.is_empty() {
                self.emit(Kind::Text);
            }
            (self.start, self.at) = (open, open + 2);
            let marker = if trims { 2 } else { 0 };
            if self.input.get(self.at + marker..).unwrap_or_default().starts_with("/*") {
                self.start = self.at + marker;
                self.comment(marker)?;
            } else {
                self.emit(Kind::LeftDelim);
                (self.at, self.start, self.depth) = (self.at + marker, self.at + marker, 0);
                while !self.inside_action()? {}
            }
        }
        self.at = self.input.len();
        if self.at > self.start {
            self.emit(Kind::Text);
        }
        self.emit(Kind::Eof);
        Ok(())
    }

    fn comment(&mut self, marker: usize) -> Lexed {
        self.at += marker + 2;
        let end = self.rest().find("*/").ok_or("unclosed comment")?;
        self.at += end + 2;
        let Some(trims) = self.at_right_delim() else {
            return Err("comment ends before closing delimiter".into());
        };
        self.close(trims);
        self.start = self.at;
        Ok(())
    }

    /// Reads one token of an action; whether it was the end of it.
    fn inside_action(&mut self) -> Result<bool, String> {
        if let Some(trims) = self.at_right_delim() {
            return self.right_delim(trims).map(|()| true);
        }
        let c = self.next().ok_or("unclosed action")?;
        match c {
            c if is_space(c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' if self.next() == Some('=') => self.emit(Kind::Declare),
            ':' => return Err("expected :=".into()),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(c, Kind::QuotedString, "unterminated quoted string")?,
            '\'' => self.quoted(c, Kind::CharConstant, "unterminated character constant")?,
            '`' => self.raw_string()?,
            '$' => self.name(Kind::Variable)?,
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => self.name(Kind::Field)?,
            '.' | '+' | '-' | '0'..='9' => self.number()?,
            '(' => {
                self.depth += 1;
                self.emit(Kind::LeftParen);
            }
            ')' => {
                self.depth = self.depth.checked_sub(1).ok_or("unexpected right paren")?;
                self.emit(Kind::RightParen);
            }
            c if is_alphanumeric(c) => self.identifier()?,
            c if c.is_ascii() && is_go_printable(c) => self.emit(Kind::Char),
            c => return Err(format!("unrecognized character in action: {}", code_point(c))),
        }
        Ok(false)
    }

    fn right_delim(&mut self, trims: bool) -> Lexed {
        if self.depth > 0 {
            return Err("unclosed left paren".into());
        }
        let delim = if trims { self.at + 2 } else { self.at };
        self.start = delim;
        self.at = delim + 2;
        self.emit(Kind::RightDelim);
        if trims {
            self.at += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        }
        self.start = self.at;
        Ok(())
    }

    /// Steps over a right delimiter, and over the white space behind it where it eats that.
    fn close(&mut self, trims: bool) {
        self.at += if trims { 4 } else { 2 };
        if trims {
            self.at += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        }
    }

    /// Whether a right delimiter is next: with what it does to the white space behind it.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        let marked =
            rest.starts_with(SPACES) && rest.get(1..).is_some_and(|r| r.starts_with("-}}"));
        if marked { Some(true) } else { rest.starts_with("}}").then_some(false) }
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) && self.at_right_delim() != Some(true) {
            self.at += 1;
        }
        self.emit(Kind::Space);
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Lexed {
        loop {
            match self.next() {
                Some('\\') if self.next().is_some_and(|c| c != '\n') => {}
                Some(c) if c == quote => break,
                Some(c) if c != '\n' && c != '\\' => {}
                _ => return Err(unterminated.to_owned()),
            }
        }
        self.emit(kind);
        Ok(())
    }

    fn raw_string(&mut self) -> Lexed {
        let end = self.rest().find('`').ok_or("unterminated raw quoted string")?;
        self.at += end + 1;
        self.emit(Kind::RawString);
        Ok(())
    }

    /// A field or a variable, its first character already read.
    fn name(&mut self, kind: Kind) -> Lexed {
        if self.at_terminator() {
            self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
            return Ok(());
        }
        self.word()?;
        self.emit(kind);
        Ok(())
    }

    fn identifier(&mut self) -> Lexed {
        self.word()?;
        let word = self.input.get(self.start..self.at).unwrap_or_default();
        self.emit(match word {
            "true" | "false" => Kind::Bool,
            word => keyword(word).unwrap_or(Kind::Identifier),
        });
        Ok(())
    }

    fn word(&mut self) -> Lexed {
        self.accept_run(is_alphanumeric);
        if self.at_terminator() {
            return Ok(());
        }
        let shown = self.peek().map_or_else(|| "U+FFFD".to_owned(), code_point);
        Err(format!("bad character {shown}"))
    }

    fn number(&mut self) -> Lexed {
        self.at = self.start;
        let bad = |lexer: &Self| {
            let read = lexer.input.get(lexer.start..lexer.at).unwrap_or_default();
            Err(format!("bad number syntax: {}", Quoted(read)))
        };
        if !self.scan_number() {
            return bad(self);
        }
        if !self.peek().is_some_and(|c| c == '+' || c == '-') {
            self.emit(Kind::Number);
            return Ok(());
        }
        if !self.scan_number() || !self.input.get(..self.at).unwrap_or_default().ends_with('i') {
            return bad(self);
        }
        self.emit(Kind::Complex);
        Ok(())
    }

    /// What can be a number; whether one is certain is for the parser.
    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut radix = 10;
        if self.accept("0") {
            radix = match () {
                () if self.accept("xX") => 16,
                () if self.accept("oO") => 8,
                () if self.accept("bB") => 2,
                () => 10,
            };
        }
        let is_digit = |c: char| c == '_' || c.is_digit(radix);
        self.accept_run(is_digit);
        if self.accept(".") {
            self.accept_run(is_digit);
        }
        if (radix == 10 && self.accept("eE")) || (radix == 16 && self.accept("pP")) {
            self.accept("+-");
            self.accept_run(|c| c == '_' || c.is_ascii_digit());
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }

    /// Whether what is next may follow a word.
    fn at_terminator(&self) -> bool {
        let ends = |c| is_space(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '(');
        self.peek().is_none_or(ends) || self.rest().starts_with("}}")
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, any_of: &str) -> bool {
        let accepted = self.peek().is_some_and(|c| any_of.contains(c));
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, belongs: impl Fn(char) -> bool) {
        while let Some(c) = self.peek().filter(|&c| belongs(c)) {
            self.at += c.len_utf8();
        }
    }

    fn emit(&mut self, kind: Kind) {
        let text = self.input.get(self.start..self.at).unwrap_or_default().to_owned();
        let line = self.line();
        self.tokens.push(Token { kind, text, at: self.start, line });
        self.start = self.at;
    }

    /// The line on which the token that is being read begins.
    fn line(&mut self) -> usize {
        let (counted, line) = self.line;
        let since = self.input.get(counted..self.start).unwrap_or_default();
        self.line = (self.start, line + since.matches('\n').count());
        self.line.1
    }
}

fn is_space(c: char) -> bool {
    SPACES.contains(&c)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_numeric()
}

/// A character as Go's `%#U` shows it.
fn code_point(c: char) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    if is_go_printable(c) { format!("{number} '{c}'") } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(Kind, &str)]) {
        let tokens = lex(text);
        let got: Vec<_> = tokens.iter().map(|t| (t.kind, t.text.as_str())).collect();
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn text_and_actions_alternate() {
        check(
            "a{{.B}}c",
            &[
                (Kind::Text, "a"),
                (Kind::LeftDelim, "{{"),
                (Kind::Field, ".B"),
                (Kind::RightDelim, "}}"),
                (Kind::Text, "c"),
                (Kind::Eof, ""),
            ],
        );
    }

    #[test]
    fn trim_markers_eat_white_space_and_comments_vanish() {
        check("a \n{{- /* b */ -}}\n c", &[(Kind::Text, "a"), (Kind::Text, "c"), (Kind::Eof, "")]);
        check(
            "a {{- 3  -}} c",
            &[
                (Kind::Text, "a"),
                (Kind::LeftDelim, "{{"),
                (Kind::Number, "3"),
                (Kind::Space, " "),
                (Kind::RightDelim, "}}"),
                (Kind::Text, "c"),
                (Kind::Eof, ""),
            ],
        );
        check(
            "{{-3}}",
            &[
                (Kind::LeftDelim, "{{"),
                (Kind::Number, "-3"),
                (Kind::RightDelim, "}}"),
                (Kind::Eof, ""),
            ],
        );
    }

    #[test]
    fn a_failure_is_the_last_token() {
        let check = |text, reason: &str| {
            let last = lex(text).pop().unwrap();
            assert_eq!((last.kind, last.text.as_str()), (Kind::Error, reason), "{text}");
        };
        check("{{.A", "unclosed action");
        check("{{(.A}}", "unclosed left paren");
        check("{{.A)}}", "unexpected right paren");
        check("{{/* a", "unclosed comment");
        check("{{/* a */ }}", "comment ends before closing delimiter");
        check("{{\"a}}", "unterminated quoted string");
        check("{{`a}}", "unterminated raw quoted string");
        check("{{'a}}", "unterminated character constant");
        check("{{3k}}", "bad number syntax: \"3k\"");
        check("{{a:b}}", "expected :=");
        check("{{a!}}", "bad character U+0021 '!'");
        check("{{\u{1}}}", "unrecognized character in action: U+0001");
    }
}
