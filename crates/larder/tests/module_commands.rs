//! What `larder mod …` does beyond go: progress, timing, `--offline`, hints, and Ctrl-C. What it does as
//! go does is told in `differential`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use larder_testkit::{Behaviour, Gate, Module, ModuleFiles, TestContext, Upstream};

const GO_MOD: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";

/// A project that requires one module, and the upstream that has it.
struct World {
    context: TestContext,
    upstream: Upstream,
    files: ModuleFiles,
}

impl World {
    fn new() -> Self {
        let upstream = Upstream::start();
        let module = Module::new("example.com/a", "v1.0.0").filler("x", 500_000);
        let files = upstream.publish(module);
        let mut context = TestContext::new(env!("CARGO_BIN_EXE_larder"));
        context.redact(&upstream.url(), "[UPSTREAM]");
        context.file("go.mod", GO_MOD);
        Self { context, upstream, files }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.context.command();
        let settings = [("GOSUMDB", "off"), ("GOENV", "off"), ("GOTOOLCHAIN", "auto")];
        command.env("GOPROXY", self.upstream.url()).envs(settings).args(args);
        command
    }

    fn told(&self, args: &[&str]) -> String {
        self.context.told(&mut self.command(args))
    }

    fn cache(&self) -> std::path::PathBuf {
        self.context.home().join("go/pkg/mod")
    }
}

/// Every file and directory below a directory whose name says that it is half-made.
fn half_made(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if [".tmp", ".partial"].iter().any(|ending| name.ends_with(ending))
            || name.contains("@v1.0.0")
        {
            found.push(name);
        }
        found.extend(half_made(&entry.path()));
    }
    found
}

#[test]
fn ctrl_c_leaves_nothing_half_made() {
    let world = World::new();
    let gate = Gate::new();
    let zip = world.files.url_path("zip");
    world.upstream.once(&zip, Behaviour::honest().held(200_000, &gate));
    let mut running =
        world.command(&["mod", "download"]).stderr(Stdio::piped()).spawn().expect("it starts");
    assert!(world.upstream.wait_asked(&zip, 1), "the zip is asked for");
    let pid = running.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().expect("a signal is sent");
    assert!(sent.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = running.try_wait().expect("it can be waited for") {
            break status;
        }
        assert!(Instant::now() < deadline, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(130));
    assert_eq!(half_made(&world.cache()), Vec::<String>::new());
    drop(gate);
}

#[test]
fn progress_is_told_as_json_where_that_is_asked_for() {
    let world = World::new();
    let told = world.told(&["mod", "download", "--progress=json"]);
    let bytes = world.files.zip.len();
    let line = format!(
        "{{\"module\":\"example.com/a@v1.0.0\",\"result\":\"here\",\"done\":1,\"of\":1,\"bytes\":{bytes}}}"
    );
    assert_eq!(told, format!("exit: 0\n--- stdout\n--- stderr\n{line}\n"));
    let again = world.told(&["mod", "download", "--progress=json"]);
    assert_eq!(again, "exit: 0\n--- stdout\n--- stderr\n");
}

#[test]
fn progress_is_told_in_words_where_that_is_asked_for() {
    let world = World::new();
    let told = world.told(&["mod", "download", "--progress=plain"]);
    assert!(told.contains("\n1 of 1 modules  "), "{told}");
}

#[test]
fn timing_tells_where_the_time_went() {
    let world = World::new();
    let told = world.told(&["mod", "download", "--timing"]);
    let line = told.lines().find(|line| line.starts_with("timing: open ")).expect("a line");
    for stretch in ["graph ", "list ", "download ", "all "] {
        assert!(line.contains(stretch), "{line}");
    }
    assert!(line.contains("; 3 requests, "), "{line}");
}

#[test]
fn offline_asks_nobody() {
    let world = World::new();
    let told = world.told(&["mod", "download", "--offline"]);
    assert!(told.starts_with("exit: 1"), "{told}");
    assert_eq!(world.upstream.asked_in_all(), 0);
    assert!(world.told(&["mod", "download"]).starts_with("exit: 0"));
    world.upstream.forget_seen();
    assert!(world.told(&["mod", "download", "--offline"]).starts_with("exit: 0"));
    assert!(world.told(&["mod", "graph", "--offline"]).starts_with("exit: 0"));
    assert_eq!(world.upstream.asked_in_all(), 0);
}

#[test]
fn a_mistake_in_go_mod_is_shown_with_its_place() {
    let world = World::new();
    world.context.file("go.mod", "module example.com/app\n\nrequire example.com/a\n");
    insta::assert_snapshot!(world.told(&["mod", "graph"]), @"
    exit: 1
    --- stdout
    --- stderr
    go: errors parsing go.mod:
    go.mod:3: usage: require module/path v1.2.3
    hint:   |
    hint: 3 | require example.com/a
    hint:   | ^
    ");
}

#[test]
fn a_flag_that_is_none_is_told_as_go_tells_it_with_a_way_to_the_help() {
    let world = World::new();
    insta::assert_snapshot!(world.told(&["mod", "graph", "-nosuch"]), @"
    exit: 2
    --- stdout
    --- stderr
    flag provided but not defined: -nosuch
    usage: go mod graph [-go=version] [-x]
    Run 'go help mod graph' for details.
    hint: `larder mod graph --help` shows the flags
    ");
}

#[test]
fn help_shows_flags_by_their_names_in_go() {
    let world = World::new();
    insta::assert_snapshot!(world.told(&["mod", "graph", "-h"]), @"
    exit: 0
    --- stdout
    Print the module graph, as `go mod graph`

    Usage: larder mod graph [OPTIONS]

    Options:
          --go <VERSION>
              Load the graph as this version of Go does

      -x
              Print what is asked of whom

      -C <DIR>
              Go to this directory first; stands before all other flags

          --modcacherw
              Leave directories in the module cache writable

          --modfile <FILE>
              Read and write this file instead of go.mod, and the .sum beside it

          --overlay <FILE>
              A JSON file that replaces files by others

      -h, --help
              Print help (see a summary with '-h')

    Not in go:
          --progress <HOW>
              How to show what is under way [default: a bar on a terminal, else none]

              Possible values:
              - plain: Lines on stderr
              - json:  JSON objects on stderr, a line each
              - none:  Not at all

          --offline
              Ask no network: what the module cache lacks is an error

          --timing
              Tell at the end where the time went

    Prints a line for each requirement: a module, and one that it requires.
    Exit codes: 0 printed; 1 the graph could not be loaded; 2 wrong arguments.
    --- stderr
    ");
}

#[test]
fn a_go_line_that_no_known_go_satisfies_is_refused() {
    let world = World::new();
    world.context.file("go.mod", "module example.com/app\n\ngo 1.99\n");
    let told = world.told(&["mod", "graph"]);
    assert!(told.starts_with("exit: 1"), "{told}");
    assert!(told.contains("go: go.mod requires go >= 1.99 (running go 1."), "{told}");
    assert!(told.contains("\nhint: "), "{told}");
}
