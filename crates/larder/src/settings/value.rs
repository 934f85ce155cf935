//! From a setting's text to its value. A setting is always text first, wherever it was said, so
//! that flag, variable and file mean the same.
//!
//! Durations are a number with its unit (`250ms`, `60s`, `10m`, `12h`, `7d`), or several in a row
//! (`1h30m`). Sizes are bytes, or a number with a unit of 1024 (`KiB` to `TiB`) or of 1000
//! (`kB` to `TB`). Lists keep the separators of the variables they are usually said in.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::row::Secrecy;

/// Why a text is not a value of its setting.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub String);

impl ValueError {
    /// What an error and the chain of its sources say, in a line.
    pub fn of(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self(text)
    }
}

/// A type that a setting can have.
pub trait Value: Sized {
    /// What it looks like, in a help text.
    const SHAPE: &'static str;
    /// What separates its members, where it is a list.
    const SEPARATOR: Option<char> = None;
    /// Whether it may hold a secret.
    const SECRECY: Secrecy = Secrecy::Public;

    /// Reads it.
    fn read(text: &str) -> Result<Self, ValueError>;
}

impl Value for SocketAddr {
    const SHAPE: &'static str = "ADDR";

    fn read(text: &str) -> Result<Self, ValueError> {
        let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        match local {
            Some(port) => Ok(Self::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
            None => text.parse().map_err(|_| {
                ValueError("an address is an IP address and a port: `127.0.0.1:7171`".to_owned())
            }),
        }
    }
}

/// A file or directory.
impl Value for PathBuf {
    const SHAPE: &'static str = "PATH";

    fn read(text: &str) -> Result<Self, ValueError> {
        match text {
            "" => Err(ValueError("a path is not empty".to_owned())),
            text => Ok(Self::from(text)),
        }
    }
}

/// Files or directories, separated as in `PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths(pub Vec<PathBuf>);

impl Value for Paths {
    const SHAPE: &'static str = "PATH[:PATH…]";
    const SEPARATOR: Option<char> = Some(':');

    fn read(text: &str) -> Result<Self, ValueError> {
        Ok(Self(std::env::split_paths(text).filter(|path| path != &PathBuf::new()).collect()))
    }
}

/// A file, or no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalPath(pub Option<PathBuf>);

impl Value for OptionalPath {
    const SHAPE: &'static str = "PATH";

    fn read(text: &str) -> Result<Self, ValueError> {
        Ok(Self((!text.is_empty()).then(|| PathBuf::from(text))))
    }
}

/// Hosts that are reached without a proxy, as NO_PROXY lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoProxy(pub Option<String>);

impl Value for NoProxy {
    const SHAPE: &'static str = "HOSTS";
    const SEPARATOR: Option<char> = Some(',');

    fn read(text: &str) -> Result<Self, ValueError> {
        Ok(Self((!text.is_empty()).then(|| text.to_owned())))
    }
}

/// A proxy for outgoing requests, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardProxy(pub Option<String>);

impl Value for ForwardProxy {
    const SHAPE: &'static str = "URL";
    const SECRECY: Secrecy = Secrecy::Urls;

    fn read(text: &str) -> Result<Self, ValueError> {
        Ok(Self((!text.is_empty()).then(|| text.to_owned())))
    }
}

/// Where the server's paths begin: nothing, or `/team-a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(pub String);

impl Value for BasePath {
    const SHAPE: &'static str = "PATH";

    fn read(text: &str) -> Result<Self, ValueError> {
        let path = text.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let whole =
            |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
        let good = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(whole));
        if path.is_empty() || good {
            return Ok(Self(path.to_owned()));
        }
        Err(ValueError("a base path is empty or as `/team-a`: letters, digits, `-._~`".to_owned()))
    }
}

/// A value, or `off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrOff<T>(pub Option<T>);

impl<T: Value> Value for OrOff<T> {
    const SHAPE: &'static str = T::SHAPE;

    fn read(text: &str) -> Result<Self, ValueError> {
        match text {
            "off" => Ok(Self(None)),
            text => T::read(text)
                .map(|value| Self(Some(value)))
                .map_err(|ValueError(why)| ValueError(format!("{why}, or `off`"))),
        }
    }
}

/// How many of something: perhaps none.
impl Value for u32 {
    const SHAPE: &'static str = "NUMBER";

    fn read(text: &str) -> Result<Self, ValueError> {
        text.parse().map_err(|_| ValueError("a number is 0 or more".to_owned()))
    }
}

/// How many of something: never none.
impl Value for usize {
    const SHAPE: &'static str = "NUMBER";

    fn read(text: &str) -> Result<Self, ValueError> {
        let number = text.parse().ok().filter(|&number: &Self| number > 0);
        number.ok_or_else(|| ValueError("a number is 1 or more".to_owned()))
    }
}

impl Value for Duration {
    const SHAPE: &'static str = "DURATION";

