//! What a station authenticates with, and the methods that are made of it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::erp::ErpPeer;
use crate::methods::TABLE;
use crate::methods::sim::{self, SimCredentials};
use crate::{EapError, Keys, MethodType, Note, Password, PeerMethod, PeerMethods, TunnelCredentials};

/// What the device itself authenticates with, where a server of TEAP asks for that (RFC 9930 4.2.3).
#[derive(Clone, Debug)]
pub struct MachineCredentials {
    /// Who it is.
    pub identity: Vec<u8>,
    /// Its password.
    pub password: Password,
}

/// A network's credentials: what its configuration says of EAP, already typed.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// What may be used, the best one first.
    pub methods: Vec<MethodType>,
    /// Who we are; `None` has it asked for.
    pub identity: Option<Vec<u8>>,
    /// What is said outside of tunnels in its place.
    pub anonymous_identity: Option<Vec<u8>>,
    /// The password, or the shared key of methods that are made for one; `None` has it asked for.
    pub password: Option<Password>,
    /// What the device authenticates with, beside the person.
    pub machine: Option<MachineCredentials>,
    /// What methods with the card of a mobile network need.
    pub sim: Option<SimCredentials>,
    /// What methods with TLS need.
    pub tunnel: Option<TunnelCredentials>,
    /// The same for a method with TLS inside of a tunnel.
    pub inner_tunnel: Option<TunnelCredentials>,
    /// Whether the keys of a conversation are kept for re-authentications (ERP, RFC 6696).
    pub erp: bool,
    /// Those of an earlier one.
    pub earlier: Option<ErpPeer>,
}

impl Credentials {
    /// Who we are.
    pub(crate) fn known_identity(&self) -> Result<&[u8], EapError> {
        self.identity.as_deref().ok_or(EapError::configuration("the method needs an identity, and none is given"))
    }
}

impl Credentials {
    /// Where home is: what follows the last `@` of the identity, or of the anonymous one (RFC 7542 2.2).
    fn realm(&self) -> Option<&[u8]> {
        let after = |identity: &'_ [u8]| identity.iter().rposition(|octet| *octet == b'@')?.checked_add(1);
        let realm = |identity: &'_ Option<Vec<u8>>| identity.as_deref().and_then(after);
        let (source, at) = match realm(&self.identity) {
            Some(at) => (&self.identity, at),
            None => (&self.anonymous_identity, realm(&self.anonymous_identity)?),
        };
        source.as_deref()?.get(at..).filter(|realm| !realm.is_empty())
    }

    /// What a tunnel is made from.
    pub(crate) fn known_tunnel(&self) -> Result<&TunnelCredentials, EapError> {
        self.tunnel.as_ref().ok_or(EapError::configuration("the method needs TLS, and nothing is given for it"))
    }
}

impl PeerMethods for Credentials {
    fn allowed(&self) -> &[MethodType] {
        &self.methods
    }

    fn start(&mut self, method: MethodType) -> Result<Box<dyn PeerMethod>, EapError> {
        let row = TABLE.iter().find(|row| row.method == method);
        row.map_or(Err(EapError::NoCommonMethod(Some(method))), |row| (row.peer)(self))
    }

    fn identity(&mut self) -> Option<Vec<u8>> {
        sim::known_as(self).or_else(|| self.anonymous_identity.clone()).or_else(|| self.identity.clone())
    }

    fn set_identity(&mut self, identity: &[u8]) {
        self.identity = Some(identity.to_vec());
    }

    fn remember(&mut self, note: &Note) {
        if let (Note::Sim(memory), Some(sim)) = (note, &mut self.sim) {
            sim.memory.clone_from(memory);
        }
        if let Note::NewPassword(password) = note {
            self.password = Some(Password::Plain(password.clone()));
        }
    }

    fn erp(&mut self) -> Option<&mut Option<ErpPeer>> {
        self.erp.then_some(&mut self.earlier)
    }

    fn succeeded(&mut self, keys: &Keys) {
        if self.erp {
            self.earlier = self.realm().and_then(|realm| ErpPeer::new(keys, realm));
        }
    }
}
