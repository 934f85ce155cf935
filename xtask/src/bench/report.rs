//! What is said at the end: a row for each thing that was to be reached, the figures behind it, and
//! what was left out. Printed, and kept in `benches/results/` with date and machine.

use std::fmt::Write as _;

use super::statistics::Rounds;
use crate::root::{Outcome, root};

/// Where results are kept, and how the table of figures begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    /// The file, below the root.
    pub(crate) file: &'static str,
    /// What the figures are.
    pub(crate) figures: &'static str,
    /// The head of their table, with the line below it.
    pub(crate) columns: &'static str,
}

/// Everything that is to be said.
#[derive(Debug, Default)]
pub(crate) struct Report {
    head: String,
    kept: Kept,
    findings: Vec<Finding>,
    figures: Vec<String>,
    notes: Vec<String>,
}

/// One thing that was compared.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The work.
    pub(crate) work: String,
    /// Whom or what it was compared with.
    pub(crate) against: String,
    /// What was compared, such as `requests per server CPU second`.
    pub(crate) measure: String,
    /// What was found.
    pub(crate) found: String,
    /// What was to be reached.
    pub(crate) reach: String,
    /// Whether it was.
    pub(crate) verdict: Verdict,
}

/// How a finding stands to what was to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Reached.
    Met,
    /// Not reached, and by how much.
    Short(String),
    /// Nothing was to be reached: for information.
    Shown,
    /// Not measured, and why.
    LeftOut(String),
    /// Measured, and wrong: the figures mean nothing.
    Failed(String),
}

impl Verdict {
    /// Of a ratio that is to be at least `reach`.
    pub(crate) fn at_least(found: f64, reach: Option<f64>) -> Verdict {
        match reach {
            None => Verdict::Shown,
            Some(reach) if found >= reach => Verdict::Met,
            Some(reach) => Verdict::Short(format!("{:.0} %", 100.0 * (reach - found) / reach)),
        }
    }

    /// Of a ratio that is to be at most `reach`.
    pub(crate) fn at_most(found: f64, reach: f64) -> Verdict {
        if found <= reach {
            return Verdict::Met;
        }
        Verdict::Short(format!("{:.0} %", 100.0 * (found - reach) / reach))
    }

    /// Of milliseconds that are to be at most `reach`.
    pub(crate) fn within(found: f64, reach: f64) -> Verdict {
        if found <= reach {
            Verdict::Met
        } else {
            Verdict::Short(format!("{:.1} ms", found - reach))
        }
    }

    fn said(&self) -> String {
        match self {
            Verdict::Met => "met".to_owned(),
            Verdict::Short(by) => format!("short by {by}"),
            Verdict::Shown => "-".to_owned(),
            Verdict::LeftOut(why) => format!("left out: {}", first_line(why)),
            Verdict::Failed(why) => format!("FAILED: {}", first_line(why)),
        }
    }
}

impl Finding {
    /// A ratio to a peer that is to be at least so much.
    pub(crate) fn ratio(
        against: &str,
        measure: &str,
        ratios: &Rounds,
        reach: Option<f64>,
    ) -> Finding {
        Finding {
            work: String::new(),
            against: against.to_owned(),
            measure: measure.to_owned(),
            found: format!("{ratios}x"),
            reach: reach.map_or_else(|| "-".to_owned(), |reach| format!("≥ {reach:.1}x")),
            verdict: Verdict::at_least(ratios.median(), reach),
        }
    }

    /// A comparison that could not be made, or went wrong.
    pub(crate) fn without(against: &str, measure: &str, verdict: Verdict) -> Finding {
        Finding {
            work: String::new(),
            against: against.to_owned(),
            measure: measure.to_owned(),
            found: "-".to_owned(),
            reach: "-".to_owned(),
            verdict,
        }
    }

    /// Names the work.
    #[must_use]
    pub(crate) fn of(self, work: &str) -> Finding {
        Finding { work: work.to_owned(), ..self }
    }
}

impl Report {
    /// A report that begins with these lines.
    pub(crate) fn new(head: String, kept: Kept) -> Report {
        Report { head, kept, ..Report::default() }
    }

    /// Adds a finding.
    pub(crate) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds a line to the table of figures; its cells are separated by `|`.
    pub(crate) fn figure(&mut self, line: String) {
        self.figures.push(line);
    }

    /// Adds a remark.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// The whole text, in Markdown.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("\n{}\n\n", self.head.trim_end());
        text.push_str("| work | against | what | median (least-greatest) | reach | |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        let mut before = "";
        for Finding { work, against, measure, found, reach, verdict } in &self.findings {
            let named = if work == before { "" } else { work.as_str() };
            before = work;
            let said = verdict.said();
            let _ =
                writeln!(text, "| {named} | {against} | {measure} | {found} | {reach} | {said} |");
        }
        if !self.figures.is_empty() {
            text.extend(["\n", self.kept.figures, "\n\n", self.kept.columns]);
            self.figures.iter().for_each(|line| text.extend(["| ", line, " |\n"]));
        }
        text.push('\n');
        self.notes.iter().for_each(|line| text.extend(["- ", line, "\n"]));
        text
    }

    /// Puts it behind what is kept of earlier runs.
    pub(crate) fn keep(&self) -> Outcome<()> {
        let path = root().join(self.kept.file);
        let kept = fs_err::read_to_string(&path).unwrap_or_default();
        fs_err::write(&path, format!("{}\n{}", kept.trim_end(), self.text()))
            .map_err(|error| error.to_string())
    }

    /// Fails when something measured was wrong; being short of a reach is no failure.
    pub(crate) fn outcome(&self) -> Outcome<()> {
        let failed = self.findings.iter().filter_map(|finding| match &finding.verdict {
            Verdict::Failed(why) => {
                Some(format!("{} against {}: {why}", finding.work, finding.against))
            }
            _ => None,
        });
        let failed: Vec<String> = failed.collect();
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
    }
}

/// The first line, as it may stand in a table.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("").replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_by_how_much_it_is_short() {
        assert_eq!(Verdict::at_least(1.2, Some(1.2)).said(), "met");
        assert_eq!(Verdict::at_least(0.9, Some(1.0)).said(), "short by 10 %");
        assert_eq!(Verdict::at_least(0.9, None).said(), "-");
        assert_eq!(Verdict::at_most(1.05, 1.05).said(), "met");
        assert_eq!(Verdict::at_most(2.1, 1.05).said(), "short by 100 %");
        assert_eq!(Verdict::within(6.5, 5.0).said(), "short by 1.5 ms");
    }

    #[test]
    fn only_what_is_wrong_fails_the_run() {
        let mut report = Report::new("# run\n".to_owned(), Kept::default());
        let ratios = Rounds::new([0.5]);
        report.find(Finding::ratio("nginx", "req/s", &ratios, Some(1.0)).of("zips"));
        report.find(Finding::without("Athens", "req/s", Verdict::LeftOut("no | binary".into())));
        assert_eq!(report.outcome(), Ok(()));
        let text = report.text();
        assert!(
            text.contains("| zips | nginx | req/s | 0.50 (0.50-0.50)x | ≥ 1.0x | short by 50 % |")
        );
        assert!(text.contains("left out: no / binary |"), "{text}");
        report.find(Finding::without("Athens", "req/s", Verdict::Failed("3 not 200".into())));
        assert!(report.outcome().is_err());
    }
}
