//! The group keys that were installed in an association. None is installed twice, whatever message brings it again.

use alloc::vec::Vec;

use crypto::Secret;

use super::judge::Rejected;
use super::report::Report;
use super::{Shared, SupplicantOutput};
use crate::key_frame::KeyData;
use crate::ptk::receiver_key;
use crate::{CipherSuite, GroupKeyKind, Negotiated};

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
    pub(super) fn from_key_data(data: &KeyData, rsc: [u8; 6], shared: &mut Shared) -> Result<NewGroupKeys, Rejected> {
        let mut new = NewGroupKeys::default();
        if let Some(gtk) = data.gtk() {
            new.gtk(gtk.index, &gtk.key, rsc, &shared.config.negotiated)?;
            // With a pairwise key a station never sends by a group key.
            if gtk.transmit {
                shared.push(SupplicantOutput::Report(Report::TxBit));
            }
        }
        let management = shared.config.negotiated.group_management.filter(|cipher| cipher.is_group_management());
        for (kind, kde, indices) in
            [(GroupKeyKind::Igtk, data.igtk(), 4..=5), (GroupKeyKind::Bigtk, data.bigtk(), 6..=7)]
        {
            let (Some(kde), Some(cipher)) = (kde, management) else { continue };
            if kde.key.len() != cipher.key_len() {
                let report = Report::IgtkLength(kde.key.len().saturating_add(8));
                return Err(Rejected::leave("management group key of the wrong length", report));
            }
            let index = u8::try_from(kde.index).ok().filter(|index| indices.contains(index));
            let Some(index) = index else {
                // Some access points have the two octets of the index in the wrong order. Whether they get the protection
                // itself right is anyone's guess: without the key, such frames are dropped, and the rest works.
                if u8::try_from(kde.index.swap_bytes()).is_ok_and(|index| indices.contains(&index)) {
                    shared.push(SupplicantOutput::Report(Report::IgtkOrder));
                    continue;
                }
                let report = match kind {
                    GroupKeyKind::Bigtk => Report::BigtkIndex(kde.index),
                    GroupKeyKind::Gtk | GroupKeyKind::Igtk => Report::IgtkIndex(kde.index),
                };
                return Err(Rejected::leave("key index of a management group key out of range", report));
            };
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
    ) -> Result<NewGroupKeys, Rejected> {
        let mut new = NewGroupKeys::default();
        new.gtk(index, key, rsc, negotiated)?;
        Ok(new)
    }

    fn gtk(&mut self, index: u8, key: &Secret, rsc: [u8; 6], negotiated: &Negotiated) -> Result<(), Rejected> {
        let cipher = negotiated.group;
        if key.len() != cipher.key_len() || key.is_empty() {
            return Err(Rejected::leave("group key of the wrong length", Report::GroupLength(cipher, key.len())));
        }
        // Index 0 is the pairwise key's (12.7.1.5), yet some access points use it: group keys are kept apart from
        // pairwise ones, so nothing is replaced by it.
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
