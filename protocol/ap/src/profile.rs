//! What a BSS is to be: typed, whatever file it stood in.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Secret};
use rsn::{AkmSuite, CipherSuite, Pmf, Protocol, SaePwe};
use wire::{MacAddr, Ssid};

/// One network that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub ssid: Ssid,
    /// How beacons show that.
    pub shown: Shown,
    /// How it is protected; none: it is open.
    pub security: Option<Security>,
    /// Who may come.
    pub admission: Admission,
    /// How stations are looked after.
    pub care: Care,
    /// What beacons and responses say beside.
    pub beacon: Beacon,
    /// What stations may use.
    pub features: Features,
}

/// How beacons show the network's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    #[default]
    Plain,
    /// Not at all.
    Empty,
    /// As so many zeros.
    Zeros,
}

/// Who may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Open System authentication is answered.
    pub open_authentication: bool,
    /// Stations on no list may come.
    pub unlisted: bool,
    /// Most stations.
    pub most: u32,
    /// Longest listen interval, in beacon intervals.
    pub listen_interval: u16,
    /// Probe requests are answered.
    pub answers_probes: bool,
}

/// How stations are looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Care {
    /// After so long a silence a station is looked at, in seconds.
    pub inactivity: u32,
    /// It is sent away without being asked.
    pub unasked: bool,
    /// One that acknowledges nothing is sent away.
    pub low_ack: bool,
    /// SA Query is given up after so long, in TU.
    pub sa_query_max: u32,
    /// It is repeated after so long, in TU.
    pub sa_query_retry: u32,
    /// All stations are told to go when it begins and when it ends.
    pub broadcast_deauth: bool,
}

/// What beacons and responses say beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// DTIM period, in beacon intervals.
    pub dtim_period: u8,
    /// Further elements of beacons and probe responses.
    pub elements: Vec<u8>,
    /// Further elements of association responses.
    pub response_elements: Vec<u8>,
    /// Beacons do without the RSNXE.
    pub no_rsnxe: bool,
    /// The name is UTF-8, as is said.
    pub utf8_ssid: bool,
    /// WMM power save is announced.
    pub uapsd: bool,
    /// The load of the channel is told after so many beacons; 0: never.
    pub load_period: u32,
    /// Its average is taken over so many beacons; 0: there is none.
    pub load_average: u32,
    /// There is no beacon before the first change of it.
    pub silent_start: bool,
}

/// What stations may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Features {
    /// WMM.
    pub wmm: bool,
    /// HT, where the radio has it.
    pub ht: bool,
    /// VHT, where the radio has it.
    pub vht: bool,
    /// Stations do not reach each other.
    pub isolate: bool,
    /// Frames for many are sent to each.
    pub multicast_to_unicast: bool,
}

/// How a network is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Security {
    /// Protocols that are offered.
    pub protocols: Vec<Protocol>,
    /// Key management suites that are offered, of those that this engine serves.
    pub akms: Vec<AkmSuite>,
    /// Others than SAE are asked for too, which nobody serves.
    pub others: bool,
    /// Pairwise ciphers of WPA2 and WPA3.
    pub rsn_pairwise: Vec<CipherSuite>,
    /// Pairwise ciphers of WPA.
    pub wpa_pairwise: Vec<CipherSuite>,
    /// The group's cipher.
    pub group: CipherSuite,
    /// The cipher of group addressed management frames.
    pub group_management: CipherSuite,
    /// Protection of management frames.
    pub pmf: Pmf,
    /// Beacons are protected where the driver can.
    pub beacon_protection: bool,
    /// The name is confirmed in the 4-way handshake.
    pub ssid_protection: bool,
    /// Weaker modes that stations are told to leave for good.
    pub transition_disable: Option<u8>,
    /// The pre-shared key of all.
    pub psk: Option<Psk>,
    /// SAE.
    pub sae: Sae,
    /// How the handshakes run.
    pub handshakes: Handshakes,
    /// Keys are remembered for stations that come again.
    pub remembers: bool,
    /// They are shared with the BSSs of this daemon that have the same name.
    pub shares: bool,
}

/// A pre-shared key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Psk {
    /// A passphrase; the key depends on the name of the network too (IEEE Std 802.11-2020 J.4).
    Passphrase(Secret),
    /// The key itself.
    Key(Pmk),
}

impl Psk {
    /// The key for a network of this name. For a passphrase this takes the 4096 rounds of J.4: keep the result.
    #[must_use]
    pub fn pmk(&self, ssid: &Ssid) -> Pmk {
        match self {
            Psk::Passphrase(passphrase) => crypto::pbkdf2_psk(passphrase.as_bytes(), ssid.as_bytes()),
            Psk::Key(key) => key.clone(),
        }
    }
}

/// SAE of a network (IEEE Std 802.11-2020 12.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sae {
    /// How its password element is found, before identifiers have a say in it.
    pub pwe: SaePwe,
    /// It is used only where management frames are protected.
    pub requires_pmf: bool,
    /// Groups that are offered (IANA's numbers of IKE groups).
    pub groups: Vec<u16>,
    /// Passwords in the order in which they are tried.
    pub passwords: Vec<SaePassword>,
    /// The passphrase of the pre-shared key is none of them.
    pub without_passphrase: bool,
    /// So many stations are remembered with the password that they have.
    pub tracked: usize,
    /// With so many exchanges open, a token is asked for.
    pub threshold: usize,
    /// So often a frame is repeated.
    pub sync: u16,
    /// A confirm follows the commit at once.
    pub confirm_immediate: bool,
    /// How stations are given other names of their password's identifier.
    pub identifiers: Option<Identifiers>,
}

