//! What is at hand of a module: in the module cache, in go.sum, in vendor/.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_modcache::Part;
use larder_modfetch::CachedFetcher;
use larder_modload::{ModuleFiles, SumLine, Vendor};
use larder_module::{ModuleVersion, NamedVersion};

use crate::go_project::Place;

/// Where to look.
pub(crate) struct Files<'a> {
    /// The module cache and go.sum.
    pub(crate) fetcher: &'a CachedFetcher,
    /// Where the command works.
    pub(crate) place: &'a Place,
    /// vendor/modules.txt, where the mode is that of vendor/.
    pub(crate) vendor: Option<&'a Vendor>,
}

impl ModuleFiles for Files<'_> {
    fn recorded_sum(&self, line: &SumLine) -> Option<Arc<str>> {
        self.fetcher.sums().recorded(line)
    }

    fn go_mod(&self, module: &ModuleVersion) -> Option<PathBuf> {
        let file = self.fetcher.config().cache.file(module, Part::Mod);
        fs_err::metadata(&file).is_ok_and(|known| known.is_file()).then_some(file)
    }

    fn directory(&self, module: &ModuleVersion) -> Option<PathBuf> {
        self.fetcher.config().cache.unpacked(module).ok()
    }

    fn main_go_mod(&self, root: &Path) -> PathBuf {
        self.place.go_mod(root)
    }

    fn vendored_go(&self, module: &NamedVersion) -> Option<Arc<str>> {
        self.vendor?.note_of(module)?.go.clone()
    }
}
