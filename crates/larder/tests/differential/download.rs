//! `mod download`: what is fetched, what is written, what is printed.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";
const TIDY: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n\nrequire \
                    (\n\texample.com/b v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n";
const SUMS: &str = "$SUM(example.com/a@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/\
                    c@v1.0.0)\n";

pub(crate) fn stories() -> Vec<Story> {
    [requirements(), named(), json(), again(), shapes()].into_iter().flatten().collect()
}

fn requirements() -> Vec<Story> {
    vec![
        Story::new("everything that go.mod lists is downloaded")
            .file("go.mod", TIDY)
            .file("go.sum", SUMS)
            .run("mod download")
            .go("mod verify"),
        Story::new("without go.sum the go.mod sums are added and no others")
            .file("go.mod", TIDY)
            .run("mod download"),
        Story::new("a go.mod that lacks indirect requirements is left alone")
            .file("go.mod", APP)
            .run("mod download"),
        Story::new("an older module downloads its whole graph")
            .file("go.mod", "module example.com/app\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n")
            .run("mod download"),
        Story::new("a go.mod without a go line gets none from a download")
            .file("go.mod", "module example.com/app\n\nrequire example.com/a v1.0.0\n")
            .run("mod download"),
        Story::new("an inconsistent go.mod is repaired by a download")
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a \
                 v1.1.0\n\texample.com/b v1.0.0\n)\n",
            )
            .run("mod download"),
        Story::new("nothing is downloaded where nothing is required")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n")
            .run("mod download")
            .run("mod download all"),
        Story::new("a main module newer than a dependency's go line is left alone")
            .file("go.mod", "module example.com/app\n\ngo 1.25\n\nrequire example.com/old v1.0.0\n")
            .run("mod download"),
        Story::new("a go.mod is not reformatted when nothing else changes")
            .file(
                "go.mod",
                "module   example.com/app\ngo 1.21\nrequire example.com/c v1.0.0   // why\n\n\n",
            )
            .run("mod download"),
        Story::new("what is not canonical in go.mod is resolved and written")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1\n")
            .run("mod download"),
        Story::new("a branch in go.mod is resolved and written")
            .upstream(|proxy| {
                proxy.points_to("main", "example.com/pseudo@v0.0.0-20240301123000-abcdefabcdef");
            })
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire example.com/pseudo main\n",
            )
            .run("mod download"),
        Story::new("tools and ignored directories download nothing of their own")
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.25\n\ntool example.com/c/sub\n\nignore \
                 ./node_modules\n\nrequire example.com/c v1.0.0 // indirect\n",
            )
            .run("mod download"),
    ]
}

fn named() -> Vec<Story> {
    let app = |name| Story::new(name).file("go.mod", APP);
    vec![
        app("a named module of the graph is downloaded with both sums")
            .run("mod download example.com/b"),
        app("a version outside the graph leaves go.sum alone")
            .run("mod download example.com/c@v1.1.0"),
        app("the version that is required adds its sums").run("mod download example.com/a@v1.0.0"),
        app("latest is asked for a module outside the graph")
            .run("mod download example.com/tagged@latest"),
        app("a range picks the lowest or highest version")
            .run("mod download example.com/tagged@<v1.0.0 example.com/c@>v1.0.0"),
        app("all means the whole graph").run("mod download all"),
        app("a pattern chooses among the modules of the graph").run("mod download example.com/..."),
        app("a pattern that downloads nothing is a warning").run("mod download example.org/..."),
        app("an unknown module is not a known dependency to download")
            .run("mod download example.com/nothing"),
        app("a path without a dot is not a known dependency").run("mod download bad/path"),
        app("a path without a dot cannot be asked for a version")
            .run("mod download bad/path@latest"),
        app("the main module is not downloaded").run("mod download example.com/app"),
        app("the main module at latest is another module")
            .run("mod download example.com/app@latest"),
        app("the main module at upgrade is itself").run("mod download example.com/app@upgrade"),
        app("a version that does not exist is an error").run("mod download example.com/c@v9.9.9"),
        app("several failures are all told")
            .run("mod download example.com/c@v9.9.9 example.com/nothing bad/path"),
        app("a version of the wrong major is an error").run("mod download example.com/c@v2.0.0"),
        app("an empty version is an error").run("mod download example.com/c@"),
        app("a local path is an error").run("mod download ./x"),
        app("std is no module").run("mod download std"),
        Story::new("outside a module a version is downloaded")
            .run("mod download example.com/a@v1.0.0")
            .run("mod download example.com/b@latest example.com/tagged@v0"),
        Story::new("outside a module there is nothing to download").run("mod download"),
        Story::new("outside a module a path without version is an error")
            .run("mod download example.com/a")
            .run("mod download all"),
    ]
}

