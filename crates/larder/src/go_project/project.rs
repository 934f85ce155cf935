//! The modules that a command works on, read and judged, and what is asked of them.
//!
//! In go's order: the go.work and which files its members have ([`Opening`]), then, with somebody who
//! resolves versions, every go.mod ([`Project`]), then the requirements that they state.
//! Specification: `loadModFile` of the go command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_modfile::GoWork;
use larder_modload::{
    CommandKind, GoModSource, Loader, LoaderParts, MainModules, MissingGoLine, ModInWorkspace,
    ModMode, Mode, Notice, OpenedModule, OpenedWork, Requirements, Scope, Vendor, VendorDirectory,
    initial, wording,
};
use larder_module::Quoted;

use super::failure;
use super::fix::Resolve;
use super::godebug;
use super::locate::Place;
use super::paths::cleaned;
use super::read::{GoModFile, ReadError, Reading};
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::printer::Printer;

/// A place whose go.work was read, so that it is known which files its modules have.
#[derive(Debug)]
pub(crate) struct Opening {
    /// The place.
    pub(crate) place: Place,
    work: Option<OpenedWork>,
    /// The directories of the main modules.
    roots: Vec<PathBuf>,
}

/// The modules that a command works on.
#[derive(Debug)]
pub(crate) struct Project {
    /// The place.
    pub(crate) place: Place,
    /// The modules; where there is none, one that stands for it.
    pub(crate) main: MainModules,
    /// Their go.mod files, in the same order.
    pub(crate) files: Vec<GoModFile>,
    /// How requirements are used.
    pub(crate) mode: Mode,
    /// What has been told goes before what a command says itself: whether something of it was wrong, so
    /// that the command fails at its end.
    pub(crate) is_wrong: bool,
}

/// A module that could be read.
struct Member {
    opened: OpenedModule,
    file: GoModFile,
    /// What is wrong with its path all the same.
    wrong: Option<String>,
}

/// What is wrong with a file, in go's words, and a hint: the place, or a way out.
type Wrong = (String, Option<String>);

/// The go.sum files of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SumFiles {
    /// The one that may be added to.
    pub(crate) main: PathBuf,
    /// Those of a workspace's members.
    pub(crate) members: Vec<PathBuf>,
}

impl Opening {
    /// Reads the go.work, where there is a workspace.
    ///
    /// # Errors
    /// In go's words, for a go.work that cannot be worked with.
    pub(crate) fn new(session: &Session, place: Place) -> Result<Self, Failure> {
        let Some(path) = &place.go_work else {
            let roots = place.module_root.iter().cloned().collect();
            return Ok(Self { place, work: None, roots });
        };
        let reading = reading(session, &place);
        let work = reading.go_work(path).map_err(|error| of_read_error(&error))?;
        let roots = roots(&reading, path, &work).map_err(Failure::of_go)?;
        for line in &work.godebug {
            if let Err(why) = godebug::check(&session.toolchain, &line.key, &line.value) {
                let (shown, number) = (reading.short(path), work.position(line.line).line);
                return Err(Failure::of_go(format_args!(
                    "error loading go.work:\n{shown}:{number}: {why}"
                )));
            }
        }
        let directory = path.parent().unwrap_or(Path::new("/")).into();
        let work = OpenedWork { directory, shown: reading.short(path).into(), said: work.into() };
        Ok(Self { work: Some(work), roots, place })
    }

    /// The go.sum files; none outside every module.
    pub(crate) fn sum_files(&self) -> Option<SumFiles> {
        let sums: Vec<PathBuf> = self.roots.iter().map(|root| self.place.go_sum(root)).collect();
        match &self.place.go_work {
            Some(work) => {
                let mut main = work.clone().into_os_string();
                main.push(".sum");
                Some(SumFiles { main: main.into(), members: sums })
            }
            None => Some(SumFiles { main: sums.into_iter().next()?, members: Vec::new() }),
        }
    }

