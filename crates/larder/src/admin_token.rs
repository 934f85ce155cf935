//! The file with the admin token: written by the first `larder serve` on a store, read by the
//! maintainer's commands.
//!
//! Whoever can read the file may purge, so it is its owner's alone (mode 0600). It comes to be in
//! one step and is never written again: of two servers that start at once on one store, both take
//! the token that was there first.

use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use larder_server::admin::{AdminToken, AdminTokenError};

use crate::exit::Failure;
use crate::settings::Settings;

/// The name of the file in the data directory.
const NAME: &str = "admin-token";
/// Its mode.
const OWNER_ALONE: u32 = 0o600;
/// What others may have of it.
const OTHERS: u32 = 0o077;

/// Where the token is kept.
pub(crate) fn path(settings: &Settings) -> PathBuf {
    let said = settings.admin_token_file.value.0.clone();
    said.unwrap_or_else(|| settings.data.value.join(NAME))
}

/// The token of a server that starts: the one that is kept, or a new one, kept from now on.
pub(crate) fn kept_or_new(path: &Path) -> Result<AdminToken, Failure> {
    let token = match fs_err::read_to_string(path) {
        Ok(text) => AdminToken::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return make(path),
        Err(error) => return Err(failed("could not read the admin token").because(&error)),
    };
    warn_if_open(path);
    token.map_err(|error| no_token(path, &error))
}

fn make(path: &Path) -> Result<AdminToken, Failure> {
    let could_not = |error: &dyn std::error::Error| {
        failed(&format!("could not write the admin token `{}`", path.display())).because(error)
    };
    let token = AdminToken::generate().map_err(|error| could_not(&error))?;
    match write_once(path, &token) {
        Ok(()) => {
            tracing::debug!(file = %path.display(), "made the admin token");
            Ok(token)
        }
        // Another server on the store was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = fs_err::read_to_string(path).map_err(|error| could_not(&error))?;
            AdminToken::parse(&text).map_err(|error| no_token(path, &error))
        }
        Err(error) => Err(could_not(&error)),
    }
}

/// Puts the file there whole and durable, or leaves what is there.
fn write_once(path: &Path, token: &AdminToken) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".admin-token-")
        .permissions(PermissionsExt::from_mode(OWNER_ALONE))
        .tempfile_in(directory)?;
    writeln!(file, "{}", token.reveal())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    fs_err::File::open(directory)?.sync_all()
}

fn warn_if_open(path: &Path) {
    let mode = fs_err::metadata(path).map_or(OWNER_ALONE, |known| known.permissions().mode());
    if mode & OTHERS != 0 {
        tracing::warn!(
            "the admin token `{}` is open to others (mode {:04o}): `chmod 600` it, or remove it to \
             have a new one at the next start",
            path.display(),
            mode & 0o7777
        );
    }
}

fn no_token(path: &Path, error: &AdminTokenError) -> Failure {
    Failure::failed(format!("`{}` holds no admin token", path.display()))
        .because(error)
        .hint("remove the file: the server makes a new token at its next start")
}

fn failed(message: &str) -> Failure {
    Failure::failed(message)
        .hint("`admin.token_file` names another file; `admin.listen = \"off\"` needs none")
}

/// The token of a client: the one that a server has written.
pub(crate) fn read(path: &Path) -> Result<AdminToken, Failure> {
    let text = fs_err::read_to_string(path).map_err(|error| {
        let failure = Failure::failed("could not read the admin token").because(&error);
        match error.kind() {
            io::ErrorKind::PermissionDenied => failure.hint(
                "it is the server's user's and root's alone: use `sudo larder …`, or name a file that \
                 you may read with `--token-file FILE`",
            ),
            io::ErrorKind::NotFound => failure.hint(
                "the server writes it into its data directory at its first start: name that with \
                 `--data DIR`, or the file itself with `--token-file FILE`",
            ),
            _ => failure,
        }
    })?;
    AdminToken::parse(&text).map_err(|error| no_token(path, &error))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tempfile::TempDir;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_first_start_writes_a_token_that_later_ones_keep() {
        let home = TempDir::new().unwrap();
        let path = home.path().join(NAME);
        let made = kept_or_new(&path).unwrap();
        assert_eq!(mode(&path), OWNER_ALONE);
        assert_eq!(fs_err::read_dir(home.path()).unwrap().count(), 1, "something was left");
        assert_eq!(kept_or_new(&path).unwrap().reveal(), made.reveal());
        assert_eq!(read(&path).unwrap().reveal(), made.reveal());
    }

    #[test]
    fn servers_that_start_at_once_take_one_token() {
        let home = TempDir::new().unwrap();
        let path = home.path().join(NAME);
        let tokens: Vec<String> = thread::scope(|scope| {
            let start = || scope.spawn(|| kept_or_new(&path).unwrap().reveal().to_owned());
            let starts: Vec<_> = (0..16).map(|_| start()).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let home = TempDir::new().unwrap();
        let path = home.path().join(NAME);
        fs_err::write(&path, "short\n").unwrap();
        let failure = kept_or_new(&path).unwrap_err();
        assert!(failure.lines().any(|line| line.contains("holds no admin token")));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "short\n");
    }

    #[test]
    fn a_client_without_a_token_is_told_where_it_is() {
        let home = TempDir::new().unwrap();
        let failure = read(&home.path().join(NAME)).unwrap_err();
        assert!(failure.lines().any(|line| line.contains("`--token-file FILE`")));
    }
}
