//! Robust security networks (IEEE Std 802.11-2020 clause 12): elements, negotiation, EAPOL-Key frames, the station's
//! and the access point's side of the handshakes, and the PMKSA cache.
//!
//! Pure: no sockets, no clock, no randomness but what arguments bring. Every machine has the same four families of
//! methods: `handle_*` for what arrived (the time is an argument), commands, `poll_output` / `poll_deadline`, getters.
//! After every call into a machine: drain `poll_output` until `None` **in order**, then ask `poll_deadline`.
//!
//! # A station
//!
//! ```
//! use rsn::{ApOffer, Pmf, Protection, StationPolicy, Supplicant, SupplicantConfig, SupplicantOutput};
//! # use wire::{Instant, MacAddr};
//! # fn station(beacon_rsne: &[u8], pmk: crypto::Pmk, rng: &mut dyn crypto::Rng, key_frame: &[u8], now: Instant) -> Option<()> {
//! // 1. From the scan result: whole elements, header included.
//! let offer = ApOffer { rsne: Some(beacon_rsne), rsnxe: None, wpa: None };
//! let policy = StationPolicy { pmf: Pmf::Optional, ..StationPolicy::personal() };
//! let chosen = policy.choose(&offer).ok()?;              // or the reason why not, in words
//! let element = chosen.station_element(&[]);             // goes into the association request
//! let rsnxe = chosen.station_rsnxe();
//!
//! // 2. Once associated.
//! let mut machine = Supplicant::new(SupplicantConfig {
//!     pmk: Some(pmk),
//!     ..SupplicantConfig::new(MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 0]), chosen, &offer, element, rsnxe)
//! });
//!
//! // 3. For each EAPOL-Key frame (EAPOL header included; EAP packets are not ours).
//! let _log = machine.handle_eapol_key(key_frame, Protection::Plain, now, rng);
//! while let Some(output) = machine.poll_output() {
//!     match output {
//!         SupplicantOutput::SendEapol { frame, encrypt } => { /* control port; no_encrypt = !encrypt */ }
//!         SupplicantOutput::InstallPtk { cipher, key } => { /* pairwise key, index 0, the AP's address */ }
//!         SupplicantOutput::InstallGtk { cipher, index, key, rsc } => { /* group key */ }
//!         SupplicantOutput::InstallIgtk { cipher, index, key, ipn } => { /* index 4 or 5 */ }
//!         SupplicantOutput::InstallBigtk { cipher, index, key, bipn } => { /* index 6 or 7 */ }
//!         SupplicantOutput::Completed { rekeyed } => { /* open the port: WPA_COMPLETED */ }
//!         SupplicantOutput::GroupRekeyed => { /* log */ }
//!         SupplicantOutput::PmkidMismatch { pmkid } => { /* the AP does not use our cached PMKSA */ }
//!         SupplicantOutput::SsidConfirmed => {}
//!         SupplicantOutput::TransitionDisable(bits) => { /* remember it for the network */ }
//!         SupplicantOutput::PasswordIdentifiers(ids) => { /* one of them for the next SAE run */ }
//!         SupplicantOutput::Report(report) => { /* tell users: `report` as text */ }
//!         SupplicantOutput::Reconnect => { /* deauthenticate, connect */ }
//!         SupplicantOutput::Disconnect { reason, why } => { /* deauthenticate with this reason */ }
//!     }
//! }
//! # Some(()) }
//! ```
//!
//! # An access point
//!
//! [`ApPolicy`] builds the elements for beacons and judges the element of an association request; one [`Group`] for
//! each BSS holds the group keys; one [`Authenticator`] for each station runs the handshakes and borrows the `Group` in
//! its calls.
//!
//! ```
//! use rsn::{ApPolicy, Authenticator, AuthenticatorConfig, AuthenticatorOutput, Group, GroupConfig, GroupOutput, PeerStation};
//! # use rsn::Protection; use wire::{Instant, MacAddr}; use std::sync::Arc;
//! # fn ap(policy: ApPolicy, pmk: crypto::Pmk, rng: &mut dyn crypto::Rng, assoc_rsne: &[u8], key_frame: &[u8], now: Instant) -> Option<()> {
//! let bss = MacAddr([2, 0, 0, 0, 0, 0]);
//! let elements = policy.elements();                       // rsne, rsnxe, wpa for beacon, probe response, message 3
//! let mut group = Group::new(GroupConfig::new(&policy), now, rng);
//! while let Some(GroupOutput::Install { kind, cipher, index, key }) = group.poll_output() { /* set and select key */ }
//!
//! let config = Arc::new(AuthenticatorConfig::new(bss, elements));
//! let negotiated = policy.accept(assoc_rsne, None).ok()?; // Err(Refusal { status, why })
//! let station = PeerStation { addr: MacAddr([2, 0, 0, 0, 0, 1]), negotiated, element: assoc_rsne.to_vec(), rsnxe: None };
//! let mut auth = Authenticator::new(config, station, vec![pmk], None);
//! auth.start(now, rng);                                   // association response was acknowledged: message 1
//! let _log = auth.handle_eapol_key(key_frame, Protection::Plain, &mut group, now, rng);
//! auth.handle_timeout(&mut group, now, rng);              // when poll_deadline has passed; early calls are harmless
//! group.handle_timeout(now, rng, [&mut auth]);            // with all authenticators of the BSS: rekeys the group
//! while let Some(output) = auth.poll_output() {
//!     match output {
//!         AuthenticatorOutput::SendEapol { frame, encrypt } => {}
//!         AuthenticatorOutput::InstallPtk { cipher, key } => {}
//!         AuthenticatorOutput::Completed { rekeyed } => { /* authorise the port: AP-STA-CONNECTED */ }
//!         AuthenticatorOutput::GroupRekeyed => {}
//!         AuthenticatorOutput::PskMatched { index } => { /* which of the candidates */ }
//!         AuthenticatorOutput::PskMismatch => { /* AP-STA-POSSIBLE-PSK-MISMATCH */ }
//!         AuthenticatorOutput::MicFailureReported { pairwise } => { /* TKIP countermeasures */ }
//!         AuthenticatorOutput::Disconnect { reason, why } => { /* deauthenticate the station */ }
//!     }
//! }
//! auth.leave(&mut group, now);                            // the station is gone
//! # Some(()) }
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

pub mod authenticator;
mod capabilities;
pub mod key_frame;
pub mod negotiate;
pub mod pmksa;
pub mod ptk;
pub mod rsne;
pub mod suite;
pub mod supplicant;

pub use authenticator::{
    Authenticator, AuthenticatorConfig, AuthenticatorOutput, Candidates, Group, GroupConfig, GroupKeyKind, GroupOutput,
    PeerStation,
};
pub use capabilities::{RsnCapabilities, Rsnxe};
pub use key_frame::{Discard, Protection};
pub use negotiate::{ApElements, ApOffer, ApPolicy, Mismatch, Negotiated, Pmf, Refusal, SaePwe, StationPolicy};
pub use pmksa::{Pmkid, PmksaCache, PmksaEntry};
pub use rsne::{Protocol, Rsne};
pub use suite::{AkmSuite, CipherSuite, Selector};
pub use supplicant::{Report, Supplicant, SupplicantConfig, SupplicantOutput};

#[cfg(test)]
mod pair_tests;
