//! Downloading whole modules: `.info`, go.mod, zip and directory of each, as `go mod download` leaves them.
//!
//! What is complete is found so by reading alone, on all cores. For the rest the answers of a module are
//! asked for side by side, and written in the go command's order: if one cannot be had, nothing of what
//! comes after it is in the cache, as if it had never been asked for. Zips go from the socket to the disk
//! and are inflated once, to be hashed and unpacked, on rayon's threads.
//!
//! Invariant: nothing is visible in the cache before its sum is accepted.

use std::path::PathBuf;

use larder_modcache::{ArrivedZip, ArrivingZip, CacheError, Part, VersionLock, ZipState};
use larder_modload::{GoModAt, SourceError, SourceErrorKind, SumLine, SumOf, Upstream};
use larder_module::{ModuleVersion, NamedVersion};
use larder_modzip::Dirhash;
use tokio::sync::oneshot;

use super::core::{Core, line, other};
use super::event::{Event, Outcome};
use super::go_sum::Standing;
use super::texts;
use super::upstreams::{Failures, Then};
use super::wording;
use crate::arriving::Arriving;
use crate::error::FetchErrorKind;
use crate::resource::Resource;

/// The largest zip that is taken, in bytes: the go command's limit.
const LARGEST_ZIP: u64 = 500 << 20;

/// What there is of a module now. Where something failed, what comes after it is missing.
#[derive(Debug, Clone)]
pub struct Downloaded {
    /// Which module.
    pub module: ModuleVersion,
    /// Its `.info` in the cache.
    pub info: Option<PathBuf>,
    /// Its go.mod in the cache.
    pub go_mod: Option<PathBuf>,
    /// The sum of its go.mod.
    pub go_mod_sum: Option<String>,
    /// Its zip in the cache.
    pub zip: Option<PathBuf>,
    /// The sum of its zip.
    pub sum: Option<String>,
    /// Where it is unpacked.
    pub dir: Option<PathBuf>,
    /// The `go` line of its go.mod; whether that is too new is for the caller to say.
    pub go: Option<String>,
    /// What failed.
    pub error: Option<SourceError>,
}

/// A zip on its way, and whom to ask should it break off.
struct OpenZip {
    arriving: Arriving,
    upstream: Upstream,
    rest: Vec<Upstream>,
    failures: Failures,
}

impl Downloaded {
    fn of(module: &ModuleVersion) -> Self {
        Self {
            module: module.clone(),
            info: None,
            go_mod: None,
            go_mod_sum: None,
            zip: None,
            sum: None,
            dir: None,
            go: None,
            error: None,
        }
    }

    /// Nothing, for this reason.
    pub(super) fn failed(module: &ModuleVersion, error: SourceError) -> Self {
        Self { error: Some(error), ..Self::of(module) }
    }

    fn take_go_mod(&mut self, core: &Core, content: &[u8]) {
        self.go_mod = Some(core.config.cache.file(&self.module, Part::Mod));
        self.go_mod_sum = Some(Dirhash::of_go_mod(content).to_string());
        self.go = go_line(content);
    }
}

/// The module as it is, if it needs nothing, or must not be used.
pub(super) fn at_hand(core: &Core, module: &ModuleVersion) -> Option<Downloaded> {
    let cache = &core.config.cache;
    let mut found = Downloaded::of(module);
    core.kept_info(module)?;
    found.info = Some(cache.file(module, Part::Info));
    match core.go_mod_at_hand(&GoModAt::Module(module.clone()))? {
        Ok(content) => found.take_go_mod(core, &content),
        Err(error) => return Some(Downloaded { error: Some(error), ..found }),
    }
    if cache.zip_state(module) != ZipState::Whole {
        return None;
    }
    found.zip = Some(cache.file(module, Part::Zip));
    let sum = cache.read_ziphash(module).ok()??;
    let dir = cache.unpacked(module).ok()?;
    let line = line(module, SumOf::Zip);
    let checked = match core.sums.check(&line, &sum) {
        Ok(Standing::Listed) => Ok(()),
        Ok(Standing::Unlisted) if core.database.speaks_of(module.path().as_str()) => return None,
        Ok(Standing::Unlisted) => core.add_sum(&line, &sum),
        Err(error) => Err(error),
    };
    found.sum = Some(sum);
    match checked {
        Ok(()) => found.dir = Some(dir),
        Err(error) => found.error = Some(error),
    }
    Some(found)
}

/// Downloads what is missing of a module.
pub(super) async fn download(core: &Core, module: &ModuleVersion) -> Downloaded {
    let mut done = Downloaded::of(module);
    if let Err(error) = fill(core, &mut done).await {
        done.error = Some(error);
    }
    let outcome = if done.error.is_none() { Outcome::Here } else { Outcome::Failed };
    core.listener.hear(Event::Ended { module, outcome });
    done
}

