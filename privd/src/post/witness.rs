//! What the superuser has named on a control socket, or in a file that only he may write: a daemon may have that too.
//!
//! Commands are not understood here. A name counts where it stands literally, between the characters that separate
//! words; what else a command says is the daemon's matter.

use std::collections::VecDeque;
use std::path::Path;

use ipc_proto::post::SocketId;
use zeroize::Zeroizing;

use super::naming;

/// Most commands that are remembered, and the longest of them. Nobody but the superuser can fill this.
const MOST: usize = 256;
const LONGEST: usize = 4096;

struct Said {
    socket: SocketId,
    text: Zeroizing<Vec<u8>>,
}

/// The superuser's commands that name something, until their interface is removed or their socket closed.
pub(super) struct Witness {
    said: VecDeque<Said>,
    saving: bool,
}

pub(super) const fn separates(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b':' | b',' | b'"')
}

/// Does this word stand in the text, separated from others?
fn stands_in(text: &[u8], word: &[u8]) -> bool {
    let at = |place: usize| text.get(place..).is_some_and(|rest| rest.starts_with(word));
    let ends = |place: usize| text.get(place).copied().is_none_or(separates);
    let begins = |place: usize| place.checked_sub(1).is_none_or(ends);
    !word.is_empty()
        && (0..text.len()).any(|place| at(place) && begins(place) && ends(place.saturating_add(word.len())))
}

/// The names that a path may have in a text: in full, from the folder in which the daemon was started, and with the
/// old name of /run.
fn spellings(path: &Path, started: Option<&Path>) -> Vec<Vec<u8>> {
    let octets = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
    let mut list = vec![octets(path)];
    list.extend(started.and_then(|folder| path.strip_prefix(folder).ok()).map(octets));
    list.extend(path.strip_prefix("/run").ok().map(|rest| octets(&Path::new("/var/run").join(rest))));
    list
}

/// What is asked about: a file, or a folder with the group of its sockets.
pub(super) struct Names {
    spellings: Vec<Vec<u8>>,
    group: Option<Vec<u8>>,
}

impl Names {
    pub(super) fn of_file(path: &Path, started: Option<&Path>) -> Names {
        Names { spellings: spellings(path, started), group: None }
    }

    pub(super) fn of_folder(path: &Path, started: Option<&Path>, group: Option<&str>) -> Names {
        Names { spellings: spellings(path, started), group: group.map(|group| group.as_bytes().to_vec()) }
    }

    fn stand_in(&self, text: &[u8]) -> bool {
        let named = self.spellings.iter().any(|name| stands_in(text, name));
        named && self.group.as_ref().is_none_or(|group| stands_in(text, group))
    }

    /// Do they stand as values in a configuration's text?
    pub(super) fn stand_in_file(&self, text: &[u8]) -> bool {
        let stands = |word: &[u8]| naming::values(text).any(|(_, value)| stands_in(value, word));
        self.spellings.iter().any(|name| stands(name)) && self.group.as_ref().is_none_or(|group| stands(group))
    }
}

impl Witness {
    pub(super) const fn new() -> Witness {
        Witness { said: VecDeque::new(), saving: false }
    }

    /// A command came in the superuser's name.
    pub(super) fn hear(&mut self, socket: SocketId, text: &[u8]) {
        if let Some(value) = text.strip_prefix(b"SET update_config ") {
            self.saving = value.first().is_some_and(|digit| (b'1'..=b'9').contains(digit));
        }
        let word = |text: &[u8], number: usize| {
            text.split(|octet| separates(*octet)).nth(number).unwrap_or_default().to_ascii_uppercase()
        };
        let (command, interface) = (word(text, 0), word(text, 1));
        if command == b"INTERFACE_REMOVE" || command == b"REMOVE" {
            self.said.retain(|said| said.socket != socket || word(&said.text, 1) != interface);
        }
        let setting = command == b"SET" || command == b"SET_NETWORK";
        let parameter = if command == b"SET" { interface } else { word(text, 2) };
        if setting && naming::is_text(&parameter) {
            return;
        }
        let path = text.iter().enumerate().any(|(place, octet)| {
            let begins = place.checked_sub(1).and_then(|before| text.get(before)).copied().is_none_or(separates);
            *octet == b'/' && begins
        });
        // A list may be named in the folder in which the daemon was started, so without any slash.
        let list = setting && naming::is_name(&parameter);
        let names = path || list || command == b"INTERFACE_ADD" || command == b"ADD";
        let known = self.said.iter().any(|said| said.socket == socket && said.text.as_slice() == text);
        if !names || known || text.len() > LONGEST {
            return;
        }
        if self.said.len() >= MOST {
            self.said.pop_front();
        }
        self.said.push_back(Said { socket, text: Zeroizing::new(text.to_vec()) });
    }

