//! Who takes part: our server in its variants and the peers that this machine has. Who cannot is
//! left out by name, with the reason.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::Args;
use super::go_peers::{self, Reach};
use super::goods::{Goods, Target};
use super::larder::{self, Launch, Running};
use super::load::{Load, Measured, Protocol};
use super::machine::version_of;
use super::memory::Watch;
use super::nginx::{self, Certificate, Sending};
use super::server::Cores;
use crate::root::Outcome;

/// A contestant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Ours, one worker, access log on.
    Larder,
    /// Ours, one worker, access log off.
    LarderQuiet,
    /// Ours with TLS.
    LarderTls,
    /// nginx with sendfile.
    NginxSendfile,
    /// nginx without it.
    NginxCopying,
    /// nginx with TLS and HTTP/2.
    NginxTls,
    /// Athens from its store alone.
    Athens,
    /// Athens as it is by default.
    AthensDefault,
    /// goproxy from its cache alone.
    Goproxy,
    /// goproxy as it is by default.
    GoproxyDefault,
}

/// All that run.
#[derive(Debug)]
pub(crate) struct Field {
    running: BTreeMap<Who, Running>,
    /// Who does not, and why.
    pub(crate) left_out: BTreeMap<Who, String>,
}

impl Who {
    /// The name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Who::Larder => "larder",
            Who::LarderQuiet => "larder, no access log",
            Who::LarderTls => "larder, TLS",
            Who::NginxSendfile => "nginx sendfile",
            Who::NginxCopying => "nginx copying",
            Who::NginxTls => "nginx TLS",
            Who::Athens => "Athens, offline",
            Who::AthensDefault => "Athens, default",
            Who::Goproxy => "goproxy, offline",
            Who::GoproxyDefault => "goproxy, default",
        }
    }

    fn protocol(self) -> Protocol {
        match self {
            Who::LarderTls | Who::NginxTls => Protocol::Http2,
            _ => Protocol::Http1,
        }
    }

    fn folder(self) -> String {
        self.name().replace([' ', ','], "-")
    }
}

impl Field {
    /// Starts those of `wanted` that can be, and holds each to the bytes of `goods`.
    pub(crate) fn start(args: &Args, goods: &Goods, work: &Path, wanted: &[Who]) -> Field {
        let mut field = Field { running: BTreeMap::new(), left_out: BTreeMap::new() };
        let certificate = nginx::certificate(&work.join("tls"));
        for who in wanted {
            let starting =
                Starting { args, goods, work: &work.join(who.folder()), certificate: &certificate };
            match starting.start(*who) {
                Ok(running) => drop(field.running.insert(*who, running)),
                Err(reason) => drop(field.left_out.insert(*who, reason)),
            }
        }
        field
    }

    /// A contestant that runs.
    pub(crate) fn get(&self, who: Who) -> Option<&Running> {
        self.running.get(&who)
    }

    /// All that run.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Who, &Running)> {
        self.running.iter().map(|(who, running)| (*who, running))
    }

    /// Lets our servers' memory be watched.
    pub(crate) fn watch(&self, watch: &Watch) {
        for (who, running) in self.all() {
            if matches!(who, Who::Larder | Who::LarderQuiet | Who::LarderTls) {
                watch.add(running.server.pid(), &format!("{}, one worker", who.name()));
            }
        }
    }

    /// Lets the load ask `who` for `target`.
    pub(crate) fn load(
        &self,
        who: Who,
        target: Target,
        goods: &Goods,
        seconds: u32,
    ) -> Outcome<Measured> {
        let running = self.get(who).ok_or_else(|| format!("{} does not run", who.name()))?;
        let (path, _) = goods.expected(target).into_iter().next().unwrap_or_default();
        let load = Load {
            url: &format!("{}{path}", running.url),
            script: (target == Target::Objects).then_some(goods.script.as_path()),
            connections: target.connections(),
            seconds,
        };
        load.run(who.protocol(), running.server.pid())
    }
}

