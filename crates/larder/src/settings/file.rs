//! `larder.toml`: which files are read, and their keys with the line each stands on.
//!
//! The files are TOML; tables are the sections of the keys, so `ttl` below `[fresh]` is
//! `fresh.ttl`. A value is a string, a number, `true` or `false` (as `on` and `off`), or a list of
//! strings where the setting is a list. A key that no setting has is an error.

use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::env::Environment;
use super::near::near;
use super::origin::Origin;
use super::row::Row;
use super::schema::{ROWS, row};

/// A value that a file says.
#[derive(Debug)]
pub struct Line {
    /// The setting.
    pub key: &'static str,
    /// Its value's text.
    pub text: String,
    /// The file and the line.
    pub origin: Origin,
}

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there and cannot be read, or was asked for and is not there.
    #[error("could not read the settings file")]
    Unreadable(#[source] io::Error),
    /// It is not TOML.
    #[error("`{}:{line}` is not TOML: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// It has a key that no setting has.
    #[error("`{}:{line}` sets `{key}`, which is no setting", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The key.
        key: String,
        /// The key that was probably meant.
        near: Option<&'static str>,
    },
    /// Its value has a type that the setting cannot have.
    #[error("`{}:{line}` gives `{key}` {found}; it takes {wanted}", path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The setting.
        key: &'static str,
        /// What stands there.
        found: &'static str,
        /// What could.
        wanted: &'static str,
    },
}

