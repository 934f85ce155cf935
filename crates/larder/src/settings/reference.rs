//! The table of settings as a document (`docs/settings.md`) and as an example file
//! (`docs/larder.toml`): both are written by `larder config`, so neither can be stale unseen.

use super::row::{Fallback, Row, TakesEffect};
use super::schema::ROWS;

/// The sections of the keys, in order, with their headings.
const SECTIONS: [(&str, &str); 10] = [
    ("", "Serving"),
    ("tls", "TLS"),
    ("admin", "Maintenance"),
    ("store", "Retention"),
    ("fresh", "Freshness"),
    ("memory", "Memory"),
    ("limits", "Limits"),
    ("go", "Go's own settings"),
    ("fetch", "Fetching"),
    ("log", "Logging"),
];

/// The heading below which a row stands.
pub fn heading(row: &Row) -> &'static str {
    let section = row.key.split_once('.').map_or("", |(section, _)| section);
    SECTIONS.iter().find(|(name, _)| *name == section).map_or("Others", |(_, heading)| heading)
}

/// What a row means, in one line.
pub fn meaning(row: &Row) -> String {
    row.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// The reference, in Markdown.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (section, rows) in sections() {
        text.push_str(&format_section(section, &rows));
    }
    text
}

const INTRODUCTION: &str = "\
# Settings

Written by `cargo xtask docs` from the table in `crates/larder/src/settings/schema.rs`.

A value is looked for in this order, setting by setting, and the first place that has it wins:
the flag, the `LARDER_*` variable, `larder.toml`, Go's own setting where it has one, the default.
`larder config show` prints every setting with its value and the place it came from.

Settings files are `larder.toml` in the working directory, `larder/larder.toml` in the user's
configuration directory, and `/etc/larder/larder.toml`; `--config FILE` or `LARDER_CONFIG` names
the only one to read. A dot in a key is a table of the file: `fresh.ttl` is `ttl` below `[fresh]`.
An unknown key or `LARDER_*` variable is an error.

Go's settings are read as the go command reads them: the environment, the user's `go/env` file,
and the `go.env` of the Go installation. Durations are a number with its unit (`250ms`, `60s`,
`10m`, `12h`, `7d`), sizes are bytes or a number with its unit (`64MiB`, `1GB`). Passwords inside
URLs are never shown.

A running server reads its settings again at SIGHUP (`systemctl reload larder`) and logs each that
changed. A change counts at once where nothing else is said.
";

fn format_section(heading: &str, rows: &[&Row]) -> String {
    let entries = rows.iter().map(|row| {
        format!(
            "\n### `{}`\n\n{}{}\n\n| value | default | flag | variable |\n| --- | --- | --- | --- |\n\
             | {} | {} | `{}` | `{}` |\n",
            row.key,
            meaning(row),
            takes_effect(row),
            row.shape.replace('|', "\\|"),
            row.fallback.describe(),
            row.flag(),
            row.variable()
        )
    });
    std::iter::once(format!("\n## {heading}\n")).chain(entries).collect()
}

fn takes_effect(row: &Row) -> &'static str {
    match row.takes_effect() {
        TakesEffect::AtOnce => "",
        TakesEffect::AtTheNextStart => " A change counts at the next start.",
    }
}

/// A settings file in which every setting stands, commented out.
pub fn example() -> String {
    let head = "# Every setting of Larder. Take out the `#` before a line to set it.\n".to_owned();
    std::iter::once(head)
        .chain(sections().map(|(name, rows)| example_section(name, &rows)))
        .collect()
}

fn example_section(heading: &str, rows: &[&Row]) -> String {
    let section = rows.first().and_then(|row| row.key.split_once('.'));
    let table = section.map(|(section, _)| format!("[{section}]\n")).unwrap_or_default();
    let lines = rows.iter().map(|row| {
        let name = row.key.rsplit('.').next().unwrap_or(row.key);
        let value = match row.fallback {
            Fallback::Text(text) | Fallback::Go(_, text) => text,
            _ => "",
        };
        let (meaning, default) = (meaning(row), row.fallback.describe());
        format!("\n# {meaning} ({}; default: {default})\n#{name} = {value:?}\n", row.shape)
    });
    format!("\n# {heading}\n{table}{}", lines.collect::<String>())
}

fn sections() -> impl Iterator<Item = (&'static str, Vec<&'static Row>)> {
    SECTIONS
        .iter()
        .map(|&(_, name)| (name, ROWS.iter().filter(|row| heading(row) == name).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_below_a_heading() {
        let shown: usize = sections().map(|(_, rows)| rows.len()).sum();
        assert_eq!(shown, ROWS.len());
    }

    #[test]
    fn the_example_is_a_file_that_says_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("larder.toml");
        fs_err::write(&path, example()).unwrap();
        assert!(super::super::file::read(&path).unwrap().is_empty());
    }

    #[test]
    fn every_setting_stands_in_the_example() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("larder.toml");
        let uncommented: Vec<String> = example()
            .lines()
            .map(|line| if line.starts_with("# ") { line } else { line.trim_start_matches('#') })
            .map(str::to_owned)
            .collect();
        fs_err::write(&path, uncommented.join("\n")).unwrap();
        assert_eq!(super::super::file::read(&path).unwrap().len(), ROWS.len());
    }
}
