//! Where the workspace is, and running programs there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a task ends with: nothing, or the lines that say what is wrong.
pub type Outcome<T> = Result<T, String>;

/// The workspace's root directory.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The stdout of a program that is run in the root and succeeds.
pub fn stdout_of(program: &str, args: &[&str]) -> Outcome<String> {
    let shown = || format!("`{program} {}`", args.join(" "));
    let output = Command::new(program)
        .args(args)
        .current_dir(root())
        .output()
        .map_err(|error| format!("{} does not start: {error}", shown()))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", shown(), String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{} printed no UTF-8", shown()))
}
