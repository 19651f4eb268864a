//! Who wrote to a control socket, and may therefore be answered.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use ipc_proto::post::{ClientId, SocketId};
use nix::sys::socket::UnixAddr;

use super::sockets::Pin;

/// Most addresses that are remembered.
const MOST: usize = 512;

/// How often in a row a client's socket may be full before it counts as dead, and how many datagrams wait for it
/// meanwhile. A socket takes eleven (net.unix.max_dgram_qlen), which a burst of events fills at once.
const MAX_REFUSALS: u8 = 30;
const MAX_WAITING: usize = 64;
/// Refusals after which a client is asked less often.
const HASTE: u8 = 20;
const SOON: u16 = 10;
const LATER: u16 = 500;

/// How long a client may take to read, in ms, each time it is looked at; one that never does is deaf. Meanwhile nobody
/// else is served, so each time is short.
const PATIENCE: [u64; 8] = [2, 2, 4, 4, 8, 8, 8, 8];
/// Time between two looks, and after one that went well.
const BETWEEN: Duration = Duration::from_millis(250);
const TRUST: Duration = Duration::from_secs(5);

/// An address that wrote.
#[derive(Debug)]
pub(super) struct Known {
    /// To which socket.
    pub(super) socket: SocketId,
    /// From where.
    pub(super) address: UnixAddr,
    /// The socket that was there when it last wrote; absent for abstract names, and where nobody can be answered.
    pub(super) pin: Option<Pin>,
    /// Sent by this user.
    pub(super) uid: u32,
}

struct Entry {
    known: Known,
    refusals: u8,
    last: u64,
    waiting: VecDeque<Vec<u8>>,
    /// Octets it was sent since all was read, as the kernel counts them: it has left no more than that unread.
    sent: u64,
    /// How often in a row it has not read what it was sent, and when it is looked at again.
    trials: u8,
    next_trial: Option<Instant>,
}

/// What a datagram counts in the kernel: its buffer comes in powers of two, with the descriptions at its sides.
fn weight(length: usize) -> u64 {
    const SIDES: usize = 320;
    const DESCRIPTION: u64 = 256;
    (length.saturating_add(SIDES).next_power_of_two() as u64).saturating_add(DESCRIPTION)
}

/// The table of addresses.
pub(super) struct Clients {
    entries: HashMap<ClientId, Entry>,
    names: HashMap<(SocketId, Vec<u8>), ClientId>,
    next: ClientId,
    clock: u64,
    /// What users were sent at addresses that are forgotten.
    past: HashMap<(SocketId, u32), u64>,
}

/// What tells two addresses apart: path names and abstract names never start alike.
fn name(address: &UnixAddr) -> Vec<u8> {
    match (address.path(), address.as_abstract()) {
        (Some(path), _) => {
            use std::os::unix::ffi::OsStrExt as _;
            path.as_os_str().as_bytes().to_vec()
        }
        (None, Some(name)) => [&[0], name].concat(),
        (None, None) => Vec::new(),
    }
}

impl Clients {
    pub(super) fn new() -> Clients {
        Clients { entries: HashMap::new(), names: HashMap::new(), next: 1, clock: 0, past: HashMap::new() }
    }

    /// The client that writes from an address, and whom it displaced if the table was full. A user who takes over the
    /// address of another is another client.
    pub(super) fn of(&mut self, known: Known) -> (ClientId, Option<ClientId>) {
        self.clock = self.clock.saturating_add(1);
        let key = (known.socket, name(&known.address));
        if let Some(client) = self.names.get(&key).copied()
            && let Some(entry) = self.entries.get_mut(&client)
            && entry.known.uid == known.uid
        {
            entry.last = self.clock;
            entry.refusals = 0;
            // It may have been made anew under the same name.
            entry.known.pin = known.pin;
            return (client, None);
        }
        let mut displaced = self.names.get(&key).copied();
        if displaced.is_none() && self.entries.len() >= MOST {
            displaced = self.most_dispensable();
        }
        if let Some(client) = displaced {
            self.forget(client);
        }
        let client = self.next;
        self.next = self.next.wrapping_add(1);
        self.names.insert(key, client);
        self.entries.insert(
            client,
            Entry {
                known,
                refusals: 0,
                last: self.clock,
                waiting: VecDeque::new(),
                sent: 0,
                trials: 0,
                next_trial: None,
            },
        );
        (client, displaced)
    }