/// A password of SAE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaePassword {
    /// It.
    pub password: Secret,
    /// The only station that has it.
    pub peer: Option<MacAddr>,
    /// The VLAN that it opens; 0 for none. There are no VLANs yet: one that opens one alone opens nothing.
    pub vlan: u32,
    /// Its identifier.
    pub id: Option<Vec<u8>>,
}

/// How stations are given other names of their password's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// So many at once.
    pub number: u32,
    /// What they are encrypted with: 32 octets.
    pub key: Secret,
}

/// How the handshakes run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshakes {
    /// Version in the EAPOL header.
    pub eapol_version: u8,
    /// So often a message of the 4-way handshake is sent.
    pub pairwise_tries: u32,
    /// So often one of the group key handshake.
    pub group_tries: u32,
    /// None is sent twice.
    pub no_retries: bool,
    /// Pairwise keys are renewed after so long.
    pub ptk_rekey: Option<Duration>,
    /// When a station is rather sent away than its pairwise key replaced.
    pub deny_ptk0_rekey: DenyPtk0,
    /// Group keys are renewed after so long.
    pub group_rekey: Option<Duration>,
    /// And whenever a station leaves.
    pub strict_rekey: bool,
    /// What a test suite has messages say.
    pub tamper: Tamper,
}

/// What a test suite has messages say; nothing else where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tamper {
    /// The RSNE of message 3 in place of the beacon's; empty: none.
    pub rsne: Option<Vec<u8>>,
    /// Likewise the RSNXE.
    pub rsnxe: Option<Vec<u8>>,
    /// Elements at the end of message 1.
    pub first: Vec<u8>,
    /// Elements at the end of message 3.
    pub third: Vec<u8>,
    /// Message 3 is not encrypted.
    pub third_plain: bool,
}

/// When a station is rather sent away than its pairwise key replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenyPtk0 {
    /// Never.
    Never,
    /// Where the driver cannot replace it safely.
    Unsafe,
    /// Always.
    Always,
}

/// What lists name, which change while the network is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Stations that may come.
    pub accept: Vec<Listed>,
    /// Stations that may not.
    pub deny: Vec<Listed>,
    /// Pre-shared keys of single stations, and further ones of all.
    pub psks: Vec<ListedPsk>,
    /// Further passwords of SAE, after those of the profile.
    pub sae_passwords: Vec<SaePassword>,
}

/// A station on a list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The station.
    pub addr: MacAddr,
    /// The VLAN that it belongs to; 0 for none. There are no VLANs yet: one that belongs to one is not let in.
    pub vlan: u32,
}

/// A pre-shared key on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPsk {
    /// The only station that has it.
    pub addr: Option<MacAddr>,
    /// It.
    pub secret: Psk,
    /// Its name.
    pub keyid: Option<String>,
    /// The VLAN that it opens; 0 for none.
    pub vlan: u32,
}

impl Profile {
    /// Keys are remembered for stations that come again.
    pub(crate) fn remembers(&self) -> bool {
        self.security.as_ref().is_none_or(|security| security.remembers)
    }

    /// Keys are shared with the BSSs of this daemon that have the same name.
    pub(crate) fn shares(&self) -> bool {
        self.security.as_ref().is_some_and(|security| security.shares)
    }

    /// An open network with this name, as it is where nobody says otherwise.
    #[must_use]
    pub fn open(ssid: Ssid) -> Profile {
        Profile {
            ssid,
            shown: Shown::Plain,
            security: None,
            admission: Admission {
                open_authentication: true,
                unlisted: true,
                most: 2007,
                listen_interval: u16::MAX,
                answers_probes: true,
            },
            care: Care {
                inactivity: 300,
                unasked: false,
                low_ack: true,
                sa_query_max: 1000,
                sa_query_retry: 201,
                broadcast_deauth: true,
            },
            beacon: Beacon {
                dtim_period: 2,
                elements: Vec::new(),
                response_elements: Vec::new(),
                no_rsnxe: false,
                utf8_ssid: false,
                uapsd: false,
                load_period: 0,
                load_average: 0,
                silent_start: false,
            },
            features: Features { wmm: true, ht: true, vht: true, isolate: false, multicast_to_unicast: false },
        }
    }
}

impl Security {
    /// A network of these suites with CCMP, and nothing else said.
    #[must_use]
    pub fn new(akms: Vec<AkmSuite>, pmf: Pmf) -> Security {
        Security {
            protocols: [Protocol::Rsn].into(),
            akms,
            others: false,
            rsn_pairwise: [CipherSuite::Ccmp128].into(),
            wpa_pairwise: Vec::new(),
            group: CipherSuite::Ccmp128,
            group_management: CipherSuite::BipCmac128,
            pmf,
            beacon_protection: false,
            ssid_protection: false,
            transition_disable: None,
            psk: None,
            sae: Sae {
                pwe: SaePwe::Both,
                requires_pmf: false,
                groups: [19, 20, 21].into(),
                passwords: Vec::new(),
                without_passphrase: false,
                tracked: 0,
                threshold: 5,
                sync: 3,
                confirm_immediate: false,
                identifiers: None,
            },
            handshakes: Handshakes {
                eapol_version: 2,
                pairwise_tries: 4,
                group_tries: 4,
                no_retries: false,
                ptk_rekey: None,
                deny_ptk0_rekey: DenyPtk0::Never,
                group_rekey: Some(Duration::from_secs(86_400)),
                strict_rekey: true,
                tamper: Tamper::default(),
            },
            remembers: true,
            shares: false,
        }
    }

    /// Some suite that is asked for is one with a pre-shared key.
    pub(crate) fn has_psk(&self) -> bool {
        self.akms.iter().any(|akm| akm.is_psk())
    }

    /// Some suite that is offered is one of SAE.
    pub(crate) fn has_sae(&self) -> bool {
        self.akms.iter().any(|akm| akm.is_sae())
    }
}
