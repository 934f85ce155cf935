//! Two servers, in two processes, on one address.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use larder_server::edge::Listeners;

/// Not a test of its own: the second process. It is told addresses and says what came of each.
#[test]
#[ignore = "run by the test below"]
fn second_process() {
    let mut held = Vec::new();
    for line in std::io::stdin().lines() {
        let addr: SocketAddr = line.unwrap().parse().unwrap();
        match Listeners::bind(addr, 2) {
            Ok(listeners) => {
                println!("said: listening on {}", listeners.local_addr());
                held.push(listeners);
            }
            Err(error) => println!("said: {error}"),
        }
    }
}

struct Other(Child, Box<dyn BufRead>);

impl Other {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "listen::second_process", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Box::new(BufReader::new(child.stdout.take().unwrap()));
        Self(child, out)
    }

    fn listen(&mut self, addr: SocketAddr) -> String {
        writeln!(self.0.stdin.as_ref().unwrap(), "{addr}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "the second process ended");
            // The test harness prints on the same line.
            if let Some((_, said)) = line.split_once("said: ") {
                return said.trim_end().to_owned();
            }
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
fn a_second_process_cannot_share_an_address() {
    let mut other = Other::start();
    for workers in [1, 2, 4] {
        let ours = Listeners::bind(([127, 0, 0, 1], 0).into(), workers).unwrap();
        let addr = ours.local_addr();
        assert_eq!(other.listen(addr), format!("another server already listens on `{addr}`"));
        drop(ours);
        assert_eq!(other.listen(addr), format!("listening on {addr}"));
        assert!(Listeners::bind(addr, workers).is_err());
    }
    let taken = other.listen(([127, 0, 0, 1], 0).into());
    let theirs: SocketAddr = taken.strip_prefix("listening on ").unwrap().parse().unwrap();
    assert!(Listeners::bind(theirs, 2).is_err());
    drop(other);
    Listeners::bind(theirs, 2).unwrap();
}
