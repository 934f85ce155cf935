//! Modules as templates see them: the fields and methods of the go command's own types.
//!
//! Names, order and printing are those of `go help list`, the type Module.

use larder_modload::{ModuleError, ModuleInfo, Origin};

use super::template::{Kind, Record, Value};

static MODULE: Kind = Kind {
    name: "modinfo.ModulePublic",
    fields: &[
        "Path",
        "Version",
        "Query",
        "Versions",
        "Replace",
        "Time",
        "Update",
        "Main",
        "Indirect",
        "Dir",
        "GoMod",
        "GoVersion",
        "Retracted",
        "Deprecated",
        "Error",
        "Sum",
        "GoModSum",
        "Origin",
        "Reuse",
    ],
    has_string: true,
};

static ERROR: Kind = Kind { name: "modinfo.ModuleError", fields: &["Err"], has_string: false };

static ORIGIN: Kind = Kind {
    name: "codehost.Origin",
    fields: &["VCS", "URL", "Subdir", "Hash", "TagPrefix", "TagSum", "Ref", "RepoSum"],
    has_string: false,
};

/// The fields of a module, by their names in JSON.
pub(super) fn module_fields() -> &'static [&'static str] {
    MODULE.fields
}

/// A module as a value.
pub(super) fn value(module: &ModuleInfo) -> Value<'_> {
    Value::Record(&MODULE, Some(module))
}

fn pointer(module: Option<&ModuleInfo>) -> Value<'_> {
    Value::Record(&MODULE, module.map(|module| module as &dyn Record))
}

impl Record for ModuleInfo {
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "Path" => Value::text(self.path.as_str()),
            "Version" => Value::text(self.version.as_str()),
            "Query" => Value::text(self.query.as_str()),
            "Versions" => Value::Texts(&self.versions),
            "Replace" => pointer(self.replace.as_deref()),
            "Time" => Value::TimePointer(self.time),
            "Update" => pointer(self.update.as_deref()),
            "Main" => Value::Bool(self.main),
            "Indirect" => Value::Bool(self.indirect),
            "Dir" => Value::text(self.dir.as_str()),
            "GoMod" => Value::text(self.go_mod.as_str()),
            "GoVersion" => Value::text(self.go_version.as_str()),
            "Retracted" => Value::Texts(&self.retracted),
            "Deprecated" => Value::text(self.deprecated.as_str()),
            "Error" => Value::Record(&ERROR, self.error.as_ref().map(|e| e as &dyn Record)),
            "Sum" => Value::text(self.sum.as_str()),
            "GoModSum" => Value::text(self.go_mod_sum.as_str()),
            "Origin" => Value::Record(&ORIGIN, self.origin.as_ref().map(|o| o as &dyn Record)),
            "Reuse" => Value::Bool(self.reuse),
            _ => Value::Nothing,
        }
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Record for ModuleError {
    fn field(&self, name: &str) -> Value<'_> {
        if name == "Err" { Value::text(self.text.as_str()) } else { Value::Nothing }
    }

    fn shown(&self) -> String {
        format!("{{{}}}", self.text)
    }
}

impl Record for Origin {
    fn field(&self, name: &str) -> Value<'_> {
        let fields = self.fields();
        let found = fields.iter().find(|(field, _)| *field == name);
        found.map_or(Value::Nothing, |(_, text)| Value::text(*text))
    }

    fn shown(&self) -> String {
        format!("{{{}}}", self.fields().map(|(_, text)| text).join(" "))
    }
}
