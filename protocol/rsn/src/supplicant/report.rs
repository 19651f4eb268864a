//! What users and their programs are told of key frames that are not as they should be, in the words that they know.

use core::fmt;

use wire::MacAddr;

use crate::{CipherSuite, Protocol};

/// Something about a key frame that is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Report {
    /// Key data is longer than what is left of the frame.
    Overflow {
        /// Its stated length.
        said: usize,
        /// Octets that are there.
        there: usize,
    },
    /// The replay counter did not increase.
    Replayed,
    /// A message between stations, which nobody uses.
    Smk,
    /// It asks for no answer.
    NoAck,
    /// It is a request, which only a station makes.
    Request,
    /// Descriptor type of another protocol, or of none.
    Descriptor(Protocol, u8),
    /// Descriptor version that nobody knows.
    Version(Protocol, u8),
    /// Descriptor version of TKIP with another cipher.
    VersionOfTkip(u8),
    /// Descriptor version that the key management suite has no use for.
    VersionOfAkm(u8),
    /// Descriptor version 2 is the cipher's.
    VersionNotTwo(Protocol, CipherSuite, u8),
    /// … and it is one that is no weaker, so it will do.
    StrongerVersion,
    /// Encrypted key data that nothing authenticates.
    EncryptedWithoutMic,
    /// A group message that nothing authenticates.
    GroupWithoutMic,
    /// The MIC does not fit the pairwise key.
    Mic,
    /// There is no pairwise key to check the MIC by.
    NoKeyForMic,
    /// Length that wrapped key data cannot have.
    WrapLength(usize),
    /// Key data cannot be unwrapped.
    Unwrap,
    /// A pairwise message with the index of a group key.
    KeyIndex(Protocol),
    /// The nonces in messages 1 and 3 differ.
    Nonce(MacAddr),
    /// Key length that is not the pairwise cipher's.
    PairwiseLength(CipherSuite, usize, MacAddr),
    /// Group key of a length that is not its cipher's.
    GroupLength(CipherSuite, usize),
    /// Group key in message 3, not encrypted.
    GtkInClear,
    /// Group management key in message 3, not encrypted.
    IgtkInClear,
    /// Group key in a group message, not encrypted.
    GroupInClear,
    /// Message 3 brings no group key.
    NoGtk,
    /// A group message brings no group key.
    NoGroupKey,
    /// A group message before the 4-way handshake was done.
    GroupTooEarly(Protocol),
    /// The group key claims to be for transmission too, which does not matter.
    TxBit,
    /// Group management key of a length that is not its cipher's.
    IgtkLength(usize),
    /// Group management key with an index that it cannot have.
    IgtkIndex(u16),
    /// … because its octets are in the wrong order: that key is left out.
    IgtkOrder,
    /// Key for beacons with an index that it cannot have.
    BigtkIndex(u16),
    /// The elements in message 3 are not those of beacons.
    Elements(MacAddr),
    /// There are none in message 3.
    NoElements(MacAddr),
    /// The RSNXE in message 3 is not that of beacons.
    Rsnxe,
    /// An RSNE in message 3 that beacons have not.
    Downgrade(MacAddr),
    /// A new pairwise key would take the place of one in use, which is not allowed.
    Ptk0Rekey,
}

