//! Certificate and key: from two PEM files to a configuration, or the reason why not.
//!
//! The chain may have any length, the leaf first (RFC 8446 4.4.2). The key may be PKCS#8, PKCS#1
//! or SEC1. That both belong together is checked here, not at the first client.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ProducesTickets;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, ServerConfig};
use sha2::{Digest, Sha256};

use super::expiry::not_after;

/// No certificate chain or key is larger.
const MOST: u64 = 1 << 20;

/// Where certificate and key stand, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it what else its chain needs.
    pub cert: PathBuf,
    /// Its private key, not encrypted: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("could not read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not PEM.
    #[error("`{}` is not PEM: {reason}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate's file holds no certificate.
    #[error("`{}` holds no certificate", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The key's file holds no private key.
    #[error("`{}` holds no private key", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is encrypted.
    #[error("the private key in `{}` is encrypted", path.display())]
    KeyIsEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The key is of a kind that is not known, or damaged.
    #[error("the private key in `{}` cannot be used", path.display())]
    UnusableKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The certificate is damaged.
    #[error("the certificate in `{}` cannot be used", path.display())]
    UnusableCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The key is not that of the certificate.
    #[error("the private key in `{}` does not belong to the certificate in `{}`", key.display(), cert.display())]
    KeyDoesNotFit {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The cryptography cannot be had.
    #[error("could not start TLS")]
    Provider(#[source] rustls::Error),
}

/// What the two files hold at one moment.
pub(super) struct Contents {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// A pair that can be served.
pub(super) struct Pair {
    pub(super) config: Arc<ServerConfig>,
    /// The end of the leaf's validity, if it can be read.
    pub(super) expiry: Option<Timestamp>,
}

impl TlsFiles {
    /// Reads both files.
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents { cert: read(&self.cert)?, key: read(&self.key)? })
    }

    /// Makes a configuration of what they hold.
    pub(super) fn parse(
        &self,
        contents: &Contents,
        tickets: &Arc<dyn ProducesTickets>,
    ) -> Result<Pair, TlsError> {
        let chain = self.chain(&contents.cert)?;
        let expiry = chain.first().and_then(|leaf| not_after(leaf));
        let key = self.key(&contents.key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|source| TlsError::UnusableKey { path: self.key.clone(), source })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // A key that does not tell its public half is taken at its word.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                let (cert, key) = (self.cert.clone(), self.key.clone());
                return Err(TlsError::KeyDoesNotFit { cert, key });
            }
            Err(source) => {
                return Err(TlsError::UnusableCertificate { path: self.cert.clone(), source });
            }
        }
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Provider)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = Arc::clone(tickets);
        Ok(Pair { config: Arc::new(config), expiry })
    }

    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let path = || self.cert.clone();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(text)
            .collect::<Result<_, _>>()
            .map_err(|error| not_pem(path(), &error))?;
        if chain.is_empty() { Err(TlsError::NoCertificate { path: path() }) } else { Ok(chain) }
    }

    fn key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
        let path = || self.key.clone();
        PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
            _ if is_encrypted(text) => TlsError::KeyIsEncrypted { path: path() },
            pem::Error::NoItemsFound => TlsError::NoKey { path: path() },
            error => not_pem(path(), &error),
        })
    }
}

impl Contents {
    /// What tells these contents from others.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update((self.cert.len() as u64).to_be_bytes());
        hasher.update(&self.cert);
        hasher.update(&self.key);
        hasher.finalize().into()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut contents = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut contents));
    match read {
        Ok(_) => Ok(contents),
        Err(source) => Err(TlsError::Unreadable { path: path.to_owned(), source }),
    }
}

fn not_pem(path: PathBuf, error: &pem::Error) -> TlsError {
    TlsError::NotPem { path, reason: error.to_string() }
}

/// The key asks for a passphrase: RFC 5958 3 in PEM, or the older header of OpenSSL.
fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}
