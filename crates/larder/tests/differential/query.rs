//! `path@query`: which version a query means.

use larder_testkit::Behaviour;
use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n";

fn app(name: &'static str) -> Story {
    Story::new(name).file("go.mod", APP).file("go.sum", "$SUM(example.com/c@v1.0.0)\n")
}

pub(crate) fn stories() -> Vec<Story> {
    [versions(), names(), upstreams()].into_iter().flatten().collect()
}

fn versions() -> Vec<Story> {
    vec![
        app("latest is the highest release")
            .run("list -m example.com/a@latest example.com/c@latest"),
        app("latest is a pre-release where there is no release")
            .run("list -m example.com/pre@latest"),
        app("latest prefers compatible versions")
            .run("list -m example.com/compat@latest example.com/inc@latest"),
        app("latest passes over retracted versions").run("list -m example.com/retract@latest"),
        app("latest of what took itself back").run("list -m example.com/selfretract@latest"),
        app("latest of a module without tags is the proxy's")
            .run("list -m example.com/pseudo@latest"),
        app("upgrade never goes down")
            .run("list -m example.com/c@upgrade example.com/a@upgrade")
            .file(
                "go.mod",
                "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.2.0-pre.1\n",
            )
            .run("list -m example.com/a@upgrade"),
        app("patch stays in its minor line")
            .run("list -m example.com/c@patch")
            .run("list -m example.com/a@patch"),
        app("none is no version to list").run("list -m example.com/c@none"),
        app("a prefix is the highest of its line")
            .run("list -m example.com/tagged@v0 example.com/tagged@v0.1 example.com/c@v1"),
        app("a prefix that matches nothing is an error")
            .run("list -m example.com/tagged@v3")
            .run("list -m example.com/tagged@v0.7"),
        app("ranges choose the nearest version")
            .run("list -m example.com/tagged@<v0.2.0 example.com/tagged@<=v0.2.0")
            .run("list -m example.com/tagged@>v0.1.0 example.com/tagged@>=v0.1.0"),
        app("a range without versions is an error")
            .run("list -m example.com/tagged@>v1.0.0")
            .run("list -m -e example.com/tagged@<v0.1.0"),
        app("a range is of whole versions")
            .run("list -m example.com/tagged@<v1")
            .run("list -m example.com/tagged@>=v0.1"),
        app("a range of nonsense is an error")
            .run("list -m example.com/tagged@<x")
            .run("list -m example.com/tagged@>"),
        app("a retracted version can be named")
            .run("list -m example.com/retract@v1.0.1")
            .run("list -m example.com/retract@<=v1.0.1"),
        app("an incompatible version can be named")
            .run("list -m example.com/inc@v2.0.0+incompatible")
            .run("list -m example.com/inc@v2.0.0"),
        app("a canonical version is asked as it is")
            .run("list -m example.com/c@v1.1.0")
            .run("list -m example.com/c@v1.7.0"),
        app("build metadata is no version").run("list -m example.com/c@v1.1.0+meta"),
        app("versions of another major are an error")
            .run("list -m example.com/c@v2.0.0")
            .run("list -m example.com/major/v2@v1.0.0"),
        app("queries of the main module")
            .run("list -m example.com/app@latest")
            .run("list -m example.com/app@upgrade")
            .run("list -m example.com/app@v0.9.0"),
        app("a query of all or a pattern is an error")
            .run("list -m all@latest")
            .run("list -m example.com/...@latest"),
        app("an excluded version is not chosen")
            .file("go.mod", &format!("{APP}\nexclude example.com/tagged v1.0.0\n"))
            .run("list -m example.com/tagged@latest")
            .run("list -m example.com/tagged@v1.0.0")
            .run("list -m -versions example.com/tagged"),
        app("go and toolchain have versions of their own")
            .run("list -m go@1.21")
            .run("list -m toolchain@go1.21.0"),
    ]
}

