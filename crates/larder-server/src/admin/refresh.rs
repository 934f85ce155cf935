//! `POST /v1/refresh`: a module's list, `@latest` and branches, fetched now.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use larder_modfetch::Info;
use larder_module::ModulePath;

use super::desk::{Desk, read_path};
use super::run::{Outcome, Run};
use super::told::Left;
use super::wire::{Done, Event, RefreshResult, Refreshed};
use crate::catalog::changeable::Changeable;
use crate::error::{Failure, FailureKind};
use crate::mirror;

/// Modules that are refreshed at once.
const MODULES_AT_ONCE: usize = 16;
/// Branches of one module that are refreshed at once.
const BRANCHES_AT_ONCE: usize = 4;

impl Run {
    /// Refreshes these modules.
    pub(super) async fn refresh(self: &Arc<Self>, modules: Vec<String>) -> Outcome {
        let modules = modules.into_iter().map(|module| {
            let run = Arc::clone(self);
            async move { run.refresh_module(&module).await }
        });
        let all = futures_util::stream::iter(modules).buffer_unordered(MODULES_AT_ONCE);
        let sum = all.fold(Ok(Done::default()), |sum: Result<Done, Left>, one| async move {
            let (sum, one) = (sum?, one?);
            Ok(Done {
                count: sum.count + one.count,
                failed: sum.failed + one.failed,
                unchanged: sum.unchanged + one.unchanged,
                ..sum
            })
        });
        tokio::select! {
            done = sum => Ok(done?),
            () = self.told.left() => Err(Left.into()),
        }
    }

    async fn refresh_module(&self, module: &str) -> Result<Done, Left> {
        let mut done = Done::default();
        let path = match read_path(module) {
            Ok(path) => path,
            Err(error) => {
                self.tell_refreshed(&mut done, failed(module, "module", error)).await?;
                return Ok(done);
            }
        };
        let all = match self.desk.refreshable(&path).await {
            Ok(all) => all,
            Err(failure) => {
                let event = failed(module, "module", failure.to_string());
                self.tell_refreshed(&mut done, event).await?;
                return Ok(done);
            }
        };
        // The list and `@latest` one after the other, then the branches.
        let (first, branches) = all.split_at(all.len().min(2));
        for what in first {
            let event = self.desk.refresh(what).await;
            self.tell_refreshed(&mut done, event).await?;
        }
        let branches = branches.iter().cloned().map(|what| {
            let desk = Arc::clone(&self.desk);
            async move { desk.refresh(&what).await }
        });
        let mut branches = futures_util::stream::iter(branches).buffer_unordered(BRANCHES_AT_ONCE);
        while let Some(event) = branches.next().await {
            self.tell_refreshed(&mut done, event).await?;
        }
        self.desk.service.mirror.forget_absences(&path);
        Ok(done)
    }

    async fn tell_refreshed(&self, done: &mut Done, event: Refreshed) -> Result<(), Left> {
        match event.result {
            RefreshResult::Unchanged => done.unchanged += 1,
            RefreshResult::Failed => done.failed += 1,
            _ => done.count += 1,
        }
        self.told.tell(Event::Refreshed(event)).await
    }
}

impl Desk {
    /// What is to be refreshed of a module; refuses what no upstream is asked about.
    async fn refreshable(&self, path: &ModulePath) -> Result<Vec<Changeable>, Failure> {
        self.service.refuse_private(path)?;
        if !self.service.mirror.can_fetch() {
            let text = "no module proxy is asked: the upstream list has none";
            return Err(Failure::new(FailureKind::NoUpstream, text));
        }
        self.service.mirror.forget_absences(path);
        self.service.mirror.refreshable(path).await
    }

    async fn refresh(&self, what: &Changeable) -> Refreshed {
        let refreshed = self.service.mirror.refresh_now(what).await;
        // Whoever asks after this event is answered by what it tells.
        self.service.memory.forget_changeable();
        event(what, &refreshed)
    }
}

/// How a changeable answer is called.
fn name(what: &Changeable) -> String {
    match what {
        Changeable::List(_) => "list".to_owned(),
        Changeable::Latest(_) => "latest".to_owned(),
        Changeable::Info(_, revision) => format!("info {revision}"),
    }
}

fn event(what: &Changeable, refreshed: &mirror::Refreshed) -> Refreshed {
    let mut event = Refreshed {
        module: what.module().to_string(),
        what: name(what),
        result: RefreshResult::Changed,
        added: Vec::new(),
        removed: Vec::new(),
        value: None,
        error: None,
    };
    let before = refreshed.before.as_ref().map(|kept| &kept.value);
    match &refreshed.now {
        Ok(now) => {
            if let Changeable::List(_) = what {
                (event.added, event.removed) = difference(before, &now.value);
            } else {
                event.value = version_in(&now.value);
            }
            if before == Some(&now.value) {
                event.result = RefreshResult::Unchanged;
            }
        }
        Err(failure) => {
            let is_gone = failure.kind() == FailureKind::NotFound;
            event.result = if is_gone { RefreshResult::Gone } else { RefreshResult::Failed };
            event.error = Some(failure.to_string());
        }
    }
    event
}

fn failed(module: &str, what: &str, error: String) -> Refreshed {
    Refreshed {
        module: module.to_owned(),
        what: what.to_owned(),
        result: RefreshResult::Failed,
        added: Vec::new(),
        removed: Vec::new(),
        value: None,
        error: Some(error),
    }
}

/// Versions that are in the list now and were not before, and the other way round.
fn difference(before: Option<&Bytes>, now: &Bytes) -> (Vec<String>, Vec<String>) {
    let versions = |list: &Bytes| {
        let text = String::from_utf8_lossy(list);
        let versions = text.lines().filter_map(mirror::version_of_line);
        versions.collect::<BTreeSet<_>>()
    };
    let (before, now) = (before.map(versions).unwrap_or_default(), versions(now));
    let only_in = |one: &BTreeSet<_>, other| {
        one.difference(other).map(ToString::to_string).collect::<Vec<_>>()
    };
    (only_in(&now, &before), only_in(&before, &now))
}

fn version_in(info: &Bytes) -> Option<String> {
    Some(Info::parse(info).ok()?.version().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_what_went_is_told_in_the_order_of_versions() {
        let check =
            |before: Option<&'static str>, now: &'static str, came: &[&str], went: &[&str]| {
                let before = before.map(|list| Bytes::from_static(list.as_bytes()));
                let got = difference(before.as_ref(), &Bytes::from_static(now.as_bytes()));
                let owned = |versions: &[&str]| versions.iter().map(ToString::to_string).collect();
                assert_eq!(got, (owned(came), owned(went)), "{before:?} {now:?}");
            };
        check(None, "v1.10.0\nv1.9.0\n", &["v1.9.0", "v1.10.0"], &[]);
        check(Some("v1.0.0\nv1.1.0\n"), "v1.1.0\nv1.2.0\n", &["v1.2.0"], &["v1.0.0"]);
        check(Some("v1.0.0\nv1.1.0\n"), "v1.1.0\nv1.0.0\n", &[], &[]);
        check(Some("v1.0.0\n"), "", &[], &["v1.0.0"]);
    }
}
