//! Re-authentication with the keys of an earlier conversation (ERP, RFC 6696).

use alloc::vec::Vec;

use wire::Instant;

use super::state::{Asked, Asking, Reauthenticating, State};
use super::{Peer, PeerOutput};
use crate::erp::{ErpFinish, ErpPeer, is_reauth_start};
use crate::{EapError, Ignored};

const NO_KEYS: Ignored = Ignored("an offer of re-authentication, and there are no keys for it");

impl Peer {
    /// EAP-Initiate/Re-auth-Start (RFC 6696 5.3.1): taken up if there are keys of an earlier conversation.
    pub(super) fn handle_offer(
        &mut self,
        identifier: u8,
        data: &[u8],
        whole: &[u8],
        now: Instant,
    ) -> Result<(), Ignored> {
        if !is_reauth_start(data) {
            return Err(Ignored("an EAP-Initiate that only peers send"));
        }
        match &self.state {
            State::Waiting | State::Asking(Asking { asked: Asked::Identity, .. }) => {}
            // What was said is said again, and no number is used up.
            State::Reauthenticating(reauth) if reauth.offer == whole => {
                let initiate = reauth.initiate.clone();
                self.shared.rounds.count(initiate.len()).map_err(|_| Ignored("an offer once more, too often"))?;
                self.shared.outputs.push_back(PeerOutput::Send(initiate));
                return Ok(());
            }
            State::Reauthenticating(_) | State::Asking(_) | State::Running(_) | State::Succeeded(_) | State::Failed => {
                return Err(Ignored("an offer of re-authentication amid a conversation"));
            }
        }
        let (initiate, sequence) = self.earlier().and_then(|erp| erp.initiate(identifier, now)).ok_or(NO_KEYS)?;
        if let Err(error) = self.shared.rounds.count(initiate.len()) {
            self.fail(error);
            return Ok(());
        }
        self.shared.outputs.push_back(PeerOutput::Send(initiate.clone()));
        self.state = State::Reauthenticating(Reauthenticating { offer: Vec::from(whole), initiate, sequence });
        self.shared.touch(now);
        Ok(())
    }

    /// EAP-Finish/Re-auth (RFC 6696 5.3.3).
    pub(super) fn handle_finish(&mut self, whole: &[u8], now: Instant) -> Result<(), Ignored> {
        let State::Reauthenticating(Reauthenticating { sequence, .. }) = &self.state else {
            return Err(Ignored("an EAP-Finish that nobody waits for"));
        };
        let sequence = *sequence;
        match self.earlier().ok_or(NO_KEYS)?.finish(whole, sequence, now)? {
            ErpFinish::Success(keys) => self.authenticated(None, Some(keys)),
            ErpFinish::Failure => self.fail(EapError::refused("the server wants the whole method once more")),
        }
        Ok(())
    }

    fn earlier(&mut self) -> Option<&mut ErpPeer> {
        self.shared.methods.erp().and_then(Option::as_mut)
    }

    /// The next conversation has the whole method.
    pub(super) fn forget_earlier(&mut self) {
        if let Some(earlier) = self.shared.methods.erp() {
            *earlier = None;
        }
    }
}
