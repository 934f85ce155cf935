//! Processes that are killed at any moment, two at a time on one directory: what was answered is
//! there, every part is whole, and nothing they left behind stays.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use larder_store::{Condition, DirectoryStore, Durability, Key, PutOutcome, Room, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const ROUNDS: u64 = 12;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

/// What a body of this name holds.
fn content(name: &str) -> Vec<u8> {
    name.repeat(20_000).into_bytes()
}

/// Not a test by itself: the process that is killed. Told on stdin where to write and as whom.
#[tokio::test]
#[ignore = "started by the other test"]
async fn write_until_killed() {
    let mut told = String::new();
    std::io::stdin().read_line(&mut told).unwrap();
    let [folder, name] = told.trim_end().split('\t').collect::<Vec<_>>()[..] else { return };
    let store = DirectoryStore::open(folder).unwrap();
    for n in 0.. {
        let name = format!("{name}-{n}");
        let file = store.spool().create(Room::Unknown).unwrap();
        content(&name).chunks(30_000).for_each(|part| file.append(part).unwrap());
        store.put_body(&key(&format!("blob/{name}")), &file).await.unwrap();
        let record = key(&format!("ver/{name}"));
        let put = store.put(&record, name.clone().into(), Condition::Absent, Durability::Durable);
        assert!(matches!(put.await, Ok(PutOutcome::Stored(_))));
        while !increment(&store).await {}
        // A line for each round of which all was answered.
        let mut out = std::io::stdout();
        writeln!(out, "answered {name}").and_then(|()| out.flush()).unwrap();
    }
}

async fn increment(store: &DirectoryStore) -> bool {
    let counter = key("head/counter");
    let old = store.get(&counter).await.unwrap();
    let count = old.as_ref().map_or(0, |old| parse(&old.bytes));
    let condition = old.map_or(Condition::Absent, |old| Condition::Matches(old.tag));
    let next = (count + 1).to_string().into();
    let put = store.put(&counter, next, condition, Durability::Durable).await;
    matches!(put.unwrap(), PutOutcome::Stored(_))
}

fn parse(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).unwrap().parse().unwrap()
}

/// A process that writes, and what it says of it.
struct Victim {
    child: Child,
    said: BufReader<ChildStdout>,
    answered: Vec<String>,
}

impl Victim {
    fn start(folder: &Path, name: &str) -> Victim {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "write_until_killed", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}\t{name}", folder.display()).unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Victim { child, said, answered: Vec::new() }
    }

    /// Reads a line, which counts if it is whole; false at the end.
    fn listen(&mut self) -> bool {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        if let Some((_, name)) = line.split_once("answered ")
            && let Some(name) = name.strip_suffix('\n')
        {
            self.answered.push(name.to_owned());
        }
        !line.is_empty()
    }

    /// Kills the process; says which of its rounds were answered.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        while self.listen() {}
        self.child.wait().unwrap();
        self.answered
    }
}

#[tokio::test]
async fn a_killed_process_leaves_whole_parts_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        let mut victims =
            ["a", "b"].map(|who| Victim::start(folder.path(), &format!("{who}{round}")));
        // Every other round somewhere in the midst of it, the others as early as may be.
        while round % 2 == 0 && victims[0].answered.is_empty() && victims[0].listen() {}
        tokio::time::sleep(Duration::from_micros(17_377 * round % 40_000)).await;
        for victim in victims {
            answered.extend(victim.kill());
        }
        let store = DirectoryStore::open(folder.path()).unwrap();
        let count = store.get(&key("head/counter")).await.unwrap();
        let count = count.map_or(0, |count| parse(&count.bytes));
        let sure = answered.len() as u64;
        // Each process may have been killed between its increment and its line.
        assert!(
            (sure..=sure + 2 * (round + 1)).contains(&count),
            "{count} increments, {sure} sure"
        );
        for name in &answered {
            assert!(store.get(&key(&format!("ver/{name}"))).await.unwrap().is_some(), "{name}");
        }
        check_whole(&store).await;
        let owners = fs_err::read_dir(folder.path().join("spool")).unwrap().count();
        assert_eq!(owners, 1, "what the killed left is swept");
    }
    assert!(answered.len() as u64 >= ROUNDS / 2, "{} rounds answered", answered.len());
}

/// Every record names a body that is there, and every body is whole.
async fn check_whole(store: &DirectoryStore) {
    for record in store.list(&key("ver"), None, usize::MAX).await.unwrap() {
        let name = store.get(&record.key).await.unwrap().unwrap().bytes;
        let name = std::str::from_utf8(&name).unwrap();
        assert_eq!(record.key.as_str(), format!("ver/{name}"));
        assert!(store.body(&key(&format!("blob/{name}"))).await.unwrap().is_some(), "{name}");
    }
    for body in store.list(&key("blob"), None, usize::MAX).await.unwrap() {
        let name = body.key.as_str().trim_start_matches("blob/");
        let found = store.get(&body.key).await.unwrap().unwrap().bytes;
        assert!(found == content(name), "{name} is whole");
    }
}
