//! All requirements at once, direct and indirect ones in blocks of their own.
//!
//! The last block without comments that has requirements of one kind alone takes the new ones of that
//! kind, and those whose mark changed if they stood in its counterpart. Other blocks are a person's and
//! stay. A file with a single block without comments is split. From Go 1.27 on there are two blocks at
//! most. Specification: x/mod's `SetRequireSeparateIndirect`, `SetRequireAtMostTwo`; golang/go#45965,
//! #56471.

use std::collections::{HashMap, HashSet};

use crate::edit::require::Wanted;
use crate::go_mod::GoMod;
use crate::quote::auto_quote;
use crate::statements::Require;
use crate::syntax::{Block, Comments, Line, LineId, Places, Statement, Syntax};
use crate::text::{Text, trim_space};

/// What becomes of blocks that a person made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separation {
    /// They stay: the rule for modules from Go 1.17 on.
    KeepBlocks,
    /// All requirements move to two blocks, one of each kind: the rule for modules from Go 1.27 on.
    AtMostTwo,
}

/// The requirements of a file as they stand before the change, by their places.
#[derive(Default)]
struct Layout {
    /// The last line or block that can take direct requirements.
    direct: Option<usize>,
    /// The last that can take indirect ones.
    indirect: Option<usize>,
    /// The last of any kind.
    last: Option<usize>,
    /// How many lines and blocks there are.
    count: usize,
    /// Comments of blocks that go, for the block of each kind.
    direct_comments: Places,
    indirect_comments: Places,
}

/// The two blocks, and which lines stood in them before.
struct Targets {
    direct: usize,
    indirect: usize,
    of_direct: HashSet<LineId>,
    of_indirect: HashSet<LineId>,
    /// Whether every requirement moves to the block of its kind.
    all: bool,
}

impl GoMod {
    /// Makes these the requirements, direct and indirect ones apart. Of two for the same path the later
    /// one counts. Blocks are sorted; [`GoMod::cleanup`] takes out what is empty.
    pub fn set_require_separate(&mut self, wanted: &[Wanted], separation: Separation) {
        let by_path: HashMap<&str, &Wanted> =
            wanted.iter().map(|one| (one.module.path.as_ref(), one)).collect();
        let kinds = self.require.iter().filter_map(|of| {
            by_path.get(of.module.path.as_ref()).map(|wanted| (of.line, wanted.indirect))
        });
        let kinds: HashMap<LineId, bool> = kinds.collect();
        let targets = self.syntax.targets(&kinds, separation);
        let mut have = HashSet::new();
        let syntax = &mut self.syntax;
        self.require.retain_mut(|of| {
            let wanted = by_path.get(of.module.path.as_ref());
            let Some(wanted) = wanted.filter(|one| have.insert(one.module.path.as_ref())) else {
                syntax.remove_line(of.line);
                return false;
            };
            syntax.set_requirement(of, wanted);
            if targets.moves(of) {
                of.line = syntax.move_line(of.line, targets.block_of(of.indirect));
            }
            true
        });
        for one in wanted {
            let path = one.module.path.as_ref();
            let Some(added) = by_path.get(path).filter(|_| have.insert(path)) else { continue };
            let line = self.syntax.add_requirement(added, targets.block_of(added.indirect));
            let (module, indirect) = (added.module.clone(), added.indirect);
            self.require.push(Require { module, indirect, line });
        }
        self.sort_blocks();
    }
}

impl Targets {
    fn block_of(&self, indirect: bool) -> usize {
        if indirect { self.indirect } else { self.direct }
    }

    fn moves(&self, require: &Require) -> bool {
        let opposite = if require.indirect { &self.of_direct } else { &self.of_indirect };
        self.all || opposite.contains(&require.line)
    }
}

impl Syntax {
    /// Finds the two blocks, or makes them.
    fn targets(&mut self, kinds: &HashMap<LineId, bool>, separation: Separation) -> Targets {
        let layout = self.layout(kinds, separation);
        let single = layout.last.filter(|_| layout.count == 1);
        let flat = single.is_some_and(|index| !self.has_comments(self.comments_of(index)));
        let mut indirect = layout.indirect;
        let (direct, of_direct) = if let Some(index) = layout.direct {
            (index, self.ensure_block(index))
        } else {
            let behind_last = layout.last.map_or(self.statements.len(), |last| last + 1);
            let index = indirect.unwrap_or(behind_last);
            indirect = indirect.map(|index| index + 1);
            (index, self.insert_block(index))
        };
        let (indirect, of_indirect) = match indirect {
            Some(index) => (index, self.ensure_block(index)),
            None => (direct + 1, self.insert_block(direct + 1)),
        };
        for (index, comments) in
            [(direct, layout.direct_comments), (indirect, layout.indirect_comments)]
        {
            let before = self.joined_comments(self.comments_of(index).before, comments);
            if let Some(Statement::Block(block)) = self.statements.get_mut(index) {
                block.comments.before = before;
            }
        }
        let all = flat || separation == Separation::AtMostTwo;
        Targets { direct, indirect, of_direct, of_indirect, all }
    }

