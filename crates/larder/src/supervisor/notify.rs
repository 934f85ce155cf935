//! `sd_notify(3)`: datagrams of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names.
//!
//! A path, or a name of Linux's abstract name-space after `@`. Telling never waits and never
//! fails the server: a supervisor that does not listen learns nothing, which is said once.

use std::fmt;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::settings::env::Environment;

/// Status lines are cut here: `systemctl status` shows one line.
const STATUS_BYTES: usize = 240;

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News<'a> {
    /// Everything that was started, or loaded again, is in use.
    Ready,
    /// Settings are being read again; `Ready` follows, whatever comes of it.
    Reloading,
    /// The end has begun.
    Stopping,
    /// One line for `systemctl status`.
    Status(&'a str),
    /// A sign of life.
    Alive,
    /// The end, or the start, takes this much longer from now.
    More(Duration),
}

impl fmt::Display for News<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("READY=1"),
            // `Type=notify-reload` takes the time for proof that this answers its own SIGHUP.
            Self::Reloading => write!(f, "RELOADING=1\nMONOTONIC_USEC={}", monotonic_micros()),
            Self::Stopping => f.write_str("STOPPING=1"),
            Self::Status(text) => write!(f, "STATUS={}", one_line(text)),
            Self::Alive => f.write_str("WATCHDOG=1"),
            Self::More(time) => write!(f, "EXTEND_TIMEOUT_USEC={}", time.as_micros()),
        }
    }
}

fn one_line(text: &str) -> String {
    let end = (0..=STATUS_BYTES.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    let cut = text.get(..end.unwrap_or(0)).unwrap_or_default();
    cut.replace(char::is_control, " ")
}

fn monotonic_micros() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1000)
}

/// The way to the supervisor, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Supervisor {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
    deaf: AtomicBool,
}

impl Supervisor {
    /// The supervisor of the process that has this environment and this id.
    pub(crate) fn of(environment: &Environment, pid: u32) -> Self {
        let socket = environment.get_filled("NOTIFY_SOCKET").and_then(|name| {
            connect(name)
                .inspect_err(|error| {
                    tracing::warn!(%error, socket = name, "the supervisor cannot be told anything");
                })
                .ok()
        });
        Self { socket, watchdog: watchdog(environment, pid), deaf: AtomicBool::new(false) }
    }

    /// Within which time it wants a sign of life; none where it does not watch.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.socket.as_ref().and(self.watchdog)
    }

    /// Whether there is anybody to tell.
    pub(crate) fn listens(&self) -> bool {
        self.socket.is_some()
    }

    /// Tells it, all in one datagram.
    pub(crate) fn tell(&self, news: &[News<'_>]) {
        let Some(socket) = &self.socket else { return };
        let lines: Vec<String> = news.iter().map(News::to_string).collect();
        if let Err(error) = socket.send(lines.join("\n").as_bytes())
            && !self.deaf.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "the supervisor does not hear");
        }
    }
}

fn connect(name: &str) -> io::Result<UnixDatagram> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    // A supervisor that is busy must not hold the server up.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// `sd_watchdog_enabled(3)`: microseconds, for the process that `WATCHDOG_PID` names if it does.
fn watchdog(environment: &Environment, pid: u32) -> Option<Duration> {
    let micros = environment.get_filled("WATCHDOG_USEC")?.parse().ok().filter(|&usec| usec > 0)?;
    let ours = environment.get_filled("WATCHDOG_PID").is_none_or(|of| of.parse() == Ok(pid));
    ours.then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_sd_notify_says() {
        let check = |news: &News, text: &str| assert_eq!(news.to_string(), text);
        check(&News::Ready, "READY=1");
        check(&News::Stopping, "STOPPING=1");
        check(&News::Alive, "WATCHDOG=1");
        check(&News::More(Duration::from_millis(1500)), "EXTEND_TIMEOUT_USEC=1500000");
        check(&News::Status("97 % hits\nREADY=1"), "STATUS=97 % hits READY=1");
        check(&News::Status(&"é".repeat(500)), &format!("STATUS={}", "é".repeat(120)));
        let reloading = News::Reloading.to_string();
        let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(micros.parse::<i64>().unwrap() > 0);
    }

    #[test]
    fn a_watchdog_of_another_process_is_not_ours() {
        let check = |pairs: &[(&str, &str)], expect: Option<u64>| {
            let environment = Environment::from_pairs(pairs.iter().copied());
            assert_eq!(watchdog(&environment, 7), expect.map(Duration::from_secs), "{pairs:?}");
        };
        check(&[], None);
        check(&[("WATCHDOG_USEC", "3000000")], Some(3));
        check(&[("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "7")], Some(3));
        check(&[("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "8")], None);
        check(&[("WATCHDOG_USEC", "0")], None);
        check(&[("WATCHDOG_USEC", "soon")], None);
    }

    #[test]
    fn an_abstract_socket_is_reached() {
        let name = format!("larder-notify-test-{}", std::process::id());
        let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap());
        let heard = heard.unwrap();
        let environment = Environment::from_pairs([("NOTIFY_SOCKET", format!("@{name}"))]);
        Supervisor::of(&environment, 1).tell(&[News::Ready, News::Status("well")]);
        let mut buffer = [0; 100];
        let len = heard.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], b"READY=1\nSTATUS=well");
    }
}
