//! A tree as text, in the one form that the go command gives a go.mod.
//!
//! Words are separated by single blanks, lines of a block begin with a tab, statements stand apart by
//! an empty line; comments keep their words. Specification: x/mod's `modfile/print.go`.

use crate::syntax::{Comments, Places, Statement, Syntax};
use crate::text::{Text, trim_space};

impl Syntax {
    /// The text of the file.
    pub(crate) fn format(&self) -> Vec<u8> {
        let out = Vec::with_capacity(self.bytes.len() + 64);
        let mut printer = Printer { syntax: self, out, suffix: Vec::new(), margin: 0 };
        printer.file();
        let mut out = printer.out;
        while out == b"\n" || out.ends_with(b"\n\n") {
            out.pop();
        }
        out
    }
}

struct Printer<'a> {
    syntax: &'a Syntax,
    out: Vec<u8>,
    /// Comments that stand behind the line that is being written.
    suffix: Vec<&'a Text>,
    /// Tabs before a line.
    margin: usize,
}

impl Printer<'_> {
    fn file(&mut self) {
        let syntax = self.syntax;
        self.comment_lines(syntax.around.before);
        for (index, statement) in syntax.statements.iter().enumerate() {
            let comments = match statement {
                Statement::Comments(comments) => {
                    self.before(comments.before);
                    self.suffix.extend(syntax.comments(comments.suffix));
                    *comments
                }
                Statement::Line(id) => {
                    let line = syntax.line(*id);
                    self.line(line.words, line.comments);
                    self.new_line();
                    line.comments
                }
                Statement::Block(block) => {
                    self.block(block);
                    self.new_line();
                    block.comments
                }
            };
            self.comment_lines(comments.after);
            if index + 1 < syntax.statements.len() {
                self.new_line();
            }
        }
    }

    fn line(&mut self, words: Places, comments: Comments) {
        self.before(comments.before);
        self.words(words);
        self.suffix.extend(self.syntax.comments(comments.suffix));
    }

    fn block(&mut self, block: &crate::syntax::Block) {
        let syntax = self.syntax;
        self.before(block.comments.before);
        self.words(block.words);
        self.out.push(b' ');
        self.out.push(b'(');
        self.suffix.extend(syntax.comments(block.opening.suffix));
        self.margin += 1;
        for &id in &block.lines {
            self.new_line();
            let line = syntax.line(id);
            self.line(line.words, line.comments);
        }
        self.margin -= 1;
        self.new_line();
        self.before(block.closing.before);
        self.out.push(b')');
        self.suffix.extend(syntax.comments(block.closing.suffix));
        self.suffix.extend(syntax.comments(block.comments.suffix));
    }

    fn words(&mut self, words: Places) {
        let mut separator: &[u8] = b"";
        for word in self.syntax.words(words) {
            let word = self.syntax.text(word);
            if matches!(word, b"," | b")" | b"]" | b"}") {
                separator = b"";
            }
            self.out.extend_from_slice(separator);
            self.out.extend_from_slice(word);
            separator = if matches!(word, b"(" | b"[" | b"{") { b"" } else { b" " };
        }
    }

    /// Comments on lines of their own, before what comes next.
    fn before(&mut self, comments: Places) {
        if comments.is_empty() {
            return;
        }
        self.trim();
        if self.out.last().is_some_and(|&last| last != b'\n') {
            self.out.push(b'\n');
        }
        self.indent();
        self.comment_lines(comments);
    }

    fn comment_lines(&mut self, comments: Places) {
        let syntax = self.syntax;
        for comment in syntax.comments(comments) {
            self.out.extend_from_slice(trim_space(syntax.text(comment)));
            self.new_line();
        }
    }

    /// Ends a line, with the comments that belong behind it; never a second empty one.
    fn new_line(&mut self) {
        let suffix = std::mem::take(&mut self.suffix);
        for (index, comment) in suffix.iter().enumerate() {
            if index == 0 {
                self.out.push(b' ');
            } else {
                self.trim();
                self.out.push(b'\n');
                self.indent();
            }
            self.out.extend_from_slice(trim_space(self.syntax.text(comment)));
        }
        self.trim();
        if !self.out.is_empty() && !self.out.ends_with(b"\n\n") {
            self.out.push(b'\n');
        }
        self.indent();
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(b'\t', self.margin));
    }

    fn trim(&mut self) {
        let blanks =
            self.out.iter().rev().take_while(|&&byte| matches!(byte, b'\t' | b' ')).count();
        self.out.truncate(self.out.len() - blanks);
    }
}
