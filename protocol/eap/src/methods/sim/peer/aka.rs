//! What a peer of EAP-AKA and EAP-AKA' does with a challenge (RFC 4187 and 9048).

use alloc::vec::Vec;

use super::{
    Authenticated, Beginning, MOST_SYNCHRONISATIONS, Outcome, SimPeer, UNABLE, octet, reject, repeats, unable, wrong,
};
use crate::methods::sim::attributes::{self as at, Attributes, Builder};
use crate::methods::sim::frame::{Envelope, Subtype, is_authentic};
use crate::methods::sim::keys::{self, Kind};
use crate::methods::sim::{BIDDING, KDF, Usim};
use crate::packet::Body;
use crate::{Context, EapError, Progress};

impl SimPeer {
    /// AKA-Challenge (RFC 4187 9.3 and 9.4, RFC 9048 3).
    pub(super) fn aka_challenge(
        &mut self,
        beginning: &mut Beginning,
        attributes: &Attributes<'_>,
        request: &Body<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> Result<(Vec<u8>, Authenticated), Outcome> {
        let (&[rand], Some(autn)) = (attributes.rand.as_slice(), attributes.autn) else {
            return Err(unable("a challenge without AT_RAND or AT_AUTN"));
        };
        let network =
            if self.kind == Kind::AkaPrime { self.negotiate(beginning, attributes, &autn, envelope)? } else { &[] };
        let said = self
            .credentials
            .card
            .umts(rand, autn, &mut self.credentials.memory.sequence, self.answer.as_ref())
            .map_err(Outcome::Outside)?;
        let said =
            said.ok_or(Outcome::Error(UNABLE, EapError::local("the card's answer does not belong to the challenge")))?;
        let (res, ck, ik) = match said {
            Usim::Accepted { res, ck, ik } => (res, ck, ik),
            Usim::Refused => return Err(reject(envelope, "the card does not know the server's network")),
            Usim::Resynchronise(auts) => {
                beginning.synchronisations = beginning.synchronisations.saturating_add(1);
                if beginning.synchronisations > MOST_SYNCHRONISATIONS {
                    return Err(reject(envelope, "the server's network does not take the card's sequence number"));
                }
                // The next challenge is another.
                self.answer = None;
                let mut builder = Builder::default();
                builder.attribute(at::AUTS, &[&auts]);
                for kdf in &attributes.kdf {
                    builder.number(at::KDF, *kdf);
                }
                let data = envelope.plain(Subtype::SynchronizationFailure, builder);
                return Err(Outcome::Respond(data, Progress::Continue));
            }
        };
        let made = if self.kind == Kind::AkaPrime {
            let (ck, ik) = keys::prime(&ck, &ik, network, &autn);
            keys::aka_prime(&beginning.identity, &ik, &ck)
        } else {
            keys::aka(&beginning.identity, &ik, &ck)
        };
        // A card of ours has moved on, whatever comes of it.
        self.remember(cx);
        if !is_authentic(self.kind, &made.aut, request, attributes, &[]) {
            return Err(wrong("the server does not have the keys of the card"));
        }
        self.check_code(beginning, attributes)?;
        // RFC 9048 4: somebody has kept the better method from us.
        if self.kind == Kind::Aka && self.prime_is_wanted && attributes.bidding.is_some_and(|bits| bits & BIDDING != 0)
        {
            return Err(reject(envelope, "the server can do EAP-AKA' and does EAP-AKA: somebody is in between"));
        }
        let id = [&[octet(self.kind)], &rand[..], &autn].concat();
        let authenticated = self.finish_full(made, attributes, id, cx)?;
        let mut builder = Builder::default();
        builder.res(&res);
        if attributes.checkcode.is_some() {
            builder.value(at::CHECKCODE, &self.kind.checkcode(&beginning.rounds));
        }
        if authenticated.is_indicated {
            builder.flag(at::RESULT_IND);
        }
        Ok((envelope.signed(Subtype::AkaChallenge, builder, &authenticated.aut, &[]), authenticated))
    }

    /// AT_KDF and AT_KDF_INPUT (RFC 9048 3.1 and 3.2): the name of the network, once the function is agreed on.
    fn negotiate<'a>(
        &self,
        beginning: &mut Beginning,
        attributes: &Attributes<'a>,
        autn: &[u8; 16],
        envelope: Envelope,
    ) -> Result<&'a [u8], Outcome> {
        let network = attributes.kdf_input.filter(|network| !network.is_empty());
        let network = network.ok_or(unable("AKA': the network has no name"))?;
        let networks = &self.credentials.networks;
        if !networks.is_empty() && !networks.iter().any(|known| known == network) {
            return Err(reject(envelope, "AKA': the network has another name than those that are configured"));
        }
        let Some((first, others)) = attributes.kdf.split_first() else { return Err(unable("AKA': no AT_KDF")) };
        if let Some(offered) = &beginning.offered {
            // Our choice, and then the very list that it was chosen from.
            if *first != KDF || others != offered {
                return Err(reject(envelope, "AKA': the list of functions has changed: somebody is in between"));
            }
        } else if repeats(&attributes.kdf) {
            return Err(reject(envelope, "AKA': a function is offered twice"));
        } else if *first != KDF {
            if !others.contains(&KDF) {
                return Err(reject(envelope, "AKA': no function that is known here"));
            }
            beginning.offered = Some(attributes.kdf.clone());
            let mut builder = Builder::default();
            builder.number(at::KDF, KDF);
            let data = envelope.plain(Subtype::AkaChallenge, builder);
            return Err(Outcome::Respond(data, Progress::Continue));
        }
        // TS 33.402 6.1: the challenge was made for this use.
        if autn.get(6).is_none_or(|amf| amf & 0x80 == 0) {
            return Err(reject(envelope, "AKA': the challenge was made for another use"));
        }
        Ok(network)
    }
}
