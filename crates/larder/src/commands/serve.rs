//! `larder serve`: opens the store, binds the server, says where it is, and runs it until it is
//! asked to stop.
//!
//! What may fail here fails before the first line of the banner, with the setting that mends it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use larder_server::{AdminConfig, Server, StartError, TlsError};
use larder_store::DirectoryStore;

use crate::cli::ServeArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::settings::env::Environment;
use crate::settings::{Origin, Settings, resolve};
use crate::supervisor::notify::{News, Supervisor};
use crate::supervisor::pulse::Pulse;
use crate::supervisor::server::WatchedServer;
use crate::supervisor::sockets;
use crate::{admin_token, allocator, logging, reload, signals, wiring};

/// What the end may take besides the drain time: landing what was served, and the store's writer.
const AFTER_THE_DRAIN: Duration = Duration::from_secs(15);

/// Serves until a signal, then drains.
pub fn run(
    args: &ServeArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    allocator::keep_little_back(environment);
    let resolved = resolve::of_process(args.settings.said(), environment)?;
    let mut settings = resolved.settings()?;
    let logging = logging::start(&settings);
    let mut config = wiring::server_config(&settings)?;
    let sockets = sockets::handed_over(environment)?;
    if sockets.serve.is_some() {
        settings.listen.origin = Origin::Supervisor;
    }
    let store = open_store(&settings)?;
    config.admin = admin(&settings)?;
    let supervisor = Arc::new(Supervisor::of(environment, std::process::id()));
    let pulse = Arc::new(OnceLock::<Pulse>::new());
    let asked = listen_to_signals(&supervisor, &pulse, config.drain)?;
    let log = Box::new(std::io::stderr());
    let server = Server::bind(config.clone(), Arc::new(store), log, sockets)
        .map_err(|error| could_not_start(&error, &settings))?;
    let watched =
        WatchedServer { url: url(&settings, server.local_addr()), handle: server.handle() };
    let _only_once = pulse
        .set(Pulse::start(Arc::clone(&supervisor), watched).map_err(|error| no_thread(&error))?);
    let listening = Listening { modules: server.local_addr(), admin: server.admin_addr() };
    announce(&settings, listening, printer);
    warn(&settings, listening);
    let reloader = reload::Reloader {
        said: args.settings.said().clone(),
        environment: environment.clone(),
        resolved,
        config,
        server: server.handle(),
        logging,
        supervisor: Arc::clone(&supervisor),
    };
    reloader.start(asked.hangups).map_err(|error| no_thread(&error))?;
    supervisor.tell(&[News::Ready]);
    server
        .run(asked.stop)
        .map_err(|error| Failure::failed("the server stopped").because(&error))?;
    tracing::info!("stopped");
    Ok(ExitStatus::Success)
}

fn no_thread(error: &std::io::Error) -> Failure {
    Failure::failed("could not start a thread").because(error)
}

/// Waits for signals from here on; the first that asks to stop is told to the supervisor.
fn listen_to_signals(
    supervisor: &Arc<Supervisor>,
    pulse: &Arc<OnceLock<Pulse>>,
    drain: Duration,
) -> Result<signals::Asked<impl Future<Output = ()> + Send + 'static>, Failure> {
    let (supervisor, pulse) = (Arc::clone(supervisor), Arc::clone(pulse));
    let asked = signals::listen(move || {
        supervisor.tell(&[News::Stopping, News::Status("stopping: running requests are finished")]);
        if let Some(pulse) = pulse.get() {
            pulse.stopping(drain.saturating_add(AFTER_THE_DRAIN));
        }
    });
    asked.map_err(|error| Failure::failed("could not wait for signals").because(&error))
}

pub(crate) fn open_store(settings: &Settings) -> Result<DirectoryStore, Failure> {
    let data = &settings.data.value;
    DirectoryStore::open(data).map_err(|error| {
        Failure::failed(format!("could not open the store in `{}`", data.display()))
            .because(&error)
            .hint(error.hint())
            .hint(format!("`data` is set by {}", settings.data.origin))
    })
}

/// The maintainers' listener. Its token is kept in the data directory, which the store has made.
fn admin(settings: &Settings) -> Result<Option<AdminConfig>, Failure> {
    let Some(listen) = settings.admin_listen.value.0 else { return Ok(None) };
    let token = admin_token::kept_or_new(&admin_token::path(settings))?;
    Ok(Some(AdminConfig { listen, token }))
}

