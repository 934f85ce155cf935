//! SIGTERM and SIGINT: the first asks the server to drain, the second ends the process at once.
//! SIGHUP asks for the settings to be read again.
//!
//! They are waited for on a thread of their own, so that the second is heard even while the
//! server's runtimes are busy shutting down. A terminal that is closed sends a SIGHUP as well: a
//! server that was started in one ends with it, politely.

use std::io::{self, IsTerminal};
use std::sync::mpsc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// What the process is asked for.
pub(crate) struct Asked<S> {
    /// Resolves once it was asked to stop.
    pub(crate) stop: S,
    /// One for each time that the settings are to be read again.
    pub(crate) hangups: mpsc::Receiver<()>,
}

/// Starts to listen. `stopping` is called on the thread that hears the first request to stop.
pub(crate) fn listen(
    stopping: impl FnOnce() + Send + 'static,
) -> io::Result<Asked<impl Future<Output = ()> + Send + 'static>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        }
    };
    let (ask, asked) = oneshot::channel();
    let (hang_up, hangups) = mpsc::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            signals.stop(&hang_up).await;
            tracing::info!("stopping: running requests are finished, a second signal ends at once");
            stopping();
            let _nobody_waits = ask.send(());
            signals.stop(&hang_up).await;
        });
        tracing::warn!("stopped by a second signal");
        leave_at_once();
    })?;
    let stop = async {
        // An error means that the thread is gone, which ends the process itself.
        let _heard = asked.await;
    };
    Ok(Asked { stop, hangups })
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Waits for a request to stop; what else is asked is passed on meanwhile.
    async fn stop(&mut self, hang_up: &mpsc::Sender<()>) {
        let terminal = io::stderr().is_terminal();
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => {}
            }
            // A terminal that is gone is none any more.
            if terminal && !io::stderr().is_terminal() {
                return;
            }
            // At the end of the server nobody reloads.
            let _nobody_reloads = hang_up.send(());
        }
    }
}

/// Ctrl-C, or SIGTERM, while a command works: what is under way is given up, in order.
#[derive(Debug)]
pub(crate) struct Interrupt {
    terminate: Signal,
    interrupt: Signal,
}

impl Interrupt {
    /// Listens from now on; within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for it.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Calls `stop` at the first request to stop; a second one ends the process at once.
pub(crate) fn on_interrupt(stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut interrupt = {
        let _inside = runtime.enter();
        Interrupt::listen()?
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(interrupt.wait());
        stop();
        runtime.block_on(interrupt.wait());
        leave_at_once();
    })?;
    Ok(())
}

#[expect(clippy::exit, reason = "the user asked twice; nothing on disk depends on a clean end")]
fn leave_at_once() -> ! {
    std::process::exit(1)
}
