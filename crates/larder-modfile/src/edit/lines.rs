//! Lines of the tree: where a new one goes, how one is changed, and what is left of removed ones.
//!
//! Specification: x/mod's `FileSyntax.addLine`, `updateLine`, `Cleanup`.

use std::collections::HashSet;

use crate::syntax::{Block, Comments, Line, LineId, Places, Statement, Syntax};

/// Where a new line goes.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    /// Behind another line.
    Behind(LineId),
    /// To the last statement with the same verb, or to the end.
    LastOfVerb,
    /// To the end of the file.
    End,
}

impl Spot {
    /// Behind this line, if there is one, or at the end: so go has it where it means to look for the last
    /// statement of a kind and does not, and its files are what people know.
    pub(super) fn behind_or_end(line: Option<LineId>) -> Self {
        line.map_or(Self::End, Self::Behind)
    }

    /// Behind this line, if there is one, or at the last statement with the same verb.
    pub(super) fn behind_or_last(line: Option<LineId>) -> Self {
        line.map_or(Self::LastOfVerb, Self::Behind)
    }
}

/// Where a statement stands: at the top level, or in a block there.
#[derive(Clone, Copy)]
enum Place {
    Top(usize),
    InBlock(usize, usize),
}

impl Syntax {
    /// Adds a line. Behind another it stands in the block of that where both have the same verb, and a
    /// block is made of the two where there is none.
    pub(super) fn add_line(&mut self, spot: Spot, words: &[&str]) -> LineId {
        let verb = words.first().copied().unwrap_or_default().as_bytes();
        let place = match spot {
            Spot::Behind(line) => self.place_of(line),
            Spot::LastOfVerb => self.last_of(verb).map(Place::Top),
            Spot::End => None,
        };
        match place {
            None => {
                let id = self.new_line(words);
                self.statements.push(Statement::Line(id));
                id
            }
            Some(Place::Top(index)) => self.add_after_statement(index, words),
            Some(Place::InBlock(index, line)) if self.has_verb(index, verb) => {
                let id = self.new_line_in_block(words);
                if let Some(Statement::Block(block)) = self.statements.get_mut(index) {
                    block.lines.insert(line + 1, id);
                }
                id
            }
            Some(Place::InBlock(index, _)) => self.insert_line(index + 1, words),
        }
    }

    /// Replaces the words of a line; they begin with the verb.
    pub(super) fn update_line(&mut self, line: LineId, words: &[&str]) {
        let skipped = usize::from(self.line(line).in_block);
        let words = self.push_words(words.iter().skip(skipped).copied());
        if let Some(line) = self.line_mut(line) {
            line.words = words;
        }
    }

    /// Removes a line, with the comment behind it.
    pub(super) fn remove_line(&mut self, line: LineId) {
        if let Some(line) = self.line_mut(line) {
            line.words = Places::default();
            line.comments.suffix = Places::default();
        }
    }

    /// Takes removed lines out of the tree. A block of one line becomes that line, unless a comment
    /// stands before its end.
    pub(crate) fn cleanup(&mut self) {
        let statements = std::mem::take(&mut self.statements);
        for statement in statements {
            match statement {
                Statement::Line(id) if self.line(id).words.is_empty() => {}
                Statement::Block(mut block) => {
                    block.lines.retain(|&id| !self.line(id).words.is_empty());
                    match block.lines.as_slice() {
                        [] => {}
                        &[only] if block.closing.before.is_empty() => {
                            self.unfold(&block, only);
                            self.statements.push(Statement::Line(only));
                        }
                        _ => self.statements.push(Statement::Block(block)),
                    }
                }
                other => self.statements.push(other),
            }
        }
    }

    /// Takes these lines out of the tree, and the blocks that are empty without them.
    pub(super) fn drop_lines(&mut self, dropped: &HashSet<LineId>) {
        self.statements.retain_mut(|statement| match statement {
            Statement::Comments(_) => true,
            Statement::Line(id) => !dropped.contains(id),
            Statement::Block(block) => {
                block.lines.retain(|id| !dropped.contains(id));
                !block.lines.is_empty()
            }
        });
    }

    /// Whether a statement begins with this verb.
    pub(super) fn has_verb(&self, index: usize, verb: &[u8]) -> bool {
        let words = match self.statements.get(index) {
            Some(Statement::Line(id)) => self.line(*id).words,
            Some(Statement::Block(block)) => block.words,
            Some(Statement::Comments(_)) | None => return false,
        };
        self.word(words, 0) == Some(verb)
    }

    pub(super) fn new_line(&mut self, words: &[&str]) -> LineId {
        let words = self.push_words(words.iter().copied());
        self.push_line(Line { words, ..Line::default() })
    }

    fn new_line_in_block(&mut self, words: &[&str]) -> LineId {
        let words = self.push_words(words.iter().skip(1).copied());
        self.push_line(Line { words, in_block: true, ..Line::default() })
    }

    fn insert_line(&mut self, index: usize, words: &[&str]) -> LineId {
        let id = self.new_line(words);
        self.statements.insert(index.min(self.statements.len()), Statement::Line(id));
        id
    }

    fn add_after_statement(&mut self, index: usize, words: &[&str]) -> LineId {
        let verb = words.first().copied().unwrap_or_default().as_bytes();
        if !self.has_verb(index, verb) {
            return self.insert_line(index + 1, words);
        }
        let id = self.new_line_in_block(words);
        if let Some(&mut Statement::Line(line)) = self.statements.get_mut(index) {
            let block = self.fold(line);
            self.put(index, Statement::Block(block));
        }
        if let Some(Statement::Block(block)) = self.statements.get_mut(index) {
            block.lines.push(id);
        }
        id
    }

    pub(super) fn put(&mut self, index: usize, statement: Statement) {
        if let Some(place) = self.statements.get_mut(index) {
            *place = statement;
        }
    }

    /// A block of the one line, which loses its verb.
    pub(super) fn fold(&mut self, id: LineId) -> Block {
        let words = self.line(id).words;
        let verb = Places { end: words.tail().start, ..words };
        if let Some(line) = self.line_mut(id) {
            line.words = words.tail();
            line.in_block = true;
        }
        Block { words: verb, lines: vec![id], ..Block::default() }
    }

    /// Makes a line of a block that has only one.
    fn unfold(&mut self, block: &Block, id: LineId) {
        let line = self.line(id);
        let words = self.joined_words(block.words, line.words);
        let comments = Comments {
            before: self.joined_comments(block.comments.before, line.comments.before),
            suffix: self.joined_comments(line.comments.suffix, block.comments.suffix),
            after: self.joined_comments(line.comments.after, block.comments.after),
        };
        if let Some(place) = self.line_mut(id) {
            *place = Line { words, comments, ..Line::default() };
        }
    }

    fn last_of(&self, verb: &[u8]) -> Option<usize> {
        (0..self.statements.len()).rev().find(|&index| self.has_verb(index, verb))
    }

    fn place_of(&self, wanted: LineId) -> Option<Place> {
        let found = |(index, statement): (usize, &Statement)| match statement {
            Statement::Line(id) => (*id == wanted).then_some(Place::Top(index)),
            Statement::Block(block) => {
                let line = block.lines.iter().position(|&id| id == wanted)?;
                Some(Place::InBlock(index, line))
            }
            Statement::Comments(_) => None,
        };
        self.statements.iter().enumerate().find_map(found)
    }
}
