//! The run of the server: a thread and a current-thread runtime for each listening socket.
//!
//! A connection stays with the worker that accepted it, so nothing that serves a request crosses
//! threads. At the stop no worker accepts any more, idle connections close, running requests have
//! the drain time, and what is left is cut.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch as signal;

use super::access_log::AccessLogger;
use super::buffers::Buffers;
use super::connection;
use super::descriptors::make_room;
use super::limits::LiveLimits;
use super::listen::Listeners;
use super::overload::Bodies;
use super::rate::Addresses;
use super::refuse::Refuser;
use super::service::Service;
use super::tls::Tls;
use super::watch::{drain, keep_watch};
use super::worker::{Common, Open, Worker};
use crate::metrics::{CutReason, Metrics};

/// After an accept that failed for want of something, the pause before the next.
const PAUSE: Duration = Duration::from_millis(50);

/// What a socket takes of us before its client is ready for it, in bytes. The system's own bound is
/// some MiB, of which it tells in steps too large to see a slow client's progress.
const UNSENT: u32 = 128 << 10;

/// What the edge must be told.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// What clients may take.
    pub limits: LiveLimits,
    /// The certificate, unless plain HTTP is spoken. Whoever holds it looks for a newer one.
    pub tls: Option<Tls>,
    /// How long running requests may go on after the stop.
    pub drain: Duration,
}

/// The edge cannot run, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The system gives a worker no thread, runtime or socket.
    #[error("could not start a serving thread")]
    Start(#[source] io::Error),
    /// A worker ended before the stop.
    #[error("a serving thread died")]
    Died,
}

/// Serves until `stop` is ready and the drain is over. Blocks; call it outside of any runtime.
pub fn serve(
    listeners: Listeners,
    service: Arc<dyn Service>,
    config: &EdgeConfig,
    metrics: Arc<Metrics>,
    access: AccessLogger,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let limits = config.limits.get();
    make_room(limits.connections);
    let common = Common {
        service,
        metrics,
        buffers: Buffers::new(limits.bytes_in_flight),
        limits: config.limits.clone(),
        tls: config.tls.clone(),
        open: Open::default(),
        bodies: Bodies::default(),
        addresses: Addresses::default(),
    };
    let (stopper, _) = signal::channel(false);
    let mut crew = Vec::new();
    for socket in listeners.into_sockets() {
        let worker = Arc::new(Worker::new(&common, access.lane()));
        let hands = Hands::new(socket, worker, stopper.clone()).map_err(ServeError::Start)?;
        crew.push(hands);
    }
    if let Some(first) = crew.first() {
        let stopper = stopper.clone();
        first.runtime.spawn(async move {
            stop.await;
            stopper.send_replace(true);
        });
    }
    drop(common);
    let drained = run(crew, config.drain, &stopper);
    drop(access);
    drained
}

fn run(
    crew: Vec<Hands>,
    within: Duration,
    stopper: &signal::Sender<bool>,
) -> Result<(), ServeError> {
    let mut threads = Vec::new();
    let mut outcome = Ok(());
    for (number, hands) in crew.into_iter().enumerate() {
        let thread = std::thread::Builder::new().name(format!("larder-serve-{number}"));
        match thread.spawn(move || hands.work(within)) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                outcome = Err(ServeError::Start(error));
                stopper.send_replace(true);
            }
        }
    }
    for thread in threads {
        if thread.join().is_err() {
            outcome = Err(ServeError::Died);
        }
    }
    outcome
}

/// A worker with its runtime and socket, ready for its thread.
struct Hands {
    runtime: Runtime,
    listener: TcpListener,
    worker: Arc<Worker>,
    stopper: signal::Sender<bool>,
}

impl Hands {
    fn new(
        socket: std::net::TcpListener,
        worker: Arc<Worker>,
        stopper: signal::Sender<bool>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(socket)?
        };
        Ok(Self { runtime, listener, worker, stopper })
    }

    fn work(self, within: Duration) {
        let Self { runtime, listener, worker, stopper } = self;
        // Should this thread die, the others are not to go on as if nothing were amiss.
        let _stop_all = StopOnDrop(stopper.clone());
        worker.service.thread_began(runtime.handle().clone());
        runtime.block_on(async move {
            let watch = tokio::spawn(keep_watch(Arc::clone(&worker)));
            let mut stop = stopper.subscribe();
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = accept(&listener, &worker) => {}
            }
            drop(listener);
            drain(&worker, within).await;
            watch.abort();
        });
        runtime.shutdown_background();
    }
}

struct StopOnDrop(signal::Sender<bool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

async fn accept(listener: &TcpListener, worker: &Arc<Worker>) {
    let refuser = Refuser::new();
    let mut number = 0_u64;
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((socket, addr)) => {
                failing = false;
                number = number.wrapping_add(1);
                admit(worker, &refuser, socket, addr, number);
            }
            Err(error) if is_of_one_client(&error) => {}
            Err(error) => {
                // Out of descriptors or memory: those who are served will give some back.
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "could not accept a connection");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn admit(
    worker: &Arc<Worker>,
    refuser: &Refuser,
    socket: TcpStream,
    addr: SocketAddr,
    number: u64,
) {
    // Without them answers are only slower, and slow clients dearer.
    let _ = socket.set_nodelay(true);
    let _ = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT);
    if worker.open.enter(worker.limits.get().connections) {
        tokio::spawn(connection::serve(Arc::clone(worker), socket, addr, number));
        return;
    }
    worker.metrics.connection_cut(CutReason::TooMany);
    // Who expects TLS could not read a plain word.
    if worker.tls.is_none() {
        refuser.refuse(socket);
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
