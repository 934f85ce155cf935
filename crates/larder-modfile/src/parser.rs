//! Makes the tree of a file from its tokens, and gives every comment to the syntax that it is about.
//!
//! A comment on lines of its own belongs to what follows it on the next line; one behind something
//! belongs to the last thing before it that stands on one line. Specification: x/mod's
//! `modfile/read.go` (`parseFile` and below, `assignComments`).

use std::sync::Arc;

use crate::error::{ErrorList, ParseError, Refusal};
use crate::lexer::{Kind, Lexer, Stop, Token};
use crate::position::Position;
use crate::syntax::{Block, Comments, Line, LineId, Places, Statement, Syntax};
use crate::text::{Text, offset};

/// Reads the tree of a file. The first error ends the reading.
pub(crate) fn parse(file: &Arc<str>, bytes: &[u8]) -> Result<Syntax, ErrorList> {
    let stopped = |Stop { offset, refusal }| {
        let position = Position::of(bytes, offset);
        let error =
            ParseError { file: Arc::clone(file), position, statement: None, refusal: *refusal };
        ErrorList::new(vec![error])
    };
    if u32::try_from(bytes.len()).is_err() {
        return Err(stopped(Stop { offset: 0, refusal: Box::new(Refusal::TooLarge) }));
    }
    let lexer = Lexer::new(bytes).map_err(stopped)?;
    let mut parser = Parser { file, bytes, lexer, syntax: with_room(bytes), last: None };
    parser.file().map_err(stopped)?;
    let mut syntax = parser.syntax;
    syntax.bytes = bytes.into();
    Ok(syntax)
}

/// Lists of the size that a go.mod of this length has, more or less.
fn with_room(bytes: &[u8]) -> Syntax {
    let lines = bytes.len() / 40 + 4;
    Syntax {
        lines: Vec::with_capacity(lines),
        words: Vec::with_capacity(lines * 2),
        comments: Vec::with_capacity(lines),
        ..Syntax::default()
    }
}

struct Parser<'a> {
    file: &'a Arc<str>,
    bytes: &'a [u8],
    lexer: Lexer<'a>,
    syntax: Syntax,
    /// What a comment behind something belongs to: the last piece that stands on one line.
    last: Option<Piece>,
}

/// A piece of syntax that can have a comment behind it. Blocks are named by their place.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Line(LineId),
    Comments(usize),
    Opening(usize),
    Closing(usize),
    Block(usize),
}

/// How a statement's first line goes on.
enum Head {
    Line,
    Block,
    EmptyBlock,
}

