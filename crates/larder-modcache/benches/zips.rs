//! Hashing and unpacking a module zip beside `golang.org/x/mod`, in pairs.
//!
//! Reads what to measure from standard input, a line for each:
//!
//! ```text
//! rounds 9
//! into DIRECTORY              where to unpack: a line each for tmpfs and a disk
//! zip FILE PATH VERSION
//! raw                         a line of each round instead of the table, with tabs
//! ```
//!
//! Without a zip it makes one of 3,000 files in 400 directories. The table has medians in milliseconds,
//! of x/mod and of ours with one thread and with two, and the median of the ratios within the rounds; at
//! last the same of processor time with one thread, which other work on the machine disturbs least. A
//! raw line has what was measured and the five times of a round. A first round does not count. Nothing
//! is deleted between rounds: file systems are slow for a while after that.

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use larder_modcache::{ModuleCache, Part};
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_modzip::{Names, hash_entries};
use larder_testkit::Module;
use rayon::{ThreadPool, ThreadPoolBuilder};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What standard input asks for.
struct Orders {
    rounds: usize,
    directories: Vec<PathBuf>,
    zips: Vec<(PathBuf, ModuleVersion)>,
    form: Form,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Medians, for people.
    Table,
    /// Every round, for programs.
    Raw,
}

/// The Go program, which answers line by line.
struct XMod {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Milliseconds that a thing took, by the clock and of all processors.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    processors: f64,
}

/// One round: x/mod, ours with one thread, ours with two.
struct Round {
    theirs: Took,
    one: Took,
    two: Took,
}

fn main() -> Outcome<()> {
    let scratch = tempfile::tempdir()?;
    let orders = Orders::read(scratch.path())?;
    let mut x_mod = XMod::start(scratch.path())?;
    let pools = [1, 2].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build());
    let [one, two] = pools;
    let pools = [one?, two?];
    let mut out = io::stdout();
    if orders.form == Form::Table {
        print_head(&mut out)?;
    }
    for (zip, module) in &orders.zips {
        let rounds = (0..=orders.rounds).map(|_| hash_round(&mut x_mod, &pools, zip));
        let rounds = rounds.collect::<Outcome<Vec<_>>>()?;
        print(&mut out, orders.form, &format!("h1 {module}"), &rounds)?;
        for directory in &orders.directories {
            let mut places = Places { directory: tempfile::tempdir_in(directory)?, taken: 0 };
            let rounds = (0..=orders.rounds)
                .map(|_| unzip_round(&mut x_mod, &pools, (zip, module), &mut places));
            let rounds = rounds.collect::<Outcome<Vec<_>>>()?;
            let what = format!("unzip {module} into {}", directory.display());
            print(&mut out, orders.form, &what, &rounds)?;
            places.remove()?;
        }
    }
    drop(x_mod.orders);
    x_mod.child.wait()?;
    Ok(())
}

impl Orders {
    fn read(scratch: &Path) -> Outcome<Self> {
        let mut orders =
            Self { rounds: 7, directories: Vec::new(), zips: Vec::new(), form: Form::Table };
        for line in io::stdin().lock().lines() {
            let line = line?;
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                [] => {}
                ["raw"] => orders.form = Form::Raw,
                ["rounds", rounds] => orders.rounds = rounds.parse()?,
                ["into", directory] => orders.directories.push(directory.into()),
                ["zip", file, path, version] => {
                    let (path, version) = (ModulePath::parse(path)?, Version::parse(version)?);
                    orders.zips.push((file.into(), ModuleVersion::new(path, version)?));
                }
                _ => return Err(format!("unknown order `{line}`").into()),
            }
        }
        if orders.zips.is_empty() {
            orders.zips.push(made_up(scratch)?);
        }
        if orders.directories.is_empty() {
            orders.directories.push(scratch.to_owned());
        }
        Ok(orders)
    }
}

/// A zip like those of real modules: source text of some kilobytes a file.
fn made_up(scratch: &Path) -> Outcome<(PathBuf, ModuleVersion)> {
    const WORDS: [&str; 8] =
        ["func ", "return ", "err != nil ", "if ", "string", "{\n\t", "}\n", "ctx.Value(key)"];
    let mut state: u32 = 1;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut module = Module::new("example.com/made/up", "v1.0.0");
    for n in 0..3000 {
        let mut text = format!("package p{n}\n\n");
        while text.len() < 1000 + (n % 16) * 1000 {
            let word = usize::try_from(random(8))?;
            text.push_str(WORDS.get(word).ok_or("eight words")?);
            text.push_str(&random(1000).to_string());
        }
        module = module.file(&format!("d{}/e{}/f{n}.go", n % 20, n % 400), text);
    }
    let files = module.build();
    let file = scratch.join("made-up.zip");
    fs_err::write(&file, &files.zip)?;
    let module =
        ModuleVersion::new(ModulePath::parse(&files.path)?, Version::parse(&files.version)?)?;
    Ok((file, module))
}

