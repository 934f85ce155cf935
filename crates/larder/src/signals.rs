//! SIGTERM and SIGINT: the first asks the server to drain, the second ends the process at once.
//!
//! They are waited for on a thread of their own, so that the second is heard even while the
//! server's runtimes are busy shutting down.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Resolves once the process was asked to stop.
pub(crate) fn stop_requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let (ask, asked) = oneshot::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            next(&mut terminate, &mut interrupt).await;
            tracing::info!("stopping: running requests are finished, a second signal ends at once");
            let _nobody_waits = ask.send(());
            next(&mut terminate, &mut interrupt).await;
        });
        tracing::warn!("stopped by a second signal");
        leave_at_once();
    })?;
    Ok(async {
        // An error means that the thread is gone, which ends the process itself.
        let _heard = asked.await;
    })
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(clippy::exit, reason = "the user asked twice; nothing on disk depends on a clean end")]
fn leave_at_once() -> ! {
    std::process::exit(1)
}
