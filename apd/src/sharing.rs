//! Keys that BSSs of the same network share (`okc`): a station that moves between them need not authenticate anew.

use ap::Bss;

use crate::machine::Apd;

impl Apd {
    fn engines(&mut self) -> impl Iterator<Item = &mut Bss> {
        self.ifaces.iter_mut().flat_map(|iface| &mut iface.slots).filter_map(|slot| slot.engine.as_mut())
    }

    /// Hands on what stations have agreed on with one BSS to the others of its name.
    pub(crate) fn share_keys(&mut self) {
        let mut fresh = Vec::new();
        for bss in self.engines() {
            let from = (bss.config().ssid(), bss.config().own);
            fresh.extend(bss.take_shared_keys().into_iter().map(|entry| (from, entry)));
        }
        for ((ssid, own), entry) in fresh {
            for bss in self.engines().filter(|bss| bss.config().own != own && bss.config().ssid() == ssid) {
                bss.share_key(&entry);
            }
        }
    }
}
