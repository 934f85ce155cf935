//! `godebug` lines: whether go knows the setting. What it means is the business of programs.
//!
//! Specification: <https://go.dev/doc/godebug>; the table is that of Go 1.26 and 1.27.

use larder_module::{GoVersion, Quoted, compare_go_versions};

use crate::go_toolchain::{Behaviour, Toolchain};

/// The settings that both know.
const KNOWN: &[&str] = &[
    "allowmultiplevcs",
    "containermaxprocs",
    "cryptocustomrand",
    "dataindependenttiming",
    "decoratemappings",
    "embedfollowsymlinks",
    "execerrdot",
    "fips140",
    "fips140ems",
    "gocachehash",
    "gocachetest",
    "gocacheverify",
    "gotestjsonbuildtext",
    "htmlmetacontenturlescape",
    "http2client",
    "http2debug",
    "http2server",
    "httpcookiemaxnum",
    "httplaxcontentlength",
    "httpmuxgo121",
    "httpservecontentkeepheaders",
    "installgoroot",
    "jstmpllitinterp",
    "multipartmaxheaders",
    "multipartmaxparts",
    "multipathtcp",
    "netdns",
    "netedns0",
    "panicnil",
    "randautoseed",
    "randseednop",
    "rsa1024min",
    "tarinsecurepath",
    "tlsmaxrsasize",
    "tlsmlkem",
    "tlssecpmlkem",
    "tlssha1",
    "updatemaxprocs",
    "urlmaxqueryparams",
    "urlstrictcolons",
    "winreadlinkvolume",
    "winsymlink",
    "x509negativeserial",
    "x509rsacrt",
    "x509sha256skid",
    "x509usefallbackroots",
    "x509usepolicies",
    "zipinsecurepath",
];

/// What Go 1.27 knows beyond that.
const SINCE_1_27: &[&str] =
    &["httpservecontentmaxranges", "tracebacklabels", "x509sslcertoverrideplatform"];

/// What Go 1.27 has removed: the setting, the release, and the values that it no longer takes.
const REMOVED: &[(&str, u8, &[&str])] = &[
    ("x509sha1", 24, &["1"]),
    ("tlskyber", 24, &["0"]),
    ("gotypesalias", 27, &["0"]),
    ("tlsunsafeekm", 27, &["1"]),
    ("tlsrsakex", 27, &["1"]),
    ("tls3des", 27, &["1"]),
    ("tls10server", 27, &["1"]),
    ("x509keypairleaf", 27, &["0"]),
    ("asynctimerchan", 27, &["1", "2"]),
];

/// Whether a line may stand in a main module's go.mod, or in a go.work.
///
/// # Errors
/// In go's words.
pub(super) fn check(toolchain: &Toolchain, key: &str, value: &str) -> Result<(), String> {
    let rules = [
        ("key contains space", key.contains([' ', '\t'])),
        ("value contains space", value.contains([' ', '\t'])),
        ("key contains comma", key.contains(',')),
        ("value contains comma", value.contains(',')),
    ];
    if let Some((text, _)) = rules.iter().find(|(_, broken)| *broken) {
        return Err((*text).to_owned());
    }
    if key == "default" {
        return check_default(toolchain, value);
    }
    let newer = toolchain.behaviour() == Behaviour::Go1_27;
    if KNOWN.contains(&key) || (newer && SINCE_1_27.contains(&key)) {
        return Ok(());
    }
    let removed = REMOVED.iter().find(|(name, ..)| *name == key);
    match removed {
        Some((_, release, old)) if newer && old.contains(&value) => Err(format!(
            "removed GODEBUG {} set to old value {} (https://go.dev/doc/godebug#go-1{release})",
            Quoted(key),
            Quoted(value)
        )),
        Some((_, 27, _)) => Ok(()),
        Some(_) if newer => Ok(()),
        Some(("x509sha1", ..)) => Err(format!(
            "use of removed godebug {}, see https://go.dev/doc/godebug#go-124",
            Quoted(key)
        )),
        _ => Err(format!("unknown godebug {}", Quoted(key))),
    }
}

fn check_default(toolchain: &Toolchain, value: &str) -> Result<(), String> {
    let version = value.strip_prefix("go").filter(|version| GoVersion::parse(version).is_some());
    let Some(version) = version else {
        return Err("value for default= must be goVERSION".to_owned());
    };
    if compare_go_versions(version, toolchain.version()).is_gt() {
        let running = toolchain.version();
        return Err(format!("default={value} too new (toolchain is go{running})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, key: &str, value: &str, expect: Result<(), &str>) {
        let toolchain = Toolchain::of_version(version);
        let got = super::check(&toolchain, key, value);
        assert_eq!(got.as_ref().map(|&()| ()).map_err(String::as_str), expect, "{key}={value}");
    }

    #[test]
    fn a_setting_must_be_one_that_go_knows() {
        check("1.26.8", "panicnil", "1", Ok(()));
        check("1.26.8", "nosuch", "1", Err("unknown godebug \"nosuch\""));
        check("1.26.8", "tracebacklabels", "1", Err("unknown godebug \"tracebacklabels\""));
        check("1.27.3", "tracebacklabels", "1", Ok(()));
        check("1.26.8", "a b", "1", Err("key contains space"));
        check("1.26.8", "a", "1,2", Err("value contains comma"));
        check("1.26.8", "a,b", "1,2", Err("key contains comma"));
    }

    #[test]
    fn a_removed_setting_keeps_only_its_last_value() {
        check("1.26.8", "asynctimerchan", "1", Ok(()));
        check("1.27.3", "asynctimerchan", "0", Ok(()));
        let removed = "removed GODEBUG \"asynctimerchan\" set to old value \"1\" \
                       (https://go.dev/doc/godebug#go-127)";
        check("1.27.3", "asynctimerchan", "1", Err(removed));
        let removed = "use of removed godebug \"x509sha1\", see https://go.dev/doc/godebug#go-124";
        check("1.26.8", "x509sha1", "0", Err(removed));
    }

    #[test]
    fn a_default_is_a_go_up_to_the_running_one() {
        check("1.26.8", "default", "go1.21", Ok(()));
        check("1.26.8", "default", "1.21", Err("value for default= must be goVERSION"));
        let new = "default=go1.27 too new (toolchain is go1.26.8)";
        check("1.26.8", "default", "go1.27", Err(new));
    }
}
