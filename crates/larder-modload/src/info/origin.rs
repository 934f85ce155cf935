//! Which commit of which repository a version was made of, as `.info` files and `-json` tell it.
//!
//! What a query rests on is the union of what its steps rested on: [`Origin::merged`].
//! Specification: `go help mod download`, the field Origin.

/// Where a version comes from. Fields that are not known are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The version control system, such as `git`.
    pub vcs: String,
    /// The repository.
    pub url: String,
    /// The directory in it.
    pub subdir: String,
    /// The commit.
    pub hash: String,
    /// What the tags that were looked at begin with.
    pub tag_prefix: String,
    /// The sum of those tags, where the answer rests on them.
    pub tag_sum: String,
    /// The branch or the tag that led to the commit.
    pub reference: String,
    /// The sum of the whole repository, where the answer rests on all of it.
    pub repo_sum: String,
}

impl Origin {
    /// The fields with their names, in their order.
    pub fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("VCS", &self.vcs),
            ("URL", &self.url),
            ("Subdir", &self.subdir),
            ("Hash", &self.hash),
            ("TagPrefix", &self.tag_prefix),
            ("TagSum", &self.tag_sum),
            ("Ref", &self.reference),
            ("RepoSum", &self.repo_sum),
        ]
    }

    /// What rests on both; none where they contradict each other.
    #[must_use]
    pub fn merged(a: Option<&Self>, b: Option<&Self>) -> Option<Self> {
        let (a, b) = (a?, b?);
        if (&a.vcs, &a.url, &a.subdir) != (&b.vcs, &b.url, &b.subdir) {
            return None;
        }
        let same_tags = a.tag_sum == b.tag_sum && a.tag_prefix == b.tag_prefix;
        if !a.tag_sum.is_empty() && !b.tag_sum.is_empty() && !same_tags {
            return None;
        }
        let tags = if b.tag_sum.is_empty() { a } else { b };
        Some(Self {
            hash: either(&a.hash, &b.hash)?,
            tag_prefix: tags.tag_prefix.clone(),
            tag_sum: tags.tag_sum.clone(),
            reference: either(&a.reference, &b.reference)?,
            repo_sum: either(&a.repo_sum, &b.repo_sum)?,
            ..a.clone()
        })
    }
}

/// The one that is known, or both where they are the same.
fn either(a: &str, b: &str) -> Option<String> {
    match (a.is_empty(), b.is_empty()) {
        (_, true) => Some(a.to_owned()),
        (true, false) => Some(b.to_owned()),
        (false, false) => (a == b).then(|| a.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_origins_are_one_unless_they_contradict_each_other() {
        let git = Origin { vcs: "git".into(), url: "u".into(), ..Origin::default() };
        let commit = Origin { hash: "abc".into(), ..git.clone() };
        let tags = Origin { tag_sum: "t1".into(), tag_prefix: "p/".into(), ..git.clone() };
        let both = Origin { hash: "abc".into(), ..tags.clone() };
        let check = |a: &Origin, b: &Origin, expect: Option<&Origin>| {
            assert_eq!(Origin::merged(Some(a), Some(b)).as_ref(), expect);
        };
        check(&commit, &tags, Some(&both));
        check(&tags, &commit, Some(&both));
        check(&commit, &Origin { hash: "def".into(), ..git.clone() }, None);
        check(&tags, &Origin { tag_prefix: String::new(), ..tags.clone() }, None);
        check(&commit, &Origin { url: "v".into(), ..git }, None);
        assert_eq!(Origin::merged(Some(&commit), None), None);
    }
}
