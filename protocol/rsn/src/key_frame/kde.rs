//! Key data: elements and key data encapsulations (IEEE Std 802.11-2020 12.7.2, Table 12-9).

use alloc::vec::Vec;
use core::ops::Range;

use crypto::Secret;
use wire::element::{WPA_SELECTOR, id};
use wire::{MacAddr, Reader, Writer};

use super::Discard;
use crate::Pmkid;

/// OUI 00-0F-AC and the data type.
const GTK: [u8; 4] = [0x00, 0x0f, 0xac, 1];
const MAC_ADDRESS: [u8; 4] = [0x00, 0x0f, 0xac, 3];
const PMKID: [u8; 4] = [0x00, 0x0f, 0xac, 4];
const IGTK: [u8; 4] = [0x00, 0x0f, 0xac, 9];
const OCI: [u8; 4] = [0x00, 0x0f, 0xac, 13];
const BIGTK: [u8; 4] = [0x00, 0x0f, 0xac, 14];
const PASSWORD_IDS: [u8; 4] = [0x00, 0x0f, 0xac, 25];
/// Of the Wi-Fi Alliance: WPA3 Specification 3.5 section 8.
const TRANSITION_DISABLE: [u8; 4] = [0x50, 0x6f, 0x9a, 0x20];

/// GTK KDE (Figure 12-36).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GtkKde {
    /// Key ID, 0 to 3.
    pub index: u8,
    /// The key is for transmission too, where there is no pairwise key.
    pub transmit: bool,
    /// The key.
    pub key: Secret,
}

/// IGTK KDE and BIGTK KDE (Figures 12-42, 12-47).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKeyKde {
    /// Key ID.
    pub index: u16,
    /// Last packet number used, least significant octet first.
    pub packet_number: [u8; 6],
    /// The key.
    pub key: Secret,
}

/// Key data taken apart. What is unknown is passed over, what is cut or comes twice makes the whole invalid.
#[derive(Clone, Debug, Default)]
pub struct KeyData {
    octets: Secret,
    rsne: Option<Range<usize>>,
    rsnxe: Option<Range<usize>>,
    wpa: Option<Range<usize>>,
    ssid: Option<Range<usize>>,
    gtk: Option<GtkKde>,
    igtk: Option<GroupKeyKde>,
    bigtk: Option<GroupKeyKde>,
    pmkid: Option<Pmkid>,
    mac: Option<MacAddr>,
    oci: Option<[u8; 3]>,
    transition_disable: Option<u8>,
    password_ids: Option<Vec<Vec<u8>>>,
}

impl KeyData {
    /// Takes decrypted key data apart.
    pub fn parse(octets: Secret) -> Result<KeyData, Discard> {
        let mut data = KeyData::default();
        let mut reader = Reader::new(octets.as_bytes());
        let end = reader.remaining();
        while !reader.is_empty() {
            // 12.7.2 m): padding is 0xdd and then zeros up to the end.
            if let [id::VENDOR_SPECIFIC] | [id::VENDOR_SPECIFIC, 0, ..] = reader.peek_rest() {
                break;
            }
            let start = end.saturating_sub(reader.remaining());
            let identifier = reader.u8("key data element")?;
            let len = usize::from(reader.u8("key data element length")?);
            let body = reader.sub(len, "key data element body")?;
            let whole = start..end.saturating_sub(reader.remaining());
            match identifier {
                id::RSN => once(&mut data.rsne, whole)?,
                id::RSNX => once(&mut data.rsnxe, whole)?,
                id::SSID => once(&mut data.ssid, whole.end.saturating_sub(len)..whole.end)?,
                id::VENDOR_SPECIFIC => data.encapsulation(body, whole)?,
                _ => {}
            }
        }
        data.octets = octets;
        Ok(data)
    }

