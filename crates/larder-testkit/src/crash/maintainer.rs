//! A maintainer at work while a server is killed: purges and lifts a version, refreshes modules,
//! lets zips go. What the server has said is done must hold when it runs again.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::admin::Admin;
use crate::client::Request;
use crate::modules::ModuleFiles;
use crate::server::LarderServer;

/// What a store may hold after the maintainer let zips go, in bytes.
const KEPT: u64 = 2_000_000;

/// A maintainer, and the version that is purged and lifted.
#[derive(Debug)]
pub(super) struct Maintainer {
    victim: ModuleFiles,
    /// Whether the victim is purged, as the server said last; not known while it is being asked.
    purged: Option<bool>,
    /// Requests that the server said are done.
    done: usize,
}

impl Maintainer {
    pub(super) fn new(victim: ModuleFiles) -> Maintainer {
        Maintainer { victim, purged: Some(false), done: 0 }
    }

    /// Requests that were carried out so far.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Works until told to stop; a server that has died is no trouble.
    pub(super) fn work(&mut self, admin: &Admin, modules: &[ModuleFiles], stop: &AtomicBool) {
        let mut turn = 0;
        while !stop.load(Ordering::Relaxed) {
            turn += 1;
            let done = match turn % 4 {
                0 => admin.collect(KEPT).is_ok(),
                1 | 3 => self.turn_victim(admin),
                _ => {
                    let module = modules.get(turn % modules.len().max(1));
                    module.is_some_and(|files| admin.refresh(&files.path).is_ok())
                }
            };
            self.done += usize::from(done);
        }
    }

    fn turn_victim(&mut self, admin: &Admin) -> bool {
        let purge = self.purged != Some(true);
        self.purged = None;
        let version = format!("{}@{}", self.victim.path, self.victim.version);
        let done = admin.purge(&version, !purge).is_ok();
        if done {
            self.purged = Some(purge);
        }
        done
    }

    /// Whether what was done holds.
    pub(super) fn check(&self, server: &LarderServer) -> Result<(), String> {
        let path = self.victim.url_path("mod");
        let answer = Request::get(&server.url(&path)).send();
        let status = answer.map_err(|error| format!("`{path}` later: {error}"))?.status;
        match self.purged {
            Some(true) if status != 410 => {
                Err(format!("`{path}`: {status}, though its purge was done"))
            }
            Some(false) if status == 410 => {
                Err(format!("`{path}`: 410, though its purge was lifted"))
            }
            _ => Ok(()),
        }
    }
}
