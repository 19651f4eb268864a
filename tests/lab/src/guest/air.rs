//! The air as the simulation shows it to its own monitor: who hears there hears every radio.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::process::Command;

use ipc_proto::TransmitParameters;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, bind, recv, socket};

use crate::failure::{During as _, Failure, Outcome, check};

/// The monitor of mac80211_hwsim.
const MONITOR: &str = "hwsim0";
/// What the body of each frame of an attack ends with.
const MARK: &[u8] = b"spoken by a daemon that was taken over";
/// A device that is nobody's, and everybody.
const NEIGHBOUR: [u8; 6] = [0, 0x16, 0x3e, 0, 0, 0x99];
const EVERYBODY: [u8; 6] = [0xff; 6];

/// Somebody who hears everything.
#[derive(Debug)]
pub struct Ear(OwnedFd);

impl Ear {
    /// Begins to hear.
    pub fn open() -> Outcome<Self> {
        let up = Command::new("ip").args(["link", "set", MONITOR, "up"]).status()?;
        check(up.success(), || format!("{MONITOR} does not come up"))?;
        let all = nix::ifaddrs::getifaddrs().during(|| "the list of interfaces".into())?;
        let mut all = all.filter(|found| found.interface_name == MONITOR);
        let address = all.find_map(|found| found.address.and_then(|address| address.as_link_addr().copied()));
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let air = socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)?;
        bind(air.as_raw_fd(), &address.during(|| format!("no interface {MONITOR}"))?)?;
        Ok(Self(air))
    }

    /// How many frames of an attack were sent since it was asked last.
    pub fn marked(&self) -> usize {
        let mut buffer = [0; 4096];
        let mut count = 0;
        while let Ok(length) = recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            let frame = buffer.get(..length).unwrap_or_default();
            count += usize::from(frame.windows(MARK.len()).any(|window| window == MARK));
        }
        count
    }
}

fn subtype(word: &str) -> Outcome<u8> {
    // IEEE Std 802.11-2020, Table 9-1.
    match word {
        "assoc-request" => Ok(0x00),
        "assoc-response" => Ok(0x10),
        "probe-response" => Ok(0x50),
        "beacon" => Ok(0x80),
        "disassoc" => Ok(0xa0),
        "auth" => Ok(0xb0),
        "deauth" => Ok(0xc0),
        "action" => Ok(0xd0),
        other => Err(Failure::new(format!("\"{other}\" is no frame"))),
    }
}

/// A marked frame of this type to a neighbour, with these as its transmitter and BSSID: `own`, `neighbour` or `everybody`.
pub fn frame(own: [u8; 6], words: [&str; 3]) -> Outcome<TransmitParameters> {
    let [kind, source, bssid] = words;
    let address = |word: &str| match word {
        "own" => Ok(own),
        "neighbour" => Ok(NEIGHBOUR),
        "everybody" => Ok(EVERYBODY),
        other => Err(Failure::new(format!("\"{other}\" is nobody's address"))),
    };
    let head = [subtype(kind)?, 0, 0, 0];
    // A public Action frame of a vendor (9.6.7.1), which needs no connection.
    let frame = [&head[..], &NEIGHBOUR, &address(source)?, &address(bssid)?, &[0, 0, 4, 9], MARK].concat();
    Ok(TransmitParameters {
        freq: Some(2412),
        wait: 20,
        frame,
        no_cck: false,
        no_ack: true,
        offchannel: true,
        link: None,
    })
}
