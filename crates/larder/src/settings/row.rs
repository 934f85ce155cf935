//! What a row of the settings table is, and what a setting is once its value is known.

use super::env::Environment;
use super::origin::Origin;
use super::schema::AT_THE_NEXT_START;
use super::value::ValueError;

/// One setting: everything that is known of it before anybody has said a value.
#[derive(Debug)]
pub struct Row {
    /// Its key in `larder.toml`, from which flag and variable derive: `fresh.ttl`.
    pub key: &'static str,
    /// What it means, one line a string, for help and reference.
    pub doc: &'static [&'static str],
    /// What its value looks like: `DURATION`.
    pub shape: &'static str,
    /// What stands between the members of a list; none where it is no list.
    pub separator: Option<char>,
    /// Whether its value may hold a secret.
    pub secrecy: Secrecy,
    /// Its value where nobody says one.
    pub fallback: Fallback,
    /// Whether a text is a value of it.
    pub check: fn(&str) -> Result<(), ValueError>,
}

/// Whether a value may hold a secret, and how it is shown then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Shown as it is.
    Public,
    /// URLs, whose user names, passwords and queries are not shown.
    Urls,
}

/// The value of a setting of which nobody has said anything.
#[derive(Debug, Clone, Copy)]
pub enum Fallback {
    /// This text.
    Text(&'static str),
    /// Go's setting of this name, else the text.
    Go(&'static str, &'static str),
    /// Go's setting of this name, else the value of the setting with this key.
    GoElse(&'static str, &'static str),
    /// The first of these variables that is not empty, else nothing.
    Variables(&'static [&'static str]),
    /// What the machine and the user give; the text says it in the reference.
    Found(fn(&Environment) -> (String, Origin), &'static str),
}

/// When a setting that was changed counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesEffect {
    /// When the settings are read again (SIGHUP).
    AtOnce,
    /// When the server starts: it is built upon it.
    AtTheNextStart,
}

impl Row {
    /// When a change of it counts.
    pub fn takes_effect(&self) -> TakesEffect {
        if AT_THE_NEXT_START.contains(&self.key) {
            TakesEffect::AtTheNextStart
        } else {
            TakesEffect::AtOnce
        }
    }

    /// The flag: `--fresh-ttl`.
    pub fn flag(&self) -> String {
        format!("--{}", self.long())
    }

    /// The flag without its dashes: `fresh-ttl`.
    pub fn long(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// The variable: `LARDER_FRESH_TTL`.
    pub fn variable(&self) -> String {
        format!("LARDER_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The value as it may be shown.
    pub fn shown(&self, text: &str) -> String {
        match self.secrecy {
            Secrecy::Public => text.to_owned(),
            Secrecy::Urls => larder_modfetch::redacted(text),
        }
    }
}

impl Fallback {
    /// The default, said to a reader of the reference.
    pub fn describe(&self) -> String {
        match self {
            Self::Text("") => "nothing".to_owned(),
            Self::Text(text) => format!("`{text}`"),
            Self::Go(name, "") => format!("Go's `{name}`"),
            Self::Go(name, text) => format!("Go's `{name}`, else `{text}`"),
            Self::GoElse(name, key) => format!("Go's `{name}`, else `{key}`"),
            Self::Variables(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("the variable {}", names.join(" or "))
            }
            Self::Found(_, text) => (*text).to_owned(),
        }
    }
}

/// A setting's value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}
