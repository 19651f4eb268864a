//! Commands of the global socket of the station daemon.

use super::StationCommand;
use crate::ParseError;
use crate::args::{Parsed, count, datagram, split, utf8};
use alloc::{string::String, vec::Vec};
use wire::MacAddr;

/// A command to the station daemon as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlobalStationCommand {
    /// `IFNAME=wlan0 COMMAND`: a command for an interface; what is wrong with that command is found when it is read.
    Interface {
        /// The interface.
        ifname: String,
        /// The command, to be read with [`StationCommand::parse`].
        command: Vec<u8>,
    },
    /// A command that the originals hand to the interface that was added first.
    FirstInterface(StationCommand),
    /// `PING`.
    Ping,
    /// `ATTACH`.
    Attach {
        /// Probe requests too.
        probe_requests: bool,
    },
    /// `DETACH`.
    Detach,
    /// `LEVEL n`.
    Level(crate::LogLevel),
    /// `INTERFACE_ADD …`.
    InterfaceAdd(InterfaceAdd),
    /// `INTERFACE_REMOVE wlan0`.
    InterfaceRemove(String),
    /// `INTERFACE_LIST`: interfaces that could be added.
    InterfaceList,
    /// `INTERFACES [ctrl]`: interfaces that were added.
    Interfaces {
        /// With their control interfaces.
        ctrl: bool,
    },
    /// `STATUS`.
    Status,
    /// `SAVE_CONFIG`: of every interface.
    SaveConfig,
    /// `DUP_NETWORK from-interface to-interface from to field`.
    DupNetwork {
        /// The interface to copy from.
        from_ifname: String,
        /// The interface to copy to.
        to_ifname: String,
        /// The network to copy from.
        from: u32,
        /// The network to copy to.
        to: u32,
        /// The field.
        field: String,
    },
    /// `SUSPEND`.
    Suspend,
    /// `RESUME`.
    Resume,
    /// `TERMINATE`.
    Terminate,
    /// `RELOG`.
    Relog,
    /// `NOTE text`.
    Note(String),
}

/// An interface to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceAdd {
    /// Its name.
    pub ifname: String,
    /// Its configuration file.
    pub config: Option<String>,
    /// Its driver interface.
    pub driver: Option<String>,
    /// Its `ctrl_interface`.
    pub ctrl_interface: Option<String>,
    /// Options for the driver interface.
    pub driver_param: Option<String>,
    /// The bridge it is a port of.
    pub bridge: Option<String>,
    /// Make it; `None` if it exists.
    pub create: Option<CreateInterface>,
}

/// An interface to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreateInterface {
    /// Of type AP rather than station.
    pub ap: bool,
    /// With this address.
    pub address: Option<MacAddr>,
}

impl GlobalStationCommand {
    /// Reads a datagram.
    ///
    /// # Errors
    /// If there is no such command, or its arguments are wrong.
    pub fn parse(bytes: &[u8]) -> Result<GlobalStationCommand, ParseError> {
        use GlobalStationCommand as G;
        let text = datagram(bytes);
        if let Some(rest) = text.strip_prefix(b"IFNAME=")
            && let (ifname, Some(command)) = split(rest)
        {
            return Ok(G::Interface { ifname: utf8(ifname)?, command: command.to_vec() });
        }
        let (word, rest) = split(text);
        Ok(match (word, rest) {
            (b"PING", None) => G::Ping,
            (b"ATTACH", None) => G::Attach { probe_requests: false },
            (b"ATTACH", Some(rest)) => G::Attach { probe_requests: crate::args::has_word(rest, "probe_rx_events=1") },
            (b"DETACH", None) => G::Detach,
            (b"LEVEL", Some(rest)) => G::Level(crate::LogLevel::from_number(crate::args::number(rest)?)),
            (b"INTERFACE_ADD", Some(rest)) => G::InterfaceAdd(interface_add(rest)?),
            (b"INTERFACE_REMOVE", Some(rest)) => G::InterfaceRemove(utf8(rest)?),
            (b"INTERFACE_LIST", None) => G::InterfaceList,
            (b"INTERFACES", None) => G::Interfaces { ctrl: false },
            (b"INTERFACES", Some(rest)) => G::Interfaces { ctrl: rest == b"ctrl" },
            (b"STATUS", None) => G::Status,
            (b"SAVE_CONFIG", None) => G::SaveConfig,
            (b"DUP_NETWORK", Some(rest)) => dup_network(rest)?,
            (b"SUSPEND", None) => G::Suspend,
            (b"RESUME", None) => G::Resume,
            (b"TERMINATE", None) => G::Terminate,
            (b"RELOG", _) => G::Relog,
            (b"NOTE", Some(rest)) => G::Note(String::from_utf8_lossy(rest).into_owned()),
            (b"LIST_NETWORKS" | b"STA-FIRST", None)
            | (b"GET_CAPABILITY" | b"GET_NETWORK" | b"REMOVE_NETWORK" | b"STA" | b"STA-NEXT" | b"SET", Some(_)) => {
                G::FirstInterface(StationCommand::parse(text)?)
            }
            _ => return Err(ParseError::Unknown),
        })
    }
}

fn dup_network(rest: &[u8]) -> Parsed<GlobalStationCommand> {
    let (from_ifname, rest) = split(rest);
    let (to_ifname, rest) = split(rest.ok_or(ParseError::Invalid)?);
    let (from, rest) = split(rest.ok_or(ParseError::Invalid)?);
    let (to, field) = split(rest.ok_or(ParseError::Invalid)?);
    Ok(GlobalStationCommand::DupNetwork {
        from_ifname: utf8(from_ifname)?,
        to_ifname: utf8(to_ifname)?,
        from: count(from)?,
        to: count(to)?,
        field: utf8(field.ok_or(ParseError::Invalid)?)?,
    })
}

/// Fields between tabs; an empty one is not given.
fn interface_add(rest: &[u8]) -> Parsed<InterfaceAdd> {
    let mut fields = rest.split(|b| *b == b'\t');
    let mut next =
        || -> Parsed<Option<String>> { fields.next().filter(|field| !field.is_empty()).map(utf8).transpose() };
    let mut add = InterfaceAdd {
        ifname: next()?.ok_or(ParseError::Invalid)?,
        config: next()?,
        driver: next()?,
        ctrl_interface: next()?,
        driver_param: next()?,
        bridge: next()?,
        create: None,
    };
    match next()?.as_deref() {
        None => {}
        Some("create") => {
            let ap = match next()?.as_deref() {
                None | Some("sta") => false,
                Some("ap") => true,
                Some(_) => return Err(ParseError::Invalid),
            };
            let address = next()?.map(|text| crate::args::mac(text.as_bytes())).transpose()?;
            add.create = Some(CreateInterface { ap, address });
        }
        Some(_) => return Err(ParseError::Invalid),
    }
    Ok(add)
}
