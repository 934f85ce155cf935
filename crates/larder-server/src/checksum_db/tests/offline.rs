//! Whatever was looked up can be verified offline, in any order, by a fresh client and by one that
//! holds any head that was ever served.

use proptest::prelude::*;

use super::go_client::GoClient;
use super::upstream::{FakeUpstream, text};
use super::{ChecksumDb, look_up, memory_store, open, settle};

/// How many module versions there are to look up.
const MODULES: u64 = 16;

/// What happens at a server, one after the other.
#[derive(Debug, Clone)]
enum Step {
    /// The database records a version, for somebody else, and so many others.
    Grow(u64, u64),
    /// Clients look these up at once.
    LookUp(Vec<u64>),
    /// A client that will come back later looks this up.
    Client(u64),
    /// The server starts anew.
    Restart,
    /// Another server on the same store looks this up.
    Other(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..MODULES, prop_oneof![1..20_u64, 200..300_u64, 1000..3000_u64])
            .prop_map(|(n, others)| Step::Grow(n, others)),
        4 => prop::collection::vec(0..MODULES, 1..6).prop_map(Step::LookUp),
        3 => (0..MODULES).prop_map(Step::Client),
        1 => Just(Step::Restart),
        2 => (0..MODULES).prop_map(Step::Other),
    ]
}

async fn look_up_at_once(db: &ChecksumDb, modules: &[u64]) {
    let lookups = modules.iter().map(|n| look_up(db, *n));
    for answer in futures_util::future::join_all(lookups).await {
        answer.unwrap();
    }
    settle(db).await;
}

/// Runs the steps, cuts the upstream, and lets every client verify everything in `order`.
async fn check(upstream: FakeUpstream, steps: &[Step], order: &[prop::sample::Index]) {
    let store = memory_store();
    let (mut db, other) = (open(&upstream, &store), open(&upstream, &store));
    let mut known: Vec<u64> = Vec::new();
    let mut clients = vec![GoClient::fresh(&upstream.key())];
    for step in steps {
        match step {
            Step::Grow(n, others) => {
                upstream.record(*n);
                upstream.grow(*others);
            }
            Step::LookUp(modules) => {
                look_up_at_once(&db, modules).await;
                known.extend(modules);
            }
            Step::Other(n) => {
                look_up_at_once(&other, &[*n]).await;
                known.push(*n);
            }
            Step::Client(n) => {
                let held = clients.iter().cycle().nth(usize::try_from(*n).unwrap());
                let mut client = held.unwrap().clone();
                assert_eq!(client.look_up(&db, *n).await, Ok(text(*n)));
                settle(&db).await;
                clients.push(client);
                known.push(*n);
            }
            Step::Restart => db = open(&upstream, &store),
        }
    }
    known.sort_unstable();
    known.dedup();
    upstream.cut();
    upstream.forget_asked();
    let restarted = open(&upstream, &store);
    for client in &clients {
        verify_all(&restarted, client.clone(), &known, order).await;
    }
    for db in [&db, &other] {
        verify_all(db, GoClient::fresh(&upstream.key()), &known, order).await;
    }
    // Each client alone, and going from server to server.
    for client in &mut clients {
        for (turn, n) in known.iter().enumerate() {
            let db = [&restarted, &other, &db][turn % 3];
            assert_eq!(client.look_up(db, *n).await, Ok(text(*n)));
        }
    }
    assert_eq!(upstream.state().asked, Vec::<String>::new(), "the upstream was needed");
}

async fn verify_all(
    db: &ChecksumDb,
    mut client: GoClient,
    known: &[u64],
    order: &[prop::sample::Index],
) {
    let held = client.head_size();
    let mut left = known.to_vec();
    for index in order.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let n = left.swap_remove(index.index(left.len()));
        let answer = client.look_up(db, n).await;
        assert_eq!(answer, Ok(text(n)), "module {n}, by a client that held a head of {held}");
    }
}

fn run<F: Future<Output = ()>>(scenario: F) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(scenario);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn everything_looked_up_can_be_verified_offline_in_any_order(
        steps in prop::collection::vec(step(), 1..24),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
        old_heads: bool,
        only_full_tiles: bool,
    ) {
        run(async {
            let upstream = FakeUpstream::new().await;
            upstream.state().old_heads = old_heads;
            upstream.state().only_full_tiles = only_full_tiles;
            check(upstream, &steps, &order).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn and_so_when_the_tree_gains_a_level(
        steps in prop::collection::vec(step(), 6..16),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
        old_heads: bool,
    ) {
        run(async {
            let upstream = FakeUpstream::long().await;
            upstream.state().old_heads = old_heads;
            check(upstream, &steps, &order).await;
        });
    }
}

#[tokio::test]
async fn servers_that_advance_at_the_same_time_end_under_one_head() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    upstream.state().old_heads = true;
    let servers: Vec<_> = (0..4).map(|_| open(&upstream, &store)).collect();
    for round in 0..10 {
        upstream.grow(100);
        let lookups = servers.iter().enumerate().map(|(server, db)| {
            let n = round * 10 + server as u64;
            async move { look_up(db, n).await.unwrap() }
        });
        futures_util::future::join_all(lookups).await;
    }
    upstream.cut();
    let db = open(&upstream, &store);
    let mut client = GoClient::fresh(&upstream.key());
    for n in (0..10).flat_map(|round| (0..4).map(move |server| round * 10 + server)) {
        assert_eq!(client.look_up(&db, n).await, Ok(text(n)));
    }
}
