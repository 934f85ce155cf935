//! `larder serve` before its first request: what it says when it can start, and when it cannot,
//! with the way out.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use larder_testkit::{Launch, free_address};
use tempfile::TempDir;

const EXE: &str = env!("CARGO_BIN_EXE_larder");

/// The exit code and stderr of a start that fails, with `directory` made the same on every machine.
fn refused(launch: Launch, directory: &Path) -> String {
    let output = launch.run_to_exit();
    assert!(output.stdout.is_empty(), "stdout is for data");
    let told = String::from_utf8(output.stderr).unwrap();
    let told = told.replace(&directory.display().to_string(), "[DIR]");
    format!("exit: {}\n{told}", output.status.code().unwrap())
}

#[test]
fn a_start_says_address_store_and_upstream_without_passwords() {
    let launch = Launch::new(EXE, "https://ann:hunter2@proxy.example,off");
    let server = launch.start();
    assert!(server.wait_talk("listening"), "{}", server.talk());
    let talk = server.talk();
    let line = talk.lines().find(|line| line.contains("listening")).unwrap();
    for part in [
        format!("url=http://{}", server.address()),
        format!("store={}", server.data().display()),
        "upstream=https://xxxxx@proxy.example,off".to_owned(),
    ] {
        assert!(line.contains(&part), "{part} is missing in: {line}");
    }
    assert!(!talk.contains("hunter2"), "{talk}");
}

#[test]
fn port_0_takes_a_free_one_and_names_it() {
    // The kit waits at the address it gave, so this start is a short one of its own.
    let home = TempDir::new().unwrap();
    let mut child = std::process::Command::new(EXE)
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .args(["--upstream", "off", "--data"])
        .arg(home.path().join("store"))
        .env_clear()
        .env("GOSUMDB", "off")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let line = lines.map_while(Result::ok).find(|line| line.contains("listening")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, address) = line.split_once(" address=127.0.0.1:").unwrap();
    let port: u16 = address.split(' ').next().unwrap().parse().unwrap();
    assert_ne!(port, 0, "{line}");
}

#[test]
fn a_json_log_is_json_from_its_first_line() {
    let server = Launch::new(EXE, "").env("LARDER_LOG_FORMAT", "json").start();
    assert!(server.wait_talk("no upstream is set"), "{}", server.talk());
    for line in server.talk().lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(told.is_object(), "{line}");
    }
}

#[test]
fn without_an_upstream_it_starts_and_says_how_to_set_one() {
    let server = Launch::new(EXE, "").start();
    assert!(server.wait_talk("no upstream is set"), "{}", server.talk());
    assert!(server.wait_talk("`--upstream LIST`"), "{}", server.talk());
}

#[test]
fn without_a_database_it_says_that_nothing_is_verified() {
    let server = Launch::new(EXE, "off").start();
    assert!(server.wait_talk("no checksum database (GOSUMDB in the environment)"));
}

#[test]
fn listening_beyond_loopback_is_a_warning() {
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, free_address().port()));
    let server = Launch::new(EXE, "off").listen(everywhere).start();
    assert!(server.wait_talk("beyond this machine (--listen)"), "{}", server.talk());
    let local = Launch::new(EXE, "off").start();
    assert!(local.wait_talk("listening") && !local.talk().contains("beyond this machine"));
}

#[test]
fn a_second_server_on_one_address_says_so() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let home = TempDir::new().unwrap();
    let told = refused(Launch::new(EXE, "off").listen(address), home.path());
    insta::assert_snapshot!(told.replace(&address.to_string(), "[ADDR]"), @"
    exit: 1
    error: could not start the server
      cause: another server already listens on `[ADDR]`
      hint: `listen` is set by --listen; choose another address with `--listen ADDR`
    ");
}

#[test]
fn a_second_server_for_the_same_maintainers_says_so() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let home = TempDir::new().unwrap();
    let told = refused(Launch::new(EXE, "off").admin_listen(address), home.path());
    insta::assert_snapshot!(told.replace(&address.to_string(), "[ADDR]"), @"
    exit: 1
    error: could not start the server
      cause: cannot listen for maintainers on `[ADDR]`
      cause: Address already in use (os error 98)
      hint: `admin.listen` is set by --admin-listen; choose another address with `--admin-listen ADDR`, or `off`
    ");
}

#[test]
fn maintainers_beyond_loopback_are_a_warning() {
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, free_address().port()));
    let server = Launch::new(EXE, "off").admin_listen(everywhere).start();
    assert!(server.wait_talk("listening for maintainers on 0.0.0.0:"), "{}", server.talk());
    let local = Launch::new(EXE, "off").start();
    assert!(local.wait_talk(&format!("admin={}", local.admin_address())), "{}", local.talk());
    assert!(!local.talk().contains("beyond this machine"), "{}", local.talk());
}

#[test]
fn a_store_that_is_a_file_is_refused() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    fs_err::write(&data, "a file").unwrap();
    insta::assert_snapshot!(refused(Launch::new(EXE, "off").data(&data), home.path()), @"
    exit: 1
    error: could not open the store in `[DIR]/data`
      cause: `[DIR]/data` is not a directory
      hint: name another directory, or move the file away
      hint: `data` is set by --data
    ");
}