    fn encapsulation(&mut self, mut body: Reader<'_>, whole: Range<usize>) -> Result<(), Discard> {
        let Ok(selector) = body.array::<4>("key data type") else { return Ok(()) };
        match selector {
            WPA_SELECTOR => once(&mut self.wpa, whole),
            GTK => {
                let flags = body.u8("GTK KDE")?;
                body.u8("GTK KDE")?;
                let key = Secret::from(body.take_rest());
                once(&mut self.gtk, GtkKde { index: flags & 3, transmit: flags & 4 != 0, key })
            }
            IGTK => once(&mut self.igtk, group_key(body, "IGTK KDE")?),
            BIGTK => once(&mut self.bigtk, group_key(body, "BIGTK KDE")?),
            PMKID => {
                let pmkid = Pmkid(body.array("PMKID KDE")?);
                body.finish("PMKID KDE")?;
                once(&mut self.pmkid, pmkid)
            }
            MAC_ADDRESS => {
                let mac = body.mac("MAC address KDE")?;
                once(&mut self.mac, mac)
            }
            OCI => {
                let oci = body.array("OCI KDE")?;
                once(&mut self.oci, oci)
            }
            PASSWORD_IDS => {
                body.u8("password identifiers KDE")?;
                let mut ids = Vec::new();
                while !body.is_empty() {
                    let len = usize::from(body.u8("password identifier length")?);
                    ids.push(body.take(len, "password identifier")?.to_vec());
                }
                once(&mut self.password_ids, ids)
            }
            TRANSITION_DISABLE => {
                // Octets of future versions follow the first.
                let bits = body.u8("transition disable KDE")?;
                once(&mut self.transition_disable, bits)
            }
            _ => Ok(()),
        }
    }

    fn slice(&self, range: Option<&Range<usize>>) -> Option<&[u8]> {
        range.and_then(|range| self.octets.as_bytes().get(range.clone()))
    }

    /// The whole RSNE.
    #[must_use]
    pub fn rsne(&self) -> Option<&[u8]> {
        self.slice(self.rsne.as_ref())
    }

    /// The whole RSNXE.
    #[must_use]
    pub fn rsnxe(&self) -> Option<&[u8]> {
        self.slice(self.rsnxe.as_ref())
    }

    /// The whole WPA vendor element.
    #[must_use]
    pub fn wpa(&self) -> Option<&[u8]> {
        self.slice(self.wpa.as_ref())
    }

    /// The network's name.
    #[must_use]
    pub fn ssid(&self) -> Option<&[u8]> {
        self.slice(self.ssid.as_ref())
    }

    /// Which weaker modes the network has left: bit 0 is WPA2-Personal.
    #[must_use]
    pub const fn transition_disable(&self) -> Option<u8> {
        self.transition_disable
    }

    /// The identifiers to use for the password from now on.
    #[must_use]
    pub fn password_ids(&self) -> Option<&[Vec<u8>]> {
        self.password_ids.as_deref()
    }

    /// Group key for data.
    #[must_use]
    pub const fn gtk(&self) -> Option<&GtkKde> {
        self.gtk.as_ref()
    }

    /// Group key for management frames.
    #[must_use]
    pub const fn igtk(&self) -> Option<&GroupKeyKde> {
        self.igtk.as_ref()
    }

    /// Group key for beacons.
    #[must_use]
    pub const fn bigtk(&self) -> Option<&GroupKeyKde> {
        self.bigtk.as_ref()
    }

    /// Name of the master key in use.
    #[must_use]
    pub const fn pmkid(&self) -> Option<Pmkid> {
        self.pmkid
    }

    /// An address.
    #[must_use]
    pub const fn mac(&self) -> Option<MacAddr> {
        self.mac
    }

    /// Operating channel information: operating class, primary channel, second segment.
    #[must_use]
    pub const fn oci(&self) -> Option<[u8; 3]> {
        self.oci
    }
}

fn group_key(mut body: Reader<'_>, field: &'static str) -> Result<GroupKeyKde, Discard> {
    let index = body.u16_le(field)?;
    let packet_number = body.array(field)?;
    Ok(GroupKeyKde { index, packet_number, key: Secret::from(body.take_rest()) })
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Discard> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Discard("the same key data comes twice")),
    }
}

