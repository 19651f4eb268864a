//! Radio switches.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;

const TYPE_WLAN: u8 = 1;
const OPERATION_DELETE: u8 = 1;
const OPERATION_CHANGE_ALL: u8 = 3;

/// The device of radio switches, and what is known of them.
#[derive(Debug)]
pub(super) struct Rfkill {
    device: File,
    /// Names of radios by the switch's number, as far as the file system told before the lockdown.
    names: BTreeMap<u32, String>,
    blocked: BTreeMap<u32, bool>,
}

/// One message of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    index: u32,
    gone: bool,
    blocked: bool,
}

/// `None`: it is not about one Wi-Fi radio.
fn decode(bytes: &[u8]) -> Option<Change> {
    let [i0, i1, i2, i3, TYPE_WLAN, operation, soft, hard, ..] = *bytes else { return None };
    let index = u32::from_ne_bytes([i0, i1, i2, i3]);
    (operation != OPERATION_CHANGE_ALL).then_some(Change {
        index,
        gone: operation == OPERATION_DELETE,
        blocked: soft != 0 || hard != 0,
    })
}

/// Reads what may be a message of the device.
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(bytes: &[u8]) {
    let _ = decode(bytes);
}

fn names() -> BTreeMap<u32, String> {
    let Ok(folder) = std::fs::read_dir("/sys/class/rfkill") else { return BTreeMap::new() };
    let entry = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let index = entry.file_name().to_str()?.strip_prefix("rfkill")?.parse().ok()?;
        let name = std::fs::read_to_string(entry.path().join("name")).ok()?;
        Some((index, name.trim().to_owned()))
    };
    folder.filter_map(entry).collect()
}

impl Rfkill {
    /// Takes the device, or opens it. There may be none, as in a container.
    pub(super) fn open(device: Option<OwnedFd>) -> io::Result<Rfkill> {
        let flags = OFlag::O_NONBLOCK.bits();
        let open = || File::options().read(true).custom_flags(flags).open("/dev/rfkill");
        let device = device.map(File::from).map_or_else(open, Ok)?;
        Ok(Rfkill { device, names: names(), blocked: BTreeMap::new() })
    }

    /// Reads what has changed; whether anything has.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        let mut changed = false;
        let mut buffer = [0; 32];
        loop {
            let length = match (&self.device).read(&mut buffer) {
                Ok(0) => return Ok(changed),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(changed),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(change) = buffer.get(..length).and_then(decode) else { continue };
            if change.gone {
                self.names.remove(&change.index);
                changed |= self.blocked.remove(&change.index).is_some();
            } else {
                changed |= self.blocked.insert(change.index, change.blocked) != Some(change.blocked);
            }
        }
    }

    /// A radio appeared: it is the one of the oldest switch whose radio is not known.
    pub(super) fn radio_added(&mut self, name: &str) {
        if self.names.values().any(|known| known == name) {
            return;
        }
        let unknown = self.blocked.keys().find(|index| !self.names.contains_key(index)).copied();
        if let Some(index) = unknown {
            self.names.insert(index, name.to_owned());
        }
    }

    /// A switch of this radio is off.
    pub(super) fn is_blocked(&self, radio: &str) -> bool {
        let of_radio = |(index, name): (&u32, &String)| name == radio && self.blocked.get(index) == Some(&true);
        self.names.iter().any(of_radio)
    }
}

impl AsFd for Rfkill {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_device() {
        let on = [3, 0, 0, 0, 1, 2, 0, 0];
        assert_eq!(decode(&on), Some(Change { index: 3, gone: false, blocked: false }));
        assert_eq!(decode(&[3, 0, 0, 0, 1, 2, 0, 1, 9]), Some(Change { index: 3, gone: false, blocked: true }));
        assert_eq!(decode(&[3, 0, 0, 0, 2, 2, 1, 0]), None);
        assert_eq!(decode(&[3, 0, 0, 0, 1, 3, 1, 0]), None);
        assert_eq!(decode(&[3, 0, 0, 0, 1, 1, 1, 0]), Some(Change { index: 3, gone: true, blocked: true }));
        assert_eq!(decode(&on[..7]), None);
    }
}
