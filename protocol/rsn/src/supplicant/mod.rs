//! The station's side of the 4-way handshake and of the group key handshake (IEEE Std 802.11-2020 12.7.6, 12.7.7).
//!
//! The states are structs in [`state`], and what may follow what is one `match` in [`Supplicant::handle_eapol_key`].
//! A frame is first judged without touching anything; only the proof that comes out of a judgement moves a state.
//!
//! Message 1 is authenticated by nobody, so it is answered and forgotten: all it leaves behind is our own nonce. The
//! pairwise key is derived anew from the nonce in message 3, which its MIC then proves. A flood of forged first messages
//! thus costs computation but changes nothing, and a message 1 in an established link cannot touch the verified key.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Rng, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::key_frame::{Message, RawKeyFrame};
use crate::ptk::KeySuite;
use crate::{AkmSuite, ApOffer, CipherSuite, Discard, Negotiated, Pmkid, Protection};

mod group_keys;
mod judge;
mod report;
mod send;
mod state;
mod told;
#[cfg(feature = "testing")]
mod tweaks;

use judge::{First, GroupFirst, Proof, Rejected, Third, ThirdAgain};
pub use report::Report;
use send::Sender;
use state::{AwaitMessage1, State};
#[cfg(feature = "testing")]
pub use tweaks::Tweaks;

/// What a handshake needs to know. All of it is known when the association is made, except perhaps the key.
#[derive(Clone, Debug)]
pub struct SupplicantConfig {
    /// Our address.
    pub own: MacAddr,
    /// The access point's address.
    pub bssid: MacAddr,
    /// What was agreed.
    pub negotiated: Negotiated,
    /// The RSNE or WPA element of our (re)association request, whole; message 2 repeats it.
    pub own_element: Vec<u8>,
    /// The RSNXE of our (re)association request, whole.
    pub own_rsnxe: Option<Vec<u8>>,
    /// The RSNE of beacons and probe responses, which message 3 must repeat. Unknown: not compared.
    pub ap_rsne: Option<Vec<u8>>,
    /// Likewise the RSNXE.
    pub ap_rsnxe: Option<Vec<u8>>,
    /// Likewise the WPA element.
    pub ap_wpa: Option<Vec<u8>>,
    /// The pairwise master key, if known already; else [`Supplicant::set_pmk`] when EAP is done.
    pub pmk: Option<Pmk>,
    /// The name of the cached association in use; message 1 may name another.
    pub pmkid: Option<Pmkid>,
    /// EAPOL version in what we send (`eapol_version`).
    pub eapol_version: u8,
    /// Ask for a new pairwise key this long after one was installed (`wpa_ptk_rekey`).
    pub ptk_rekey: Option<Duration>,
    /// Rather leave and come again than replace a pairwise key in use (`wpa_deny_ptk0_rekey`).
    pub deny_ptk0_rekey: bool,
    /// The network's name, which message 3 must repeat where SSID protection was agreed.
    pub ssid: Option<Vec<u8>>,
    /// Bits to set in the key information of message 2.
    #[cfg(feature = "testing")]
    pub second_info: u16,
    /// What a test suite has messages say.
    #[cfg(feature = "testing")]
    pub tweaks: Tweaks,
}

impl SupplicantConfig {
    /// The usual configuration; the key is still missing.
    #[must_use]
    pub fn new(
        own: MacAddr,
        bssid: MacAddr,
        negotiated: Negotiated,
        offer: &ApOffer<'_>,
        own_element: Vec<u8>,
        own_rsnxe: Option<Vec<u8>>,
    ) -> SupplicantConfig {
        SupplicantConfig {
            own,
            bssid,
            negotiated,
            own_element,
            own_rsnxe,
            ap_rsne: offer.rsne.map(Vec::from),
            ap_rsnxe: offer.rsnxe.map(Vec::from),
            ap_wpa: offer.wpa.map(Vec::from),
            pmk: None,
            pmkid: None,
            eapol_version: 1,
            ptk_rekey: None,
            deny_ptk0_rekey: false,
            ssid: None,
            #[cfg(feature = "testing")]
            second_info: 0,
            #[cfg(feature = "testing")]
            tweaks: Tweaks::default(),
        }
    }
}

