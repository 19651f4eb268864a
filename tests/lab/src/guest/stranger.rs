//! Somebody with a radio who belongs to no network: sends whatever frames it likes, in anybody's name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, bind, recv, send, socket};

use super::init::PROGRAMS;
use super::lab::{Host, Lab};
use super::program::Program;
use crate::failure::{During as _, Failure, Outcome};

/// The command of this program that sends frames through a monitor interface of the namespace it runs in.
pub const INJECT: &str = "inject";

/// Octets before each frame: a radiotap header without any field.
const RADIOTAP: [u8; 8] = [0, 0, 8, 0, 0, 0, 0, 0];

/// A hardware address.
pub type Address = [u8; 6];

/// A host whose radio listens to and sends everything.
#[derive(Debug)]
pub struct Stranger {
    host: Host,
    serial: u32,
}

impl Stranger {
    /// A stranger on the 2.4 GHz channel `channel`.
    pub fn appear(lab: &mut Lab, channel: u32) -> Outcome<Self> {
        let host = lab.host("stranger")?;
        let (name, interface) = (host.name.clone(), host.interface.clone());
        lab.run_in(&name, "iw", &["dev", &interface, "set", "type", "monitor"])?;
        lab.run_in(&name, "ip", &["link", "set", &interface, "up"])?;
        lab.run_in(&name, "iw", &["dev", &interface, "set", "channel", &channel.to_string()])?;
        Ok(Self { host, serial: 0 })
    }

    /// Sends these frames, one every millisecond.
    pub fn send(&mut self, lab: &mut Lab, frames: &[Vec<u8>]) -> Outcome {
        let (file, me) = self.written(lab, frames)?;
        lab.run_in(&self.host.name, &me, &[INJECT, &self.host.interface, &file])?;
        lab.step(&format!("the stranger has sent {} frames", frames.len()));
        Ok(())
    }

    /// Begins to send these frames over and over, so many a second, until the program is ended. Commits of SAE are others
    /// each time, and the tokens that are asked for come back.
    pub fn begin(&mut self, lab: &mut Lab, frames: &[Vec<u8>], a_second: u32) -> Outcome<Program> {
        let (file, me) = self.written(lab, frames)?;
        let pause = (1_000_000 / a_second.max(1)).to_string();
        lab.step(&format!("the stranger sends {a_second} frames a second from now on"));
        lab.start(&self.host.name, "stranger", Path::new(&me), &[INJECT, &self.host.interface, &file, &pause])
    }

    /// A file with these frames, and the program that sends them.
    fn written(&mut self, lab: &mut Lab, frames: &[Vec<u8>]) -> Outcome<(String, String)> {
        self.serial += 1;
        let mut text = String::new();
        for frame in frames {
            for octet in frame {
                let _ = write!(text, "{octet:02x}");
            }
            text.push('\n');
        }
        let file = lab.file(&format!("frames-{}", self.serial), &text)?;
        let me = Path::new(PROGRAMS).join("lab").to_string_lossy().into_owned();
        Ok((file.to_string_lossy().into_owned(), me))
    }
}

/// Sends the frames of a file (hexadecimal, one a line) through the monitor interface `interface`: once, or, with a pause
/// between two in microseconds, again and again.
pub fn inject(interface: &str, file: &Path, pause: Option<u64>) -> Outcome {
    let addresses = nix::ifaddrs::getifaddrs().during(|| "the list of interfaces".into())?;
    let address = addresses
        .filter(|found| found.interface_name == interface)
        .find_map(|found| found.address.and_then(|address| address.as_link_addr().copied()))
        .ok_or_else(|| Failure::new(format!("no interface {interface}")))?;
    let air = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
        .during(|| "a packet socket".into())?;
    bind(air.as_raw_fd(), &address).during(|| format!("bind to {interface}"))?;
    let mut frames = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let mut frame = RADIOTAP.to_vec();
        for at in (0..line.len()).step_by(2) {
            let octet = line.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            frame.push(octet.during(|| "a line that is not hexadecimal".into())?);
        }
        frames.push(frame);
    }
    let mut asked = BTreeMap::new();
    for round in 0_u64.. {
        for frame in &mut frames {
            if let Some(address) = asks_in_name_of(frame) {
                freshen(frame, round);
                asked.insert(address, frame.clone());
            }
            send(air.as_raw_fd(), frame, MsgFlags::empty()).during(|| "a frame".into())?;
            std::thread::sleep(Duration::from_micros(pause.unwrap_or(1000)));
            if pause.is_some() {
                bring_tokens_back(&air, &mut asked)?;
            }
        }
        if pause.is_none() {
            break;
        }
    }
    Ok(())
}

/// Where a frame begins behind a radiotap header as ours, and where the body of an Authentication frame.
const FRAME: usize = RADIOTAP.len();
const BODY: usize = FRAME + 24;