pub(crate) fn could_not_start(error: &StartError, settings: &Settings) -> Failure {
    const MESSAGE: &str = "could not start the server";
    match error {
        StartError::Listen(_) => Failure::failed(MESSAGE).because(error).hint(format!(
            "`listen` is set by {}; choose another address with `--listen ADDR`",
            settings.listen.origin
        )),
        StartError::Admin { .. } => Failure::failed(MESSAGE).because(error).hint(format!(
            "`admin.listen` is set by {}; choose another address with `--admin-listen ADDR`, or \
             `off`",
            settings.admin_listen.origin
        )),
        StartError::Tls(error) => {
            Failure::usage(MESSAGE).because(error).hint(way_out(error)).hint(format!(
                "`tls.cert` is set by {}, `tls.key` by {}",
                settings.tls_cert.origin, settings.tls_key.origin
            ))
        }
        StartError::UpstreamIsSelf { .. } => Failure::usage(MESSAGE).because(error).hint(format!(
            "`upstream` is set by {}; name another with `--upstream LIST`",
            settings.upstream.origin
        )),
        StartError::Fetch(_) => Failure::usage(MESSAGE)
            .because(error)
            .hint("`larder config show` says where each setting comes from"),
        _ => Failure::failed(MESSAGE).because(error),
    }
}

/// What mends a certificate that cannot be served.
fn way_out(error: &TlsError) -> &'static str {
    match error {
        TlsError::Unreadable { .. } => {
            "name a file that is there and that the server's user may read"
        }
        TlsError::NotPem { .. } | TlsError::NoCertificate { .. } | TlsError::NoKey { .. } => {
            "both files are PEM: `tls.cert` the certificate with its chain, `tls.key` the key"
        }
        TlsError::KeyIsEncrypted { .. } => {
            "nobody is there to type a passphrase: take it off with `openssl pkey -in OLD -out NEW`"
        }
        TlsError::KeyDoesNotFit { .. } => {
            "the first certificate in `tls.cert` must be the server's own, made for this key"
        }
        _ => "keys may be RSA of 2048 bits or more, ECDSA (P-256, P-384, P-521) or Ed25519",
    }
}

/// Where the server is.
#[derive(Debug, Clone, Copy)]
struct Listening {
    modules: SocketAddr,
    admin: Option<SocketAddr>,
}

/// A person gets a banner with the line to paste, a log gets a line.
fn announce(settings: &Settings, listening: Listening, printer: Printer) {
    let address = listening.modules;
    let url = url(settings, address);
    let admin = listening.admin.map_or_else(|| "off".to_owned(), |admin| admin.to_string());
    let store = settings.data.value.display();
    let upstream = match settings.upstream.value.0.to_string() {
        list if list.is_empty() => "none".to_owned(),
        list => list,
    };
    if printer.is_terminal() {
        printer.talk(concat!("larder ", env!("CARGO_PKG_VERSION")));
        printer.talk(&format!("  address   {url}"));
        printer.talk(&format!("  store     {store}"));
        printer.talk(&format!("  upstream  {upstream}  ({})", settings.upstream.origin));
        printer.talk(&format!("  admin     {admin}"));
        printer.talk(&format!("  paste     export GOPROXY={url}"));
    } else {
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(%url, %address, %admin, %store, %upstream, version, "listening");
    }
}

/// What a client on this machine can use as GOPROXY.
fn url(settings: &Settings, address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let scheme = if settings.tls_cert.value.0.is_some() { "https" } else { "http" };
    format!("{scheme}://{}{}", SocketAddr::new(ip, address.port()), settings.base_path.value.0)
}

/// What works, but perhaps not as it was meant.
fn warn(settings: &Settings, listening: Listening) {
    let address = listening.modules;
    if settings.upstream.value.0.is_empty() {
        tracing::warn!(
            "no upstream is set: only what the store holds is served; set one with `--upstream LIST` \
             or `go env -w GOPROXY=LIST`"
        );
    }
    if settings.go_sumdb.value.0.is_none() {
        tracing::warn!(
            "no checksum database ({}): modules are not verified, only kept as first seen",
            settings.go_sumdb.origin
        );
    }
    if let Some(admin) = listening.admin.filter(|admin| !admin.ip().is_loopback()) {
        tracing::warn!(
            "listening for maintainers on {admin}, beyond this machine ({}): the admin token crosses \
             the network unencrypted",
            settings.admin_listen.origin
        );
    }
    if !address.ip().is_loopback() {
        tracing::warn!(
            "listening on {address}, beyond this machine ({}): whoever reaches it can read every \
             module, for there are no credentials yet",
            settings.listen.origin
        );
    }
}