/// The files that are read where none is named, the strongest first: the project's (in the working
/// directory), the user's, the system's.
pub fn usual_places(environment: &Environment) -> Vec<PathBuf> {
    let user =
        environment.xdg("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("larder/larder.toml"));
    let project = PathBuf::from("larder.toml");
    let system = PathBuf::from("/etc/larder/larder.toml");
    std::iter::once(project).chain(user).chain([system]).collect()
}

/// The values that a file says; none where there is no such file.
pub fn read_if_there(path: &Path) -> Result<Vec<Line>, FileError> {
    match fs_err::read_to_string(path) {
        Ok(text) => parse(&text, path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(FileError::Unreadable(error)),
    }
}

/// The values that a file says.
pub fn read(path: &Path) -> Result<Vec<Line>, FileError> {
    parse(&fs_err::read_to_string(path).map_err(FileError::Unreadable)?, path)
}

fn parse(text: &str, path: &Path) -> Result<Vec<Line>, FileError> {
    let place = Place { text, path };
    let table = DeTable::parse(text).map_err(|error| FileError::Malformed {
        path: path.to_owned(),
        line: place.line(error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut lines = Vec::new();
    place.collect("", table.get_ref(), &mut lines)?;
    Ok(lines)
}

/// A file under its reading.
#[derive(Clone, Copy)]
struct Place<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Place<'_> {
    /// Adds the values of `table`, whose keys stand below `section`.
    fn collect(
        self,
        section: &str,
        table: &DeTable<'_>,
        lines: &mut Vec<Line>,
    ) -> Result<(), FileError> {
        for (name, value) in table {
            let key = format!("{section}{}", name.get_ref());
            let line = self.line(name.span().start);
            let is_section = ROWS.iter().any(|row| row.key.starts_with(&format!("{key}.")));
            match (row(&key), value.get_ref()) {
                (Some(row), value) => lines.push(Line {
                    key: row.key,
                    text: self.text_of(row, value, line)?,
                    origin: Origin::File { path: self.path.to_owned(), line },
                }),
                (None, DeValue::Table(table)) if is_section => {
                    self.collect(&format!("{key}."), table, lines)?;
                }
                (None, _) => {
                    let near = near(&key, ROWS.iter().map(|row| row.key));
                    return Err(FileError::UnknownKey {
                        path: self.path.to_owned(),
                        line,
                        key,
                        near,
                    });
                }
            }
        }
        Ok(())
    }

    fn text_of(self, row: &Row, value: &DeValue<'_>, line: usize) -> Result<String, FileError> {
        let wrong = |found: &'static str| FileError::WrongType {
            path: self.path.to_owned(),
            line,
            key: row.key,
            found,
            wanted: if row.separator.is_some() {
                "a string or a list of strings"
            } else {
                "a string"
            },
        };
        match value {
            DeValue::Array(members) => {
                let separator = row.separator.ok_or_else(|| wrong("a list"))?;
                let texts: Option<Vec<&str>> = members.iter().map(text_of_member).collect();
                let texts = texts.ok_or_else(|| wrong("a list of other things"))?;
                Ok(texts.join(&separator.to_string()))
            }
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => {
                Ok(number.as_str().replace('_', ""))
            }
            DeValue::Integer(_) => Err(wrong("a number that is not decimal")),
            DeValue::Boolean(true) => Ok("on".to_owned()),
            DeValue::Boolean(false) => Ok("off".to_owned()),
            DeValue::Float(_) => Err(wrong("a fraction")),
            DeValue::Datetime(_) => Err(wrong("a date")),
            DeValue::Table(_) => Err(wrong("a table")),
        }
    }

    /// The line, from 1, of a byte's offset.
    fn line(self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }
}

fn text_of_member<'a>(member: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
    member.get_ref().as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<String, String> {
        let lines = parse(text, Path::new("larder.toml")).map_err(|error| error.to_string())?;
        let shown = lines.iter().map(|line| format!("{}={} {}", line.key, line.text, line.origin));
        Ok(shown.collect::<Vec<_>>().join("; "))
    }

    fn check(text: &str, expected: Result<&str, &str>) {
        assert_eq!(said(text), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn a_value_knows_its_line() {
        check("\n# talk\nlisten = \"[::]:80\"", Ok("listen=[::]:80 larder.toml:3"));
        check("[fresh]\n\nttl = \"5s\"", Ok("fresh.ttl=5s larder.toml:3"));
        check("fresh.ttl = \"5s\"", Ok("fresh.ttl=5s larder.toml:1"));
        check("", Ok(""));
    }

    #[test]
    fn values_are_text_numbers_switches_and_lists() {
        check("workers = 1_0", Ok("workers=10 larder.toml:1"));
        check("log.access = false", Ok("log.access=off larder.toml:1"));
        check(
            "go.private = ['a.example', 'b.example']",
            Ok("go.private=a.example,b.example larder.toml:1"),
        );
        check("fetch.ca_files = ['/a', '/b']", Ok("fetch.ca_files=/a:/b larder.toml:1"));
        check("listen = ['a']", Err("`larder.toml:1` gives `listen` a list; it takes a string"));
        check(
            "go.private = [1]",
            Err(
                "`larder.toml:1` gives `go.private` a list of other things; it takes a string or a list of strings",
            ),
        );
        check(
            "workers = 1.5",
            Err("`larder.toml:1` gives `workers` a fraction; it takes a string"),
        );
        check("listen = {}", Err("`larder.toml:1` gives `listen` a table; it takes a string"));
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        check("listne = 'x'", Err("`larder.toml:1` sets `listne`, which is no setting"));
        check(
            "[fresh]\nttll = '1s'",
            Err("`larder.toml:2` sets `fresh.ttll`, which is no setting"),
        );
        check("fresh = 1", Err("`larder.toml:1` sets `fresh`, which is no setting"));
        check("[colours]\nred = 1", Err("`larder.toml:1` sets `colours`, which is no setting"));
        let error = parse("[fresh]\nttll = '1s'", Path::new("x")).unwrap_err();
        assert!(matches!(error, FileError::UnknownKey { near: Some("fresh.ttl"), .. }));
    }

    #[test]
    fn what_is_not_toml_names_the_line() {
        let error = said("listen = \"a\"\nlisten").unwrap_err();
        assert!(error.starts_with("`larder.toml:2` is not TOML: "), "{error}");
    }
}
