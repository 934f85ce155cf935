//! What this process takes of the machine's memory, as Linux counts it (proc(5), `/proc/pid/status`).

use std::fs::File;
use std::io::Read;

/// Bytes that are resident, and those of them that are in no file; `None` where nobody counts them.
pub(super) fn memory() -> (Option<u64>, Option<u64>) {
    let mut text = String::new();
    let read = File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut text));
    if read.is_err() {
        return (None, None);
    }
    (bytes_of(&text, "VmRSS:"), bytes_of(&text, "RssAnon:"))
}

fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes = value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let status = "Name:\tlarder\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nThreads:\t9\n";
        assert_eq!(bytes_of(status, "VmRSS:"), Some(2 << 20));
        assert_eq!(bytes_of(status, "RssAnon:"), Some(1 << 20));
        assert_eq!(bytes_of(status, "VmSwap:"), None);
        assert_eq!(bytes_of("VmRSS:\t18446744073709551615 kB\n", "VmRSS:"), None);
    }

    #[test]
    fn a_running_process_takes_some_memory() {
        let (resident, anonymous) = memory();
        assert!(anonymous.is_some_and(|anonymous| resident.is_some_and(|all| anonymous <= all)));
    }
}