async fn fill(core: &Core, done: &mut Downloaded) -> Result<(), SourceError> {
    let module = &done.module.clone();
    let cache = &core.config.cache;
    let zip_is_here = cache.zip_state(module) != ZipState::Missing;
    let zip = async { if zip_is_here { None } else { Some(open(core, module).await) } };
    let (info, (), (), zip) = tokio::join!(
        core.info_file(module),
        core.look_ahead_for_go_mod(module),
        core.look_ahead_for_sums(module),
        zip,
    );
    done.info = Some(info?.path);
    let content = core.go_mod(module).await?;
    done.take_go_mod(core, &content);
    if cache.zip_state(module) == ZipState::Whole {
        done.zip = Some(cache.file(module, Part::Zip));
    } else {
        get_zip(core, done, zip).await?;
    }
    let sum = kept_sum(core, module).await?;
    done.sum = Some(sum.clone());
    if done.dir.is_none() {
        let dir = match cache.unpacked(module) {
            Ok(dir) => dir,
            Err(error) if error.is_absent() => unpack_kept(core, module).await?,
            Err(error) => return Err(other(error.to_string())),
        };
        core.verify(module, SumOf::Zip, &sum).await?;
        done.dir = Some(dir);
    }
    Ok(())
}

/// The recorded sum of the zip, verified; made anew of the zip if it is torn.
async fn kept_sum(core: &Core, module: &ModuleVersion) -> Result<String, SourceError> {
    let line = line(module, SumOf::Zip);
    let read = core.config.cache.read_ziphash(module);
    let sum = match read.map_err(|error| fatal(&line, &error))? {
        Some(sum) if sum.starts_with("h1:") => sum,
        Some(sum) => return Err(fatal(&line, &format_args!("unexpected ziphash: {sum:?}"))),
        None => {
            let lock = lock(core, module).await?;
            let arrived = on_rayon(core, || lock.rehash_zip()).await?;
            let sum = arrived.dirhash().to_string();
            core.verify(module, SumOf::Zip, &sum).await?;
            on_rayon(core, || arrived.accept()).await?;
            return Ok(sum);
        }
    };
    core.verify(module, SumOf::Zip, &sum).await?;
    Ok(sum)
}

fn fatal(line: &SumLine, why: &dyn std::fmt::Display) -> SourceError {
    let text = format!("verifying {}: {why}", texts::name(line));
    SourceError::new(SourceErrorKind::Fatal, text)
}

/// Brings the zip into the cache, and unpacks it on the way.
async fn get_zip(
    core: &Core,
    done: &mut Downloaded,
    zip: Option<Result<OpenZip, SourceError>>,
) -> Result<(), SourceError> {
    let module = &done.module.clone();
    let lock = lock(core, module).await?;
    let arrived = match lock.zip_state() {
        // Somebody else was faster.
        ZipState::Whole => {
            done.zip = Some(core.config.cache.file(module, Part::Zip));
            return Ok(());
        }
        ZipState::WithoutHash => on_rayon(core, || lock.rehash_zip()).await?,
        ZipState::Missing => {
            let zip = match zip {
                Some(zip) => zip?,
                None => open(core, module).await?,
            };
            let receiving = lock.receive_zip().map_err(|error| other(error.to_string()))?;
            let received = receive(core, module, zip, receiving).await?;
            core.listener.hear(Event::Unpacking { module });
            on_rayon(core, || received.unpack()).await?
        }
    };
    accept(core, done, arrived).await
}

async fn accept(
    core: &Core,
    done: &mut Downloaded,
    arrived: ArrivedZip,
) -> Result<(), SourceError> {
    let sum = arrived.dirhash().to_string();
    core.verify(&done.module, SumOf::Zip, &sum).await?;
    let installed = on_rayon(core, || arrived.accept()).await?;
    done.zip = Some(installed.zip);
    done.sum = Some(sum);
    match installed.directory {
        Some(Ok(dir)) => done.dir = Some(dir),
        Some(Err(error)) => return Err(not_unpacked(core, &error)),
        None => {}
    }
    Ok(())
}

async fn unpack_kept(core: &Core, module: &ModuleVersion) -> Result<PathBuf, SourceError> {
    let (cache, module) = (core.config.cache.clone(), module.clone());
    // It may wait for somebody else's lock, and no thread of rayon's may.
    let unpacked = tokio::task::spawn_blocking(move || cache.unpack(&module)).await;
    match unpacked {
        Ok(unpacked) => unpacked.map_err(|error| not_unpacked(core, &error)),
        Err(error) => Err(other(error.to_string())),
    }
}

/// The go command says on stderr too that a zip cannot be unpacked.
fn not_unpacked(core: &Core, error: &CacheError) -> SourceError {
    core.listener.hear(Event::Said { line: &format!("-> {error}") });
    other(error.to_string())
}

