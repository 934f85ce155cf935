//! How a record loses a part: a zip that is evicted, or a part that has rotted.
//!
//! A record grows in [`super::record`]; it shrinks here only, by compare-and-swap, and never loses
//! what vouches for the part: a database's proof stays, and where there is none, what the zip
//! hashed to. The body goes after the record has let go of it, and only while the record still
//! does so: whoever names it again in between keeps it.

use larder_module::ModuleVersion;
use larder_store::{Condition, Durability, Guard, PutOutcome, Tag};

use super::record::{Proof, VersionRecord};
use super::version_key;
use super::versions::{Versions, VersionsError, blob_key};

/// How often a record that others write at the same time is tried.
const TRIES: u32 = 32;

impl VersionRecord {
    /// The same without its zip.
    pub(crate) fn without_zip(&self) -> Self {
        let seen = self.zip.as_ref().map(|zip| zip.dirhash).or(self.seen_zip);
        let proved = matches!(self.proof, Some(Proof::Database { .. }));
        Self { zip: None, seen_zip: seen.filter(|_| !proved), ..self.clone() }
    }

    /// The same without its `.mod`.
    pub(crate) fn without_mod(&self) -> Self {
        Self { go_mod: None, ..self.clone() }
    }

    /// The same without its `.info`.
    pub(crate) fn without_info(&self) -> Self {
        Self { info: None, ..self.clone() }
    }
}

impl Versions {
    /// Puts what `shrink` makes of a version's record in its place, unless it makes nothing of it.
    /// The tag of the new record, or `None` if nothing was to be done.
    pub(crate) async fn shrink(
        &self,
        version: &ModuleVersion,
        shrink: impl Fn(&VersionRecord) -> Option<VersionRecord> + Send,
    ) -> Result<Option<Tag>, VersionsError> {
        let key = version_key("ver", version)?;
        for _ in 0..TRIES {
            let Some((kept, tag)) = self.read(&key).await? else { return Ok(None) };
            let Some(less) = shrink(&kept) else { return Ok(None) };
            let condition = Condition::Matches(tag);
            let put = self.store.put(&key, less.encode(), condition, Durability::Durable);
            if let PutOutcome::Stored(tag) = put.await? {
                return Ok(Some(tag));
            }
        }
        Err(VersionsError::Contended(TRIES))
    }

    /// Lets a version's zip go, first from its record, then the body; whether it was this zip that
    /// the record named.
    pub(crate) async fn evict(
        &self,
        version: &ModuleVersion,
        sha256: &str,
    ) -> Result<bool, VersionsError> {
        let named = |record: &VersionRecord| {
            let is_it = record.zip.as_ref().is_some_and(|zip| zip.sha256 == sha256);
            is_it.then(|| record.without_zip())
        };
        let Some(tag) = self.shrink(version, named).await? else { return Ok(false) };
        let guard = Guard::Unchanged(version_key("ver", version)?, Some(tag));
        // A record that has changed since may name the body again; if not, it is an orphan that
        // is swept later.
        self.store.delete_if(&blob_key(sha256)?, guard).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Parts, ZipRef};
    use super::*;
    use crate::catalog::record::RecordError;
    use jiff::Timestamp;
    use larder_modzip::Dirhash;

    fn hash(n: u8) -> Dirhash {
        Dirhash::of_go_mod(&[n])
    }

    fn zip(n: u8) -> Parts {
        let (sha256, dirhash) = ("ab".repeat(32), hash(n));
        Parts { zip: Some(ZipRef { sha256, size: 3, dirhash }), ..Parts::default() }
    }

    fn record(proof: Option<Proof>) -> VersionRecord {
        let empty = VersionRecord::empty(Timestamp::UNIX_EPOCH);
        empty.with(Parts { proof, ..zip(1) }).expect("an empty record takes anything")
    }

    #[track_caller]
    fn check(proof: Option<Proof>, seen: Option<Dirhash>, other_is_refused: bool) {
        let without = record(proof.clone()).without_zip();
        assert_eq!((&without.zip, without.seen_zip), (&None, seen));
        assert_eq!(without.without_zip(), without, "{proof:?}");
        assert_eq!(VersionRecord::decode(&without.encode()), Ok(without.clone()));
        assert_eq!(without.with(zip(1)), Ok(record(proof)));
        let refused = matches!(
            without.with(zip(2)),
            Err(RecordError::Changed { .. } | RecordError::Disproved { .. })
        );
        assert_eq!(refused, other_is_refused);
    }

    #[test]
    fn a_zip_that_went_is_taken_back_and_another_is_refused() {
        let proved = Proof::Database { name: "db".into(), zip: hash(1), go_mod: hash(3) };
        check(Some(proved), None, true);
        check(Some(Proof::FirstSeen), Some(hash(1)), true);
        check(None, Some(hash(1)), true);
    }

    #[test]
    fn a_late_proof_is_held_against_the_zip_that_went() {
        let without = record(None).without_zip();
        let proof = |zip| Parts {
            proof: Some(Proof::Database { name: "db".into(), zip, go_mod: hash(3) }),
            ..Parts::default()
        };
        assert!(without.with(proof(hash(1))).is_ok());
        assert!(matches!(without.with(proof(hash(2))), Err(RecordError::Disproved { .. })));
    }
}
