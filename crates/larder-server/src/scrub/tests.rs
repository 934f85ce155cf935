//! Rot, told on a directory whose files are changed by other hands: what is found, what comes back,
//! and what is left as evidence.

use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use larder_modfetch::{FetchConfig, GoProxyList};
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_store::{DirectoryStore, Store};
use larder_testkit::{Database, Module, ModuleFiles, Upstream};

use super::examine::{Bad, Fault};
use super::mend::mend;
use super::{BadPart, Finding, FsckEvent, FsckRequest, FsckSummary, Repair};
use crate::catalog::record::VersionRecord;
use crate::catalog::tombs::{Tombstone, Why};
use crate::config::{DatabaseConfig, ServerConfig};
use crate::mirror::FileKind;
use crate::upkeep::Maintenance;

/// A store that holds one module, and the upstream that it came from.
struct World {
    upstream: Upstream,
    files: ModuleFiles,
    folder: tempfile::TempDir,
    maintenance: Maintenance,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vouched {
    ByDatabase,
    ByNobody,
}

fn module() -> Module {
    Module::new("example.com/a", "v1.0.0").filler("data", 300_000)
}

impl World {
    fn new(vouched: Vouched) -> World {
        let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
        let files = upstream.publish(module());
        database.publish(&files);
        database.grow(700);
        upstream.attach(&database);
        let proxies = GoProxyList::parse(&upstream.url()).expect("a list");
        let mut config = ServerConfig::new(FetchConfig::new(proxies));
        if vouched == Vouched::ByDatabase {
            let url = "http://127.0.0.1:9".to_owned();
            config.databases = vec![DatabaseConfig { key: database.key(), url }];
        }
        let folder = tempfile::tempdir().expect("a directory");
        let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).expect("opens"));
        let maintenance = Maintenance::open(&config, &store).expect("opens");
        let world = World { upstream, files, folder, maintenance };
        for wanted in [FileKind::Info, FileKind::Mod, FileKind::Zip] {
            world.fetch(wanted);
        }
        world
    }

    fn fetch(&self, wanted: FileKind) {
        let version = version();
        let fetched = self.maintenance.upkeep.mirror.bring(&version, wanted);
        self.maintenance.runtime.block_on(fetched).expect("it is stored");
    }

    fn fsck(&self, repair: bool) -> (Vec<Finding>, FsckSummary) {
        let mut found = Vec::new();
        let summary = self.maintenance.fsck(FsckRequest { repair }, |event| {
            if let FsckEvent::Bad(finding) = event {
                found.push(finding);
            }
            ControlFlow::Continue(())
        });
        (found, summary.expect("it works"))
    }

    fn path(&self, part: &str) -> PathBuf {
        let mut found = files_below(&self.folder.path().join("v1"));
        found.retain(|path| path.to_string_lossy().contains(part));
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        found.remove(0)
    }

    fn record(&self) -> VersionRecord {
        let version = version();
        let get = self.maintenance.upkeep.versions.get(&version);
        self.maintenance.runtime.block_on(get).expect("reads").expect("is there")
    }

    /// Everything stored, but for evidence, by name and content.
    fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all: Vec<_> = files_below(&self.folder.path().join("v1"))
            .into_iter()
            .map(|path| (path.clone(), read(&path)))
            .collect();
        all.sort();
        all
    }

    fn evidence(&self) -> Vec<Vec<u8>> {
        let folder = self.folder.path().join("v1/quarantine");
        files_below(&folder).iter().map(|path| read(path)).collect()
    }
}

fn version() -> ModuleVersion {
    let path = ModulePath::parse("example.com/a").expect("a path");
    ModuleVersion::new(path, Version::parse("v1.0.0").expect("a version")).expect("they fit")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).expect("it is there");
    file.read_to_end(&mut bytes).expect("it can be read");
    bytes
}

/// Changes one byte, in place.
fn flip(path: &Path, at: u64) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).expect("is there");
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).expect("seeks");
    file.read_exact(&mut byte).expect("it is long enough");
    file.seek(SeekFrom::Start(at)).expect("seeks");
    file.write_all(&[byte[0] ^ 0x40]).expect("it can be written");
}

/// Damages the world, and sees it found, left alone, and then mended.
#[track_caller]
fn check(vouched: Vouched, part: BadPart, damage: impl Fn(&World)) {
    let world = World::new(vouched);
    assert_eq!(world.fsck(false).0, [], "all is well at first");
    let before = (world.record(), world.all().len());
    damage(&world);
    let damaged = world.all();
    let (found, summary) = world.fsck(false);
    let told: Vec<_> = found.iter().map(|found| (found.part, found.repaired.clone())).collect();
    assert_eq!(told, [(part, None)], "{found:?}");
    assert_eq!((summary.bad, summary.repaired), (1, 0));
    assert!(world.all() == damaged, "without being asked for a repair nothing is changed");
    let (found, summary) = world.fsck(true);
    let told: Vec<_> = found.iter().map(|found| (found.part, found.repaired.clone())).collect();
    assert_eq!(told, [(part, Some(Repair::Fetched))], "{found:?}");
    assert_eq!((summary.bad, summary.repaired), (1, 1));
    assert_eq!(world.fsck(false).0, [], "all is well again");
    let after = world.record();
    assert_eq!((&after.info, &after.go_mod), (&before.0.info, &before.0.go_mod));
    assert_eq!((&after.zip, &after.proof), (&before.0.zip, &before.0.proof));
}

