//! What is known of one station.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Pmk;
use ipc_proto::{StationFlags, StationParameters};
use rsn::{AkmSuite, Authenticator, Negotiated, Pmkid, Protection};
use sae::Password;
use wire::element::{Elements, WMM_SELECTOR, id};
use wire::frame::{Subtype, capability};
use wire::{Instant, MacAddr};

use crate::keyring::Offered;
use crate::sae_runs::SaeExchange;

/// A station that authenticated but did not associate is forgotten after this time.
pub(crate) const AUTHENTICATED_LIFETIME: Duration = Duration::from_secs(30);

/// How far a station has come (IEEE Std 802.11-2020 11.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It has written to us; SAE may be under way.
    Unknown,
    /// Authenticated.
    Authenticated,
    /// The association response was sent, its acknowledgement is awaited.
    Associating,
    /// Associated.
    Associated,
}

/// What a station's association request said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Capability information.
    pub capability: u16,
    /// Listen interval.
    pub listen_interval: u16,
    /// Rates, units of 500 kb/s, top bit for those it counts as basic.
    pub rates: Vec<u8>,
    /// Body of its HT capabilities, if it is to use HT here.
    pub ht: Option<Vec<u8>>,
    /// Body of its VHT capabilities, likewise.
    pub vht: Option<Vec<u8>>,
    /// QoS information octet of its WMM element, if it is to use WMM here.
    pub wmm: Option<u8>,
    /// Body of its extended capabilities.
    pub extended: Vec<u8>,
    /// Body of its operating mode notification.
    pub opmode: Option<u8>,
    /// Body of its supported operating classes.
    pub classes: Vec<u8>,
}

impl Abilities {
    /// Reads the elements of a request; `ht`, `vht` and `wmm` say what the BSS offers.
    pub(crate) fn read(elements: Elements<'_>, ht: bool, vht: bool, wmm: bool) -> Abilities {
        // A WMM information element: subtype 0, version 1 (WMM specification 2.2.1).
        let qos = elements.find_vendor(WMM_SELECTOR).and_then(|element| match element.vendor(WMM_SELECTOR) {
            Some([0, 1, info, ..]) => Some(*info),
            Some(_) | None => None,
        });
        let body = |wanted: u8, len: usize| {
            elements.find(wanted).and_then(|element| element.body.get(..len)).map(<[u8]>::to_vec)
        };
        let wmm = qos.filter(|_| wmm);
        // HT needs QoS (9.4.2.55, 10.3.1).
        let ht = body(id::HT_CAPABILITIES, 26).filter(|_| ht && wmm.is_some());
        Abilities {
            capability: 0,
            listen_interval: 0,
            rates: elements.rates().take(32).collect(),
            vht: body(id::VHT_CAPABILITIES, 12).filter(|_| vht && ht.is_some()),
            ht,
            wmm,
            extended: elements
                .find(id::EXTENDED_CAPABILITIES)
                .map(|element| element.body.get(..32).unwrap_or(element.body).to_vec())
                .unwrap_or_default(),
            classes: elements
                .find(id::SUPPORTED_OPERATING_CLASSES)
                .map(|element| element.body.get(..64).unwrap_or(element.body).to_vec())
                .unwrap_or_default(),
            opmode: elements
                .find(id::OPERATING_MODE_NOTIFICATION)
                .and_then(|element| element.body.first().copied())
                .filter(|_| vht),
        }
    }

    /// It knows no OFDM rate, though the band has them.
    #[must_use]
    pub fn is_non_erp(&self) -> bool {
        !self.rates.iter().any(|rate| matches!(rate & 0x7f, 12 | 18 | 24 | 36 | 48 | 72 | 96 | 108))
    }
}

/// SA Query with an associated station (11.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SaQuery {
    pub(crate) transactions: Vec<[u8; 2]>,
    pub(crate) next: Instant,
    pub(crate) end: Instant,
}

/// How the engine looks after a silent station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Look at this time.
    Look(Instant),
    /// The kernel was asked how long it has been silent; ask again at this time if there is no answer.
    Asked(Instant),
    /// A null frame was sent; it is gone if nothing comes until then.
    Probed(Instant),
}

impl Watch {
    pub(crate) const fn at(self) -> Instant {
        match self {
            Watch::Look(at) | Watch::Asked(at) | Watch::Probed(at) => at,
        }
    }
}

/// A key that SAE agreed on.
#[derive(Clone, Debug)]
pub(crate) struct SaeKey {
    pub(crate) pmk: Pmk,
    pub(crate) pmkid: Pmkid,
    pub(crate) h2e: bool,
    pub(crate) group: u16,
    pub(crate) akm: AkmSuite,
    /// The password that led to it.
    pub(crate) password: Password,
    /// The counter of the name that the password's identifier went by.
    pub(crate) counter: u32,
    /// The groups that the station says it was refused.
    pub(crate) rejected: Vec<u16>,
}

