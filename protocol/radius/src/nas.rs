//! What a network access server says of itself and of a station (RFC 2865 5, RFC 3580 3, RFC 7268).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use wire::MacAddr;

use crate::packet::AttributeWriter;
use crate::{Attribute, Code, Request, Type};

/// NAS-Port-Type Wireless-802.11 (RFC 2865 5.41).
pub const PORT_WIRELESS: u32 = 19;
/// NAS-Port-Type Ethernet.
pub const PORT_ETHERNET: u32 = 15;
/// Service-Type Framed (RFC 3580 3.3).
const FRAMED: u32 = 2;
/// Service-Type Call Check, of requests about addresses.
const CALL_CHECK: u32 = 10;

/// How a network access server is known to its servers; one of these at least (RFC 2865 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nas {
    /// NAS-Identifier.
    pub identifier: Option<Vec<u8>>,
    /// NAS-IP-Address.
    pub ipv4: Option<Ipv4Addr>,
    /// NAS-IPv6-Address (RFC 3162 2.1).
    pub ipv6: Option<Ipv6Addr>,
}

impl Nas {
    /// Whether one of the attributes that name an access server names this one.
    pub(crate) fn is(&self, attribute: Attribute<'_>) -> bool {
        match attribute.ty {
            Type::NAS_IP_ADDRESS => self.ipv4.is_some_and(|own| own.octets() == attribute.value),
            Type::NAS_IPV6_ADDRESS => self.ipv6.is_some_and(|own| own.octets() == attribute.value),
            Type::NAS_IDENTIFIER => self.identifier.as_deref() == Some(attribute.value),
            _ => false,
        }
    }

    pub(crate) fn write(&self, writer: &mut AttributeWriter) {
        if let Some(address) = self.ipv4 {
            writer.put(Type::NAS_IP_ADDRESS, &address.octets());
        }
        if let Some(address) = self.ipv6 {
            writer.put(Type::NAS_IPV6_ADDRESS, &address.octets());
        }
        if let Some(identifier) = &self.identifier {
            writer.put(Type::NAS_IDENTIFIER, identifier);
        }
    }
}

/// A station, or what sits behind a wired port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// NAS-Port: the association id.
    pub number: Option<u32>,
    /// NAS-Port-Type.
    pub kind: u32,
    /// The station.
    pub station: MacAddr,
    /// The access point it is associated with.
    pub access_point: MacAddr,
    /// Its network's name.
    pub ssid: Vec<u8>,
    /// Connect-Info: rate and band, for people.
    pub connect_info: String,
    /// Framed-MTU: the longest EAP packet that fits (RFC 3579 2.4).
    pub mtu: Option<u32>,
    /// WLAN-Pairwise-Cipher, WLAN-Group-Cipher, WLAN-AKM-Suite and WLAN-Group-Mgmt-Cipher (RFC 7268 2.17 to 2.20): selectors.
    pub suites: Suites,
    /// Mobility-Domain-Id (RFC 7268 2.8).
    pub mobility_domain: Option<u16>,
}

/// Selectors of suites as RSN elements have them: OUI and number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suites {
    /// Pairwise cipher.
    pub pairwise: Option<[u8; 4]>,
    /// Group data cipher.
    pub group: Option<[u8; 4]>,
    /// Authentication and key management.
    pub akm: Option<[u8; 4]>,
    /// Group management cipher.
    pub group_management: Option<[u8; 4]>,
}

/// An address as RFC 3580 3.20 and 3.21 have it: `00-10-A4-23-19-C0`.
#[must_use]
pub fn mac_text(address: MacAddr) -> String {
    let [a, b, c, d, e, f] = address.0;
    format!("{a:02X}-{b:02X}-{c:02X}-{d:02X}-{e:02X}-{f:02X}")
}

impl Port {
    pub(crate) fn write(&self, writer: &mut AttributeWriter) {
        if let Some(number) = self.number {
            writer.u32(Type::NAS_PORT, number);
        }
        writer.u32(Type::NAS_PORT_TYPE, self.kind);
        let mut called = mac_text(self.access_point).into_bytes();
        if !self.ssid.is_empty() {
            called.push(b':');
            called.extend_from_slice(&self.ssid);
        }
        writer.put(Type::CALLED_STATION_ID, &called);
        writer.put(Type::CALLING_STATION_ID, mac_text(self.station).as_bytes());
        if !self.connect_info.is_empty() {
            writer.put(Type::CONNECT_INFO, self.connect_info.as_bytes());
        }
        let suites = [
            (Type::WLAN_PAIRWISE_CIPHER, self.suites.pairwise),
            (Type::WLAN_GROUP_CIPHER, self.suites.group),
            (Type::WLAN_AKM_SUITE, self.suites.akm),
            (Type::WLAN_GROUP_MGMT_CIPHER, self.suites.group_management),
        ];
        for (ty, suite) in suites {
            if let Some(suite) = suite {
                writer.put(ty, &suite);
            }
        }
        if let Some(domain) = self.mobility_domain {
            writer.u32(Type::MOBILITY_DOMAIN_ID, u32::from(domain));
        }
    }
}

/// An Access-Request that carries EAP (RFC 3579 3.1). `user` is the identity that the peer gave, `state` what the last
/// Access-Challenge had, `session` the session of accounting.
#[must_use]
pub fn eap_request(
    nas: &Nas,
    port: &Port,
    user: &[u8],
    eap: &[u8],
    state: Option<&[u8]>,
    session: Option<&str>,
) -> Request {
    let mut writer = AttributeWriter::with_capacity(eap.len().saturating_add(256));
    writer.put(Type::USER_NAME, user);
    nas.write(&mut writer);
    port.write(&mut writer);
    writer.u32(Type::SERVICE_TYPE, FRAMED);
    if let Some(mtu) = port.mtu {
        writer.u32(Type::FRAMED_MTU, mtu);
    }
    if let Some(session) = session {
        writer.put(Type::ACCT_SESSION_ID, session.as_bytes());
    }
    writer.eap(eap);
    // RFC 2865 5.24: as it came.
    if let Some(state) = state {
        writer.put(Type::STATE, state);
    }
    Request::new(Code::ACCESS_REQUEST, writer)
}

/// An Access-Request that asks whether a station may come, by its address: it is name and password in one, in the form
/// `0010a42319c0`. The answer may name VLANs, passphrases and time-outs.
#[must_use]
pub fn address_request(nas: &Nas, port: &Port) -> Request {
    let [a, b, c, d, e, f] = port.station.0;
    let name = format!("{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}");
    let mut writer = AttributeWriter::with_capacity(256);
    writer.put(Type::USER_NAME, name.as_bytes());
    nas.write(&mut writer);
    port.write(&mut writer);
    writer.u32(Type::SERVICE_TYPE, CALL_CHECK);
    Request::new(Code::ACCESS_REQUEST, writer).with_password(name.into_bytes())
}
