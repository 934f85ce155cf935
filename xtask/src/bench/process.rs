//! What the kernel knows of a process: processor time and memory, read from `/proc`.
//!
//! Times are in seconds; `/proc` counts them in hundredths (`USER_HZ` is 100 on every Linux that
//! these benchmarks run on). Memory is in KiB, as the kernel prints it.

use std::collections::BTreeMap;

/// Ticks of `/proc` in a second.
const TICKS: f64 = 100.0;

/// Processor seconds that a process, its living children and those it has waited for have used.
pub(crate) fn cpu(pid: u32) -> f64 {
    let own = stat(pid).map_or(0.0, |fields| ticks(&fields, Ticks::WithChildren));
    let living = children(pid).into_iter().filter_map(stat);
    own + living.map(|fields| ticks(&fields, Ticks::Own)).sum::<f64>()
}

/// Processor seconds of all programs that this process has run and waited for.
pub(crate) fn cpu_of_children() -> f64 {
    let fields = stat(std::process::id()).unwrap_or_default();
    field(&fields, 16) + field(&fields, 17)
}

/// Anonymous memory, in KiB: what is neither a file nor shared. 0 for a process that is gone.
pub(crate) fn anonymous(pid: u32) -> u32 {
    status(pid).get("RssAnon").copied().unwrap_or(0)
}

/// The most memory that a process and its living children had resident, in KiB.
pub(crate) fn peak(pid: u32) -> u32 {
    let all = std::iter::once(pid).chain(children(pid));
    all.filter_map(|pid| status(pid).get("VmHWM").copied()).sum()
}

#[derive(Debug, Clone, Copy)]
enum Ticks {
    Own,
    WithChildren,
}

/// The fields of `/proc/PID/stat` that follow the name, which may have spaces and brackets.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(after_name(&text))
}

fn after_name(text: &str) -> Vec<String> {
    let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    rest.split_whitespace().map(str::to_owned).collect()
}

/// A field by its number in proc(5), where the state is the third; in seconds.
fn field(fields: &[String], number: usize) -> f64 {
    let text = number.checked_sub(3).and_then(|index| fields.get(index));
    text.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / TICKS
}

fn ticks(fields: &[String], which: Ticks) -> f64 {
    let own = field(fields, 14) + field(fields, 15);
    match which {
        Ticks::Own => own,
        Ticks::WithChildren => own + field(fields, 16) + field(fields, 17),
    }
}

fn children(pid: u32) -> Vec<u32> {
    let text = fs_err::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let text = text.unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn status(pid: u32) -> BTreeMap<String, u32> {
    let text = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    sizes(&text)
}

fn sizes(text: &str) -> BTreeMap<String, u32> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let size = value.trim().strip_suffix(" kB")?.parse().ok()?;
        Some((name.to_owned(), size))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_shifts_no_field() {
        let text = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 25 5 20 0";
        let fields = after_name(text);
        let near = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(near(ticks(&fields, Ticks::Own), 2.0), "{fields:?}");
        assert!(near(ticks(&fields, Ticks::WithChildren), 2.3), "{fields:?}");
    }

    #[test]
    fn sizes_are_the_lines_in_kilobytes() {
        let found = sizes("Name:\tx y\nVmHWM:\t   1234 kB\nRssAnon:\t 56 kB\nThreads:\t3\n");
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("RssAnon".to_owned(), 56), ("VmHWM".to_owned(), 1234)]
        );
    }

    #[test]
    fn this_process_has_memory() {
        assert!(anonymous(std::process::id()) > 0);
        assert!(peak(std::process::id()) > 0);
    }
}
