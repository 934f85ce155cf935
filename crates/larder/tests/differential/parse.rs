//! go.mod files that are wrong, and what each command says of them.

use larder_testkit::differential::Story;

pub(crate) fn stories() -> Vec<Story> {
    const FILES: [(&str, &str); 34] = [
        ("an empty go.mod is told", ""),
        ("a go.mod without a module is told", "go 1.21\n"),
        ("a module line without a path is told", "module\n"),
        ("a module line with two paths is told", "module a b\n"),
        ("two module lines are told", "module example.com/app\nmodule example.com/app\n"),
        ("a malformed module path is told", "module example..com\n"),
        ("a module path of odd letters is told", "module example.com/ä\n"),
        ("a quoted module path is read", "module \"example.com/app\"\n\ngo 1.21\n"),
        ("a raw module path is read", "module `example.com/app`\n\ngo 1.21\n"),
        ("an open string is told", "module \"example.com/app\n"),
        ("a string in a comment's place is told", "module example.com/app // \"x\n\ngo 1.21\n"),
        ("an unknown word is told", "module example.com/app\n\nnonsense x\n"),
        ("an unknown block is told", "module example.com/app\n\nnonsense (\n\tx\n)\n"),
        ("a block comment is told", "module example.com/app\n\n/* x */\ngo 1.21\n"),
        ("an open block is told", "module example.com/app\n\nrequire (\n\texample.com/c v1.0.0\n"),
        ("a closing bracket alone is told", "module example.com/app\n\n)\n"),
        (
            "a block in a block is told",
            "module example.com/app\n\nrequire (\n\trequire (\n\t)\n)\n",
        ),
        (
            "a requirement without a version is told",
            "module example.com/app\n\nrequire example.com/c\n",
        ),
        (
            "a requirement with too much is told",
            "module example.com/app\n\nrequire example.com/c v1.0.0 x\n",
        ),
        (
            "a requirement of a malformed path is told",
            "module example.com/app\n\nrequire example.com//c v1.0.0\n",
        ),
        (
            "a requirement of another major is told",
            "module example.com/app\n\nrequire example.com/c v2.0.0\n",
        ),
        (
            "a requirement of a major suffix that does not fit is told",
            "module example.com/app\n\nrequire example.com/major/v2 v1.0.0\n",
        ),
        (
            "an incompatible requirement with a suffix is told",
            "module example.com/app\n\nrequire example.com/major/v2 v2.0.0+incompatible\n",
        ),
        ("a go line of nonsense is told", "module example.com/app\n\ngo x\n"),
        ("a go line with three letters is told", "module example.com/app\n\ngo 1.2.x\n"),
        ("a go line twice is told", "module example.com/app\n\ngo 1.21\ngo 1.22\n"),
        ("a toolchain of nonsense is told", "module example.com/app\n\ngo 1.21\n\ntoolchain x\n"),
        (
            "several errors are told at once",
            "module example.com/app\n\ngo 1.21\n\nrequire x\nrequire y\nexclude z\nreplace q\n",
        ),
        (
            "more errors than ten are told",
            "module example.com/app\n\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n",
        ),
        ("a byte order mark is told or read", "\u{feff}module example.com/app\n\ngo 1.21\n"),
        (
            "foreign line ends are read",
            "module example.com/app\r\n\r\ngo 1.21\r\n\r\nrequire example.com/c v1.0.0\r\n",
        ),
        ("a missing line end is read", "module example.com/app\n\ngo 1.21"),
        ("a backslash at a line's end is told", "module example.com/app \\\n\ngo 1.21\n"),
        ("a missing space before a comment is read", "module example.com/app//x\n\ngo 1.21//y\n"),
    ];
    let story = |(name, text): (&'static str, &str)| {
        Story::new(name)
            .file("go.mod", text)
            .run("list -m")
            .run("mod graph")
            .run("mod download")
            .run("mod verify")
    };
    FILES.into_iter().map(story).collect()
}