/// The sender of a commit of SAE by hashing to an element (12.4.7.4).
fn asks_in_name_of(frame: &[u8]) -> Option<Address> {
    let commit = frame.get(FRAME) == Some(&0xb0) && frame.get(BODY..BODY + 6) == Some(&[3, 0, 1, 0, 126, 0]);
    frame.get(FRAME + 10..FRAME + 16).filter(|_| commit).and_then(|address| address.try_into().ok())
}

/// Makes a commit another one: any scalar goes with any element.
fn freshen(commit: &mut [u8], round: u64) {
    if let Some(scalar) = commit.get_mut(BODY + 9..BODY + 17) {
        scalar.copy_from_slice(&round.to_be_bytes());
    }
}

/// Sends each commit again that was answered with a request for its token, and with it.
fn bring_tokens_back(air: &OwnedFd, asked: &mut BTreeMap<Address, Vec<u8>>) -> Outcome {
    let mut octets = [0; 2048];
    while let Ok(length) = recv(air.as_raw_fd(), &mut octets, MsgFlags::MSG_DONTWAIT) {
        let heard = octets.get(..length).unwrap_or_default();
        let header = heard.get(2..4).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes);
        let Some(frame) = heard.get(usize::from(header)..) else { continue };
        let request = frame.first() == Some(&0xb0) && frame.get(24..30) == Some(&[3, 0, 1, 0, 76, 0]);
        let name: Option<Address> = frame.get(4..10).and_then(|address| address.try_into().ok());
        if let Some(commit) = name.filter(|_| request).and_then(|name| asked.remove(&name)) {
            // Behind the group stands the element with the token, as a commit has it at its end.
            let token = frame.get(32..).unwrap_or_default();
            send(air.as_raw_fd(), &[&commit, token].concat(), MsgFlags::empty()).during(|| "a frame".into())?;
        }
    }
    Ok(())
}

/// A commit by hashing to an element in group 19 whose element is one: the generator.
#[must_use]
pub fn commit(noise: &mut Noise) -> Vec<u8> {
    const GENERATOR: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                             4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let mut body = vec![3, 0, 1, 0, 126, 0, 19, 0, 0x10];
    body.extend((0..31).map(|_| noise.octet()));
    body.extend((0..64).filter_map(|at| u8::from_str_radix(GENERATOR.get(at * 2..at * 2 + 2)?, 16).ok()));
    body
}

/// Reads an address as programs print it.
pub fn address(text: &str) -> Outcome<Address> {
    let octets: Vec<u8> = text.split(':').filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    octets.try_into().map_err(|_| Failure::new(format!("{text:?} is no hardware address")))
}

/// A management frame (IEEE Std 802.11-2020 9.3.3) without protection.
#[must_use]
pub fn management(subtype: u8, to: Address, from: Address, bssid: Address, body: &[u8]) -> Vec<u8> {
    let control = [subtype << 4, 0, 0, 0];
    [&control, to.as_slice(), &from, &bssid, &[0, 0], body].concat()
}

/// An EAPOL frame in the clear from an access point to its station (9.3.2).
#[must_use]
pub fn eapol_to_station(station: Address, bssid: Address, eapol: &[u8]) -> Vec<u8> {
    [&[0x08, 0x02, 0, 0], station.as_slice(), &bssid, &bssid, &[0, 0], &SNAP, eapol].concat()
}

/// An EAPOL frame in the clear from a station to its access point.
#[must_use]
pub fn eapol_to_access_point(station: Address, bssid: Address, eapol: &[u8]) -> Vec<u8> {
    [&[0x08, 0x01, 0, 0], bssid.as_slice(), &station, &bssid, &[0, 0], &SNAP, eapol].concat()
}

/// LLC and SNAP headers of EAPOL.
const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0x8e];

/// An EAPOL-Key frame with a MIC of `mic` octets throughout (12.7.2).
#[must_use]
pub fn eapol_key(key_info: u16, replay: u64, nonce: u8, mic: u8, key_data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(95 + key_data.len()).unwrap_or(u16::MAX);
    let mut frame = vec![2, 3];
    frame.extend(length.to_be_bytes());
    frame.push(2);
    frame.extend(key_info.to_be_bytes());
    frame.extend(16_u16.to_be_bytes());
    frame.extend(replay.to_be_bytes());
    frame.extend([nonce; 32]);
    frame.extend([0; 32]);
    frame.extend([mic; 16]);
    frame.extend(u16::try_from(key_data.len()).unwrap_or(u16::MAX).to_be_bytes());
    frame.extend(key_data);
    frame
}

/// Octets that look random and are the same each time.
#[derive(Debug)]
pub struct Noise(u64);

impl Noise {
    /// Noise of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next octet.
    pub fn octet(&mut self) -> u8 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[4]
    }

    /// Up to `most` octets.
    pub fn octets(&mut self, most: usize) -> Vec<u8> {
        let count = (usize::from(self.octet()) << 8 | usize::from(self.octet())) % (most + 1);
        (0..count).map(|_| self.octet()).collect()
    }

    /// An individual address somebody made up.
    pub fn address(&mut self) -> Address {
        let mut address = [0; 6];
        address.fill_with(|| self.octet());
        address[0] = 2;
        address
    }
}
