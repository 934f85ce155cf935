//! Caches that are damaged, half written, read-only or somebody else's.

use larder_testkit::Module;
use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n";
const CACHED: &str = "example.com/c";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP).file("go.sum", "$SUM(example.com/c@v1.0.0)\n")
}

fn filled(name: &'static str) -> Story {
    app(name).go("mod download")
}

/// Every command, and go's own opinion of the cache afterwards.
fn commands(story: Story) -> Story {
    story
        .run("mod graph")
        .run("list -m all")
        .run("mod download")
        .run("mod download -json")
        .go("mod verify")
}

pub(crate) fn stories() -> Vec<Story> {
    [damaged(), closed(), written(), full()].into_iter().flatten().collect()
}

fn damaged() -> Vec<Story> {
    let with = |name, file: &'static str, content: &'static str| {
        commands(
            filled(name).change(move |world| world.write(&world.cached(CACHED, file), content)),
        )
    };
    vec![
        with("a partial mark makes a directory absent", "v1.0.0.partial", ""),
        with("a torn ziphash is computed again", "v1.0.0.ziphash", "h1:abc"),
        with("an empty ziphash is computed again", "v1.0.0.ziphash", ""),
        with(
            "a ziphash of zeros is computed again",
            "v1.0.0.ziphash",
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        with(
            "a wrong ziphash is told",
            "v1.0.0.ziphash",
            "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        with("an empty cached zip is told", "v1.0.0.zip", ""),
        with("an empty cached info is told", "v1.0.0.info", ""),
        with("an info of nonsense is told", "v1.0.0.info", "nonsense"),
        with(
            "an info with more than is known is taken",
            "v1.0.0.info",
            "{\"Version\":\"v1.0.0\",\"Time\":\"2024-03-01T12:30:00Z\",\"More\":1}",
        ),
        with(
            "an info of another version is told or taken",
            "v1.0.0.info",
            "{\"Version\":\"v1.9.0\",\"Time\":\"2024-03-01T12:30:00Z\"}",
        ),
        with("an empty cached go.mod is told", "v1.0.0.mod", ""),
        with("a changed go.mod is told", "v1.0.0.mod", "module example.com/c\n\ngo 1.20\n"),
        with("an odd list is written anew when a version comes", "list", "nonsense\n"),
        commands(filled("an old temporary is swept away").change(|world| {
            world.write(&world.cached(CACHED, "v1.0.0.zip123456.tmp"), "half");
            world.remove(&world.cached(CACHED, "v1.0.0.zip"));
        })),
        commands(filled("an old temporary directory is swept away").change(|world| {
            world.write(&world.modcache().join("example.com/c@v1.0.0.tmp-123/x.go"), "package x\n");
            let folder = world.modcache().join("example.com/c@v1.0.0");
            world.remove(&folder);
        })),
        commands(filled("a zip without directory, hash and info is taken up").change(|world| {
            for file in ["v1.0.0.ziphash", "v1.0.0.info", "list"] {
                world.remove(&world.cached(CACHED, file));
            }
            world.remove(&world.modcache().join("example.com/c@v1.0.0"));
        })),
        commands(filled("a directory without a zip is fetched again").change(|world| {
            world.remove(&world.cached(CACHED, "v1.0.0.zip"));
            world.remove(&world.cached(CACHED, "v1.0.0.ziphash"));
        })),
        commands(filled("a directory that is a file is told").change(|world| {
            let folder = world.modcache().join("example.com/c@v1.0.0");
            world.remove(&folder);
            world.write(&folder, "file\n");
        })),
        filled("a version whose go.mod is gone is no version any more")
            .change(|world| world.remove(&world.cached(CACHED, "v1.0.0.mod")))
            .env("GOPROXY", "off")
            .run("mod graph")
            .run("mod download"),
    ]
}

fn closed() -> Vec<Story> {
    let closing = |story: Story| {
        story.change(|world| {
            for folder in ["example.com/c/@v", "example.com/c", "example.com", ""] {
                world.set_mode(&world.modcache().join("cache/download").join(folder), 0o555);
            }
            world.set_mode(&world.modcache().join("cache"), 0o555);
            world.set_mode(&world.modcache(), 0o555);
        })
    };
    vec![
        closing(filled("a read-only cache is read"))
            .run("mod graph")
            .run("list -m all")
            .run("mod verify"),
        closing(filled("a read-only cache takes nothing new"))
            .run("mod download example.com/a@v1.0.0")
            .run("mod download example.com/c@v1.1.0"),
        closing(filled("nothing is downloaded to a read-only cache that is full"))
            .run("mod download"),
        app("a cache that is a file is told")
            .file("$MODCACHE", "file\n")
            .run("mod download")
            .run("mod graph")
            .run("list -m all"),
        app("a cache below a file is told")
            .file("$ROOT/file", "file\n")
            .env("GOMODCACHE", "$ROOT/file/cache")
            .run("mod download")
            .run("mod graph"),
        app("a cache that may not be made is told")
            .change(|world| {
                let folder = world.root().join("closed");
                world.write(&folder.join("x"), "");
                world.set_mode(&folder, 0o555);
            })
            .env("GOMODCACHE", "$ROOT/closed/cache")
            .run("mod download")
            .run("mod graph"),
        Story::new("a read-only go.mod that need not change is read")
            .file("go.mod", APP)
            .change(|world| world.set_mode(&world.place("go.mod"), 0o444))
            .run("mod download"),
        Story::new("a read-only go.mod that must change is told")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1\n")
            .change(|world| world.set_mode(&world.place("go.mod"), 0o444))
            .run("mod download"),
        Story::new("a read-only go.sum that must change is told")
            .file("go.mod", APP)
            .file("go.sum", "")
            .change(|world| world.set_mode(&world.place("go.sum"), 0o444))
            .run("mod download"),
        Story::new("a directory in which go.sum may not be made is told")
            .file("go.mod", APP)
            .change(|world| world.set_mode(&world.work(), 0o555))
            .run("mod download"),
        app("a go.mod that may not be read is told")
            .change(|world| world.set_mode(&world.place("go.mod"), 0o000))
            .run("mod download")
            .run("list -m")
            .run("mod graph"),
    ]
}

fn full() -> Vec<Story> {
    let large = |path: &str| Module::new(path, "v1.0.0").go_mod(format!("module {path}\n"));
    vec![
        app("a disk that a zip does not fit on is told")
            .small_cache("512k")
            .upstream(move |proxy| {
                proxy.publish(large("example.com/large").filler("data.bin", 2_000_000));
            })
            .run("mod download example.com/large@v1.0.0"),
        app("a disk that what is unpacked does not fit on is told")
            .small_cache("512k")
            .upstream(move |proxy| {
                let zeros = vec![0; 2_000_000];
                proxy.publish(large("example.com/zeros").file("zeros.bin", zeros));
            })
            .run("mod download example.com/zeros@v1.0.0"),
    ]
}

fn written() -> Vec<Story> {
    vec![
        Story::new("go.mod keeps its mode when it is written")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1\n")
            .change(|world| world.set_mode(&world.place("go.mod"), 0o600))
            .run("mod download"),
        Story::new("a go.mod that is a link stays one")
            .file("real.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.1\n")
            .change(|world| {
                std::os::unix::fs::symlink("real.mod", world.place("go.mod"))
                    .expect("a link can be made");
            })
            .run("mod download"),
        commands(filled("a cache that is a link is one").change(|world| {
            let (real, cache) = (world.root().join("real"), world.modcache());
            let moved = std::process::Command::new("mv").arg(&cache).arg(&real).status();
            assert!(moved.is_ok_and(|status| status.success()));
            std::os::unix::fs::symlink("real", cache).expect("a link can be made");
        })),
        app("a cache that go filled is used as it is")
            .go("mod download all")
            .env("GOPROXY", "off")
            .run("mod download -json")
            .run("mod graph")
            .run("mod verify"),
        app("a cache that is filled is used by go")
            .run("mod download")
            .env("GOPROXY", "off")
            .go("mod verify")
            .go("list -m -json all")
            .go("mod download -json"),
    ]
}
