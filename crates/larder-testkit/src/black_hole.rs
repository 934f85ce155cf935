//! An address that swallows connections: a listener whose queue is full and which nobody empties,
//! so that the kernel drops what knocks and a client waits, as behind a firewall that drops.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

/// A loopback address at which every attempt to connect waits for ever.
#[derive(Debug)]
pub struct BlackHole {
    address: SocketAddr,
    _listener: OwnedFd,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    /// Opens one.
    pub fn open() -> BlackHole {
        let listener = socket(AddressFamily::INET, SocketType::STREAM, None);
        let listener = listener.expect("a socket can be made");
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        bind(&listener, &any).expect("a loopback port is free");
        listen(&listener, 0).expect("a bound socket listens");
        let address = getsockname(&listener).expect("a bound socket has an address");
        let address = SocketAddr::try_from(address).expect("it is a TCP address");
        let mut queue = Vec::new();
        // The kernel takes one or two more than the queue is said to hold.
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            queue.push(stream);
        }
        BlackHole { address, _listener: listener, _queue: queue }
    }

    /// The URL to put into GOPROXY.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_into_a_black_hole_is_neither_made_nor_refused() {
        let hole = BlackHole::open();
        let tried = TcpStream::connect_timeout(&hole.address, Duration::from_millis(200));
        assert_eq!(tried.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    }
}
