//! What a machine wants done, and what it waits for.

use std::collections::{BTreeMap, VecDeque};

use ipc_proto::post::{ClientId, MAX_DATAGRAM, SocketId};
use ipc_proto::{Failure, Reply, Request};

use crate::{Output, Worth};

/// The queue of a machine's outputs, and why each answer is awaited. `P` says what an answer of `privd` is for, `F`
/// what a file is read or written for.
#[derive(Debug)]
pub struct Outbox<P, F> {
    queue: VecDeque<Output>,
    requests: BTreeMap<u32, P>,
    files: BTreeMap<u32, F>,
    last: u32,
}

impl<P, F> Default for Outbox<P, F> {
    fn default() -> Self {
        Outbox { queue: VecDeque::new(), requests: BTreeMap::new(), files: BTreeMap::new(), last: 0 }
    }
}

impl<P: Clone, F> Outbox<P, F> {
    /// Does this, after what was wanted before.
    pub fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    /// The next thing to do.
    pub fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    fn number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    /// Asks `privd`.
    pub fn request(&mut self, purpose: P, request: Request) {
        let id = self.number();
        self.requests.insert(id, purpose);
        self.push(Output::Request { id, request });
    }

    /// What an answer is for. It is still awaited if this one says that further parts follow.
    pub fn answered(&mut self, id: u32, result: &Result<Reply, Failure>) -> Option<P> {
        let more = matches!(
            result,
            Ok(Reply::ScanResults { last: false, .. }
                | Reply::Stations { last: false, .. }
                | Reply::Survey { last: false, .. })
        );
        if more { self.requests.get(&id).cloned() } else { self.requests.remove(&id) }
    }

    /// The connection to `privd` is gone: nothing that was asked will be answered. Gives what that was for.
    pub fn forget_requests(&mut self) -> Vec<P> {
        self.queue.retain(|output| !matches!(output, Output::Request { .. }));
        std::mem::take(&mut self.requests).into_values().collect()
    }

    /// Reads a file that is granted, or that the superuser has named.
    pub fn read_file(&mut self, purpose: F, path: String) {
        let token = self.number();
        self.files.insert(token, purpose);
        self.push(Output::ReadFile { token, path });
    }

    /// Replaces a file that was named at start.
    pub fn write_file(&mut self, purpose: F, path: String, data: Vec<u8>) {
        let token = self.number();
        self.files.insert(token, purpose);
        self.push(Output::WriteFile { token, path, data });
    }

    /// What a file was wanted for.
    pub fn file_done(&mut self, token: u32) -> Option<F> {
        self.files.remove(&token)
    }

    /// The post is gone, and what it was asked with it.
    pub fn forget_files(&mut self) {
        self.files.clear();
    }

    /// Sends a client its reply: as many of its lines as a datagram can have.
    pub fn reply(&mut self, client: ClientId, data: impl Into<Vec<u8>>) {
        let mut data = data.into();
        if data.len() > MAX_DATAGRAM {
            data.truncate(MAX_DATAGRAM);
            let lines = data.iter().rposition(|octet| *octet == b'\n').map(|last| last.saturating_add(1));
            data.truncate(lines.unwrap_or(MAX_DATAGRAM));
        }
        self.push(Output::Send { clients: vec![client], data, worth: Worth::Awaited });
    }

    /// A socket's name that was never used.
    pub fn new_socket(&mut self) -> SocketId {
        self.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_too_long_for_a_datagram_is_cut_at_a_line() {
        let mut out: Outbox<(), ()> = Outbox::default();
        out.reply(7, "a line of twenty one\n".repeat(10_000));
        let Some(Output::Send { data, .. }) = out.pop() else { panic!("nothing is sent") };
        assert!(data.len() <= MAX_DATAGRAM && data.len() > MAX_DATAGRAM - 21 && data.ends_with(b"one\n"));
    }
}
