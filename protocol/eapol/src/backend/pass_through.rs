//! A server behind RADIUS (RFC 3579, RFC 3580): Responses become Access-Requests, replies become answers.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use eap::EapError;
use radius::client::Failure;
use radius::nas::{self, Nas, Port};
use radius::{Code, Reply, Request, Type};

use super::{Accept, BackendAnswer, SessionGrant, TerminationAction};
use crate::MasterKey;

/// One port's side of its conversations with RADIUS servers.
#[derive(Debug)]
pub struct PassThrough {
    nas: Nas,
    port: Port,
    accounting: Option<String>,
    key_name: bool,
    conversation: Option<u32>,
    /// What the next Access-Request is to repeat (RFC 2865 5.24).
    state: Option<Vec<u8>>,
}

impl PassThrough {
    /// A port of this access server. `accounting` is the session that accounting will name; with `key_name` EAP's Session-Id is
    /// asked for (RFC 4072 4.1.4), which MACsec needs.
    #[must_use]
    pub const fn new(nas: Nas, port: Port, accounting: Option<String>, key_name: bool) -> PassThrough {
        PassThrough { nas, port, accounting, key_name, conversation: None, state: None }
    }

    /// The Access-Request for a Response of a conversation; `identity` is what the peer calls itself.
    #[must_use]
    pub fn request(&mut self, conversation: u32, identity: &[u8], packet: &[u8]) -> Request {
        if self.conversation.replace(conversation).is_some_and(|before| before != conversation) {
            // Of a challenge that nobody answers any more.
            self.state = None;
        }
        let state = self.state.clone();
        let session = self.accounting.as_deref();
        let mut request = nas::eap_request(&self.nas, &self.port, identity, packet, state.as_deref(), session);
        if self.key_name {
            request.attributes_mut().put(Type::EAP_KEY_NAME, &[0]);
        }
        request
    }

    /// What a verified reply says.
    #[must_use]
    pub fn reply(&mut self, reply: &Reply) -> BackendAnswer {
        let state = reply.attributes().first(Type::STATE).map(<[u8]>::to_vec);
        match reply.code() {
            Code::ACCESS_CHALLENGE => match reply.eap() {
                Some(packet) => {
                    self.state = state;
                    BackendAnswer::Request { packet, wait: reply.session_timeout() }
                }
                // RFC 3579 2.6.4: what else the server wants cannot be told to the peer.
                None => BackendAnswer::Reject {
                    packet: None,
                    error: EapError::protocol("a RADIUS challenge holds no EAP packet"),
                },
            },
            Code::ACCESS_ACCEPT => {
                let accept = accept_of(reply);
                // RFC 2865 5.24: the re-authentication that the server orders begins with this State.
                let ordered = accept.grant.termination == TerminationAction::Reauthenticate;
                self.state = state.filter(|_| ordered);
                self.conversation = None;
                BackendAnswer::Accept(Box::new(accept))
            }
            Code::ACCESS_REJECT => {
                self.state = None;
                BackendAnswer::Reject {
                    packet: reply.eap(),
                    error: EapError::refused("the RADIUS server sent an Access-Reject"),
                }
            }
            _ => BackendAnswer::Ignored,
        }
    }

    /// What follows when the client has no reply.
    #[must_use]
    pub const fn failed(&mut self, _why: Failure) -> BackendAnswer {
        self.conversation = None;
        BackendAnswer::Reject { packet: None, error: EapError::local("no RADIUS server answers") }
    }
}

/// What an Access-Accept says of the session (RFC 3580 3).
fn accept_of(reply: &Reply) -> Accept {
    let attributes = reply.attributes();
    let session_id = attributes.first(Type::EAP_KEY_NAME).filter(|name| name.len() > 1);
    let termination =
        if reply.reauthenticate() { TerminationAction::Reauthenticate } else { TerminationAction::Default };
    let grant = SessionGrant {
        user: attributes.first(Type::USER_NAME).map(<[u8]>::to_vec),
        session_timeout: reply.session_timeout(),
        termination,
        idle_timeout: attributes.u32(Type::IDLE_TIMEOUT).map(|seconds| Duration::from_secs(seconds.into())),
        interim: reply.interim_interval(),
        class: attributes.all(Type::CLASS).map(<[u8]>::to_vec).collect(),
        vlans: reply.vlans(),
    };
    let key = reply.keys().map(|keys| MasterKey::of_radius(&keys, session_id));
    Accept { packet: reply.eap(), key, grant }
}
