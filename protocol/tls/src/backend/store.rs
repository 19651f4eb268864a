//! Sessions that may be taken up again.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::StoresServerSessions;
use rustls::time_provider::TimeProvider;
use zeroize::Zeroizing;

use super::judge::lock;
use crate::time::WallTime;

/// The wall time of the call that is going on.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    pub(super) fn set(&self, now: WallTime) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(WallTime(self.now()).to_unix())
    }
}

/// A station's memory of one network's server.
#[derive(Debug, Default)]
pub(super) struct ClientStore(Mutex<ClientSessions>);

#[derive(Debug, Default)]
struct ClientSessions {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tls13: VecDeque<Tls13ClientSessionValue>,
}

/// Tickets that are kept for TLS 1.3, each for one use.
const TICKETS: usize = 4;

impl ClientStore {
    pub(super) fn clear(&self) {
        *lock(&self.0) = ClientSessions::default();
    }
}

impl ClientSessionStore for ClientStore {
    fn set_kx_hint(&self, _name: ServerName<'static>, group: NamedGroup) {
        lock(&self.0).group = Some(group);
    }

    fn kx_hint(&self, _name: &ServerName<'_>) -> Option<NamedGroup> {
        lock(&self.0).group
    }

    fn set_tls12_session(&self, _name: ServerName<'static>, value: Tls12ClientSessionValue) {
        lock(&self.0).tls12 = Some(value);
    }

    fn tls12_session(&self, _name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        lock(&self.0).tls12.clone()
    }

    fn remove_tls12_session(&self, _name: &ServerName<'static>) {
        lock(&self.0).tls12 = None;
    }

    fn insert_tls13_ticket(&self, _name: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut sessions = lock(&self.0);
        sessions.tls13.push_back(value);
        if sessions.tls13.len() > TICKETS {
            sessions.tls13.pop_front();
        }
    }

    fn take_tls13_ticket(&self, _name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        lock(&self.0).tls13.pop_back()
    }
}

/// A server's memory: nobody takes up a session before its authentication was complete.
#[derive(Debug)]
pub(super) struct ServerStore {
    clock: std::sync::Arc<Clock>,
    lifetime: u64,
    limit: usize,
    sessions: Mutex<ServerSessions>,
}

#[derive(Debug, Default)]
struct ServerSessions {
    kept: HashMap<Vec<u8>, Kept>,
    order: VecDeque<Vec<u8>>,
    /// Sessions that were made during the call that is going on.
    fresh: Vec<Fresh>,
    /// What was remembered with the session that the call that is going on has taken up.
    taken: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Kept {
    until: u64,
    value: Zeroizing<Vec<u8>>,
    remembered: Vec<u8>,
}

/// A session that cannot be taken up yet.
#[derive(Debug)]
pub(super) struct Fresh {
    key: Vec<u8>,
    value: Zeroizing<Vec<u8>>,
}

impl ServerStore {
    pub(super) fn new(clock: std::sync::Arc<Clock>, lifetime: u64, limit: usize) -> Self {
        Self { clock, lifetime, limit, sessions: Mutex::default() }
    }

    /// What the call that has just ended made and took up.
    pub(super) fn after_call(&self) -> (Vec<Fresh>, Option<Vec<u8>>) {
        let mut sessions = lock(&self.sessions);
        (core::mem::take(&mut sessions.fresh), sessions.taken.take())
    }

    pub(super) fn keep(&self, fresh: Vec<Fresh>, remembered: &[u8]) {
        let mut sessions = lock(&self.sessions);
        let until = self.clock.now().saturating_add(self.lifetime);
        for Fresh { key, value } in fresh {
            while sessions.order.len() >= self.limit.max(1) {
                let Some(oldest) = sessions.order.pop_front() else { break };
                sessions.kept.remove(&oldest);
            }
            sessions.order.push_back(key.clone());
            sessions.kept.insert(key, Kept { until, value, remembered: remembered.to_vec() });
        }
    }

    pub(super) fn clear(&self) {
        *lock(&self.sessions) = ServerSessions::default();
    }

    fn find(&self, key: &[u8], remove: bool) -> Option<Vec<u8>> {
        let now = self.clock.now();
        let mut sessions = lock(&self.sessions);
        let kept = sessions.kept.get(key).filter(|kept| now < kept.until)?;
        let (value, remembered) = (kept.value.to_vec(), kept.remembered.clone());
        sessions.taken = Some(remembered);
        if remove {
            sessions.kept.remove(key);
            sessions.order.retain(|known| known != key);
        }
        Some(value)
    }
}

impl StoresServerSessions for ServerStore {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        lock(&self.sessions).fresh.push(Fresh { key, value: Zeroizing::new(value) });
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.find(key, false)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.find(key, true)
    }

    fn can_cache(&self) -> bool {
        true
    }
}