fn names() -> Vec<Story> {
    const PSEUDO: &str = "example.com/pseudo@v0.0.0-20240301123000-abcdefabcdef";
    vec![
        app("a branch is what the proxy says")
            .upstream(|proxy| proxy.points_to("main", PSEUDO))
            .run("list -m example.com/pseudo@main")
            .run("list -m -json example.com/pseudo@main"),
        app("a hash is what the proxy says")
            .upstream(|proxy| {
                proxy.points_to("abcdefabcdef", PSEUDO);
                proxy.points_to("abcdef", PSEUDO);
            })
            .run("list -m example.com/pseudo@abcdefabcdef example.com/pseudo@abcdef"),
        app("a branch that is a release is that release")
            .upstream(|proxy| proxy.points_to("release", "example.com/tagged@v0.2.0"))
            .run("list -m example.com/tagged@release"),
        app("a branch that nobody knows is an error").run("list -m example.com/pseudo@nowhere"),
        app("a name with upper case is escaped")
            .upstream(|proxy| proxy.points_to("!release", "example.com/tagged@v0.2.0"))
            .run("list -m example.com/tagged@Release"),
        app("a name with a slash is refused or asked").run("list -m example.com/tagged@feature/x"),
        app("a name with odd letters is refused")
            .run("list -m 'example.com/tagged@a b'")
            .run("list -m example.com/tagged@../x"),
        app("a malformed path is refused")
            .run("list -m example..com/x@latest")
            .run("list -m Example.com@latest")
            .run("list -m example.com/x/@latest")
            .run("list -m example.com/v1@latest"),
        app("a path that wants a major suffix is refused")
            .run("list -m example.com/c/v1@latest")
            .run("list -m gopkg.in/yaml@latest"),
        app("an empty query is refused").run("list -m example.com/c@").run("list -m @latest"),
    ]
}

fn upstreams() -> Vec<Story> {
    let info = |text: &'static str| Behaviour::answer(200, "application/json", text.as_bytes());
    vec![
        app("a proxy without latest answers from its list")
            .upstream(|proxy| proxy.upstream().without_latest())
            .run("list -m example.com/c@latest")
            .run("list -m example.com/pseudo@latest"),
        app("a list with times and pseudo-versions is read")
            .upstream(|proxy| {
                let list = "v1.0.0 2023-01-01T00:00:00Z\nnonsense\nv1.0.1-0.20240301123000-abcdefabcdef\n\nv1.2\n";
                proxy.upstream().serve("/example.com/mixed/@v/list", "text/plain", list);
            })
            .run("list -m -versions example.com/mixed")
            .run("list -m example.com/mixed@latest"),
        app("an answer for another version is refused")
            .upstream(move |proxy| {
                let answer = info(r#"{"Version":"v1.9.0","Time":"2024-03-01T12:30:00Z"}"#);
                proxy.bend("example.com/c@v1.1.0", "info", answer);
            })
            .run("list -m example.com/c@v1.1.0"),
        app("an answer that is no JSON is refused")
            .upstream(move |proxy| proxy.bend("example.com/c@v1.1.0", "info", info("invalid\n")))
            .run("list -m example.com/c@v1.1.0"),
        app("a latest that is no JSON is refused")
            .upstream(move |proxy| {
                proxy.upstream().always("/example.com/pseudo/@latest", info("invalid\n"));
            })
            .run("list -m example.com/pseudo@latest"),
        app("an answer without a time is taken")
            .upstream(move |proxy| {
                proxy.bend("example.com/c@v1.1.0", "info", info(r#"{"Version":"v1.1.0"}"#));
            })
            .run("list -m -json example.com/c@v1.1.0"),
        app("an answer with more than is known is cut down")
            .upstream(move |proxy| {
                let answer = r#"{ "Version" : "v1.1.0", "Time":"2024-03-01T12:30:00.5+02:00", "More": [1], "Name":"n", "Short":"s"}"#;
                proxy.bend("example.com/c@v1.1.0", "info", info(answer));
            })
            .run("list -m -json example.com/c@v1.1.0")
            .run("mod download -json example.com/c@v1.1.0"),
        app("a module that no proxy has is an error").run("list -m example.com/nothing@latest").run("list -m example.com/nothing@v1.0.0"),
        app("a proxy that has no such module is passed over")
            .env("GOPROXY", "$PROXY/nowhere,$PROXY")
            .run("list -m example.com/tagged@latest"),
        app("a proxy that answers with an empty list is passed over for a query")
            .upstream(|proxy| {
                proxy.upstream().serve("/empty/example.com/tagged/@v/list", "text/plain", "");
            })
            .env("GOPROXY", "$PROXY/empty,$PROXY")
            .run("list -m example.com/tagged@latest"),
    ]
}
