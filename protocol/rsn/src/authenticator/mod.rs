//! The access point's side of the 4-way handshake and of the group key handshake (IEEE Std 802.11-2020 12.7.6, 12.7.7).
//!
//! The states are structs in `state`, and what may follow what is one `match` in [`Authenticator::handle_eapol_key`]. A
//! frame is first judged without touching anything; only the proof that comes out of a judgement moves a state. Message 4
//! is looked at only in the state that a verified message 2 leads to (CVE-2023-52161).

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Rng, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::key_frame::{CheckedKeyFrame, Message, RawKeyFrame};
use crate::ptk::KeySuite;
use crate::{ApElements, CipherSuite, Discard, Negotiated, Pmkid, Protection, Protocol};

mod candidates;
mod group;
mod judge;
mod send;
mod state;

use judge::{Proof, Rejected};
use state::{AwaitMessage2, Idle, State};

pub use candidates::Candidates;
pub use group::{Group, GroupConfig, GroupKeyKind, GroupOutput};

/// What all stations of a BSS share.
#[derive(Clone, Debug)]
pub struct AuthenticatorConfig {
    /// The BSSID.
    pub own: MacAddr,
    /// The elements of beacons and probe responses, which message 3 repeats.
    pub elements: ApElements,
    /// EAPOL version in what we send (`eapol_version`).
    pub eapol_version: u8,
    /// How often each message of a 4-way handshake is sent (`wpa_pairwise_update_count`).
    pub pairwise_tries: u32,
    /// How often message 1 of a group key handshake is sent (`wpa_group_update_count`).
    pub group_tries: u32,
    /// Send message 3 and group messages once only (`wpa_disable_eapol_key_retries`).
    pub no_retries: bool,
    /// New pairwise key this long after one was installed (`wpa_ptk_rekey`).
    pub ptk_rekey: Option<Duration>,
    /// Rather end the association than replace a pairwise key in use (`wpa_deny_ptk0_rekey`): there are drivers that send
    /// frames of the one key under the other meanwhile.
    pub deny_ptk0_rekey: bool,
    /// Which weaker modes stations are to leave for good (`transition_disable`).
    pub transition_disable: Option<u8>,
    /// The name, for stations that want it confirmed (`ssid_protection`).
    pub ssid: Option<Vec<u8>>,
    /// Wait for the answer to the first message of a 4-way handshake.
    pub first_timeout: Duration,
    /// Wait for the answer to the first message of a group key handshake.
    pub first_group_timeout: Duration,
    /// Wait for the answer to later tries.
    pub next_timeout: Duration,
    /// Wait for the answer when there is one try only.
    pub single_timeout: Duration,
    /// What a test suite has messages say.
    #[cfg(feature = "testing")]
    pub tweaks: Tweaks,
}

/// What a test suite has messages say.
#[cfg(feature = "testing")]
#[derive(Clone, Debug, Default)]
pub struct Tweaks {
    /// Elements at the end of message 1.
    pub first: Vec<u8>,
    /// Elements at the end of message 3.
    pub third: Vec<u8>,
    /// Message 3 is not encrypted.
    pub third_plain: bool,
}

impl AuthenticatorConfig {
    /// The usual numbers.
    #[must_use]
    pub fn new(own: MacAddr, elements: ApElements) -> AuthenticatorConfig {
        AuthenticatorConfig {
            own,
            elements,
            eapol_version: 2,
            pairwise_tries: 4,
            group_tries: 4,
            no_retries: false,
            ptk_rekey: None,
            deny_ptk0_rekey: false,
            transition_disable: None,
            ssid: None,
            first_timeout: Duration::from_millis(100),
            first_group_timeout: Duration::from_millis(500),
            next_timeout: Duration::from_millis(1000),
            single_timeout: Duration::from_millis(4000),
            #[cfg(feature = "testing")]
            tweaks: Tweaks::default(),
        }
    }
}

/// An associated station.
#[derive(Clone, Debug)]
pub struct PeerStation {
    /// Its address.
    pub addr: MacAddr,
    /// What was agreed.
    pub negotiated: Negotiated,
    /// The RSNE or WPA element of its (re)association request, whole; message 2 must repeat it.
    pub element: Vec<u8>,
    /// Likewise the RSNXE.
    pub rsnxe: Option<Vec<u8>>,
}

