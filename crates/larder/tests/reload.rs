//! SIGHUP: what a settings file says anew counts without a restart, all of it or nothing.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{Database, LarderServer, Launch, Module, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// A server whose settings stand in a file.
struct World {
    server: LarderServer,
    file: PathBuf,
    _home: TempDir,
}

impl World {
    fn start(settings: &str, prepare: impl FnOnce(Launch) -> Launch) -> Self {
        let home = TempDir::new().expect("a folder of its own");
        let file = home.path().join("settings.toml");
        fs_err::write(&file, settings).expect("it can be written");
        let server = prepare(Launch::new(LARDER, "").settings(&file)).start();
        Self { server, file, _home: home }
    }

    /// Writes the settings anew and has them read; returns what the server says of it.
    fn reload(&self, settings: &str) -> String {
        fs_err::write(&self.file, settings).expect("it can be written");
        self.server.reload()
    }

    fn status(&self, path: &str) -> u16 {
        get(&self.server.url(path)).status
    }
}

/// The line that has all of these words.
#[track_caller]
fn check_line(said: &str, words: &[&str]) {
    let found = said.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(found, "no line with {words:?} in:\n{said}");
}

#[test]
fn each_changed_setting_has_a_line_with_old_new_origin_and_when() {
    let upstream = Upstream::start();
    let url = upstream.url();
    let world = World::start(&format!("upstream = \"{url}\"\n"), |launch| launch);
    let said = world.reload(&format!(
        "upstream = \"{url},https://me:secret@b.example\"\nworkers = 3\n[fresh]\nttl = \"7s\"\n"
    ));
    let file = world.file.display().to_string();
    check_line(
        &said,
        &["key=\"fresh.ttl\"", "old=\"60s\"", "new=\"7s\"", "applied=\"now\"", &file],
    );
    check_line(&said, &["key=\"workers\"", "new=\"3\"", "applied=\"at the next start\""]);
    check_line(&said, &["key=\"upstream\"", "xxxxx@b.example"]);
    check_line(&said, &["settings reloaded", "changed=3"]);
    assert!(!said.contains("secret"), "{said}");
    assert!(!said.contains("proof_wait"), "{said}");
    // What waits for the next start is told again: it is compared with what runs.
    let again = world.server.reload();
    check_line(&again, &["settings reloaded", "changed=1"]);
    check_line(&again, &["key=\"workers\"", "applied=\"at the next start\""]);
}

#[test]
fn a_file_that_is_wrong_leaves_everything_as_it_was() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let good = format!("upstream = \"{}\"\n", upstream.url());
    let world = World::start(&good, |launch| launch);
    let check = |settings: &str, says: &[&str]| {
        let said = world.reload(settings);
        let errors = said.lines().filter(|line| line.contains("ERROR")).count();
        assert_eq!(errors, 1, "{said}");
        check_line(&said, &[&["settings were not reloaded", "stays as it was"], says].concat());
    };
    check("upstream = \"off\"\nnonsense", &["is not TOML"]);
    check(
        "upstream = \"off\"\n[fresh]\nttl = \"soon\"\n",
        &["`fresh.ttl` cannot be `soon`", "settings.toml:3"],
    );
    check("upstream = \"off\"\n[fresh]\ntll = \"1s\"\n", &["did you mean `fresh.ttl`?"]);
    check("upstream = \"off\"\n[fetch]\nnetrc = \"/nonexistent\"\n", &["netrc", "/nonexistent"]);
    check(
        "upstream = \"off\"\n[fetch]\nca_files = \"/dev/null\"\n",
        &["holds no PEM certificates"],
    );
    let own = format!("upstream = \"http://{}\"\n", world.server.address());
    check(&own, &["is this very server"]);
    assert_eq!(world.status(&files.url_path("mod")), 200);
    check_line(&world.reload(&good), &["settings reloaded", "changed=0"]);
}

#[test]
fn another_upstream_is_asked_at_once_and_old_absences_are_forgotten() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let files = second.publish(Module::new("example.com/a", "v1.0.0"));
    let settings = |url: &str| format!("upstream = \"{url}\"\n[fresh]\nnegative_ttl = \"1h\"\n");
    let world = World::start(&settings(&first.url()), |launch| launch);
    assert_eq!(world.status(&files.url_path("mod")), 404);
    assert_eq!(world.status("/example.com/a/@v/list"), 404);
    world.reload(&settings(&second.url()));
    assert_eq!(world.status(&files.url_path("mod")), 200);
    assert_eq!(world.status("/example.com/a/@v/list"), 200);
    assert_eq!(world.status(&files.url_path("zip")), 200);
}

#[test]
fn a_path_that_became_private_is_asked_of_nobody_and_served_to_nobody() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("corp.example/a", "v1.0.0"));
    let settings = |private: &str| {
        format!("upstream = \"{}\"\n[go]\nnoproxy = \"{private}\"\n", upstream.url())
    };
    let world = World::start(&settings(""), |launch| launch);
    let path = files.url_path("mod");
    assert_eq!(world.status(&path), 200);
    assert_eq!(world.status(&path), 200);
    world.reload(&settings("corp.example"));
    assert_eq!(world.status(&path), 404);
    world.reload(&settings(""));
    assert_eq!(world.status(&path), 200);
}

