//! What the engine tells.

use alloc::vec::Vec;
use core::time::Duration;

use rsn::CipherSuite;
use rsn::supplicant::Report;
use wire::{MacAddr, ReasonCode, Ssid, StatusCode};

use crate::choice::obstacle::Obstacle;
use crate::choice::profile::NetworkId;
use crate::choice::table::{Bss, TableChange};
use crate::link::State;

/// Why a network is left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setback {
    /// It is likely that the passphrase or password is wrong.
    WrongKey,
    /// There is no passphrase and no key, or none that can be used.
    NoKey,
    /// Connecting failed too often.
    Connection,
}

/// An access point, as far as a decision to roam depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Its address.
    pub bssid: MacAddr,
    /// Its channel, in MHz.
    pub freq: u32,
    /// Its signal, in dBm.
    pub signal: i32,
    /// What a link could carry, roughly, in kb/s.
    pub throughput: u32,
}

impl Compared {
    pub(crate) fn of(bss: &Bss) -> Compared {
        Compared { bssid: bss.bssid, freq: bss.freq, signal: bss.signal, throughput: bss.throughput() }
    }
}

/// Something that has changed or happened.
#[derive(Clone, Debug)]
pub enum Change {
    /// The link is in another state.
    State {
        /// The one before.
        before: State,
        /// The present one.
        now: State,
    },
    /// An Authentication frame is sent.
    TryingToAuthenticate {
        /// To whom.
        bssid: MacAddr,
        /// The network.
        ssid: Ssid,
        /// In MHz.
        freq: u32,
    },
    /// An Association Request is sent, or the driver is asked to connect.
    TryingToAssociate {
        /// To whom.
        bssid: MacAddr,
        /// The network.
        ssid: Ssid,
        /// In MHz.
        freq: u32,
    },
    /// An access point refuses authentication.
    AuthenticationRefused {
        /// Which one.
        bssid: MacAddr,
        /// Authentication algorithm (IEEE Std 802.11-2020 9.4.1.1).
        algorithm: u16,
        /// Authentication transaction sequence number.
        transaction: u16,
        /// Why.
        status: StatusCode,
        /// What follows in the frame.
        elements: Vec<u8>,
    },
    /// An access point refuses association, or the driver says so.
    AssociationRefused {
        /// Which one.
        bssid: Option<MacAddr>,
        /// Why.
        status: StatusCode,
        /// It is the driver that says so, since nothing was heard.
        timed_out: bool,
    },
    /// The driver did not send the Association Request.
    AssociationNotSent,
    /// An access point does not know the identifier of the password.
    PasswordIdentifierUnknown {
        /// Which one.
        bssid: MacAddr,
        /// The network.
        network: NetworkId,
        /// Another name of the identifier, by which it went this time: it is to be used no more.
        alias: Option<Vec<u8>>,
    },
    /// Other names of the password's identifier, of which one is to be used each time.
    PasswordIdentifiers {
        /// Of which network.
        network: NetworkId,
        /// The names.
        aliases: Vec<Vec<u8>>,
    },
    /// Weaker modes that the network has left for good (WPA3 Specification 3.5 section 8).
    TransitionDisable {
        /// Which network.
        network: NetworkId,
        /// The modes, bit 0 is WPA2-Personal.
        bits: u8,
        /// The link was made with SAE, so that the access point has proved that it knows the password.
        sae: bool,
    },
    /// The association stands.
    Associated(MacAddr),
    /// A 4-way handshake is done.
    KeyNegotiationCompleted {
        /// With whom.
        bssid: MacAddr,
        /// The pairwise cipher.
        pairwise: CipherSuite,
        /// The group's.
        group: CipherSuite,
    },
    /// A group key handshake is done.
    GroupRekeyed {
        /// With whom.
        bssid: MacAddr,
        /// The group's cipher.
        group: CipherSuite,
        /// RSN rather than WPA.
        rsn: bool,
    },
    /// Data may pass.
    Connected {
        /// With whom.
        bssid: MacAddr,
        /// The network.
        network: NetworkId,
    },
    /// The link, or an attempt, has ended.
    Disconnected {
        /// With whom.
        bssid: MacAddr,
        /// Why.
        reason: ReasonCode,
        /// We ended it, or the kernel.
        local: bool,
    },
    /// An attempt took too long.
    TimedOut(MacAddr),
    /// The access point has proved that its name is what we know.
    SsidConfirmed,
    /// The likeliest reason for the end of the attempt is a wrong passphrase.
    PskMayBeWrong,
    /// A key is remembered.
    KeyCached {
        /// Of which access point.
        bssid: MacAddr,
        /// Of which network.
        network: NetworkId,
    },
    /// A key is not remembered any more.
    KeyForgotten {
        /// Of which access point.
        bssid: MacAddr,
        /// Of which network.
        network: NetworkId,
    },
    /// A network is left alone for a while.
    LeftAlone {
        /// Which one.
        network: NetworkId,
        /// Failures in a row.
        failures: u32,
        /// How long.
        lasts: Duration,
        /// Why.
        why: Setback,
    },
    /// It is not any more.
    Reenabled(NetworkId),
    /// Nothing that is enabled is in reach. What stands in the way, if that was not told before.
    NothingFits(Vec<Obstacle>),
    /// A scan found nothing to join.
    NetworkNotFound,
    /// A network is in reach that lacks nothing but a passphrase: it is wanted from a user, or its absence to be told.
    SecretWanted {
        /// Which one.
        network: NetworkId,
        /// A user is to be asked.
        ask: bool,
    },
    /// A scan began.
    ScanStarted {
        /// Its number, if one was asked for.
        id: Option<u32>,
    },
    /// A scan has brought results.
    ScanResults {
        /// Its number, if one was asked for.
        id: Option<u32>,
    },
    /// A scan could not be started: minus the error's number.
    ScanFailed(i32),
    /// Entries of the table of BSSs came or went.
    Table(Vec<TableChange>),
    /// Whether another access point of the network is better.
    RoamDecision {
        /// It is, and is gone to.
        go: bool,
        /// The present one.
        current: Compared,
        /// The other.
        other: Compared,
    },
    /// Countermeasures of TKIP have begun, or ended.
    Countermeasures(bool),
    /// A key frame was not as it should be. Anybody on the air can cause that.
    Report(Report),
    /// An EAPOL frame, where these are handled by somebody else.
    EapolReceived {
        /// From whom.
        source: MacAddr,
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
    },
    /// An EAPOL frame that somebody else is to send.
    EapolToSend {
        /// To whom.
        to: MacAddr,
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
    },
}