    /// A control socket is closed, and its interface gone.
    pub(super) fn forget(&mut self, socket: SocketId) {
        self.said.retain(|said| said.socket != socket);
    }

    /// Has the superuser named this?
    pub(super) fn named(&self, names: &Names) -> bool {
        self.said.iter().any(|said| names.stand_in(&said.text))
    }

    /// Has he said this word?
    pub(super) fn has_said(&self, word: &[u8]) -> bool {
        self.said.iter().any(|said| stands_in(&said.text, word))
    }

    /// Has he said that configurations may be saved, whatever they say themselves?
    pub(super) const fn allows_saving(&self) -> bool {
        self.saving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Names {
        Names::of_file(Path::new(path), Some(Path::new("/srv")))
    }

    #[test]
    fn a_name_counts_where_it_stands_literally() {
        let mut witness = Witness::new();
        witness.hear(1, b"INTERFACE_ADD wlan1\t/etc/a dir/a.conf\tnl80211\tDIR=/run/x GROUP=wheel");
        witness.hear(1, b"SET_NETWORK 0 ca_cert \"/etc/ca.pem\"");
        witness.hear(1, b"ADD bss_config=phy0:conf/b.conf");
        witness.hear(1, b"SET wpa_psk_file ap.psk");
        for path in ["/etc/a dir/a.conf", "/etc/ca.pem", "/srv/conf/b.conf", "/srv/ap.psk"] {
            assert!(witness.named(&file(path)), "{path}");
        }
        for path in ["/etc/ca.pe", "/etc/ca.pem2", "/etc", "/a.conf", "/etc/a dir/a.con", "/conf/b.conf"] {
            assert!(!witness.named(&file(path)), "{path}");
        }
        let folder = |path: &str, group: Option<&str>| witness.named(&Names::of_folder(Path::new(path), None, group));
        assert!(folder("/run/x", Some("wheel")) && folder("/run/x", None));
        assert!(
            !folder("/run/x", Some("whee")) && !folder("/run", Some("wheel")) && !folder("/etc/ca.pem", Some("wheel"))
        );
    }

    #[test]
    fn what_was_named_for_an_interface_ends_with_it() {
        let mut witness = Witness::new();
        witness.hear(1, b"INTERFACE_ADD wlan1\t/etc/a.conf");
        witness.hear(1, b"INTERFACE_ADD wlan2\t/etc/b.conf");
        witness.hear(2, b"SET wpa_psk_file /etc/c.psk");
        witness.hear(1, b"INTERFACE_REMOVE wlan1");
        assert!(!witness.named(&file("/etc/a.conf")) && witness.named(&file("/etc/b.conf")));
        witness.forget(2);
        assert!(!witness.named(&file("/etc/c.psk")));
    }

    #[test]
    fn only_the_newest_commands_are_kept_and_no_passphrase() {
        let mut witness = Witness::new();
        witness.hear(1, b"SET_NETWORK 0 psk \"half/and/half\"");
        witness.hear(1, b"SET_NETWORK 0 psk \"half /half\"");
        witness.hear(1, b"SET wpa_passphrase /etc/shadow");
        assert_eq!(witness.said.len(), 0);
        for number in 0..2 * MOST {
            witness.hear(1, format!("SET wpa_psk_file /etc/{number}").as_bytes());
            witness.hear(1, format!("SET wpa_psk_file /etc/{number}").as_bytes());
        }
        assert_eq!(witness.said.len(), MOST);
        witness.hear(1, &[b'/'; LONGEST + 1]);
        assert!(!witness.named(&file("/etc/0")) && witness.named(&file(&format!("/etc/{}", 2 * MOST - 1))));
    }

    #[test]
    fn in_a_file_values_count_and_comments_do_not() {
        let text = b"# see=/etc/shadow\ninterface=wlan0\n wpa_psk_file=/etc/a.psk\nctrl_interface=DIR=/run/x GROUP=g\n";
        assert!(file("/etc/a.psk").stand_in_file(text));
        assert!(Names::of_folder(Path::new("/run/x"), None, Some("g")).stand_in_file(text));
        for path in ["/etc/shadow", "/etc/a", "wpa_psk_file"] {
            assert!(!file(path).stand_in_file(text), "{path}");
        }
    }

    #[test]
    fn the_old_name_of_run_is_the_same_place() {
        let mut witness = Witness::new();
        witness.hear(1, b"INTERFACE_ADD wlan1\t\tnl80211\t/var/run/x");
        assert!(witness.named(&Names::of_folder(Path::new("/run/x"), None, None)));
    }

    #[test]
    fn saving_is_allowed_until_it_is_taken_back() {
        let mut witness = Witness::new();
        assert!(!witness.allows_saving());
        witness.hear(1, b"SET update_config 1");
        assert!(witness.allows_saving());
        witness.hear(1, b"SET update_config 0");
        assert!(!witness.allows_saving());
    }
}