/// Handshake messages of a station, held until the driver has said which packet numbers the group keys have reached: what
/// answers them tells the station, which takes no frame with a lower one then.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) frames: Vec<(Vec<u8>, Protection)>,
    /// Answers that are still to come.
    pub(crate) awaited: usize,
}

/// A station.
#[derive(Debug)]
pub struct Station {
    pub(crate) addr: MacAddr,
    /// When it was first heard.
    pub(crate) since: Instant,
    pub(crate) stage: Stage,
    pub(crate) algorithm: u16,
    pub(crate) aid: u16,
    pub(crate) abilities: Abilities,
    /// The kernel has an entry for it.
    pub(crate) in_kernel: bool,
    /// … which is of an association.
    pub(crate) kernel_associated: bool,
    /// The number with which the entry was asked for last.
    pub(crate) entry: u64,
    pub(crate) authorized: bool,
    /// The key that the driver has not answered for yet, by its number.
    pub(crate) key_awaited: Option<u64>,
    /// The handshake is over: the port opens once the driver has answered for the key.
    pub(crate) negotiation_over: bool,
    pub(crate) negotiated: Option<Negotiated>,
    pub(crate) handshake: Option<Authenticator>,
    /// Its messages that wait for the driver's packet numbers of the group keys.
    pub(crate) held: Option<Held>,
    /// The keys given to the handshake to try.
    pub(crate) candidates: Option<Offered>,
    /// The pre-shared key that fitted.
    pub(crate) psk: Option<Pmk>,
    pub(crate) keyid: Option<String>,
    pub(crate) sae: Option<SaeExchange>,
    /// A commit of SAE in its name brought its token back: somebody there hears us.
    pub(crate) paid: bool,
    pub(crate) sae_key: Option<SaeKey>,
    pub(crate) sa_query: Option<SaQuery>,
    /// SA Query found that the station has lost its keys: the next request is accepted.
    /// It did not answer SA Query: until then, its next association is accepted.
    pub(crate) lost_keys_until: Option<Instant>,
    pub(crate) watch: Option<Watch>,
    /// It was told to go: the kernel keeps its entry and its keys until the frame has left, or this time has come.
    pub(crate) parting: Option<Instant>,
    /// A station without association is forgotten then.
    pub(crate) expires: Option<Instant>,
    pub(crate) connected_since: Option<Instant>,
    pub(crate) mismatches: u32,
    /// TKIP frames of it that had a wrong MIC, and frames to it that it says had one.
    pub(crate) mic_failures_here: u32,
    pub(crate) mic_failures_there: u32,
    /// Sequence control and subtype of its last management frame.
    pub(crate) last_frame: Option<(u16, Subtype)>,
}

impl Station {
    pub(crate) const fn new(addr: MacAddr, since: Instant) -> Station {
        Station {
            addr,
            since,
            stage: Stage::Unknown,
            algorithm: 0,
            aid: 0,
            abilities: Abilities {
                capability: 0,
                listen_interval: 0,
                rates: Vec::new(),
                ht: None,
                vht: None,
                wmm: None,
                extended: Vec::new(),
                opmode: None,
                classes: Vec::new(),
            },
            in_kernel: false,
            entry: 0,
            kernel_associated: false,
            authorized: false,
            key_awaited: None,
            negotiation_over: false,
            negotiated: None,
            handshake: None,
            held: None,
            candidates: None,
            psk: None,
            keyid: None,
            sae: None,
            paid: false,
            sae_key: None,
            sa_query: None,
            lost_keys_until: None,
            watch: None,
            parting: None,
            expires: None,
            connected_since: None,
            mismatches: 0,
            mic_failures_here: 0,
            mic_failures_there: 0,
            last_frame: None,
        }
    }

    /// Its address.
    #[must_use]
    pub const fn addr(&self) -> MacAddr {
        self.addr
    }

    /// How far it has come.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Its association identifier; 0: none.
    #[must_use]
    pub const fn aid(&self) -> u16 {
        self.aid
    }

    /// What its association request said.
    #[must_use]
    pub const fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// Its port is open.
    #[must_use]
    pub const fn is_authorized(&self) -> bool {
        self.authorized
    }

    /// It knows no OFDM rate, though the band has them.
    #[must_use]
    pub fn is_non_erp(&self) -> bool {
        self.is_associated() && self.abilities.is_non_erp()
    }

    /// It is associated.
    #[must_use]
    pub const fn is_associated(&self) -> bool {
        matches!(self.stage, Stage::Associated)
    }

