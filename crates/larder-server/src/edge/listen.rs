//! The listening sockets: one for each worker on one address, and no second server beside us.
//!
//! Workers share an address through `SO_REUSEPORT`, which would also let a second server in. So
//! the address is first taken by a socket without that option, in the listening state, which the
//! system grants to one process only; it is opened to the others of this process afterwards, and
//! closed when they listen. A second server fails at its own first step, at whatever moment it
//! comes, since at every moment one of our sockets listens there. A connection made in the
//! microseconds in which the first socket stands alone is reset, as before a start it is refused.
//!
//! Where the system does not allow the later opening, the workers share the first socket.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

const BACKLOG: i32 = 1024;

/// The listening sockets of one server.
#[derive(Debug)]
pub struct Listeners {
    addr: SocketAddr,
    sockets: Vec<TcpListener>,
}

impl Listeners {
    /// Listens on `addr` for this many workers. Port 0 takes any free port.
    pub fn bind(addr: SocketAddr, workers: usize) -> Result<Self, ListenError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { addr },
            _ => ListenError::Failed { addr, source },
        };
        let first = open(addr, Sharing::Exclusive).map_err(failed)?;
        let addr = first.local_addr().map_err(failed)?;
        let workers = workers.max(1);
        let sockets = if workers == 1 {
            vec![first]
        } else if let Ok(sockets) = open_beside(&first, addr, workers) {
            sockets
        } else {
            copies(first, workers).map_err(failed)?
        };
        Ok(Self { addr, sockets })
    }

    /// Takes a socket that already listens (socket activation) for this many workers. All take
    /// from its one queue; that nobody else does is for whoever opened it.
    pub fn inherit(socket: TcpListener, workers: usize) -> Result<Self, ListenError> {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let addr =
            socket.local_addr().map_err(|source| ListenError::Failed { addr: unknown, source })?;
        let failed = |source| ListenError::Failed { addr, source };
        if !socket2::SockRef::from(&socket).is_listener().map_err(failed)? {
            return Err(ListenError::NotListening { addr });
        }
        socket.set_nonblocking(true).map_err(failed)?;
        let sockets = copies(socket, workers.max(1)).map_err(failed)?;
        Ok(Self { addr, sockets })
    }

    /// The address, with the port that was taken.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn into_sockets(self) -> Vec<TcpListener> {
        self.sockets
    }
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error("another server already listens on `{addr}`")]
    InUse {
        /// The address.
        addr: SocketAddr,
    },
    /// A socket that was handed to us does not listen.
    #[error("the socket that was handed over at `{addr}` does not listen")]
    NotListening {
        /// The address to which it is bound.
        addr: SocketAddr,
    },
    /// The system refuses.
    #[error("could not listen on `{addr}`")]
    Failed {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Exclusive,
    Shared,
}

fn open_beside(
    first: &TcpListener,
    addr: SocketAddr,
    count: usize,
) -> io::Result<Vec<TcpListener>> {
    socket2::SockRef::from(first).set_reuse_port(true)?;
    (0..count).map(|_| open(addr, Sharing::Shared)).collect()
}

/// The way without `SO_REUSEPORT`: one queue, from which all take.
fn copies(first: TcpListener, count: usize) -> io::Result<Vec<TcpListener>> {
    let mut sockets = (1..count).map(|_| first.try_clone()).collect::<io::Result<Vec<_>>>()?;
    sockets.push(first);
    Ok(sockets)
}

fn open(addr: SocketAddr, sharing: Sharing) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier run that still linger must not hinder a restart.
    socket.set_reuse_address(true)?;
    if sharing == Sharing::Shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_never_listen_on_one_address() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let check = |first: usize, second: usize| {
            let held = Listeners::bind(any, first).unwrap();
            assert_eq!(held.sockets.len(), first);
            let addr = held.local_addr();
            let error = Listeners::bind(addr, second).unwrap_err();
            assert_eq!(error.to_string(), format!("another server already listens on `{addr}`"));
            let wild = SocketAddr::from(([0, 0, 0, 0], addr.port()));
            assert!(matches!(Listeners::bind(wild, second), Err(ListenError::InUse { .. })));
            drop(held);
            Listeners::bind(addr, second).unwrap();
        };
        check(1, 1);
        check(1, 3);
        check(3, 1);
        check(3, 3);
    }

    #[test]
    fn workers_can_share_one_socket() {
        let first = open(([127, 0, 0, 1], 0).into(), Sharing::Exclusive).unwrap();
        let addr = first.local_addr().unwrap();
        let sockets = copies(first, 3).unwrap();
        assert_eq!(sockets.len(), 3);
        for socket in sockets {
            let client = std::net::TcpStream::connect(addr).unwrap();
            socket.set_nonblocking(false).unwrap();
            assert_eq!(socket.accept().unwrap().1, client.local_addr().unwrap());
        }
    }

    #[test]
    fn a_socket_that_was_handed_over_serves_all_workers_if_it_listens() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let handed = TcpListener::bind(any).unwrap();
        let addr = handed.local_addr().unwrap();
        let listeners = Listeners::inherit(handed, 3).unwrap();
        assert_eq!(listeners.local_addr(), addr);
        assert_eq!(listeners.sockets.len(), 3);
        let _client = std::net::TcpStream::connect(addr).unwrap();
        let sockets = listeners.into_sockets();
        let accepted = sockets.iter().filter(|socket| socket.accept().is_ok()).count();
        assert_eq!(accepted, 1, "none waits for a client of another");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        socket.bind(&any.into()).unwrap();
        let error = Listeners::inherit(socket.into(), 1).unwrap_err();
        assert!(matches!(error, ListenError::NotListening { .. }), "{error:?}");
    }

    #[test]
    fn of_many_that_race_for_one_address_one_wins() {
        for _ in 0..20 {
            let addr = Listeners::bind(([127, 0, 0, 1], 0).into(), 1).unwrap().local_addr();
            let start = std::sync::Barrier::new(4);
            let results: Vec<_> = std::thread::scope(|scope| {
                let racers: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            Listeners::bind(addr, 2)
                        })
                    })
                    .collect();
                racers.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        }
    }
}
