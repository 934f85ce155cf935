//! Dashboard, alert rules, the operator's guide and `/metrics` speak of the same numbers.
//!
//! Queries are read as text: a name that begins with `larder_` is a metric, what stands in braces
//! behind it are its labels. That promtool understands them is its own check (`scripts/test`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use larder_testkit::client::get;
use larder_testkit::{Database, Launch, Module, Upstream};

/// Shown by a server that speaks TLS alone.
const ONLY_WITH_TLS: &str = "larder_certificate_expiry_seconds";

/// What a running server shows: each sample's labels with the values it has them at, and each
/// metric's name as its `# TYPE` line gives it.
struct Shown {
    samples: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    families: BTreeSet<String>,
}

fn shown() -> Shown {
    let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
    upstream.attach(&database);
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let server =
        Launch::new(env!("CARGO_BIN_EXE_larder"), &upstream.url()).database(&database).start();
    assert_eq!(get(&server.url(&files.url_path("zip"))).status, 200);
    let text = get(&server.url("/metrics")).text();
    let mut shown = Shown { samples: BTreeMap::new(), families: BTreeSet::new() };
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let name = family.split(' ').next().unwrap_or_default();
            shown.families.insert(name.to_owned());
        } else if !line.starts_with('#') {
            let (name, labels) = line.split_once(['{', ' ']).unwrap_or((line, ""));
            let values = shown.samples.entry(name.to_owned()).or_default();
            for (label, value) in labels_of(labels) {
                values.entry(label).or_default().insert(value);
            }
        }
    }
    shown.samples.entry(ONLY_WITH_TLS.to_owned()).or_default();
    shown.families.insert(ONLY_WITH_TLS.to_owned());
    shown
}

/// The labels in `a="b",c=~"d"} …`, with their values; what is matched by a pattern has none.
fn labels_of(text: &str) -> Vec<(String, String)> {
    let inside = text.split('}').next().unwrap_or_default();
    let pairs = inside.split('"').collect::<Vec<_>>();
    let pairs = pairs.chunks_exact(2).map(|pair| {
        let label = pair[0].trim_matches([',', ' ']);
        let exact = label.ends_with('=') && !label.ends_with("!=");
        let name = label.trim_end_matches(['=', '~', '!']).to_owned();
        (name, if exact { pair[1].to_owned() } else { String::new() })
    });
    pairs.collect()
}

/// The metrics that a text of queries asks for, each with its labels.
fn asked(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let starts = text.match_indices("larder_").map(|(at, _)| at);
    let whole = starts.filter(|at| {
        !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/')
    });
    whole
        .map(|at| {
            let rest = &text[at..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            (name.to_owned(), rest.strip_prefix('{').map(labels_of).unwrap_or_default())
        })
        .collect()
}

/// Added by Prometheus, or chosen on the dashboard.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];
/// Whose values are those of the settings.
const OPEN: [&str; 2] = ["upstream", "database"];

#[track_caller]
fn check_queries(file: &str, queries: &str, shown: &Shown) {
    let asked = asked(queries);
    assert!(asked.len() > 10, "{file} asks for hardly anything");
    for (metric, labels) in asked {
        let known = shown.samples.get(&metric);
        let known = known.unwrap_or_else(|| panic!("{file}: no server shows `{metric}`"));
        for (label, value) in labels {
            if OF_PROMETHEUS.contains(&label.as_str()) {
                continue;
            }
            let values = known.get(&label);
            let values =
                values.unwrap_or_else(|| panic!("{file}: `{metric}` has no label `{label}`"));
            // Requests are counted by what has happened; everything else begins at zero.
            let closed = !metric.starts_with("larder_request") && !OPEN.contains(&label.as_str());
            assert!(
                !closed || value.is_empty() || values.contains(&value),
                "{file}: `{metric}` is never at {label}=\"{value}\""
            );
        }
    }
}

fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."].iter().collect()
}

fn read(file: &str) -> String {
    fs_err::read_to_string(root().join(file)).expect("it is in the repository")
}

const RULES: &str = "packaging/monitoring/larder.rules.yml";
const RULE_TESTS: &str = "packaging/monitoring/larder.test.yml";
const DASHBOARD: &str = "packaging/monitoring/larder.dashboard.json";
const GUIDE: &str = "docs/operations.md";

#[test]
fn dashboard_and_rules_ask_for_what_a_server_shows() {
    let shown = shown();
    check_queries(RULES, &read(RULES), &shown);
    check_queries(RULE_TESTS, &read(RULE_TESTS).replace('\'', "\n"), &shown);
    let dashboard: serde_json::Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    check_queries(DASHBOARD, &queries.join("\n"), &shown);
}

#[test]
fn every_panel_has_its_own_place_and_number() {
    let dashboard: serde_json::Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let numbers: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |side: &str| panel["gridPos"][side].as_i64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for cell in (at("x")..at("x") + at("w"))
            .flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert(cell), "two panels at {cell:?}: {}", panel["title"]);
        }
    }
}

/// The metrics of the guide's table, as `larder_…` in its rows' first cells.
fn documented() -> BTreeSet<String> {
    let guide = read(GUIDE);
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `larder_"));
    rows.map(|row| format!("larder_{}", row.split('`').next().unwrap_or_default())).collect()
}

#[test]
fn the_guide_lists_every_metric_and_no_other() {
    let (documented, shown) = (documented(), shown().families);
    let missing: Vec<_> = shown.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&shown).collect();
    assert!(missing.is_empty(), "{GUIDE} has no row for {missing:?}");
    assert!(gone.is_empty(), "{GUIDE} has rows for {gone:?}, which no server shows");
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let (rules, guide) = (read(RULES), read(GUIDE));
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: BTreeSet<&str> = alerts.collect();
    let runbooks = rules.lines().filter_map(|line| line.trim().strip_prefix("runbook: "));
    let expect: Vec<String> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .map(|alert| format!("{GUIDE}#{}", alert.to_lowercase()))
        .collect();
    assert_eq!(runbooks.collect::<Vec<_>>(), expect);
    let headings = guide.lines().filter_map(|line| line.strip_prefix("### Larder"));
    let headings: BTreeSet<String> = headings.map(|name| format!("Larder{name}")).collect();
    let headings: BTreeSet<&str> = headings.iter().map(String::as_str).collect();
    assert_eq!(headings, alerts);
    let tests = read(RULE_TESTS);
    for alert in alerts {
        assert!(tests.contains(alert), "no test of the rules has {alert}");
    }
}
