//! The tree of a go.mod or go.work: every line, comment and blank line, in their order.
//!
//! It says nothing of what a line means. Lines, words and comments lie in three lists of the whole file,
//! and the tree holds places in them: reading a file takes few allocations, and a line keeps its
//! [`LineId`] for as long as it lives, wherever an edit moves it.
//! Specification: x/mod's `modfile/read.go`, whose tree this is.

use std::ops::Range;

use crate::position::Position;
use crate::text::Text;

/// A line of a file, as its statements refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub(crate) u32);

/// The tree of a file, with the bytes that it was read from.
#[derive(Debug, Clone, Default)]
pub struct Syntax {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) lines: Vec<Line>,
    pub(crate) words: Vec<Text>,
    pub(crate) comments: Vec<Text>,
    /// Comments that belong to the whole file.
    pub(crate) around: Comments,
}

/// What stands at the top level.
#[derive(Debug, Clone)]
pub(crate) enum Statement {
    /// Comments that no statement follows on the next line.
    Comments(Comments),
    Line(LineId),
    Block(Block),
}

/// `require ( … )`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) start: u32,
    pub(crate) words: Places,
    pub(crate) comments: Comments,
    /// Behind the opening parenthesis.
    pub(crate) opening: Comments,
    /// Before and behind the closing one.
    pub(crate) closing: Comments,
    pub(crate) lines: Vec<LineId>,
}

/// One line of words. A line without words was removed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    pub(crate) start: u32,
    pub(crate) words: Places,
    pub(crate) comments: Comments,
    pub(crate) in_block: bool,
}

/// The comments of a piece of syntax. One without text stands for a blank line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Comments {
    /// On the lines before it.
    pub(crate) before: Places,
    /// Behind it, on its line.
    pub(crate) suffix: Places,
    /// On the lines behind it.
    pub(crate) after: Places,
}

/// A run of entries in the list of words, or in that of comments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Places {
    pub(crate) fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same without its first entry.
    pub(crate) fn tail(self) -> Self {
        Self { start: self.start.saturating_add(1).min(self.end), ..self }
    }
}

impl Syntax {
    /// Where a line stands in the file as it was read; the beginning for a line that was added since.
    pub fn position(&self, line: LineId) -> Position {
        Position::of(&self.bytes, self.line(line).start as usize)
    }

    pub(crate) fn line(&self, id: LineId) -> Line {
        self.lines.get(id.0 as usize).copied().unwrap_or_default()
    }

    pub(crate) fn line_mut(&mut self, id: LineId) -> Option<&mut Line> {
        self.lines.get_mut(id.0 as usize)
    }

    pub(crate) fn words(&self, places: Places) -> &[Text] {
        self.words.get(places.range()).unwrap_or_default()
    }

    pub(crate) fn comments(&self, places: Places) -> &[Text] {
        self.comments.get(places.range()).unwrap_or_default()
    }

    /// The bytes of one of the words.
    pub(crate) fn word(&self, places: Places, index: usize) -> Option<&[u8]> {
        self.words(places).get(index).map(|word| word.bytes(&self.bytes))
    }

    pub(crate) fn text<'a>(&'a self, text: &'a Text) -> &'a [u8] {
        text.bytes(&self.bytes)
    }

    /// Puts another word in the place of one.
    pub(crate) fn set_word(&mut self, places: Places, index: usize, word: Text) {
        if let Some(place) =
            self.words.get_mut(places.range()).and_then(|words| words.get_mut(index))
        {
            *place = word;
        }
    }

    /// Whether a line is marked `// indirect`, perhaps with more to say.
    pub(crate) fn is_indirect(&self, line: LineId) -> bool {
        let suffix = self.comments(self.line(line).comments.suffix);
        let Some(first) = suffix.first().map(|comment| self.text(comment)) else { return false };
        let said = crate::text::trim_space(first.strip_prefix(b"//").unwrap_or(first));
        match said.strip_prefix(b"indirect") {
            Some([]) => true,
            Some([b';', after @ ..]) => {
                let after_trimmed = crate::text::trim_space(after);
                after_trimmed.len() < after.len() && !after_trimmed.is_empty()
            }
            _ => false,
        }
    }

    pub(crate) fn push_line(&mut self, line: Line) -> LineId {
        let id = LineId(crate::text::offset(self.lines.len()));
        self.lines.push(line);
        id
    }

    pub(crate) fn push_words<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) -> Places {
        push_all(&mut self.words, words.into_iter().map(Text::written))
    }

    /// The entries of two runs of words, as one.
    pub(crate) fn joined_words(&mut self, first: Places, second: Places) -> Places {
        joined(&mut self.words, first, second)
    }

    /// The entries of two runs of comments, as one.
    pub(crate) fn joined_comments(&mut self, first: Places, second: Places) -> Places {
        joined(&mut self.comments, first, second)
    }

    /// The same run with one more comment.
    pub(crate) fn with_comment(&mut self, places: Places, comment: Text) -> Places {
        let added = push_all(&mut self.comments, [comment]);
        self.joined_comments(places, added)
    }
}

fn push_all(list: &mut Vec<Text>, entries: impl IntoIterator<Item = Text>) -> Places {
    let start = crate::text::offset(list.len());
    list.extend(entries);
    Places { start, end: crate::text::offset(list.len()) }
}

fn joined(list: &mut Vec<Text>, first: Places, second: Places) -> Places {
    if first.is_empty() {
        return second;
    }
    if second.is_empty() {
        return first;
    }
    if first.end == second.start {
        return Places { start: first.start, end: second.end };
    }
    let of = |places: Places| list.get(places.range()).unwrap_or_default().iter().cloned();
    let both: Vec<Text> = of(first).chain(of(second)).collect();
    push_all(list, both)
}
