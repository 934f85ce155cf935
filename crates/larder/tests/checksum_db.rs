//! The checksum database through Larder: a fresh client can prove everything Larder has, in any
//! order, with nothing but Larder to ask.

use larder_testkit::client::get;
use larder_testkit::{
    Database, Go, LarderServer, Launch, Module, ModuleFiles, Upstream, Workspace,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const BASE: &str = "/sumdb/sum.example.com";

/// Modules whose records lie scattered in a tree of thousands: it grows between every two.
fn scattered(count: usize) -> (Upstream, Database, Vec<ModuleFiles>, LarderServer) {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    database.grow(5_000);
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let publish = |number| {
        let path = format!("example.com/m{number}");
        upstream.publish(Module::new(&path, "v1.0.0").file("m.go", format!("package m{number}\n")))
    };
    let modules = (0..count).map(publish).collect();
    (upstream, database, modules, server)
}

fn client(go: &Go, server: &LarderServer, database: &Database) -> Workspace {
    let work = go.workspace().goproxy(&server.url("")).gosumdb(&database.key());
    work.file("go.mod", "module example.com/app\n\ngo 1.21\n");
    work
}

fn download(work: &Workspace, files: &ModuleFiles) {
    work.run(&["mod", "download", &format!("{}@{}", files.path, files.version)]).expect_success();
}

#[test]
fn a_fresh_client_proves_everything_offline_in_any_order() {
    let (found, missing) = Go::all();
    for line in &missing {
        println!("skipped: {line}");
    }
    for go in &found {
        let (upstream, database, modules, server) = scattered(9);
        let first = client(go, &server, &database);
        for (number, files) in modules.iter().enumerate() {
            download(&first, files);
            database.grow(if number % 3 == 0 { 1 } else { 700 });
        }
        upstream.cut();
        let count = modules.len();
        let orders: [Vec<usize>; 4] = [
            (0..count).collect(),
            (0..count).rev().collect(),
            (0..count).map(|index| index * 4 % count).collect(),
            vec![count - 1, 0],
        ];
        for order in orders {
            let fresh = client(go, &server, &database);
            for index in order {
                download(&fresh, &modules[index]);
            }
        }
    }
}

#[test]
fn a_client_with_an_older_head_can_follow() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, modules, server) = scattered(6);
    let [old, new] = [client(&go, &server, &database), client(&go, &server, &database)];
    download(&old, &modules[0]);
    for files in &modules[1..5] {
        database.grow(300);
        download(&new, files);
    }
    upstream.cut();
    for files in &modules[1..5] {
        download(&old, files);
    }
}

#[test]
fn the_server_remembers_its_head_over_a_restart() {
    let Some(go) = Go::local() else { return };
    let (upstream, database, modules, mut server) = scattered(3);
    let work = client(&go, &server, &database);
    download(&work, &modules[0]);
    server.wait_stored(&modules[0].url_path("zip"));
    server.kill9();
    server.restart();
    database.grow(400);
    download(&work, &modules[1]);
    server.wait_stored(&modules[1].url_path("zip"));
    upstream.cut();
    server.restart();
    let fresh = client(&go, &server, &database);
    download(&fresh, &modules[1]);
    download(&fresh, &modules[0]);
}

#[test]
fn every_lookup_is_answered_under_one_head() {
    let (upstream, database, modules, server) = scattered(3);
    let lookup = |files: &ModuleFiles| {
        let answer = get(&server.url(&format!("{BASE}/lookup/{}@{}", files.path, files.version)));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    for files in &modules {
        assert!(lookup(files).contains(&files.zip_h1));
        database.grow(50);
    }
    upstream.cut();
    let heads: Vec<String> = modules
        .iter()
        .map(|files| {
            lookup(files).split_once("go.sum database tree").expect("a tree head").1.to_owned()
        })
        .collect();
    assert!(heads.windows(2).all(|pair| pair[0] == pair[1]), "{heads:?}");
    let latest = get(&server.url(&format!("{BASE}/latest")));
    assert!(latest.text().ends_with(&heads[0]), "{}", latest.text());
}

#[test]
fn a_stored_lookup_asks_nobody() {
    let (upstream, _database, modules, server) = scattered(1);
    let path = format!("{BASE}/lookup/{}@v1.0.0", modules[0].path);
    for _ in 0..3 {
        assert_eq!(get(&server.url(&path)).status, 200);
    }
    assert_eq!(upstream.asked(&path), 1);
}

#[test]
fn many_who_look_up_one_version_cost_one_lookup() {
    let (upstream, _database, modules, server) = scattered(1);
    upstream.set_latency(std::time::Duration::from_millis(100));
    let path = format!("{BASE}/lookup/{}@v1.0.0", modules[0].path);
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_eq!(get(&server.url(&path)).status, 200));
        }
    });
    assert_eq!(upstream.asked(&path), 1);
}

