//! The go command's words for what goes wrong with sums and upstreams: users and scripts know them, so
//! they are kept to the letter.
//!
//! Which failure is told is decided where it happens. Specification: cmd/go's modfetch and web packages.

use larder_modload::{SourceError, SourceErrorKind, SumLine, SumOf};

const MODULE_AUTH: &str = "For more information, see 'go help module-auth'.\n";

/// What a sum is of, as go names it: `path@version`, with `/go.mod` behind it for a go.mod.
pub(crate) fn name(line: &SumLine) -> String {
    let suffix = if line.of == SumOf::GoMod { "/go.mod" } else { "" };
    format!("{}@{}{suffix}", line.module.path, line.module.version)
}

/// A sum of go.sum is another one than what was computed.
pub(crate) fn go_sum_mismatch(
    line: &SumLine,
    computed: &str,
    (file, listed): (&str, &str),
) -> SourceError {
    let text = format!(
        "verifying {}: checksum mismatch\n\tdownloaded: {computed}\n\t{file}:     {listed}\n\n\
         SECURITY ERROR\n\
         This download does NOT match an earlier download recorded in go.sum.\n\
         The bits may have been replaced on the origin server, or an attacker may\n\
         have intercepted the download attempt.\n\n\
         {MODULE_AUTH}",
        name(line)
    );
    SourceError::new(SourceErrorKind::Fatal, text)
}

/// The lines of go.sum about it have only hashes that nobody here knows.
pub(crate) fn unknown_hashes(line: &SumLine, listed: &[&str], added: &str) -> String {
    let listed = listed.join(", ");
    format!(
        "warning: verifying {}: unknown hashes in go.sum: {listed}; adding {added}\n\n\
         SECURITY WARNING\n\
         This download is listed in go.sum, but using an unknown hash algorithm.\n\
         The download cannot be verified.\n\n\
         {MODULE_AUTH}\n",
        name(line)
    )
}

/// The checksum database has another sum than what was computed.
pub(crate) fn database_mismatch(
    noun: &str,
    computed: &str,
    (database, recorded): (&str, &str),
) -> SourceError {
    let text = format!(
        "verifying {noun}: checksum mismatch\n\tdownloaded: {computed}\n\t{database}: {recorded}\n\n\
         SECURITY ERROR\n\
         This download does NOT match the one reported by the checksum server.\n\
         The bits may have been replaced on the origin server, or an attacker may\n\
         have intercepted the download attempt.\n\n\
         {MODULE_AUTH}"
    );
    SourceError::new(SourceErrorKind::Mismatch, text)
}

/// The checksum database has answered without a sum for what was asked.
pub(crate) fn absent_from_database(noun: &str) -> SourceError {
    let text = format!(
        "verifying {noun}: checksum missing from sumdb response\n\n\
         SECURITY ERROR\n\
         This download does NOT match one reported by the checksum server.\n\
         The checksum server has provided checksums, but the checksums do\n\
         not contain an entry for the download.\n\
         The checksum server may be malfunctioning, or an attacker may have\n\
         intercepted the checksum request.\n\
         The download cannot be verified.\n\n\
         {MODULE_AUTH}"
    );
    SourceError::new(SourceErrorKind::Mismatch, text)
}
