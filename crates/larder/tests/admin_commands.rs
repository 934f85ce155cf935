//! A maintainer's day: the commands against a real server, what they print, and what clients of the
//! server then see.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use larder_testkit::client::get;
use larder_testkit::{Behaviour, LarderServer, Launch, Module, ModuleFiles, TestContext, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// An upstream, a server, and a place to run commands in.
struct World {
    upstream: Upstream,
    server: LarderServer,
    context: TestContext,
}

impl World {
    fn new() -> World {
        World::launched(|launch| launch)
    }

    fn launched(prepare: impl FnOnce(Launch) -> Launch) -> World {
        let upstream = Upstream::start();
        let launch = Launch::new(LARDER, &upstream.url()).env("LARDER_FRESH_TTL", "1h");
        let server = prepare(launch).start();
        let mut context = TestContext::new(LARDER);
        context.redact(&server.admin_address().to_string(), "[ADMIN]");
        context.redact(&server.data().display().to_string(), "[DATA]");
        World { upstream, server, context }
    }

    fn publish(&self, path: &str, version: &str) -> ModuleFiles {
        self.upstream.publish(Module::new(path, version).filler("data.bin", 5000))
    }

    /// Runs a command; exit code, stdout and stderr without what differs between runs.
    fn larder(&self, args: &[&str]) -> String {
        let (url, token) = (self.server.admin_url(""), self.server.token_file());
        let token = token.display().to_string();
        without_times(
            &self.context.run(&[args, &["--server", &url, "--token-file", &token]].concat()),
        )
    }

    fn status_of(&self, path: &str) -> u16 {
        get(&self.server.url(path)).status
    }
}

/// A summary's last words are how long it took.
fn without_times(told: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((before, took)) if took.ends_with('s') && !took.contains(' ') => {
            format!("{before} in [TIME]\n")
        }
        _ => format!("{line}\n"),
    };
    told.lines().map(line).collect()
}

/// The files below a directory that are bodies of zips.
fn bodies(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bodies(&path, found);
        } else if path.components().any(|part| part.as_os_str() == "blob") {
            found.push(path);
        }
    }
}

/// Changes a byte of every stored body, as a disk does that forgets.
fn rot(server: &LarderServer) -> usize {
    let mut found = Vec::new();
    bodies(&server.data().join("v1"), &mut found);
    for path in &found {
        let mut bytes = fs_err::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let mut mode = fs_err::metadata(path).unwrap().permissions();
        mode.set_mode(0o644);
        fs_err::set_permissions(path, mode).unwrap();
        fs_err::write(path, bytes).unwrap();
    }
    found.len()
}

#[test]
fn the_first_start_writes_a_token_that_only_its_owner_reads() {
    let mut world = World::new();
    let mode = fs_err::metadata(world.server.token_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let token = world.server.token();
    assert!(!world.server.talk().contains(&token), "the token is in the log");
    let open = PermissionsExt::from_mode(0o644);
    fs_err::set_permissions(world.server.token_file(), open).unwrap();
    world.server.restart();
    assert_eq!(world.server.token(), token);
    assert!(world.server.wait_talk("is open to others (mode 0644)"), "{}", world.server.talk());
}

#[test]
fn a_refresh_brings_a_new_version_at_once() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(get(&world.server.url(&files.list_path())).text(), "v1.0.0\n");
    world.publish("example.com/a", "v1.1.0");
    assert_eq!(get(&world.server.url(&files.list_path())).text(), "v1.0.0\n");
    let told = world.larder(&["refresh", "example.com/a"]);
    assert!(told.starts_with("exit: 0\n"), "{told}");
    assert!(told.contains("example.com/a  list          changed    +v1.1.0\n"), "{told}");
    assert_eq!(get(&world.server.url(&files.list_path())).text(), "v1.0.0\nv1.1.0\n");
    let told = world.larder(&["refresh", "example.com/a"]);
    assert!(told.contains("example.com/a  list          unchanged\n"), "{told}");
}

