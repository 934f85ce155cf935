//! What is said of pairs that were measured in turn: the median of the rounds' ratios or
//! differences, with the least and the greatest.

use std::fmt;

/// One number a round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    /// These numbers; those that are none (a rate by no time at all) are left out.
    pub(crate) fn new(numbers: impl IntoIterator<Item = f64>) -> Rounds {
        let mut numbers: Vec<f64> = numbers.into_iter().filter(|one| one.is_finite()).collect();
        numbers.sort_by(f64::total_cmp);
        Rounds(numbers)
    }

    /// The ratio of each pair.
    pub(crate) fn ratios(pairs: impl IntoIterator<Item = (f64, f64)>) -> Rounds {
        Rounds::new(pairs.into_iter().map(|(ours, theirs)| ours / theirs))
    }

    /// The middle one, or the mean of the two in the middle; 0 of none.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        let upper = self.0.get(middle).copied().unwrap_or(0.0);
        let lower = middle.checked_sub(1).and_then(|index| self.0.get(index)).copied();
        match lower {
            Some(lower) if self.0.len().is_multiple_of(2) => f64::midpoint(lower, upper),
            _ => upper,
        }
    }

    /// As [`Rounds`] is shown, with signs: for differences.
    pub(crate) fn signed(&self) -> String {
        format!("{:+.2} ({:+.2} to {:+.2})", self.median(), self.least(), self.greatest())
    }

    /// As [`Rounds`] is shown, with so many places after the point.
    pub(crate) fn to_places(&self, places: usize) -> String {
        let [median, least, greatest] = [self.median(), self.least(), self.greatest()];
        format!("{median:.places$} ({least:.places$}-{greatest:.places$})")
    }

    /// The least; 0 of none.
    pub(crate) fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or(0.0)
    }

    /// The greatest; 0 of none.
    pub(crate) fn greatest(&self) -> f64 {
        self.0.last().copied().unwrap_or(0.0)
    }
}

/// As `1.41 (1.35-1.48)`.
impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_places(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        let check = |numbers: &[f64], told: &str| {
            assert_eq!(Rounds::new(numbers.iter().copied()).to_string(), told);
        };
        check(&[3.0, 1.0, 2.0], "2.00 (1.00-3.00)");
        check(&[4.0, 1.0, 2.0, 3.0], "2.50 (1.00-4.00)");
        check(&[1.5], "1.50 (1.50-1.50)");
        check(&[], "0.00 (0.00-0.00)");
    }

    #[test]
    fn a_difference_has_its_sign() {
        assert_eq!(Rounds::new([3.04, 1.0, 2.0]).to_places(1), "2.0 (1.0-3.0)");
        assert_eq!(Rounds::new([-1.0, 2.0, 3.0]).signed(), "+2.00 (-1.00 to +3.00)");
    }

    #[test]
    fn a_ratio_is_of_its_own_round() {
        let ratios = Rounds::ratios([(2.0, 1.0), (30.0, 10.0), (4.0, 4.0), (1.0, 0.0)]);
        assert_eq!(ratios.to_string(), "2.00 (1.00-3.00)");
    }
}