    fn read(text: &str) -> Result<Self, ValueError> {
        duration(text).ok_or_else(|| {
            ValueError(
                "a duration is a number with its unit: `250ms`, `60s`, `10m`, `7d`".to_owned(),
            )
        })
    }
}

fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    loop {
        let (number, after) = leading_number(rest)?;
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let one = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            "d" => Duration::from_hours(24),
            // A zero is the same in every unit.
            "" if number == 0 && after.is_empty() => Duration::ZERO,
            _ => return None,
        };
        sum = sum.checked_add(one.checked_mul(u32::try_from(number).ok()?)?)?;
        if after.is_empty() {
            return Some(sum);
        }
        rest = after;
    }
}

/// So many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Value for Size {
    const SHAPE: &'static str = "SIZE";

    fn read(text: &str) -> Result<Self, ValueError> {
        size(text).map(Self).ok_or_else(|| {
            ValueError("a size is bytes or a number with its unit: `64MiB`, `1GB`".to_owned())
        })
    }
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = leading_number(text)?;
    let one: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    number.checked_mul(one)
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

/// A setting that takes one of a few words: its type, and the words in the order of the variants.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $word_doc])+ $variant),+ }

        impl Value for $name {
            const SHAPE: &'static str = choice!(@shape $($word)+);

            fn read(text: &str) -> Result<Self, ValueError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(ValueError(format!("it is one of {}", [$(concat!("`", $word, "`")),+].join(", ")))),
                }
            }
        }
    };
    (@shape $first:literal $($more:literal)*) => { concat!($first $(, "|", $more)*) };
}

choice! {
    /// When the bytes of a cold zip may leave.
    VerifyMode {
        /// While they arrive; the tail is held back until everything agrees.
        Stream = "stream",
        /// Only once everything agrees.
        Strict = "strict",
    }
}

choice! {
    /// How much is logged.
    LogLevel {
        /// Nothing.
        Off = "off",
        /// What needs somebody.
        Error = "error",
        /// What may need somebody soon.
        Warn = "warn",
        /// What was done.
        Info = "info",
        /// How it was done.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

choice! {
    /// What a log line looks like.
    LogFormat {
        /// For people.
        Text = "text",
        /// For machines: one JSON object a line.
        Json = "json",
    }
}

choice! {
    /// Whether something is done.
    Switch {
        /// It is.
        On = "on",
        /// It is not.
        Off = "off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let check = |text, seconds: Option<f64>| {
            assert_eq!(duration(text).map(|d| d.as_secs_f64()), seconds, "{text}");
        };
        check("60s", Some(60.0));
        check("250ms", Some(0.25));
        check("1h30m", Some(5400.0));
        check("7d", Some(604_800.0));
        check("0", Some(0.0));
        check("0s", Some(0.0));
        check("60", None);
        check("", None);
        check("s", None);
        check("-1s", None);
        check("60 s", None);
        check("60sek", None);
        check("99999999999999d", None);
    }

    #[test]
    fn sizes_are_bytes_or_numbers_with_units() {
        let check = |text, bytes: Option<u64>| assert_eq!(size(text), bytes, "{text}");
        check("0", Some(0));
        check("1024", Some(1024));
        check("64MiB", Some(64 << 20));
        check("64 MiB", Some(64 << 20));
        check("1GB", Some(1_000_000_000));
        check("64M", None);
        check("MiB", None);
        check("99999999999GiB", None);
    }

    #[test]
    fn an_address_has_a_port() {
        let check = |text, address: Option<&str>| {
            let read = SocketAddr::read(text).ok().map(|address| address.to_string());
            assert_eq!(read.as_deref(), address, "{text}");
        };
        check("127.0.0.1:7171", Some("127.0.0.1:7171"));
        check("localhost:80", Some("127.0.0.1:80"));
        check("[::]:0", Some("[::]:0"));
        check("127.0.0.1", None);
        check(":7171", None);
        check("proxy.example:80", None);
    }

    #[test]
    fn a_base_path_is_plain_segments() {
        let check = |text, path: Option<&str>| {
            assert_eq!(BasePath::read(text).ok().map(|b| b.0).as_deref(), path, "{text}");
        };
        check("", Some(""));
        check("/", Some(""));
        check("/team-a", Some("/team-a"));
        check("/a/b/", Some("/a/b"));
        check("team-a", None);
        check("//a", None);
        check("/a/../b", None);
        check("/a b", None);
        check("/a?b", None);
    }

    #[test]
    fn a_choice_names_its_words() {
        assert_eq!(VerifyMode::read("strict").unwrap(), VerifyMode::Strict);
        assert_eq!(VerifyMode::SHAPE, "stream|strict");
        let error = VerifyMode::read("later").unwrap_err();
        assert_eq!(error.to_string(), "it is one of `stream`, `strict`");
    }
}