/// What the machine wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum AuthenticatorOutput {
    /// Send an EAPOL frame to the station: encrypted by the pairwise key, or explicitly not.
    SendEapol {
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
        /// By the installed pairwise key.
        encrypt: bool,
    },
    /// Install the station's pairwise key (index 0, transmit and receive).
    InstallPtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// The temporal key.
        key: Secret,
    },
    /// The station has all its keys: authorise it.
    Completed {
        /// It was authorised before; only its pairwise key is new.
        rekeyed: bool,
    },
    /// The station confirmed new group keys.
    GroupRekeyed,
    /// Message 2 was made with this one of the candidate keys.
    PskMatched {
        /// Its place in the list given to [`Authenticator::new`].
        index: usize,
    },
    /// Message 2 was made with none of the candidate keys: the passphrase is probably wrong. The handshake goes on.
    PskMismatch,
    /// The station reports a Michael failure (TKIP).
    MicFailureReported {
        /// In an individually addressed frame.
        pairwise: bool,
    },
    /// Deauthenticate the station. The machine is closed.
    Disconnect {
        /// For the deauthentication frame.
        reason: ReasonCode,
        /// For the log.
        why: &'static str,
    },
}

/// One station's handshakes, on the access point's side.
#[derive(Debug)]
pub struct Authenticator {
    shared: Shared,
    state: State,
}

/// What outlives every state of an association.
#[derive(Debug)]
struct Shared {
    config: Arc<AuthenticatorConfig>,
    station: PeerStation,
    /// Identifiers that the station is to use for its password from now on.
    password_ids: Vec<Vec<u8>>,
    pmks: Candidates,
    /// Which of the candidates the station has, once a message 2 has told.
    matched: Option<usize>,
    pmkid: Option<Pmkid>,
    outputs: VecDeque<AuthenticatorOutput>,
    /// Replay counter of the last frame sent (12.7.2 e).
    replay: u64,
    /// Replay counter of the last verified request.
    requests: Option<u64>,
}

impl Shared {
    fn push(&mut self, output: AuthenticatorOutput) {
        self.outputs.push_back(output);
    }

    fn suite_for(&self, pmk: &Pmk) -> Result<KeySuite, Discard> {
        let negotiated = &self.station.negotiated;
        KeySuite::new(negotiated.akm, negotiated.pairwise, pmk.as_bytes().len())
            .ok_or(Discard("no handshake for this key management suite"))
    }

    /// The algorithms, which all candidates share.
    fn suite(&self) -> Result<KeySuite, Discard> {
        self.suite_for(self.pmks.iter().next().ok_or(Discard("no pairwise master key yet"))?)
    }
}

impl Authenticator {
    /// The machine of a new association. `pmks` are the candidates, tried in turn against message 2: one for SAE, EAP or
    /// a single passphrase, several for a file of keys. `pmkid` is named in message 1 when known (SAE, cached, EAP).
    #[must_use]
    pub fn new(
        config: Arc<AuthenticatorConfig>,
        station: PeerStation,
        pmks: impl Into<Candidates>,
        pmkid: Option<Pmkid>,
    ) -> Authenticator {
        let shared = Shared {
            config,
            station,
            password_ids: Vec::new(),
            pmks: pmks.into(),
            matched: None,
            pmkid,
            outputs: VecDeque::new(),
            replay: 0,
            requests: None,
        };
        Authenticator { shared, state: State::Idle(Idle) }
    }

    /// Message 3 names these to the station for its password (SAE), before [`Authenticator::start`].
    pub fn set_password_ids(&mut self, ids: Vec<Vec<u8>>) {
        self.shared.password_ids = ids;
    }

    /// The key that EAP made, before [`Authenticator::start`] or before a handshake that is to use it.
    pub fn set_pmk(&mut self, pmk: Pmk, pmkid: Option<Pmkid>) {
        self.shared.pmks = Candidates::from(Vec::from([pmk]));
        self.shared.matched = None;
        self.shared.pmkid = pmkid;
    }

    /// Begins the first 4-way handshake: the association response is acknowledged (and EAP, where used, is done).
    pub fn start(&mut self, now: Instant, rng: &mut dyn Rng) {
        self.begin(now, rng);
    }

    /// Begins a 4-way handshake for a new pairwise key. While one is under way, nothing happens.
    pub fn rekey(&mut self, now: Instant, rng: &mut dyn Rng) {
        if matches!(self.state, State::Established(_)) {
            self.begin(now, rng);
        }
    }

