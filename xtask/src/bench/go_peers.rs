//! How Athens and goproxy are started, from binaries that whoever runs the benchmark has built:
//! `GOMAXPROCS=1` on the first core, their stores filled, no upstream unless asked.
//!
//! Athens logs every request (level `info`); goproxy has no access log, so it is measured against
//! ours with the access log off.

use std::path::Path;

use larder_testkit::free_address;

use super::goods::Goods;
use super::larder::{Running, closed_world};
use super::server::{Cores, Server, on};
use crate::root::Outcome;

/// Where a peer gets what it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// From nowhere: the mode in which it is quickest.
    Offline,
    /// From the upstream, as it does by default.
    Upstream,
}

/// Starts Athens with its disk storage.
pub(crate) fn athens(exe: &Path, work: &Path, goods: &Goods, reach: Reach) -> Outcome<Running> {
    fs_err::create_dir_all(work).map_err(|error| error.to_string())?;
    let address = free_address().to_string();
    let mut command = on(Cores::First, exe);
    closed_world(&mut command, work);
    let upstream = goods.upstream.url();
    let go = format!("GOPROXY={upstream},GOSUMDB=off,GOFLAGS=-modcacherw,GOTOOLCHAIN=local");
    command
        .env("GOMAXPROCS", "1")
        .env("ATHENS_PORT", &address)
        .env("ATHENS_STORAGE_TYPE", "disk")
        .env("ATHENS_DISK_STORAGE_ROOT", &goods.for_athens)
        .env("ATHENS_LOG_LEVEL", "info")
        .env("ATHENS_GO_BINARY_ENV_VARS", go.replace(',', ";"))
        .env(
            "ATHENS_NETWORK_MODE",
            match reach {
                Reach::Offline => "offline",
                Reach::Upstream => "strict",
            },
        );
    let mut server = Server::start(command, &work.join("log"))?;
    let url = format!("http://{address}");
    server.wait_for(&format!("{url}/healthz"))?;
    Ok(Running { server, url })
}

/// Starts goproxy with its directory cacher.
pub(crate) fn goproxy(exe: &Path, work: &Path, goods: &Goods, reach: Reach) -> Outcome<Running> {
    fs_err::create_dir_all(work).map_err(|error| error.to_string())?;
    let address = free_address().to_string();
    let mut command = on(Cores::First, exe);
    // By default it writes what it fetched: into a directory that nobody else serves.
    let cache = match reach {
        Reach::Offline => goods.by_url.clone(),
        Reach::Upstream => work.join("cache"),
    };
    command.args(["server", "--address", &address, "--cacher-dir"]).arg(cache);
    command.arg("--temp-dir").arg(work);
    closed_world(&mut command, work);
    command.env("GOMAXPROCS", "1").env("GOSUMDB", "off").env("GOTOOLCHAIN", "local").env(
        "GOPROXY",
        match reach {
            Reach::Offline => "off".to_owned(),
            Reach::Upstream => goods.upstream.url(),
        },
    );
    let mut server = Server::start(command, &work.join("log"))?;
    let url = format!("http://{address}");
    server.wait_for(&format!("{url}/example.com/small/@v/v1.0.0.mod"))?;
    Ok(Running { server, url })
}
