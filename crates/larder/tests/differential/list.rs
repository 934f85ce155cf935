//! `list -m`: modules, versions, updates, and the JSON of them.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\t\
                   example.com/b v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n";
const SUMS: &str = "$SUM(example.com/a@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/\
                    c@v1.0.0)\n";
const TAKEN_BACK: &str = "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/deprecated \
                          v1.0.0\n\texample.com/retract v1.0.1\n\texample.com/selfretract \
                          v1.0.0\n)\n";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP).file("go.sum", SUMS)
}

fn taken_back(name: &'static str) -> Story {
    Story::new(name).file("go.mod", TAKEN_BACK).file(
        "go.sum",
        "$MODSUM(example.com/deprecated@v1.0.0)\n$MODSUM(example.com/retract@v1.0.1)\n$MODSUM(\
         example.com/selfretract@v1.0.0)\n",
    )
}

pub(crate) fn stories() -> Vec<Story> {
    [plain(), json(), updates(), refusals()].into_iter().flatten().collect()
}

fn plain() -> Vec<Story> {
    vec![
        app("the main module is listed").run("list -m"),
        app("all modules are listed").run("list -m all").run("list -m all"),
        app("a module is listed by its path").run("list -m example.com/b"),
        app("a pattern chooses modules").run("list -m example.com/... ...b"),
        app("a pattern that matches nothing is a warning").run("list -m example.org/... all"),
        app("modules are listed in the order asked").run("list -m example.com/c example.com/a example.com/c"),
        app("an unknown module is not a known dependency")
            .run("list -m example.com/nothing")
            .run("list -m example.com/nothing example.com/also/nothing example.com/a"),
        app("an unknown module is an error within with -e")
            .run("list -m -e example.com/nothing example.com/a")
            .run("list -m -e -json example.com/nothing"),
        app("a package is no module").run("list -m example.com/a/sub"),
        app("std and go are no modules").run("list -m std").run("list -m go").run("list -m toolchain"),
        app("a local path is no module").run("list -m .").run("list -m ./x"),
        app("an absolute path is no module").run("list -m /tmp/x"),
        app("versions are listed").run("list -m -versions example.com/c example.com/tagged"),
        app("versions of nothing are an error").run("list -m -versions example.com/nothing"),
        app("versions of a module without any are none").run("list -m -versions example.com/pseudo"),
        app("versions of all").run("list -m -versions all"),
        app("a missing go.sum line is an error").remove("go.sum").run("list -m all").run("list -m"),
        app("a missing go.sum line is filled in by -mod=mod")
            .remove("go.sum")
            .run("list -m -mod=mod all"),
        app("a go.mod that must change is an error").file(
            "go.mod",
            "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.1.0\n\texample.com/b \
             v1.0.0\n)\n",
        )
        .file("go.sum", "$SUM(example.com/a@v1.1.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/b@v1.1.0)\n")
        .run("list -m all")
        .run("list -m -mod=mod all"),
        Story::new("outside a module a version is listed").run("list -m example.com/a@v1.0.0"),
        Story::new("outside a module there is no main module")
            .run("list -m")
            .run("list -m all")
            .run("list -m example.com/a"),
        Story::new("a module without a go line is listed")
            .file("go.mod", "module example.com/app\n\nrequire example.com/c v1.0.0\n")
            .file("go.sum", "$SUM(example.com/c@v1.0.0)\n")
            .run("list -m all")
            .run("list -m -json all"),
    ]
}

fn json() -> Vec<Story> {
    vec![
        app("the main module is listed as JSON").run("list -m -json"),
        app("all modules are listed as JSON").run("list -m -json all"),
        app("an unpacked module has a directory in JSON")
            .go("mod download")
            .run("list -m -json all"),
        app("only some fields are listed as JSON").run("list -m -json=Path,Version,Time all"),
        app("an unknown field is left out of the JSON").run("list -m -json=Path,Nonsense all"),
        app("a query is part of the JSON")
            .run("list -m -json example.com/c@latest example.com/tagged@v0"),
        app("an origin is part of the JSON").run("list -m -json example.com/fromgit@v1.0.0"),
        app("versions are part of the JSON").run("list -m -versions -json example.com/c"),
        app("an error is part of the JSON")
            .run("list -m -e -json example.com/c@v9.9.9 example.com/nothing@latest"),
        taken_back("retractions are part of the JSON").run("list -m -json -retracted all"),
        taken_back("deprecations are part of the JSON").run("list -m -u -json all"),
        app("what dependencies need is part of the JSON")
            .file(
                "go.mod",
                &format!("{APP}\nreplace example.com/b v1.0.0 => example.com/b v1.1.1\n"),
            )
            .file("go.sum", &format!("{SUMS}$SUM(example.com/b@v1.1.1)\n"))
            .run("list -m -json all"),
        Story::new("reuse answers a query again")
            .file("old.json", "")
            .run("list -m -reuse=old.json -json example.com/fromgit@latest"),
        app("reuse within a module is refused")
            .file("old.json", "")
            .run("list -m -reuse=old.json -json example.com/a"),
    ]
}

fn updates() -> Vec<Story> {
    vec![
        app("updates are listed").run("list -m -u all"),
        app("an update of one module is listed").run("list -m -u example.com/b"),
        app("updates are listed as JSON").run("list -m -u -json all"),
        taken_back("retractions and deprecations are marked").run("list -m -u all"),
        taken_back("retractions are marked without updates").run("list -m -retracted all"),
        taken_back("without the flag nothing is marked").run("list -m all"),
        taken_back("retracted versions are listed with the flag")
            .run("list -m -versions example.com/retract")
            .run("list -m -retracted -versions example.com/retract"),
        taken_back("a retracted version is told of a query")
            .run("list -m -retracted example.com/retract@v1.0.1 example.com/retract@latest"),
        Story::new("an update from a pseudo-version goes forward only")
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire example.com/mixed \
                 v1.0.1-0.20240301123000-abcdefabcdef\n",
            )
            .file("go.sum", "$SUM(example.com/mixed@v1.0.1-0.20240301123000-abcdefabcdef)\n")
            .run("list -m -u all"),
        Story::new("an update stays among compatible versions")
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/compat v1.0.0\n\t\
                 example.com/inc v1.0.0\n)\n",
            )
            .file("go.sum", "$SUM(example.com/compat@v1.0.0)\n$SUM(example.com/inc@v1.0.0)\n")
            .run("list -m -u all"),
        Story::new("a version that is gone has no update and no error")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n")
            .file("go.sum", "$SUM(example.com/c@v1.1.0)\n")
            .go("mod download")
            .then_upstream(|proxy| {
                proxy.upstream().remove("/example.com/c/@v/list");
                proxy.upstream().remove("/example.com/c/@latest");
            })
            .run("list -m -u all"),
        app("updates with an unreachable proxy are an error")
            .go("mod download")
            .env("GOPROXY", "off")
            .run("list -m -u all"),
        app("updates with an unreachable proxy are listed without with -e")
            .go("mod download")
            .env("GOPROXY", "off")
            .run("list -m -u -e all"),
    ]
}

fn refusals() -> Vec<Story> {
    let flags = [
        ("-compiled is for packages", "list -m -compiled"),
        ("-deps is for packages", "list -m -deps"),
        ("-export is for packages", "list -m -export"),
        ("-find is for packages", "list -m -find"),
        ("-test is for packages", "list -m -test"),
        ("-json and -f exclude each other", "list -m -json -f '{{.Path}}'"),
        ("-u and a range of versions go together", "list -m -u -versions example.com/c"),
    ];
    flags.into_iter().map(|(name, command)| app(name).run(command)).collect()
}