#[test]
fn only_a_configured_database_is_served() {
    let (upstream, _database, _, server) = scattered(1);
    assert_eq!(get(&server.url(&format!("{BASE}/supported"))).status, 200);
    for name in ["sum.golang.org", "evil.example.com", "127.0.0.1:1", "..", ""] {
        let answer = get(&server.url(&format!("/sumdb/{name}/supported")));
        assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.status);
    }
    assert!(upstream.seen().iter().all(|seen| seen.path.starts_with(BASE)));
}

#[test]
fn what_is_no_lookup_and_no_tile_is_refused_without_asking() {
    let (upstream, _database, _, server) = scattered(1);
    for rest in [
        "lookup/",
        "lookup/example.com/a",
        "lookup/example.com/A@v1.0.0",
        "lookup/example.com/a@main",
        "lookup/example.com/a@v1",
        "lookup/../a@v1.0.0",
        "tile/",
        "tile/8/0/1",
        "tile/8/0/0000",
        "tile/7/0/000",
        "tile/8/-1/000",
        "tile/8/99/000",
        "tile/8/0/000.p/0",
        "tile/8/0/000.p/256",
        "tile/8/0/000.p/",
        "tile/8/0/x001",
        "tile/8/0/../../latest",
        "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
        "other",
        "latest/",
    ] {
        let answer = get(&server.url(&format!("{BASE}/{rest}")));
        assert!(matches!(answer.status, 400 | 404), "{rest}: {}", answer.status);
    }
    let asked: Vec<String> = upstream.seen().into_iter().map(|seen| seen.path).collect();
    let odd: Vec<&String> = asked.iter().filter(|path| !path.ends_with("supported")).collect();
    assert_eq!(odd, Vec::<&String>::new());
}

#[test]
fn a_version_that_the_database_does_not_know_is_not_found() {
    let (_upstream, _database, _, server) = scattered(1);
    let answer = get(&server.url(&format!("{BASE}/lookup/example.com/unknown@v1.0.0")));
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[test]
fn a_database_in_trouble_is_not_a_false_not_found() {
    let (upstream, _database, modules, server) = scattered(1);
    assert_eq!(get(&server.url(&format!("{BASE}/supported"))).status, 200);
    upstream.cut();
    let answer = get(&server.url(&format!("{BASE}/lookup/{}@v1.0.0", modules[0].path)));
    assert!(matches!(answer.status, 502..=504), "{}: {}", answer.status, answer.text());
}

#[test]
fn a_database_on_a_host_of_its_own_is_asked_when_no_proxy_serves_it() {
    let Some(go) = Go::local() else { return };
    let (proxy, host) = (Upstream::start(), Upstream::start());
    let database = Database::new("sum.example.com");
    host.attach_at("/", &database);
    database.grow(300);
    let files = proxy.publish(Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n"));
    database.publish(&files);
    let server = Launch::new(LARDER, &proxy.url()).database_at(&database, &host.url()).start();
    download(&client(&go, &server, &database), &files);
    assert_eq!(host.asked("/lookup/example.com/a@v1.0.0"), 1);
    assert!(proxy.asked(&format!("{BASE}/supported")) >= 1, "the proxy is asked first");
}

#[test]
fn a_private_path_is_told_to_no_database() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    upstream.publish(Module::new("private.example.com/a", "v1.0.0"));
    for variable in ["GOPRIVATE", "GONOSUMDB"] {
        let server = Launch::new(LARDER, &upstream.url())
            .database(&database)
            .env(variable, "private.example.com")
            .start();
        let lookup = format!("{BASE}/lookup/private.example.com/a@v1.0.0");
        let answer = get(&server.url(&lookup));
        assert_eq!(answer.status, 404, "{variable}: {}", answer.text());
    }
    assert!(upstream.seen().iter().all(|seen| !seen.path.contains("private")));
}
