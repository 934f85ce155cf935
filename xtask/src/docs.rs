//! Documents that the program writes itself, so that they cannot say anything else than it does.

use crate::root::{Outcome, root, stdout_of};

/// The documents, and the command of `larder` that prints each.
const DOCUMENTS: [(&str, &[&str]); 2] =
    [("docs/settings.md", &["config", "reference"]), ("docs/larder.toml", &["config", "example"])];

/// What to do with a document that differs from what the program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Write it.
    Write,
    /// Refuse it.
    Refuse,
}

/// Brings every document up to date, or refuses a stale one.
pub fn run(stale: Stale) -> Outcome<()> {
    for (name, args) in DOCUMENTS {
        let run = ["run", "--quiet", "--package", "larder", "--"];
        let text = stdout_of("cargo", &[run.as_slice(), args].concat())?;
        let path = root().join(name);
        if fs_err::read_to_string(&path).is_ok_and(|kept| kept == text) {
            continue;
        }
        match stale {
            Stale::Refuse => return Err(format!("`{name}` is stale; run `cargo xtask docs`")),
            Stale::Write => {
                fs_err::create_dir_all(root().join("docs")).map_err(|error| error.to_string())?;
                fs_err::write(&path, text).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(())
}
