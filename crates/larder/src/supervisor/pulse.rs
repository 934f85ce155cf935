//! When the supervisor is told something: signs of life, a line of status, more time at the end.
//!
//! A sign of life is given at half the time in which one is wanted, and only when every serving
//! thread has answered just then; a timer alone would vouch for a server that hangs. The end may
//! take the drain time and what follows it, not longer: then the supervisor's own limit counts.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::notify::{News, Supervisor};

/// How often the line of status is looked at; it is told when it has changed.
const STATUS_ROUND: Duration = Duration::from_secs(15);
/// During the end, how often more time is asked for, and how much.
const MORE_ROUND: Duration = Duration::from_secs(5);
const MORE: Duration = Duration::from_secs(15);

/// The server, as far as its supervisor cares.
pub(crate) trait Watched: Send + 'static {
    /// Whether all that serves has answered within this time.
    fn answers(&self, within: Duration) -> bool;
    /// One line on how it does.
    fn status(&self) -> String;
}

/// Tells the supervisor what it wants to know, from a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// Hears within which time the end should be over.
    stopping: Option<Sender<Duration>>,
}

impl Pulse {
    /// Starts the thread; nothing is started where nobody listens.
    pub(crate) fn start(supervisor: Arc<Supervisor>, server: impl Watched) -> io::Result<Self> {
        if !supervisor.listens() {
            return Ok(Self { stopping: None });
        }
        let (stopping, told) = channel();
        let beats = Beats::new(supervisor, server, Instant::now());
        std::thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || beats.run(&told))?;
        Ok(Self { stopping: Some(stopping) })
    }

    /// From now on only more time is asked for, and for at most this long.
    pub(crate) fn stopping(&self, within: Duration) {
        if let Some(stopping) = &self.stopping {
            // The thread is gone only if it panicked, which costs the time it would have asked for.
            let _ = stopping.send(within);
        }
    }
}

/// What is due when.
struct Beats<W> {
    supervisor: Arc<Supervisor>,
    server: W,
    alive_due: Option<Instant>,
    status_due: Instant,
    status: String,
    hangs: bool,
}

impl<W: Watched> Beats<W> {
    fn new(supervisor: Arc<Supervisor>, server: W, now: Instant) -> Self {
        let alive_due = supervisor.watchdog().map(|within| now + within / 2);
        let status = String::new();
        Self { supervisor, server, alive_due, status_due: now, status, hangs: false }
    }

    fn run(mut self, told: &Receiver<Duration>) {
        loop {
            self.beat(Instant::now());
            let due = self.alive_due.map_or(self.status_due, |due| due.min(self.status_due));
            match told.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(within) => return self.see_out(told, Instant::now() + within),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn beat(&mut self, now: Instant) {
        if let Some(within) = self.supervisor.watchdog()
            && self.alive_due.is_some_and(|due| due <= now)
        {
            self.alive_due = Some(now + within / 2);
            self.give_sign_of_life(within / 4);
        }
        if self.status_due <= now {
            self.status_due = now + STATUS_ROUND;
            let status = self.server.status();
            if status != self.status {
                self.supervisor.tell(&[News::Status(&status)]);
                self.status = status;
            }
        }
    }

    fn give_sign_of_life(&mut self, within: Duration) {
        let answers = self.server.answers(within);
        if answers {
            self.supervisor.tell(&[News::Alive]);
        }
        if self.hangs == answers {
            self.hangs = !answers;
            if answers {
                tracing::info!("the serving threads answer again");
            } else {
                tracing::error!(
                    within_ms = within.as_millis(),
                    "a serving thread does not answer: the supervisor gets no sign of life"
                );
            }
        }
    }

    fn see_out(&self, told: &Receiver<Duration>, end: Instant) {
        while Instant::now() < end {
            self.supervisor.tell(&[News::More(MORE)]);
            if let Err(RecvTimeoutError::Disconnected) = told.recv_timeout(MORE_ROUND) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;
    use crate::settings::env::Environment;

    #[derive(Clone, Default)]
    struct Server {
        hangs: Arc<AtomicBool>,
        requests: Arc<AtomicU64>,
    }

    impl Watched for Server {
        fn answers(&self, _: Duration) -> bool {
            !self.hangs.load(Ordering::SeqCst)
        }

        fn status(&self) -> String {
            format!("{} requests", self.requests.load(Ordering::SeqCst))
        }
    }

    /// A supervisor that wants a sign of life every two seconds, and what it has heard.
    fn supervisor(name: &str) -> (Arc<Supervisor>, UnixDatagram) {
        let name = format!("larder-pulse-{name}-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let heard = UnixDatagram::bind_addr(&address).unwrap();
        heard.set_nonblocking(true).unwrap();
        let environment = Environment::from_pairs([
            ("NOTIFY_SOCKET", format!("@{name}")),
            ("WATCHDOG_USEC", "2000000".to_owned()),
        ]);
        (Arc::new(Supervisor::of(&environment, 1)), heard)
    }

    fn check(heard: &UnixDatagram, expect: &[&str]) {
        let mut buffer = [0; 200];
        let mut all = Vec::new();
        while let Ok(len) = heard.recv(&mut buffer) {
            all.push(String::from_utf8_lossy(&buffer[..len]).into_owned());
        }
        assert_eq!(all, expect);
    }

    #[test]
    fn a_server_that_hangs_gives_no_sign_of_life() {
        let (supervisor, heard) = supervisor("life");
        let (server, start) = (Server::default(), Instant::now());
        let mut beats = Beats::new(supervisor, server.clone(), start);
        beats.beat(start);
        check(&heard, &["STATUS=0 requests"]);
        beats.beat(start + Duration::from_millis(999));
        check(&heard, &[]);
        beats.beat(start + Duration::from_secs(1));
        check(&heard, &["WATCHDOG=1"]);
        server.hangs.store(true, Ordering::SeqCst);
        beats.beat(start + Duration::from_secs(2));
        check(&heard, &[]);
        server.hangs.store(false, Ordering::SeqCst);
        beats.beat(start + Duration::from_secs(3));
        check(&heard, &["WATCHDOG=1"]);
    }

    #[test]
    fn a_status_is_told_when_it_has_changed_and_rarely() {
        let (supervisor, heard) = supervisor("status");
        let (server, start) = (Server::default(), Instant::now());
        let mut beats = Beats::new(supervisor, server.clone(), start);
        beats.alive_due = None;
        beats.beat(start);
        check(&heard, &["STATUS=0 requests"]);
        server.requests.store(7, Ordering::SeqCst);
        beats.beat(start + Duration::from_secs(14));
        check(&heard, &[]);
        beats.beat(start + Duration::from_secs(15));
        check(&heard, &["STATUS=7 requests"]);
        beats.beat(start + Duration::from_secs(30));
        check(&heard, &[]);
    }

    #[test]
    fn the_end_gets_more_time_but_not_for_ever() {
        let (supervisor, heard) = supervisor("end");
        let pulse = Beats::new(supervisor, Server::default(), Instant::now());
        let (_held, told) = channel();
        pulse.see_out(&told, Instant::now() + Duration::from_millis(1));
        check(&heard, &["EXTEND_TIMEOUT_USEC=15000000"]);
    }
}