    /// Reads every go.mod.
    ///
    /// # Errors
    /// In go's words, for all files that cannot be worked with, or for files that contradict each other.
    pub(crate) fn project(
        self,
        session: &Session,
        asked: Asked,
        resolve: Resolve<'_>,
    ) -> Result<Project, Failure> {
        let mut members = Vec::new();
        let mut files = Vec::new();
        let mut errors = Vec::new();
        for root in &self.roots {
            match self.member(session, root, &mut *resolve) {
                Ok(member) => {
                    members.push(member.opened);
                    files.push(member.file);
                    errors.extend(member.wrong.map(|text| (text, None)));
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(joined(errors));
        }
        let main = self.main_modules(session, members)?;
        let mode = self.mode(&main, asked)?;
        let mut is_wrong = false;
        for notice in main.notices() {
            is_wrong |= tell(notice, asked.printer);
        }
        Ok(Project { place: self.place, main, files, mode, is_wrong })
    }

    fn member(
        &self,
        session: &Session,
        root: &Path,
        resolve: Resolve<'_>,
    ) -> Result<Member, Wrong> {
        let reading = reading(session, &self.place);
        let path = self.place.go_mod(root);
        let file = reading
            .go_mod(&path, resolve)
            .map_err(|error| self.of_member(session, &reading, (root, &path), error))?;
        let said = Arc::clone(&file.go_mod);
        match &self.work {
            Some(work) => {
                let local = session.toolchain.local();
                let allowed = work.allows(&reading.short(root), &said, local);
                allowed.map_err(|error| (error.to_string(), None))?;
            }
            None => check_godebug(session, &file).map_err(|text| (text, None))?,
        }
        let wrong = said.module.as_ref().and_then(|line| {
            let why = wording::import_path_refusal(&line.path)?;
            Some(format!("malformed module path {}: {why}", Quoted(&line.path)))
        });
        let shown = file.shown.as_str().into();
        let opened = OpenedModule { root: root.into(), shown, said, resolved: file.resolved };
        Ok(Member { opened, file, wrong })
    }

    /// An error of a member's go.mod, as it is told of a workspace.
    fn of_member(
        &self,
        session: &Session,
        reading: &Reading<'_>,
        (root, path): (&Path, &Path),
        error: ReadError,
    ) -> Wrong {
        let Some(work) = &self.work else {
            return match error {
                ReadError::TooNew(error) => (error.to_string(), Some(failure::hint_for(&error))),
                ReadError::Said { text, excerpt } => (text, excerpt),
            };
        };
        let directory = reading.short(root);
        match error {
            ReadError::TooNew(error) => {
                let local = session.toolchain.local();
                (work.too_old(&directory, error.go, local).to_string(), None)
            }
            ReadError::Said { text, excerpt } => {
                let text = text.replacen(&path.display().to_string(), &reading.short(path), 1);
                (format!("cannot load module {directory} listed in go.work file: {text}"), excerpt)
            }
        }
    }

    fn main_modules(
        &self,
        session: &Session,
        members: Vec<OpenedModule>,
    ) -> Result<MainModules, Failure> {
        let mut members = members;
        let main = match &self.work {
            Some(work) => MainModules::workspace(work.clone(), members),
            None => match members.pop() {
                Some(module) => MainModules::module(module),
                None => Ok(MainModules::outside(session.toolchain.local())),
            },
        };
        main.map_err(Failure::of_go)
    }

    fn mode(&self, main: &MainModules, asked: Asked) -> Result<Mode, Failure> {
        let scope = match (&self.work, self.roots.is_empty()) {
            (Some(_), _) => Scope::Workspace,
            (None, false) => Scope::Module,
            (None, true) => Scope::Nothing,
        };
        if let Some(mode) = asked.mode {
            if scope == Scope::Workspace && mode == ModMode::Mod {
                return Err(Failure::of_go(ModInWorkspace));
            }
            return Ok(Mode::explicit(mode));
        }
        let go = match &self.work {
            Some(work) => work.said.go.as_ref().map(|line| Arc::clone(&line.version)),
            None => main.single().and_then(|module| module.go().cloned()),
        };
        let vendor = match asked.command {
            CommandKind::Builds => self.vendor_directory()?,
            _ => VendorDirectory::Absent,
        };
        Ok(Mode::default_for(asked.command, scope, go.as_deref(), vendor))
    }

    fn vendor_directory(&self) -> Result<VendorDirectory, Failure> {
        let Some(vendor) = self.place.vendor() else { return Ok(VendorDirectory::Absent) };
        if !self.place.overlay.is_directory(&vendor) {
            return Ok(VendorDirectory::Absent);
        }
        let modules = vendor.join("modules.txt");
        let text = match self.place.overlay.bytes(&modules) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => {
                return Err(Failure::of_go(format_args!(
                    "reading modules.txt for vendor directory: {error}"
                )));
            }
        };
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let notes = String::from_utf8_lossy(first).strip_prefix("## ").map(str::to_owned);
        let of_workspace =
            notes.is_some_and(|notes| notes.split(';').any(|note| note.trim() == "workspace"));
        Ok(if of_workspace { VendorDirectory::OfWorkspace } else { VendorDirectory::OfModule })
    }
}

/// What a command asks of a project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// What kind of command it is.
    pub(crate) command: CommandKind,
    /// What `-mod` says, where the command has that flag.
    pub(crate) mode: Option<ModMode>,
    /// Where go's notices go.
    pub(crate) printer: Printer,
}

