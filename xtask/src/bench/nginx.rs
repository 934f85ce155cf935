//! How nginx is started: one worker, `open_file_cache`, an access log that is written in blocks as
//! ours is, and either of its two ways to send a file. Debian's package.

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_testkit::free_address;

use super::larder::{Running, closed_world};
use super::server::{Cores, Server, on, run_within};
use crate::root::Outcome;

/// How it sends a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// `sendfile on; tcp_nopush on`: the best on a network.
    Sendfile,
    /// `sendfile off` and 512 KiB buffers: the best on loopback.
    Copying,
}

/// A certificate and its key, for both sides alike.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The certificate, PEM.
    pub(crate) cert: PathBuf,
    /// Its key, PEM.
    pub(crate) key: PathBuf,
}

/// Starts it on the first core; with a certificate it speaks TLS and HTTP/2.
pub(crate) fn start(
    work: &Path,
    root: &Path,
    sending: Sending,
    certificate: Option<&Certificate>,
) -> Outcome<Running> {
    fs_err::create_dir_all(work).map_err(|error| error.to_string())?;
    let address = free_address().to_string();
    let config = work.join("nginx.conf");
    let text = configuration(work, root, sending, &listen(&address, certificate));
    fs_err::write(&config, text).map_err(|error| error.to_string())?;
    let mut command = on(Cores::First, Path::new("nginx"));
    command.arg("-e").arg(work.join("error.log")).arg("-c").arg(&config);
    closed_world(&mut command, work);
    let mut server = Server::start(command, &work.join("log"))?;
    if certificate.is_some() {
        return Ok(Running { server, url: format!("https://{address}") });
    }
    let url = format!("http://{address}");
    server.wait_for(&format!("{url}/example.com/many/@latest"))?;
    Ok(Running { server, url })
}

/// Makes a self-signed certificate for loopback (ECDSA P-256) with openssl.
pub(crate) fn certificate(work: &Path) -> Outcome<Certificate> {
    fs_err::create_dir_all(work).map_err(|error| error.to_string())?;
    let made = Certificate { cert: work.join("cert.pem"), key: work.join("key.pem") };
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    command.args(["-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    command.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    command.arg("-keyout").arg(&made.key).arg("-out").arg(&made.cert);
    run_within(std::time::Duration::from_secs(20), command)?;
    Ok(made)
}

fn listen(address: &str, certificate: Option<&Certificate>) -> String {
    match certificate {
        None => format!("listen {address};"),
        Some(Certificate { cert, key }) => format!(
            "listen {address} ssl http2; ssl_protocols TLSv1.3; ssl_certificate {}; \
             ssl_certificate_key {};",
            cert.display(),
            key.display()
        ),
    }
}

fn configuration(work: &Path, root: &Path, sending: Sending, listen: &str) -> String {
    let sending = match sending {
        Sending::Sendfile => "sendfile on; tcp_nopush on;",
        Sending::Copying => "sendfile off; output_buffers 2 512k;",
    };
    let (work, root) = (work.display(), root.display());
    // Started by root it would serve as a user that may not read the work directory.
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; {user} worker_processes 1; pid {work}/pid; error_log {work}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {work}/access.log combined buffer=64k flush=1s;
  default_type application/octet-stream; keepalive_requests 1000000000;
  {sending}
  open_file_cache max=2000 inactive=60s; open_file_cache_valid 60s;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi; uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  server {{ {listen} root {root}; }}
}}
"
    )
}
