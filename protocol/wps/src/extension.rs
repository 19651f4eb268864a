//! The Wi-Fi Alliance's vendor extension: what version 2.0 added (12, WFA Vendor Extension; Multi-AP 5.2).

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{MacAddr, Malformed, Reader, Writer};

use crate::code::ConfigMethods;

/// The vendor identifier of the Wi-Fi Alliance.
pub const WFA: [u8; 3] = [0x00, 0x37, 0x2a];
/// The version that is written here.
pub const VERSION_2: u8 = 0x20;
/// How many addresses AuthorizedMACs may have (12).
pub const MAX_AUTHORIZED: usize = 5;

const VERSION2: u8 = 0;
const AUTHORIZED_MACS: u8 = 1;
const SHAREABLE: u8 = 2;
const REQUEST_TO_ENROLL: u8 = 3;
const SETTINGS_DELAY: u8 = 4;
const REGISTRAR_METHODS: u8 = 5;
const MULTI_AP: u8 = 6;
const MULTI_AP_PROFILE: u8 = 7;
const MULTI_AP_VLAN: u8 = 8;

/// What a device is in a Multi-AP network (Multi-AP 5.2, Multi-AP Extension).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiAp(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl MultiAp {
    pub const BACKHAUL_STATION: u8 = 0x80;
    pub const BACKHAUL_BSS: u8 = 0x40;
    pub const FRONTHAUL_BSS: u8 = 0x20;
    pub const TEAR_DOWN: u8 = 0x10;

    /// It wants the credentials of the backhaul.
    #[must_use]
    pub const fn is_backhaul_station(self) -> bool {
        self.0 & Self::BACKHAUL_STATION != 0
    }
}

/// The subelements of the extension. Others are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// The version in full, at least 0x20; absent from devices of version 1.0.
    pub version2: Option<u8>,
    /// Who may register, besides others or alone; the broadcast address stands for all.
    pub authorized_macs: Vec<MacAddr>,
    /// Whether the network key may be given to others.
    pub network_key_shareable: Option<bool>,
    /// The device wants to be enrolled as soon as it is found.
    pub request_to_enroll: Option<bool>,
    /// Seconds until new settings are in use.
    pub settings_delay: Option<u8>,
    /// What the registrar itself can do.
    pub registrar_methods: Option<ConfigMethods>,
    /// Part in a Multi-AP network.
    pub multi_ap: Option<MultiAp>,
    /// Profile of Multi-AP.
    pub multi_ap_profile: Option<u8>,
    /// Primary VLAN of the Multi-AP backhaul.
    pub multi_ap_vlan: Option<u16>,
}

impl Extension {
    /// What every message of version 2.0 says.
    #[must_use]
    pub fn version_2() -> Extension {
        Extension { version2: Some(VERSION_2), ..Extension::default() }
    }

    /// Reads what follows the vendor identifier, into what other extensions of the message have said already.
    ///
    /// # Errors
    /// If a length lies, or is none that the subelement can have.
    pub fn read(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(body);
        while !reader.is_empty() {
            let id = reader.u8("WFA subelement")?;
            let length = reader.u8("WFA subelement length")?;
            let mut value = reader.sub(usize::from(length), "WFA subelement length")?;
            match id {
                // 12: later versions may append to it.
                VERSION2 => {
                    self.version2 = Some(value.u8("Version2")?);
                    value.take_rest();
                }
                AUTHORIZED_MACS => {
                    while !value.is_empty() {
                        let addr = value.mac("AuthorizedMACs")?;
                        if self.authorized_macs.len() >= MAX_AUTHORIZED {
                            return Err(Malformed("AuthorizedMACs length"));
                        }
                        self.authorized_macs.push(addr);
                    }
                }
                SHAREABLE => self.network_key_shareable = Some(boolean(value.u8("Network Key Shareable")?)),
                REQUEST_TO_ENROLL => self.request_to_enroll = Some(boolean(value.u8("Request to Enroll")?)),
                SETTINGS_DELAY => self.settings_delay = Some(value.u8("Settings Delay Time")?),
                REGISTRAR_METHODS => {
                    self.registrar_methods = Some(ConfigMethods(value.u16_be("Registrar Configuration Methods")?));
                }
                MULTI_AP => self.multi_ap = Some(MultiAp(value.u8("Multi-AP")?)),
                MULTI_AP_PROFILE => self.multi_ap_profile = Some(value.u8("Multi-AP Profile")?),
                MULTI_AP_VLAN => self.multi_ap_vlan = Some(value.u16_be("Multi-AP VLAN")?),
                _ => {
                    value.take_rest();
                }
            }
            value.finish("WFA subelement length")?;
        }
        Ok(())
    }

    /// The value of the attribute, vendor identifier included.
    ///
    /// # Errors
    /// If there are more addresses than the subelement has room for.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut writer = Writer::new();
        writer.put(&WFA);
        if let Some(version) = self.version2 {
            writer.element(VERSION2, |w| _ = w.u8(version));
        }
        if !self.authorized_macs.is_empty() {
            writer.element(AUTHORIZED_MACS, |w| self.authorized_macs.iter().for_each(|addr| _ = w.mac(*addr)));
        }
        let octets = [
            (SHAREABLE, self.network_key_shareable.map(u8::from)),
            (REQUEST_TO_ENROLL, self.request_to_enroll.map(u8::from)),
            (SETTINGS_DELAY, self.settings_delay),
        ];
        for (id, octet) in octets {
            if let Some(octet) = octet {
                writer.element(id, |w| _ = w.u8(octet));
            }
        }
        if let Some(methods) = self.registrar_methods {
            writer.element(REGISTRAR_METHODS, |w| _ = w.u16_be(methods.0));
        }
        for (id, octet) in
            [(MULTI_AP, self.multi_ap.map(|MultiAp(bits)| bits)), (MULTI_AP_PROFILE, self.multi_ap_profile)]
        {
            if let Some(octet) = octet {
                writer.element(id, |w| _ = w.u8(octet));
            }
        }
        if let Some(vlan) = self.multi_ap_vlan {
            writer.element(MULTI_AP_VLAN, |w| _ = w.u16_be(vlan));
        }
        writer.finish()
    }
}

/// 12: booleans are 1 or 0; whatever else counts as true, as a device of 1.0 may write it.
const fn boolean(octet: u8) -> bool {
    octet != 0
}
