//! The background work of a pool: names are looked up, connections made, and made anew when they are lost.

use super::{Peer, PeerState, Pool, Shared};
use crate::remote::{
    connection::{Connection, DialError},
    endpoint::{Endpoint, Found},
};
use http::uri::Authority;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    error::Error as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::AbortHandle, time::Instant};

/// Names are looked up this often.
const LOOK_UP_EVERY: Duration = Duration::from_secs(5);
/// And this soon after a connection failed.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(1);
/// Pauses between attempts to connect grow from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Follows the names of the endpoint: new addresses are connected to, those that are gone are given up once their calls
/// have ended.
pub(super) async fn watch(pool: Arc<Pool>, endpoint: Endpoint) {
    let mut kept: HashMap<SocketAddr, Kept> = HashMap::new();
    let mut last = Found::new();
    loop {
        // A look-up that fails tells nothing: what was known stays.
        if let Some(found) = endpoint.look_up(&mut last).await {
            adjust(&pool, &mut kept, found);
        }
        pool.known.store(true, Ordering::Relaxed);
        pool.changed.notify_waiters();
        let earliest = Instant::now() + LOOK_UP_AGAIN;
        // Nothing to be told apart: after the one or the other it is time.
        drop(tokio::time::timeout(LOOK_UP_EVERY, pool.stale.notified()).await);
        tokio::time::sleep_until(earliest).await;
    }
}

/// The work for one peer, which ends with it.
struct Kept {
    peer: Arc<Peer>,
    work: AbortHandle,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.work.abort();
        self.peer.state.lock().connections.clear();
    }
}

fn adjust(pool: &Arc<Pool>, kept: &mut HashMap<SocketAddr, Kept>, found: BTreeMap<SocketAddr, Authority>) {
    kept.retain(|address, _| found.contains_key(address));
    for (address, authority) in found {
        kept.entry(address).or_insert_with(|| {
            let state = Mutex::new(PeerState { connections: Vec::new(), hope: true });
            let peer = Arc::new(Peer { address, authority, state, wanted: Notify::new() });
            let work = tokio::spawn(keep_up(Arc::clone(pool), Arc::clone(&peer))).abort_handle();
            Kept { peer, work }
        });
    }
    *pool.peers.write() = kept.values().map(|kept| Arc::clone(&kept.peer)).collect();
}

/// Makes connections to a peer whenever there are too few.
async fn keep_up(pool: Arc<Pool>, peer: Arc<Peer>) {
    let mut pause = PAUSES.0;
    loop {
        if peer.load().0.is_some() {
            peer.wanted.notified().await;
            continue;
        }
        match Connection::dial(peer.address, peer.authority.clone(), pool.service).await {
            Ok((connection, end)) => {
                pause = PAUSES.0;
                let shared = Arc::new(Shared { connection, calls: AtomicUsize::new(0) });
                peer.state.lock().connections.push(shared);
                pool.changed.notify_waiters();
                let (pool, peer) = (Arc::clone(&pool), Arc::downgrade(&peer));
                tokio::spawn(async move {
                    end.await;
                    if let Some(peer) = peer.upgrade() {
                        peer.wanted.notify_one();
                    }
                    pool.changed.notify_waiters();
                });
            }
            Err(error) => {
                lose_hope(&pool, &peer, &error);
                // Not all callers at the same moment.
                tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

fn lose_hope(pool: &Pool, peer: &Peer, error: &DialError) {
    let had_hope = {
        let mut state = peer.state.lock();
        state.connections.is_empty() && std::mem::take(&mut state.hope)
    };
    if had_hope {
        let cause = error.source().map(ToString::to_string);
        tracing::warn!(service = pool.service, address = %peer.address, %error, cause, "a service cannot be reached");
    }
    pool.changed.notify_waiters();
    pool.stale.notify_one();
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::adjust;
    use crate::remote::pool::Pool;
    use std::{
        collections::{BTreeMap, HashMap},
        net::SocketAddr,
        sync::Arc,
    };

    #[tokio::test]
    async fn peers_follow_the_addresses_and_those_that_stay_are_kept() {
        let pool = Arc::new(Pool::new("noctis.ingest.v1.Ingest"));
        let found = |ports: &[u16]| -> BTreeMap<SocketAddr, _> {
            ports.iter().map(|port| (([127, 0, 0, 1], *port).into(), "ingest:1".parse().unwrap())).collect()
        };
        let mut kept = HashMap::new();
        let ports = |pool: &Pool| {
            let mut ports: Vec<u16> = pool.peers.read().iter().map(|peer| peer.address.port()).collect();
            ports.sort_unstable();
            ports
        };
        adjust(&pool, &mut kept, found(&[1, 2]));
        assert_eq!(ports(&pool), [1, 2]);
        let stays = pool.peers.read().iter().find(|peer| peer.address.port() == 2).cloned().unwrap();
        adjust(&pool, &mut kept, found(&[2, 3]));
        assert_eq!(ports(&pool), [2, 3]);
        assert!(pool.peers.read().iter().any(|peer| Arc::ptr_eq(peer, &stays)));
    }
}
