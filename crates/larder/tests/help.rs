//! What the program says of itself: help, version, completions, manual page; and that what it says
//! of settings is what the table says.

use larder_testkit::TestContext;

fn context() -> TestContext {
    TestContext::new(env!("CARGO_BIN_EXE_larder"))
}

#[test]
fn help_lists_the_commands() {
    insta::assert_snapshot!(context().run(&["--help"]), @"
    exit: 0
    --- stdout
    Larder keeps a team's Go modules: fetched once, verified, and there when the upstream is not

    Usage: larder <COMMAND>

    Commands:
      mod          Download, check and show modules, as the go command does and faster
      list         List modules, as `go list -m` and faster
      serve        Run the module server
      status       Tell how a server is: what it stores, its upstreams, its alarms
      refresh      Fetch a module's version list, its latest version and its branches now
      purge        Serve a version no more, or again
      prefill      Bring what projects need into the store
      gc           Evict the zips that nobody used for longest
      fsck         Check everything that is stored, and mend it
      config       Show the settings: their values, origins and meaning
      completions  Print the completions for a shell
      man          Print the manual page

    Options:
      -h, --help     Print help
      -V, --version  Print version
    --- stderr
    ");
}

#[test]
fn the_version_is_data() {
    insta::assert_snapshot!(context().run(&["--version"]), @"
    exit: 0
    --- stdout
    larder [VERSION]
    --- stderr
    ");
}

#[test]
fn a_wrong_argument_is_a_usage_error() {
    insta::assert_snapshot!(context().run(&["serve", "--listne", "x"]), @"
    exit: 2
    --- stdout
    --- stderr
    error: unexpected argument '--listne' found

      tip: a similar argument exists: '--listen'

    Usage: larder serve --listen <ADDR>

    For more information, try '--help'.
    ");
}

#[test]
fn no_argument_is_a_usage_error() {
    let told = context().run(&[]);
    assert!(told.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{told}");
}

#[test]
fn help_of_serve_has_every_setting() {
    let help = context().run(&["serve", "--help"]);
    for row in larder::settings::schema::ROWS {
        assert!(help.contains(&row.flag()), "{} is missing in:\n{help}", row.flag());
    }
    let short = context().run(&["serve", "-h"]);
    assert!(short.contains("--upstream") && !short.contains("--fresh-ttl"), "{short}");
}

#[test]
fn help_of_a_command_tells_its_exit_codes_and_an_example() {
    for command in ["status", "refresh", "purge", "prefill", "gc", "fsck"] {
        let told = context().run(&[command, "--help"]);
        assert!(told.starts_with("exit: 0\n"), "{told}");
        assert!(told.contains("Exit codes: 0 ") && told.contains("Example"), "{told}");
        assert!(told.contains(&format!("\n  larder {command}")), "{told}");
        assert!(told.contains("--json") && told.contains("--server"), "{told}");
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let told = context().run(&["completions", shell]);
        assert!(told.starts_with("exit: 0") && told.contains("serve"), "{shell}: {told}");
    }
}

#[test]
fn the_manual_page_tells_all_commands() {
    let told = context().run(&["man"]);
    assert!(told.contains(".TH larder 1"), "{told}");
    assert!(told.contains("larder\\-serve") && told.contains("fresh\\-ttl"), "{told}");
    for command in ["status", "refresh", "purge", "prefill", "gc", "fsck"] {
        assert!(told.contains(&format!("larder\\-{command}")), "{command}: {told}");
    }
}

#[test]
fn the_documents_are_what_the_program_prints() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for (document, command) in [("settings.md", "reference"), ("larder.toml", "example")] {
        let output = context().command().args(["config", command]).output().unwrap();
        let kept = fs_err::read(format!("{root}/docs/{document}")).unwrap();
        assert!(output.stdout == kept, "docs/{document} is stale; run `cargo xtask docs`");
    }
}
