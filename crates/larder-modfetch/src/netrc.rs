//! Passwords from a netrc file, by the rules of the go command.
//!
//! The format is read as cmd/go reads it: words in pairs, line by line; the first entry
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

    /// The machines with their user names and passwords, in the order of the file.
    pub(crate) fn logins(&self) -> impl DoubleEndedIterator<Item = (&str, &str, &str)> {
        self.logins.iter().map(|login| (&*login.machine, &*login.user, &*login.password))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a file; expects its logins as `machine user password`, in order.
    fn check(text: &str, logins: &[&str]) {
        let read = Netrc::parse(text);
        let read: Vec<_> = read
            .logins
            .iter()
            .map(|login| format!("{} {} {}", login.machine, login.user, login.password))
            .collect();
        assert_eq!(read, logins, "{text}");
    }

    #[test]
    fn a_file_is_read_as_the_go_command_reads_it() {
        check("", &[]);
        check("machine a login b password c", &["a b c"]);
        check("machine a\n\tlogin b\n\tpassword c\n", &["a b c"]);
        check("machine a password c login b", &["a b c"]);
        check("machine a login b account x password c", &["a b c"]);
        check("machine a login b\nmachine d login e password f", &["d e f"]);
        check("machine a login b password c machine d login e password f", &["a b c", "d e f"]);
        check("login b password c", &[]);
        check("machine a login b password c\ndefault\nmachine d login e password f", &["a b c"]);
        check("machine a\nmacdef m\nlogin no\n\nlogin b password c", &["a b c"]);
        check("machine a\r\nlogin b\r\npassword c\r\n", &["a b c"]);
        check("machine https://a/ login b password c", &["a b c"]);
    }

    #[test]
    fn the_first_login_of_a_machine_counts() {
        let netrc = Netrc::parse("machine a login one password x\nmachine a login two password x");
        assert_eq!(netrc.login("a/b/c").map(|login| login.user.as_str()), Some("one"));
        assert!(netrc.login("a:80/b").is_none() && netrc.login("b.a/").is_none());
        assert!(netrc.login("").is_none());
    }

    #[test]
    fn a_password_is_never_shown() {
        let netrc = Netrc::parse("machine a login b password secret");
        assert_eq!(format!("{netrc:?}"), "Netrc [\"a\"]");
    }

    proptest! {
        #[test]
        fn no_file_can_panic(text in "(machine|default|login|password|macdef|\\PC|[ \t\r\n]){0,40}") {
            let netrc = Netrc::parse(&text);
            let _ = netrc.login(&text);
        }

        #[test]
        fn what_is_written_is_read(
            logins in proptest::collection::vec("[a-z.]{1,9} [!-~]{1,9} [!-~]{1,9}", 0..6),
            gap in "[ \n\t]{1,3}",
        ) {
            let written: String = logins
                .iter()
                .map(|login| {
                    let parts: Vec<_> = login.split(' ').collect();
                    let words = ["machine", parts[0], "login", parts[1], "password", parts[2]];
                    // Go reads words in pairs on a line, so a line may break only between pairs.
                    let pairs: Vec<_> = words.chunks(2).map(|pair| pair.join(" ")).collect();
                    pairs.join(&gap) + "\n"
                })
                .collect();
            let netrc = Netrc::parse(&written);
            prop_assert_eq!(netrc.len(), logins.len());
        }
    }
}
