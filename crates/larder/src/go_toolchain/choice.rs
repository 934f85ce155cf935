//! GOTOOLCHAIN, and what the go.work or go.mod asks for: `auto` and `path` let the file choose a newer
//! Go, `goX` is a choice by itself, `goX+auto` one from below.
//!
//! A `toolchain` line that names a Go which is not known is passed over: it is a wish, the `go` line is
//! the need. A `go` line beyond what is known is refused where the file is read, as go refuses it under
//! `GOTOOLCHAIN=local`.

use std::path::{Path, PathBuf};

use larder_modload::{Startup, short_path};
use larder_module::{GoVersion, Quoted, compare_go_versions, version_of_toolchain};

use super::{Toolchain, is_known};
use crate::exit::Failure;
use crate::go_command::GoSettings;
use crate::go_project::{Overlay, find_go_mod, find_go_work};

/// Chooses a Go for a command in this directory, `local` being the installed one.
pub(super) fn choose(
    local: &str,
    settings: &GoSettings,
    directory: &Path,
) -> Result<Toolchain, Failure> {
    let gotoolchain = gotoolchain(settings);
    let mut startup = Startup { gotoolchain: gotoolchain.clone(), ..Startup::default() };
    if gotoolchain.is_empty() || !are_modules_on(settings, directory) {
        return Ok(Toolchain::new(local, startup));
    }
    let (least, mode) = parse(&gotoolchain)?;
    let mut version = match least {
        None => local.to_owned(),
        Some(name) => version_of_toolchain(name).unwrap_or_default().to_owned(),
    };
    if mode != Mode::Fixed
        && let Some(asked) = Asked::of_files(settings, directory)?
    {
        startup.file = Some(short_path(directory, &asked.file));
        version = asked.choose(version, directory, &mut startup)?;
    }
    if version == local {
        return Ok(Toolchain::new(&version, startup));
    }
    if !is_known(&version) {
        let name = platform(least.unwrap_or_default());
        return Err(Failure::of_go(format_args!("download {name}: toolchain not available"))
            .hint(format!("Larder stands in for Go up to {}", super::NEWEST)));
    }
    if mode == Mode::Path && !is_on_path(settings, &version) {
        return Err(Failure::of_go(format_args!("cannot find \"go{version}\" in PATH")));
    }
    // A go that was switched to finds nothing left to switch for.
    Ok(Toolchain::new(&version, Startup { gotoolchain, ..Startup::default() }))
}

/// What a toolchain's download would be called.
fn platform(name: &str) -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{name} for {}/{arch}", std::env::consts::OS)
}

/// A Go that has settings of its own says `auto` there; without any, that is what go is built with.
fn gotoolchain(settings: &GoSettings) -> String {
    match settings.get("GOTOOLCHAIN") {
        "" => match settings.goroot() {
            Some(goroot) if goroot.join("go.env").is_file() => String::new(),
            _ => "auto".to_owned(),
        },
        said => said.to_owned(),
    }
}

/// Whether go would look at modules at all.
fn are_modules_on(settings: &GoSettings, directory: &Path) -> bool {
    match settings.get("GO111MODULE") {
        "" | "on" => true,
        "auto" => {
            find_go_mod(directory, &settings.temporary_directory(), &Overlay::default()).is_some()
        }
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Fixed,
    Auto,
    Path,
}

/// GOTOOLCHAIN taken apart: the least toolchain (none for the installed one), and what may raise it.
fn parse(gotoolchain: &str) -> Result<(Option<&str>, Mode), Failure> {
    match gotoolchain {
        "auto" => return Ok((None, Mode::Auto)),
        "path" => return Ok((None, Mode::Path)),
        _ => {}
    }
    let invalid = |why: &str| {
        Failure::of_go(format_args!("invalid GOTOOLCHAIN {}{why}", Quoted(gotoolchain)))
    };
    let (least, suffix) = match gotoolchain.split_once('+') {
        Some((least, suffix)) => (least, Some(suffix)),
        None => (gotoolchain, None),
    };
    if least != "local" && version_of_toolchain(least).is_none() {
        let why = format!(": invalid minimum toolchain {}", Quoted(least));
        return Err(invalid(if suffix.is_some() { &why } else { "" }));
    }
    let mode = match suffix {
        None => Mode::Fixed,
        Some("auto") => Mode::Auto,
        Some("path") => Mode::Path,
        Some(_) => return Err(invalid(": only version suffixes are +auto and +path")),
    };
    Ok(((least != "local").then_some(least), mode))
}

/// What the go.work, or else the go.mod, asks for.
#[derive(Debug)]
struct Asked {
    file: PathBuf,
    go: String,
    toolchain: String,
}

impl Asked {
    fn of_files(settings: &GoSettings, directory: &Path) -> Result<Option<Self>, Failure> {
        let no_overlay = Overlay::default();
        let go_work = find_go_work(directory, settings, &no_overlay)?.filter(|file| file.exists());
        let go_mod = || find_go_mod(directory, &settings.temporary_directory(), &no_overlay);
        let Some(file) = go_work.or_else(go_mod) else { return Ok(None) };
        let bytes = fs_err::read(&file).map_err(|error| Failure::of_go(error.to_string()))?;
        let text = String::from_utf8_lossy(&bytes);
        let (go, toolchain) = (value_of(&text, "go"), value_of(&text, "toolchain"));
        Ok(Some(Self { file, go, toolchain }))
    }

    /// The version that is asked for, if it is above `version`; else that. Notes the line that asks.
    fn choose(
        &self,
        mut version: String,
        directory: &Path,
        startup: &mut Startup,
    ) -> Result<String, Failure> {
        if self.toolchain == "default" {
            startup.toolchain = Some(self.toolchain.clone());
            return Ok(version);
        }
        if !self.toolchain.is_empty() {
            let file = short_path(directory, &self.file);
            let Some(wished) = version_of_toolchain(&self.toolchain) else {
                let name = Quoted(&self.toolchain);
                return Err(Failure::of_go(format_args!("invalid toolchain {name} in {file}")));
            };
            if compare_go_versions(wished, &version).is_gt() && is_known(wished) {
                wished.clone_into(&mut version);
                startup.toolchain = Some(self.toolchain.clone());
            }
        }
        if compare_go_versions(&self.go, &version).is_gt() && is_known(&self.go) {
            let language = GoVersion::parse(&self.go).is_some_and(|version| version.is_language());
            // A language names no release; its first one is meant.
            version = if language { format!("{}.0", self.go) } else { self.go.clone() };
            startup.go = Some(self.go.clone());
            startup.toolchain = None;
        }
        Ok(version)
    }
}

/// The value behind the first line that begins with this word, without a comment. This is no parser:
/// the file may be one that only a newer Go can read.
fn value_of(text: &str, word: &str) -> String {
    let value = text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix(word)?;
        rest.starts_with([' ', '\t']).then_some(rest)
    });
    value.and_then(|rest| rest.split("//").next()).unwrap_or_default().trim().to_owned()
}

