//! One connection: hyper speaks the protocol, each request goes to the service.
//!
//! The connection listens for the orders of the [watch](super::watch) beside its own work. A
//! handler that panics is a 500 and a count; the connection and the server go on.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::ops::DerefMut;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::access_log::Line;
use super::body::ResponseBody;
use super::io::WatchedSocket;
use super::overload::refuse;
use super::pulse::{Order, Pulse};
use super::record::Record;
use super::respond::{Outgoing, respond};
use super::service::RequestHead;
use super::tls::{Gathering, Shaken, shake_hands};
use super::worker::Worker;
use crate::answer::{Answer, Outcome, RouteLabel};
use crate::metrics::CutReason;

/// Who is at the other end.
#[derive(Clone)]
struct Peer {
    addr: SocketAddr,
    text: Arc<str>,
}

/// Serves a connection to its end. It counts as open from before the call.
pub(super) async fn serve(worker: Arc<Worker>, socket: TcpStream, addr: SocketAddr, number: u64) {
    let pulse = Arc::<Pulse>::default();
    let _presence = Presence::enter(&worker, &pulse, number);
    let peer = Peer { addr, text: addr.to_string().into() };
    let socket = WatchedSocket::new(socket, Arc::clone(&pulse));
    let Some(tls) = &worker.tls else {
        pulse.files().take();
        return speak(&worker, &pulse, &peer, socket).await;
    };
    // Boxed, since few bytes of it outlive the handshake.
    let handshake = Box::pin(shake_hands(tls, socket));
    let shaken = match obey(&pulse, handshake, |_| Order::Cut).await {
        None => return,
        Some(Ok(shaken)) => shaken,
        Some(Err(error)) => {
            worker.metrics.tls_handshake("failed");
            tracing::debug!(peer = &*peer.text, %error, "a TLS handshake failed");
            return;
        }
    };
    match shaken {
        Shaken::Plain => worker.metrics.tls_handshake("plain"),
        Shaken::Stream(stream, session) => {
            worker.metrics.tls_handshake(session.as_str());
            let stream = Gathering::new(stream);
            let speaking = pin!(speak(&worker, &pulse, &peer, stream.clone()));
            turn_by_turn(&stream, speaking).await;
        }
    }
}

/// Does the work, and lets out what was gathered after each turn of it.
async fn turn_by_turn<S, F>(stream: &Gathering<S>, mut work: Pin<&mut F>) -> F::Output
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    poll_fn(|context| {
        let done = work.as_mut().poll(context);
        stream.let_out(context);
        done
    })
    .await
}

/// Speaks HTTP over a stream to its end.
async fn speak<S>(worker: &Arc<Worker>, pulse: &Arc<Pulse>, peer: &Peer, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service =
        service_fn(|request| answer(Arc::clone(worker), Arc::clone(pulse), peer.clone(), request));
    let http = worker.http();
    let connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = obey(pulse, connection, |connection| {
        connection.graceful_shutdown();
        Order::GoOn
    });
    if let Some(Err(error)) = ended.await {
        if let Some(error) = error.downcast_ref().filter(|error| hyper::Error::is_parse(error)) {
            malformed(worker, peer, error);
        }
        tracing::debug!(peer = &*peer.text, %error, "a connection ended early");
    }
}

/// Does the work under the orders of the watch: `finish` says, once, what becomes of it when it is
/// told to end. Nothing comes of work that is cut.
async fn obey<F: Future>(
    pulse: &Pulse,
    mut work: Pin<impl DerefMut<Target = F>>,
    finish: impl Fn(Pin<&mut F>) -> Order,
) -> Option<F::Output> {
    let mut finishing = false;
    poll_fn(|context| {
        pulse.listen_for_orders(context);
        let order = match pulse.order() {
            Order::Finish if !std::mem::replace(&mut finishing, true) => finish(work.as_mut()),
            order => order,
        };
        if order == Order::Cut {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// What was no request never reached a service: hyper refused it.
fn malformed(worker: &Worker, peer: &Peer, error: &hyper::Error) {
    worker.metrics.connection_cut(CutReason::Malformed);
    let Some(lane) = &worker.access else { return };
    let status = if error.is_parse_too_large() {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        StatusCode::BAD_REQUEST
    };
    lane.write(&Line {
        id: "-",
        remote: &peer.text,
        method: "-",
        path: "-",
        status: status.as_u16(),
        bytes: 0,
        micros: 0,
        route: RouteLabel::Other.as_str(),
        outcome: Outcome::Invalid.as_str(),
        aborted: false,
        agent: b"-",
    });
}

/// A connection's place among those of its worker, until dropped.
struct Presence<'a> {
    worker: &'a Worker,
    number: u64,
}

impl<'a> Presence<'a> {
    fn enter(worker: &'a Worker, pulse: &Arc<Pulse>, number: u64) -> Self {
        worker.connections().insert(number, Arc::clone(pulse));
        worker.metrics.connection_opened();
        Self { worker, number }
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.worker.connections().remove(&self.number);
        self.worker.metrics.connection_closed();
        self.worker.open.leave();
    }
}

/// Begins a request at once, so that what waits for its answer is small: over HTTP/2 that moves to a
/// task of its own.
fn answer(
    worker: Arc<Worker>,
    pulse: Arc<Pulse>,
    peer: Peer,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<ResponseBody>, Infallible>> {
    let (parts, body) = request.into_parts();
    // No route takes a body; hyper drains a small one and closes the connection on a large one.
    drop(body);
    pulse.request_began(parts.version == Version::HTTP_2);
    let id = worker.ids.choose(&parts.headers);
    let head = RequestHead::new(parts.method, parts.uri, parts.headers, peer.addr, id);
    let record = Box::new(Record::begin(Arc::clone(&worker), pulse, peer.text, head));
    async move { Ok(response(&worker, record).await) }
}

async fn response(worker: &Worker, mut record: Box<Record>) -> Response<ResponseBody> {
    let answer = if let Some(refusal) = refuse(worker, &mut record) {
        refusal
    } else if matches!(*record.head().method(), Method::GET | Method::HEAD) {
        ask(worker, &record).await
    } else {
        method_not_allowed()
    };
    let (route, outcome) = (answer.route, answer.outcome);
    let Outgoing { status, headers, sending } = respond(record.head(), answer);
    record.answered(status, route, outcome);
    if !sending.is_large() {
        record.is_small();
    }
    let mut response = Response::new(ResponseBody::new(sending, record));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

async fn ask(worker: &Worker, record: &Record) -> Answer {
    let waiting = Waiting::begin(record.pulse());
    let asked = async { worker.service.answer(record.head()).await };
    let answer = AssertUnwindSafe(asked).catch_unwind().await;
    drop(waiting);
    answer.unwrap_or_else(|panic| {
        worker.metrics.handler_panicked();
        let id = record.head().id();
        tracing::error!(
            id,
            path = record.head().path(),
            panic = said(&*panic),
            "a handler panicked"
        );
        Answer::text(
            RouteLabel::Other,
            Outcome::Internal,
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("internal error in request {id}; the server's log says more\n"),
        )
    })
}

/// A request's wait for us, as its connection's pulse sees it, until dropped.
struct Waiting<'a>(&'a Pulse);

impl<'a> Waiting<'a> {
    fn begin(pulse: &'a Pulse) -> Self {
        pulse.waits_for_us();
        Self(pulse)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.we_answered();
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

fn method_not_allowed() -> Answer {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let text = "only GET and HEAD are answered here\n";
    Answer::text(RouteLabel::Other, Outcome::Invalid, status, text)
        .with_header(ALLOW, HeaderValue::from_static("GET, HEAD"))
}