#[test]
fn a_store_of_another_format_is_left_alone() {
    let home = TempDir::new().unwrap();
    fs_err::write(home.path().join("VERSION"), "999\n").unwrap();
    let told = refused(Launch::new(EXE, "off").data(home.path()), home.path());
    assert!(told.starts_with("exit: 1\n") && told.contains("999"), "{told}");
    assert_eq!(fs_err::read_dir(home.path()).unwrap().count(), 1, "something was written");
}

#[test]
fn an_upstream_that_is_this_very_server_is_refused() {
    let address = free_address();
    let upstream = format!("http://{address}");
    let home = TempDir::new().unwrap();
    let told = refused(Launch::new(EXE, &upstream).listen(address), home.path());
    insta::assert_snapshot!(told.replace(&address.to_string(), "[ADDR]"), @"
    exit: 2
    error: could not start the server
      cause: the upstream `http://[ADDR]` is this very server
      hint: `upstream` is set by --upstream; name another with `--upstream LIST`
    ");
}

#[test]
fn a_certificate_that_cannot_be_served_is_refused_with_the_way_out() {
    let home = TempDir::new().unwrap();
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| home.path().join(name));
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let launch = || Launch::new(EXE, "off").arg("--tls-cert").arg(&cert);
    let told = refused(launch().arg("--tls-key").arg(&key), home.path());
    insta::assert_snapshot!(told, @"
    exit: 2
    error: could not start the server
      cause: could not read `[DIR]/cert.pem`
      cause: No such file or directory (os error 2)
      hint: name a file that is there and that the server's user may read
      hint: `tls.cert` is set by --tls-cert, `tls.key` by --tls-key
    ");
    fs_err::write(&cert, "no certificate").unwrap();
    fs_err::write(&key, "no key").unwrap();
    let told = refused(launch().arg("--tls-key").arg(&key), home.path());
    insta::assert_snapshot!(told, @"
    exit: 2
    error: could not start the server
      cause: `[DIR]/cert.pem` holds no certificate
      hint: both files are PEM: `tls.cert` the certificate with its chain, `tls.key` the key
      hint: `tls.cert` is set by --tls-cert, `tls.key` by --tls-key
    ");
    insta::assert_snapshot!(refused(launch(), home.path()), @"
    exit: 2
    error: `tls.cert` is set and `tls.key` is not
      hint: `tls.cert` is set by --tls-cert; name both files, or neither
    ");
}

#[test]
fn files_that_settings_name_must_be_there() {
    let home = TempDir::new().unwrap();
    let missing = home.path().join("ca.pem").display().to_string();
    let launch = Launch::new(EXE, "off").env("LARDER_FETCH_CA_FILES", &missing);
    insta::assert_snapshot!(refused(launch, home.path()), @"
    exit: 2
    error: could not read a file of certificates
      cause: failed to open file `[DIR]/ca.pem`: No such file or directory (os error 2)
      hint: `fetch.ca_files` is set by LARDER_FETCH_CA_FILES
    ");
    let launch = Launch::new(EXE, "off").env("LARDER_FETCH_NETRC", &missing);
    let told = refused(launch, home.path());
    assert!(told.starts_with("exit: 2\nerror: could not read the netrc file\n"), "{told}");
}

#[test]
fn a_netrc_that_go_passes_over_does_not_keep_the_server_from_starting() {
    let home = TempDir::new().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    // A directory cannot be read as a file, whoever asks.
    fs_err::create_dir(path("directory")).unwrap();
    let latin = b"# caf\xe9\nmachine mod.example login ann password word\n";
    fs_err::write(path("latin"), latin).unwrap();
    let check = |name: &str, warned: bool| {
        let server = Launch::new(EXE, "off").env("NETRC", &path(name)).start();
        assert!(server.wait_talk("listening"), "{}", server.talk());
        let talk = server.talk();
        assert_eq!(talk.contains("could not read the netrc file"), warned, "{name}: {talk}");
    };
    check("directory", true);
    check("missing", true);
    check("latin", false);
}

#[test]
fn a_forward_proxy_that_is_none_is_refused_without_its_password() {
    let home = TempDir::new().unwrap();
    let launch = Launch::new(EXE, "off").env("HTTPS_PROXY", "gopher://ann:hunter2@gate.example");
    let told = refused(launch, home.path());
    assert!(told.starts_with("exit: 2\nerror: could not start the server\n"), "{told}");
    assert!(told.contains("gate.example") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_database_without_a_known_key_is_refused() {
    let home = TempDir::new().unwrap();
    let launch = Launch::new(EXE, "off").env("GOSUMDB", "sum.example");
    insta::assert_snapshot!(refused(launch, home.path()), @"
    exit: 2
    error: `go.sumdb` cannot be `sum.example`
      cause: a checksum database is `sum.golang.org`, `name+hash+key`, either with an address behind it, or `off`
      hint: it is set by GOSUMDB in the environment
    ");
}
