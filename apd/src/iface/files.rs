//! Files that parameters name.

use ap::{Listed, Lists};
use crypto::Rng;
use wire::Instant;

use crate::iface::{BssStep, Iface};
use crate::outbox::{BssId, FilePurpose, Outbox};
use crate::profile;
use crate::setup::files_of;

impl Iface {
    /// The files of a BSS that were not read yet.
    fn missing_files(&self, bss: usize) -> Vec<String> {
        let named = self.config.bss.get(bss).map(files_of).unwrap_or_default();
        named.into_iter().map(|(_, path)| path).filter(|path| !self.files.contains_key(path)).collect()
    }

    /// Asks for the files of a BSS that were not read yet. False: there are none.
    pub(super) fn ask_files(&mut self, bss: usize, out: &mut Outbox) -> bool {
        let missing = self.missing_files(bss);
        let Some(id) = self.slots.get(bss).map(|slot| slot.id) else { return false };
        for path in &missing {
            let purpose = FilePurpose::Named { iface: self.id, attempt: self.attempt, bss: id, path: path.clone() };
            let path = if path.starts_with('/') { path.clone() } else { format!("{}/{path}", self.folder) };
            out.read_file(purpose, path);
        }
        !missing.is_empty()
    }

    /// A file that a parameter of a BSS names was read, or not.
    pub(crate) fn file_read(
        &mut self,
        id: BssId,
        path: String,
        result: Result<Vec<u8>, String>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let Some(bss) = self.index_of(id) else { return };
        if self.slots.get(bss).is_none_or(|slot| slot.coming != Some(BssStep::Files)) {
            return;
        }
        match result {
            Ok(contents) => {
                self.files.insert(path, contents);
                if self.missing_files(bss).is_empty() {
                    self.start_bss(bss, out, now, rng);
                }
            }
            Err(why) => self.bss_unfit(bss, &format!("{path}: {why}"), out),
        }
    }

    /// The lists of a BSS with what one file says now; what commands have changed in the others stays.
    pub(crate) fn lists_with(&self, bss: usize, path: &str) -> Result<Lists, String> {
        let fresh = self.lists_of(bss)?;
        let (Some(slot), Some(config)) = (self.slots.get(bss), self.config.bss.get(bss)) else { return Ok(fresh) };
        let names = |paths: &[Vec<u8>]| paths.iter().any(|known| known == path.as_bytes());
        let mut lists = slot.lists.clone();
        if names(config.accept_mac_file()) {
            lists.accept = fresh.accept;
        }
        if names(config.deny_mac_file()) {
            lists.deny = fresh.deny;
        }
        if names(config.sae_password_file()) {
            lists.sae_passwords = fresh.sae_passwords;
        }
        if config.wpa_psk_file() == Some(path.as_bytes()) {
            lists.psks = fresh.psks;
        }
        Ok(lists)
    }

    /// What the files that a BSS's parameters name contain.
    pub(crate) fn lists_of(&self, bss: usize) -> Result<Lists, String> {
        let mut lists = Lists::default();
        let Some(config) = self.config.bss.get(bss) else { return Ok(lists) };
        let find = |path: &[u8]| -> Result<(String, &[u8]), String> {
            let name = String::from_utf8_lossy(path).into_owned();
            match self.files.get(&name) {
                Some(contents) => Ok((name, contents.as_slice())),
                None => Err(format!("{name}: it was not read")),
            }
        };
        for (paths, list) in [(config.accept_mac_file(), &mut lists.accept), (config.deny_mac_file(), &mut lists.deny)]
        {
            for path in paths {
                let (name, contents) = find(path)?;
                let entries = conf::ap::parse_mac_file(&name, contents).map_err(|notice| notice.to_string())?;
                for entry in entries {
                    if entry.remove {
                        list.retain(|listed| listed.addr != entry.address);
                    } else {
                        list.push(Listed { addr: entry.address, vlan: entry.vlan });
                    }
                }
            }
        }
        if let Some(path) = config.wpa_psk_file() {
            let (name, contents) = find(path)?;
            let entries = conf::ap::parse_psk_file(&name, contents).map_err(|notice| notice.to_string())?;
            lists.psks = profile::psks(entries);
        }
        for path in config.sae_password_file() {
            let (name, contents) = find(path)?;
            let more = conf::ap::parse_sae_password_file(&name, contents).map_err(|notice| notice.to_string())?;
            lists.sae_passwords.extend(profile::passwords(&more));
        }
        Ok(lists)
    }
}
