//! go.sum: what is checked, added, refused.

use std::collections::BTreeSet;

use larder_modfetch::{CachedFetcher, Changes, GoSumFiles, GoSums};
use larder_modload::{GoModSource as _, SourceErrorKind, SumLine, SumOf};
use larder_module::NamedVersion;
use larder_testkit::Module;

use crate::world::{World, download, failure, go_mod, module};

fn line(path: &str, version: &str, of: SumOf) -> SumLine {
    SumLine { module: NamedVersion::new(path, version), of }
}

/// Both lines of a version.
fn both(path: &str, version: &str) -> BTreeSet<SumLine> {
    [SumOf::Zip, SumOf::GoMod].map(|of| line(path, version, of)).into()
}

fn write(fetcher: &CachedFetcher, keep: &BTreeSet<SumLine>) {
    fetcher.write_sums(keep, Changes::Allowed).unwrap();
}

#[test]
fn what_was_downloaded_and_is_to_be_kept_is_added_in_order() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.10.0");
    let other = "example.com/m v1.9.0 h1:x=\nexample.com/m v1.9.0/go.mod h9:y\n";
    world.write_go_sum(&format!("{other}\nexample.com/z v1.0.0/go.mod h1:z=\n"));
    let fetcher = world.fetcher();
    download(&fetcher, &module("example.com/m", "v1.10.0"));
    write(&fetcher, &BTreeSet::new());
    assert!(!world.read_go_sum().contains("v1.10.0"), "nothing was to be kept");
    write(&fetcher, &both("example.com/m", "v1.10.0"));
    let expect = format!("{other}{}example.com/z v1.0.0/go.mod h1:z=\n", files.go_sum());
    assert_eq!(world.read_go_sum(), expect);
}

#[test]
fn a_go_sum_without_news_is_not_touched() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    let odd = format!("\n{}   \r\n", files.go_sum().replace('\n', "\r\n"));
    world.write_go_sum(&odd);
    let fetcher = world.fetcher();
    assert_eq!(failure(&download(&fetcher, &module("example.com/m", "v1.0.0"))), "none");
    assert!(!fetcher.sums().must_be_written(&both("example.com/m", "v1.0.0")));
    write(&fetcher, &both("example.com/m", "v1.0.0"));
    assert_eq!(world.read_go_sum(), odd);
}

#[test]
fn what_another_program_added_meanwhile_stays() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.write_go_sum("");
    let fetcher = world.fetcher();
    download(&fetcher, &module("example.com/m", "v1.0.0"));
    world.write_go_sum("example.com/a v1.0.0 h1:x=\n");
    write(&fetcher, &both("example.com/m", "v1.0.0"));
    let expect = format!("example.com/a v1.0.0 h1:x=\n{}", files.go_sum());
    assert_eq!(world.read_go_sum(), expect);
}

#[test]
fn a_change_is_refused_where_it_is_forbidden() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    world.write_go_sum("");
    let fetcher = world.fetcher();
    download(&fetcher, &module("example.com/m", "v1.0.0"));
    let keep = both("example.com/m", "v1.0.0");
    let refused = fetcher.write_sums(&keep, Changes::Forbidden).unwrap_err();
    assert_eq!(refused.to_string(), "updates to go.sum needed, disabled by -mod=readonly");
    assert_eq!(world.read_go_sum(), "");
}

#[test]
fn another_hash_than_that_of_go_sum_ends_the_command() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.write_go_sum(&format!(
        "example.com/m v1.0.0 h1:wrong=\nexample.com/m v1.0.0/go.mod {}\n",
        files.mod_h1
    ));
    let done = download(&world.fetcher(), &module("example.com/m", "v1.0.0"));
    let error = done.error.unwrap();
    assert_eq!(error.kind, SourceErrorKind::Fatal);
    let expect = format!(
        "verifying example.com/m@v1.0.0: checksum mismatch\n\tdownloaded: {}\n\tgo.sum:     h1:wrong=\n\n\
         SECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n",
        files.zip_h1
    );
    assert!(error.to_string().starts_with(&expect), "{error}");
    assert!(!world.cached().iter().any(|name| name.contains(".zip") || name.contains(".tmp")));
    assert!(!world.root.path().join("mod/example.com/m@v1.0.0").exists());
}

#[test]
fn a_go_mod_with_another_hash_is_not_kept() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    world.write_go_sum("example.com/m v1.0.0/go.mod h1:wrong=\n");
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    assert!(
        error.to_string().starts_with("verifying example.com/m@v1.0.0/go.mod: checksum mismatch\n")
    );
    assert!(!world.cached().iter().any(|name| name.contains("@v/v1.0.0.mod")));
}

