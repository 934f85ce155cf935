//! A store that something else has damaged: what is broken is fetched again or refused, never
//! served, and the rest goes on.

use std::path::{Path, PathBuf};

use larder_testkit::client::{Request, get};
use larder_testkit::{LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// A server that has stored two modules.
fn world() -> (Upstream, LarderServer, [ModuleFiles; 2]) {
    let upstream = Upstream::start();
    let publish = |path| upstream.publish(Module::new(path, "v1.0.0").filler("data", 200_000));
    let modules = [publish("example.com/a"), publish("example.com/b")];
    let server = Launch::new(LARDER, &upstream.url()).start();
    for files in &modules {
        for path in [files.url_path("zip"), files.url_path("mod"), files.list_path()] {
            assert_eq!(get(&server.url(&path)).status, 200);
            server.wait_stored(&path);
        }
    }
    (upstream, server, modules)
}

/// Every file below `path` whose own path contains `part`.
fn files_below(path: &Path, part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(path).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(files_below(&path, part));
        } else if path.to_string_lossy().contains(part) {
            found.push(path);
        }
    }
    found
}

/// Whether every part is served whole or not at all; how many were.
fn whole(server: &LarderServer, modules: &[ModuleFiles]) -> usize {
    let mut whole = 0;
    for files in modules {
        for (suffix, bytes) in [("mod", &files.go_mod), ("zip", &files.zip)] {
            let path = files.url_path(suffix);
            if let Ok(answer) = Request::get(&server.url(&path)).send()
                && answer.status == 200
            {
                assert!(answer.body == bytes.as_ref(), "{path}: other bytes");
                whole += 1;
            }
        }
    }
    whole
}

#[test]
fn a_missing_or_shortened_body_is_fetched_again() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 3] = [
        ("removed", |path| fs_err::remove_file(path).expect("a file can be removed")),
        ("emptied", |path| fs_err::write(path, "").expect("a file can be written")),
        ("shortened", |path| {
            let bytes = fs_err::read(path).expect("a file can be read");
            fs_err::write(path, &bytes[..bytes.len() / 2]).expect("a file can be written");
        }),
    ];
    for (name, damage) in damages {
        let (upstream, mut server, modules) = world();
        server.kill9();
        let bodies = files_below(server.data(), "/blob/");
        assert_eq!(bodies.len(), 2, "{bodies:?}");
        for path in &bodies {
            damage(path);
        }
        server.restart();
        assert_eq!(whole(&server, &modules), 4, "{name}: {}", server.talk());
        server.wait_stored(&modules[0].url_path("zip"));
        upstream.cut();
        server.restart();
        assert_eq!(get(&server.url(&modules[0].url_path("zip"))).body, modules[0].zip.as_ref());
    }
}

#[test]
fn a_record_of_nonsense_does_not_stop_the_server_or_serve_nonsense() {
    for nonsense in ["", "\0\0\0\0", "{}", "{\"format\":99}", "<html>"] {
        let (_upstream, mut server, modules) = world();
        server.kill9();
        for path in files_below(server.data(), "/ver/") {
            if path.to_string_lossy().contains("example.com/a") {
                fs_err::write(path, nonsense).expect("a file can be written");
            }
        }
        server.restart();
        let whole = whole(&server, &modules);
        assert!(whole >= 2, "{nonsense:?}: the other module must go on: {}", server.talk());
        assert_eq!(get(&server.url("/healthz")).status, 200);
    }
}

#[test]
fn a_changeable_answer_of_nonsense_is_fetched_again() {
    let (_upstream, mut server, modules) = world();
    server.kill9();
    for path in files_below(server.data(), "/mut/") {
        fs_err::write(path, "nonsense").expect("a file can be written");
    }
    server.restart();
    assert_eq!(get(&server.url(&modules[0].list_path())).text(), "v1.0.0\n");
}

#[test]
fn a_store_of_a_later_format_is_refused_by_name() {
    let (_upstream, mut server, _) = world();
    server.kill9();
    let version = files_below(server.data(), "VERSION");
    assert_eq!(version.len(), 1, "{version:?}");
    fs_err::write(&version[0], "99\n").expect("a file can be written");
    let output = Launch::new(LARDER, "off").data(server.data()).run_to_exit();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("99") || stderr.contains("version"), "{stderr}");
}
