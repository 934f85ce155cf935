//! How long a graph takes when every go.mod is at hand: parsed, walked, selected, printed.
//!
//! `cargo bench -p larder-modload` prints the median of 31 rounds for graphs of several sizes. The world
//! is made up: module versions that each require thirty others, an eighth of them from before pruning.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use larder_modfile::GoMod;
use larder_modload::{
    GoModAt, GoModSource, Loader, LoaderParts, LocalGo, MainModules, MissingGoLine, ModMode, Mode,
    OpenedModule, SourceError, SourceErrorKind, expand, initial,
};

const ROUNDS: usize = 31;
const REQUIRED: usize = 30;

struct Files(HashMap<String, Arc<[u8]>>);

impl GoModSource for Files {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        let answer = |at: &GoModAt| match at {
            GoModAt::Module(module) => {
                let absent = || SourceError::new(SourceErrorKind::NotFound, "not found");
                self.0.get(&module.to_string()).cloned().ok_or_else(absent)
            }
            GoModAt::Directory(_) => Err(SourceError::new(SourceErrorKind::Other, "no directory")),
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
    (Files(files), main)
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn main() {
    for modules in [100, 700, 2000] {
        let (source, main) = world(modules);
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round(&source, &main)).collect();
        rounds.sort();
        let (took, versions, edges) = rounds[ROUNDS / 2];
        println!(
            "{modules} modules, {versions} versions, {edges} requirements: {:.2} ms",
            took.as_secs_f64() * 1e3
        );
    }
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
