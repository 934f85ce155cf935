//! The maintainers' listener: few connections, one request each, nothing that lasts for ever but a
//! run whose client reads on.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, watch};

use super::answer::{self, Body};
use super::ask::{Ask, Work};
use super::desk::Desk;
use super::run::{Run, Who};
use super::token::AdminToken;
use super::told::Told;
use crate::config::AdminConfig;

/// Connections at once; further ones wait to be accepted.
const CONNECTIONS: usize = 64;
/// For how long a request's head may take.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For how long nothing is accepted when the system gives no more sockets.
const NO_SOCKET: Duration = Duration::from_millis(200);

/// A socket that maintainers can connect to.
pub(crate) struct AdminListener {
    socket: TcpListener,
    address: SocketAddr,
    token: AdminToken,
}

/// What every connection needs.
struct Office {
    desk: Arc<Desk>,
    token: AdminToken,
    stopping: watch::Receiver<bool>,
}

impl AdminListener {
    /// Binds the address, or takes over a socket that listens already. Nothing is answered yet.
    pub(crate) fn bind(config: &AdminConfig, inherited: Option<TcpListener>) -> io::Result<Self> {
        let socket = match inherited {
            Some(socket) => socket,
            None => TcpListener::bind(config.listen)?,
        };
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, token: config.token.clone() })
    }

    /// The address that is listened on.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stopping` says so, and then until everyone who was being answered knows.
    pub(crate) async fn serve(self, desk: Arc<Desk>, mut stopping: watch::Receiver<bool>) {
        let listener = match tokio::net::TcpListener::from_std(self.socket) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "the admin API cannot be served");
                return;
            }
        };
        let office = Arc::new(Office { desk, token: self.token, stopping: stopping.clone() });
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let accept = async {
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((socket, peer)) => {
                        let office = Arc::clone(&office);
                        tokio::spawn(async move {
                            let _place = place;
                            office.serve(socket, peer).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the admin API cannot accept a connection");
                        tokio::time::sleep(NO_SOCKET).await;
                    }
                }
            }
        };
        tokio::select! {
            () = accept => {}
            told = stopping.wait_for(|stopping| *stopping) => drop(told),
        }
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        let _everyone_is_gone = places.acquire_many(all).await;
    }
}

impl Office {
    /// One connection, with its one request.
    async fn serve(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        let cut = Arc::<Notify>::default();
        let answer = service_fn(|request| {
            let (office, cut) = (Arc::clone(&self), Arc::clone(&cut));
            async move { Ok::<_, Infallible>(office.answer(request, peer, cut).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .keep_alive(false)
            .serve_connection(TokioIo::new(socket), answer);
        tokio::select! {
            ended = connection => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "an admin connection broke off");
                }
            }
            () = cut.notified() => tracing::warn!(%peer, "an admin client read nothing and was cut off"),
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        cut: Arc<Notify>,
    ) -> Response<Body> {
        let what = format!("{} {}", request.method(), request.uri().path());
        match Ask::read(request, &self.token).await {
            Ok(Ask::Status) => answer::object(StatusCode::OK, &self.desk.status()),
            Ok(Ask::Run(work)) => self.run(work, peer, cut),
            Err(refusal) => {
                let (status, error) = (refusal.status.as_u16(), &refusal.object.error);
                tracing::warn!(%peer, what, status, error, "an admin request was refused");
                refusal.answer()
            }
        }
    }

    /// Sets off the work, which goes on beside the answer.
    fn run(&self, work: Work, peer: SocketAddr, cut: Arc<Notify>) -> Response<Body> {
        let (told, events) = Told::new(cut, self.stopping.clone());
        let run = Run { desk: Arc::clone(&self.desk), told, who: Who(peer) };
        match run.accept(work) {
            Ok(work) => {
                tokio::spawn(work);
                answer::events(events)
            }
            Err(refusal) => refusal.answer(),
        }
    }
}