impl Project {
    /// Reads the go.mod files of dependencies in the light of this project.
    pub(crate) fn loader<'a>(
        &'a self,
        session: &'a Session,
        source: &'a (dyn GoModSource + Sync),
    ) -> Loader<'a> {
        Loader::new(LoaderParts {
            main: &self.main,
            mode: &self.mode,
            local: session.toolchain.local(),
            directory: &session.directory,
            source,
        })
    }

    /// The requirements that it states. Go's notices about them are told.
    ///
    /// # Errors
    /// In go's words.
    pub(crate) fn requirements(
        &self,
        loader: &Loader<'_>,
        missing_go_line: MissingGoLine,
        printer: Printer,
    ) -> Result<Arc<Requirements>, Failure> {
        let vendor = self.vendor(loader)?;
        let stated = initial(loader, missing_go_line, vendor.as_ref())
            .map_err(|error| failure::of_requirements(&error))?;
        for notice in &stated.notices {
            tell(notice, printer);
        }
        Ok(stated.requirements)
    }

    /// What vendor/modules.txt says, where that counts. A missing one says nothing.
    ///
    /// # Errors
    /// In go's words: it cannot be read, or a module in it asks for a newer Go.
    pub(crate) fn vendor(&self, loader: &Loader<'_>) -> Result<Option<Vendor>, Failure> {
        let Some(vendor) = self.place.vendor().filter(|_| self.mode.mode == ModMode::Vendor) else {
            return Ok(None);
        };
        let file = vendor.join("modules.txt");
        let bytes = match self.place.overlay.bytes(&file) {
            Err(error) if error.is_not_found() => Vec::new(),
            read => read.map_err(Failure::of_go)?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let parsed = Vendor::parse(&text, loader.local, &file, loader.directory);
        parsed.map(Some).map_err(|error| failure::of_too_new(&error))
    }

    /// How a command ends that found nothing else wrong.
    pub(crate) fn ending(&self) -> ExitStatus {
        if self.is_wrong { ExitStatus::Failure } else { ExitStatus::Success }
    }
}

/// Tells a notice; whether something is wrong.
fn tell(notice: &Notice, printer: Printer) -> bool {
    let (text, is_wrong) = match notice {
        Notice::Said(text) => (text, false),
        Notice::Wrong(text) => (text, true),
    };
    printer.talk(&format!("go: {text}"));
    is_wrong
}

fn reading<'a>(session: &'a Session, place: &'a Place) -> Reading<'a> {
    Reading {
        directory: &session.directory,
        overlay: &place.overlay,
        toolchain: &session.toolchain,
    }
}

/// The directories of a go.work's modules.
fn roots(reading: &Reading<'_>, path: &Path, work: &GoWork) -> Result<Vec<PathBuf>, String> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut roots: Vec<PathBuf> = Vec::new();
    for line in &work.uses {
        let root = cleaned(&directory.join(&*line.path));
        if roots.contains(&root) {
            let (shown, number) = (reading.short(path), work.position(line.line).line);
            let root = root.display();
            return Err(format!(
                "error loading go.work:\n{shown}:{number}: path {root} appears multiple times in \
                 workspace"
            ));
        }
        roots.push(root);
    }
    Ok(roots)
}

fn check_godebug(session: &Session, file: &GoModFile) -> Result<(), String> {
    let wrong = file.go_mod.godebug.iter().filter_map(|line| {
        let why = godebug::check(&session.toolchain, &line.key, &line.value).err()?;
        let (shown, number) = (&file.shown, file.go_mod.position(line.line).line);
        Some(format!("error loading go.mod:\n{shown}:{number}: {why}"))
    });
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\ngo: ")) }
}

fn of_read_error(error: &ReadError) -> Failure {
    match error {
        ReadError::TooNew(error) => failure::of_too_new(error),
        ReadError::Said { text, excerpt } => joined(vec![(text.clone(), excerpt.clone())]),
    }
}

/// Several errors, each with go's name before it, and the first hint.
fn joined(errors: Vec<Wrong>) -> Failure {
    let excerpt = errors.iter().find_map(|(_, excerpt)| excerpt.clone());
    let texts: Vec<String> = errors.into_iter().map(|(text, _)| text).collect();
    let failure = Failure::of_go(texts.join("\ngo: "));
    match excerpt {
        Some(excerpt) => failure.hint(excerpt),
        None => failure,
    }
}
