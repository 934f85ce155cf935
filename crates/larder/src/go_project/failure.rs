//! Failures of the crates below as commands of go's tell them: go's text, with `go: ` before it unless go
//! leaves that out too, and a better way out behind it.

use larder_modload::{LoadError, RequirementsError, SourceError, SourceErrorKind, TooNew};

use crate::exit::{ExitStatus, Failure};
use crate::go_toolchain::{NEWEST, is_known};

/// No requirements.
pub(crate) fn of_requirements(error: &RequirementsError) -> Failure {
    match error {
        RequirementsError::Graph(graph) => match graph.cause() {
            LoadError::Source(cause) => told(error, cause),
            LoadError::TooNew(cause) => Failure::of_go(error).hint(hint_for(cause)),
        },
        _ => Failure::of_go(error),
    }
}

/// Something could not be had.
pub(crate) fn of_source(error: &SourceError) -> Failure {
    told(error, error)
}

/// Something asks for a newer Go.
pub(crate) fn of_too_new(error: &TooNew) -> Failure {
    Failure::of_go(error).hint(hint_for(error))
}

fn told(text: &dyn std::fmt::Display, cause: &SourceError) -> Failure {
    let failure = if cause.kind == SourceErrorKind::Fatal {
        Failure::in_words_of_go(ExitStatus::Failure, text.to_string())
    } else {
        Failure::of_go(text)
    };
    match &cause.hint {
        Some(hint) => failure.hint(hint.clone()),
        None => failure,
    }
}

/// Why this Go is no newer.
pub(super) fn hint_for(error: &TooNew) -> String {
    let go = &error.go;
    if is_known(go) {
        format!("with GOTOOLCHAIN=auto Larder does as Go {go} does")
    } else {
        format!("Larder does as Go does up to {NEWEST}; Go {go} needs a newer Larder")
    }
}
