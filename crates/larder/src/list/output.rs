//! How modules are printed: as JSON, or by a template, with what go's `-f` and `-json` mean together.

use larder_modload::ModuleInfo;

use super::json::{self, Fields};
use super::record;
use super::template::{Template, TemplateError};
use crate::cli::ListArgs;
use crate::exit::{ExitStatus, Failure};

/// What a module's line is without `-f`.
const LINE: &str = "{{.String}}";

/// The same with `-versions`.
const VERSIONS: &str =
    "{{.Path}}{{range .Versions}} {{.}}{{end}}{{if .Deprecated}} (deprecated){{end}}";

/// How modules are printed.
#[derive(Debug)]
pub(crate) enum Output {
    /// As JSON, these fields of it.
    Json(Fields),
    /// By a template.
    Template(Template),
}

impl Output {
    /// What the flags ask for.
    ///
    /// # Errors
    /// In go's words: two ways at once, or a template that is none.
    pub(crate) fn of(args: &ListArgs) -> Result<Self, Failure> {
        let json = json_fields(&args.json);
        let format = args.format.as_deref().unwrap_or_default();
        match (json, format) {
            (Some(fields), "") => Ok(Self::Json(fields)),
            (Some(_), _) => Err(plain("go list -f cannot be used with -json")),
            (None, "") if args.versions => Self::template(VERSIONS),
            (None, "") => Self::template(LINE),
            (None, format) => Self::template(format),
        }
    }

    fn template(text: &str) -> Result<Self, Failure> {
        Template::parse(text).map(Self::Template).map_err(|error| of_template(&error))
    }

    /// The modules as text. What was written before a failure is there all the same.
    pub(crate) fn print(&self, modules: &[ModuleInfo]) -> (String, Result<(), Failure>) {
        let mut out = String::new();
        for module in modules {
            match self {
                Self::Json(fields) => {
                    out.push_str(&json::module(module, fields));
                    out.push('\n');
                }
                Self::Template(template) => {
                    if let Err(error) = template.execute(&record::value(module), &mut out) {
                        return (out, Err(of_template(&error)));
                    }
                    if !out.is_empty() && !out.ends_with('\n') {
                        out.push('\n');
                    }
                }
            }
        }
        (out, Ok(()))
    }
}

/// The fields that `-json` names; none where there is no `-json`, or `-json=false` came last.
fn json_fields(said: &[String]) -> Option<Fields> {
    let mut fields = Fields::default();
    let mut is_json = false;
    for value in said {
        match value.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => is_json = true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => is_json = false,
            list => {
                is_json = true;
                fields.add(list);
            }
        }
    }
    is_json.then_some(fields)
}

fn of_template(error: &TemplateError) -> Failure {
    let failure = plain(&error.to_string());
    if error.is_beyond_us() {
        failure.hint("this format is one for `go list -m`: Larder understands a part of them")
    } else {
        failure
    }
}

/// A failure that go tells without its name before it.
fn plain(text: &str) -> Failure {
    Failure::in_words_of_go(ExitStatus::Failure, text)
}
