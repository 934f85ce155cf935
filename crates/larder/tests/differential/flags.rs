//! Flags, GOFLAGS, -C, -modfile, and the variables and files that settings come from.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n";
const SUMS: &str = "$SUM(example.com/c@v1.0.0)\n";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP).file("go.sum", SUMS)
}

pub(crate) fn stories() -> Vec<Story> {
    [flags(), places(), settings()].into_iter().flatten().collect()
}

fn flags() -> Vec<Story> {
    let spelled = [
        ("a flag has one hyphen or two", "mod download --json"),
        ("a flag may be true by name", "mod download -json=true"),
        ("a flag may be false by name", "mod download -json=false"),
        ("a flag of nonsense is an error", "mod download -json=perhaps"),
        ("an unknown flag of download is an error", "mod download -nonsense"),
        ("an unknown flag of graph is an error", "mod graph -nonsense"),
        ("an unknown flag of verify is an error", "mod verify -nonsense"),
        ("an unknown flag of list is an error", "list -m -nonsense"),
        ("a flag without its value is an error", "mod graph -go"),
        ("a flag with a value in the next word", "list -m -f {{.Path}} all"),
        ("flags end at two hyphens", "mod download -- example.com/c@v1.1.0"),
        ("a flag after an argument is an argument", "list -m example.com/c -json"),
        ("-mod of nonsense is an error", "list -m -mod=nonsense"),
        ("-mod is no matter to downloads", "mod download -mod=readonly"),
        ("-modcacherw is a flag of list", "list -m -modcacherw all"),
        ("-C comes first", "list -m -C sub"),
        ("-buildvcs and other build flags are known", "list -m -buildvcs=false -tags x,y all"),
        ("-x of a verify is known", "mod verify -x"),
    ];
    spelled.into_iter().map(|(name, command)| app(name).run(command)).chain(goflags()).collect()
}

fn goflags() -> Vec<Story> {
    let story = |name, flags: &str| {
        app(name)
            .env("GOFLAGS", flags)
            .run("list -m all")
            .run("mod download")
            .run("mod graph")
            .run("mod verify")
    };
    vec![
        story("GOFLAGS apply where they are known", "-json -x=false"),
        story("GOFLAGS that no command knows are an error", "-nonsense"),
        story("GOFLAGS must begin with a hyphen", "json"),
        story("GOFLAGS with nothing after the hyphen are an error", "-"),
        story("GOFLAGS take their values by an equals sign", "-mod=mod -modcacherw"),
        story("GOFLAGS need a value where there is one", "-mod"),
        story("GOFLAGS may be quoted", "'-tags=a b' -mod=mod"),
        story("GOFLAGS with an open quote are an error", "'-mod=mod"),
        story("GOFLAGS of nonsense values are an error", "-mod=nonsense"),
    ]
}

