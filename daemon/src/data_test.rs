//! The packets by which test suites see whether a link carries data: IPv4, with a payload that counts up.

use wire::MacAddr;

/// Ethernet header: destination, source, type.
const HEADER: usize = 14;
/// IPv4 header without options (RFC 791 3.1).
const IP_HEADER: usize = 20;
/// Length of a packet where none is asked for.
const USUAL: usize = 1500 - HEADER;
/// 192.168.1.1 and 192.168.1.2, which nobody needs to have.
const ADDRESSES: [u8; 8] = [192, 168, 1, 1, 192, 168, 1, 2];
const TTL: u8 = 64;
const ICMP: u8 = 1;

/// A packet that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Destination.
    pub to: MacAddr,
    /// Source.
    pub from: MacAddr,
    /// Its length, where it is not the usual one.
    pub length: Option<usize>,
}

/// The ones' complement of the sum of the words (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks(2).map(|word| match *word {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// The payload's octets: 0, 1, … 255, 0, …
fn payload(length: usize) -> impl Iterator<Item = u8> {
    (0..=u8::MAX).cycle().take(length)
}

/// A frame to send; absent: there is no packet of this length.
#[must_use]
pub fn build(to: MacAddr, from: MacAddr, tos: u8, length: Option<u32>) -> Option<Vec<u8>> {
    let length = length.map_or(Ok(USUAL), usize::try_from).ok()?;
    if !(IP_HEADER..=USUAL).contains(&length) {
        return None;
    }
    let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
    let ip = |sum: u16| {
        let [first, second] = sum.to_be_bytes();
        let start = [0x45, tos, high, low, 0, 0, 0, 0, TTL, ICMP, first, second];
        [start.as_slice(), &ADDRESSES].concat()
    };
    let header = ip(checksum(&ip(0)));
    let mut frame = [to.octets().as_slice(), from.octets(), &[8, 0], &header].concat();
    frame.extend(payload(length - IP_HEADER));
    Some(frame)
}

/// Reads a frame; absent: it is none of ours.
#[must_use]
pub fn read(frame: &[u8]) -> Option<Packet> {
    let (ethernet, packet) = frame.split_first_chunk::<HEADER>()?;
    let (to, rest) = ethernet.split_first_chunk::<6>()?;
    let (from, _) = rest.split_first_chunk::<6>()?;
    let [0x45, _, high, low, ..] = *packet else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    // A short frame is filled up on its way.
    let data = packet.get(IP_HEADER..length)?;
    let ours = frame.len() <= HEADER + USUAL && payload(data.len()).eq(data.iter().copied());
    ours.then_some(Packet { to: MacAddr(*to), from: MacAddr(*from), length: (length != USUAL).then_some(length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const FROM: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

    #[test]
    fn what_is_built_is_read_back() {
        for (asked, told) in [(None, None), (Some(100), Some(100)), (Some(20), Some(20)), (Some(1486), None)] {
            let frame = build(TO, FROM, 0x10, asked).unwrap();
            assert_eq!(read(&frame), Some(Packet { to: TO, from: FROM, length: told }));
            assert_eq!(checksum(&frame[HEADER..HEADER + IP_HEADER]), 0);
        }
        assert!(build(TO, FROM, 0, Some(19)).is_none() && build(TO, FROM, 0, Some(1487)).is_none());
    }

    #[test]
    fn frames_of_others_are_none() {
        let frame = build(TO, FROM, 0, Some(60)).unwrap();
        for at in [HEADER, HEADER + 3, frame.len() - 1] {
            let mut other = frame.clone();
            other[at] ^= 0x80;
            assert_eq!(read(&other), None, "{at}");
        }
        for length in 0..frame.len() {
            assert_eq!(read(&frame[..length]), None, "{length}");
        }
    }
}
