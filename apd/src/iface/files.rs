//! Files that parameters name.

use ap::Lists;
use crypto::Rng;
use ipc_proto::Request;
use wire::Instant;

use crate::iface::{Iface, State, Step};
use crate::outbox::{FilePurpose, Outbox};
use crate::setup::files_of;

impl Iface {
    pub(super) fn ask_files(&mut self, out: &mut Outbox) -> Result<Option<Request>, Step> {
        let mut missing: Vec<String> = self.config.bss.iter().flat_map(files_of).collect();
        missing.retain(|path| !self.files.contains_key(path));
        self.files_awaited = missing.len();
        if missing.is_empty() {
            return Err(Step::Start);
        }
        for path in missing {
            let purpose = FilePurpose::Named { iface: self.id, attempt: self.attempt, path: path.clone() };
            let path = if path.starts_with('/') { path } else { format!("{}/{path}", self.folder) };
            out.read_file(purpose, path, self.named_by);
        }
        Ok(None)
    }

    /// A file that a parameter names was read, or not.
    pub(crate) fn file_read(
        &mut self,
        path: String,
        result: Result<Vec<u8>, String>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        match result {
            Ok(contents) => {
                self.files.insert(path, contents);
                self.files_awaited = self.files_awaited.saturating_sub(1);
                if self.files_awaited == 0 && self.state == State::Coming(Step::Files) {
                    self.begin(out, now, rng);
                }
            }
            Err(why) => self.give_up(&format!("{path}: {why}"), out),
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
