//! Larder and a real go at once on one module cache, one of them killed at a random instant: nothing
//! is torn, nobody is stuck, and what is left is what one undisturbed go leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larder_testkit::{Database, Go, Module, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const ROUNDS: u64 = 20;
const MODULES: usize = 24;
/// How long a download may take that nobody disturbs, on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);

fn path(number: usize) -> String {
    format!("example.com/Lib{number}")
}

fn stock() -> (Upstream, Database) {
    let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
    upstream.attach(&database);
    for number in 0..MODULES {
        let mut module =
            Module::new(&path(number), "v1.0.0").filler("data.bin", 3_000 * (number + 1));
        for file in 0..20 {
            module = module.file(&format!("p{file}/x.go"), format!("package p{file}\n"));
        }
        upstream.publish(module);
    }
    upstream.set_latency(Duration::from_millis(3));
    (upstream, database)
}

/// Where both work: one cache, and a project for each.
struct Place {
    root: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Place {
    fn new(go: &Go, upstream: &Upstream, database: &Database) -> Place {
        let root = TempDir::new().expect("a temporary directory can be made");
        let bin = go.root().join("bin");
        let at = |name: &str| root.path().join(name).display().to_string();
        let env = vec![
            ("PATH", format!("{}:/usr/bin:/bin", bin.display())),
            ("HOME", at("home")),
            ("GOPATH", at("gopath")),
            ("GOMODCACHE", at("modcache")),
            ("GOCACHE", at("gocache")),
            ("GOENV", "off".to_owned()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("GOFLAGS", "-modcacherw".to_owned()),
            ("GOPROXY", upstream.url()),
            ("GOSUMDB", database.key()),
        ];
        let place = Place { root, env };
        let lines: String =
            (0..MODULES).fold(String::new(), |text, n| text + "\t" + &path(n) + " v1.0.0\n");
        for project in ["go", "larder", "judge"] {
            let text = format!("module example.com/app\n\ngo 1.21\n\nrequire (\n{lines})\n");
            let folder = place.project(project);
            fs_err::create_dir_all(&folder).expect("a directory can be made");
            fs_err::write(folder.join("go.mod"), text).expect("a file can be written");
        }
        place
    }

    fn project(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn start(&self, program: &Path, project: &str, command: &str) -> Child {
        let log = self.root.path().join(format!("{project}.log"));
        let log = fs_err::File::create(log).expect("a file can be made").into_parts().0;
        Command::new(program)
            .args(command.split(' '))
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.project(project))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor can be copied"))
            .stderr(log)
            .spawn()
            .expect("the program starts")
    }

    /// Waits for success; panics with the program's own words otherwise.
    fn finish(&self, mut child: Child, project: &str) {
        let give_up = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break Some(status);
            }
            if Instant::now() > give_up {
                let _ = child.kill();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let log = self.root.path().join(format!("{project}.log"));
        let said = fs_err::read_to_string(log).unwrap_or_default();
        assert!(status.is_some_and(|status| status.success()), "{project}: {status:?}\n{said}");
    }

    fn run(&self, program: &Path, project: &str, command: &str) {
        self.finish(self.start(program, project, command), project);
    }

    /// Every name below the cache with its bytes, locks and the database's tiles apart.
    fn cache(&self) -> BTreeMap<String, Vec<u8>> {
        let (root, mut files) = (self.root.path().join("modcache"), BTreeMap::new());
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).expect("the cache can be read") {
                let path = entry.expect("the cache can be read").path();
                let name = path.strip_prefix(&root).expect("it is below").display().to_string();
                if name.ends_with("cache/download/sumdb") || name.ends_with("lock") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(name, fs_err::read(&path).expect("the cache can be read"));
                }
            }
        }
        files
    }
}

/// A number that looks random, the same for the same round.
fn chance(round: u64) -> u64 {
    let mut state = (round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 29;
    state = state.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state ^ (state >> 32)
}

#[test]
fn go_and_larder_share_a_cache_through_kill_9() {
    let Some(go) = Go::local() else { return };
    let (upstream, database) = stock();
    let alone = Place::new(&go, &upstream, &database);
    alone.run(go.exe(), "judge", "mod download");
    let (expected, started) = (alone.cache(), Instant::now());
    let sums = fs_err::read(alone.project("judge").join("go.sum")).expect("go.sum is there");

    for round in 0..ROUNDS {
        let place = Place::new(&go, &upstream, &database);
        let began = Instant::now();
        let both = [
            place.start(go.exe(), "go", "mod download"),
            place.start(Path::new(LARDER), "larder", "mod download"),
        ];
        let delay = Duration::from_millis(5 + chance(round) % 150);
        std::thread::sleep(delay);
        let [mut killed, left] = if round % 2 == 0 {
            both
        } else {
            let [a, b] = both;
            [b, a]
        };
        let (dead, alive) = if round % 2 == 0 { ("go", "larder") } else { ("larder", "go") };
        killed.kill().expect("a child can be killed");
        killed.wait().expect("a child can be waited for");
        println!("round {round}: {dead} killed after {delay:?}");
        place.finish(left, alive);
        assert!(began.elapsed() < PATIENCE, "stuck");

        // Whoever was killed begins again, and go judges.
        let again = if dead == "go" { go.exe().to_owned() } else { PathBuf::from(LARDER) };
        place.run(&again, dead, "mod download");
        place.run(go.exe(), "judge", "mod download");
        place.run(go.exe(), "judge", "mod verify");
        compare(&place.cache(), &expected);
        for project in ["go", "larder", "judge"] {
            let found = fs_err::read(place.project(project).join("go.sum"));
            assert_eq!(found.ok().as_ref(), Some(&sums), "go.sum of {project}");
        }
    }
    println!("{ROUNDS} rounds in {:?}", started.elapsed());
}

/// The same files with the same bytes, but for what a killed one could not sweep away, and for `list`:
/// both write it after the `.mod` that it is to name, and neither makes up for it later.
fn compare(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in expected {
        if name.ends_with("@v/list") {
            let listed = lines(found.get(name).map_or(&[], Vec::as_slice));
            assert!(listed.is_subset(&lines(bytes)), "{name}: {listed:?}");
            continue;
        }
        assert_eq!(found.get(name), Some(bytes), "{name}");
    }
    let extra: Vec<&String> = found
        .keys()
        .filter(|name| !expected.contains_key(*name) && !name.contains(".tmp"))
        .collect();
    assert!(extra.is_empty(), "too much: {extra:?}");
}

/// The lines of a `list`. Go gives the file its length before its bytes, so one that was killed can
/// leave zeros.
fn lines(list: &[u8]) -> BTreeSet<&[u8]> {
    list.split(|byte| matches!(byte, b'\n' | 0)).filter(|line| !line.is_empty()).collect()
}
