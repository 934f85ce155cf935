//! Who is let in: the listening thread of the fake upstream, and its port while it is cut off.
//!
//! A port that is cut off stays bound without anybody listening: whoever connects is refused, and
//! no other upstream, of this test or another, is given the port meanwhile.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::{Shared, connection};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// The port of an upstream.
#[derive(Debug)]
pub(super) enum Door {
    /// Connections are served by a thread.
    Open(Listening),
    /// Connections are refused.
    Closed(OwnedFd),
}

#[derive(Debug)]
pub(super) struct Listening {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Lets everybody in who comes to `listener`.
    pub(super) fn on(listener: TcpListener, shared: &Arc<Shared>) -> Door {
        Door::Open(listen(listener, shared))
    }

    /// Refuses everybody from now on.
    pub(super) fn close(&mut self, address: SocketAddr) {
        if let Door::Open(listening) = self {
            listening.end(address);
            *self = Door::Closed(take_back(address));
        }
    }

    /// Lets everybody in again.
    pub(super) fn open(&mut self, shared: &Arc<Shared>) {
        if let Door::Closed(socket) = self {
            let socket = socket.try_clone().expect("a descriptor can be copied");
            rustix::net::listen(&socket, BACKLOG).expect("a bound socket can listen");
            *self = Door::on(TcpListener::from(socket), shared);
        }
    }
}

impl Listening {
    fn end(&mut self, address: SocketAddr) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread out of accept; the listener is closed when it is joined.
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Binds the port that was listened on until now. A process that is just being started may hold
/// the old listener for a moment, until it becomes another program.
fn take_back(address: SocketAddr) -> OwnedFd {
    let give_up = Instant::now() + Duration::from_secs(5);
    loop {
        match bind_quietly(address) {
            Ok(socket) => return socket,
            Err(error) => assert!(Instant::now() < give_up, "the port {address} is gone: {error}"),
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn bind_quietly(address: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let (family, flags) = (AddressFamily::INET, SocketFlags::CLOEXEC);
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

fn listen(listener: TcpListener, shared: &Arc<Shared>) -> Listening {
    let stop = Arc::new(AtomicBool::new(false));
    let (stopping, shared) = (Arc::clone(&stop), Arc::clone(shared));
    let thread = thread::spawn(move || {
        for stream in listener.incoming() {
            if stopping.load(Ordering::SeqCst) {
                return;
            }
            if let Ok(stream) = stream {
                welcome(stream, &shared);
            }
        }
    });
    Listening { stop, thread: Some(thread) }
}

/// Serves a connection on a thread of its own.
fn welcome(stream: TcpStream, shared: &Arc<Shared>) {
    let id = shared.next_connection.fetch_add(1, Ordering::Relaxed);
    if let Ok(copy) = stream.try_clone() {
        shared.state().connections.insert(id, copy);
    }
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        // A peer that leaves is no failure of the fake.
        let _ = connection::serve(&stream, &shared);
        shared.state().connections.remove(&id);
        let _ = stream.shutdown(Shutdown::Both);
    });
}