    /// The client that was silent longest, of the user who has most of them: nobody can drive out the clients of
    /// others by making many.
    fn most_dispensable(&self) -> Option<ClientId> {
        let mut of_user: HashMap<u32, usize> = HashMap::new();
        for entry in self.entries.values() {
            let count = of_user.entry(entry.known.uid).or_default();
            *count = count.saturating_add(1);
        }
        let (user, _) = of_user.into_iter().max_by_key(|(_, count)| *count)?;
        let theirs = self.entries.iter().filter(|(_, entry)| entry.known.uid == user);
        theirs.min_by_key(|(_, entry)| entry.last).map(|(client, _)| *client)
    }

    /// Is this an address that did not write before?
    pub(super) fn is_new(&self, known: &Known) -> bool {
        !self.names.contains_key(&(known.socket, name(&known.address)))
    }

    /// The user who may have left most unread on a socket.
    pub(super) fn heaviest(&self, socket: SocketId) -> Option<u32> {
        let mut of_user: HashMap<u32, u64> = HashMap::new();
        for entry in self.entries.values().filter(|entry| entry.known.socket == socket) {
            let total = of_user.entry(entry.known.uid).or_default();
            *total = total.saturating_add(entry.sent);
        }
        for ((of, uid), sent) in &self.past {
            if *of == socket {
                let total = of_user.entry(*uid).or_default();
                *total = total.saturating_add(*sent);
            }
        }
        of_user.into_iter().max_by_key(|(_, sent)| *sent).map(|(uid, _)| uid)
    }

    /// How long to wait for a client to read what it was just sent; absent: it need not show that it does.
    pub(super) fn trial(&mut self, client: ClientId) -> Option<Duration> {
        let entry = self.entries.get(&client).filter(|entry| entry.next_trial.is_none_or(|at| at <= Instant::now()))?;
        PATIENCE.get(usize::from(entry.trials)).copied().map(Duration::from_millis)
    }

    /// What came of it; true: it never reads.
    pub(super) fn tried(&mut self, client: ClientId, read: bool) -> bool {
        let Some(entry) = self.entries.get_mut(&client) else { return false };
        entry.trials = if read { 0 } else { entry.trials.saturating_add(1) };
        entry.next_trial = Instant::now().checked_add(if read { TRUST } else { BETWEEN });
        usize::from(entry.trials) >= PATIENCE.len()
    }

    /// Nothing is unread on a socket.
    pub(super) fn all_read(&mut self, socket: SocketId) {
        self.past.retain(|(of, _), _| *of != socket);
        for entry in self.entries.values_mut().filter(|entry| entry.known.socket == socket) {
            entry.sent = 0;
        }
    }

    pub(super) fn get(&self, client: ClientId) -> Option<&Known> {
        self.entries.get(&client).map(|entry| &entry.known)
    }

    /// Puts a datagram behind those that wait for a client; false if that is too many.
    pub(super) fn keep(&mut self, client: ClientId, data: &[u8]) -> bool {
        self.entries.get_mut(&client).is_none_or(|entry| {
            entry.waiting.push_back(data.to_vec());
            entry.waiting.len() <= MAX_WAITING
        })
    }

    /// The datagram that a client is to get next.
    pub(super) fn next(&self, client: ClientId) -> Option<&[u8]> {
        self.entries.get(&client)?.waiting.front().map(Vec::as_slice)
    }

    /// It has it.
    pub(super) fn advance(&mut self, client: ClientId) {
        if let Some(entry) = self.entries.get_mut(&client) {
            let data = entry.waiting.pop_front();
            entry.sent = entry.sent.saturating_add(weight(data.map_or(0, |data| data.len())));
            entry.refusals = 0;
        }
    }