    fn layout(&mut self, kinds: &HashMap<LineId, bool>, separation: Separation) -> Layout {
        let mut layout = Layout::default();
        for index in 0..self.statements.len() {
            if !self.has_verb(index, b"require") {
                continue;
            }
            layout.last = Some(index);
            layout.count += 1;
            let (direct, indirect) = self.kinds_of(index);
            layout.direct = if direct { Some(index) } else { layout.direct };
            layout.indirect = if indirect { Some(index) } else { layout.indirect };
            if separation == Separation::AtMostTwo {
                self.gather_comments(index, kinds, &mut layout);
            }
        }
        layout
    }

    /// Whether a line or block has direct requirements alone, or indirect ones, and no comments.
    fn kinds_of(&self, index: usize) -> (bool, bool) {
        let lines = match self.statements.get(index) {
            Some(Statement::Line(id)) => std::slice::from_ref(id),
            Some(Statement::Block(block)) => block.lines.as_slice(),
            Some(Statement::Comments(_)) | None => &[],
        };
        let plain = !self.has_comments(self.comments_of(index))
            && !lines.iter().any(|&id| self.has_comments(self.line(id).comments));
        let marks = || lines.iter().map(|&id| self.is_indirect(id));
        let some = plain && !lines.is_empty();
        (some && !marks().any(|indirect| indirect), some && marks().all(|indirect| indirect))
    }

    /// Takes the comments before a block, for the block that its requirements will move to.
    fn gather_comments(
        &mut self,
        index: usize,
        kinds: &HashMap<LineId, bool>,
        layout: &mut Layout,
    ) {
        let Some(Statement::Block(block)) = self.statements.get_mut(index) else { return };
        let taken = std::mem::take(&mut block.comments.before);
        let any_direct = block.lines.iter().any(|id| kinds.get(id) == Some(&false));
        let target = if any_direct || block.lines.is_empty() {
            &mut layout.direct_comments
        } else {
            &mut layout.indirect_comments
        };
        if !target.is_empty() && !taken.is_empty() {
            *target = self.with_comment(*target, Text::written("//"));
        }
        *target = self.joined_comments(*target, taken);
    }

    fn comments_of(&self, index: usize) -> Comments {
        match self.statements.get(index) {
            Some(Statement::Line(id)) => self.line(*id).comments,
            Some(Statement::Block(block)) => block.comments,
            Some(Statement::Comments(comments)) => *comments,
            None => Comments::default(),
        }
    }

    /// Whether there are comments that say more than `// indirect`.
    fn has_comments(&self, comments: Comments) -> bool {
        let Comments { before, suffix, after } = comments;
        let mark = |comment: &Text| {
            let comment = self.text(comment);
            trim_space(comment.strip_prefix(b"//").unwrap_or(comment)) == b"indirect"
        };
        let suffix = self.comments(suffix);
        !before.is_empty() || !after.is_empty() || suffix.len() > 1 || !suffix.iter().all(mark)
    }

    /// Makes a block of a line where it is none. Returns the lines that stood in a block before.
    fn ensure_block(&mut self, index: usize) -> HashSet<LineId> {
        match self.statements.get(index) {
            Some(Statement::Block(block)) => block.lines.iter().copied().collect(),
            Some(&Statement::Line(line)) => {
                let block = self.fold(line);
                self.put(index, Statement::Block(block));
                HashSet::new()
            }
            Some(Statement::Comments(_)) | None => HashSet::new(),
        }
    }

    fn insert_block(&mut self, index: usize) -> HashSet<LineId> {
        let words = self.push_words(["require"]);
        let block = Block { words, ..Block::default() };
        self.statements.insert(index.min(self.statements.len()), Statement::Block(block));
        HashSet::new()
    }

    /// Moves a requirement to the end of a block, with its comments.
    fn move_line(&mut self, id: LineId, block: usize) -> LineId {
        let mut line = self.line(id);
        if !line.in_block && self.word(line.words, 0) == Some(b"require") {
            line.words = line.words.tail();
        }
        if let Some(old) = self.line_mut(id) {
            old.words = Places::default();
        }
        self.push_to(block, Line { in_block: true, ..line })
    }

    fn add_requirement(&mut self, wanted: &Wanted, block: usize) -> LineId {
        let Wanted { module, indirect } = wanted;
        let path = auto_quote(&module.path);
        let words = self.push_words([&*path, &*module.version]);
        let id = self.push_to(block, Line { words, in_block: true, ..Line::default() });
        self.set_indirect(id, *indirect);
        id
    }

    fn push_to(&mut self, index: usize, line: Line) -> LineId {
        let id = self.push_line(line);
        if let Some(Statement::Block(block)) = self.statements.get_mut(index) {
            block.lines.push(id);
        }
        id
    }
}
