//! What the superuser has named on a control socket: the post says so, on a line that no daemon holds.

use std::collections::BTreeSet;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::witness::{FromWitness, MAX_NAMES, ToWitness};

/// Names that he may mean interfaces or bridges by.
#[derive(Debug, Default)]
pub(super) struct Witnessed {
    line: Option<Channel<ToWitness, FromWitness>>,
    names: BTreeSet<String>,
}

impl Witnessed {
    /// `line`: where there is one client, whose post was started with us.
    pub(super) fn new(line: Option<OwnedFd>) -> Witnessed {
        let line = line.and_then(|fd| Channel::new(fd).ok());
        if let Some(line) = &line
            && let Err(error) = line.send(&ToWitness::Again, None)
        {
            tracing::debug!(%error, "the post is not asked what was said before");
        }
        Witnessed { line, names: BTreeSet::new() }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.line.as_ref().map(Channel::as_fd)
    }

    /// Takes in what was said up to now.
    pub(super) fn read(&mut self) {
        while let Some(line) = &mut self.line {
            match line.receive() {
                Ok((FromWitness::Named(names), _)) => {
                    let room = MAX_NAMES.saturating_sub(self.names.len());
                    self.names.extend(names.into_iter().take(room));
                }
                Ok((FromWitness::Gone(names), _)) => self.names.retain(|name| !names.contains(name)),
                Err(ChannelError::WouldBlock) => return,
                Err(error @ (ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_))) => {
                    tracing::debug!(%error, "no witness any more");
                    self.line = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ipc_proto::channel::pair;

    use super::*;

    #[test]
    fn what_is_said_is_known_until_it_is_taken_back() {
        let (ours, posts) = pair().unwrap();
        let mut post: Channel<FromWitness, ToWitness> = Channel::new(posts).unwrap();
        let mut witnessed = Witnessed::new(Some(ours));
        assert!(matches!(post.receive(), Ok((ToWitness::Again, None))));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        post.send(&FromWitness::Named(names(&["wlan1", "br0"])), None).unwrap();
        post.send(&FromWitness::Gone(names(&["br0"])), None).unwrap();
        witnessed.read();
        assert!(witnessed.has("wlan1") && !witnessed.has("br0") && !witnessed.has("wlan2"));
        let many: Vec<String> = (0..MAX_NAMES).map(|number| format!("n{number}")).collect();
        for half in many.chunks(MAX_NAMES / 2) {
            post.send(&FromWitness::Named(half.to_vec()), None).unwrap();
        }
        witnessed.read();
        assert_eq!(witnessed.names.len(), MAX_NAMES);
        // The post is gone: what was said stays.
        drop(post);
        witnessed.read();
        assert!(witnessed.has("wlan1") && witnessed.as_fd().is_none());
    }
}
