//! `larder config`: which value each place gives a setting, what is refused, and that no secret is
//! shown. The order of the places is tested in `settings::resolve`; here the real program is run.

use larder_testkit::TestContext;

fn context() -> TestContext {
    TestContext::new(env!("CARGO_BIN_EXE_larder"))
}

/// The lines of `config show` for these settings.
fn shown(context: &TestContext, args: &[&str], env: &[(&str, &str)], keys: &[&str]) -> String {
    let mut command = context.command();
    command.args(["config", "show"]).args(args).envs(env.iter().copied());
    let told = context.told(&mut command);
    let of_keys = |line: &&str| {
        keys.iter().any(|key| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" =")))
    };
    // The padding depends on the longest value, which a redaction may have changed.
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    told.lines().filter(of_keys).map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_word_the_defaults_are_shown() {
    let keys = ["listen", "data", "upstream", "fresh.ttl", "go.sumdb", "fetch.netrc"];
    let env = [("GOSUMDB", "off"), ("GOPROXY", "off")];
    insta::assert_snapshot!(shown(&context(), &[], &env, &keys), @r#"
    listen = "127.0.0.1:7171" # default
    data = "[HOME]/.local/share/larder" # default
    upstream = "off" # GOPROXY in the environment
    fresh.ttl = "60s" # default
    go.sumdb = "off" # GOSUMDB in the environment
    fetch.netrc = "[HOME]/.netrc" # default
    "#);
}

#[test]
fn every_place_is_named() {
    let context = context();
    context.file("larder.toml", "base_path = \"/p\"\n\n[fresh]\nttl = \"1m\"\n");
    let args = ["--listen", "127.0.0.1:0"];
    let env = [("LARDER_VERIFY", "strict"), ("GOPRIVATE", "corp.example")];
    let keys = ["listen", "verify", "base_path", "fresh.ttl", "go.private", "go.noproxy"];
    insta::assert_snapshot!(shown(&context, &args, &env, &keys), @r#"
    listen = "127.0.0.1:0" # --listen
    base_path = "/p" # larder.toml:1
    verify = "strict" # LARDER_VERIFY
    fresh.ttl = "1m" # larder.toml:4
    go.private = "corp.example" # GOPRIVATE in the environment
    go.noproxy = "corp.example" # go.private
    "#);
}

#[test]
fn gos_files_are_read_without_go() {
    let context = context();
    fs_err::create_dir_all(context.home().join(".config/go")).unwrap();
    fs_err::write(context.home().join(".config/go/env"), "GONOSUMDB=corp.example\n").unwrap();
    context.file("goroot/go.env", "GOPROXY=https://go.example\n");
    let goroot = context.work().join("goroot").display().to_string();
    let keys = ["upstream", "go.nosumdb"];
    insta::assert_snapshot!(shown(&context, &[], &[("GOROOT", &goroot)], &keys), @r#"
    upstream = "https://go.example" # GOPROXY in [WORK]/goroot/go.env
    go.nosumdb = "corp.example" # GONOSUMDB in [HOME]/.config/go/env
    "#);
}

#[test]
fn a_named_file_is_the_only_one() {
    let context = context();
    context.file("larder.toml", "verify = \"strict\"\n");
    context.file("other.toml", "workers = 3\n");
    let keys = ["verify", "workers"];
    insta::assert_snapshot!(shown(&context, &["--config", "other.toml"], &[], &keys), @r#"
    workers = "3" # other.toml:1
    verify = "stream" # default
    "#);
    let env = [("LARDER_CONFIG", "other.toml")];
    insta::assert_snapshot!(shown(&context, &[], &env, &["workers"]), @r#"workers = "3" # other.toml:1"#);
    insta::assert_snapshot!(context.run(&["config", "show", "--config", "none.toml"]), @"
    exit: 2
    --- stdout
    --- stderr
    error: could not read the settings file
      cause: failed to open file `none.toml`: No such file or directory (os error 2)
    ");
}

#[test]
fn a_password_is_never_shown() {
    let context = context();
    let secret = "https://ann:hunter2@proxy.example/go,direct";
    let env = [
        ("HTTPS_PROXY", "ann:hunter2@gate.example:3128"),
        ("GOSUMDB", "sum.golang.org https://ann:hunter2@sumdb.example"),
    ];
    let keys = ["upstream", "go.sumdb", "fetch.https_proxy"];
    insta::assert_snapshot!(shown(&context, &["--upstream", secret], &env, &keys), @r#"
    upstream = "https://xxxxx@proxy.example/go,direct" # --upstream
    go.sumdb = "sum.golang.org https://xxxxx@sumdb.example" # GOSUMDB in the environment
    fetch.https_proxy = "xxxxx@gate.example:3128" # HTTPS_PROXY
    "#);
    let told = context.run(&["config", "show", "--json", "--upstream", secret]);
    assert!(told.contains("//xxxxx@") && !told.contains("hunter2"), "{told}");
    let told = context.run(&["config", "show", "--upstream", "ftp://ann:hunter2@proxy.example"]);
    assert!(told.starts_with("exit: 2") && !told.contains("hunter2"), "{told}");
    let database = "word https://ann:hunter2@sumdb.example";
    let told = context.run(&["config", "show", "--go-sumdb", database]);
    assert!(told.starts_with("exit: 2") && !told.contains("hunter2"), "{told}");
    let cut = "https://ann:hunter2?hunter2@proxy.example";
    let told = context.run(&["config", "show", "--upstream", cut]);
    assert!(told.starts_with("exit: 2") && !told.contains("hunter2"), "{told}");
}

#[test]
fn json_says_the_same_to_a_machine() {
    let context = context();
    let mut command = context.command();
    let output = command.args(["config", "show", "--json", "--fresh-ttl", "5s"]).output().unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ttl = shown["settings"].as_array().unwrap().iter().find(|row| row["key"] == "fresh.ttl");
    insta::assert_snapshot!(serde_json::to_string_pretty(ttl.unwrap()).unwrap(), @r#"
    {
      "flag": "--fresh-ttl",
      "key": "fresh.ttl",
      "origin": "--fresh-ttl",
      "origin_kind": "flag",
      "value": "5s",
      "variable": "LARDER_FRESH_TTL"
    }
    "#);
}

#[test]
fn an_unknown_key_suggests_the_near_one() {
    let context = context();
    context.file("larder.toml", "[fresh]\nttll = \"1m\"\n");
    insta::assert_snapshot!(context.run(&["config", "show"]), @"
    exit: 2
    --- stdout
    --- stderr
    error: `larder.toml:2` sets `fresh.ttll`, which is no setting
      hint: did you mean `fresh.ttl`?
    ");
}

#[test]
fn an_unknown_variable_suggests_the_near_one() {
    let context = context();
    let mut command = context.command();
    command.args(["config", "show"]).env("LARDER_UPSTREEM", "off");
    insta::assert_snapshot!(context.told(&mut command), @"
    exit: 2
    --- stdout
    --- stderr
    error: the variable `LARDER_UPSTREEM` is no setting's
      hint: did you mean `LARDER_UPSTREAM`?
    ");
}

#[test]
fn a_wrong_value_says_what_is_wrong_and_where() {
    let context = context();
    context.file("larder.toml", "proof_wait = 5\n");
    insta::assert_snapshot!(context.run(&["config", "show"]), @"
    exit: 2
    --- stdout
    --- stderr
    error: `proof_wait` cannot be `5`
      cause: a duration is a number with its unit: `250ms`, `60s`, `10m`, `7d`
      hint: it is set by larder.toml:1
    ");
    let serve = ["serve", "--config", "/dev/null", "--upstream", "word"];
    insta::assert_snapshot!(context.run(&serve), @"
    exit: 2
    --- stdout
    --- stderr
    error: `upstream` cannot be `word`
      cause: entry 1 of the list of upstream proxies names no upstream: `word` is not a URL: it has no scheme
      hint: it is set by --upstream
    ");
}

#[test]
fn what_is_not_toml_names_its_line() {
    let context = context();
    context.file("larder.toml", "verify = \"strict\"\nworkers =\n");
    let told = context.run(&["config", "show"]);
    assert!(told.starts_with("exit: 2"), "{told}");
    assert!(told.contains("error: `larder.toml:2` is not TOML: "), "{told}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let shell = format!("{{ sleep 0.1; {} config show; }} | true", env!("CARGO_BIN_EXE_larder"));
    let context = TestContext::new("/bin/sh");
    insta::assert_snapshot!(context.run(&["-c", &shell]), @"
    exit: 0
    --- stdout
    --- stderr
    ");
}
