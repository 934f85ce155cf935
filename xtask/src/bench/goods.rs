//! What is served to the load: modules made here, so that nothing depends on the network, laid out
//! as each server wants them. Ours fetches them from an upstream; the peers find them in place.
//!
//! | target | bytes |
//! | --- | --- |
//! | [`Target::Mod`] | one `.mod` of 1 KiB |
//! | [`Target::Objects`] | 300 different `.info` and `.mod` of 50-300 bytes, in turn |
//! | [`Target::Zip`] | one `.zip` of 1 MiB |
//! | [`Target::List`], [`Target::Latest`] | `@v/list` of 150 versions, and its `@latest` |

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use larder_testkit::{Entry, Module, ModuleFiles, Upstream, Zip, escape, filler};

use crate::root::Outcome;

/// Versions of the module of many small objects; each has an `.info` and a `.mod`.
const VERSIONS: usize = 150;
/// Bytes of a zip around its one big file.
const OVERHEAD: usize = 500;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// One small file.
    Mod,
    /// Many smaller ones.
    Objects,
    /// One zip.
    Zip,
    /// A version list.
    List,
    /// The latest version.
    Latest,
}

/// The modules, and where they lie.
#[derive(Debug)]
pub(crate) struct Goods {
    /// Has them for our server.
    pub(crate) upstream: Upstream,
    /// A directory laid out as GOPROXY's URLs: for nginx and goproxy.
    pub(crate) by_url: PathBuf,
    /// A directory laid out as Athens's disk storage.
    pub(crate) for_athens: PathBuf,
    /// The wrk script that asks for the objects in turn.
    pub(crate) script: PathBuf,
    modules: Vec<ModuleFiles>,
    list: String,
}

impl Goods {
    /// Makes them below `work`.
    pub(crate) fn make(work: &Path) -> Outcome<Goods> {
        let mut modules: Vec<ModuleFiles> = (0..VERSIONS).map(many).collect();
        let list = modules.iter().fold(String::new(), |mut list, files| {
            let _ = writeln!(list, "{}", files.version);
            list
        });
        modules.push(small());
        modules.push(large());
        let goods = Goods {
            upstream: Upstream::start(),
            by_url: work.join("by-url"),
            for_athens: work.join("athens"),
            script: work.join("objects.lua"),
            modules,
            list,
        };
        goods.lay_out().map_err(|error| error.to_string())?;
        Ok(goods)
    }

    /// Every path that is asked for, with the bytes that must come.
    pub(crate) fn expected(&self, target: Target) -> Vec<(String, Vec<u8>)> {
        let one = |module: &str, suffix: &str| {
            let files = self.modules.iter().filter(|files| files.path == module);
            files.map(|files| (files.url_path(suffix), bytes(files, suffix).to_vec())).collect()
        };
        match target {
            Target::Mod => one("example.com/small", "mod"),
            Target::Zip => one("example.com/large", "zip"),
            Target::Objects => {
                let files = self.modules.iter().take(VERSIONS);
                let both = files.flat_map(|files| {
                    ["info", "mod"]
                        .map(|suffix| (files.url_path(suffix), bytes(files, suffix).to_vec()))
                });
                both.collect()
            }
            Target::List => {
                vec![("/example.com/many/@v/list".to_owned(), self.list.clone().into_bytes())]
            }
            Target::Latest => {
                let last = self.modules.get(VERSIONS - 1).map(|files| files.info.to_vec());
                vec![("/example.com/many/@latest".to_owned(), last.unwrap_or_default())]
            }
        }
    }

    fn lay_out(&self) -> std::io::Result<()> {
        for files in &self.modules {
            self.upstream.publish_files(files);
            for suffix in ["info", "mod", "zip"] {
                put(&self.by_url, &files.url_path(suffix), bytes(files, suffix))?;
            }
            let latest = format!("/{}/@latest", escape(&files.path));
            put(&self.by_url, &latest, &files.info)?;
            put(&self.by_url, &files.list_path(), format!("{}\n", files.version).as_bytes())?;
            let version = format!("/{}/{}", files.path, files.version);
            put(&self.for_athens, &format!("{version}/{}.info", files.version), &files.info)?;
            put(&self.for_athens, &format!("{version}/go.mod"), &files.go_mod)?;
            put(&self.for_athens, &format!("{version}/source.zip"), &files.zip)?;
        }
        put(&self.by_url, "/example.com/many/@v/list", self.list.as_bytes())?;
        fs_err::write(&self.script, script(&self.expected(Target::Objects)))
    }
}

