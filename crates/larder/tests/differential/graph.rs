//! `mod graph`: the requirements as they are read, and pruning.

use larder_testkit::differential::Story;

fn app(name: &'static str, go: &str, requires: &[&str]) -> Story {
    let lines = requires.join("\n\t");
    let go = if go.is_empty() { String::new() } else { format!("\ngo {go}\n") };
    Story::new(name)
        .file("go.mod", &format!("module example.com/app\n{go}\nrequire (\n\t{lines}\n)\n"))
}

pub(crate) fn stories() -> Vec<Story> {
    let mut stories = pruning();
    stories.extend([
        app("a graph of one chain is printed", "1.21", &["example.com/a v1.0.0"]).run("mod graph"),
        app("a graph without requirements is the go line", "1.21", &[]).run("mod graph"),
        app("a graph before toolchains has no go", "1.20", &[]).run("mod graph"),
        app("a graph of a module without a go line", "", &["example.com/a v1.0.0"])
            .run("mod graph"),
        app(
            "two roots are printed in order",
            "1.21",
            &["example.com/b v1.2.0", "example.com/a v1.0.0"],
        )
        .run("mod graph"),
        app(
            "requirements of versions that are not selected are printed too",
            "1.21",
            &["example.com/a v1.1.0", "example.com/c v1.1.0", "example.com/b v1.2.0"],
        )
        .run("mod graph"),
        app(
            "an inconsistent go.mod is printed as it is",
            "1.21",
            &["example.com/a v1.1.0", "example.com/b v1.0.0"],
        )
        .run("mod graph"),
        app("circles end", "1.17", &["example.com/ring v1.0.0"]).run("mod graph"),
        app(
            "a requirement on an older main module is followed",
            "1.16",
            &["example.com/backto v1.0.0"],
        )
        .run("mod graph"),
        app("a newer dependency raises go in the graph", "1.21", &["example.com/newgo v1.1.0"])
            .run("mod graph"),
        app("a toolchain line is part of the graph", "1.21", &["example.com/c v1.0.0"])
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\ntoolchain go1.26.1\n\nrequire example.com/c \
                 v1.0.0\n",
            )
            .run("mod graph"),
        app(
            "exclusions and replacements of dependencies do not count",
            "1.17",
            &["example.com/excluder v1.0.0"],
        )
        .run("mod graph"),
        app(
            "unknown words in a dependency are passed over",
            "1.17",
            &["example.com/unknown v1.0.0"],
        )
        .run("mod graph"),
        app("an odd go line of a dependency is repaired", "1.17", &["example.com/oddgo v1.0.0"])
            .run("mod graph"),
        app("a graph needs no go.sum and writes none", "1.21", &["example.com/a v1.0.0"])
            .run("mod graph")
            .env("GOPROXY", "off")
            .run("mod graph"),
        app("a graph of what is missing names the way to it", "1.16", &["example.com/a v1.0.0"])
            .upstream(|proxy| {
                proxy.upstream().remove(&proxy.files("example.com/c@v1.0.0").url_path("mod"));
            })
            .run("mod graph"),
        app("a missing root is told", "1.21", &["example.com/nothing v1.0.0"]).run("mod graph"),
        app("a graph takes no arguments", "1.21", &[]).run("mod graph example.com/a"),
        Story::new("there is no graph outside a module").run("mod graph"),
    ]);
    stories
}

fn pruning() -> Vec<Story> {
    vec![
        app(
            "what a pruned module requires is not followed",
            "1.17",
            &["example.com/pruned v1.0.0"],
        )
        .run("mod graph")
        .run("mod graph -go=1.16")
        .run("mod graph -go=1.17"),
        app("an old dependency is followed to the end", "1.17", &["example.com/old v1.0.0"])
            .run("mod graph"),
        app(
            "a dependency without a go line is followed to the end",
            "1.21",
            &["example.com/nogo v1.0.0"],
        )
        .run("mod graph"),
        app("an old main module follows everything", "1.16", &["example.com/pruned v1.0.0"])
            .run("mod graph"),
        app(
            "a module needed pruned and unpruned is printed once",
            "1.17",
            &["example.com/deep v1.0.0", "example.com/old v1.0.0", "example.com/pruned v1.0.0"],
        )
        .run("mod graph")
        .run("mod graph -go=1.15"),
        app("a newer go than there is cannot be asked for", "1.17", &[]).run("mod graph -go=1.99"),
        app("a go that is no version cannot be asked for", "1.17", &[]).run("mod graph -go=x"),
        app("a very old go is asked for", "1.21", &["example.com/pruned v1.0.0"])
            .run("mod graph -go=1.11"),
        app("a graph for 1.21 has go in it", "1.20", &["example.com/c v1.0.0"])
            .run("mod graph -go=1.21")
            .run("mod graph -go=1.26"),
    ]
}
