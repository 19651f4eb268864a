//! The group keys that were installed in an association. None is installed twice, whatever message brings it again.

use alloc::vec::Vec;

use crypto::Secret;

use super::SupplicantOutput;
use crate::key_frame::KeyData;
use crate::ptk::receiver_key;
use crate::{CipherSuite, Discard, GroupKeyKind, Negotiated};

/// Group keys from a verified message, their lengths and indices checked.
#[derive(Debug, Default)]
pub(super) struct NewGroupKeys {
    keys: Vec<NewGroupKey>,
}

#[derive(Debug)]
struct NewGroupKey {
    kind: GroupKeyKind,
    cipher: CipherSuite,
    index: u8,
    key: Secret,
    packet_number: [u8; 6],
}

impl NewGroupKeys {
    /// The keys in key data (12.7.6.4, 12.7.7.2). `rsc` belongs to the group key for data.
    pub(super) fn from_key_data(
        data: &KeyData,
        rsc: [u8; 6],
        negotiated: &Negotiated,
    ) -> Result<NewGroupKeys, Discard> {
        let mut new = NewGroupKeys::default();
        if let Some(gtk) = data.gtk() {
            // The transmit bit is ignored: with a pairwise key a station never sends by a group key.
            new.gtk(gtk.index, &gtk.key, rsc, negotiated)?;
        }
        let management = negotiated.group_management.filter(|cipher| cipher.is_group_management());
        for (kind, kde, first) in [(GroupKeyKind::Igtk, data.igtk(), 4), (GroupKeyKind::Bigtk, data.bigtk(), 6)] {
            let (Some(kde), Some(cipher)) = (kde, management) else { continue };
            let index = u8::try_from(kde.index).ok().filter(|index| *index == first || *index == first + 1);
            let index = index.ok_or(Discard("key index of a management group key out of range"))?;
            if kde.key.len() != cipher.key_len() {
                return Err(Discard("management group key of the wrong length"));
            }
            new.keys.push(NewGroupKey { kind, cipher, index, key: kde.key.clone(), packet_number: kde.packet_number });
        }
        Ok(new)
    }

    /// The key of WPA's group message.
    pub(super) fn from_wpa(
        key: &Secret,
        index: u8,
        rsc: [u8; 6],
        negotiated: &Negotiated,
    ) -> Result<NewGroupKeys, Discard> {
        let mut new = NewGroupKeys::default();
        new.gtk(index, key, rsc, negotiated)?;
        Ok(new)
    }

    fn gtk(&mut self, index: u8, key: &Secret, rsc: [u8; 6], negotiated: &Negotiated) -> Result<(), Discard> {
        let cipher = negotiated.group;
        if key.len() != cipher.key_len() || key.is_empty() {
            return Err(Discard("group key of the wrong length"));
        }
        // Index 0 is the pairwise key's.
        if index == 0 {
            return Err(Discard("group key with the index of the pairwise key"));
        }
        let key = receiver_key(cipher, key);
        self.keys.push(NewGroupKey { kind: GroupKeyKind::Gtk, cipher, index, key, packet_number: rsc });
        Ok(())
    }

    /// A group key for data is among them.
    pub(super) fn has_gtk(&self) -> bool {
        self.keys.iter().any(|key| key.kind == GroupKeyKind::Gtk)
    }
}

/// What is installed, by kind and index.
#[derive(Debug, Default)]
pub(super) struct GroupKeys {
    installed: Vec<(GroupKeyKind, u8, Secret)>,
}

impl GroupKeys {
    /// A group key for data is installed.
    pub(super) fn any(&self) -> bool {
        self.installed.iter().any(|(kind, _, _)| *kind == GroupKeyKind::Gtk)
    }

    /// The installations that new keys call for. A key that is installed, under whatever index, is not installed again:
    /// that would set its packet number back (CVE-2017-13078 to 13081, and the second KRACK paper).
    pub(super) fn accept(&mut self, new: NewGroupKeys) -> Vec<SupplicantOutput> {
        let mut outputs = Vec::new();
        for NewGroupKey { kind, cipher, index, key, packet_number } in new.keys {
            if self.installed.iter().any(|(known, _, old)| *known == kind && *old == key) {
                continue;
            }
            self.installed.retain(|(known, slot, _)| (*known, *slot) != (kind, index));
            self.installed.push((kind, index, key.clone()));
            outputs.push(match kind {
                GroupKeyKind::Gtk => SupplicantOutput::InstallGtk { cipher, index, key, rsc: packet_number },
                GroupKeyKind::Igtk => SupplicantOutput::InstallIgtk { cipher, index, key, ipn: packet_number },
                GroupKeyKind::Bigtk => SupplicantOutput::InstallBigtk { cipher, index, key, bipn: packet_number },
            });
        }
        outputs
    }
}