impl Target {
    /// How many connections ask, as section 9 of the protocol has it: many for what is small.
    pub(crate) fn connections(self) -> u32 {
        match self {
            Target::Zip => 16,
            _ => 64,
        }
    }
}

fn bytes<'a>(files: &'a ModuleFiles, suffix: &str) -> &'a [u8] {
    match suffix {
        "info" => &files.info,
        "mod" => &files.go_mod,
        _ => &files.zip,
    }
}

/// A version whose `.info` and `.mod` differ from all others' and have 50 to 300 bytes.
fn many(number: usize) -> ModuleFiles {
    let version = format!("v1.0.{number}");
    let go_mod = format!(
        "module example.com/many\n\ngo 1.21\n\n// {:0>width$}\n",
        number,
        width = 12 + number.wrapping_mul(7) % 240
    );
    let module = Module::new("example.com/many", &version).go_mod(go_mod);
    let origin = format!(
        r#"{{"VCS":"git","URL":"https://example.com/many","Hash":"{number:040x}","Ref":"refs/tags/{version}"}}"#
    );
    if number.is_multiple_of(2) { module.build() } else { module.origin(&origin).build() }
}

fn small() -> ModuleFiles {
    let head = "module example.com/small\n\ngo 1.21\n\n// ";
    let go_mod = format!("{head}{}\n", "x".repeat(1023 - head.len()));
    Module::new("example.com/small", "v1.0.0").go_mod(go_mod).build()
}

fn large() -> ModuleFiles {
    with_zip_of("example.com/large", 1 << 20)
}

/// A module whose zip has about `size` bytes that no compressor makes smaller, and that are stored
/// as they are.
pub(crate) fn with_zip_of(path: &str, size: usize) -> ModuleFiles {
    let module = Module::new(path, "v1.0.0");
    let (name, go_mod) = (module.prefix(), format!("module {path}\n"));
    let content = filler(path, size.saturating_sub(OVERHEAD));
    let zip = Zip::new()
        .entry(Entry::new(&format!("{name}go.mod"), go_mod.clone()))
        .entry(Entry::new(&format!("{name}data.bin"), content).stored());
    module.go_mod(go_mod).zip(zip).build()
}

fn put(below: &Path, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let file = below.join(path.trim_start_matches('/'));
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    fs_err::write(file, bytes)
}

/// Requests are written once, so that the script costs the load as little as may be.
fn script(objects: &[(String, Vec<u8>)]) -> String {
    let mut lua = "local paths = {\n".to_owned();
    for (path, _) in objects {
        let _ = writeln!(lua, "  \"{path}\",");
    }
    lua.push_str(
        "}
local requests = {}
local last = 0
init = function()
  for number, path in ipairs(paths) do requests[number] = wrk.format(\"GET\", path) end
end
request = function()
  last = last % #requests + 1
  return requests[last]
end
",
    );
    lua
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goods_have_the_sizes_that_the_rows_name() {
        let work = tempfile::TempDir::new().unwrap();
        let goods = Goods::make(work.path()).unwrap();
        let sizes = |target| {
            let all = goods.expected(target).into_iter().map(|(_, bytes)| bytes.len());
            all.collect::<Vec<usize>>()
        };
        assert_eq!(sizes(Target::Mod), [1024]);
        assert_eq!(sizes(Target::Objects).len(), 300);
        assert!(sizes(Target::Objects).iter().all(|size| (50..=300).contains(size)));
        assert!(sizes(Target::Zip)[0].abs_diff(1 << 20) < 1024, "{:?}", sizes(Target::Zip));
        let mut objects = goods.expected(Target::Objects);
        objects.sort();
        objects.dedup_by(|one, other| one.1 == other.1);
        assert_eq!(objects.len(), 300, "every object is another one");
    }

    #[test]
    fn what_lies_in_place_is_what_is_published() {
        let work = tempfile::TempDir::new().unwrap();
        let goods = Goods::make(work.path()).unwrap();
        for target in [Target::Mod, Target::Objects, Target::Zip, Target::List, Target::Latest] {
            for (path, bytes) in goods.expected(target) {
                let lies = fs_err::read(goods.by_url.join(path.trim_start_matches('/'))).unwrap();
                assert!(lies == bytes, "{path}");
                let url = format!("{}{path}", goods.upstream.url());
                assert!(larder_testkit::client::get(&url).body == bytes, "{url}");
            }
        }
    }
}
