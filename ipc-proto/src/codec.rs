//! Bytes of a message and back: the one file that calls `bincode`.
//!
//! bincode's variable-length integers, little endian. A message is whole or an error: an unknown tag, a length
//! over the cap, missing and trailing octets are all refused.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use bincode::config::{Configuration, Limit};
use bincode::enc::write::SizeWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::MAX_MESSAGE;

/// The size cap holds for what a decoder allocates as well as for what it reads.
const CONFIG: Configuration<bincode::config::LittleEndian, bincode::config::Varint, Limit<MAX_MESSAGE>> =
    bincode::config::standard().with_limit::<MAX_MESSAGE>();

/// Why bytes are no message, or a value has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// More than [`MAX_MESSAGE`] octets.
    TooLarge,
    /// Not a message: unknown tag, bad field, or cut short.
    Malformed,
    /// A message with octets behind it.
    Trailing {
        /// How many.
        octets: usize,
    },
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::TooLarge => write!(f, "message over {MAX_MESSAGE} octets"),
            CodecError::Malformed => f.write_str("not a message"),
            CodecError::Trailing { octets } => write!(f, "{octets} octets behind a message"),
        }
    }
}

impl core::error::Error for CodecError {}

/// The bytes of a message. They may hold a key, so they are wiped when they are dropped.
pub type Encoded = Zeroizing<Vec<u8>>;

/// The bytes of a message. Their number is found out first: a buffer that grows leaves copies of its contents behind.
pub fn encode<T: Serialize>(message: &T) -> Result<Encoded, CodecError> {
    let mut counter = SizeWriter::default();
    bincode::serde::encode_into_writer(message, &mut counter, CONFIG).map_err(|_| CodecError::Malformed)?;
    if counter.bytes_written > MAX_MESSAGE {
        return Err(CodecError::TooLarge);
    }
    let mut bytes = Zeroizing::new(vec![0; counter.bytes_written]);
    bincode::serde::encode_into_slice(message, &mut bytes, CONFIG).map_err(|_| CodecError::Malformed)?;
    Ok(bytes)
}

/// The message of these bytes, all of them.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(CodecError::TooLarge);
    }
    let (message, used) = bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|_| CodecError::Malformed)?;
    match bytes.len().saturating_sub(used) {
        0 => Ok(message),
        octets => Err(CodecError::Trailing { octets }),
    }
}
