//! Passwords from a netrc file, by the rules of the go command.
//!
//! The format is read as cmd/go reads it (go-command.md 2): words in pairs, line by line; the first entry
//! of a machine counts; macros are skipped; a `default` that ends a line ends the file. Which request may
//! carry a password is decided where requests are built. The door reads the file and hands over its text.
//!
//! Invariant: no password is ever shown.

use std::{fmt, sync::Arc};

/// The logins of a netrc file. Cloning is cheap; the default has none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc {
    logins: Arc<[Login]>,
}

/// A user name and a password for one machine.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    machine: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Netrc {
    /// Reads the text of a netrc file. There are no errors: what makes no sense is passed over, as in Go.
    pub fn parse(text: &str) -> Self {
        let mut logins = Vec::new();
        let mut entry = Unfinished::default();
        let mut in_macro = false;
        for line in text.split('\n') {
            if in_macro {
                in_macro = !line.is_empty();
                continue;
            }
            let mut words = line.split_whitespace();
            let mut ends_here = false;
            while let Some(key) = words.next() {
                let Some(value) = words.next() else {
                    ends_here = key == "default";
                    break;
                };
                match key {
                    "machine" => {
                        entry = Unfinished { machine: Some(value), ..Unfinished::default() }
                    }
                    "login" => entry.user = Some(value),
                    "password" => entry.password = Some(value),
                    "macdef" => in_macro = true,
                    _ => {}
                }
                logins.extend(entry.finish());
            }
            if ends_here {
                break;
            }
        }
        Self { logins: logins.into() }
    }

    /// How many logins there are.
    pub fn len(&self) -> usize {
        self.logins.len()
    }

    /// Whether there are no logins.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }

    /// The login for a place, given as `host[:port]/path`: a machine's name is compared with the whole, then
    /// with ever shorter paths, at last with the host and its written port alone.
    pub(crate) fn login(&self, place: &str) -> Option<&Login> {
        let mut place = place.strip_suffix('/').unwrap_or(place);
        loop {
            if let Some(login) = self.logins.iter().find(|login| login.machine == place) {
                return Some(login);
            }
            place = place.rsplit_once('/')?.0;
        }
    }
}

/// An entry of which not all parts have been read.
#[derive(Default)]
struct Unfinished<'a> {
    machine: Option<&'a str>,
    user: Option<&'a str>,
    password: Option<&'a str>,
}

impl Unfinished<'_> {
    /// The whole entry, once; the next one starts from nothing.
    fn finish(&mut self) -> Option<Login> {
        let (machine, user, password) = (self.machine?, self.user?, self.password?);
        *self = Self::default();
        let machine = machine.strip_prefix("https://").unwrap_or(machine);
        let machine = machine.strip_suffix('/').unwrap_or(machine);
        Some(Login {
            machine: machine.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machines = self.logins.iter().map(|login| &login.machine);
        f.write_str("Netrc ")?;
        f.debug_list().entries(machines).finish()
    }
}