    fn begin(&mut self, now: Instant, rng: &mut dyn Rng) {
        let link = match core::mem::replace(&mut self.state, State::Closed) {
            State::Idle(_) => None,
            State::AwaitMessage2(state) => state.link,
            State::AwaitMessage4(state) => state.link,
            State::Established(state) => Some(state.link),
            State::Closed => return,
        };
        let begun = match self.shared.suite() {
            Ok(_) => AwaitMessage2::begin(link, &mut self.shared, now, rng),
            Err(Discard(why)) => Err((ReasonCode::UNSPECIFIED, why)),
        };
        self.state = begun.map_or_else(
            |(reason, why)| {
                self.shared.push(AuthenticatorOutput::Disconnect { reason, why });
                State::Closed
            },
            State::AwaitMessage2,
        );
    }

    /// Hands the newest group keys to the station in a group key handshake, if it has a pairwise key and no 4-way
    /// handshake is under way, which would bring them too. [`Group::rekey`] does this for all stations.
    pub fn update_group(&mut self, group: &mut Group, now: Instant, rng: &mut dyn Rng) {
        if let State::Established(state) = &mut self.state {
            state.update_group(&mut self.shared, group, now, rng);
        }
    }

    /// A frame of type EAPOL-Key arrived from the station, EAPOL header included. The error is for the log; nothing has
    /// changed then.
    pub fn handle_eapol_key(
        &mut self,
        frame: &[u8],
        protection: Protection,
        group: &mut Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<(), Discard> {
        let suite = self.shared.suite()?;
        let raw = RawKeyFrame::parse(frame, suite.mic_len())?;
        let checked = raw.check_of_station(self.shared.station.negotiated.protocol, &suite)?;
        let proof = match self.judge(&checked, protection) {
            Ok(proof) => proof,
            Err(Rejected::Discard(discard)) => return Err(discard),
            Err(Rejected::NoKeyFits) => {
                if self.shared.station.negotiated.akm.is_psk() {
                    self.shared.push(AuthenticatorOutput::PskMismatch);
                }
                return Err(Discard("message 2 fits none of the keys"));
            }
        };
        let shared = &mut self.shared;
        // Every permitted transition. A proof carries what its judgement established, so no arm can fail.
        self.state = match (core::mem::replace(&mut self.state, State::Closed), proof) {
            (State::AwaitMessage2(state), Proof::Second(second)) => {
                State::AwaitMessage4(state.second(second, shared, group, now, rng))
            }
            (State::AwaitMessage4(state), Proof::Second(second)) => {
                State::AwaitMessage4(state.second_again(second, shared, group, now, rng))
            }
            (State::AwaitMessage4(state), Proof::Fourth { earlier }) => {
                State::Established(state.fourth(earlier, shared, group, now, rng))
            }
            (State::Established(state), Proof::GroupSecond) => State::Established(state.group_second(shared, group)),
            (State::Established(state), Proof::Request(request)) => {
                shared.requests = Some(request.replay);
                if request.failure {
                    shared.push(AuthenticatorOutput::MicFailureReported { pairwise: request.pairwise });
                    State::Established(state)
                } else if request.pairwise {
                    match AwaitMessage2::begin(Some(state.link), shared, now, rng) {
                        Ok(next) => State::AwaitMessage2(next),
                        Err((reason, why)) => {
                            shared.push(AuthenticatorOutput::Disconnect { reason, why });
                            group.confirmed(shared.station.addr);
                            State::Closed
                        }
                    }
                } else {
                    group.request_rekey(now);
                    State::Established(state)
                }
            }
            (state, Proof::Refuse(reason, why)) => {
                drop(state);
                shared.push(AuthenticatorOutput::Disconnect { reason, why });
                group.confirmed(shared.station.addr);
                State::Closed
            }
            // What the judgement does not let through: proofs by keys that the state does not have.
            (state, Proof::Second(_) | Proof::Fourth { .. } | Proof::GroupSecond | Proof::Request(_)) => state,
        };
        Ok(())
    }

    fn judge(&self, frame: &CheckedKeyFrame<'_>, protection: Protection) -> Result<Proof, Rejected> {
        // A frame in the clear on a link that protects management frames is an attacker's: a station with a pairwise key
        // encrypts what it sends, EAPOL too (CVE-2020-26140 and its kin). Message 4 of a rekeying is
        // the one exception. wpa_supplicant up to 2.10 counts the new key, not yet installed, when it decides whether to
        // encrypt, so its message 4 comes in the clear; dropping that would end each rekeying with a deauthentication. It
        // gives nothing away: the frame holds no key, only the owner of the new key can make its MIC, it is looked at only
        // while this handshake awaits it, once, under a replay counter of this handshake (12.7.6.5), and to hold it back
        // and deliver it later is as possible with an encrypted frame.
        if frame.message() != Message::Fourth
            && self.has_ptk()
            && self.shared.station.negotiated.pmf
            && protection == Protection::Plain
        {
            return Err(Discard("in the clear though the link is protected").into());
        }
        match frame.message() {
            Message::Second => judge::second(frame, &self.shared, &self.state),
            Message::Fourth => judge::fourth(frame, &self.state),
            Message::GroupSecond => judge::group_second(frame, &self.state),
            Message::Request => judge::request(frame, &self.shared, &self.state),
            Message::First | Message::Third | Message::GroupFirst => {
                Err(Discard("a message that only an access point sends").into())
            }
        }
    }

    /// The driver says whether the last EAPOL frame was acknowledged. A station that has received message 1 is given the
    /// longer time to answer, for some take a new nonce whenever it is sent again.
    pub fn handle_tx_status(&mut self, acknowledged: bool, now: Instant) {
        if let State::AwaitMessage2(state) = &mut self.state
            && acknowledged
        {
            state.acknowledged(&self.shared.config, now);
        }
    }

    /// The deadline passed.
    pub fn handle_timeout(&mut self, group: &mut Group, now: Instant, rng: &mut dyn Rng) {
        if self.poll_deadline().is_none_or(|at| at > now) {
            return;
        }
        let shared = &mut self.shared;
        let next = match core::mem::replace(&mut self.state, State::Closed) {
            State::Idle(state) => Ok(State::Idle(state)),
            State::Closed => Ok(State::Closed),
            State::AwaitMessage2(state) => state.timeout(shared, now),
            State::AwaitMessage4(state) => state.timeout(shared, group, now, rng),
            State::Established(state) => state.timeout(shared, group, now, rng),
        };
        self.state = next.unwrap_or_else(|(reason, why)| {
            shared.push(AuthenticatorOutput::Disconnect { reason, why });
            group.confirmed(shared.station.addr);
            State::Closed
        });
    }

    /// The station left, or is to be forgotten. Say it before the machine is dropped: the group may wait for the station.
    pub fn leave(&mut self, group: &mut Group, now: Instant) {
        let had_keys = self.has_ptk();
        self.state = State::Closed;
        self.shared.outputs.clear();
        group.left(self.shared.station.addr, had_keys, now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<AuthenticatorOutput> {
        self.shared.outputs.pop_front()
    }

    /// When [`Authenticator::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle(_) | State::Closed => None,
            State::AwaitMessage2(state) => Some(state.deadline()),
            State::AwaitMessage4(state) => Some(state.deadline()),
            State::Established(state) => state.deadline(),
        }
    }

    /// The station has all its keys and no handshake for a pairwise key is under way.
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

    /// What is sent next, if the awaited message comes, brings the group keys: now is the time to find out which packet
    /// numbers they have reached ([`Group::set_packet_number`]).
    #[must_use]
    pub fn group_keys_come_next(&self) -> bool {
        match (&self.state, self.shared.station.negotiated.protocol) {
            (State::AwaitMessage2(_), Protocol::Rsn) | (State::AwaitMessage4(_), Protocol::Wpa) => true,
            (State::AwaitMessage2(_), Protocol::Wpa) | (State::AwaitMessage4(_), Protocol::Rsn) => false,
            (State::Idle(_) | State::Established(_) | State::Closed, _) => false,
        }
    }

    /// Which of the candidate keys the station has, once known.
    #[must_use]
    pub const fn matched(&self) -> Option<usize> {
        self.shared.matched
    }

    /// The station's address.
    #[must_use]
    pub const fn station(&self) -> MacAddr {
        self.shared.station.addr
    }

    /// What was agreed with the station.
    #[must_use]
    pub const fn negotiated(&self) -> &Negotiated {
        &self.shared.station.negotiated
    }

    /// Name of the security association in use.
    #[must_use]
    pub const fn pmkid(&self) -> Option<Pmkid> {
        self.shared.pmkid
    }

    /// Name of the state as hostapd's STA command numbers it (`hostapdWPAPTKState`): 7 when the handshake is done.
    #[must_use]
    pub const fn ptk_state(&self) -> u8 {
        match &self.state {
            State::Idle(_) => 0,
            State::Closed => 1,
            State::AwaitMessage2(_) => 7,
            State::AwaitMessage4(_) => 10,
            State::Established(_) => 11,
        }
    }
}

#[cfg(test)]
mod tests;