/// What the machine wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum SupplicantOutput {
    /// Send an EAPOL frame to the access point: encrypted by the pairwise key, or explicitly not.
    SendEapol {
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
        /// By the installed pairwise key.
        encrypt: bool,
    },
    /// Install the pairwise key (index 0, transmit and receive, packet numbers from zero).
    InstallPtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// The temporal key, with TKIP's Michael keys in our order.
        key: Secret,
    },
    /// Install a group key for receiving.
    InstallGtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 0 to 3.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        rsc: [u8; 6],
    },
    /// Install a key for group addressed management frames.
    InstallIgtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 4 or 5.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        ipn: [u8; 6],
    },
    /// Install a key for beacons.
    InstallBigtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 6 or 7.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        bipn: [u8; 6],
    },
    /// Message 3 named the network as we know it.
    SsidConfirmed,
    /// Message 3 says which weaker modes the network has left for good: bit 0 is WPA2-Personal.
    TransitionDisable(u8),
    /// Message 3 says by which identifiers the password of SAE goes from now on: one of them each time.
    PasswordIdentifiers(Vec<Vec<u8>>),
    /// All keys are there: authorise the port.
    Completed {
        /// The link was up before; only its pairwise key is new.
        rekeyed: bool,
    },
    /// A group key handshake is done.
    GroupRekeyed,
    /// Message 1 names a security association that is not the cached one: unless the caller has another key, a full
    /// authentication is needed. Message 1 is not authenticated, so this may be forged: nothing else has changed.
    PmkidMismatch {
        /// The name that the access point gave.
        pmkid: Pmkid,
    },
    /// Tell users: a frame was not as it should be.
    Report(Report),
    /// Leave the network and come again at once, which brings a new key too. The machine is closed.
    Reconnect,
    /// Leave the network. The machine is closed.
    Disconnect {
        /// For the deauthentication frame.
        reason: ReasonCode,
        /// For the log.
        why: &'static str,
    },
}

/// One association's handshakes, on the station's side.
#[derive(Debug)]
pub struct Supplicant {
    shared: Shared,
    state: State,
}

/// What outlives every state of an association.
#[derive(Debug)]
struct Shared {
    config: SupplicantConfig,
    outputs: VecDeque<SupplicantOutput>,
    /// Replay counter of the last verified frame (12.7.2 e).
    replay: Option<u64>,
    sender: Sender,
    rekey_at: Option<Instant>,
    /// Dropped frames so far.
    told: u32,
}

/// Dropped frames of one association that users are told of: anyone can send more of them.
const MAX_REPORTS: u32 = 100;

impl Shared {
    fn push(&mut self, output: SupplicantOutput) {
        self.outputs.push_back(output);
    }

    /// The algorithms, once the master key is known.
    fn suite(&self) -> Result<KeySuite, Discard> {
        let pmk = self.config.pmk.as_ref().ok_or(Discard("no pairwise master key yet"))?;
        let negotiated = &self.config.negotiated;
        KeySuite::new(negotiated.akm, negotiated.pairwise, pmk.as_bytes().len())
            .ok_or(Discard("no handshake for this key management suite"))
    }
}

impl Supplicant {
    /// The machine of a new association.
    #[must_use]
    pub fn new(config: SupplicantConfig) -> Supplicant {
        let sender = Sender::new(&config);
        let shared = Shared { config, outputs: VecDeque::new(), replay: None, sender, rekey_at: None, told: 0 };
        Supplicant { shared, state: State::AwaitMessage1(AwaitMessage1) }
    }

    /// The key that EAP made, or that the caller had cached under the name message 1 gave.
    pub fn set_pmk(&mut self, pmk: Pmk, pmkid: Option<Pmkid>) {
        self.shared.config.pmk = Some(pmk);
        self.shared.config.pmkid = pmkid;
    }

