//! The JSON of `.info` files, of which field names count whatever their case, as in Go.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The fields of a `.info`.
#[derive(Debug, Default)]
pub(crate) struct InfoFields {
    pub(crate) version: String,
    pub(crate) time: Option<String>,
    pub(crate) origin: Option<OriginFields>,
}

/// Where a version comes from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct OriginFields {
    pub(crate) vcs: String,
    pub(crate) url: String,
    pub(crate) subdir: String,
    pub(crate) hash: String,
    pub(crate) tag_prefix: String,
    pub(crate) tag_sum: String,
    pub(crate) reference: String,
    pub(crate) repo_sum: String,
}

impl<'de> Deserialize<'de> for InfoFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = Self::default();
        for (name, value) in BTreeMap::<String, Value>::deserialize(from)? {
            match name.to_ascii_lowercase().as_str() {
                "version" => fields.version = text(value)?,
                "time" if !value.is_null() => fields.time = Some(text(value)?),
                "origin" if !value.is_null() => {
                    let origin = OriginFields::deserialize(value);
                    fields.origin = Some(origin.map_err(serde::de::Error::custom)?);
                }
                _ => {}
            }
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for OriginFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = Self::default();
        for (name, value) in BTreeMap::<String, Value>::deserialize(from)? {
            let field = match name.to_ascii_lowercase().as_str() {
                "vcs" => &mut fields.vcs,
                "url" => &mut fields.url,
                "subdir" => &mut fields.subdir,
                "hash" => &mut fields.hash,
                "tagprefix" => &mut fields.tag_prefix,
                "tagsum" => &mut fields.tag_sum,
                "ref" => &mut fields.reference,
                "reposum" => &mut fields.repo_sum,
                _ => continue,
            };
            *field = text(value)?;
        }
        Ok(fields)
    }
}

impl OriginFields {
    /// As Go writes it, without the fields that are empty.
    pub(crate) fn json(&self) -> String {
        let fields = [
            ("VCS", &self.vcs),
            ("URL", &self.url),
            ("Subdir", &self.subdir),
            ("Hash", &self.hash),
            ("TagPrefix", &self.tag_prefix),
            ("TagSum", &self.tag_sum),
            ("Ref", &self.reference),
            ("RepoSum", &self.repo_sum),
        ];
        let mut json = String::from("{");
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            if json.len() > 1 {
                json.push(',');
            }
            push_string(&mut json, name);
            json.push(':');
            push_string(&mut json, value);
        }
        json.push('}');
        json
    }
}

fn text<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        other => Err(E::custom(format_args!("cannot unmarshal {other} into a string"))),
    }
}

/// Appends a string as Go's encoder writes it: what could open a tag in HTML is escaped.
pub(crate) fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a string cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}
