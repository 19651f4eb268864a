//! Tells privd which interfaces and bridges the superuser has named: in a command that adds or removes some, or in a
//! configuration that only he may write. Names are taken where they stand; what a command or file says is not understood.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::witness::{FromWitness, MAX_NAMES, ToWitness};
use policy::grant::Names;

/// Parameters of a configuration that name an interface or a bridge.
const PARAMETERS: [&[u8]; 3] = [b"interface", b"bss", b"bridge"];
/// Largest configuration that is looked through, octets.
const LARGEST: usize = 1024 * 1024;

/// The line to privd, and what was said on it.
pub(super) struct Teller {
    line: Option<Channel<FromWitness, ToWitness>>,
    named: BTreeSet<String>,
}

/// Words that may be names of interfaces.
fn names(text: &[u8]) -> impl Iterator<Item = String> {
    let words = text.split(|octet| octet.is_ascii_whitespace() || *octet == b'=');
    let words = words.filter_map(|word| std::str::from_utf8(word).ok());
    words.filter(|word| Names::one(word).is_ok()).map(str::to_owned)
}

impl Teller {
    pub(super) fn new(line: Option<OwnedFd>) -> Teller {
        let line = line.and_then(|fd| Channel::new(fd).ok());
        Teller { line, named: BTreeSet::new() }
    }

    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.line.as_ref().map(Channel::as_fd)
    }

    fn tell(&mut self, message: &FromWitness) {
        let Some(line) = &self.line else { return };
        // It is read before each request: what does not fit now was never needed so much.
        if let Err(error) = line.send(message, None) {
            tracing::warn!("privd does not hear what the superuser names: {error}");
        }
    }

    /// The superuser gave this command.
    pub(super) fn said(&mut self, command: &[u8]) {
        let verb = command.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_ascii_uppercase();
        let rest = || command.get(verb.len()..).unwrap_or_default();
        match verb.as_slice() {
            b"INTERFACE_ADD" | b"ADD" => self.name(names(rest())),
            b"SET" => {
                let mut words = rest().trim_ascii().splitn(2, u8::is_ascii_whitespace);
                if words.next().is_some_and(|parameter| PARAMETERS.contains(&parameter)) {
                    self.name(names(words.next().unwrap_or_default()));
                }
            }
            b"INTERFACE_REMOVE" | b"REMOVE" => {
                let gone: Vec<String> = names(rest()).filter(|name| self.named.remove(name)).collect();
                if !gone.is_empty() {
                    self.tell(&FromWitness::Gone(gone));
                }
            }
            _ => {}
        }
    }

    /// The daemon is given a file that only the superuser may write.
    pub(super) fn written(&mut self, file: &OwnedFd) {
        let Ok(mut file) = file.try_clone().map(std::fs::File::from) else { return };
        let length = file.metadata().map_or(usize::MAX, |found| usize::try_from(found.len()).unwrap_or(usize::MAX));
        if self.line.is_none() || length > LARGEST {
            return;
        }
        let mut text = zeroize::Zeroizing::new(vec![0; length]);
        // The daemon, which has the same place in the file, begins where this did.
        let read = file.read_exact(&mut text);
        if let Err(error) = read.and(file.rewind()) {
            tracing::warn!("what a configuration names is not known: {error}");
            return;
        }
        let values = text.split(|octet| *octet == b'\n').filter_map(|line| {
            let equals = line.iter().position(|octet| *octet == b'=')?;
            let (parameter, value) = line.split_at_checked(equals)?;
            PARAMETERS.contains(&parameter.trim_ascii()).then(|| value.get(1..).unwrap_or_default())
        });
        let found: Vec<String> = values.flat_map(names).collect();
        self.name(found.into_iter());
    }

    fn name(&mut self, found: impl Iterator<Item = String>) {
        let room = MAX_NAMES.saturating_sub(self.named.len());
        let new: Vec<String> = found.filter(|name| !self.named.contains(name)).take(room).collect();
        if !new.is_empty() {
            self.named.extend(new.iter().cloned());
            self.tell(&FromWitness::Named(new));
        }
    }

    /// A privd that has begun anew hears everything again.
    pub(super) fn serve(&mut self) {
        while let Some(line) = &mut self.line {
            match line.receive() {
                Ok((ToWitness::Again, _)) => {
                    let all: Vec<String> = self.named.iter().cloned().collect();
                    self.tell(&FromWitness::Named(all));
                }
                Err(ChannelError::WouldBlock) => return,
                Err(ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_)) => self.line = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ipc_proto::channel::pair;

    use super::*;

    fn heard(privd: &mut Channel<ToWitness, FromWitness>) -> Vec<FromWitness> {
        std::iter::from_fn(|| privd.receive().ok().map(|(message, _)| message)).collect()
    }

    fn both() -> (Teller, Channel<ToWitness, FromWitness>) {
        let (posts, privds) = pair().unwrap();
        (Teller::new(Some(posts)), Channel::new(privds).unwrap())
    }

    fn named(names: &[&str]) -> FromWitness {
        FromWitness::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn commands_that_add_name_and_those_that_remove_take_back() {
        let (mut teller, mut privd) = both();
        teller.said(b"INTERFACE_ADD wlan1\t/etc/a.conf\tnl80211\t/run/x\t\tbr0");
        teller.said(b"SET_NETWORK 0 ssid \"wlan7\"");
        teller.said(b"INTERFACE_ADD wlan1");
        teller.said(b"SET bridge br7");
        teller.said(b"SET ssid br8");
        teller.said(b"INTERFACE_REMOVE wlan1");
        let said = heard(&mut privd);
        let gone = FromWitness::Gone(vec!["wlan1".into()]);
        assert_eq!(said, [named(&["wlan1", "nl80211", "br0"]), named(&["br7"]), gone]);
    }

    #[test]
    fn a_configuration_names_its_interfaces_and_is_read_from_the_beginning_afterwards() {
        let (mut teller, mut privd) = both();
        let path = std::env::temp_dir().join(format!("teller-{}", std::process::id()));
        let text = "# bss=no\ninterface=wlan3\nssid=wlan9\nbss=wlan3_0\nbridge = br7\nwpa_passphrase=bridge=br9\n";
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        let mut file = std::fs::File::open(&path).unwrap();
        teller.written(&file.try_clone().unwrap().into());
        std::fs::remove_file(path).unwrap();
        assert_eq!(heard(&mut privd), [named(&["wlan3", "wlan3_0", "br7"])]);
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }

    #[test]
    fn a_privd_that_began_anew_hears_all_of_it_again() {
        let (mut teller, mut privd) = both();
        teller.said(b"ADD wlan1 /run/hostapd");
        assert_eq!(heard(&mut privd), [named(&["wlan1"])]);
        privd.send(&ToWitness::Again, None).unwrap();
        teller.serve();
        assert_eq!(heard(&mut privd), [named(&["wlan1"])]);
    }
}
