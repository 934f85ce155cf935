//! Modules as `-json` prints them: all fields, or those that were named.
//!
//! Specification: `go help list`; the bytes are those of Go's encoder (`go_json.rs`).

use larder_modload::{ModuleInfo, Origin};

use super::record::module_fields;
use crate::go_json::GoJson;

/// The fields to print; none named means all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<String>);

impl Fields {
    /// The fields in a comma-separated list.
    pub(super) fn add(&mut self, list: &str) {
        self.0.extend(list.split(',').map(str::to_owned));
    }

    fn has(&self, field: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|named| named == field)
    }
}

/// A module as JSON, without a line end.
pub(super) fn module(module: &ModuleInfo, fields: &Fields) -> String {
    let mut json = GoJson::new();
    write_module(&mut json, module, fields);
    json.finish()
}

fn write_module(json: &mut GoJson, module: &ModuleInfo, fields: &Fields) {
    for field in module_fields().iter().filter(|field| fields.has(field)) {
        write_field(json, module, field);
    }
}

fn write_field(json: &mut GoJson, module: &ModuleInfo, field: &str) {
    match field {
        "Path" => json.text(field, &module.path),
        "Version" => json.text(field, &module.version),
        "Query" => json.text(field, &module.query),
        "Versions" => json.texts(field, &module.versions),
        "Replace" => write_pointer(json, field, module.replace.as_deref()),
        "Time" => json.text(field, &module.time.map_or_else(String::new, |time| time.to_string())),
        "Update" => write_pointer(json, field, module.update.as_deref()),
        "Main" => json.flag(field, module.main),
        "Indirect" => json.flag(field, module.indirect),
        "Dir" => json.text(field, &module.dir),
        "GoMod" => json.text(field, &module.go_mod),
        "GoVersion" => json.text(field, &module.go_version),
        "Retracted" => json.texts(field, &module.retracted),
        "Deprecated" => json.text(field, &module.deprecated),
        "Error" => match &module.error {
            Some(error) => json.object(field, |json| {
                json.text_always("Err", &error.text);
            }),
            None => json,
        },
        "Sum" => json.text(field, &module.sum),
        "GoModSum" => json.text(field, &module.go_mod_sum),
        "Origin" => match &module.origin {
            Some(origin) => json.object(field, |json| write_origin(json, origin)),
            None => json,
        },
        "Reuse" => json.flag(field, module.reuse),
        _ => json,
    };
}

fn write_pointer<'j>(
    json: &'j mut GoJson,
    field: &str,
    module: Option<&ModuleInfo>,
) -> &'j mut GoJson {
    match module {
        Some(module) => json.object(field, |json| write_module(json, module, &Fields::default())),
        None => json,
    }
}

pub(crate) fn write_origin(json: &mut GoJson, origin: &Origin) {
    for (name, text) in origin.fields() {
        json.text(name, text);
    }
}

#[cfg(test)]
mod tests {
    use larder_modload::{ModuleError, Moment};

    use super::*;

    #[test]
    fn fields_stand_in_gos_order_and_can_be_chosen() {
        let mut m = ModuleInfo { path: "example.com/m".into(), ..ModuleInfo::default() };
        m.time = Some(Moment::ZERO);
        m.indirect = true;
        m.error = Some(ModuleError { text: "a <b>".into() });
        m.origin = Some(Origin { vcs: "git".into(), ..Origin::default() });
        m.update = Some(Box::new(ModuleInfo { version: "v1.1.0".into(), ..ModuleInfo::default() }));
        let all = module(&m, &Fields::default());
        let expect = concat!(
            "{\n\t\"Path\": \"example.com/m\",\n\t\"Time\": \"0001-01-01T00:00:00Z\",\n\t\"Update\": ",
            "{\n\t\t\"Version\": \"v1.1.0\"\n\t},\n\t\"Indirect\": true,\n\t\"Error\": ",
            "{\n\t\t\"Err\": \"a \\u003cb\\u003e\"\n\t},\n\t\"Origin\": {\n\t\t\"VCS\": \"git\"\n\t}\n}"
        );
        assert_eq!(all, expect);
        let mut fields = Fields::default();
        fields.add("Update,Path");
        fields.add("Nothing");
        let expect = "{\n\t\"Path\": \"example.com/m\",\n\t\"Update\": {\n\t\t\"Version\": \"v1.1.0\"\n\t}\n}";
        assert_eq!(module(&m, &fields), expect);
    }
}
