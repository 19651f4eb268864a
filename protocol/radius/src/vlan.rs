//! Which virtual LANs a station gets: tunnels (RFC 2868, RFC 3580 3.31) and the lists of RFC 4675.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use crate::Type;
use crate::attribute::{Attribute, Attributes};
use crate::packet::AttributeWriter;

/// Tunnel-Type VLAN (RFC 3580 3.31).
const VLAN: u32 = 13;
/// Tunnel-Medium-Type 802 (RFC 2868 3.2).
const IEEE_802: u32 = 6;
/// The highest tag of a tunnel (RFC 2868 3.1).
const MAX_TAG: u8 = 0x1f;
/// The highest identifier of a VLAN.
const MAX_VLAN: u16 = 4094;

/// What of RFC 2868 belongs to one tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tunnel {
    ty: Option<u32>,
    medium: Option<u32>,
    group: Option<u16>,
}

/// The VLANs of a station.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vlans {
    /// Whose frames go to the station without a tag.
    pub untagged: Option<u16>,
    /// Whose frames go to the station with their tag.
    pub tagged: BTreeSet<u16>,
    /// The same by name (RFC 4675 2.3): tagged or not, and the name.
    pub named: BTreeSet<(bool, String)>,
}

impl Vlans {
    /// Whether nothing was said about VLANs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Vlans::default()
    }

    /// Reads them out of an Access-Accept. The untagged one is that of the tunnel with the lowest tag whose type is VLAN, whose
    /// medium is IEEE 802, and whose group is a number from 1 to 4094; Egress-VLANID may name one too, and comes second.
    #[must_use]
    pub fn read(attributes: Attributes<'_>) -> Vlans {
        let mut tunnels: BTreeMap<u8, Tunnel> = BTreeMap::new();
        let mut vlans = Vlans::default();
        let mut egress = None;
        for attribute in attributes {
            match attribute.ty {
                Type::TUNNEL_TYPE => {
                    if let Some((tag, value)) = tagged_number(attribute) {
                        tunnels.entry(tag).or_default().ty = Some(value);
                    }
                }
                Type::TUNNEL_MEDIUM_TYPE => {
                    if let Some((tag, value)) = tagged_number(attribute) {
                        tunnels.entry(tag).or_default().medium = Some(value);
                    }
                }
                Type::TUNNEL_PRIVATE_GROUP_ID => {
                    let (tag, text) = tagged_text(attribute.value);
                    tunnels.entry(tag).or_default().group = vlan_number(text);
                }
                Type::EGRESS_VLANID => match attribute.u32().map(egress_vlan) {
                    Some(Some((true, vlan))) => {
                        vlans.tagged.insert(vlan);
                    }
                    Some(Some((false, vlan))) => egress = egress.or(Some(vlan)),
                    Some(None) | None => {}
                },
                Type::EGRESS_VLAN_NAME => {
                    if let Some((tagged, name)) = egress_name(attribute.value) {
                        vlans.named.insert((tagged, name));
                    }
                }
                _ => {}
            }
        }
        let of_tunnel = tunnels
            .into_values()
            .filter(|tunnel| tunnel.ty == Some(VLAN) && tunnel.medium == Some(IEEE_802))
            .find_map(|tunnel| tunnel.group);
        vlans.untagged = of_tunnel.or(egress);
        vlans
    }

    /// Writes them for an Access-Accept.
    pub fn write(&self, writer: &mut AttributeWriter) {
        if let Some(vlan) = self.untagged {
            writer.u32(Type::TUNNEL_TYPE, VLAN).u32(Type::TUNNEL_MEDIUM_TYPE, IEEE_802);
            writer.put(Type::TUNNEL_PRIVATE_GROUP_ID, alloc::format!("{vlan}").as_bytes());
        }
        for vlan in &self.tagged {
            writer.u32(Type::EGRESS_VLANID, 0x3100_0000 | u32::from(*vlan));
        }
        for (tagged, name) in &self.named {
            writer.put_parts(Type::EGRESS_VLAN_NAME, &[if *tagged { b'1' } else { b'2' }], name.as_bytes());
        }
    }
}

/// Tag and value of a number with a tag: an octet and three (RFC 2868 3.1).
fn tagged_number(attribute: Attribute<'_>) -> Option<(u8, u32)> {
    let [tag, a, b, c] = attribute.value.try_into().ok()?;
    Some((if tag > MAX_TAG { 0 } else { tag }, u32::from_be_bytes([0, a, b, c])))
}

/// Tag and text: a first octet above 0x1F is part of the text (RFC 2868 3.6).
const fn tagged_text(value: &[u8]) -> (u8, &[u8]) {
    match value {
        [tag, text @ ..] if *tag <= MAX_TAG => (*tag, text),
        text => (0, text),
    }
}

fn vlan_number(text: &[u8]) -> Option<u16> {
    let text = core::str::from_utf8(text).ok()?;
    let vlan = text.trim_end_matches('\0').parse().ok()?;
    (1..=MAX_VLAN).contains(&vlan).then_some(vlan)
}

/// Tagged or not, and the number (RFC 4675 2.1).
fn egress_vlan(value: u32) -> Option<(bool, u16)> {
    let vlan = u16::try_from(value & 0xfff).ok().filter(|vlan| (1..=MAX_VLAN).contains(vlan))?;
    match value >> 24 {
        0x31 => Some((true, vlan)),
        0x32 => Some((false, vlan)),
        _ => None,
    }
}

/// Tagged or not, and the name (RFC 4675 2.3).
fn egress_name(value: &[u8]) -> Option<(bool, String)> {
    let (indication, name) = value.split_first()?;
    let tagged = match indication {
        b'1' => true,
        b'2' => false,
        _ => return None,
    };
    Some((tagged, String::from_utf8(name.to_vec()).ok().filter(|name| !name.is_empty())?))
}
