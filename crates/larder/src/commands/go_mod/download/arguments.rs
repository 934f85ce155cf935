//! What is downloaded where nobody says it: what the main module requires, or, below Go 1.17 and in a
//! workspace, everything. A name of the main module itself is told and passed over.

use larder_modload::{LocalGo, gates};

use crate::go_project::Project;
use crate::printer::Printer;

/// What the arguments mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// These modules, patterns and queries.
    Modules(Vec<String>),
    /// What go.mod requires. The whole graph is loaded as well, so that it is there for other commands.
    Required { paths: Vec<String> },
    /// Nothing is required.
    Nothing,
}

/// What these arguments mean for this project.
pub(super) fn meant(
    project: &Project,
    arguments: &[String],
    (local, printer): (&LocalGo, Printer),
) -> Named {
    let all = || Named::Modules(vec!["all".to_owned()]);
    if !arguments.is_empty() {
        tell_main_modules(project, arguments, printer);
        return Named::Modules(arguments.to_owned());
    }
    let Some(file) = project.files.first().filter(|_| project.main.in_workspace().is_none()) else {
        return all();
    };
    // A go.mod without a go line has got that of the present Go by now.
    let go = file.go_mod.go.as_ref().map_or(&local.version, |line| &line.version);
    let lists_all = gates::at_least(go, gates::EXPLICIT_INDIRECT);
    let require = &file.go_mod.require;
    match (require.is_empty(), lists_all) {
        (true, false) => Named::Nothing,
        (false, false) => all(),
        (_, true) => Named::Required {
            paths: require.iter().map(|line| line.module.path.to_string()).collect(),
        },
    }
}

fn tell_main_modules(project: &Project, arguments: &[String], printer: Printer) {
    for module in project.main.modules().iter().filter(|module| module.root.is_some()) {
        for argument in arguments {
            let query = argument.strip_prefix(&*module.path);
            if matches!(query, Some("" | "@upgrade" | "@patch")) {
                printer.talk(&format!(
                    "go: skipping download of {argument} that resolves to the main module"
                ));
            }
        }
    }
}
