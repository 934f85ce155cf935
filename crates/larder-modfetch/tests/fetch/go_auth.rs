//! GOAUTH: who is asked for credentials, when, and where they go.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_modcache::ModuleCache;
use larder_modfetch::{CachedConfig, CachedFetcher, GoSums, Silence};
use larder_modload::{GoModAt, GoModSource as _, SourceError, SourceErrorKind};
use larder_module::NamedVersion;
use tempfile::TempDir;

use crate::scripted::{AUTHORITY, Asked, Reply, Scripted};

/// An upstream that gives go.mod files to whoever brings this authorization.
fn guarded(wanted: &'static str) -> Scripted {
    Scripted::https(move |asked: &Asked, _| {
        if asked.header("authorization") == wanted {
            Reply::new(200, "module example.com/m\n")
        } else {
            Reply::text(401, "who are you?").header("WWW-Authenticate", "Basic realm=x")
        }
    })
}

/// A program that is run by GOAUTH.
fn script(home: &TempDir, text: &str) -> PathBuf {
    let path = home.path().join("auth command");
    fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn ask(home: &Path, upstream: &Scripted, goauth: &str) -> Result<(), SourceError> {
    let mut config = CachedConfig {
        goproxy: upstream.url(),
        gosumdb: "off".to_owned(),
        goauth: goauth.to_owned(),
        netrc: Some(home.join("netrc")),
        ..CachedConfig::new(ModuleCache::at(home.join("mod")))
    };
    config.transport.extra_roots.push(AUTHORITY.to_vec());
    let fetcher = CachedFetcher::new(config, GoSums::none(), Arc::new(Silence));
    let module = NamedVersion::new("example.com/m", "v1.0.0").checked().unwrap();
    fetcher.go_mods(&[GoModAt::Module(module)]).pop().unwrap().map(drop)
}

// base64 of me:word.
const WORD: &str = "Basic bWU6d29yZA==";

#[test]
fn a_netrc_file_is_read_by_default_and_not_under_off() {
    let (home, upstream) = (TempDir::new().unwrap(), guarded(WORD));
    let machine = upstream.address();
    let netrc =
        format!("machine {machine} login me password word\nmachine {machine} login x password y\n");
    fs_err::write(home.path().join("netrc"), netrc).unwrap();
    ask(home.path(), &upstream, "netrc").unwrap();
    let other = TempDir::new().unwrap();
    let error = ask(other.path(), &upstream, "off").unwrap_err();
    assert!(error.text.contains("401 Scripted\n\tserver response: who are you?"), "{error}");
    assert_eq!(upstream.asked().len(), 2, "who has nothing to add is not asked twice");
}

#[test]
fn a_command_is_run_once_without_a_url_and_gives_headers_by_prefix() {
    let (home, upstream) = (TempDir::new().unwrap(), guarded(WORD));
    let log = home.path().join("log");
    let text = format!(
        "echo \"$#\" >> '{}'\nprintf '%s\\n\\n' '{}/example.com'\nprintf 'Authorization: {WORD}\\n\\n'",
        log.display(),
        upstream.url()
    );
    let program = script(&home, &text);
    ask(home.path(), &upstream, &format!("'{}' and words", program.display())).unwrap();
    assert_eq!(upstream.asked().len(), 1);
    assert_eq!(fs_err::read_to_string(log).unwrap(), "2\n", "its words, and no URL");
}

#[test]
fn a_command_is_told_of_a_refusal_and_asked_again() {
    let (home, upstream) = (TempDir::new().unwrap(), guarded(WORD));
    let log = home.path().join("log");
    let text = format!(
        "test $# -gt 0 || exit 0\ncat > '{}'\nprintf '%s\\n\\n' \"$1\"\nprintf 'Authorization: {WORD}\\n\\n'",
        log.display()
    );
    let program = script(&home, &text);
    ask(home.path(), &upstream, &format!("netrc; '{}'", program.display())).unwrap();
    assert_eq!(upstream.asked().len(), 2);
    let told = fs_err::read_to_string(log).unwrap();
    assert!(told.starts_with("HTTP/1.1 401 Unauthorized\n"), "{told}");
    assert!(
        told.contains("\nWww-Authenticate: Basic realm=x\n") && told.ends_with("\n\n"),
        "{told}"
    );
}

#[test]
fn a_command_that_fails_or_babbles_is_passed_over() {
    let (home, upstream) = (TempDir::new().unwrap(), guarded(WORD));
    let machine = upstream.address();
    let netrc = format!("machine {machine} login me password word\n");
    fs_err::write(home.path().join("netrc"), netrc).unwrap();
    for text in ["exit 3", "echo nonsense", "printf 'https://x\\n\\nbroken\\n\\n'"] {
        let program = script(&home, text);
        ask(home.path(), &upstream, &format!("'{}';netrc", program.display())).unwrap();
        let fresh = home.path().join("mod");
        fs_err::remove_dir_all(fresh).unwrap();
    }
    ask(home.path(), &upstream, "/no/such/program; netrc").unwrap();
}

#[test]
fn git_is_asked_for_the_url_that_was_refused() {
    let (home, upstream) = (TempDir::new().unwrap(), guarded(WORD));
    let repository = home.path().join("repository");
    fs_err::create_dir_all(&repository).unwrap();
    let git = |arguments: &[&str]| {
        let ran =
            std::process::Command::new("git").args(arguments).current_dir(&repository).status();
        assert!(ran.unwrap().success(), "git {arguments:?}");
    };
    git(&["init", "-q"]);
    let helper = script(&home, "test \"$1\" = get && echo username=me && echo password=word");
    git(&["config", "credential.helper", &format!("!'{}'", helper.display())]);
    ask(home.path(), &upstream, &format!("git {}", repository.display())).unwrap();
    assert_eq!(upstream.asked().len(), 2);
}

#[test]
fn a_malformed_setting_ends_the_command_where_credentials_matter() {
    let upstream = guarded(WORD);
    let plain = Scripted::always(Reply::new(200, "module example.com/m\n"));
    let check = |goauth: &str, expect: &str| {
        let home = TempDir::new().unwrap();
        let error = ask(home.path(), &upstream, goauth).unwrap_err();
        assert_eq!((error.kind, &*error.text), (SourceErrorKind::Fatal, expect), "{goauth}");
        ask(home.path(), &plain, goauth).unwrap();
    };
    check("", "go: GOAUTH encountered an empty command (GOAUTH=)");
    check("netrc;;git /", "go: GOAUTH encountered an empty command (GOAUTH=netrc;;git /)");
    let text =
        "go: GOAUTH=off cannot be combined with other authentication commands (GOAUTH=netrc;off)";
    check("netrc;off", text);
    let wants = "go: GOAUTH=git dir method requires an absolute path to the git working directory";
    check("git", wants);
    check("git x", &format!("{wants}, dir is not absolute"));
    check("git /etc/passwd", &format!("{wants}, dir is not a directory"));
    let text = "go: GOAUTH=git encountered an error; cannot stat /no/such: stat /no/such: no such file or directory";
    check("git /no/such", text);
    assert_eq!(upstream.asked().len(), 0);
}
