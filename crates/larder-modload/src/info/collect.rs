//! Gathering what is known of modules: all of them side by side.
//!
//! First what a module is (its version resolved, its files at hand), then, where asked for, its newer
//! version, its versions, whether it is withdrawn. A failure is noted in the module, the first one alone.
//! Specification: `moduleInfo`, `addUpdate`, `addVersions`, `addRetraction` and `addDeprecation` of the go
//! command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_module::{ModuleVersion, NamedVersion};

use super::{ModuleError, ModuleInfo, Origin};
use crate::gates::DEFAULT_GO_MOD;
use crate::loader::Loader;
use crate::main_modules::MainModule;
use crate::mode::ModMode;
use crate::query::{Allowed, Queries, Query, QueryError, QueryErrorKind, Running, compare_at};
use crate::requirements::Requirements;
use crate::sums::{SumLine, SumOf};

/// What is at hand of modules: asked for, never fetched.
pub trait ModuleFiles {
    /// The sum that go.sum has.
    fn recorded_sum(&self, line: &SumLine) -> Option<Arc<str>>;
    /// The go.mod in the module cache.
    fn go_mod(&self, module: &ModuleVersion) -> Option<PathBuf>;
    /// The unpacked directory in the module cache.
    fn directory(&self, module: &ModuleVersion) -> Option<PathBuf>;
    /// The go.mod of a main module, given its directory.
    fn main_go_mod(&self, root: &Path) -> PathBuf;
    /// The `go` line that vendor/modules.txt notes.
    fn vendored_go(&self, module: &NamedVersion) -> Option<Arc<str>>;
}

/// What is asked of each module besides what it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Details {
    /// `-u`: a newer version, and whether it is withdrawn or deprecated.
    pub update: bool,
    /// `-versions`: all versions.
    pub versions: bool,
    /// `-retracted`: whether it is retracted, and retracted versions among all.
    pub retracted: bool,
}

/// A module that is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One of a build list.
    Required(NamedVersion),
    /// The one that a query finds.
    Queried(Query),
    /// One of which only its path is wanted, and the details that are asked for.
    Named(Arc<str>),
    /// One that is not to be had, and why.
    Unknown {
        /// Its path.
        path: Arc<str>,
        /// Why, in the go command's words.
        why: &'static str,
    },
}

/// Whose module it is.
#[derive(Clone, Copy)]
enum Whose<'r> {
    /// One of a build list: what stands for it is told, and whether it is needed indirectly.
    Required(&'r Requirements),
    /// One that a query found: it stands for itself.
    Queried,
}

/// Gathers what is known of modules.
pub struct Collector<'a> {
    queries: &'a Queries<'a>,
    loader: &'a Loader<'a>,
    files: &'a dyn ModuleFiles,
    details: Details,
}

impl<'a> Collector<'a> {
    /// Gathers by these.
    pub fn new(
        queries: &'a Queries<'a>,
        loader: &'a Loader<'a>,
        files: &'a dyn ModuleFiles,
        details: Details,
    ) -> Self {
        Self { queries, loader, files, details }
    }

    /// What is known of all these, in their order. A failure is noted in the module.
    pub fn collect(&self, wanted: &[Wanted], requirements: &Requirements) -> Vec<ModuleInfo> {
        let collected = wanted.iter().map(|wanted| {
            Box::pin(async move {
                let mut info = self.named_by(wanted, requirements).await;
                self.add_details(&mut info).await;
                info
            }) as Running<'_, ModuleInfo>
        });
        self.queries.run(collected.collect())
    }

    async fn named_by(&self, wanted: &Wanted, requirements: &Requirements) -> ModuleInfo {
        match wanted {
            Wanted::Required(module) => self.module(module, Whose::Required(requirements)).await,
            Wanted::Queried(query) => self.queried(query).await,
            Wanted::Named(path) => ModuleInfo { path: path.to_string(), ..ModuleInfo::default() },
            Wanted::Unknown { path, why } => {
                let mut info = ModuleInfo { path: path.to_string(), ..ModuleInfo::default() };
                info.fail(format!("module {path}: {why}"));
                info
            }
        }
    }

