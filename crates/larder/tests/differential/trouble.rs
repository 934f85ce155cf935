//! Upstreams that fail: what is said, with which code, and that nothing is left behind.

use larder_testkit::Behaviour;
use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP)
}

/// Every command, with one file of c bent.
fn bent(name: &'static str, suffix: &'static str, behaviour: Behaviour) -> Story {
    app(name)
        .upstream(move |proxy| proxy.bend("example.com/c@v1.0.0", suffix, behaviour.clone()))
        .run("mod download")
        .run("mod download -json")
        .run("mod graph")
        .run("list -m -mod=mod all")
        .run("mod verify")
}

pub(crate) fn stories() -> Vec<Story> {
    [statuses(), bodies(), zips()].into_iter().flatten().collect()
}

fn statuses() -> Vec<Story> {
    let lines = ["a line\n"; 11].concat();
    let long = "blah".repeat(200);
    let html = Behaviour::answer(403, "text/html", b"<html>please log in</html>");
    vec![
        bent(
            "a go.mod that is not found is told",
            "mod",
            Behaviour::status(404, "no such module\n"),
        ),
        bent("a go.mod that is gone is told", "mod", Behaviour::status(410, "gone\n")),
        bent("a go.mod that is forbidden is told", "mod", Behaviour::status(403, "ask ann\n")),
        bent("a go.mod that needs a login is told", "mod", Behaviour::status(401, "who are you\n")),
        bent(
            "a go.mod of a failing proxy is told",
            "mod",
            Behaviour::status(500, "out of order\n"),
        ),
        bent("a go.mod of a busy proxy is told", "mod", Behaviour::status(503, "busy\n")),
        bent(
            "an info that is not found is told",
            "info",
            Behaviour::status(404, "no such module\n"),
        ),
        bent("an info that is forbidden is told", "info", Behaviour::status(403, "ask ann\n")),
        bent("a zip that is not found is told", "zip", Behaviour::status(404, "no such module\n")),
        bent("a zip that is forbidden is told", "zip", Behaviour::status(403, "ask ann\n")),
        bent("a zip of a failing proxy is told", "zip", Behaviour::status(500, "out of order\n")),
        bent("an answer of many lines is cut", "mod", Behaviour::status(403, &lines)),
        bent("an answer of one long line is not shown", "mod", Behaviour::status(403, &long)),
        bent("an answer that is no text is not shown", "mod", html),
        bent("an empty answer is not shown", "mod", Behaviour::status(403, "")),
        bent("a teapot is told", "mod", Behaviour::status(418, "short and stout\n")),
        app("a forbidden module is not sought elsewhere")
            .upstream(|proxy| {
                let forbidden = Behaviour::status(403, "ask ann\n");
                proxy.upstream().always("/no/example.com/c/@v/v1.0.0.mod", forbidden.clone());
                proxy.upstream().always("/no/example.com/c/@v/v1.0.0.info", forbidden);
            })
            .env("GOPROXY", "$PROXY/no,$PROXY")
            .run("mod download")
            .run("mod download example.com/c@v1.0.0"),
        app("any failure is passed over by a bar")
            .upstream(|proxy| {
                let forbidden = Behaviour::status(403, "ask ann\n");
                proxy.upstream().always("/no/example.com/c/@v/v1.0.0.mod", forbidden);
            })
            .env("GOPROXY", "$PROXY/no|$PROXY")
            .run("mod download"),
        app("of several failures the gravest is told")
            .env("GOPROXY", "$PROXY/one,$PROXY/two")
            .run("mod download"),
        app("a versions list that is forbidden is told")
            .upstream(|proxy| {
                proxy
                    .upstream()
                    .always("/example.com/c/@v/list", Behaviour::status(403, "ask ann\n"));
            })
            .run("list -m -versions example.com/c")
            .run("list -m example.com/c@latest")
            .run("list -m -mod=mod -u all"),
    ]
}

fn bodies() -> Vec<Story> {
    vec![
        bent("a go.mod that is a page is told", "mod", Behaviour::html()),
        bent("an info that is a page is told", "info", Behaviour::html()),
        bent("a zip that is a page is told", "zip", Behaviour::html()),
        bent(
            "an empty go.mod of a proxy is told",
            "mod",
            Behaviour::answer(200, "text/plain", b""),
        ),
        bent("an empty info of a proxy is told", "info", Behaviour::answer(200, "text/plain", b"")),
        bent("an empty zip of a proxy is told", "zip", Behaviour::answer(200, "text/plain", b"")),
        bent("a corrupted go.mod is refused", "mod", Behaviour::honest().corrupted(30)),
        bent("a corrupted zip is refused", "zip", Behaviour::honest().corrupted(60)),
        bent("chunks are a body", "zip", Behaviour::honest().chunked()),
        bent("a body may end with its connection", "zip", Behaviour::honest().until_close()),
    ]
}

fn zips() -> Vec<Story> {
    let damaged = |name, module: &str| {
        Story::new(name)
            .run(&format!("mod download {module}"))
            .run(&format!("mod download -json {module}"))
            .file(
                "go.mod",
                &format!(
                    "module example.com/app\n\ngo 1.21\n\nrequire {}\n",
                    module.replace('@', " ")
                ),
            )
            .run("mod download")
            .run("mod graph")
            .run("list -m -mod=mod all")
    };
    vec![
        damaged("a zip with foreign names is refused", "example.com/badzip@v1.0.0"),
        damaged("a dependency's broken go.mod is told", "example.com/badmod@v1.0.0"),
        damaged("a module of another name is told", "example.com/renamed@v1.1.0"),
        damaged("a module without a name is told", "example.com/nameless@v1.0.0"),
    ]
}
