//! The JSON of `.info` files, of which field names count whatever their case, as in Go.

use std::collections::BTreeMap;

use larder_modload::Origin;
use larder_module::JsonString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The fields of a `.info`.
#[derive(Debug, Default)]
pub(crate) struct InfoFields {
    pub(crate) version: String,
    pub(crate) time: Option<String>,
    pub(crate) origin: Option<Origin>,
}

impl<'de> Deserialize<'de> for InfoFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = Self::default();
        for (name, value) in BTreeMap::<String, Value>::deserialize(from)? {
            match name.to_ascii_lowercase().as_str() {
                "version" => fields.version = text(value)?,
                "time" if !value.is_null() => fields.time = Some(text(value)?),
                "origin" if !value.is_null() => {
                    fields.origin = Some(origin(value).map_err(serde::de::Error::custom)?);
                }
                _ => {}
            }
        }
        Ok(fields)
    }
}

fn origin(value: Value) -> serde_json::Result<Origin> {
    let mut origin = Origin::default();
    for (name, value) in BTreeMap::<String, Value>::deserialize(value)? {
        let field = match name.to_ascii_lowercase().as_str() {
            "vcs" => &mut origin.vcs,
            "url" => &mut origin.url,
            "subdir" => &mut origin.subdir,
            "hash" => &mut origin.hash,
            "tagprefix" => &mut origin.tag_prefix,
            "tagsum" => &mut origin.tag_sum,
            "ref" => &mut origin.reference,
            "reposum" => &mut origin.repo_sum,
            _ => continue,
        };
        *field = text(value)?;
    }
    Ok(origin)
}

/// An origin as Go writes it, without the fields that are empty.
pub(crate) fn origin_json(origin: &Origin) -> String {
    let filled = origin.fields().into_iter().filter(|(_, value)| !value.is_empty());
    let fields = filled.map(|(name, value)| format!("\"{name}\":{}", JsonString(value)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn text<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        other => Err(E::custom(format_args!("cannot unmarshal {other} into a string"))),
    }
}
