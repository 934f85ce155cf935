//! What counts of a dependency's go.mod: its requirements, its `go` line, what it retracts.
//!
//! `go` and `toolchain` are modules too: a `go` line of 1.21 or later is a requirement on `go`, and such a
//! `go` requires the toolchain of the same name. Specification: <https://go.dev/ref/mod#graph-pruning>,
//! `#go-mod-file-go`.

use std::sync::Arc;

use larder_modfile::{GoMod, PlainGoMod, Retract};
use larder_module::NamedVersion;

use crate::gates::{EXPLICIT_INDIRECT, GO_STRICT, at_least};
use crate::local_go::{LocalGo, TooNew};
use crate::texts::Texts;

/// How much of what stands behind a module belongs to the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pruning {
    /// The requirements of its requirements do not, where its go.mod names all that it needs.
    Pruned,
    /// Everything does.
    Unpruned,
    /// What the modules of a workspace need together does.
    Workspace,
}

impl Pruning {
    /// That of a module whose go.mod has this `go` line.
    pub fn of_go(version: &str) -> Self {
        if at_least(version, EXPLICIT_INDIRECT) { Self::Pruned } else { Self::Unpruned }
    }
}

/// What counts of a go.mod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The module that it declares.
    pub module: Option<Arc<str>>,
    /// Its `go` line.
    pub go: Option<Arc<str>>,
    /// Its `toolchain` line.
    pub toolchain: Option<Arc<str>>,
    /// How much of what stands behind it belongs to the graph.
    pub pruning: Pruning,
    /// What it requires, in the order of the file, and `go` behind that.
    pub require: Vec<NamedVersion>,
    /// What it retracts.
    pub retract: Vec<Retract>,
    /// Why it is deprecated, where it is.
    pub deprecated: Option<String>,
    /// It asks for a later Go. What it retracts may be heeded all the same.
    pub too_new: Option<TooNew>,
}

impl Summary {
    /// That of a go.mod which says this. `module` is what it was read for.
    pub fn of(module: &NamedVersion, said: &GoMod, local: &LocalGo) -> Self {
        let go = said.go.as_ref().map(|line| &line.version);
        let require = said.require.iter().map(|line| line.module.clone());
        let (require, too_new) = with_go(require, go, (module, local));
        Self {
            module: said.module.as_ref().map(|line| Arc::clone(&line.path)),
            go: go.cloned(),
            toolchain: said.toolchain.as_ref().map(|line| Arc::clone(&line.name)),
            pruning: go.map_or(Pruning::Unpruned, |go| Pruning::of_go(go)),
            require,
            retract: said.retract.clone(),
            deprecated: said.module.as_ref().and_then(|line| line.deprecated.clone()),
            too_new,
        }
    }

    /// The same of a go.mod that is plain.
    pub(crate) fn of_plain(
        module: &NamedVersion,
        said: &PlainGoMod<'_>,
        texts: &mut Texts,
        local: &LocalGo,
    ) -> Self {
        let go = said.go.map(|go| texts.kept(go));
        let require = said.require.iter().map(|(path, version)| texts.named(path, version));
        let (require, too_new) = with_go(require, go.as_ref(), (module, local));
        let pruning = go.as_ref().map_or(Pruning::Unpruned, |go| Pruning::of_go(go));
        let declared = Some(texts.kept(said.module));
        Self { go, pruning, require, too_new, ..Self::silent(declared) }
    }

    /// That of `go` or of a toolchain.
    pub(crate) fn of_toolchain(module: &NamedVersion) -> Self {
        let strict = &*module.path == "go" && at_least(&module.version, GO_STRICT);
        let toolchain = || NamedVersion::new("toolchain", format!("go{}", module.version));
        let require = strict.then(toolchain).into_iter().collect();
        Self { require, ..Self::silent(Some(Arc::clone(&module.path))) }
    }

    /// That of a module of which nothing is known, or that is none.
    pub(crate) fn silent(module: Option<Arc<str>>) -> Self {
        Self {
            module,
            go: None,
            toolchain: None,
            pruning: Pruning::Pruned,
            require: Vec::new(),
            retract: Vec::new(),
            deprecated: None,
            too_new: None,
        }
    }
}

/// Requirements with the one on `go` behind them, and the refusal of a Go that is too late.
fn with_go(
    stated: impl ExactSizeIterator<Item = NamedVersion>,
    go: Option<&Arc<str>>,
    (module, local): (&NamedVersion, &LocalGo),
) -> (Vec<NamedVersion>, Option<TooNew>) {
    let mut require = Vec::with_capacity(stated.len().saturating_add(1));
    require.extend(stated);
    let strict = go.filter(|go| at_least(go, GO_STRICT));
    require.extend(strict.map(|go| NamedVersion::new("go", Arc::clone(go))));
    let too_new = strict.and_then(|go| local.allows(format_args!("module {module}"), go).err());
    (require, too_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(go: Option<&str>, expect: (&[&str], Pruning, bool)) {
        let go = go.map(|go| format!("go {go}\n")).unwrap_or_default();
        let text = format!("module a.b/c\n{go}require x.y/z v1.0.0 // indirect\n");
        let said = GoMod::parse_lax("go.mod", text.as_bytes(), None).unwrap();
        let module = NamedVersion::new("a.b/c", "v1.0.0");
        let summary = Summary::of(&module, &said, &LocalGo::new("1.26.8"));
        let require: Vec<String> = summary.require.iter().map(ToString::to_string).collect();
        let require: Vec<&str> = require.iter().map(String::as_str).collect();
        assert_eq!((&*require, summary.pruning, summary.too_new.is_some()), expect);
    }

    #[test]
    fn a_go_line_is_a_requirement_from_1_21_on() {
        check(None, (&["x.y/z@v1.0.0"], Pruning::Unpruned, false));
        check(Some("1.16"), (&["x.y/z@v1.0.0"], Pruning::Unpruned, false));
        check(Some("1.17"), (&["x.y/z@v1.0.0"], Pruning::Pruned, false));
        check(Some("1.21"), (&["x.y/z@v1.0.0", "go@1.21"], Pruning::Pruned, false));
        check(Some("1.99"), (&["x.y/z@v1.0.0", "go@1.99"], Pruning::Pruned, true));
    }

    #[test]
    fn a_go_requires_the_toolchain_of_its_name() {
        let check = |path: &str, version: &str, expect: Option<&str>| {
            let summary = Summary::of_toolchain(&NamedVersion::new(path, version));
            let got = summary.require.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expect, "{path} {version}");
        };
        check("go", "1.21.3", Some("toolchain@go1.21.3"));
        check("go", "1.20", None);
        check("toolchain", "go1.21.3", None);
    }
}