fn json() -> Vec<Story> {
    let app = |name| Story::new(name).file("go.mod", TIDY).file("go.sum", SUMS);
    vec![
        app("downloads are told as JSON").run("mod download -json"),
        app("a named download is told as JSON").run("mod download -json example.com/c@v1.1.0"),
        app("a query is part of the JSON of a download")
            .run("mod download -json example.com/c@v1 example.com/tagged@latest"),
        app("an origin is part of the JSON of a download")
            .run("mod download -json example.com/fromgit@v1.0.0"),
        app("failures are JSON on stdout")
            .run("mod download -json example.com/c@v9.9.9 nothing.example/x"),
        app("a failure beside a success is told in its place")
            .run("mod download -json example.com/a@v1.0.0 example.com/badzip@v1.0.0"),
        app("an unknown module is JSON on stdout").run("mod download -json bad/path"),
        app("the main module is no JSON").run("mod download -json example.com/app"),
        Story::new("nothing required is no JSON")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n")
            .run("mod download -json"),
        Story::new("outside a module JSON comes for a version")
            .run("mod download -json example.com/Upper/Case@v1.0.0"),
        Story::new("reuse is for outside a module")
            .file("go.mod", TIDY)
            .file("old.json", "{}\n")
            .run("mod download -reuse=old.json -json example.com/a@v1.0.0"),
        Story::new("a reuse file that is missing is an error")
            .run("mod download -reuse=old.json -json example.com/a@v1.0.0"),
        Story::new("a reuse file that is no JSON is an error")
            .file("old.json", "nonsense\n")
            .run("mod download -reuse=old.json -json example.com/a@v1.0.0"),
        Story::new("a reuse file of other modules changes nothing")
            .file("old.json", "{\"Path\": \"example.com/b\", \"Version\": \"v1.0.0\"}\n")
            .run("mod download -reuse=old.json -json example.com/a@v1.0.0"),
    ]
}

fn again() -> Vec<Story> {
    let app = |name| Story::new(name).file("go.mod", TIDY).file("go.sum", SUMS).go("mod download");
    vec![
        app("a full cache asks nobody")
            .env("GOPROXY", "off")
            .run("mod download")
            .run("mod download -json"),
        app("a missing info is fetched again")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.info")
            .run("mod download"),
        app("a missing mod is fetched again")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.mod")
            .run("mod download"),
        app("a missing zip is fetched again")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.zip")
            .run("mod download"),
        app("a missing directory is unpacked again")
            .remove("$MODCACHE/example.com/b@v1.0.0")
            .env("GOPROXY", "off")
            .run("mod download"),
        app("a missing ziphash is computed again")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.ziphash")
            .run("mod download"),
        app("a missing list is written when a version is added")
            .remove("$MODCACHE/cache/download/example.com/c/@v/list")
            .run("mod download example.com/c@v1.1.0"),
        app("a second version joins the list")
            .run("mod download example.com/c@v1.10.0 example.com/c@v1.9.0"),
        Story::new("one run after another leaves what one run leaves")
            .run("mod download example.com/a@v1.0.0")
            .run("mod download example.com/a@v1.1.0")
            .run("mod download example.com/a@v1.0.0 example.com/a@v1.1.0"),
    ]
}

fn shapes() -> Vec<Story> {
    vec![
        Story::new("upper case is escaped in the cache")
            .run("mod download example.com/Upper/Case@v1.0.0 example.com/Upper/Case@v1.1.0-RC1"),
        Story::new("file names of every shape are unpacked")
            .run("mod download example.com/files@v1.0.0 example.com/many@v1.0.0"),
        Story::new("a zip without go.mod is unpacked as it is")
            .run("mod download example.com/bare@v1.0.0"),
        Story::new("a major version is a module of its own")
            .run("mod download example.com/major/v2@latest example.com/major@latest"),
        Story::new("gopkg.in has its own major versions")
            .run("mod download gopkg.in/yaml.v2@latest")
            .run("mod download gopkg.in/check.v1@latest"),
        Story::new("incompatible versions are downloaded under their name")
            .run("mod download example.com/inc@latest")
            .run("mod download example.com/inc@v2.0.0+incompatible"),
        Story::new("a pseudo-version is downloaded and in no list")
            .run("mod download example.com/pseudo@v0.0.0-20240301123000-abcdefabcdef")
            .run("mod download example.com/pseudo@latest"),
        Story::new("a tidy module downloads under GOFLAGS=-mod=readonly too")
            .env("GOFLAGS", "-mod=readonly")
            .file("go.mod", TIDY)
            .file("go.sum", SUMS)
            .run("mod download"),
        Story::new("a cache that may be written stays writable")
            .run("mod download -modcacherw example.com/many@v1.0.0"),
        Story::new("the umask narrows what is unpacked")
            .umask(0o077)
            .run("mod download example.com/many@v1.0.0"),
        Story::new("a group may write what the umask lets it")
            .umask(0o002)
            .run("mod download -modcacherw example.com/many@v1.0.0"),
    ]
}
