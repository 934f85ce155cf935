//! The same requests again and again, each time for modules that nobody asked for before: all
//! that a server fetches, proves and stores, and what each answer must be.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, Response, get};
use larder_testkit::{Module, ModuleFiles, Stored};

use crate::world::{PRIVATE, World};

/// One run's modules and what they are asked for.
pub(crate) struct Scenario {
    pub(crate) modules: Vec<ModuleFiles>,
    asks: Vec<Ask>,
}

struct Ask {
    path: String,
    expect: Expect,
    /// Whether its body may begin before all of it is known.
    may_be_cut: bool,
}

enum Expect {
    Bytes(Vec<u8>),
    /// A lookup: after the line with the record's number.
    Record(String),
    /// Anything, if only it is there: a tree head.
    Something,
}

impl Scenario {
    /// New modules: one that a checksum database vouches for, and one that nobody does.
    pub(crate) fn new(world: &World) -> Scenario {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let public = Module::new(&format!("example.com/public/m{number}"), "v1.0.0");
        let private = Module::new(&format!("{PRIVATE}/m{number}"), "v1.0.0");
        let public = world.upstream.publish(public.filler("data", 200_000));
        let private = world.upstream.publish(private.file("m.go", "package m\n"));
        // So that each run has a tile of its own to prove.
        world.database.grow(256);
        let asks = asks(world, &public, &private);
        Scenario { modules: vec![public, private], asks }
    }

    /// Asks for everything; how many answers were right. The others were honest errors.
    pub(crate) fn run(&self, world: &World) -> usize {
        self.asks.iter().filter(|ask| ask.judge(world)).count()
    }

    /// Asks for everything, all of which must be had, and waits until it is stored.
    pub(crate) fn succeeds(&self, world: &World, when: &str) {
        for ask in &self.asks {
            let answer = get(&world.url(&ask.path));
            assert_eq!(answer.status, 200, "{when}: {}: {}", ask.path, answer.text());
            assert!(ask.is_right(&answer), "{when}: {}: another body", ask.path);
        }
        let give_up = Instant::now() + Duration::from_secs(10);
        for files in &self.modules {
            while !is_whole(world, files, when) {
                assert!(Instant::now() < give_up, "{when}: {} is not stored", files.path);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// What is stored now is whole, however much of it there is.
    pub(crate) fn is_sound(&self, world: &World, when: &str) {
        for files in &self.modules {
            let stored = Stored::of(world.folder.path(), files);
            assert!(stored.is_ok(), "{when}: {stored:?}");
        }
    }
}

fn is_whole(world: &World, files: &ModuleFiles, when: &str) -> bool {
    let stored = Stored::of(world.folder.path(), files);
    let stored = stored.unwrap_or_else(|broken| panic!("{when}: {broken}"));
    stored == Stored { records: 1, infos: 1, mods: 1, zips: 1, bodies: 0 }
}

impl Ask {
    /// Whether the answer is the right one; panics where it is no honest error either.
    fn judge(&self, world: &World) -> bool {
        let answer = Request::get(&world.url(&self.path)).send();
        let Ok(answer) = answer else {
            // A zip that has begun can only be cut.
            assert!(self.may_be_cut, "{}: {answer:?}", self.path);
            return false;
        };
        let honest = [500, 502, 503, 504].contains(&answer.status);
        let right = answer.status == 200 && self.is_right(&answer);
        assert!(right || honest, "{}: {}: {}", self.path, answer.status, answer.text());
        right
    }

    fn is_right(&self, answer: &Response) -> bool {
        match &self.expect {
            Expect::Bytes(bytes) => answer.body == *bytes,
            Expect::Record(text) => {
                let told = answer.text();
                told.split_once('\n').is_some_and(|(_, rest)| rest.starts_with(text))
            }
            Expect::Something => !answer.body.is_empty(),
        }
    }
}

fn asks(world: &World, public: &ModuleFiles, private: &ModuleFiles) -> Vec<Ask> {
    let ask = |path, expect| Ask { path, expect, may_be_cut: false };
    let bytes = |path, bytes: &[u8]| ask(path, Expect::Bytes(bytes.to_vec()));
    let sumdb = |rest: &str| format!("/sumdb/{}/{rest}", world.database.name());
    let tile = sumdb(&format!("tile/8/0/{:03}", world.database.size() / 256 - 1));
    let in_tile = get(&format!("{}{tile}", world.upstream.url())).body;
    let mut asks = Vec::new();
    for files in [public, private] {
        asks.push(bytes(files.list_path(), b"v1.0.0\n"));
        asks.push(bytes(files.url_path("info"), &files.info));
        asks.push(bytes(files.url_path("mod"), &files.go_mod));
        asks.push(Ask { may_be_cut: true, ..bytes(files.url_path("zip"), &files.zip) });
    }
    let lookup = sumdb(&format!("lookup/{}@v1.0.0", public.path));
    asks.push(ask(lookup, Expect::Record(public.go_sum())));
    asks.push(bytes(tile, &in_tile));
    asks.push(ask(sumdb("latest"), Expect::Something));
    asks
}