    async fn queried(&self, query: &Query) -> ModuleInfo {
        let found = match self.queries.answer(query).await {
            Ok(found) => found,
            Err(error) => {
                let mut info = plain(&NamedVersion::new(&*query.path, &*query.query));
                info.fail(error.told_of(&query.path, &query.query));
                info.origin = error.origin.map(|origin| *origin);
                return info;
            }
        };
        let module = NamedVersion::new(Arc::clone(&query.path), found.version);
        let mut info = self.module(&module, Whose::Queried).await;
        if *query.query != *info.version {
            info.query = query.query.to_string();
        }
        info.origin = found.origin;
        info
    }

    /// What is known of a module, without details that are asked for.
    async fn module(&self, module: &NamedVersion, whose: Whose<'_>) -> ModuleInfo {
        if module.version.is_empty()
            && let Some(main) = self.loader.main.get(&module.path)
        {
            return self.main_module(main);
        }
        let Whose::Required(requirements) = whose else {
            let mut info = self.named(module);
            self.complete(&mut info, whose).await;
            return info;
        };
        let vendors = self.loader.mode.mode == ModMode::Vendor;
        let mut info = self.named(module);
        info.indirect = !requirements.is_direct(&module.path);
        let Some(new) = self.loader.main.replacement(module) else {
            if !vendors {
                self.complete(&mut info, whose).await;
            }
            return info;
        };
        let go_version = info.go_version.clone();
        let mut replace = ModuleInfo { go_version, ..plain(new) };
        if new.version.is_empty() {
            let directory = self.loader.main.directory_of(new);
            replace.go_mod = shown(&directory.join("go.mod"));
            replace.dir = shown(&directory);
        }
        if !vendors {
            self.complete(&mut replace, whose).await;
            info.dir.clone_from(&replace.dir);
            info.go_mod.clone_from(&replace.go_mod);
            info.retracted.clone_from(&replace.retracted);
        }
        info.go_version.clone_from(&replace.go_version);
        info.replace = Some(Box::new(replace));
        info
    }

    fn main_module(&self, main: &MainModule) -> ModuleInfo {
        let go = main.go().map(ToString::to_string).or_else(|| self.go_of_none(main));
        let root = main.root.as_deref();
        ModuleInfo {
            path: main.path.to_string(),
            main: true,
            go_version: go.unwrap_or_default(),
            dir: root.map(shown).unwrap_or_default(),
            go_mod: root.map(|root| shown(&self.files.main_go_mod(root))).unwrap_or_default(),
            ..ModuleInfo::default()
        }
    }

    /// The version of Go of a main module without a `go` line: that of this Go, which the line gets where
    /// go.mod may be written or is none; 1.16 where it stays as it is. Workspaces say nothing.
    fn go_of_none(&self, main: &MainModule) -> Option<String> {
        let single = self.loader.main.single().is_some();
        if main.root.is_none() || (single && self.loader.mode.mode == ModMode::Mod) {
            return Some(self.loader.local.version.to_string());
        }
        single.then(|| DEFAULT_GO_MOD.to_owned())
    }

    /// A module by its name, with the `go` line of its go.mod if that was read already.
    fn named(&self, module: &NamedVersion) -> ModuleInfo {
        let vendored = || self.files.vendored_go(module);
        let go = self.loader.known_go(module).or_else(vendored);
        ModuleInfo { go_version: go.map(|go| go.to_string()).unwrap_or_default(), ..plain(module) }
    }

    /// Adds what the module cache and the upstreams know.
    async fn complete(&self, info: &mut ModuleInfo, whose: Whose<'_>) {
        let module = NamedVersion::new(info.path.as_str(), info.version.as_str());
        if module.is_toolchain() {
            return;
        }
        let may = |of| {
            let line = SumLine { module: module.clone(), of };
            matches!(whose, Whose::Queried) || self.loader.may_read(&line)
        };
        if !module.version.is_empty() {
            let named = Query::new(Arc::clone(&module.path), Arc::clone(&module.version));
            match self.queries.answer(&named).await {
                Ok(found) => {
                    info.version = found.version;
                    info.time = Some(found.time);
                }
                Err(error) => info.fail(error.to_string()),
            }
        }
        if info.go_version.is_empty()
            && may(SumOf::GoMod)
            && let Ok(summary) = self.queries.summary(module.clone()).await
            && summary.too_new.is_none()
        {
            info.go_version = summary.go.as_ref().map(ToString::to_string).unwrap_or_default();
        }
        if module.version.is_empty() {
            return;
        }
        self.add_files(info, &module, (may(SumOf::GoMod), may(SumOf::Zip)));
        if self.wants_retraction() {
            self.add_retraction(info).await;
        }
    }