const fn proto(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Rsn => "RSN",
        Protocol::Wpa => "WPA",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Report::Overflow { said, there } => {
                write!(f, "WPA: Invalid EAPOL-Key frame - key_data overflow ({said} > {there})")
            }
            Report::Replayed => f.write_str("WPA: EAPOL-Key Replay Counter did not increase - dropping packet"),
            Report::Smk => f.write_str("WPA: Unsupported SMK bit in key_info"),
            Report::NoAck => f.write_str("WPA: No Ack bit in key_info"),
            Report::Request => f.write_str("WPA: EAPOL-Key with Request bit - dropped"),
            Report::Descriptor(protocol, kind) => {
                write!(f, "{}: Unsupported EAPOL-Key type {kind}", proto(*protocol))
            }
            Report::Version(protocol, version) => {
                write!(f, "{}: Unsupported EAPOL-Key descriptor version {version}", proto(*protocol))
            }
            Report::VersionOfTkip(version) => {
                write!(f, "RSN: EAPOL-Key descriptor version {version} not allowed without TKIP as the pairwise cipher")
            }
            Report::VersionOfAkm(version) => {
                write!(f, "RSN: EAPOL-Key descriptor version {version} not allowed due to negotiated AKM")
            }
            Report::VersionNotTwo(protocol, cipher, version) => write!(
                f,
                "{}: {} is used, but EAPOL-Key descriptor version ({version}) is not 2",
                proto(*protocol),
                cipher.name()
            ),
            Report::StrongerVersion => {
                f.write_str("RSN: Interoperability workaround: AES-128-CMAC accepted instead of HMAC-SHA1")
            }
            Report::EncryptedWithoutMic => f.write_str("WPA: Ignore EAPOL-Key with encrypted but unauthenticated data"),
            Report::GroupWithoutMic => f.write_str("RSN: EAPOL-Key (Group) without Mic/Encr bit - dropped"),
            Report::Mic => f.write_str("WPA: Invalid EAPOL-Key MIC - dropping packet"),
            Report::NoKeyForMic => f.write_str("WPA: Could not verify EAPOL-Key MIC - dropping packet"),
            Report::WrapLength(len) => write!(f, "WPA: Unsupported AES-WRAP len {len}"),
            Report::Unwrap => f.write_str("WPA: AES unwrap failed - could not decrypt EAPOL-Key key data"),
            Report::KeyIndex(protocol) => {
                write!(f, "{}: Ignored EAPOL-Key (Pairwise) with non-zero key index", proto(*protocol))
            }
            Report::Nonce(src) => write!(
                f,
                "WPA: ANonce from message 1 of 4-Way Handshake differs from 3 of 4-Way Handshake - drop packet (src={src})"
            ),
            Report::PairwiseLength(cipher, len, src) => {
                write!(f, "WPA: Invalid {} key length {len} (src={src})", cipher.name())
            }
            Report::GroupLength(cipher, len) => {
                write!(f, "WPA: Unsupported {} Group Cipher key length {len}", cipher.name())
            }
            Report::GtkInClear => f.write_str("WPA: GTK IE in unencrypted key data"),
            Report::IgtkInClear => f.write_str("WPA: IGTK KDE in unencrypted key data"),
            Report::GroupInClear => f.write_str("RSN: GTK KDE in unencrypted key data"),
            Report::NoGtk => f.write_str("RSN: No GTK KDE included in EAPOL-Key msg 3/4"),
            Report::NoGroupKey => f.write_str("RSN: No GTK KDE in Group Key msg 1/2"),
            Report::GroupTooEarly(protocol) => {
                write!(f, "{}: Group Key Handshake started prior to completion of 4-way handshake", proto(*protocol))
            }
            Report::TxBit => f.write_str("WPA: Tx bit set for GTK, but pairwise keys are used - ignore Tx bit"),
            Report::IgtkLength(len) => write!(f, "WPA: Invalid IGTK KDE length {len}"),
            Report::IgtkIndex(index) => write!(f, "WPA: Invalid IGTK KeyID {index}"),
            Report::IgtkOrder => f.write_str("WPA: IGTK ignored: its KeyID is in the wrong byte order"),
            Report::BigtkIndex(index) => write!(f, "WPA: Invalid BIGTK KeyID {index}"),
            Report::Elements(src) => {
                write!(f, "WPA: IE in 3/4 msg does not match with IE in Beacon/ProbeResp (src={src})")
            }
            Report::NoElements(src) => {
                write!(f, "WPA: IE in 3/4 msg does not match with IE in Beacon/ProbeResp (no IE?) (src={src})")
            }
            Report::Rsnxe => f.write_str("WPA: RSNXE mismatch between Beacon/ProbeResp and EAPOL-Key msg 3/4"),
            Report::Downgrade(src) => {
                write!(f, "WPA: Possible downgrade: RSN IE in msg 3/4, but not in Beacon/ProbeResp (src={src})")
            }
            Report::Ptk0Rekey => f.write_str("WPA: PTK0 rekey not allowed, reconnecting"),
        }
    }
}
