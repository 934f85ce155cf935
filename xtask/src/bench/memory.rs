//! Anonymous memory of our servers at its peak: looked at a hundred times a second, all through
//! the run. What is mapped from files or shared is the kernel's to take back and is not counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::process;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(10);

/// Looks at processes until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// By process id: what the process does, and its peak in KiB.
    seen: Mutex<BTreeMap<u32, (String, u32)>>,
    ending: AtomicBool,
}

impl Watch {
    /// Begins to look, at no process yet.
    pub(crate) fn start() -> Watch {
        let shared = Arc::<Shared>::default();
        let looking = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            while !looking.ending.load(Ordering::Relaxed) {
                look(&looking);
                std::thread::sleep(EVERY);
            }
        });
        Watch { shared, thread: Some(thread) }
    }

    /// Looks at this process from now on.
    pub(crate) fn add(&self, pid: u32, doing: &str) {
        self.shared.seen().insert(pid, (doing.to_owned(), process::anonymous(pid)));
    }

    /// The peaks so far, in KiB, by what the processes did.
    pub(crate) fn peaks(&self) -> BTreeMap<String, u32> {
        let mut peaks = BTreeMap::new();
        for (doing, peak) in self.shared.seen().values() {
            let known: &mut u32 = peaks.entry(doing.clone()).or_default();
            *known = (*known).max(*peak);
        }
        peaks
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<u32, (String, u32)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look(shared: &Shared) {
    for (pid, (_, peak)) in shared.seen().iter_mut() {
        // What is gone has 0, and keeps its peak.
        *peak = (*peak).max(process::anonymous(*pid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_outlives_its_process_and_is_the_greatest_of_its_kind() {
        let watch = Watch::start();
        watch.add(std::process::id(), "this");
        watch.add(u32::MAX, "this");
        let peaks = watch.peaks();
        assert_eq!(peaks.len(), 1);
        assert!(peaks["this"] > 0, "{peaks:?}");
    }
}
