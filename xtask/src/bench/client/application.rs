//! The real application: fetched once through the GOPROXY of this machine's go and kept below
//! `target/` as a file tree that is a GOPROXY itself, so that nothing that is measured asks a
//! network.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::super::server::run_within;
use super::contestant::lay_project;
use crate::root::{Outcome, root, stdout_of};

/// What it is, had as a module.
pub(super) const NAME: &str = "github.com/goreleaser/goreleaser/v2@v2.12.0";
/// How the report names it.
pub(super) const TITLE: &str = "GoReleaser 2.12";
/// How long fetching it may take.
const LIMIT: Duration = Duration::from_mins(15);
/// The fewest modules that it must have, for the rows to mean what they say.
const MODULES: usize = 300;

/// The application's main module and all that it needs.
#[derive(Debug, Clone)]
pub(super) struct Application {
    /// Its go.mod.
    pub(super) go_mod: String,
    /// Its go.sum.
    pub(super) go_sum: String,
    /// The file tree, as GOPROXY's protocol lays it out.
    pub(super) tree: PathBuf,
    /// Its zips.
    pub(super) zips: Vec<PathBuf>,
}

impl Application {
    /// The one that was fetched before, or else it is fetched now by `go`.
    pub(super) fn ready(go: &Path, fast: &Path) -> Outcome<Application> {
        let kept = root().join("target/bench-client").join(NAME.replace('/', "_"));
        if !kept.join("complete").is_file() {
            super::super::tell(&format!("fetching {NAME}, once"));
            fetch(go, fast, &kept)?;
        }
        let read =
            |name: &str| fs_err::read_to_string(kept.join(name)).map_err(|error| error.to_string());
        let tree = kept.join("tree");
        let zips = zips(&tree)?;
        if zips.len() < MODULES {
            return Err(format!("{NAME} has {} modules only", zips.len()));
        }
        // A tree that nobody has read since the machine was started would be slow for the first.
        for zip in &zips {
            let mut file = fs_err::File::open(zip).map_err(|error| error.to_string())?;
            std::io::copy(&mut file, &mut std::io::sink()).map_err(|error| error.to_string())?;
        }
        Ok(Application { go_mod: read("go.mod")?, go_sum: read("go.sum")?, tree, zips })
    }

    /// The tree as a GOPROXY.
    pub(super) fn goproxy(&self) -> String {
        format!("file://{}", self.tree.display())
    }
}

fn fetch(go: &Path, fast: &Path, kept: &Path) -> Outcome<()> {
    let failed = |error: std::io::Error| error.to_string();
    let work = TempDir::new_in(fast).map_err(failed)?;
    let (modcache, project) = (work.path().join("modcache"), work.path().join("project"));
    fs_err::create_dir_all(&project).map_err(failed)?;
    let goproxy = stdout_of(&go.display().to_string(), &["env", "GOPROXY"])?;
    let asked = |args: &[&str]| {
        let mut command = Command::new(go);
        command.args(args).current_dir(&project).env("GOMODCACHE", &modcache);
        command.env("GOPATH", work.path()).env("GOFLAGS", "-modcacherw -mod=mod");
        command.env("GOPROXY", goproxy.trim()).env("GOTOOLCHAIN", "local");
        run_within(LIMIT, command)
    };
    let told = asked(&["mod", "download", "-json", NAME])?;
    let told: serde_json::Value = serde_json::from_str(&told).map_err(|error| error.to_string())?;
    let source = PathBuf::from(told.get("Dir").and_then(|dir| dir.as_str()).unwrap_or_default());
    let read =
        |name: &str| fs_err::read_to_string(source.join(name)).map_err(|error| error.to_string());
    lay_project(&project, &read("go.mod")?, Some(&read("go.sum")?))?;
    // The second asks for every `.info`, the third for every `.mod`.
    for args in [["mod", "download"].as_slice(), &["list", "-m", "all"], &["mod", "graph"]] {
        asked(args)?;
    }
    copy_tree(&modcache.join("cache/download"), &kept.join("tree")).map_err(failed)?;
    for name in ["go.mod", "go.sum"] {
        fs_err::copy(project.join(name), kept.join(name)).map_err(failed)?;
    }
    fs_err::write(kept.join("complete"), "").map_err(failed)
}

/// Copies what a GOPROXY serves.
fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let (at, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let ending = at.extension().and_then(|end| end.to_str());
        if at.is_dir() {
            if name != "sumdb" {
                copy_tree(&at, &to.join(name))?;
            }
        } else if name == "list" || matches!(ending, Some("info" | "mod" | "zip")) {
            fs_err::copy(&at, to.join(name))?;
        }
    }
    Ok(())
}

/// The zips of a tree, by name.
fn zips(tree: &Path) -> Outcome<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![tree.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).map_err(|error| error.to_string())? {
            let at = entry.map_err(|error| error.to_string())?.path();
            if at.is_dir() {
                folders.push(at);
            } else if at.extension().is_some_and(|end| end == "zip") {
                found.push(at);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_what_a_proxy_serves_and_nothing_else() {
        let work = TempDir::new().unwrap();
        let (from, to) = (work.path().join("from"), work.path().join("to"));
        let all = ["a/@v/v1.zip", "a/@v/v1.ziphash", "a/@v/v1.lock", "a/@v/list", "sumdb/x.info"];
        for name in all {
            let at = from.join(name);
            fs_err::create_dir_all(at.parent().unwrap()).unwrap();
            fs_err::write(at, name).unwrap();
        }
        copy_tree(&from, &to).unwrap();
        let there: Vec<&str> = all.into_iter().filter(|name| to.join(name).exists()).collect();
        assert_eq!(there, ["a/@v/v1.zip", "a/@v/list"]);
        assert_eq!(zips(&to).unwrap(), [to.join("a/@v/v1.zip")]);
    }
}