fn places() -> Vec<Story> {
    vec![
        app("-C works elsewhere")
            .enter("..")
            .run("-C work list -m all")
            .run("list -C work -m all")
            .run("mod download -C work -json")
            .run("mod -C work graph"),
        app("-C of a missing directory is an error")
            .run("list -C nowhere -m")
            .run("-C nowhere list -m"),
        app("another go.mod has its own sums")
            .file(
                "other.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire example.com/b v1.0.0\n",
            )
            .run("mod download -modfile=other.mod")
            .run("list -m -mod=mod -modfile=other.mod all")
            .run("mod graph -modfile=other.mod"),
        app("another go.mod ends in .mod")
            .file("other", APP)
            .run("list -m -modfile=other")
            .run("mod download -modfile=other"),
        app("another go.mod that is missing is an error")
            .run("list -m -modfile=none.mod")
            .run("mod graph -modfile=none.mod"),
        app("another go.mod needs a go.mod to begin with")
            .remove("go.mod")
            .file("other.mod", APP)
            .run("list -m -modfile=other.mod"),
        app("a module is found from below")
            .file("sub/dir/x.go", "package x\n")
            .enter("sub/dir")
            .run("list -m")
            .run("mod graph")
            .run("mod download"),
        app("a module within a module is its own")
            .file("sub/go.mod", "module example.com/app/sub\n\ngo 1.21\n")
            .enter("sub")
            .run("list -m all")
            .run("mod graph"),
        Story::new("a go.mod in the temporary directory does not count")
            .env("TMPDIR", "$WORK")
            .file("go.mod", APP)
            .run("list -m")
            .run("mod download"),
        Story::new("a go.mod in GOPATH does not count")
            .env("GOPATH", "$WORK")
            .env("GOMODCACHE", "$MODCACHE")
            .file("go.mod", APP)
            .run("list -m")
            .run("mod graph"),
        app("a go.mod that is a directory does not count")
            .remove("go.mod")
            .file("go.mod/x", "")
            .run("list -m")
            .run("mod download"),
        app("modules can be off")
            .env("GO111MODULE", "off")
            .run("list -m")
            .run("mod download")
            .run("mod graph")
            .run("mod verify"),
        app("modules can be on or automatic")
            .env("GO111MODULE", "on")
            .run("list -m")
            .env("GO111MODULE", "auto")
            .run("list -m"),
        app("modules cannot be nonsense")
            .env("GO111MODULE", "nonsense")
            .run("list -m")
            .run("mod download"),
        app("an overlay stands in front of go.mod")
            .file("overlay.json", "{\"Replace\": {\"go.mod\": \"real.mod\"}}\n")
            .file("real.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n")
            .file("go.sum", "$SUM(example.com/c@v1.1.0)\n")
            .run("list -m -overlay=overlay.json all"),
    ]
}

fn settings() -> Vec<Story> {
    vec![
        app("the cache is below GOPATH by default")
            .without_env("GOMODCACHE")
            .run("mod download -json"),
        app("GOPATH is below home by default")
            .without_env("GOMODCACHE")
            .without_env("GOPATH")
            .run("mod download -json"),
        app("of several GOPATHs the first has the cache")
            .without_env("GOMODCACHE")
            .env("GOPATH", "$ROOT/first:$ROOT/second")
            .run("mod download -json"),
        app("GOMODCACHE must be absolute")
            .env("GOMODCACHE", "cache")
            .run("mod download")
            .run("list -m all")
            .run("mod graph"),
        app("GOPATH must be absolute")
            .without_env("GOMODCACHE")
            .env("GOPATH", "path")
            .run("mod download")
            .run("list -m all"),
        app("a user's settings are read")
            .without_env("GOPROXY")
            .without_env("GOMODCACHE")
            .file(
                "$ROOT/home/.config/go/env",
                "GOPROXY=$PROXY\n# a remark\nGOMODCACHE=$ROOT/mine\nGOFLAGS=-json\n",
            )
            .run("mod download")
            .run("list -m all"),
        app("variables beat a user's settings")
            .file("$ROOT/home/.config/go/env", "GOPROXY=off\nGOMODCACHE=$ROOT/mine\n")
            .run("mod download"),
        app("settings are read from GOENV")
            .without_env("GOPROXY")
            .env("GOENV", "$ROOT/my.env")
            .file("$ROOT/my.env", "GOPROXY=$PROXY\n")
            .run("mod download"),
        app("settings are not read where GOENV is off")
            .without_env("GOFLAGS")
            .env("GOENV", "off")
            .file("$ROOT/home/.config/go/env", "GOFLAGS=-json\n")
            .run("mod download"),
        app("without a home there is no cache")
            .without_env("GOMODCACHE")
            .without_env("GOPATH")
            .without_env("HOME")
            .run("mod download"),
        app("an empty GOPROXY is the default")
            .file("$ROOT/home/.config/go/env", "GOPROXY=$PROXY\n")
            .env("GOPROXY", "")
            .run("mod download"),
    ]
}