/// Puts key data together. What it holds is wiped when it is dropped.
#[derive(Debug, Default)]
pub struct KdeWriter {
    octets: Vec<Secret>,
}

impl KdeWriter {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> KdeWriter {
        KdeWriter { octets: Vec::new() }
    }

    /// Appends a whole element.
    #[must_use]
    pub fn element(mut self, element: Option<&[u8]>) -> KdeWriter {
        self.octets.extend(element.map(Secret::from));
        self
    }

    fn kde(mut self, kind: [u8; 4], body: &[&[u8]]) -> KdeWriter {
        // No body of ours comes near 255 octets; what grows leaves a copy behind that nobody wipes.
        let mut writer = Writer::with_capacity(2 + 255);
        writer.element(id::VENDOR_SPECIFIC, |w| {
            w.put(&kind);
            for part in body {
                w.put(part);
            }
        });
        self.octets.extend(writer.finish().ok().map(Secret::from));
        self
    }

    /// Appends a group key for data.
    #[must_use]
    pub fn gtk(self, index: u8, key: &Secret) -> KdeWriter {
        self.kde(GTK, &[&[index & 3, 0], key.as_bytes()])
    }

    /// Appends a group key for management frames.
    #[must_use]
    pub fn igtk(self, index: u8, packet_number: [u8; 6], key: &Secret) -> KdeWriter {
        self.kde(IGTK, &[&[index, 0], &packet_number, key.as_bytes()])
    }

    /// Appends a group key for beacons.
    #[must_use]
    pub fn bigtk(self, index: u8, packet_number: [u8; 6], key: &Secret) -> KdeWriter {
        self.kde(BIGTK, &[&[index, 0], &packet_number, key.as_bytes()])
    }

    /// Appends the name of the master key in use.
    #[must_use]
    pub fn pmkid(self, pmkid: Option<Pmkid>) -> KdeWriter {
        match pmkid {
            Some(pmkid) => self.kde(PMKID, &[&pmkid.0]),
            None => self,
        }
    }

    /// Appends operating channel information.
    #[must_use]
    pub fn oci(self, oci: Option<[u8; 3]>) -> KdeWriter {
        match oci {
            Some(oci) => self.kde(OCI, &[&oci]),
            None => self,
        }
    }

    /// Appends which weaker modes the network has left.
    #[must_use]
    pub fn transition_disable(self, bits: Option<u8>) -> KdeWriter {
        match bits {
            Some(bits) => self.kde(TRANSITION_DISABLE, &[&[bits]]),
            None => self,
        }
    }

    /// Appends the identifiers to use for the password from now on; those that do not fit are left out.
    #[must_use]
    pub fn password_ids(self, ids: &[Vec<u8>]) -> KdeWriter {
        // Flags: none are defined.
        let mut body = alloc::vec![0];
        for id in ids {
            let room = 250usize.saturating_sub(body.len());
            if let Some(len) = u8::try_from(id.len()).ok().filter(|len| usize::from(*len) <= room) {
                body.push(len);
                body.extend_from_slice(id);
            }
        }
        if body.len() > 1 { self.kde(PASSWORD_IDS, &[&body]) } else { self }
    }

    /// Appends the network's name.
    #[must_use]
    pub fn ssid(mut self, ssid: Option<&[u8]>) -> KdeWriter {
        if let Some(ssid) = ssid {
            let mut writer = Writer::new();
            writer.element(id::SSID, |w| {
                w.put(ssid);
            });
            self.octets.extend(writer.finish().ok().map(Secret::from));
        }
        self
    }

    /// Everything in one piece.
    #[must_use]
    pub fn finish(self) -> Secret {
        let mut all = Vec::with_capacity(self.octets.iter().map(Secret::len).sum());
        for part in &self.octets {
            all.extend_from_slice(part.as_bytes());
        }
        Secret::from(all)
    }
}