#[test]
fn a_rotten_body_comes_back_and_the_evidence_stays() {
    for vouched in [Vouched::ByDatabase, Vouched::ByNobody] {
        check(vouched, BadPart::Body, |world| flip(&world.path("/blob/"), 150_000));
    }
    let world = World::new(Vouched::ByDatabase);
    flip(&world.path("/blob/"), 150_000);
    let rotten = read(&world.path("/blob/"));
    world.fsck(true);
    assert!(world.evidence().contains(&rotten), "the rotten bytes are set aside");
    let notes =
        world.evidence().into_iter().map(|note| String::from_utf8_lossy(&note).into_owned());
    assert!(notes.into_iter().any(|note| note.contains("what: example.com/a@v1.0.0\npart: body")));
    assert_eq!(read(&world.path("/blob/")), world.files.zip.as_ref());
}

#[test]
fn a_missing_or_shortened_body_comes_back() {
    check(Vouched::ByDatabase, BadPart::Body, |world| {
        std::fs::File::options()
            .write(true)
            .open(world.path("/blob/"))
            .and_then(|file| file.set_len(5))
            .expect("it can be cut");
    });
    let world = World::new(Vouched::ByDatabase);
    fs_err::rename(world.path("/blob/"), world.folder.path().join("away")).expect("moves");
    assert_eq!(world.fsck(false).0[0].problem, "it is missing");
    assert_eq!(world.fsck(true).1.repaired, 1);
    assert_eq!(read(&world.path("/blob/")), world.files.zip.as_ref());
}

fn cut_record(world: &World) {
    let record = std::fs::File::options().write(true).open(world.path("/ver/"));
    record.and_then(|file| file.set_len(100)).expect("it can be cut");
}

#[test]
fn a_record_that_cannot_be_read_is_had_again() {
    check(Vouched::ByDatabase, BadPart::Record, cut_record);
}

#[test]
fn a_record_for_which_nobody_vouches_or_of_a_newer_format_is_left_with_its_body() {
    let check = |vouched: Vouched, damage: fn(&World)| {
        let world = World::new(vouched);
        damage(&world);
        let damaged = read(&world.path("/ver/"));
        let (found, summary) = world.fsck(true);
        assert!(matches!(found[0].repaired, Some(Repair::Failed(_))), "{found:?}");
        assert_eq!((summary.bad, summary.repaired), (1, 0));
        assert_eq!(read(&world.path("/ver/")), damaged);
        assert_eq!(read(&world.path("/blob/")), world.files.zip.as_ref());
    };
    check(Vouched::ByNobody, cut_record);
    check(Vouched::ByDatabase, |world| flip(&world.path("/ver/"), 3));
}

#[test]
fn a_body_that_is_good_when_it_is_looked_at_again_stays() {
    for vouched in [Vouched::ByDatabase, Vouched::ByNobody] {
        let world = World::new(vouched);
        let before = world.all();
        let zip = world.record().zip.expect("it has one");
        // As if one read had failed for a moment, or somebody had fetched it anew since.
        let problem = "it cannot be read".to_owned();
        let fault = Fault { part: BadPart::Body, problem, what: Bad::Body(zip) };
        let version = version();
        let mended = mend(&world.maintenance.upkeep, &version, &fault);
        let repair = world.maintenance.runtime.block_on(mended);
        assert_eq!(repair, Repair::Failed("it has changed meanwhile".to_owned()));
        assert!(world.all() == before, "nothing went, nothing was set aside");
    }
}

#[test]
fn a_body_that_cannot_be_opened_is_told_and_stays() {
    let world = World::new(Vouched::ByNobody);
    let (blob, away) = (world.path("/blob/"), world.folder.path().join("away"));
    fs_err::rename(&blob, &away).expect("moves");
    std::os::unix::fs::symlink(&blob, &blob).expect("a link to itself");
    let (found, summary) = world.fsck(true);
    assert!(matches!(found[0].repaired, Some(Repair::Failed(_))), "{found:?}");
    assert_eq!(summary.repaired, 0);
    assert!(blob.is_symlink(), "it was not removed");
    fs_err::rename(&away, &blob).expect("moves back");
    assert_eq!(world.fsck(false).0, [], "nothing was lost");
}

#[test]
fn the_body_of_a_version_that_is_refused_is_evidence_and_no_orphan() {
    let world = World::new(Vouched::ByDatabase);
    let tombstone = Tombstone { why: Why::Integrity, reason: "it was false".to_owned() };
    let version = version();
    let set = world.maintenance.upkeep.tombs.set(&version, tombstone);
    let _in_force = world.maintenance.runtime.block_on(set).expect("is set");
    let blob = world.path("/blob/");
    let file = std::fs::File::options().write(true).open(&blob).expect("is there");
    file.set_modified(SystemTime::now() - Duration::from_hours(48)).expect("is made older");
    assert_eq!(world.fsck(true).0, []);
    assert!(blob.exists());
}