async fn lock(core: &Core, module: &ModuleVersion) -> Result<VersionLock, SourceError> {
    let cache = core.config.cache.clone();
    let failed = |error: larder_modcache::FileError| other(error.to_string());
    if let Some(lock) = cache.try_lock_version(module).map_err(failed)? {
        return Ok(lock);
    }
    let module = module.clone();
    let waited = tokio::task::spawn_blocking(move || cache.lock_version(&module)).await;
    waited.map_err(|error| other(error.to_string()))?.map_err(failed)
}

/// Asks for the zip as far as the list lets it.
async fn open(core: &Core, module: &ModuleVersion) -> Result<OpenZip, SourceError> {
    core.listener.hear(Event::Downloading { module });
    let upstreams = core.upstreams()?.for_path(module.path().as_str());
    next(core, module, upstreams, Failures::default()).await
}

/// The zip from the first of these upstreams that has it.
async fn next(
    core: &Core,
    module: &ModuleVersion,
    upstreams: Vec<Upstream>,
    mut failures: Failures,
) -> Result<OpenZip, SourceError> {
    let mut upstreams = upstreams.into_iter();
    while let Some(upstream) = upstreams.next() {
        match core.open_zip(upstream, module).await {
            Ok(arriving) => {
                let len = arriving.len();
                core.listener.hear(Event::ZipBegan { module, len });
                let rest = upstreams.collect();
                return Ok(OpenZip { arriving, upstream, rest, failures });
            }
            Err(error) => match failures.note(upstream, error) {
                Then::Next => {}
                Then::Stop => break,
            },
        }
    }
    Err(failures.told())
}

/// Has all of the zip on disk, from whom it began to come or from the next.
async fn receive(
    core: &Core,
    module: &ModuleVersion,
    mut zip: OpenZip,
    mut into: ArrivingZip,
) -> Result<ArrivingZip, SourceError> {
    loop {
        match pump(core, module, &mut zip.arriving, &mut into).await {
            Ok(()) => return Ok(into),
            Err(Stopped::Here(error)) => return Err(error),
            Err(Stopped::There(error)) => {
                if zip.failures.note(zip.upstream, error) == Then::Stop {
                    return Err(zip.failures.told());
                }
                into.start_over().map_err(|error| other(error.to_string()))?;
                zip = next(core, module, zip.rest, zip.failures).await?;
            }
        }
    }
}

/// Why a zip did not arrive.
enum Stopped {
    /// It cannot be written; nobody else could help.
    Here(SourceError),
    /// The upstream failed.
    There(SourceError),
}

/// Moves the body to the disk. One that breaks off is taken up again once.
async fn pump(
    core: &Core,
    module: &ModuleVersion,
    arriving: &mut Arriving,
    into: &mut ArrivingZip,
) -> Result<(), Stopped> {
    let named = |error: SourceError| error.about(NamedVersion::from(module));
    let about = |error| Stopped::There(named(error));
    let location = arriving.origin().locate(&Resource::Zip(module.clone()).path());
    let (mut received, mut resumed) = (0_u64, false);
    loop {
        match arriving.chunk().await {
            Ok(Some(bytes)) => {
                received = received.saturating_add(bytes.len() as u64);
                if received > LARGEST_ZIP {
                    return Err(about(other("downloaded zip file too large")));
                }
                into.write(&bytes).map_err(|error| {
                    // Go takes it for a failure of reading.
                    let text = format!("read {:?}: {error}", wording::go_url(&location));
                    Stopped::Here(named(other(text)))
                })?;
                core.listener.hear(Event::ZipGrew { module, bytes: bytes.len() });
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                let again = *error.kind() == FetchErrorKind::Broken && !resumed;
                if again && arriving.resume(received).await.is_ok() {
                    resumed = true;
                    continue;
                }
                return Err(about(wording::told(&error, &location, wording::Stage::Body)));
            }
        }
    }
}

/// Runs work that computes on rayon's threads, of which there are as many as cores.
async fn on_rayon<T: Send + 'static>(
    core: &Core,
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, SourceError> {
    let (send, receive) = oneshot::channel();
    let busy = core.config.stop.busy();
    rayon::spawn(move || {
        // Nobody waits any more if the receiver is gone; then what was made goes away here.
        drop(send.send(work()));
        drop(busy);
    });
    match receive.await {
        Ok(done) => done.map_err(|error| other(error.to_string())),
        Err(_) => Err(other("the work on a zip broke off")),
    }
}

/// The version in the `go` line, as far as it can be told without parsing the file.
fn go_line(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let value = text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("go")?;
        rest.starts_with([' ', '\t']).then(|| rest.to_owned())
    })?;
    let value = value.split("//").next().unwrap_or_default().trim();
    (!value.is_empty()).then(|| value.to_owned())
}
