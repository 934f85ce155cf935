//! The key that was probably meant: a typing error away, or the same word in another section.

/// The candidate nearest to `word`, if one is near enough to be worth saying.
pub fn near<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let scored = candidates.into_iter().map(|candidate| (score(&word, candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|&(distance, _)| distance)?;
    (distance <= allowed(&word)).then_some(candidate)
}

/// A short word allows one slip, a long one three.
fn allowed(word: &str) -> usize {
    (word.chars().count() / 4).clamp(1, 3)
}

/// The distance to the candidate, or to its last part (`ttl` for `fresh.ttl`), whichever is less.
fn score(word: &str, candidate: &str) -> usize {
    let candidate = candidate.to_lowercase();
    let whole = distance(word, &candidate);
    let last = candidate.rsplit(['.', '_']).next().unwrap_or(&candidate);
    // A hit on the last part is a weaker one, so an equally near whole key wins.
    whole.min(distance(word, last).saturating_add(1))
}

/// Edits (insert, delete, replace, swap neighbours) between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x;
            if swapped {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 5] = ["listen", "data", "upstream", "fresh.ttl", "fresh.negative_ttl"];

    #[test]
    fn the_near_key_is_the_one_meant() {
        let check = |word: &str, meant: Option<&str>| assert_eq!(near(word, KEYS), meant, "{word}");
        check("listne", Some("listen"));
        check("Listen", Some("listen"));
        check("upstreams", Some("upstream"));
        check("fresh.tll", Some("fresh.ttl"));
        check("ttl", Some("fresh.ttl"));
        check("fresh_negative_ttl", Some("fresh.negative_ttl"));
        check("colour", None);
        check("", None);
    }

    #[test]
    fn two_swapped_letters_are_one_slip() {
        assert_eq!(distance("data", "daat"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