    /// What is at hand of its go.mod and of its directory, where these may be told.
    fn add_files(&self, info: &mut ModuleInfo, module: &NamedVersion, (go_mod, zip): (bool, bool)) {
        let fetchable = module.checked().ok();
        let sum = |of| {
            let recorded = self.files.recorded_sum(&SumLine { module: module.clone(), of });
            recorded.map(|sum| sum.to_string()).unwrap_or_default()
        };
        if go_mod {
            let file = fetchable.as_ref().and_then(|module| self.files.go_mod(module));
            info.go_mod = file.as_deref().map(shown).unwrap_or_default();
            info.go_mod_sum = sum(SumOf::GoMod);
        }
        if zip {
            let directory = fetchable.as_ref().and_then(|module| self.files.directory(module));
            info.dir = directory.as_deref().map(shown).unwrap_or_default();
            info.sum = sum(SumOf::Zip);
        }
    }

    fn wants_retraction(&self) -> bool {
        self.details.update || self.details.retracted
    }

    /// Adds the details that are asked for, to the module and to what stands for it.
    async fn add_details(&self, info: &mut ModuleInfo) {
        self.add_details_to(info).await;
        if let Some(replace) = &mut info.replace {
            self.add_details_to(replace).await;
        }
    }

    async fn add_details_to(&self, info: &mut ModuleInfo) {
        if self.details.update {
            self.add_update(info).await;
        }
        if self.details.versions {
            self.add_versions(info).await;
        }
        if self.wants_retraction() {
            self.add_retraction(info).await;
        }
        if self.details.update {
            self.add_deprecation(info).await;
        }
    }

    async fn add_update(&self, info: &mut ModuleInfo) {
        if info.version.is_empty() {
            return;
        }
        let upgrade = Query {
            current: info.version.as_str().into(),
            allowed: Allowed::NotWithdrawn,
            ..Query::new(info.path.as_str(), "upgrade")
        };
        match self.queries.answer(&upgrade).await {
            Ok(found) if compare_at(&info.path, &found.version, &info.version).is_gt() => {
                let (path, version) = (info.path.clone(), found.version);
                let time = Some(found.time);
                let update = ModuleInfo { path, version, time, ..ModuleInfo::default() };
                info.update = Some(Box::new(update));
            }
            Err(error) if !error.is_silence() => info.fail(error.to_string()),
            _ => {}
        }
    }

    async fn add_versions(&self, info: &mut ModuleInfo) {
        let allowed =
            if self.details.retracted { Allowed::NotExcluded } else { Allowed::NotWithdrawn };
        let path: Arc<str> = info.path.as_str().into();
        let origin = match self.queries.versions(&path, allowed).await {
            Ok((versions, origin)) => {
                info.versions = versions;
                origin
            }
            Err(error) => {
                info.fail(error.to_string());
                None
            }
        };
        info.origin = Origin::merged(info.origin.as_ref(), origin.as_ref());
    }

    async fn add_retraction(&self, info: &mut ModuleInfo) {
        let module = NamedVersion::new(info.path.as_str(), info.version.as_str());
        match self.queries.retraction(&module).await {
            Ok(None) => {}
            Ok(Some(reasons)) if reasons.is_empty() => {
                info.retracted = vec!["retracted by module author".to_owned()];
            }
            Ok(Some(reasons)) => info.retracted = reasons,
            Err(error) if is_absence(&error) => {}
            Err(error) => info.fail(error.to_string()),
        }
    }

    async fn add_deprecation(&self, info: &mut ModuleInfo) {
        let module = NamedVersion::new(info.path.as_str(), info.version.as_str());
        match self.queries.deprecation(&module).await {
            Ok(deprecation) => info.deprecated = deprecation,
            Err(error) if is_absence(&error) => {}
            Err(error) => info.fail(error.to_string()),
        }
    }
}

/// Whether nothing is there that could tell.
fn is_absence(error: &QueryError) -> bool {
    matches!(error.kind, QueryErrorKind::NotFound | QueryErrorKind::NoMatch)
}

fn plain(module: &NamedVersion) -> ModuleInfo {
    let (path, version) = (module.path.to_string(), module.version.to_string());
    ModuleInfo { path, version, ..ModuleInfo::default() }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl ModuleInfo {
    /// Notes a failure, unless there was one before.
    fn fail(&mut self, text: String) {
        self.error.get_or_insert(ModuleError { text });
    }
}
