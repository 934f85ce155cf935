//! The handle on a server: a configuration that cannot be used in one part is used in none.

use std::io::sink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use larder_modfetch::{FetchConfig, GoProxyList};
use larder_server::{Server, ServerConfig, Sockets, StartError, TlsFiles};
use larder_store::MemoryStore;

/// Writes a certificate for this name and its key.
fn issue(folder: &Path, name: &str) -> TlsFiles {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([format!("{name}.test")]).expect("it can be issued");
    let file = |kind: &str| folder.join(format!("{name}.{kind}"));
    let files = TlsFiles { cert: file("cert"), key: file("key") };
    fs_err::write(&files.cert, cert.pem()).expect("it can be issued");
    fs_err::write(&files.key, signing_key.serialize_pem()).expect("it can be issued");
    files
}

fn config(upstream: &str) -> ServerConfig {
    let mut config =
        ServerConfig::new(FetchConfig::new(GoProxyList::parse(upstream).expect("a list")));
    config.listen = ([127, 0, 0, 1], 0).into();
    config.admin = None;
    config
}

fn bind(config: ServerConfig) -> Server {
    let store = Arc::new(MemoryStore::new());
    Server::bind(config, store, Box::new(sink()), Sockets::default()).expect("a server")
}

#[test]
fn a_key_that_does_not_fit_its_certificate_refuses_the_whole_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (issue(folder.path(), "ours"), issue(folder.path(), "other"));
    let mut config = config("off");
    config.tls = Some(ours.clone());
    let server = bind(config.clone());
    server.handle().reload(config.clone()).unwrap();
    let kept = fs_err::read(&ours.key).unwrap();
    fs_err::copy(&other.key, &ours.key).unwrap();
    // Without an upstream there is trouble to tell of, if this were taken.
    config.fetch.proxies = GoProxyList::default();
    let refused = server.handle().reload(config.clone());
    assert!(matches!(refused, Err(StartError::Tls(_))), "{refused:?}");
    assert_eq!(server.handle().overview().troubles, Vec::<String>::new());
    fs_err::write(&ours.key, kept).unwrap();
    server.handle().reload(config).unwrap();
    assert_eq!(server.handle().overview().troubles.len(), 1);
}

#[test]
fn an_upstream_that_is_the_server_itself_is_refused() {
    let server = bind(config("off"));
    let own = format!("http://{}", server.local_addr());
    let refused = server.handle().reload(config(&own));
    assert!(matches!(refused, Err(StartError::UpstreamIsSelf { .. })), "{refused:?}");
}

#[test]
fn a_server_that_does_not_serve_yet_does_not_answer() {
    assert!(!bind(config("off")).handle().answers(Duration::from_secs(1)));
}
