//! The processes of one service and the connections to them; who gets the next call.

mod upkeep;

use super::{
    away,
    connection::{CONNECT, Connection, NotSent},
    endpoint::Endpoint,
    received,
};
use crate::{Failure, http2};
use http::{Response, request::Parts, uri::Authority};
use parking_lot::{Mutex, RwLock};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{sync::Notify, task::AbortHandle, time::Instant};
use tokio_util::sync::DropGuard;
use tonic::body::Body;

const STREAMS: usize = http2::STREAMS as usize;

/// The processes of a service.
pub(super) struct Pool {
    service: &'static str,
    peers: RwLock<Vec<Arc<Peer>>>,
    /// Connections or peers have come or gone.
    changed: Notify,
    /// A connection could not be made: the names may stand for other addresses now.
    stale: Notify,
    /// The names were looked up once.
    known: AtomicBool,
    turn: AtomicUsize,
}

/// One process.
struct Peer {
    address: SocketAddr,
    authority: Authority,
    state: Mutex<PeerState>,
    /// There may be too few connections.
    wanted: Notify,
}

struct PeerState {
    connections: Vec<Arc<Shared>>,
    /// There is no telling yet that it cannot be reached.
    hope: bool,
}

/// A connection and how many calls are on it.
struct Shared {
    connection: Connection,
    calls: AtomicUsize,
}

/// A place for one call on a connection.
pub(super) struct Lease {
    pool: Arc<Pool>,
    peer: Arc<Peer>,
    shared: Arc<Shared>,
}

enum Choice {
    Lease(Lease),
    /// A connection is being made.
    Soon,
    /// None can be made.
    Away,
}

/// Keeps the pool's background work going until it is dropped.
pub(super) struct Membership {
    pool: Arc<Pool>,
    watch: AbortHandle,
}

impl Membership {
    pub(super) fn start(service: &'static str, endpoint: Endpoint) -> Self {
        let pool = Arc::new(Pool::new(service));
        let watch = tokio::spawn(upkeep::watch(Arc::clone(&pool), endpoint)).abort_handle();
        Self { pool, watch }
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.watch.abort();
        self.pool.peers.write().clear();
    }
}

impl Pool {
    fn new(service: &'static str) -> Self {
        Self {
            service,
            peers: RwLock::default(),
            changed: Notify::new(),
            stale: Notify::new(),
            known: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
        }
    }

    /// A place for a call at the process with the fewest of them; elsewhere than at `avoid` if there is a choice. Waits
    /// while a connection is being made, but not for one that keeps failing.
    pub(super) async fn lease(self: &Arc<Self>, avoid: Option<SocketAddr>) -> Result<Lease, Failure> {
        let deadline = Instant::now() + CONNECT;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.choose(avoid) {
                Choice::Lease(lease) => return Ok(lease),
                Choice::Soon => tokio::time::timeout_at(deadline, changed).await.map_err(|_elapsed| away())?,
                Choice::Away => return Err(away()),
            }
        }
    }

    fn choose(self: &Arc<Self>, avoid: Option<SocketAddr>) -> Choice {
        let peers = self.peers.read();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(peers.len()).unwrap_or_default();
        let in_turn = peers.iter().cycle().skip(turn).take(peers.len());
        let mut soon = !self.known.load(Ordering::Relaxed);
        let mut best: Option<(bool, usize, &Arc<Peer>)> = None;
        for peer in in_turn {
            let (calls, hope) = peer.load();
            soon |= hope;
            let Some(calls) = calls else { continue };
            let rank = (avoid == Some(peer.address), calls);
            if best.is_none_or(|(avoided, calls, _)| rank < (avoided, calls)) {
                best = Some((rank.0, rank.1, peer));
            }
        }
        match best.and_then(|(_, _, peer)| peer.take().map(|shared| (Arc::clone(peer), shared))) {
            Some((peer, shared)) => Choice::Lease(Lease { pool: Arc::clone(self), peer, shared }),
            None if soon => Choice::Soon,
            None => Choice::Away,
        }
    }
}

impl Peer {
    /// How many calls there are on the connection that has the fewest and room for more; and whether there is hope for
    /// one.
    fn load(&self) -> (Option<usize>, bool) {
        let mut state = self.state.lock();
        let before = state.connections.len();
        state.connections.retain(|shared| shared.connection.is_open());
        let has_lost = state.connections.len() < before;
        state.hope |= has_lost || !state.connections.is_empty();
        let least = state.connections.iter().map(|shared| shared.calls()).min().filter(|calls| *calls < STREAMS);
        if has_lost || least.is_none() {
            self.wanted.notify_one();
        }
        (least, state.hope)
    }

    fn take(&self) -> Option<Arc<Shared>> {
        let state = self.state.lock();
        let shared = state.connections.iter().min_by_key(|shared| shared.calls())?;
        (shared.calls() < STREAMS).then(|| {
            shared.calls.fetch_add(1, Ordering::Relaxed);
            Arc::clone(shared)
        })
    }

    /// Gives a place back; of several connections, one without calls is closed.
    fn give_back(&self, shared: &Arc<Shared>) {
        let mut state = self.state.lock();
        let left = shared.calls.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
        if left == 0 && state.connections.len() > 1 {
            state.connections.retain(|kept| !Arc::ptr_eq(kept, shared));
        }
    }
}

impl Shared {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Lease {
    /// Whose connection it is on.
    pub(super) fn address(&self) -> SocketAddr {
        self.peer.address
    }

    /// Sends the call and waits for the head of its answer. `wanted` is dropped with the answer.
    pub(super) async fn send(self, head: &Parts, body: Body, wanted: DropGuard) -> Result<Response<Body>, NotSent> {
        let response = self.shared.connection.send(head, body).await?;
        let ended = received::has_status(response.headers());
        Ok(response.map(|incoming| received::body(incoming, ended, (self, wanted))))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.peer.give_back(&self.shared);
        self.pool.changed.notify_waiters();
    }
}
