//! Who wrote to a control socket, and may therefore be answered.

use std::collections::{HashMap, VecDeque};

use ipc_proto::post::{ClientId, SocketId};
use nix::sys::socket::UnixAddr;

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

/// An address that wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// To which socket.
    pub(super) socket: SocketId,
    /// From where.
    pub(super) address: UnixAddr,
    /// Sent by this user.
    pub(super) uid: u32,
}

struct Entry {
    known: Known,
    refusals: u8,
    last: u64,
    waiting: VecDeque<Vec<u8>>,
}

/// The table of addresses.
pub(super) struct Clients {
    entries: HashMap<ClientId, Entry>,
    names: HashMap<(SocketId, Vec<u8>), ClientId>,
    next: ClientId,
    clock: u64,
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
        Clients { entries: HashMap::new(), names: HashMap::new(), next: 1, clock: 0 }
    }

    /// The client that writes from an address, and whom it displaced if the table was full. A user who takes over the
    /// address of another is another client.
    pub(super) fn of(&mut self, known: Known) -> (ClientId, Option<ClientId>) {
        self.clock += 1;
        let key = (known.socket, name(&known.address));
        if let Some(client) = self.names.get(&key).copied()
            && let Some(entry) = self.entries.get_mut(&client)
            && entry.known.uid == known.uid
        {
            entry.last = self.clock;
            entry.refusals = 0;
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
        self.next += 1;
        self.names.insert(key, client);
        self.entries.insert(client, Entry { known, refusals: 0, last: self.clock, waiting: VecDeque::new() });
        (client, displaced)
    }

    /// The client that was silent longest, of the user who has most of them: nobody can drive out the clients of
    /// others by making many.
    fn most_dispensable(&self) -> Option<ClientId> {
        let mut of_user: HashMap<u32, usize> = HashMap::new();
        for entry in self.entries.values() {
            *of_user.entry(entry.known.uid).or_default() += 1;
        }
        let (user, _) = of_user.into_iter().max_by_key(|(_, count)| *count)?;
        let theirs = self.entries.iter().filter(|(_, entry)| entry.known.uid == user);
        theirs.min_by_key(|(_, entry)| entry.last).map(|(client, _)| *client)
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
            entry.waiting.pop_front();
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

    pub(super) fn delivered(&mut self, client: ClientId) {
        if let Some(entry) = self.entries.get_mut(&client) {
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
        }
    }

    pub(super) fn forget_socket(&mut self, socket: SocketId) {
        self.entries.retain(|_, entry| entry.known.socket != socket);
        self.names.retain(|(of, _), _| *of != socket);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clients, Known, MOST};
    use nix::sys::socket::UnixAddr;

    fn known(name: &str, uid: u32) -> Known {
        Known { socket: 1, address: UnixAddr::new(name).unwrap(), uid }
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
        clients.delivered(client);
        assert!(clients.refused(client));
    }
}
