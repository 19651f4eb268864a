//! The random value of a hello, read off the records as they pass: libraries do not tell it.

use wire::{Malformed, Reader};

/// The start of one side's records.
#[derive(Debug, Default)]
pub(crate) struct Hello {
    start: Vec<u8>,
}

/// Record header, handshake header, version and random (RFC 5246 6.2.1, 7.4, 7.4.1.2).
const NEEDED: usize = 5 + 4 + 2 + 32;

impl Hello {
    /// Takes what was sent; only the first octets of a session matter. A retried hello comes first and has the same
    /// random value at the client (RFC 8446 4.1.2); the session identifier of TLS 1.3 does not need the server's.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let missing = NEEDED.saturating_sub(self.start.len());
        self.start.extend(bytes.iter().take(missing));
    }

    /// The random value, if the session starts with this message: 1 ClientHello, 2 ServerHello.
    pub(crate) fn random(&self, message: u8) -> Option<[u8; 32]> {
        parse(&self.start, message).ok()
    }
}

fn parse(start: &[u8], message: u8) -> Result<[u8; 32], Malformed> {
    let mut reader = Reader::new(start);
    if reader.u8("record type")? != 22 {
        return Err(Malformed("record type"));
    }
    reader.take(4, "record version and length")?;
    if reader.u8("message type")? != message {
        return Err(Malformed("message type"));
    }
    reader.take(5, "message length and version")?;
    reader.array("random")
}
