//! GOPROXY lists, private modules, and the checksum database.

use larder_testkit::Behaviour;
use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP)
}

pub(crate) fn stories() -> Vec<Story> {
    [lists(), databases(), lies()].into_iter().flatten().collect()
}

fn lists() -> Vec<Story> {
    let list = |name, value: &str| {
        app(name)
            .env("GOPROXY", value)
            .run("mod download example.com/c")
            .run("list -m example.com/tagged@latest")
    };
    vec![
        list("a proxy that is off gives nothing", "off"),
        list("a list that ends in off gives nothing more", "$PROXY/nowhere,off"),
        list("what stands behind off is not asked", "$PROXY/nowhere,off,$PROXY"),
        list("a list is trimmed", " $PROXY/nowhere , $PROXY "),
        list("empty entries are passed over", ",$PROXY/nowhere,,$PROXY,"),
        list("a list of nothing is an error", ","),
        list("an entry with an unknown scheme is an error", "ftp://example.com,$PROXY"),
        list("an entry without a scheme and a dot is an error", "nonsense"),
        list("a file proxy with a host is an error", "file://host/x"),
        list("a file proxy that is missing has nothing", "file://$ROOT/nothing"),
        list("a file proxy that is missing is passed over", "file://$ROOT/nothing,$PROXY"),
        app("a cache is a file proxy for another")
            .go("mod download example.com/c@v1.0.0")
            .env("GOPROXY", "file://$MODCACHE/cache/download")
            .env("GOMODCACHE", "$ROOT/second")
            .env("GOSUMDB", "off")
            .run("mod download -json example.com/c@v1.0.0")
            .run("mod download example.com/c@v1.1.0"),
        app("a password is not shown")
            .env("GOPROXY", "http://user:secret@127.0.0.1:9")
            .run("mod download example.com/c@v1.0.0")
            .whatever_is_said(),
    ]
}

fn databases() -> Vec<Story> {
    let wrong_key = "sum.example.com+00000000+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    vec![
        app("without a database sums are taken as they are")
            .env("GOSUMDB", "off")
            .run("mod download"),
        app("a private module is not looked up")
            .env("GONOSUMDB", "example.com")
            .run("mod download")
            .run("mod download example.com/c"),
        app("GONOSUMDB patterns match whole elements")
            .env("GONOSUMDB", "ample.com,*.example.com,example.com/c*")
            .run("mod download"),
        app("an unknown database without a key is an error")
            .env("GOSUMDB", "sum.nowhere.example")
            .run("mod download"),
        app("a database with a malformed key is an error")
            .env("GOSUMDB", wrong_key)
            .run("mod download"),
        app("a database with too many words is an error")
            .env("GOSUMDB", "$SUMDB http://x y")
            .run("mod download"),
        app("a database at its own address is asked there")
            .upstream(|proxy| proxy.upstream().attach_at("/own/", &proxy.database().clone()))
            .env("GOSUMDB", "$SUMDB $PROXY/own")
            .run("mod download"),
        app("sums that go.sum has are not looked up")
            .file("go.sum", "$SUM(example.com/c@v1.0.0)\n")
            .env("GOSUMDB", wrong_key)
            .run("mod download"),
        app("a database that does not know a version is an error")
            .upstream(|proxy| proxy.database().refuse("example.com/c", "v1.0.0"))
            .run("mod download"),
        app("a database that fails is an error")
            .upstream(|proxy| {
                let failing = Behaviour::status(500, "out of order\n");
                proxy
                    .upstream()
                    .always("/sumdb/sum.example.com/lookup/example.com/c@v1.0.0", failing);
            })
            .run("mod download"),
    ]
}

fn lies() -> Vec<Story> {
    const NONE: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    vec![
        app("a zip that the database knows otherwise is refused")
            .upstream(|proxy| {
                let files = proxy.files("example.com/c@v1.0.0").clone();
                proxy.database().lie(&files, NONE);
            })
            .run("mod download")
            .run("mod download example.com/c"),
        app("a zip that the database knows otherwise is refused in JSON")
            .upstream(|proxy| {
                let files = proxy.files("example.com/c@v1.0.0").clone();
                proxy.database().lie(&files, NONE);
            })
            .run("mod download -json example.com/c@v1.0.0"),
        app("a go.mod that the database knows otherwise is refused")
            .upstream(|proxy| {
                let files = proxy.files("example.com/c@v1.0.0").clone();
                proxy.database().lie_about_go_mod(&files, NONE);
            })
            .run("mod download")
            .run("mod graph"),
        app("a zip that go.sum knows otherwise is refused")
            .file("go.sum", &format!("example.com/c v1.0.0 {NONE}\n$MODSUM(example.com/c@v1.0.0)\n"))
            .run("mod download")
            .run("mod download -json"),
        app("a go.mod that go.sum knows otherwise is refused")
            .file("go.sum", &format!("example.com/c v1.0.0/go.mod {NONE}\n"))
            .run("mod download")
            .run("mod graph")
            .run("list -m all"),
        app("a cached zip that go.sum knows otherwise is refused")
            .go("mod download example.com/c@v1.0.0")
            .file("go.sum", &format!("example.com/c v1.0.0 {NONE}\n$MODSUM(example.com/c@v1.0.0)\n"))
            .run("mod download"),
        app("an unknown kind of hash is kept and not trusted")
            .file("go.sum", "example.com/c v1.0.0 h9:xyz\nexample.com/c v1.0.0/go.mod h9:abc\n")
            .run("mod download")
            .run("list -m all"),
        app("a broken go.sum is an error")
            .file("go.sum", "example.com/c v1.0.0\n")
            .run("mod download")
            .run("list -m all")
            .run("mod graph"),
        app("a go.sum with foreign line ends is read")
            .file("go.sum", "$ZIPSUM(example.com/c@v1.0.0)\r\n\r\n$MODSUM(example.com/c@v1.0.0)")
            .run("list -m all")
            .run("mod download"),
        app("a go.sum out of order is left so")
            .file("go.sum", "$MODSUM(example.com/c@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$ZIPSUM(example.com/c@v1.0.0)\n")
            .run("mod download")
            .run("mod download example.com/c"),
    ]
}