impl Parser<'_> {
    fn file(&mut self) -> Result<(), Stop> {
        let mut pending = Places::default();
        loop {
            match self.lexer.peek() {
                Kind::NewLine | Kind::EndOfFile => {
                    if !pending.is_empty() {
                        let comments = Comments { before: pending, ..Comments::default() };
                        self.syntax.statements.push(Statement::Comments(comments));
                        self.complete(Some(Piece::Comments(self.syntax.statements.len() - 1)));
                        pending = Places::default();
                    }
                    if self.lexer.peek() == Kind::EndOfFile {
                        return Ok(());
                    }
                    self.lexer.take()?;
                }
                Kind::Comment => pending = self.comment(pending)?,
                Kind::Suffix | Kind::Word | Kind::Mark(_) => {
                    self.statement(std::mem::take(&mut pending))?;
                }
            }
        }
    }

    fn statement(&mut self, before: Places) -> Result<(), Stop> {
        let comments = Comments { before, ..Comments::default() };
        let first = self.lexer.take()?;
        let (start, mut whole) = (offset(first.range.start), !self.has_line_end(&first));
        let words_from = offset(self.syntax.words.len());
        self.word(&first);
        let head = loop {
            let token = self.lexer.take()?;
            match token.kind {
                kind if kind.ends_line() => {
                    let words = self.words_since(words_from);
                    let line = Line { start, words, comments, in_block: false };
                    let id = self.syntax.push_line(line);
                    self.syntax.statements.push(Statement::Line(id));
                    self.complete(whole.then_some(Piece::Line(id)));
                    self.suffix(&token);
                    break Head::Line;
                }
                Kind::Mark(b'(') if self.lexer.peek().ends_line() => break Head::Block,
                Kind::Mark(b'(') if self.lexer.peek() == Kind::Mark(b')') => {
                    let closing = self.lexer.take()?;
                    if self.lexer.peek().ends_line() {
                        break Head::EmptyBlock;
                    }
                    self.word(&token);
                    self.word(&closing);
                }
                _ => {
                    whole &= !self.has_line_end(&token);
                    self.word(&token);
                }
            }
        };
        let words = self.words_since(words_from);
        let block = || Statement::Block(Block { start, words, comments, ..Block::default() });
        match head {
            Head::Line => Ok(()),
            Head::Block => {
                self.syntax.statements.push(block());
                self.block(start)
            }
            Head::EmptyBlock => {
                self.syntax.statements.push(block());
                let place = self.syntax.statements.len() - 1;
                let piece = if whole { Piece::Block(place) } else { Piece::Closing(place) };
                self.complete(Some(piece));
                let end = self.lexer.take()?;
                self.suffix(&end);
                Ok(())
            }
        }
    }

    /// The lines of the block that was pushed last.
    fn block(&mut self, start: u32) -> Result<(), Stop> {
        let place = self.syntax.statements.len() - 1;
        self.complete(Some(Piece::Opening(place)));
        let mut pending = Places::default();
        let mut lines = Vec::new();
        loop {
            match self.lexer.peek() {
                Kind::Suffix => {
                    let token = self.lexer.take()?;
                    self.suffix(&token);
                }
                Kind::NewLine => {
                    self.lexer.take()?;
                    let blank = self.is_blank_last(pending);
                    if (pending.is_empty() && !lines.is_empty()) || (!pending.is_empty() && !blank)
                    {
                        pending = self.syntax.with_comment(pending, Text::read(&(0..0)));
                    }
                }
                Kind::Comment => pending = self.comment(pending)?,
                Kind::EndOfFile => return Err(self.unterminated(start)),
                Kind::Mark(b')') => break,
                Kind::Word | Kind::Mark(_) => {
                    let before = std::mem::take(&mut pending);
                    lines.push(self.line(before)?);
                }
            }
        }
        if pending.len() == 1 && self.is_blank_last(pending) {
            pending = Places::default();
        }
        self.lexer.take()?;
        if !self.lexer.peek().ends_line() {
            return Err(Stop {
                offset: self.lexer.offset(),
                refusal: Box::new(Refusal::AfterBlock),
            });
        }
        if let Some(Statement::Block(block)) = self.syntax.statements.get_mut(place) {
            block.lines = lines;
            block.closing.before = pending;
        }
        self.complete(Some(Piece::Closing(place)));
        let end = self.lexer.take()?;
        self.suffix(&end);
        Ok(())
    }

    /// A line of a block.
    fn line(&mut self, before: Places) -> Result<LineId, Stop> {
        let comments = Comments { before, ..Comments::default() };
        let words_from = offset(self.syntax.words.len());
        let first = self.lexer.take()?;
        let (start, mut whole) = (offset(first.range.start), !self.has_line_end(&first));
        self.word(&first);
        loop {
            let token = self.lexer.take()?;
            if token.kind.ends_line() {
                let words = self.words_since(words_from);
                let id = self.syntax.push_line(Line { start, words, comments, in_block: true });
                self.complete(whole.then_some(Piece::Line(id)));
                self.suffix(&token);
                return Ok(id);
            }
            whole &= !self.has_line_end(&token);
            self.word(&token);
        }
    }

    fn word(&mut self, token: &Token) {
        self.syntax.words.push(Text::read(&token.range));
    }

    fn words_since(&self, from: u32) -> Places {
        Places { start: from, end: offset(self.syntax.words.len()) }
    }

    /// Takes a comment that has its line to itself.
    fn comment(&mut self, pending: Places) -> Result<Places, Stop> {
        let token = self.lexer.take()?;
        Ok(self.syntax.with_comment(pending, Text::read(&token.range)))
    }

    fn complete(&mut self, piece: Option<Piece>) {
        self.last = piece.or(self.last);
    }

    /// Gives the comment that ended a line to what it is about.
    fn suffix(&mut self, token: &Token) {
        if token.kind != Kind::Suffix {
            return;
        }
        let added = Text::read(&token.range);
        let around = self.syntax.around.before;
        let before = self.comments_of_last().map_or(around, |of| of.suffix);
        let places = self.syntax.with_comment(before, added);
        match self.comments_of_last() {
            Some(comments) => comments.suffix = places,
            None => self.syntax.around.before = places,
        }
    }

    fn comments_of_last(&mut self) -> Option<&mut Comments> {
        let place = match self.last? {
            Piece::Line(id) => return self.syntax.line_mut(id).map(|line| &mut line.comments),
            Piece::Comments(place)
            | Piece::Opening(place)
            | Piece::Closing(place)
            | Piece::Block(place) => place,
        };
        match (self.syntax.statements.get_mut(place)?, self.last?) {
            (Statement::Block(block), Piece::Opening(_)) => Some(&mut block.opening),
            (Statement::Block(block), Piece::Closing(_)) => Some(&mut block.closing),
            (Statement::Block(block), _) => Some(&mut block.comments),
            (Statement::Comments(comments), _) => Some(comments),
            (Statement::Line(_), _) => None,
        }
    }

    fn is_blank_last(&self, pending: Places) -> bool {
        let last = self.syntax.comments(pending).last();
        last.is_some_and(|comment| comment.bytes(self.bytes).is_empty())
    }

    /// Whether a word goes on over the end of its line, as one in quotes may.
    fn has_line_end(&self, token: &Token) -> bool {
        let bytes = self.bytes.get(token.range.clone()).unwrap_or_default();
        bytes.first() == Some(&b'"') && bytes.contains(&b'\n')
    }

    fn unterminated(&self, start: u32) -> Stop {
        let start = Position::of(self.bytes, start as usize);
        let refusal = Refusal::UnterminatedBlock { file: Arc::clone(self.file), start };
        Stop { offset: self.lexer.offset(), refusal: Box::new(refusal) }
    }
}
