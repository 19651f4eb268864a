//! Making and removing simulated radios at run time, over the generic netlink family of mac80211_hwsim.

use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};

use crate::failure::{During as _, Failure, Outcome};

const CONTROLLER: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
const NEW_RADIO: u8 = 4;
const DEL_RADIO: u8 = 5;
const RADIO_ID: u16 = 10;
const RADIO_NAME: u16 = 17;
const ERROR: u16 = 2;
const REQUEST_AND_ACK: u16 = 1 | 4;
const HEADER: usize = 16;

/// The family's socket.
#[derive(Debug)]
pub struct Hwsim {
    socket: OwnedFd,
    family: u16,
}

impl Hwsim {
    /// Opens the family.
    pub fn open() -> Outcome<Self> {
        let socket =
            socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkGeneric)
                .during(|| "a generic netlink socket".into())?;
        let mut hwsim = Self { socket, family: CONTROLLER };
        let answers = hwsim.ask(GET_FAMILY, 1, &attribute(FAMILY_NAME, b"MAC80211_HWSIM\0"))?;
        let family = answers.iter().find_map(|answer| find(answer, FAMILY_ID)).and_then(|value| number(&value));
        hwsim.family = family.and_then(|id| u16::try_from(id).ok()).during(|| "no family MAC80211_HWSIM".into())?;
        Ok(hwsim)
    }

    /// Makes a radio whose phy has this name; gives its number.
    pub fn add(&self, name: &str) -> Outcome<u32> {
        let name = [name.as_bytes(), b"\0"].concat();
        let acknowledged = self.ask(NEW_RADIO, 1, &attribute(RADIO_NAME, &name));
        match acknowledged {
            Ok(_) => Err(Failure::new("the new radio has no number")),
            // The family answers with the radio's number in place of an error code.
            Err(NumberOrFailure::Number(number)) => Ok(number),
            Err(NumberOrFailure::Failure(failure)) => Err(failure),
        }
    }

    /// Takes a radio away, as when its adapter is pulled out.
    pub fn remove(&self, radio: u32) -> Outcome {
        self.ask(DEL_RADIO, 1, &attribute(RADIO_ID, &radio.to_ne_bytes()))?;
        Ok(())
    }

    /// Sends a command and gives the payloads of the answers up to the acknowledgement.
    fn ask(&self, command: u8, version: u8, attributes: &[u8]) -> Result<Vec<Vec<u8>>, NumberOrFailure> {
        let mut message = Vec::new();
        let length = u32::try_from(HEADER + 4 + attributes.len()).unwrap_or(u32::MAX);
        message.extend(length.to_ne_bytes());
        message.extend(self.family.to_ne_bytes());
        message.extend(REQUEST_AND_ACK.to_ne_bytes());
        message.extend(1_u32.to_ne_bytes());
        message.extend(0_u32.to_ne_bytes());
        message.extend([command, version, 0, 0]);
        message.extend(attributes);
        let kernel = NetlinkAddr::new(0, 0);
        sendto(self.socket.as_raw_fd(), &message, &kernel, MsgFlags::empty())
            .during(|| "a message to mac80211_hwsim".into())?;
        let mut answers = Vec::new();
        loop {
            let mut buffer = vec![0; 16_384];
            let length = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()).during(|| "an answer".into())?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            while let Some(header) = rest.get(..HEADER) {
                let size = header.get(..4).and_then(number).unwrap_or(0) as usize;
                let kind = header.get(4..6).and_then(number).unwrap_or(0);
                let payload = rest.get(HEADER..size).unwrap_or_default();
                if kind == u32::from(ERROR) {
                    let code = payload.get(..4).and_then(number).unwrap_or(0).cast_signed();
                    return match code {
                        0 => Ok(answers),
                        1.. => Err(NumberOrFailure::Number(code.unsigned_abs())),
                        _ => {
                            let error = std::io::Error::from_raw_os_error(code.saturating_neg());
                            Err(Failure::new(format!("mac80211_hwsim refuses: {error}")).into())
                        }
                    };
                }
                answers.push(payload.get(4..).unwrap_or_default().to_vec());
                rest = rest.get(size.next_multiple_of(4).max(HEADER)..).unwrap_or_default();
            }
        }
    }
}

/// The family acknowledges a new radio with its number where an error would stand.
#[derive(Debug)]
enum NumberOrFailure {
    Number(u32),
    Failure(Failure),
}

impl From<Failure> for NumberOrFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<NumberOrFailure> for Failure {
    fn from(answer: NumberOrFailure) -> Self {
        match answer {
            NumberOrFailure::Number(number) => Self::new(format!("unexpected answer {number}")),
            NumberOrFailure::Failure(failure) => failure,
        }
    }
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn find(attributes: &[u8], wanted: u16) -> Option<Vec<u8>> {
    let mut rest = attributes;
    loop {
        let size = rest.get(..2).and_then(number)? as usize;
        let kind = rest.get(2..4).and_then(number)?;
        if kind == u32::from(wanted) {
            return rest.get(4..size).map(<[u8]>::to_vec);
        }
        rest = rest.get(size.next_multiple_of(4).max(4)..)?;
    }
}

/// Up to four bytes in the machine's order.
fn number(bytes: impl AsRef<[u8]>) -> Option<u32> {
    let bytes = bytes.as_ref();
    match *bytes {
        [a, b] => Some(u32::from(u16::from_ne_bytes([a, b]))),
        [a, b, c, d] => Some(u32::from_ne_bytes([a, b, c, d])),
        _ => None,
    }
}
