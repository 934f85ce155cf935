//! A vendor directory: when it is used, and whether it fits.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n\nrequire \
                   (\n\texample.com/b v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n";
const SUMS: &str = "$SUM(example.com/a@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/\
                    c@v1.0.0)\n";
const LISTED: &str = "# example.com/a v1.0.0\n## explicit; go 1.21\nexample.com/a\n# example.com/b \
                      v1.0.0\n## explicit; go 1.21\n# example.com/c v1.0.0\n## explicit; go 1.21\n";

fn vendored(name: &'static str) -> Story {
    Story::new(name)
        .file("go.mod", APP)
        .file("go.sum", SUMS)
        .file("vendor/modules.txt", LISTED)
        .file("vendor/example.com/a/x.go", "package x\n")
}

pub(crate) fn stories() -> Vec<Story> {
    vec![
        vendored("a vendor directory is used where it is found")
            .env("GOPROXY", "off")
            .run("list -m")
            .run("list -m example.com/a")
            .run("list -m -json example.com/a example.com/b"),
        vendored("all cannot be listed from a vendor directory")
            .run("list -m all")
            .run("list -m example.com/..."),
        vendored("a vendor directory is passed over by -mod=mod and readonly")
            .run("list -m -mod=mod all")
            .run("list -m -mod=readonly all"),
        vendored("a vendor directory does not matter to downloads")
            .run("mod download")
            .run("mod graph")
            .run("mod verify"),
        vendored("a vendor directory that lacks a module is told")
            .file(
                "vendor/modules.txt",
                "# example.com/a v1.0.0\n## explicit; go 1.21\nexample.com/a\n",
            )
            .run("list -m example.com/a")
            .run("list -m"),
        vendored("a vendor directory of other versions is told")
            .file("vendor/modules.txt", &LISTED.replace("b v1.0.0", "b v1.1.0"))
            .run("list -m"),
        vendored("a vendor directory without marks is told")
            .file("vendor/modules.txt", &LISTED.replace("## explicit; go 1.21\n", ""))
            .run("list -m"),
        vendored("a vendor directory with too much is told")
            .file(
                "vendor/modules.txt",
                &format!("{LISTED}# example.com/tagged v1.0.0\n## explicit\n"),
            )
            .run("list -m"),
        vendored("a replacement that the vendor directory does not have is told")
            .file("go.mod", &format!("{APP}\nreplace example.com/b => ./b\n"))
            .run("list -m"),
        vendored("a replacement that only the vendor directory has is told")
            .file("vendor/modules.txt", &format!("{LISTED}# example.com/b => ./b\n"))
            .run("list -m"),
        vendored("a vendor directory without modules.txt is told")
            .remove("vendor/modules.txt")
            .run("list -m")
            .run("list -m -mod=vendor example.com/a"),
        Story::new("vendoring without a directory is told")
            .file("go.mod", APP)
            .run("list -m -mod=vendor")
            .run("list -m -mod=vendor example.com/a"),
        vendored("queries are refused when vendoring")
            .run("list -m example.com/a@latest")
            .run("list -m -u example.com/a")
            .run("list -m -versions example.com/a")
            .run("list -m -retracted"),
        vendored("an old module does not use its vendor directory")
            .file("go.mod", "module example.com/app\n\ngo 1.13\n\nrequire example.com/a v1.0.0\n")
            .run("list -m all"),
        vendored("a workspace does not use a member's vendor directory")
            .file("go.work", "go 1.21\n\nuse .\n")
            .run("list -m all"),
        Story::new("a workspace's own vendor directory is used")
            .file("go.work", "go 1.22\n\nuse ./one\n")
            .file(
                "one/go.mod",
                "module example.com/one\n\ngo 1.22\n\nrequire example.com/c v1.0.0\n",
            )
            .file(
                "vendor/modules.txt",
                "## workspace\n# example.com/c v1.0.0\n## explicit; go 1.21\nexample.com/c\n",
            )
            .env("GOPROXY", "off")
            .run("list -m")
            .run("list -m -json example.com/c")
            .run("list -m all"),
        vendored("vendoring by GOFLAGS is vendoring")
            .env("GOFLAGS", "-mod=vendor")
            .run("list -m")
            .run("mod download")
            .run("mod graph"),
    ]
}
