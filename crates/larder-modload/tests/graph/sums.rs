//! Stories of go.sum: which lines a graph needs to be read again.

use std::path::Path;
use std::sync::Arc;

use larder_modload::{
    GoModAt, GoModSource, Loader, LoaderParts, MissingGoLine, Mode, SourceError, SumLine, SumOf,
    expand, initial, sums_to_keep,
};

use super::world::{Files, World, local, main_module, may_repair, readonly};

/// The lines to keep, as go.sum writes them.
fn kept(world: &World, main: &str, mode: &Mode, read: bool) -> Vec<String> {
    let (source, main, local) = (world.source(), main_module(main), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let mut requirements = initial(&loader, MissingGoLine::Leave, None).unwrap().requirements;
    if read {
        requirements = expand(&loader, &requirements).whole().unwrap();
    }
    let lines = sums_to_keep(&loader, &requirements);
    // What can never be in go.sum is passed over by who looks.
    let lines = lines.into_iter().filter(|line| !line.module.is_toolchain());
    let lines = lines.filter(|line| line.module.version.starts_with('v'));
    let shown = |SumLine { module, of }| match of {
        SumOf::Zip => format!("{} {}", module.path, module.version),
        SumOf::GoMod => format!("{} {}/go.mod", module.path, module.version),
    };
    lines.map(shown).collect()
}

fn world() -> World {
    World::default()
        .with("x.y/b@v1.0.0", "1.17", &["x.y/c@v1.0.0"])
        .with("x.y/c@v1.1.0", "1.17", &["x.y/d@v1.0.0"])
        .with("z.y/e@v1.5.0", "1.17", &[])
}

const MAIN: &str = "module x.y/a\ngo 1.17\nrequire (\nx.y/b v1.0.0\nx.y/c v1.1.0\nx.y/e v1.0.0\n)\n\
                    replace x.y/e => z.y/e v1.5.0\n";

#[test]
fn every_go_mod_that_was_read_and_every_zip_that_is_selected_has_its_line() {
    let zips_alone_for_what_was_not_read = [
        "x.y/b v1.0.0",
        "x.y/b v1.0.0/go.mod",
        "x.y/c v1.1.0",
        "x.y/c v1.1.0/go.mod",
        "x.y/d v1.0.0",
        "z.y/e v1.5.0",
        "z.y/e v1.5.0/go.mod",
    ];
    assert_eq!(kept(&world(), MAIN, &readonly(), true), zips_alone_for_what_was_not_read);
    let mut with_go_mod = zips_alone_for_what_was_not_read.to_vec();
    with_go_mod.insert(5, "x.y/d v1.0.0/go.mod");
    assert_eq!(kept(&world(), MAIN, &may_repair(), true), with_go_mod);
}

#[test]
fn where_no_graph_was_read_the_roots_have_theirs() {
    let roots = [
        "x.y/b v1.0.0",
        "x.y/b v1.0.0/go.mod",
        "x.y/c v1.1.0",
        "x.y/c v1.1.0/go.mod",
        "z.y/e v1.5.0",
        "z.y/e v1.5.0/go.mod",
    ];
    assert_eq!(kept(&world(), MAIN, &readonly(), false), roots);
}

/// A source without a line for x.y/c.
struct WithoutLine(Files);

impl GoModSource for WithoutLine {
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>> {
        self.0.go_mods(wanted)
    }

    fn has_sum(&self, line: &SumLine) -> bool {
        &*line.module.path != "x.y/c"
    }
}

#[test]
fn a_go_mod_without_a_line_is_not_even_asked_for_where_lines_must_be_there() {
    let (source, main, mode, local) =
        (WithoutLine(world().source()), main_module(MAIN), readonly(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let requirements = initial(&loader, MissingGoLine::Leave, None).unwrap().requirements;
    let error = expand(&loader, &requirements).whole().unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.y/c@v1.1.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download x.y/c"
    );
    let asked = source.0.asked.lock().unwrap().concat();
    assert_eq!(asked, ["x.y/b@v1.0.0", "z.y/e@v1.5.0"]);
}
