//! `mod verify`: whether the cache still holds what was downloaded.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\t\
                   example.com/b v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n";

pub(crate) fn stories() -> Vec<Story> {
    let app = |name| Story::new(name).file("go.mod", APP).go("mod download");
    vec![
        app("a fresh cache is verified").run("mod verify"),
        Story::new("what was never downloaded needs no proof")
            .file("go.mod", APP)
            .run("mod verify"),
        Story::new("a module without requirements is verified")
            .file("go.mod", "module example.com/app\n\ngo 1.21\n")
            .run("mod verify"),
        app("a changed file is found")
            .change(|world| {
                world.write(&world.modcache().join("example.com/b@v1.0.0/x.go"), "package evil\n");
            })
            .run("mod verify"),
        app("an additional file is found")
            .change(|world| {
                world.write(&world.modcache().join("example.com/b@v1.0.0/more.go"), "package x\n");
            })
            .run("mod verify"),
        app("a removed file is found")
            .change(|world| {
                let folder = world.modcache().join("example.com/b@v1.0.0");
                world.set_mode(&folder, 0o755);
                world.remove(&folder.join("x.go"));
                world.set_mode(&folder, 0o555);
            })
            .run("mod verify"),
        app("a changed zip is found")
            .change(|world| {
                let zip = world.cached("example.com/b", "v1.0.0.zip");
                let mut bytes = std::fs::File::open(&zip)
                    .and_then(|mut file| {
                        let mut bytes = Vec::new();
                        std::io::Read::read_to_end(&mut file, &mut bytes)?;
                        Ok(bytes)
                    })
                    .expect("the zip is there");
                let middle = bytes.len() / 4;
                bytes[middle] ^= 0xff;
                world.write(&zip, bytes);
            })
            .run("mod verify"),
        app("an empty zip is found")
            .change(|world| world.write(&world.cached("example.com/b", "v1.0.0.zip"), ""))
            .run("mod verify"),
        app("a missing ziphash is told")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.ziphash")
            .run("mod verify"),
        app("a wrong ziphash is told twice")
            .file(
                "$MODCACHE/cache/download/example.com/b/@v/v1.0.0.ziphash",
                "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            )
            .run("mod verify"),
        app("a missing zip is told where the directory is there")
            .remove("$MODCACHE/cache/download/example.com/b/@v/v1.0.0.zip")
            .run("mod verify"),
        app("a missing directory is no harm")
            .remove("$MODCACHE/example.com/b@v1.0.0")
            .run("mod verify"),
        app("a partial directory counts as absent")
            .change(|world| {
                world.write(&world.modcache().join("example.com/b@v1.0.0/x.go"), "package evil\n");
                world.write(&world.cached("example.com/b", "v1.0.0.partial"), "");
            })
            .run("mod verify"),
        app("verifying does not look at go.sum")
            .file(
                "go.sum",
                "example.com/b v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n$MODSUM(\
                 example.com/a@v1.0.0)\n$MODSUM(example.com/b@v1.0.0)\n$MODSUM(example.com/\
                 c@v1.0.0)\n",
            )
            .run("mod verify"),
        app("several damages are told in the order of the build list")
            .change(|world| {
                for module in ["c", "a", "b"] {
                    let file = format!("example.com/{module}@v1.0.0/x.go");
                    world.write(&world.modcache().join(file), "package evil\n");
                }
            })
            .run("mod verify"),
        app("verifying takes no arguments").run("mod verify example.com/a"),
        Story::new("there is nothing to verify outside a module").run("mod verify"),
        app("a replaced module is looked up under its own name")
            .file(
                "go.mod",
                &format!("{APP}\nreplace example.com/b v1.0.0 => example.com/b v1.1.0\n"),
            )
            .run("mod verify"),
        app("a directory in place of a module is not verified")
            .file("go.mod", &format!("{APP}\nreplace example.com/b => ./b\n"))
            .file("b/go.mod", "module example.com/b\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n")
            .run("mod verify"),
    ]
}
