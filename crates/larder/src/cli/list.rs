//! `larder list -m`: the go command's `go list -m`. Its flags are spelled as in `go_mod.rs`.

use std::path::PathBuf;

use super::{GoModFlags, WatchFlags};

/// The arguments of `larder list`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are go's flags, each on or off by itself")]
#[command(after_help = "\
Lists modules, not packages: -m has to be given. Without arguments: the main module.
Exit codes: 0 listed; 1 something could not be listed; 2 wrong arguments.
Examples:
  larder list -m all                        # every module that a build may use
  larder list -m -u -json all               # the same with newer versions, as JSON
  larder list -m -versions golang.org/x/text")]
pub struct ListArgs {
    /// Modules: a path, a pattern, `all`, or PATH@QUERY
    #[arg(value_name = "MODULE")]
    pub modules: Vec<String>,

    /// List modules instead of packages
    #[arg(short = 'm')]
    pub list_modules: bool,

    /// Print JSON, or these fields of it alone
    #[arg(long, value_name = "FIELDS", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub json: Vec<String>,

    /// Print what this template makes of each module
    #[arg(short = 'f', value_name = "TEMPLATE")]
    pub format: Option<String>,

    /// Also tell which newer versions there are
    #[arg(short = 'u')]
    pub updates: bool,

    /// Also tell all versions
    #[arg(long)]
    pub versions: bool,

    /// Also tell which versions are retracted
    #[arg(long)]
    pub retracted: bool,

    /// The output of an earlier `-json`: what has not changed since is not asked for
    #[arg(long, value_name = "FILE")]
    pub reuse: Option<PathBuf>,

    /// List what could not be loaded as well, with its error
    #[arg(short = 'e')]
    pub errors: bool,

    /// Print what is asked of whom
    #[arg(short = 'x')]
    pub trace: bool,

    /// How go.mod and vendor are used: `mod`, `readonly` or `vendor`
    #[arg(long = "mod", value_name = "MODE")]
    pub mod_mode: Option<String>,

    /// Not for modules.
    #[arg(long, hide = true)]
    pub compiled: bool,

    /// Not for modules.
    #[arg(long, hide = true)]
    pub deps: bool,

    /// Not for modules.
    #[arg(long, hide = true)]
    pub export: bool,

    /// Not for modules.
    #[arg(long, hide = true)]
    pub find: bool,

    /// Not for modules.
    #[arg(long, hide = true)]
    pub test: bool,

    /// Flags of every command about modules.
    #[command(flatten)]
    pub common: GoModFlags,

    /// What go has not.
    #[command(flatten)]
    pub watch: WatchFlags,
}
