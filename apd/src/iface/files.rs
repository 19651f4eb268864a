//! Files that parameters name.

use ap::Lists;
use crypto::Rng;
use wire::Instant;

use crate::iface::{BssStep, Iface};
use crate::outbox::{BssId, FilePurpose, Outbox};
use crate::setup::files_of;

impl Iface {
    /// Asks for the files of a BSS that were not read yet. Gives how many that are.
    pub(super) fn ask_files(&mut self, bss: usize, out: &mut Outbox) -> usize {
        let mut missing = self.config.bss.get(bss).map(files_of).unwrap_or_default();
        missing.retain(|path| !self.files.contains_key(path));
        let Some(id) = self.slots.get(bss).map(|slot| slot.id) else { return 0 };
        for path in &missing {
            let purpose = FilePurpose::Named { iface: self.id, attempt: self.attempt, bss: id, path: path.clone() };
            let path = if path.starts_with('/') { path.clone() } else { format!("{}/{path}", self.folder) };
            out.read_file(purpose, path, self.named_by);
        }
        missing.len()
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
        let Some(slot) = self.slots.get_mut(bss).filter(|slot| slot.coming == Some(BssStep::Files)) else { return };
        match result {
            Ok(contents) => {
                slot.files_awaited = slot.files_awaited.saturating_sub(1);
                let complete = slot.files_awaited == 0;
                self.files.insert(path, contents);
                if complete {
                    self.start_bss(bss, out, now, rng);
                }
            }
            Err(why) => self.bss_unfit(bss, &format!("{path}: {why}"), out),
        }
    }

    /// What the files that a BSS's parameters name contain.
    pub(crate) fn lists_of(&self, bss: usize) -> Result<Lists, String> {
        let mut lists = Lists::default();
        let Some(config) = self.config.bss.get(bss) else { return Ok(lists) };
        let find = |path: &[u8]| -> (String, &[u8]) {
            let name = String::from_utf8_lossy(path).into_owned();
            let contents = self.files.get(&name).map_or(&[] as &[u8], Vec::as_slice);
            (name, contents)
        };
        for (paths, list) in
            [(config.accept_mac_files(), &mut lists.accept), (config.deny_mac_files(), &mut lists.deny)]
        {
            for path in paths {
                let (name, contents) = find(path);
                let entries = conf::ap::parse_mac_file(&name, contents).map_err(|notice| notice.to_string())?;
                for entry in entries {
                    if entry.remove {
                        list.retain(|addr| *addr != entry.address);
                    } else {
                        list.push(entry.address);
                    }
                }
            }
        }
        if let Some(path) = config.wpa_psk_file() {
            let (name, contents) = find(path);
            lists.psks = conf::ap::parse_psk_file(&name, contents).map_err(|notice| notice.to_string())?;
        }
        for path in config.sae_password_files() {
            let (name, contents) = find(path);
            let more = conf::ap::parse_sae_password_file(&name, contents).map_err(|notice| notice.to_string())?;
            lists.sae_passwords.extend(more);
        }
        Ok(lists)
    }
}
