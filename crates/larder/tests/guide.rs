//! The guide's commands for what is stored, run as they are written: the shell blocks of its sections,
//! by a shell, beside a server that has what they name.
//!
//! Left out are lines that need a machine of their own (another user, ssh, systemd, a fixed path). The
//! recipe for a backup is in backup.rs.

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_testkit::{LarderServer, Launch, Module, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
/// What a line begins with that is not run here.
const LEFT_OUT: [&str; 6] = ["sudo ", "ssh ", "(umask ", "curl ", "ls -l /var", "  -d "];

/// The shell lines below a heading of the guide, up to the next of its kind.
fn commands(heading: &str) -> Vec<String> {
    let guide: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs/operations.md"].iter().collect();
    let guide = fs_err::read_to_string(guide).expect("the guide");
    let begin = guide.find(&format!("\n{heading}\n")).expect("the heading") + heading.len() + 2;
    let section = guide[begin..].split("\n#").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
    let run = lines.filter(|line| !LEFT_OUT.iter().any(|begin| line.starts_with(begin)));
    // `larder status --server …` is for another machine.
    run.filter(|line| !line.contains("--token-file")).map(str::to_owned).collect()
}

/// A home with two projects, and a server whose upstream has what they and the guide name.
struct World {
    home: TempDir,
    server: LarderServer,
    _upstream: Upstream,
}

impl World {
    fn new() -> World {
        let upstream = Upstream::start();
        let text = upstream.publish(Module::new("golang.org/x/text", "v0.14.0"));
        let lib = upstream.publish(Module::new("example.com/lib", "v1.2.3"));
        upstream.publish(Module::new("example.com/team/lib", "v1.0.0"));
        let home = TempDir::new().expect("a home");
        for (project, needs) in [("app", text), ("other", lib)] {
            let folder = home.path().join("src").join(project);
            fs_err::create_dir_all(&folder).expect("a project");
            let go_mod =
                format!("module {project}.example\n\nrequire {} {}\n", needs.path, needs.version);
            fs_err::write(folder.join("go.mod"), go_mod).expect("a go.mod");
            fs_err::write(folder.join("go.sum"), needs.go_sum()).expect("a go.sum");
        }
        let server = Launch::new(LARDER, &upstream.url()).start();
        World { home, server, _upstream: upstream }
    }

    fn run(&self, line: &str) {
        let program = Path::new(LARDER).parent().expect("a folder").display().to_string();
        let output = Command::new("sh")
            .args(["-c", line])
            .env_clear()
            .env("PATH", format!("{program}:/usr/bin:/bin"))
            .env("HOME", self.home.path())
            .env("LARDER_DATA", self.server.data())
            .env("LARDER_ADMIN_LISTEN", self.server.admin_address().to_string())
            .current_dir(self.home.path().join("src/app"))
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{line}`: {}\n{said}", output.status);
    }
}

/// Runs the lines of a section, of which there are so many.
fn check(heading: &str, count: usize) {
    let lines = commands(heading);
    assert_eq!(lines.len(), count, "{heading}: {lines:?}");
    let world = World::new();
    for line in &lines {
        world.run(line);
    }
}

#[test]
fn the_state_of_a_server_is_told() {
    check("### Status", 2);
}

#[test]
fn a_module_is_refreshed() {
    check("### Refresh", 1);
}

#[test]
fn a_version_is_purged_and_served_again() {
    check("### Purge", 2);
}

#[test]
fn projects_are_prefilled() {
    check("### Prefill", 4);
}

#[test]
fn what_nobody_uses_is_let_go() {
    check("### Retention", 3);
}

#[test]
fn what_is_stored_is_read_again() {
    check("### Scrubbing", 2);
}