    /// Those for whom something waits.
    pub(super) fn waiting(&self) -> Vec<ClientId> {
        self.entries.iter().filter(|(_, entry)| !entry.waiting.is_empty()).map(|(client, _)| *client).collect()
    }

    /// When they are to be tried again, in ms.
    pub(super) fn retry_in(&self) -> Option<u16> {
        let waiting = self.entries.values().filter(|entry| !entry.waiting.is_empty());
        waiting.map(|entry| if entry.refusals < HASTE { SOON } else { LATER }).min()
    }

    pub(super) fn delivered(&mut self, client: ClientId, length: usize) {
        if let Some(entry) = self.entries.get_mut(&client) {
            entry.sent = entry.sent.saturating_add(weight(length));
            entry.refusals = 0;
        }
    }

    /// Notes that a client's socket was full; false if that was once too often.
    pub(super) fn refused(&mut self, client: ClientId) -> bool {
        self.entries.get_mut(&client).is_some_and(|entry| {
            entry.refusals = entry.refusals.saturating_add(1);
            entry.refusals <= MAX_REFUSALS
        })
    }

    pub(super) fn forget(&mut self, client: ClientId) {
        if let Some(entry) = self.entries.remove(&client) {
            self.names.remove(&(entry.known.socket, name(&entry.known.address)));
            if entry.sent > 0 {
                let past = self.past.entry((entry.known.socket, entry.known.uid)).or_default();
                *past = past.saturating_add(entry.sent);
            }
        }
    }

    pub(super) fn forget_socket(&mut self, socket: SocketId) {
        self.entries.retain(|_, entry| entry.known.socket != socket);
        self.names.retain(|(of, _), _| *of != socket);
        self.past.retain(|(of, _), _| *of != socket);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clients, Known, MOST};
    use nix::sys::socket::UnixAddr;

    fn known(name: &str, uid: u32) -> Known {
        Known { socket: 1, address: UnixAddr::new(name).unwrap(), pin: None, uid }
    }

    #[test]
    fn an_address_keeps_its_name_and_another_user_at_it_is_another_client() {
        let mut clients = Clients::new();
        let (first, _) = clients.of(known("/tmp/a", 7));
        assert_eq!(clients.of(known("/tmp/a", 7)), (first, None));
        let (second, displaced) = clients.of(known("/tmp/a", 8));
        assert!(second != first && displaced == Some(first) && clients.get(first).is_none());
    }

    #[test]
    fn a_user_with_many_addresses_drives_out_only_its_own() {
        let mut clients = Clients::new();
        let (monitor, _) = clients.of(known("/tmp/monitor", 0));
        for number in 0..2 * MOST {
            let (_, displaced) = clients.of(known(&format!("/tmp/{number}"), 7));
            assert_ne!(displaced, Some(monitor));
        }
        assert!(clients.get(monitor).is_some() && clients.entries.len() <= MOST);
    }

    #[test]
    fn a_full_client_is_given_some_time() {
        let mut clients = Clients::new();
        let (client, _) = clients.of(known("/tmp/a", 7));
        assert!((0..super::MAX_REFUSALS).all(|_| clients.refused(client)));
        assert!(!clients.refused(client));
        clients.delivered(client, 0);
        assert!(clients.refused(client));
    }

    #[test]
    fn who_has_left_most_unread_is_known_though_it_changes_its_address() {
        let mut clients = Clients::new();
        let (honest, _) = clients.of(known("/tmp/honest", 0));
        clients.delivered(honest, 100);
        for number in 0..3 {
            let (deaf, _) = clients.of(known(&format!("/tmp/{number}"), 7));
            clients.delivered(deaf, 100);
            clients.forget(deaf);
        }
        assert_eq!(clients.heaviest(1), Some(7));
        clients.all_read(1);
        clients.delivered(honest, 100);
        assert_eq!(clients.heaviest(1), Some(0));
    }
}
