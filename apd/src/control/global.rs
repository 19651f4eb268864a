//! Commands to the daemon as a whole.

use conf::ap::ApConfig;
use crypto::Rng;
use ctrl::ap::AddInterface;
use ctrl::reply::{FAIL, OK, PONG};
use ctrl::{GlobalApCommand, Subscriber};
use ipc_proto::post::ClientId;
use tracing::{error, warn};
use wire::Instant;

use crate::machine::Apd;
use crate::outbox::{Addition, FilePurpose};

impl Apd {
    /// Does a command, and answers it unless the answer has to wait.
    pub(crate) fn global_command(&mut self, command: GlobalApCommand, client: ClientId, now: Instant) {
        let answer = match command {
            // Taken apart before it comes here.
            GlobalApCommand::Interface { .. } | GlobalApCommand::DupNetwork => FAIL.to_vec(),
            GlobalApCommand::Ping => PONG.to_vec(),
            GlobalApCommand::Attach { probe_requests } => {
                self.global_clients.insert(client, Subscriber { probe_requests, ..Subscriber::default() });
                OK.to_vec()
            }
            GlobalApCommand::Detach if self.global_clients.remove(&client).is_some() => OK.to_vec(),
            GlobalApCommand::Detach => FAIL.to_vec(),
            GlobalApCommand::Relog => self.reopen_log(),
            GlobalApCommand::Flush => OK.to_vec(),
            GlobalApCommand::Add(AddInterface::Empty { ifname, ctrl_interface, .. }) => {
                return self.add_empty(&ifname, &ctrl_interface, client);
            }
            GlobalApCommand::Add(AddInterface::Config { ifname, file }) => {
                return self.read_addition(file, Some(ifname), None, client);
            }
            GlobalApCommand::Add(AddInterface::BssConfig { phy, file }) => {
                return self.read_addition(file, None, Some(phy), client);
            }
            GlobalApCommand::Remove(ifname) => self.remove_named(&ifname, now),
            GlobalApCommand::Interfaces { ctrl } => self.interfaces_text(ctrl),
            GlobalApCommand::Terminate => {
                self.out.reply(client, OK);
                return self.terminate(now);
            }
        };
        self.out.reply(client, answer);
    }

    fn interfaces_text(&self, ctrl: bool) -> Vec<u8> {
        let mut text = String::new();
        for iface in &self.ifaces {
            for bss in &iface.config.bss {
                text.push_str(bss.interface());
                if ctrl && let Some(control) = bss.control_directory() {
                    text.push_str(" ctrl_iface=");
                    text.push_str(&control.directory);
                }
                text.push('\n');
            }
        }
        text.into_bytes()
    }

    fn add_empty(&mut self, ifname: &str, ctrl_interface: &str, client: ClientId) {
        let mut config = ApConfig::for_interface(ifname);
        let named = config.set(0, b"ctrl_interface", ctrl_interface.as_bytes()).is_ok();
        if !named || self.named(ifname).is_some() || config.bss.first().is_none_or(|bss| bss.interface() != ifname) {
            return self.out.reply(client, FAIL);
        }
        let id = self.add(config, None, std::collections::BTreeMap::new());
        self.answer_when_open(id, client);
    }

    fn read_addition(&mut self, file: String, ifname: Option<String>, radio: Option<String>, client: ClientId) {
        let path = if file.starts_with('/') { file } else { format!("{}/{file}", self.folder) };
        let purpose = FilePurpose::Add(Addition { path: path.clone(), ifname, radio, client });
        self.out.read_file(purpose, path);
    }

    /// Without a directory for control sockets none is waited for.
    fn expect_no_socket(&mut self, id: crate::outbox::IfaceId) {
        if let Some(slot) = self.iface_mut(id).and_then(|iface| iface.slots.last_mut()) {
            slot.open |= slot.socket.is_none();
        }
    }

    /// The answer waits for the control socket, which the client is going to use.
    fn answer_when_open(&mut self, id: crate::outbox::IfaceId, client: ClientId) {
        self.open_sockets();
        match self.iface(id).and_then(|iface| iface.slots.iter().rev().find_map(|slot| slot.socket)) {
            Some(socket) => {
                self.openers.insert(socket, client);
            }
            None => self.out.reply(client, OK),
        }
    }

    /// A configuration file that an ADD names was read.
    pub(crate) fn add_from_file(
        &mut self,
        Addition { path, ifname, radio, client }: Addition,
        result: Result<Vec<u8>, String>,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let parsed =
            result.and_then(|contents| ApConfig::parse(&path, &contents).map_err(|rejected| rejected.to_string()));
        let (mut config, notices) = match parsed {
            Ok(parsed) => parsed,
            Err(why) => {
                error!("{path}: {why}");
                return self.out.reply(client, FAIL);
            }
        };
        notices.iter().for_each(|notice| warn!("{notice}"));
        if let Some(name) = &ifname
            && config.set(0, b"interface", name.as_bytes()).is_err()
        {
            return self.out.reply(client, FAIL);
        }
        if config.bss.iter().any(|bss| self.named(bss.interface()).is_some()) {
            error!("{path}: an interface of this name is there already");
            return self.out.reply(client, FAIL);
        }
        let joined = radio.as_ref().and_then(|radio| {
            let is_it = |iface: &&crate::iface::Iface| {
                iface.radio_name.as_ref() == Some(radio)
                    || iface.wiphy.as_ref().is_some_and(|wiphy| wiphy.name == *radio)
            };
            self.ifaces.iter().find(is_it).map(|iface| iface.id)
        });
        let privd = self.privd;
        let id = match joined {
            // A further BSS of a radio: it comes up beside those that are there.
            Some(id) => {
                if let Some((iface, out)) = self.both(id)
                    && iface.add_bss(config.bss, client, out, now, rng)
                {
                    self.open_sockets();
                    return self.expect_no_socket(id);
                }
                id
            }
            None => {
                let id = self.add(config, Some(path), std::collections::BTreeMap::new());
                if let Some((iface, out)) = self.both(id) {
                    iface.radio_name = radio;
                    iface.enable(out, privd);
                }
                id
            }
        };
        self.answer_when_open(id, client);
    }

    fn remove_named(&mut self, ifname: &str, now: Instant) -> Vec<u8> {
        let Some(of) = self.named(ifname) else { return FAIL.to_vec() };
        if of.bss == 0 {
            self.remove(of.iface, now);
            return OK.to_vec();
        }
        if let Some((iface, out)) = self.both(of.iface) {
            iface.take_down(of.bss, out, now);
        }
        // Its listeners still hear who has left.
        self.say();
        if let Some((iface, out)) = self.both(of.iface) {
            iface.drop_bss(of.bss, out);
        }
        OK.to_vec()
    }
}
