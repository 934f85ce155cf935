//! A world of modules that exist nowhere else: their go.mod files, the main module's, and a source that
//! has them and notes what it was asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use larder_modfile::GoMod;
use larder_modload::{
    GoModAt, GoModSource, LocalGo, MainModules, ModMode, Mode, OpenedModule, SourceError,
    SourceErrorKind,
};
use larder_module::NamedVersion;

/// Modules by name, with the text of their go.mod.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) files: BTreeMap<String, String>,
}

/// A source of a world's go.mod files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    world: World,
    pub(crate) asked: Mutex<Vec<Vec<String>>>,
}

pub(crate) fn named(text: &str) -> NamedVersion {
    let (path, version) = text.split_once('@').unwrap_or((text, ""));
    NamedVersion::new(path, version)
}

/// The text of a go.mod: `go` may be empty.
pub(crate) fn go_mod(path: &str, go: &str, require: &[&str]) -> String {
    let go = if go.is_empty() { String::new() } else { format!("go {go}\n") };
    let line = |module: &&str| format!("require {}\n", module.replace('@', " "));
    format!("module {path}\n{go}{}", require.iter().map(line).collect::<String>())
}

impl World {
    /// Adds a module version, with its `go` line and what it requires.
    pub(crate) fn with(mut self, module: &str, go: &str, require: &[&str]) -> Self {
        let text = go_mod(&named(module).path, go, require);
        self.files.insert(module.to_owned(), text);
        self
    }

    /// Adds a module version, or a directory, with the text of its go.mod.
    pub(crate) fn with_text(mut self, module: &str, text: &str) -> Self {
        self.files.insert(module.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn source(&self) -> Files {
        Files { world: self.clone(), asked: Mutex::default() }
    }
}

impl GoModSource for Files {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        let name = |at: &GoModAt| match at {
            GoModAt::Module(module) => module.to_string(),
            GoModAt::Directory(directory) => directory.to_string_lossy().into_owned(),
        };
        self.asked.lock().unwrap().push(wanted.iter().map(name).collect());
        let answer = |at: &GoModAt| {
            let absent = || match at {
                GoModAt::Module(module) => {
                    SourceError::new(SourceErrorKind::NotFound, "reading it: 404 Not Found")
                        .about(NamedVersion::from(module))
                }
                GoModAt::Directory(directory) => {
                    let text =
                        format!("open {}/go.mod: no such file or directory", directory.display());
                    SourceError::new(SourceErrorKind::Other, text)
                }
            };
            let text = self.world.files.get(&name(at)).ok_or_else(absent)?;
            Ok(Arc::from(text.as_bytes()))
        };
        wanted.iter().map(answer).collect()
    }
}

pub(crate) fn opened(root: &str, text: &str) -> OpenedModule {
    let file = GoMod::parse("go.mod", text.as_bytes(), None).unwrap();
    let shown = Path::new(root).join("go.mod");
    let shown = shown.strip_prefix("/w").unwrap_or(&shown).to_string_lossy().into_owned();
    OpenedModule {
        root: Path::new(root).into(),
        shown: shown.into(),
        said: Arc::new(file),
        resolved: false,
    }
}

/// The one module in `/w`.
pub(crate) fn main_module(text: &str) -> MainModules {
    MainModules::module(opened("/w", text)).unwrap()
}

pub(crate) fn local() -> LocalGo {
    LocalGo::new("1.26.8")
}

pub(crate) fn may_repair() -> Mode {
    Mode::explicit(ModMode::Mod)
}

pub(crate) fn readonly() -> Mode {
    Mode::explicit(ModMode::Readonly)
}