struct Starting<'a> {
    args: &'a Args,
    goods: &'a Goods,
    work: &'a Path,
    certificate: &'a Outcome<Certificate>,
}

impl Starting<'_> {
    fn start(&self, who: Who) -> Outcome<Running> {
        let (args, goods, work) = (self.args, self.goods, self.work);
        match who {
            Who::Larder => self.larder(&[]),
            Who::LarderQuiet => self.larder(&["--log-access", "off"]),
            Who::LarderTls => self.larder_tls(),
            Who::NginxSendfile => self.nginx(Sending::Sendfile),
            Who::NginxCopying => self.nginx(Sending::Copying),
            Who::NginxTls => self.nginx_tls(),
            Who::Athens => go_peers::athens(args.athens()?, work, goods, Reach::Offline),
            Who::AthensDefault => go_peers::athens(args.athens()?, work, goods, Reach::Upstream),
            Who::Goproxy => go_peers::goproxy(args.goproxy()?, work, goods, Reach::Offline),
            Who::GoproxyDefault => go_peers::goproxy(args.goproxy()?, work, goods, Reach::Upstream),
        }
        .and_then(|running| self.checked(who, running))
    }

    /// Fetches every object once: our server stores it, and nobody is measured serving others.
    fn checked(&self, who: Who, running: Running) -> Outcome<Running> {
        if who.protocol() == Protocol::Http2 {
            return Self::checked_tls(who, running);
        }
        let default = matches!(who, Who::AthensDefault | Who::GoproxyDefault);
        for target in [Target::Mod, Target::Objects, Target::Zip] {
            // Lists are compared where they are measured: peers put versions in other orders.
            for (path, bytes) in self.goods.expected(target).into_iter().filter(|_| !default) {
                larder::expect(&running.url, &path, &bytes)?;
            }
        }
        Ok(running)
    }

    fn checked_tls(who: Who, mut running: Running) -> Outcome<Running> {
        let url = format!("{}/example.com/small/@v/v1.0.0.mod", running.url);
        let probe = Load { url: &url, script: None, connections: 1, seconds: 1 };
        let pid = running.server.pid();
        let ready = || probe.run(Protocol::Http2, pid).is_ok_and(|measured| measured.wrong == 0.0);
        running.server.wait_until(ready).map_err(|said| {
            format!("{} does not answer with HTTP/2 over TLS\n{said}", who.name())
        })?;
        Ok(running)
    }

    fn launch(&self, more: &[&str]) -> Launch<'_> {
        Launch {
            exe: &self.args.larder,
            work: self.work.to_owned(),
            upstream: self.goods.upstream.url(),
            cores: Cores::First,
            database: None,
            args: more.iter().map(|arg| (*arg).to_owned()).collect(),
        }
    }

    fn larder(&self, more: &[&str]) -> Outcome<Running> {
        self.launch(more).start()
    }

    fn larder_tls(&self) -> Outcome<Running> {
        let Certificate { cert, key } = self.certificate.as_ref()?;
        let [cert, key] = [cert, key].map(|path| path.display().to_string());
        self.launch(&["--tls-cert", &cert, "--tls-key", &key]).start_tls()
    }

    fn nginx(&self, sending: Sending) -> Outcome<Running> {
        version_of("nginx", "-v").ok_or("nginx is not installed (Debian package nginx)")?;
        nginx::start(self.work, &self.goods.by_url, sending, None)
    }

    fn nginx_tls(&self) -> Outcome<Running> {
        version_of("nginx", "-v").ok_or("nginx is not installed (Debian package nginx)")?;
        version_of("h2load", "--version")
            .ok_or("h2load is not installed (package nghttp2-client)")?;
        let certificate = self.certificate.as_ref()?;
        nginx::start(self.work, &self.goods.by_url, Sending::Sendfile, Some(certificate))
    }
}