fn is_on_path(settings: &GoSettings, version: &str) -> bool {
    let directories = settings.environment().search_path();
    directories.iter().any(|directory| directory.join(format!("go{version}")).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::env::Environment;

    /// The version that is stood in for, or go's error; with Go 1.26.8 installed.
    #[track_caller]
    fn check(gotoolchain: &str, go_mod: &str, expect: Result<&str, &str>) {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("m");
        fs_err::create_dir(&root).unwrap();
        fs_err::write(root.join("go.mod"), go_mod).unwrap();
        fs_err::write(home.path().join("go.env"), "GOTOOLCHAIN=auto\n").unwrap();
        let pairs = [
            ("GOENV", "off"),
            ("GOWORK", "off"),
            ("GOTOOLCHAIN", gotoolchain),
            ("GOROOT", home.path().to_str().unwrap()),
            ("TMPDIR", "/nowhere"),
        ];
        let settings = GoSettings::read(&Environment::from_pairs(pairs)).unwrap();
        let got = choose("1.26.8", &settings, &root)
            .map(|toolchain| format!("{}{}", toolchain.version(), toolchain.local().startup))
            .map_err(|failure| failure.lines().next().unwrap());
        assert_eq!(got.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn a_go_line_chooses_a_newer_go() {
        check("", "module m\n", Ok("1.26.8"));
        check("auto", "module m\ngo 1.21\n", Ok("1.26.8"));
        check("auto", "module m\ngo 1.27\n", Ok("1.27.0"));
        check("auto", "module m\ngo 1.27.2 // why\n", Ok("1.27.2"));
        check("local", "module m\ngo 1.27\n", Ok("1.26.8; GOTOOLCHAIN=local"));
        check("go1.25.1+auto", "module m\ngo 1.27\n", Ok("1.27.0; GOTOOLCHAIN=go1.25.1+auto"));
        let back = "1.26.8; GOTOOLCHAIN=go1.25.1+auto; go.mod sets go 1.26.8";
        check("go1.25.1+auto", "module m\ngo 1.26.8\n", Ok(back));
    }

    #[test]
    fn a_toolchain_line_is_a_wish() {
        check("auto", "module m\ngo 1.26\ntoolchain go1.27.1\n", Ok("1.27.1"));
        let default = "1.26.8; go.mod sets toolchain default";
        check("auto", "module m\ngo 1.27\ntoolchain default\n", Ok(default));
        check("auto", "module m\ngo 1.26\ntoolchain go1.28.1\n", Ok("1.26.8"));
        let bad = "go: invalid toolchain \"1.27\" in go.mod";
        check("auto", "module m\ngo 1.26\ntoolchain 1.27\n", Err(bad));
    }

    #[test]
    fn what_is_not_known_is_left_for_go_to_refuse() {
        check("auto", "module m\ngo 1.28\n", Ok("1.26.8"));
        check("go1.25.1", "module m\n", Ok("1.25.1; GOTOOLCHAIN=go1.25.1"));
        let path = "go: cannot find \"go1.27.0\" in PATH";
        check("path", "module m\ngo 1.27\n", Err(path));
    }

    #[test]
    fn a_gotoolchain_that_go_refuses_is_refused() {
        check("1.26", "", Err("go: invalid GOTOOLCHAIN \"1.26\""));
        let least = "go: invalid GOTOOLCHAIN \"x+auto\": invalid minimum toolchain \"x\"";
        check("x+auto", "", Err(least));
        let suffix =
            "go: invalid GOTOOLCHAIN \"go1.26+x\": only version suffixes are +auto and +path";
        check("go1.26+x", "", Err(suffix));
    }
}