impl XMod {
    fn start(scratch: &Path) -> Outcome<Self> {
        let exe = scratch.join("x_mod");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/x_mod");
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&exe)
            .arg(".")
            .current_dir(source)
            .status()?;
        if !built.success() {
            return Err("the Go program does not build".into());
        }
        let mut child = Command::new(exe).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().ok_or("no pipe")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        Ok(Self { child, orders, answers })
    }

    /// How long an order took it.
    fn obey(&mut self, order: &str) -> Outcome<Took> {
        writeln!(self.orders, "{order}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let (wall, processors) = answer.trim().split_once(' ').ok_or("no two numbers")?;
        let milliseconds = |text: &str| {
            let nanoseconds: f64 = text.parse().map_err(|_| answer.clone())?;
            Ok::<_, Box<dyn Error>>(nanoseconds / 1e6)
        };
        Ok(Took { wall: milliseconds(wall)?, processors: milliseconds(processors)? })
    }
}

fn hash_round(x_mod: &mut XMod, [one, two]: &[ThreadPool; 2], zip: &Path) -> Outcome<Round> {
    let ours = |pool: &ThreadPool| {
        timed(|| {
            let file = fs_err::File::open(zip)?.into_parts().0;
            let size = file.metadata()?.len();
            pool.install(|| hash_entries(&file, size, Names::Any))?;
            Ok(())
        })
    };
    let theirs = x_mod.obey(&format!("hash {}", zip.display()))?;
    Ok(Round { theirs, one: ours(one)?, two: ours(two)? })
}

/// Empty directories of which each is used once.
struct Places {
    directory: tempfile::TempDir,
    taken: u32,
}

impl Places {
    fn next(&mut self) -> PathBuf {
        self.taken += 1;
        self.directory.path().join(self.taken.to_string())
    }

    /// Removes all of them, read-only as they are.
    fn remove(self) -> Outcome<()> {
        let made_writable =
            Command::new("chmod").args(["-R", "u+w"]).arg(self.directory.path()).status()?;
        if !made_writable.success() {
            return Err("the unpacked directories cannot be removed".into());
        }
        Ok(self.directory.close()?)
    }
}

fn unzip_round(
    x_mod: &mut XMod,
    [one, two]: &[ThreadPool; 2],
    (zip, module): (&Path, &ModuleVersion),
    places: &mut Places,
) -> Outcome<Round> {
    let order = format!(
        "unzip {} {} {} {}",
        zip.display(),
        module.path(),
        module.version(),
        places.next().display()
    );
    let theirs = x_mod.obey(&order)?;
    let mut ours = |pool: &ThreadPool| {
        let cache = ModuleCache::at(places.next());
        fs_err::create_dir_all(cache.versions_of(module.path()))?;
        fs_err::copy(zip, cache.file(module, Part::Zip))?;
        fs_err::write(cache.file(module, Part::ZipHash), "")?;
        timed(|| {
            pool.install(|| cache.unpack(module))?;
            Ok(())
        })
    };
    Ok(Round { theirs, one: ours(one)?, two: ours(two)? })
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<Took> {
    let (start, before) = (Instant::now(), spent());
    work()?;
    Ok(Took { wall: start.elapsed().as_secs_f64() * 1e3, processors: (spent() - before) * 1e3 })
}

/// The seconds that processors have spent on this process.
fn spent() -> f64 {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(clock).unwrap_or_default().as_secs_f64()
}

fn print_head(out: &mut impl Write) -> Outcome<()> {
    let [x_mod, one, two, ratio] = ["x/mod", "1 thread", "2", "ratio"];
    Ok(writeln!(
        out,
        "{:>9} {one:>9} {two:>9} {ratio:>7} {ratio:>7} {:>9} {one:>9} {ratio:>7}",
        x_mod, "CPU x/mod"
    )?)
}

/// Prints all rounds but the first.
fn print(out: &mut impl Write, form: Form, what: &str, rounds: &[Round]) -> Outcome<()> {
    let rounds = rounds.get(1..).unwrap_or_default();
    if form == Form::Raw {
        for Round { theirs, one, two } in rounds {
            let times = [theirs.wall, one.wall, two.wall, theirs.processors, one.processors];
            let times = times.map(|time| format!("{time:.3}"));
            writeln!(out, "raw\t{what}\t{}", times.join("\t"))?;
        }
        return Ok(out.flush()?);
    }
    let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    writeln!(
        out,
        "{:>9.1} {:>9.1} {:>9.1} {:>6.2}x {:>6.2}x {:>9.1} {:>9.1} {:>6.2}x  {what}",
        of(|round| round.theirs.wall),
        of(|round| round.one.wall),
        of(|round| round.two.wall),
        of(|round| round.theirs.wall / round.one.wall),
        of(|round| round.theirs.wall / round.two.wall),
        of(|round| round.theirs.processors),
        of(|round| round.one.processors),
        of(|round| round.theirs.processors / round.one.processors),
    )?;
    Ok(out.flush()?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