#[test]
fn a_refresh_without_an_upstream_fails_and_keeps_what_is_there() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(world.status_of(&files.list_path()), 200);
    world.upstream.cut();
    let told = world.larder(&["refresh", "example.com/a"]);
    assert!(told.starts_with("exit: 1\n") && told.contains("failed"), "{told}");
    assert_eq!(get(&world.server.url(&files.list_path())).text(), "v1.0.0\n");
}

#[test]
fn a_purged_version_is_gone_until_the_purge_is_lifted() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(world.status_of(&files.url_path("mod")), 200);
    let version = "example.com/a@v1.0.0";
    insta::assert_snapshot!(world.larder(&["purge", version, "--reason", "leaks, see INC-42"]), @"
    exit: 0
    --- stdout
    example.com/a@v1.0.0  purged
    --- stderr
    1 purged in [TIME]
    ");
    let answer = get(&world.server.url(&files.url_path("mod")));
    assert_eq!(answer.status, 410);
    assert!(answer.text().contains("leaks, see INC-42"), "{}", answer.text());
    insta::assert_snapshot!(world.larder(&["purge", version]), @"
    exit: 0
    --- stdout
    example.com/a@v1.0.0  purged already
    --- stderr
    1 purged already in [TIME]
    ");
    insta::assert_snapshot!(world.larder(&["purge", version, "--undo"]), @"
    exit: 0
    --- stdout
    example.com/a@v1.0.0  served again
    --- stderr
    1 served again in [TIME]
    ");
    assert_eq!(world.status_of(&files.url_path("mod")), 200);
    insta::assert_snapshot!(world.larder(&["purge", version, "--undo"]), @"
    exit: 1
    --- stdout
    example.com/a@v1.0.0  not purged
    --- stderr
    1 not purged in [TIME]
    ");
}

#[test]
fn a_project_is_prefilled_and_then_served_without_its_upstream() {
    let world = World::new();
    let files: Vec<ModuleFiles> =
        ["a", "b", "c"].map(|name| world.publish(&format!("example.com/{name}"), "v1.0.0")).into();
    let require =
        "module example.com/app\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)\n";
    world.context.file("go.mod", require);
    let sums = |files: &ModuleFiles| files.go_sum();
    let only_mod =
        files[2].go_sum().lines().filter(|line| line.contains("/go.mod")).collect::<String>();
    world.context.file("go.sum", &(sums(&files[0]) + &sums(&files[1]) + &only_mod + "\n"));
    let dry = world.larder(&["prefill", "--dry-run"]);
    assert!(dry.starts_with("exit: 0\n"), "{dry}");
    assert!(dry.contains("missing  example.com/a@v1.0.0  info mod zip\n"), "{dry}");
    assert!(dry.contains("3 versions: 8 files missing, 0 stored in [TIME]\n"), "{dry}");
    let told = world.larder(&["prefill"]);
    assert!(told.starts_with("exit: 0\n"), "{told}");
    assert!(told.contains("example.com/a@v1.0.0  zip\n"), "{told}");
    assert!(told.contains("3 versions: 8 files fetched ("), "{told}");
    world.upstream.cut();
    for files in &files[..2] {
        assert_eq!(get(&world.server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    }
    assert_eq!(world.status_of(&files[2].url_path("mod")), 200);
    insta::assert_snapshot!(world.larder(&["prefill"]), @"
    exit: 0
    --- stdout
    --- stderr
    3 versions: 0 files fetched (0 B), 8 there already in [TIME]
    ");
}

#[test]
fn what_is_private_is_passed_over_by_name() {
    let world = World::new();
    world.publish("example.com/a", "v1.0.0");
    world.context.file(
        "go.mod",
        "module m\nrequire (\n\texample.com/a v1.0.0\n\tcorp.example/x v1.2.3\n)\n",
    );
    let (url, token) = (world.server.admin_url(""), world.server.token_file());
    let mut command = world.context.command();
    command.args(["prefill", "--dry-run", "--server", &url, "--token-file"]).arg(token);
    let told = world.context.told(command.env("GOPRIVATE", "corp.example"));
    assert!(told.starts_with("exit: 0\n"), "{told}");
    assert!(told.contains("passed over as private (`go.noproxy`, set by"), "{told}");
    assert!(told.contains(": corp.example/x@v1.2.3\n"), "{told}");
    assert!(!told.contains("missing  corp.example"), "{told}");
}

#[test]
fn what_the_upstream_does_not_have_is_a_failure_that_names_it() {
    let world = World::new();
    world.publish("example.com/a", "v1.0.0");
    let told = world.larder(&["prefill", "example.com/a@v1.0.0", "example.com/gone@v1.0.0"]);
    assert!(told.starts_with("exit: 1\n"), "{told}");
    assert!(told.contains("example.com/a@v1.0.0  zip\n"), "{told}");
    assert!(told.contains("failed   example.com/gone@v1.0.0  "), "{told}");
    assert!(told.contains("2 versions: 3 files fetched"), "{told}");
}

#[test]
fn nothing_is_needed_of_an_empty_go_sum() {
    let world = World::new();
    world.context.file("go.sum", "");
    insta::assert_snapshot!(world.larder(&["prefill"]), @"
    exit: 0
    --- stdout
    --- stderr
    nothing to fetch: no module is required
    ");
    let told = world.larder(&["prefill", "go.sum", "--json"]);
    assert!(told.starts_with("exit: 0\n--- stdout\n{\"event\":\"done\","), "{told}");
}

#[test]
fn a_huge_go_sum_is_asked_for_in_one_go() {
    const LINES: usize = 5000;
    let world = World::new();
    let sum = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";
    let line = |number| format!("example.com/m{number} v1.0.0/go.mod {sum}");
    let lines: Vec<String> = (0..LINES).map(line).collect();
    world.context.file("go.sum", &lines.join("\n"));
    let told = world.larder(&["prefill", "--dry-run"]);
    assert!(
        told.contains("5,000 versions: 10,000 files missing, 0 stored"),
        "{}",
        told.lines().last().unwrap()
    );
}

#[test]
fn json_is_an_event_a_line_and_nothing_else() {
    let world = World::new();
    world.publish("example.com/a", "v1.0.0");
    let told = world.larder(&["prefill", "example.com/a@v1.0.0", "--json"]);
    let lines = told
        .strip_prefix("exit: 0\n--- stdout\n")
        .and_then(|told| told.strip_suffix("--- stderr\n"));
    let events: Vec<serde_json::Value> =
        lines.unwrap_or(&told).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((named("fetched"), named("done")), (3, 1), "{told}");
    let status = world.larder(&["status", "--json"]);
    let line = status.lines().nth(2).unwrap();
    let status: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(status["version"], "[VERSION]");
}

#[test]
fn the_status_is_a_screen_in_words() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    world.status_of(&files.url_path("zip"));
    let told = world.larder(&["status"]);
    assert!(told.starts_with("exit: 0\n--- stdout\nlarder "), "{told}");
    for line in ["store      ", "requests   ", "alarms     none\n", "proofs     0 pending\n"] {
        assert!(told.contains(line), "{line:?} is missing in {told}");
    }
    assert!(told.contains(&world.upstream.url()), "{told}");
    assert!(told.contains("zip     1 miss"), "{told}");
}

#[test]
fn a_server_that_is_killed_in_the_middle_is_told_as_such() {
    let mut world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    world.upstream.always(&files.url_path("zip"), Behaviour::honest().stalled(100));
    let (url, token) = (world.server.admin_url(""), world.server.token_file());
    let mut command = world.context.command();
    command.args(["prefill", "example.com/a@v1.0.0", "--server", &url, "--json", "--token-file"]);
    command.arg(token).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut first).unwrap();
    assert!(first.contains("fetched"), "{first}");
    world.server.kill9();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the server ended its answer in the middle"), "{said}");
}

#[test]
fn rot_is_found_and_mended() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(world.status_of(&files.url_path("zip")), 200);
    world.server.wait_stored(&files.url_path("zip"));
    let told = world.larder(&["fsck"]);
    assert!(told.starts_with("exit: 0\n") && told.contains(": 0 bad in [TIME]\n"), "{told}");
    assert_eq!(rot(&world.server), 1);
    let told = world.larder(&["fsck"]);
    assert!(
        told.starts_with("exit: 1\n") && told.contains("bad  example.com/a@v1.0.0  "),
        "{told}"
    );
    let told = world.larder(&["fsck", "--repair"]);
    assert!(told.starts_with("exit: 0\n") && told.contains("; fetched\n"), "{told}");
    assert!(told.contains("1 bad, 1 good again"), "{told}");
    assert_eq!(get(&world.server.url(&files.url_path("zip"))).body, files.zip.as_ref());
}

#[test]
fn without_a_server_the_store_is_opened_itself() {
    let mut world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(world.status_of(&files.url_path("zip")), 200);
    world.server.wait_stored(&files.url_path("zip"));
    assert!(world.server.terminate().success());
    let larder = |args: &[&str]| {
        let mut command = world.context.command();
        let admin = world.server.admin_address().to_string();
        command.args(args).arg("--data").arg(world.server.data());
        command
            .env("LARDER_ADMIN_LISTEN", admin)
            .env("GOSUMDB", "off")
            .env("LARDER_LOG_LEVEL", "off");
        without_times(&world.context.told(command.env("LARDER_UPSTREAM", world.upstream.url())))
    };
    let told = larder(&["fsck"]);
    assert!(told.starts_with("exit: 0\n"), "{told}");
    let here = "no server answers on `[ADMIN]`: opening the store in `[DATA]` itself\n";
    assert!(told.contains(here), "{told}");
    let told = larder(&["gc", "--max-size", "0"]);
    assert!(told.starts_with("exit: 0\n") && told.contains("0 zips evicted"), "{told}");
    rot(&world.server);
    let told = larder(&["fsck"]);
    assert!(
        told.starts_with("exit: 1\n") && told.contains("bad  example.com/a@v1.0.0  "),
        "{told}"
    );
    let told = larder(&["fsck", "--repair", "--json"]);
    assert!(told.starts_with("exit: 0\n") && told.contains("\"repaired\":\"fetched\""), "{told}");
    let told = larder(&["status"]);
    assert!(told.starts_with("exit: 1\n") && told.contains("is `larder serve` running?"), "{told}");
}

#[test]
fn where_there_is_no_store_none_is_made() {
    let context = TestContext::new(LARDER);
    let mut command = context.command();
    command.args(["fsck", "--data", "nowhere"]).env("LARDER_ADMIN_LISTEN", "off");
    insta::assert_snapshot!(context.told(&mut command), @"
    exit: 1
    --- stdout
    --- stderr
    `admin.listen` is `off`: opening the store in `nowhere` itself
    error: there is no store in `nowhere`
      hint: `data` is set by --data; name another with `--data DIR`
    ");
    assert!(!context.work().join("nowhere").exists());
}

#[test]
fn a_gc_tells_what_it_passed_over() {
    let world = World::new();
    let files = world.publish("example.com/a", "v1.0.0");
    assert_eq!(world.status_of(&files.url_path("zip")), 200);
    world.server.wait_stored(&files.url_path("zip"));
    let told = world.larder(&["gc", "--dry-run", "--max-size", "0"]);
    assert!(told.starts_with("exit: 0\n--- stdout\n--- stderr\n0 zips would go, 0 B"), "{told}");
    assert!(told.contains("(passed over: 1 "), "{told}");
}