#[test]
fn a_go_mod_that_is_not_the_proved_one_is_had_again() {
    // The last byte of a record is the last of its `.mod`.
    let last = |world: &World| {
        let path = world.path("/ver/");
        flip(&path, read(&path).len() as u64 - 2);
    };
    check(Vouched::ByDatabase, BadPart::Mod, last);
    check(Vouched::ByNobody, BadPart::Mod, last);
}

#[test]
fn an_info_that_is_none_is_had_again() {
    check(Vouched::ByDatabase, BadPart::Info, |world| {
        let path = world.path("/ver/");
        let bytes = read(&path);
        let at = bytes.windows(10).position(|part| part == br#"{"Version""#).expect("is there");
        flip(&path, at as u64);
    });
}

#[test]
fn a_lookup_is_had_again() {
    check(Vouched::ByDatabase, BadPart::SumDb, |world| flip(&world.path("/lookup/"), 0));
}

#[test]
fn a_tile_is_had_again() {
    let world = World::new(Vouched::ByDatabase);
    let tile = world.path("/tile/8/0/002");
    let before = read(&tile);
    flip(&tile, 64);
    let (found, summary) = world.fsck(true);
    // Which tile of the right edge is the false one cannot be told.
    assert!(found.iter().any(|found| found.subject.ends_with("/tile/8/0/002")), "{found:?}");
    assert!(found.iter().all(|found| found.part == BadPart::SumDb), "{found:?}");
    assert_eq!(summary.bad, summary.repaired);
    assert!(read(&tile) == before && world.fsck(false).0.is_empty());
}

#[test]
fn what_the_upstream_gives_instead_of_the_first_seen_is_refused() {
    let world = World::new(Vouched::ByNobody);
    flip(&world.path("/blob/"), 150_000);
    world.upstream.publish(module().file("new.go", "package a\n"));
    let (found, _) = world.fsck(true);
    assert!(matches!(found[0].repaired, Some(Repair::Quarantined(_))), "{found:?}");
    let record = world.record();
    assert!(record.zip.is_none(), "another zip is not taken for the right one");
    assert_eq!(record.seen_zip.map(|seen| seen.to_string()), Some(world.files.zip_h1.clone()));
}

#[test]
fn without_an_upstream_what_is_bad_goes_out_of_use_and_is_set_aside() {
    let world = World::new(Vouched::ByDatabase);
    flip(&world.path("/blob/"), 150_000);
    world.upstream.cut();
    let (found, summary) = world.fsck(true);
    assert!(matches!(found[0].repaired, Some(Repair::Quarantined(_))), "{found:?}");
    assert_eq!(summary.repaired, 0);
    assert!(world.record().zip.is_none() && world.record().proof.is_some());
    assert_eq!(world.evidence().len(), 2);
    world.upstream.restore();
    world.fetch(FileKind::Zip);
}

#[test]
fn a_body_that_nothing_names_is_told_and_removed_once_it_is_old() {
    let world = World::new(Vouched::ByDatabase);
    let orphan = world.folder.path().join("v1/blob").join("c".repeat(64));
    let mut file = std::fs::File::create(&orphan).expect("is made");
    file.write_all(b"what is this").expect("is written");
    assert_eq!(world.fsck(true).0, [], "somebody may be about to name it");
    file.set_modified(SystemTime::now() - Duration::from_hours(25)).expect("made older");
    let told = |repair| world.fsck(repair).0.pop().expect("it is told").repaired;
    assert_eq!(told(false), None);
    assert_eq!(told(true), Some(Repair::Removed));
    assert!(!orphan.exists());
}

#[test]
fn who_leaves_stops_the_work() {
    let world = World::new(Vouched::ByDatabase);
    flip(&world.path("/blob/"), 150_000);
    let left = world.maintenance.fsck(FsckRequest::default(), |_| ControlFlow::Break(()));
    assert!(left.is_err(), "{left:?}");
}

#[test]
fn the_pass_of_the_background_mends_and_remembers_where_it_was() {
    let world = World::new(Vouched::ByDatabase);
    flip(&world.path("/blob/"), 150_000);
    let upkeep = &world.maintenance.upkeep;
    let pass = upkeep.scrub_if_due("me", Duration::from_hours(24));
    world.maintenance.runtime.block_on(pass).expect("it works");
    let scrub = upkeep.status().scrub;
    assert!(scrub.last_pass.is_some() && scrub.position.is_none(), "{scrub:?}");
    assert_eq!(scrub.bad, 1);
    assert_eq!(read(&world.path("/blob/")), world.files.zip.as_ref());
    let again = upkeep.scrub_if_due("another", Duration::from_hours(24));
    let wait = world.maintenance.runtime.block_on(again).expect("it works");
    assert!(wait > Duration::from_mins(5), "nothing is due for a day: {wait:?}");
    assert_eq!(upkeep.status().scrub.checked, scrub.checked, "and nothing was read");
}
