//! What has come of each module that was to be downloaded, as go prints it.

use larder_modfetch::{CachedFetcher, Downloaded};
use larder_modload::{LocalGo, SourceErrorKind, TooNew, wording};
use larder_module::{ModuleVersion, compare_go_versions};

use super::listing::Chosen;
use crate::exit::{ExitStatus, Failure};
use crate::go_json::GoJson;
use crate::go_project::of_source;
use crate::list::write_origin;
use crate::printer::Printer;

/// A module, and what there is of it.
#[derive(Debug)]
pub(super) struct Outcome {
    chosen: Chosen,
    downloaded: Option<Downloaded>,
    error: Option<String>,
    hint: Option<String>,
    too_new: Option<TooNew>,
}

impl Outcome {
    /// Downloads all that can be, at once.
    ///
    /// # Errors
    /// A failure at which go ends at once.
    pub(super) fn of_all(
        chosen: Vec<Chosen>,
        fetcher: &CachedFetcher,
        local: &LocalGo,
    ) -> Result<Vec<Self>, Failure> {
        let mut outcomes: Vec<Self> = chosen.into_iter().map(Self::open).collect();
        let mut wanted: Vec<ModuleVersion> = Vec::new();
        let mut places = Vec::new();
        for (place, outcome) in outcomes.iter_mut().enumerate() {
            if outcome.error.is_some() {
                continue;
            }
            match outcome.chosen.module.checked() {
                Ok(module) => {
                    wanted.push(module);
                    places.push(place);
                }
                Err(error) => outcome.error = Some(wording::unfetchable(&error)),
            }
        }
        for (place, downloaded) in places.into_iter().zip(fetcher.download(&wanted)) {
            if let Some(error) = &downloaded.error
                && error.kind == SourceErrorKind::Fatal
            {
                return Err(of_source(error));
            }
            if let Some(outcome) = outcomes.get_mut(place) {
                outcome.error = downloaded.error.as_ref().map(ToString::to_string);
                outcome.hint = downloaded.error.as_ref().and_then(|error| error.hint.clone());
                outcome.downloaded = Some(downloaded);
                outcome.refuse_what_is_too_new(local);
            }
        }
        Ok(outcomes)
    }

    /// A module that a newer Go alone can use counts as not downloaded, though all of it is there.
    fn refuse_what_is_too_new(&mut self, local: &LocalGo) {
        let Some(downloaded) = self.downloaded.as_mut().filter(|found| found.error.is_none())
        else {
            return;
        };
        let Some(go) = &downloaded.go else { return };
        if let Err(too_new) = local.allows(&self.chosen.module, &go.as_str().into()) {
            downloaded.dir = None;
            self.error = Some(too_new.to_string());
            self.too_new = Some(too_new);
        }
    }

    /// What the highest version of Go is needed for, of all that need a newer one.
    pub(super) fn newest_needed(outcomes: &[Self]) -> Option<&TooNew> {
        let too_new = outcomes.iter().filter_map(|outcome| outcome.too_new.as_ref());
        too_new.max_by(|a, b| compare_go_versions(&a.go, &b.go).then_with(|| b.what.cmp(&a.what)))
    }

    /// Has the `.info` of each brought in, and no more of it.
    pub(super) fn look_up(chosen: &[Chosen], fetcher: &CachedFetcher) {
        let wanted = chosen.iter().filter(|chosen| chosen.error.is_none());
        let wanted: Vec<ModuleVersion> =
            wanted.filter_map(|chosen| chosen.module.checked().ok()).collect();
        let _had = fetcher.info_files(&wanted);
    }

    fn open(chosen: Chosen) -> Self {
        let error = chosen.error.clone();
        let hint = chosen.hint.clone();
        Self { chosen, downloaded: None, error, hint, too_new: None }
    }

    fn json(&self) -> String {
        let Chosen { module, query, origin, .. } = &self.chosen;
        let path = |path: Option<&std::path::PathBuf>| {
            path.map(|path| path.display().to_string()).unwrap_or_default()
        };
        let found = self.downloaded.as_ref();
        let mut json = GoJson::new();
        json.text("Path", &module.path)
            .text("Version", &module.version)
            .text("Query", query.as_deref().unwrap_or_default())
            .text("Error", self.error.as_deref().unwrap_or_default())
            .text("Info", &path(found.and_then(|found| found.info.as_ref())))
            .text("GoMod", &path(found.and_then(|found| found.go_mod.as_ref())))
            .text("Zip", &path(found.and_then(|found| found.zip.as_ref())))
            .text("Dir", &path(found.and_then(|found| found.dir.as_ref())))
            .text("Sum", found.and_then(|found| found.sum.as_deref()).unwrap_or_default())
            .text(
                "GoModSum",
                found.and_then(|found| found.go_mod_sum.as_deref()).unwrap_or_default(),
            );
        if let Some(origin) = origin {
            json.object("Origin", |json| write_origin(json, origin));
        }
        json.finish()
    }
}

/// Prints what has come of them: as JSON on stdout, or the failures on stderr.
pub(super) fn tell(
    outcomes: &[Outcome],
    json: bool,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    if json {
        let objects: Vec<String> = outcomes.iter().map(|outcome| outcome.json() + "\n").collect();
        printer.data(objects.concat())?;
    }
    let mut failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).peekable();
    if failed.peek().is_none() {
        return Ok(ExitStatus::Success);
    }
    let mut hints: Vec<&str> = Vec::new();
    for outcome in failed {
        if let (Some(error), false) = (&outcome.error, json) {
            printer.talk_as_go(&format!("go: {error}"));
        }
        hints.extend(outcome.hint.as_deref().filter(|hint| !hints.contains(hint)));
    }
    for hint in hints {
        printer.talk(&format!("hint: {hint}"));
    }
    Ok(ExitStatus::Failure)
}
