//! Why a go.mod, go.work or go.sum that somebody works on cannot be read, and on which line.

use larder_module::{PathError, Shown, VersionError};

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A go.mod that declares no module: most likely no go.mod at all.
    #[error("no `module` statement")]
    NoModule,
    /// A line that means nothing.
    #[error("line {line}: {refusal}")]
    Line {
        /// The line, counted from one.
        line: usize,
        /// What is wrong with it.
        refusal: Refusal,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Bytes that are no text, outside of comments.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A character that may not stand there.
    #[error("unexpected `{}`", .character.escape_debug())]
    Unexpected {
        /// The character.
        character: char,
    },
    /// A comment as in C.
    #[error("comments begin with `//`")]
    BlockComment,
    /// A quote without its end on the line.
    #[error("the quote is not closed")]
    OpenQuote,
    /// A backslash in double quotes before anything but itself and the quote.
    #[error("an escape that nothing here needs")]
    Escape,
    /// A quote within a bare word.
    #[error("a quote within a word")]
    QuoteInWord,
    /// A block that goes on to the end of the file.
    #[error("this block is never closed")]
    OpenBlock,
    /// Words behind the parenthesis that closes a block.
    #[error("only a comment may follow the closing parenthesis")]
    AfterBlock,
    /// A statement that may stand once.
    #[error("a second `{verb}` statement")]
    Repeated {
        /// Which.
        verb: &'static str,
    },
    /// A statement with other words than it takes.
    #[error("not of the form `{form}`")]
    Form {
        /// What it should look like.
        form: &'static str,
    },
    /// A path that is no module's.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A version that is none, or not of its path.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A replacement without a version that is no directory.
    #[error("the replacement `{}` has no version and is no directory", Shown(.path))]
    NoDirectory {
        /// What stands there.
        path: String,
    },
    /// A directory with a version.
    #[error("the directory `{}` has a version", Shown(.path))]
    DirectoryWithVersion {
        /// What stands there.
        path: String,
    },
    /// A line of a go.sum without its three words.
    #[error("{count} words in place of module, version and hash")]
    Words {
        /// How many there are.
        count: usize,
    },
    /// A hash that cannot be one.
    #[error("`{}` is no hash", Shown(.hash))]
    Hash {
        /// What stands there.
        hash: String,
    },
}
