//! The station's side: what is kept from one conversation to the next.

use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use super::ErpKeys;
use super::message::{Reauth, Written};
use crate::packet::Code;
use crate::{Ignored, Keys};

/// A station's keys of an earlier conversation.
#[derive(Clone, Debug)]
pub struct ErpPeer {
    keys: ErpKeys,
    /// The next sequence number; `None` when there are no more.
    next: Option<u16>,
    expires: Option<Instant>,
}

/// What the server says to a re-authentication.
#[derive(Debug, PartialEq, Eq)]
pub enum ErpFinish {
    /// Both sides have the key: the new one (rMSK).
    Success(Keys),
    /// It does not have it, or does not want it: the whole method is needed.
    Failure,
}

impl ErpPeer {
    /// Of the keys of a conversation that has succeeded, and the realm of the identity. `None` if the method has no EMSK
    /// or no Session-Id.
    #[must_use]
    pub fn new(keys: &Keys, realm: &[u8]) -> Option<ErpPeer> {
        Some(ErpPeer { keys: ErpKeys::new(keys, realm)?, next: Some(0), expires: None })
    }

    /// keyName-NAI, which stands for the identity.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.keys.name
    }

    /// An EAP-Initiate/Re-auth and its sequence number, each used once; `None` if there are no more numbers or the keys
    /// have expired: then the whole method is needed.
    pub fn initiate(&mut self, identifier: u8, now: Instant) -> Option<(Vec<u8>, u16)> {
        if self.expires.is_some_and(|expires| now >= expires) {
            return None;
        }
        let sequence = self.next?;
        self.next = sequence.checked_add(1);
        let (code, name) = (Code::Initiate, self.keys.name.as_slice());
        let written =
            Written { code, identifier, failed: false, lifetime_wanted: true, sequence, name, lifetime: None };
        Some((written.write(Some(&self.keys)), sequence))
    }

    /// Takes the EAP-Finish/Re-auth that answers the Initiate of this number.
    ///
    /// # Errors
    /// If it is not the server's answer to that: it is to be passed over.
    pub fn finish(&mut self, packet: &[u8], sequence: u16, now: Instant) -> Result<ErpFinish, Ignored> {
        let finish = Reauth::parse(packet, Code::Finish)?;
        if finish.name != self.keys.name || finish.sequence != sequence {
            return Err(Ignored("an EAP-Finish that answers something else"));
        }
        let is_authentic = finish.is_authentic(&self.keys);
        if finish.failed {
            // A server that does not have the key cannot say so under protection.
            return match finish.signed {
                Some(_) if !is_authentic => Err(Ignored("an EAP-Finish with a wrong tag")),
                Some(_) | None => Ok(ErpFinish::Failure),
            };
        }
        if !is_authentic {
            return Err(Ignored("an EAP-Finish with a wrong tag"));
        }
        if let Some(seconds) = finish.lifetime {
            self.expires = Some(now + Duration::from_secs(u64::from(seconds)));
        }
        Ok(ErpFinish::Success(self.keys.session(sequence)))
    }
}
