//! A real go, a real application and the real checksum database, through Larder: cold; then with the
//! upstream unreachable and nothing left on the client; then without a go.sum, which `go mod tidy`
//! must write again byte for byte as it does without Larder. The client reaches the database through
//! Larder alone.
//!
//! The application is a public one of about 190 module zips, itself had as a module. The upstream is
//! the GOPROXY of this machine's go. Where that go is older than the application takes, it gets the
//! toolchain that does, as it would for any project. Run by `scripts/test`, one at a time.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_testkit::{Go, LarderServer, Launch, Workspace};
use tempfile::TempDir;

const APPLICATION: &str = "github.com/gomods/athens@v0.18.0";
const PROGRAM: &str = "./cmd/proxy";
/// The release that the application's go.mod names.
const TAKES: &str = "go1.26.2";
const MODULES: usize = 150;
const DATABASE: &str = "sum.golang.org";
/// Nobody listens on the discard port of the loopback address.
const UNREACHABLE: &str = "http://127.0.0.1:9";

#[test]
#[ignore = "live: asks the GOPROXY of this machine for a real application"]
fn an_application_is_built_cold_then_offline_then_tidied() {
    let Some(go) = Go::local() else { return };
    story(&go, if go.is_at_least(TAKES) { "local" } else { TAKES });
}

#[test]
#[ignore = "live: asks the GOPROXY of this machine for a toolchain and a real application"]
fn the_newer_toolchain_comes_through_larder_and_does_the_same() {
    let Some(go) = Go::local() else { return };
    story(&go, "go1.27.3");
}

fn story(go: &Go, toolchain: &str) {
    let upstream = setting_of_host("GOPROXY");
    let store = TempDir::new().unwrap();
    let direct = client(go, &upstream, toolchain);
    let (go_mod, go_sum) = tidied_directly(&direct);

    let cold = serve(&upstream, store.path());
    let mut client = client(go, &cold.url(""), toolchain);
    copy_application(&direct, &client);
    let version = client.run(&["version"]).expect_success();
    assert!(toolchain == "local" || version.contains(toolchain), "{version}");
    download_and_build(&client, "cold");
    // Tidying asks for more than building does: what the tests of dependencies import. Who wants to
    // tidy offline has tidied online once.
    client.run(&["mod", "tidy"]).expect_success();
    drop(cold);

    let offline = serve(UNREACHABLE, store.path());
    client.set_env("GOPROXY", &offline.url(""));
    client.forget();
    download_and_build(&client, "offline");

    client.forget();
    fs_err::remove_file(client.dir().join("go.sum")).unwrap();
    client.run(&["mod", "tidy"]).expect_success();
    assert!(client.read("go.sum") == go_sum, "go.sum differs from what go writes directly");
    assert!(client.read("go.mod") == go_mod, "go.mod differs from what go writes directly");
    client.run(&["mod", "verify"]).expect_success();
}

/// Every module of the application, then its program.
fn download_and_build(client: &Workspace, when: &str) {
    client.run(&["mod", "download"]).expect_success();
    let zips = zips_below(&module_cache(client).join("cache/download"));
    assert!(zips >= MODULES, "{when}: only {zips} zips");
    // Without paths in its keys, go's build cache serves the next run of this test too.
    client.run(&["build", "-trimpath", "-o", "program", PROGRAM]).expect_success();
    let program = client.dir().join("program");
    assert!(fs_err::metadata(&program).unwrap().len() > 0, "{when}: no program");
    fs_err::remove_file(program).unwrap();
}

/// The application's go.mod and go.sum as this go writes them without Larder.
fn tidied_directly(direct: &Workspace) -> (String, String) {
    let json = direct.run(&["mod", "download", "-json", APPLICATION]).expect_success();
    let module: serde_json::Value = serde_json::from_str(&json).unwrap();
    copy(Path::new(module["Dir"].as_str().unwrap()), &direct.dir());
    fs_err::remove_file(direct.dir().join("go.sum")).unwrap();
    direct.run(&["mod", "tidy"]).expect_success();
    (direct.read("go.mod"), direct.read("go.sum"))
}

fn copy_application(from: &Workspace, to: &Workspace) {
    copy(&from.dir(), &to.dir());
}

/// A world in which go asks `goproxy` for modules and checks them against the real database, which
/// it reaches through `goproxy` alone.
fn client(go: &Go, goproxy: &str, toolchain: &str) -> Workspace {
    let client = go.workspace().goproxy(goproxy).gosumdb(DATABASE).env("GOTOOLCHAIN", toolchain);
    passed_on().into_iter().fold(client, |client, (name, value)| client.env(name, &value))
}

fn serve(upstream: &str, store: &Path) -> LarderServer {
    let launch = Launch::new(env!("CARGO_BIN_EXE_larder"), upstream)
        .data(store)
        .env("GOSUMDB", DATABASE)
        .env("LARDER_LOG_ACCESS", "off");
    passed_on().into_iter().fold(launch, |launch, (name, value)| launch.env(name, &value)).start()
}

/// What this machine needs to reach its upstream at all. A loopback address goes through no proxy.
#[expect(clippy::disallowed_methods, reason = "a live test is about this machine's upstream")]
fn passed_on() -> Vec<(&'static str, String)> {
    let names = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NETRC",
    ];
    names.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))).collect()
}

fn setting_of_host(name: &str) -> String {
    let output = Command::new("go").args(["env", name]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn module_cache(client: &Workspace) -> PathBuf {
    PathBuf::from(client.run(&["env", "GOMODCACHE"]).expect_success().trim())
}

fn zips_below(folder: &Path) -> usize {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => zips_below(&path),
            Some(extension) if extension == "zip" => 1,
            _ => 0,
        })
        .sum()
}

/// Copies a tree; the copies may be written, whatever the originals say.
fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs_err::write(copied, fs_err::read(&path).unwrap()).unwrap();
        }
    }
}
