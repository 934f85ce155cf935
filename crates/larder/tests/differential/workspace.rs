//! go.work: several main modules at once.

use larder_testkit::differential::Story;

/// Two members: one requires a and the other, which requires c.
fn work(name: &'static str) -> Story {
    Story::new(name)
        .file("go.work", "go 1.21\n\nuse (\n\t./one\n\t./two\n)\n")
        .file(
            "one/go.mod",
            "module example.com/one\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b \
             v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n",
        )
        .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n")
}

fn summed(name: &'static str) -> Story {
    work(name)
        .file(
            "one/go.sum",
            "$SUM(example.com/a@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/c@v1.0.0)\n",
        )
        .file("two/go.sum", "$SUM(example.com/c@v1.1.0)\n")
}

pub(crate) fn stories() -> Vec<Story> {
    [whole(), members(), wrong()].into_iter().flatten().collect()
}

fn whole() -> Vec<Story> {
    vec![
        summed("a workspace's modules are listed")
            .run("list -m")
            .run("list -m all")
            .run("list -m -json all"),
        summed("a workspace's graph is printed").run("mod graph"),
        summed("a workspace is downloaded").run("mod download").run("mod verify"),
        work("a workspace without sums writes go.work.sum").run("mod download").run("list -m all"),
        summed("a workspace's sums are those of its members").run("mod download -json"),
        summed("a workspace is found from a member")
            .enter("one")
            .run("list -m")
            .run("mod graph")
            .run("mod download"),
        summed("a workspace is found from a directory that is no member")
            .file("elsewhere/x", "x\n")
            .enter("elsewhere")
            .run("list -m")
            .run("list -m all"),
        summed("a workspace is left by GOWORK=off")
            .env("GOWORK", "off")
            .enter("one")
            .run("list -m all")
            .run("mod graph"),
        summed("a workspace elsewhere is named by GOWORK")
            .file("$ROOT/other.work", "go 1.21\n\nuse ./work/two\n")
            .env("GOWORK", "$ROOT/other.work")
            .enter("one")
            .run("list -m all")
            .run("mod graph"),
        work("GOWORK must be absolute").env("GOWORK", "go.work").run("list -m all"),
        work("a go.work that is missing is told")
            .env("GOWORK", "$ROOT/nothing.work")
            .run("list -m all")
            .run("mod graph"),
        work("missing sums of a workspace are told").run("list -m all"),
        summed("a named module of a workspace is downloaded")
            .run("mod download example.com/b")
            .run("mod download example.com/c@v1.9.0"),
        summed("updates of a workspace are listed").run("list -m -u all"),
        summed("versions are asked within a workspace")
            .run("list -m -versions example.com/tagged")
            .run("list -m example.com/one@latest"),
        work("an empty workspace has no modules")
            .file("go.work", "go 1.21\n")
            .run("list -m")
            .run("list -m all")
            .run("mod download")
            .run("mod graph"),
        summed("reading only is all that a workspace allows")
            .run("list -m -mod=mod all")
            .run("list -m -mod=readonly all"),
        summed("another go.mod is refused in a workspace")
            .run("list -m -modfile=x.mod all")
            .run("mod graph -modfile=x.mod"),
    ]
}

fn members() -> Vec<Story> {
    vec![
        summed("members may require one another")
            .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire (\n\texample.com/c v1.1.0\n\texample.com/one v1.0.0\n)\n")
            .run("list -m all")
            .run("mod graph")
            .run("mod download"),
        summed("a workspace's replacement counts for all members")
            .file("go.work", "go 1.21\n\nuse (\n\t./one\n\t./two\n)\n\nreplace example.com/c => ./c\n")
            .file("c/go.mod", "module example.com/c\n\ngo 1.21\n")
            .run("list -m all")
            .run("list -m -json example.com/c")
            .run("mod graph")
            .run("mod download -json"),
        summed("a member's replacement is relative to it")
            .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n\nreplace example.com/c => ./c\n")
            .file("two/c/go.mod", "module example.com/c\n\ngo 1.21\n")
            .run("list -m all")
            .run("mod graph"),
        summed("replacements of two members that differ are an error")
            .file("one/go.mod", "module example.com/one\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n\nreplace example.com/c => ./c\n")
            .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n\nreplace example.com/c => ./c\n")
            .run("list -m all")
            .run("mod graph"),
        summed("a workspace's replacement settles what members differ in")
            .file("go.work", "go 1.21\n\nuse (\n\t./one\n\t./two\n)\n\nreplace example.com/c => ./c\n")
            .file("c/go.mod", "module example.com/c\n\ngo 1.21\n")
            .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n\nreplace example.com/c => ./two\n")
            .run("list -m all"),
        summed("exclusions of members add up")
            .file("two/go.mod", "module example.com/two\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n\nexclude example.com/c v1.0.0\n")
            .run("mod graph")
            .run("list -m all"),
        summed("old and new members share a graph")
            .file("two/go.mod", "module example.com/two\n\ngo 1.15\n\nrequire example.com/pruned v1.0.0\n")
            .run("mod graph")
            .run("mod download")
            .run("list -m all"),
        summed("a member of an absolute name is one").file("go.work", "go 1.21\n\nuse $WORK/one\n").run("list -m all"),
    ]
}

fn wrong() -> Vec<Story> {
    let commands = |story: Story| {
        story
            .run("list -m")
            .run("list -m all")
            .run("mod graph")
            .run("mod download")
            .run("mod verify")
    };
    vec![
        commands(
            work("a member that is missing is told")
                .file("go.work", "go 1.21\n\nuse (\n\t./one\n\t./three\n)\n"),
        ),
        commands(
            work("a member twice is told")
                .file("go.work", "go 1.21\n\nuse (\n\t./one\n\t./one\n)\n"),
        ),
        commands(
            work("two members of one name are told")
                .file("two/go.mod", "module example.com/one\n\ngo 1.21\n"),
        ),
        commands(
            work("a member newer than the workspace is told")
                .file("two/go.mod", "module example.com/two\n\ngo 1.22\n"),
        ),
        commands(
            work("a workspace without a go line is told of newer members")
                .file("go.work", "use ./one\n"),
        ),
        commands(work("a broken go.work is told").file("go.work", "go 1.21\n\nuse (\n\t./one\n")),
        commands(
            work("unknown words in go.work are told")
                .file("go.work", "go 1.21\n\nrequire example.com/c v1.0.0\n"),
        ),
        commands(
            work("a broken member is told")
                .file("two/go.mod", "module example.com/two\n\nrequire x\n"),
        ),
        commands(work("a member without a module line is told").file("two/go.mod", "go 1.21\n")),
        commands(
            work("a replacement in go.work must name a directory or a version").file(
                "go.work",
                "go 1.21\n\nuse ./one\n\nreplace example.com/c => example.com/c\n",
            ),
        ),
        commands(
            work("a workspace newer than go is told").file("go.work", "go 1.99\n\nuse ./one\n"),
        ),
    ]
}
