//! `sd_listen_fds(3)`: sockets that the supervisor already listens on, handed over by number.
//!
//! `LISTEN_FDNAMES` names them: `larder` serves, `admin` is for the admin API. One socket without
//! such a name is the one that serves (systemd names it after its unit, other supervisors `unknown`
//! or not at all). A socket that nobody would serve is an error: its clients would hang.

use std::net::TcpListener;

use larder_server::Sockets;
use listenfd::ListenFd;

use crate::exit::Failure;
use crate::settings::env::Environment;

const SERVE: &str = "larder";
const ADMIN: &str = "admin";

/// What became of each socket, by its number.
#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    serve: Option<usize>,
    admin: Option<usize>,
}

/// Takes the sockets that were handed over; none where there is no supervisor. Call it once, before
/// any thread starts: it removes what it has read from the environment, so that no child of ours
/// takes the sockets for its own.
pub(crate) fn handed_over(environment: &Environment) -> Result<Sockets, Failure> {
    let mut handed = ListenFd::from_env();
    let names = environment.get("LISTEN_FDNAMES").unwrap_or_default();
    let places = places(handed.len(), names).map_err(|why| {
        Failure::usage("cannot use the sockets that the supervisor hands over").hint(why)
    })?;
    let mut take = |place: Option<usize>| -> Result<Option<TcpListener>, Failure> {
        let Some(index) = place else { return Ok(None) };
        let taken = handed.take_tcp_listener(index);
        taken.map_err(|error| {
            Failure::failed("cannot use a socket that the supervisor hands over")
                .because(&error)
                .hint("`ListenStream=` takes a port, or an address and a port")
        })
    };
    Ok(Sockets { serve: take(places.serve)?, admin: take(places.admin)? })
}

fn places(count: usize, names: &str) -> Result<Places, String> {
    let names: Vec<&str> = names.split(':').collect();
    let mut places = Places::default();
    for index in 0..count {
        let name = names.get(index).copied().unwrap_or_default();
        let place = match name {
            ADMIN => &mut places.admin,
            _ if name == SERVE || count == 1 => &mut places.serve,
            name => {
                return Err(format!(
                    "a socket named `{name}` is served by nobody: \
                     `FileDescriptorName=` is `{SERVE}` or `{ADMIN}`"
                ));
            }
        };
        if place.replace(index).is_some() {
            return Err(format!("two sockets are named `{name}`; Larder takes one of each"));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_told_apart_by_their_names() {
        let check = |count, names, serve, admin| {
            assert_eq!(places(count, names), Ok(Places { serve, admin }), "{count} {names}");
        };
        check(0, "", None, None);
        check(1, "", Some(0), None);
        check(1, "unknown", Some(0), None);
        check(1, "larder.socket", Some(0), None);
        check(1, "larder", Some(0), None);
        check(1, "admin", None, Some(0));
        check(2, "larder:admin", Some(0), Some(1));
        check(2, "admin:larder", Some(1), Some(0));
    }

    #[test]
    fn a_socket_that_nobody_would_serve_is_refused() {
        let check = |count, names, says: &str| {
            let error = places(count, names).unwrap_err();
            assert!(error.contains(says), "{error}");
        };
        check(2, "", "a socket named `` is served by nobody");
        check(2, "larder:metrics", "`metrics`");
        check(2, "larder:larder", "two sockets are named `larder`");
        check(3, "larder:admin", "a socket named ``");
    }
}