#[test]
fn a_cached_go_mod_with_another_hash_ends_the_command() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let wanted = module("example.com/m", "v1.0.0");
    go_mod(&world.fetcher(), &wanted).unwrap();
    world.write_go_sum("example.com/m v1.0.0/go.mod h1:wrong=\n");
    let error = go_mod(&world.fetcher(), &wanted).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Fatal);
}

#[test]
fn a_hash_of_an_unknown_kind_is_kept_and_warned_of() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.write_go_sum("example.com/m v1.0.0/go.mod h9:new\n");
    let fetcher = world.fetcher();
    go_mod(&fetcher, &module("example.com/m", "v1.0.0")).unwrap();
    write(&fetcher, &both("example.com/m", "v1.0.0"));
    let expect = format!(
        "example.com/m v1.0.0/go.mod {}\nexample.com/m v1.0.0/go.mod h9:new\n",
        files.mod_h1
    );
    assert_eq!(world.read_go_sum(), expect);
    let warning = format!(
        "warning: verifying example.com/m@v1.0.0/go.mod: unknown hashes in go.sum: h9:new; adding {}\n\n\
         SECURITY WARNING\n",
        files.mod_h1
    );
    // When it is checked, and when it is written, as go does.
    assert_eq!(world.said().len(), 2);
    assert!(world.said().iter().all(|line| line.starts_with(&warning)), "{:?}", world.said());
}

#[test]
fn a_line_of_other_than_three_words_ends_the_command() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    world.write_go_sum("\nexample.com/m v1.0.0\n");
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let file = world.go_sum();
    let expect = format!("malformed go.sum:\n{}:2: wrong number of fields 2\n", file.display());
    assert_eq!((error.kind, error.to_string()), (SourceErrorKind::Fatal, expect));
}

#[test]
fn a_workspace_adds_only_what_no_member_has() {
    let world = World::new();
    let (known, fresh) =
        (world.publish("example.com/a", "v1.0.0"), world.publish("example.com/b", "v1.0.0"));
    world.write_go_sum(&known.go_sum());
    let main = world.root.path().join("work/go.work.sum");
    let files =
        GoSumFiles { main: main.clone(), members: vec![world.go_sum()], ..GoSumFiles::default() };
    let fetcher = world.fetcher_among(world.config(), GoSums::of(files));
    fetcher.download(&[module("example.com/a", "v1.0.0"), module("example.com/b", "v1.0.0")]);
    let keep: BTreeSet<_> = both("example.com/a", "v1.0.0")
        .into_iter()
        .chain(both("example.com/b", "v1.0.0"))
        .collect();
    write(&fetcher, &keep);
    assert_eq!(fs_err::read_to_string(main).unwrap(), fresh.go_sum());
    assert_eq!(world.read_go_sum(), known.go_sum());
}

#[test]
fn a_member_that_says_otherwise_is_named_with_its_file() {
    let world = World::new();
    world.publish("example.com/a", "v1.0.0");
    world.write_go_sum("example.com/a v1.0.0/go.mod h1:wrong=\n");
    let main = world.root.path().join("work/go.work.sum");
    let files = GoSumFiles { main, members: vec![world.go_sum()], ..GoSumFiles::default() };
    let fetcher = world.fetcher_among(world.config(), GoSums::of(files));
    let error = go_mod(&fetcher, &module("example.com/a", "v1.0.0")).unwrap_err().to_string();
    let file = world.go_sum();
    assert!(error.contains(&format!("\n\t{}:     h1:wrong=\n", file.display())), "{error}");
}

#[test]
fn a_sum_counts_as_there_only_if_a_file_has_it() {
    let world = World::new();
    let files = world.publish("example.com/m", "v1.0.0");
    world.publish("example.com/n", "v1.0.0");
    world.write_go_sum(&files.go_sum());
    let fetcher = world.fetcher();
    download(&fetcher, &module("example.com/n", "v1.0.0"));
    let check = |path, of, expect: Option<&str>| {
        let line = line(path, "v1.0.0", of);
        assert_eq!(fetcher.has_sum(&line), expect.is_some(), "{line:?}");
        assert_eq!(fetcher.sums().recorded(&line).as_deref(), expect, "{line:?}");
    };
    check("example.com/m", SumOf::Zip, Some(&files.zip_h1));
    check("example.com/m", SumOf::GoMod, Some(&files.mod_h1));
    check("example.com/n", SumOf::Zip, None);
    check("example.com/none", SumOf::Zip, None);
}

#[test]
fn nothing_is_kept_outside_every_module() {
    let world = World::new();
    world.upstream.publish(Module::new("example.com/m", "v1.0.0"));
    let fetcher = world.fetcher_among(world.config(), GoSums::none());
    let keep = both("example.com/m", "v1.0.0");
    assert_eq!(failure(&download(&fetcher, &module("example.com/m", "v1.0.0"))), "none");
    assert!(!fetcher.sums().must_be_written(&keep));
    write(&fetcher, &keep);
    assert!(!world.go_sum().exists());
}