    /// What security was agreed.
    #[must_use]
    pub const fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_ref()
    }

    /// TKIP frames of it that had a wrong MIC, and frames to it that it says had one.
    #[must_use]
    pub const fn mic_failures(&self) -> (u32, u32) {
        (self.mic_failures_here, self.mic_failures_there)
    }

    pub(crate) fn uses_pairwise(&self, cipher: rsn::CipherSuite) -> bool {
        self.stage == Stage::Associated && self.negotiated.as_ref().is_some_and(|agreed| agreed.pairwise == cipher)
    }

    /// Number of the state of its 4-way handshake, as hostapd counts.
    #[must_use]
    pub fn ptk_state(&self) -> u8 {
        self.handshake.as_ref().map_or(0, Authenticator::ptk_state)
    }

    /// When its port opened.
    #[must_use]
    pub const fn connected_since(&self) -> Option<Instant> {
        self.connected_since
    }

    /// Name of the key it used, where the file of keys names it.
    #[must_use]
    pub fn keyid(&self) -> Option<&str> {
        self.keyid.as_deref()
    }

    /// Number of the group that it ran SAE in.
    #[must_use]
    pub fn sae_group(&self) -> Option<u16> {
        self.sae_key.as_ref().map(|key| key.group)
    }

    /// The groups that it says it was refused before SAE went well.
    #[must_use]
    pub fn sae_rejected_groups(&self) -> &[u16] {
        self.sae_key.as_ref().map_or(&[], |key| &key.rejected)
    }

    /// Flags in hostapd's words.
    #[must_use]
    pub fn flag_words(&self) -> Vec<&'static str> {
        let associated = self.is_associated();
        let pmf = self.pmf() && associated;
        [
            (self.stage >= Stage::Authenticated, "AUTH"),
            (associated, "ASSOC"),
            (self.authorized, "AUTHORIZED"),
            (associated && self.abilities.capability & capability::SHORT_PREAMBLE != 0, "SHORT_PREAMBLE"),
            (associated && self.abilities.wmm.is_some(), "WMM"),
            (pmf, "MFP"),
            (associated && self.abilities.ht.is_some(), "HT"),
            (associated && self.abilities.vht.is_some(), "VHT"),
        ]
        .into_iter()
        .filter_map(|(set, word)| set.then_some(word))
        .collect()
    }

    /// Its association stands until SA Query has spoken (11.3.4.3 d, 11.3.5.3 h).
    pub(crate) fn is_protected(&self) -> bool {
        self.stage == Stage::Associated && self.authorized && self.pmf()
    }

    pub(crate) fn pmf(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.pmf)
    }

    /// The station's entry as the kernel is to have it.
    pub(crate) fn parameters(&self) -> StationParameters {
        let associated = self.stage >= Stage::Associating;
        let abilities = &self.abilities;
        let rates = abilities.rates.iter().map(|rate| rate & 0x7f).collect();
        StationParameters {
            addr: self.addr,
            aid: associated.then_some(self.aid),
            capability: abilities.capability,
            listen_interval: abilities.listen_interval,
            rates,
            ht_capabilities: abilities.ht.clone(),
            vht_capabilities: abilities.vht.clone(),
            he_capabilities: None,
            opmode: abilities.opmode,
            extended_capabilities: abilities.extended.clone(),
            // 2.2.1: queues in the first four bits, longest service period in bits 5 and 6.
            uapsd: abilities.wmm.filter(|info| info & 0x0f != 0).map(|info| (info & 0x0f, info >> 5 & 3)),
            flags: StationFlags {
                authorized: None,
                short_preamble: associated.then_some(abilities.capability & capability::SHORT_PREAMBLE != 0),
                wme: associated.then_some(abilities.wmm.is_some()),
                mfp: associated.then_some(self.pmf()),
                authenticated: Some(true),
                associated: Some(associated),
                tdls_peer: None,
            },
            mld: None,
        }
    }

    /// Its association is over; what authentication gave stays.
    pub(crate) fn forget_association(&mut self) {
        self.stage = self.stage.min(Stage::Authenticated);
        self.authorized = false;
        self.key_awaited = None;
        self.negotiation_over = false;
        self.negotiated = None;
        self.handshake = None;
        self.held = None;
        self.candidates = None;
        self.psk = None;
        self.keyid = None;
        self.sa_query = None;
        self.lost_keys_until = None;
        self.watch = None;
        self.connected_since = None;
        self.aid = 0;
    }

    /// When something has to be done about it.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let query = self.sa_query.as_ref().map(|query| query.next.min(query.end));
        let handshake = self.handshake.as_ref().and_then(Authenticator::poll_deadline);
        let sae = self.sae.as_ref().and_then(SaeExchange::deadline);
        [query, handshake, sae, self.watch.map(Watch::at), self.parting, self.expires].into_iter().flatten().min()
    }
}
