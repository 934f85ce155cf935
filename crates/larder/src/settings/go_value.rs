//! Values that Go has words for: GOPROXY's list, GOPRIVATE's patterns, GOSUMDB's database. What they
//! mean is the business of the crates that use them; here they are read and checked.

use larder_modfetch::GoProxyList;
use larder_module::PathPatterns;
use larder_server::DatabaseConfig;
use larder_sumdb::{SUM_GOLANG_ORG, Verifier};

use super::row::Secrecy;
use super::value::{Value, ValueError};

/// Where modules come from; an empty list is nowhere.
#[derive(Debug, Clone)]
pub struct Upstream(pub GoProxyList);

impl Value for Upstream {
    const SHAPE: &'static str = "LIST";
    const SEPARATOR: Option<char> = Some(',');
    const SECRECY: Secrecy = Secrecy::Urls;

    fn read(text: &str) -> Result<Self, ValueError> {
        GoProxyList::parse(text).map(Self).map_err(|error| ValueError::of(&error))
    }
}

/// Module paths, as GOPRIVATE writes them.
#[derive(Debug, Clone)]
pub struct Patterns(pub PathPatterns);

impl Value for Patterns {
    const SHAPE: &'static str = "PATTERNS";
    const SEPARATOR: Option<char> = Some(',');

    fn read(text: &str) -> Result<Self, ValueError> {
        Ok(Self(PathPatterns::parse(text)))
    }
}

/// The checksum database, as GOSUMDB writes it: `name [url]` where the name's key is known,
/// `name+hash+key [url]`, or `off`.
#[derive(Debug, Clone)]
pub struct ChecksumDatabase(pub Option<DatabaseConfig>);

/// Where Go's own database can also be reached, under the same key.
const CHINA: &str = "sum.golang.google.cn";

impl Value for ChecksumDatabase {
    const SHAPE: &'static str = "DATABASE";
    const SECRECY: Secrecy = Secrecy::Urls;

    fn read(text: &str) -> Result<Self, ValueError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (key, address) = match words.as_slice() {
            ["off"] => return Ok(Self(None)),
            [CHINA] => (SUM_GOLANG_ORG, Some(CHINA)),
            ["sum.golang.org", rest @ ..] if rest.len() <= 1 => {
                (SUM_GOLANG_ORG, rest.first().copied())
            }
            [key, rest @ ..] if rest.len() <= 1 && key.contains('+') => {
                (*key, rest.first().copied())
            }
            _ => return Err(ValueError(SHAPES.to_owned())),
        };
        let verifier = Verifier::parse(key).map_err(|error| ValueError::of(&error))?;
        let address = address.unwrap_or(verifier.name());
        let url =
            if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        Ok(Self(Some(DatabaseConfig { key: key.to_owned(), url })))
    }
}

const SHAPES: &str = "a checksum database is `sum.golang.org`, `name+hash+key`, either with an \
                      address behind it, or `off`";

#[cfg(test)]
mod tests {
    use super::*;

    fn database(text: &str) -> Result<Option<(String, String)>, String> {
        let read = ChecksumDatabase::read(text).map_err(|error| error.to_string())?;
        Ok(read.0.map(|database| (database.key, database.url)))
    }

    #[test]
    fn a_database_is_read_as_go_reads_it() {
        let check = |text: &str, url: &str| {
            let expected = (SUM_GOLANG_ORG.to_owned(), url.to_owned());
            assert_eq!(database(text), Ok(Some(expected)), "{text}");
        };
        check("sum.golang.org", "https://sum.golang.org");
        check("sum.golang.google.cn", "https://sum.golang.google.cn");
        check("sum.golang.org https://mirror.example/db", "https://mirror.example/db");
        check(SUM_GOLANG_ORG, "https://sum.golang.org");
        check(&format!("{SUM_GOLANG_ORG} http://127.0.0.1:1"), "http://127.0.0.1:1");
        assert_eq!(database("off"), Ok(None));
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let check = |text: &str, reason: &str| {
            let error = database(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        };
        check("", "a checksum database is");
        check("sum.example", "a checksum database is");
        check("sum.golang.org a b", "a checksum database is");
        check("sum.golang.org+00000000+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "hash");
    }

    #[test]
    fn an_upstream_list_is_a_goproxy_list() {
        assert!(Upstream::read("https://a.example,https://b.example|direct").is_ok());
        assert!(Upstream::read("").is_ok());
        let error = Upstream::read("https://a.example,word").unwrap_err().to_string();
        assert!(error.contains("`word`"), "{error}");
        let error = Upstream::read("ftp://me:secret@a.example").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
