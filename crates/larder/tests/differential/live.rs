//! Real applications of different age and shape, had as modules through this machine's GOPROXY.
//!
//! A `larder serve` stands between, so that each module is fetched once from there whatever the
//! number of tellings. Applications whose zips are many are only loaded, not downloaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use larder_testkit::differential::{Side, Story, World, tell};
use larder_testkit::{Go, LarderServer, Launch, Workspace};

const DATABASE: &str = "sum.golang.org";

/// How much of an application is had.
#[derive(Clone, Copy)]
enum Depth {
    /// Its graph and the infos of all modules.
    Loaded,
    /// Its zips too.
    Downloaded,
}

/// Pinned; beside each what it is here for.
const APPLICATIONS: [(&str, &str, Depth); 15] = [
    (
        "prometheus, large, with replacements",
        "github.com/prometheus/prometheus@v0.55.0",
        Depth::Loaded,
    ),
    ("caddy, of a major version", "github.com/caddyserver/caddy/v2@v2.8.4", Depth::Loaded),
    (
        "etcd's server, with replacements that are missing",
        "go.etcd.io/etcd/server/v3@v3.5.17",
        Depth::Loaded,
    ),
    ("viper, before pruning", "github.com/spf13/viper@v1.7.0", Depth::Loaded),
    ("kubectl", "k8s.io/kubectl@v0.31.0", Depth::Loaded),
    ("kustomize, of a major version", "sigs.k8s.io/kustomize/kustomize/v5@v5.5.0", Depth::Loaded),
    ("traefik, with retractions and forks", "github.com/traefik/traefik/v3@v3.2.0", Depth::Loaded),
    ("fzf, small", "github.com/junegunn/fzf@v0.55.0", Depth::Downloaded),
    ("zap", "go.uber.org/zap@v1.27.0", Depth::Downloaded),
    ("cobra, before pruning", "github.com/spf13/cobra@v1.1.3", Depth::Loaded),
    (
        "consul's api, with incompatible versions",
        "github.com/hashicorp/consul/api@v1.30.0",
        Depth::Loaded,
    ),
    ("go-git, without a go line", "gopkg.in/src-d/go-git.v4@v4.13.1", Depth::Downloaded),
    ("gin, old", "github.com/gin-gonic/gin@v1.6.3", Depth::Downloaded),
    ("yaml, of gopkg.in", "gopkg.in/yaml.v3@v3.0.1", Depth::Downloaded),
    ("echo", "github.com/labstack/echo/v4@v4.12.0", Depth::Downloaded),
];
/// Which of them make a workspace.
const MEMBERS: [&str; 2] = ["github.com/junegunn/fzf@v0.55.0", "go.uber.org/zap@v1.27.0"];

#[test]
#[ignore = "live: asks the GOPROXY of this machine for real applications"]
fn real_applications() {
    let Some(go) = Go::local() else { return };
    let server = serve();
    let host = go.workspace().goproxy(&server.url("")).gosumdb(DATABASE);
    let mut stories: Vec<Story> = APPLICATIONS
        .iter()
        .map(|(name, module, depth)| story(name, &source(&host, module), *depth, &server))
        .collect();
    stories.push(workspace(MEMBERS.map(|module| source(&host, module)), &server));
    let larder = |go: &Go| Side::Instead(super::LARDER.into(), go.clone());
    tell(&stories, larder, &[], super::known::DIFFERENCES);
}

/// All that is asked of an application.
fn story(name: &'static str, source: &Path, depth: Depth, server: &LarderServer) -> Story {
    let source = source.to_owned();
    let story = connected(Story::new(name), server)
        .change(move |world: &World| copy(&source, &world.work()))
        .run("mod graph")
        .run("list -m all")
        .run("list -m -json all");
    let story = match depth {
        Depth::Loaded => story,
        Depth::Downloaded => story
            .run("list -m -mod=mod -versions all")
            .run("list -m -u all")
            .run("mod download")
            .run("mod download -json")
            .run("mod verify"),
    };
    // Once more, with nothing to ask.
    story.env("GOPROXY", "off").run("mod graph").run("list -m -mod=mod all")
}

/// Two applications as one workspace.
fn workspace(sources: [PathBuf; 2], server: &LarderServer) -> Story {
    connected(Story::new("two applications in one workspace"), server)
        .file("go.work", "go 1.22.0\n\nuse (\n\t./one\n\t./two\n)\n")
        .change(move |world: &World| {
            for (source, name) in sources.iter().zip(["one", "two"]) {
                copy(source, &world.work().join(name));
            }
        })
        .run("mod graph")
        .run("list -m all")
        .run("mod download")
        .run("list -m -json all")
        .run("mod verify")
}

fn connected(story: Story, server: &LarderServer) -> Story {
    story
        .patience(Duration::from_mins(10))
        .env("GOPROXY", &server.url(""))
        .env("GOSUMDB", DATABASE)
        .env("GOFLAGS", "-modcacherw")
}

fn serve() -> LarderServer {
    let output = Command::new("go").args(["env", "GOPROXY"]).output().expect("go starts");
    let upstream = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let launch = Launch::new(super::LARDER, &upstream)
        .env("GOSUMDB", DATABASE)
        .env("LARDER_LOG_ACCESS", "off");
    passed_on().into_iter().fold(launch, |launch, (name, value)| launch.env(name, &value)).start()
}

/// What this machine needs to reach its upstream at all.
#[expect(clippy::disallowed_methods, reason = "a live test is about this machine's upstream")]
fn passed_on() -> Vec<(&'static str, String)> {
    let names =
        ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    names.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))).collect()
}

/// Where an application's files are.
fn source(host: &Workspace, module: &str) -> PathBuf {
    let json = host.run(&["mod", "download", "-json", module]).expect_success();
    let module: serde_json::Value = serde_json::from_str(&json).expect("go prints JSON");
    PathBuf::from(module["Dir"].as_str().expect("a module has a directory"))
}

/// Copies what the commands read.
fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).expect("a directory can be made");
    for name in ["go.mod", "go.sum"] {
        if let Ok(content) = fs_err::read(from.join(name)) {
            fs_err::write(to.join(name), content).expect("a file can be written");
        }
    }
}
