//! How long a graph takes when every go.mod is at hand: parsed, walked, selected, printed.
//!
//! `cargo bench -p larder-modload` prints the median of 31 rounds for graphs of several sizes. The world
//! is made up: module versions that each require thirty others, an eighth of them from before pruning.
//! With the directory of a module cache and a go.mod behind `--` it is those: files are read each round.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use larder_modfile::GoMod;
use larder_modload::{
    GoModAt, GoModSource, Loader, LoaderParts, LocalGo, MainModules, MissingGoLine, ModMode, Mode,
    OpenedModule, SourceError, SourceErrorKind, expand, initial,
};

const ROUNDS: usize = 31;
const REQUIRED: usize = 30;

/// Files in memory, or below the `cache/download` of a module cache.
enum Files {
    Made(HashMap<String, Arc<[u8]>>),
    Cached(PathBuf),
}

impl GoModSource for Files {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        let absent = || SourceError::new(SourceErrorKind::NotFound, "not found");
        let answer = |at: &GoModAt| match (at, self) {
            (GoModAt::Directory(_), _) => Err(absent()),
            (GoModAt::Module(module), Self::Made(files)) => {
                files.get(&module.to_string()).cloned().ok_or_else(absent)
            }
            (GoModAt::Module(module), Self::Cached(cache)) => {
                let (path, version) = (module.path().escaped(), module.version().escaped());
                let file = cache.join(format!("cache/download/{path}/@v/{version}.mod"));
                fs_err::read(file).map(Arc::from).map_err(|_| absent())
            }
        };
        wanted.iter().map(answer).collect()
    }
}

fn path(module: usize) -> String {
    format!("example.com/organisation-{}/project-{module}", module % 97)
}

/// Requirements of module `at`, in the order of paths, as real files have them.
fn required(at: usize, modules: usize) -> String {
    let each = (0..REQUIRED).map(|index| {
        let module = (at * 7 + index * index * 31 + index) % modules;
        let version = (at + index) % 3;
        format!("\t{} v1.{version}.0 // indirect\n", path(module))
    });
    let mut lines: Vec<String> = each.collect();
    lines.sort();
    format!("require (\n{})\n", lines.concat())
}

fn world(modules: usize) -> (Files, String) {
    let mut files = HashMap::new();
    for module in 0..modules {
        for version in 0..3 {
            let go = if module % 8 == 0 { "1.16" } else { "1.21" };
            let path = path(module);
            let required = required(module + version, modules);
            let text = format!("module {path}\n\ngo {go}\n\n{required}");
            files.insert(format!("{path}@v1.{version}.0"), Arc::from(text.into_bytes()));
        }
    }
    let mut main = "module example.com/main\n\ngo 1.26\n\nrequire (\n".to_owned();
    for module in (0..modules).step_by(3) {
        // Writing to a string does not fail.
        let _ = writeln!(main, "\t{} v1.2.0", path(module));
    }
    main.push_str(")\n");
    (Files::Made(files), main)
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [cache, go_mod] = given.as_slice() {
        let main = fs_err::read_to_string(go_mod).unwrap_or_default();
        println!("{}", measured(go_mod, &Files::Cached(cache.into()), &main));
        return;
    }
    for modules in [100, 700, 2000] {
        let (source, main) = world(modules);
        println!("{}", measured(&format!("{modules} modules"), &source, &main));
    }
}

fn measured(name: &str, source: &Files, main: &str) -> String {
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round(source, main)).collect();
    rounds.sort();
    let (took, versions, edges) = rounds[ROUNDS / 2];
    let took = took.as_secs_f64() * 1e3;
    format!("{name}: {versions} versions, {edges} requirements: {took:.2} ms")
}

fn round(source: &Files, main: &str) -> (std::time::Duration, usize, usize) {
    let start = Instant::now();
    let said = GoMod::parse("go.mod", main.as_bytes(), None);
    let said = Arc::new(said.unwrap_or_default());
    let opened = OpenedModule {
        root: Path::new("/w").into(),
        shown: "go.mod".into(),
        said,
        resolved: false,
    };
    let local = LocalGo::new("1.26.8");
    let main = MainModules::module(opened).unwrap_or_else(|_| MainModules::outside(&local));
    let mode = Mode::explicit(ModMode::Mod);
    let directory = Path::new("/w");
    let loader =
        Loader::new(LoaderParts { main: &main, mode: &mode, local: &local, directory, source });
    let initial = initial(&loader, MissingGoLine::Leave, None);
    let expanded = initial.map(|initial| expand(&loader, &initial.requirements));
    let Ok(expanded) = expanded else { return (start.elapsed(), 0, 0) };
    let graph = &expanded.requirements.graph(&loader).graph;
    let versions = graph.build_list().len();
    let edges = graph.edges().count();
    (start.elapsed(), versions.max(graph.len()), edges)
}