    /// A frame of type EAPOL-Key arrived from the access point, EAPOL header included. The error is for the log; nothing
    /// has changed then.
    pub fn handle_eapol_key(
        &mut self,
        frame: &[u8],
        protection: Protection,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<(), Discard> {
        let proof = match self.judge(frame, protection) {
            Ok(proof) => proof,
            Err(Rejected::Drop(discard, report)) => {
                let told = report.filter(|_| self.shared.told < MAX_REPORTS);
                self.shared.told = self.shared.told.saturating_add(1);
                self.shared.outputs.extend(told.map(SupplicantOutput::Report));
                return Err(discard);
            }
            Err(Rejected::Ptk0) => {
                self.reconnect();
                return Ok(());
            }
            Err(Rejected::Leave(reason, why, report)) => {
                self.shared.outputs.extend(report.map(SupplicantOutput::Report));
                self.shared.push(SupplicantOutput::Disconnect { reason, why });
                self.state = State::Closed;
                return Ok(());
            }
        };
        let shared = &mut self.shared;
        // Every permitted transition. A proof carries what its judgement established, so no arm can fail.
        self.state = match (core::mem::replace(&mut self.state, State::Closed), proof) {
            (State::AwaitMessage1(state), Proof::First(first)) => State::AwaitMessage3(state.first(first, shared, rng)),
            (State::AwaitMessage3(mut state), Proof::First(first)) => {
                state.first(first, shared);
                State::AwaitMessage3(state)
            }
            (State::AwaitMessage3(state), Proof::Third(third)) => state.third(third, shared, now),
            (State::AwaitGroupKey(mut state), Proof::First(first)) => {
                state.link.first(first, shared, rng);
                State::AwaitGroupKey(state)
            }
            (State::AwaitGroupKey(state), Proof::Third(third)) => state.link.third(third, shared, now),
            (State::AwaitGroupKey(mut state), Proof::ThirdAgain(again)) => {
                state.link.third_again(again, shared);
                State::AwaitGroupKey(state)
            }
            (State::AwaitGroupKey(state), Proof::GroupFirst(group)) => State::Established(state.group(group, shared)),
            (State::Established(mut state), Proof::First(first)) => {
                state.link.first(first, shared, rng);
                State::Established(state)
            }
            (State::Established(state), Proof::Third(third)) => state.link.third(third, shared, now),
            (State::Established(mut state), Proof::ThirdAgain(again)) => {
                state.link.third_again(again, shared);
                State::Established(state)
            }
            (State::Established(mut state), Proof::GroupFirst(group)) => {
                state.group(group, shared);
                State::Established(state)
            }
            // What the judgement does not let through: proofs about keys that the state does not have.
            (
                state @ (State::AwaitMessage1(_) | State::AwaitMessage3(_) | State::Closed),
                Proof::First(_) | Proof::Third(_) | Proof::ThirdAgain(_) | Proof::GroupFirst(_),
            ) => state,
        };
        Ok(())
    }

    /// Looks at a frame without changing anything but the replay counter, and the outputs that report it.
    fn judge(&mut self, frame: &[u8], protection: Protection) -> Result<Proof, Rejected> {
        let suite = self.shared.suite()?;
        if let Some((said, there)) = RawKeyFrame::overflow(frame, suite.mic_len()) {
            return Err(Rejected::Drop(Discard("key data"), Some(Report::Overflow { said, there })));
        }
        let raw = RawKeyFrame::parse(frame, suite.mic_len()).map_err(Discard::from)?;
        let suite = judge::outside(&raw, suite, &mut self.shared)?;
        let frame = &raw.check(self.shared.config.negotiated.protocol, &suite)?;
        let linked = self.state.link().is_some();
        // Once a pairwise key protects the link, a frame in the clear is an attacker's (CVE-2020-26140 and its kin). The
        // exception is a message 3 that comes again because our message 4 was lost: the access point has no key yet.
        let exposed = linked && self.shared.config.negotiated.pmf && protection == Protection::Plain;
        match frame.message() {
            Message::First if exposed => Err(Discard("message 1 in the clear though the link is protected").into()),
            Message::First if linked && self.shared.config.deny_ptk0_rekey => Err(Rejected::Ptk0),
            Message::First => judge::first(frame, &mut self.shared, linked),
            Message::Third => judge::third(frame, &mut self.shared, &self.state, exposed, protection),
            Message::GroupFirst if exposed => {
                Err(Discard("group message in the clear though the link is protected").into())
            }
            Message::GroupFirst => judge::group_first(frame, &mut self.shared, &self.state),
            Message::Second | Message::Fourth | Message::GroupSecond | Message::Request => {
                Err(Discard("a message that only a station sends").into())
            }
        }
    }

    /// The deadline passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.shared.rekey_at.is_some_and(|at| at <= now) {
            self.shared.rekey_at = self.shared.config.ptk_rekey.map(|after| now + after);
            self.request_rekey();
        }
    }

    /// Asks the access point for a new pairwise key (12.7.2 b) 11)).
    pub fn request_rekey(&mut self) {
        if self.shared.config.deny_ptk0_rekey && self.has_ptk() {
            self.reconnect();
        } else {
            self.request(true, false);
        }
    }

    /// Asks the access point for new group keys.
    pub fn request_group_rekey(&mut self) {
        self.request(false, false);
    }

    #[cfg(test)]
    pub(crate) const fn deny_ptk0_rekey(&mut self, deny: bool) {
        self.shared.config.deny_ptk0_rekey = deny;
    }

    fn request(&mut self, pairwise: bool, failure: bool) {
        if let Some(link) = self.state.link() {
            let output = self.shared.sender.request(&link.ptk, pairwise, failure);
            self.shared.push(output);
        }
    }

    fn reconnect(&mut self) {
        self.shared.push(SupplicantOutput::Report(Report::Ptk0Rekey));
        self.shared.push(SupplicantOutput::Reconnect);
        self.state = State::Closed;
    }

    /// Reports a Michael failure (TKIP) to the access point (12.3.3.4.2).
    pub fn report_mic_failure(&mut self, pairwise: bool) {
        self.request(pairwise, true);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<SupplicantOutput> {
        self.shared.outputs.pop_front()
    }

    /// When [`Supplicant::handle_timeout`] wants to be called.
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Instant> {
        self.shared.rekey_at
    }

    /// Message 2 was sent and no message 3 has come that fits. A disconnection in this state most likely means that the
    /// passphrase is wrong.
    #[must_use]
    pub const fn four_way_in_progress(&self) -> bool {
        matches!(self.state, State::AwaitMessage3(_))
    }

    /// The 4-way handshake is done and a group key is still to come (WPA).
    #[must_use]
    pub const fn group_handshake_in_progress(&self) -> bool {
        matches!(self.state, State::AwaitGroupKey(_))
    }

    /// All keys are there.
    #[must_use]
    pub const fn is_completed(&self) -> bool {
        matches!(self.state, State::Established(_))
    }

    /// A pairwise key is installed.
    #[must_use]
    pub const fn has_ptk(&self) -> bool {
        self.state.link().is_some()
    }

    /// The pairwise key in use, for whoever has to see keys.
    #[must_use]
    pub fn ptk(&self) -> Option<&crate::ptk::Ptk> {
        self.state.link().map(|link| &link.ptk)
    }

    /// The authenticator's nonce that the pairwise key was made of.
    #[must_use]
    pub fn anonce(&self) -> Option<crate::ptk::Nonce> {
        self.state.link().map(|link| link.anonce)
    }

    /// What was agreed for this association.
    #[must_use]
    pub const fn negotiated(&self) -> &Negotiated {
        &self.shared.config.negotiated
    }

    /// Name of the security association in use, where it has one.
    #[must_use]
    pub fn pmkid(&self) -> Option<Pmkid> {
        let config = &self.shared.config;
        let derived = || Pmkid::derive(config.negotiated.akm, config.pmk.as_ref()?, config.bssid, config.own);
        config.pmkid.or_else(|| (config.negotiated.akm != AkmSuite::Psk).then(derived)?)
    }
}

#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests;
