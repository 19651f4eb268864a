//! TEAP, version 1 (RFC 9930, which takes the place of RFC 7170; RFC 9427 2.2 for TLS 1.3): TLVs inside of TLS, and in them EAP or
//! a name and a password, each bound to the tunnel.
//!
//! Of the two ways to go on from one inner method to the next that RFC 9930 6.2 has, the one of hostap is taken: what
//! the Crypto-Binding selects is what the next is derived from. PACs and the TLVs of PKCS are refused.

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use crate::MethodType;
use crate::fragment::TlsFrame;

mod binding;
mod keys;
mod peer;
mod server;
mod tlv;

pub use peer::TeapPeer;
pub(crate) use peer::peer;
pub use server::{TeapIdentity, TeapInner, TeapServer, TeapStep};

/// The version that is spoken.
const VERSION: u8 = 1;
/// The bits of the flags that give it.
const VERSION_BITS: u8 = 0x07;
/// The flag that says that TLVs follow outside of TLS.
const OUTER: u8 = 0x10;

/// Whether a method may authenticate inside: it makes keys, and is no tunnel itself (RFC 9930 3.6.5).
fn is_allowed(method: MethodType) -> bool {
    let is_tunnel = matches!(method, MethodType::TEAP | MethodType::PEAP | MethodType::TTLS | MethodType::FAST);
    method.makes_keys() && !is_tunnel
}

/// The TLVs outside of TLS, which the first message of either side may have at its end (RFC 9930 4.1), and the frame
/// without them.
fn split_outer<'a>(frame: TlsFrame<'a>) -> Result<(TlsFrame<'a>, &'a [u8]), Malformed> {
    if frame.rest & OUTER == 0 {
        return Ok((frame, &[]));
    }
    let mut reader = Reader::new(frame.data);
    let length = usize::try_from(reader.u32_be("TEAP outer TLV length")?).map_err(|_| Malformed("TEAP outer TLVs"))?;
    let rest = reader.take_rest();
    let end = rest.len().checked_sub(length).ok_or(Malformed("TEAP outer TLVs"))?;
    let (data, outer) = rest.split_at_checked(end).ok_or(Malformed("TEAP outer TLVs"))?;
    // What the message's length counts of them.
    let counted = u32::try_from(length).ok().and_then(|length| length.checked_add(4));
    let total = match frame.total {
        None => None,
        Some(total) => {
            Some(counted.and_then(|counted| total.checked_sub(counted)).ok_or(Malformed("TEAP message length"))?)
        }
    };
    Ok((TlsFrame { total, rest: frame.rest & !OUTER, data, ..frame }, outer))
}

/// The Request that begins the method, with the name of the server's authority (RFC 9930 4.2.2), and what of it the
/// binding covers.
fn start(authority: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut outer = Writer::new();
    outer.u16_be(tlv::AUTHORITY).u16_be(u16::try_from(authority.len()).unwrap_or_default()).put(authority);
    // A name that fits one packet.
    let outer = outer.finish().unwrap_or_default();
    let mut data = Writer::new();
    data.u32_be(u32::try_from(outer.len()).unwrap_or_default()).put(&outer);
    let data = data.finish().unwrap_or_default();
    let frame = TlsFrame { total: None, more: false, start: true, rest: OUTER | VERSION, data: &data };
    (frame.write(), outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_tlvs_are_cut_off_and_their_lengths_looked_at() {
        let (data, outer) = start(b"authority");
        let frame = TlsFrame::parse(&data).unwrap();
        let (frame, found) = split_outer(frame).unwrap();
        assert!(frame.start && frame.data.is_empty() && frame.rest == VERSION);
        assert_eq!(found, outer);
        assert_eq!(outer[..4], [0, 1, 0, 9]);
        let hello = [&[0x91, 0, 0, 0, 14, 0, 0, 0, 4][..], b"hello!", &[0, 7, 0, 0]].concat();
        let (frame, found) = split_outer(TlsFrame::parse(&hello).unwrap()).unwrap();
        assert_eq!((frame.total, frame.data, found), (Some(6), &b"hello!"[..], &[0, 7, 0, 0][..]));
        for wrong in [&[0x11, 0, 0, 0, 1][..], &[0x11, 0, 0, 0], &[0x91, 0, 0, 0, 3, 0, 0, 0, 0]] {
            assert!(split_outer(TlsFrame::parse(wrong).unwrap()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_makes_no_keys_and_other_tunnels_are_not_let_inside() {
        for method in [MethodType::MSCHAPV2, MethodType::TLS, MethodType::PWD, MethodType::SIM] {
            assert!(is_allowed(method), "{method}");
        }
        for method in [MethodType::MD5, MethodType::GTC, MethodType::OTP, MethodType::PEAP, MethodType::TEAP] {
            assert!(!is_allowed(method), "{method}");
        }
    }
}