#[test]
fn a_lifted_exemption_has_what_was_seen_first_proved() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    database.lie(&files, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let settings =
        |exempt: &str| format!("upstream = \"{}\"\n[go]\nnosumdb = \"{exempt}\"\n", upstream.url());
    let world = World::start(&settings("example.com"), |launch| launch.database(&database));
    let path = files.url_path("zip");
    assert_eq!(world.status(&path), 200);
    world.server.wait_stored(&path);
    assert_eq!(world.status(&path), 200);
    world.reload(&settings(""));
    // It is served from what was vouched for until its proof is in, and never after that.
    assert_eq!(world.status(&path), 200);
    assert!(world.server.wait_talk("alarm=\"integrity\""), "{}", world.server.talk());
    let give_up = Instant::now() + Duration::from_secs(10);
    while world.status(&path) != 403 {
        assert!(Instant::now() < give_up, "it is served on: {}", world.server.talk());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn answers_carry_the_time_that_the_new_settings_give_them() {
    let upstream = Upstream::start();
    upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let settings =
        |ttl: &str| format!("upstream = \"{}\"\n[fresh]\nttl = \"{ttl}\"\n", upstream.url());
    let world = World::start(&settings("100s"), |launch| launch);
    let max_age = || {
        let answer = get(&world.server.url("/example.com/a/@v/list"));
        answer.header("cache-control").unwrap_or_default().to_owned()
    };
    assert!(max_age().contains("max-age=100"), "{}", max_age());
    world.reload(&settings("200s"));
    assert!(max_age().contains("max-age=200"), "{}", max_age());
}

#[test]
fn a_fetch_that_runs_ends_on_the_upstream_it_began_with() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let files = first.publish(Module::new("example.com/a", "v1.0.0").filler("x", 500_000));
    let gate = larder_testkit::Gate::new();
    let path = files.url_path("zip");
    first.once(&path, larder_testkit::Behaviour::honest().held(200_000, &gate));
    let settings = |url: &str| format!("upstream = \"{url}\"\n");
    let world = World::start(&settings(&first.url()), |launch| launch);
    let mut running = Request::get(&world.server.url(&path)).open().expect("a head");
    let begun = running.take(1000).expect("some bytes");
    world.reload(&settings(&second.url()));
    gate.open();
    let body = [begun, running.rest().expect("the rest")].concat();
    assert!(body == files.zip.as_ref(), "other bytes");
    world.server.wait_stored(&path);
}

#[test]
fn a_rate_that_is_set_holds_at_once() {
    let upstream = Upstream::start();
    upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let settings = |rate: &str| format!("upstream = \"{}\"\n{rate}", upstream.url());
    let world = World::start(&settings(""), |launch| launch);
    let refused = || {
        let asked = (0..30).map(|_| world.status("/example.com/a/@v/list"));
        asked.filter(|&status| status != 200).count()
    };
    assert_eq!(refused(), 0);
    world.reload(&settings("[limits]\nrequests_per_second = \"1\"\nrequests_burst = 5\n"));
    assert!(refused() > 10, "{}", world.server.talk());
    world.reload(&settings(""));
    assert_eq!(refused(), 0);
}

#[test]
fn the_log_grows_and_shrinks_with_its_settings() {
    let upstream = Upstream::start();
    upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let settings = |level: &str, access: &str| {
        let url = upstream.url();
        format!("upstream = \"{url}\"\n[log]\nlevel = \"{level}\"\naccess = \"{access}\"\n")
    };
    let world = World::start(&settings("info", "on"), |launch| launch);
    let has_line = |name: &str| {
        get(&world.server.url(&format!("/example.com/{name}/@v/list")));
        world.server.wait_talk(&format!("/example.com/{name}/@v/list"))
    };
    assert!(has_line("first"));
    let quiet = world.reload(&settings("error", "off"));
    check_line(&quiet, &["key=\"log.level\"", "new=\"error\""]);
    get(&world.server.url("/example.com/second/@v/list"));
    let loud = world.reload(&settings("debug", "on"));
    check_line(&loud, &["key=\"log.level\"", "new=\"debug\""]);
    assert!(has_line("third"));
    assert!(!world.server.talk().contains("/example.com/second/"), "{}", world.server.talk());
}

#[test]
fn a_changed_netrc_counts_though_its_name_is_the_same() {
    let upstream = Upstream::start();
    let home = TempDir::new().unwrap();
    let netrc = home.path().join("netrc");
    fs_err::write(&netrc, "machine a.example login me password one\n").unwrap();
    let settings =
        format!("upstream = \"{}\"\n[fetch]\nnetrc = \"{}\"\n", upstream.url(), netrc.display());
    let world = World::start(&settings, |launch| launch);
    assert!(!world.server.reload().contains("fetch.netrc"));
    fs_err::write(&netrc, "machine a.example login me password two\n").unwrap();
    let said = world.server.reload();
    check_line(&said, &["what the file of a setting says has changed", "fetch.netrc"]);
    assert!(!said.contains("password") && !said.contains("two\""), "{said}");
}
