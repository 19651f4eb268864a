//! Query and response TLVs (4.2.10.1, 4.2.10.2), and the ANQP vendor element around them.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{Malformed, Reader, Writer};

use crate::attribute::P2P_SELECTOR;

/// ANQP vendor-specific element (IEEE Std 802.11-2020 Table 9-331).
const VENDOR: u16 = 56_797;
/// The most TLVs in a message.
const MAX_TLVS: usize = 256;

/// Service protocol types (Annex E.1), open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceProtocol(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl ServiceProtocol {
    pub const ALL: ServiceProtocol = ServiceProtocol(0);
    pub const BONJOUR: ServiceProtocol = ServiceProtocol(1);
    pub const UPNP: ServiceProtocol = ServiceProtocol(2);
    pub const WS_DISCOVERY: ServiceProtocol = ServiceProtocol(3);
    pub const WIFI_DISPLAY: ServiceProtocol = ServiceProtocol(4);
}

/// Status of a response TLV (4.2.10.2), open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceStatus(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl ServiceStatus {
    pub const SUCCESS: ServiceStatus = ServiceStatus(0);
    pub const PROTOCOL_NOT_AVAILABLE: ServiceStatus = ServiceStatus(1);
    pub const INFORMATION_NOT_AVAILABLE: ServiceStatus = ServiceStatus(2);
    pub const BAD_REQUEST: ServiceStatus = ServiceStatus(3);
}

/// A query TLV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of which protocol.
    pub protocol: ServiceProtocol,
    /// Given back in each answer to it.
    pub transaction: u8,
    /// What is asked, in the protocol's own form.
    pub data: Vec<u8>,
}

/// A response TLV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Of which protocol.
    pub protocol: ServiceProtocol,
    /// Of the query.
    pub transaction: u8,
    /// Whether there is something.
    pub status: ServiceStatus,
    /// What is answered, in the protocol's own form.
    pub data: Vec<u8>,
}

fn read_all<T>(
    octets: &[u8],
    mut one: impl FnMut(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut reader = Reader::new(octets);
    let mut all = Vec::new();
    while !reader.is_empty() {
        if all.len() >= MAX_TLVS {
            return Err(Malformed("number of service TLVs"));
        }
        let length = reader.u16_le("service TLV length")?;
        all.push(one(&mut reader.sub(usize::from(length), "service TLV length")?)?);
    }
    Ok(all)
}

/// Reads query TLVs.
///
/// # Errors
/// If a length lies.
pub fn read_queries(octets: &[u8]) -> Result<Vec<Query>, Malformed> {
    read_all(octets, |tlv| {
        let protocol = ServiceProtocol(tlv.u8("service protocol")?);
        let transaction = tlv.u8("service transaction")?;
        Ok(Query { protocol, transaction, data: tlv.take_rest().to_vec() })
    })
}

/// Reads response TLVs.
///
/// # Errors
/// If a length lies.
pub fn read_responses(octets: &[u8]) -> Result<Vec<Response>, Malformed> {
    read_all(octets, |tlv| {
        let protocol = ServiceProtocol(tlv.u8("service protocol")?);
        let transaction = tlv.u8("service transaction")?;
        let status = ServiceStatus(tlv.u8("service status")?);
        Ok(Response { protocol, transaction, status, data: tlv.take_rest().to_vec() })
    })
}

fn put(writer: &mut Writer, head: &[u8], data: &[u8]) -> Result<(), Overflow> {
    let length = head.len().checked_add(data.len()).and_then(|length| u16::try_from(length).ok()).ok_or(Overflow)?;
    writer.u16_le(length).put(head).put(data);
    Ok(())
}

/// Writes query TLVs.
///
/// # Errors
/// If one does not fit its length.
pub fn write_queries(queries: &[Query]) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::new();
    for query in queries {
        put(&mut writer, &[query.protocol.0, query.transaction], &query.data)?;
    }
    writer.finish()
}

/// Writes response TLVs.
///
/// # Errors
/// If one does not fit its length.
pub fn write_responses(responses: &[Response]) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::new();
    for response in responses {
        put(&mut writer, &[response.protocol.0, response.transaction, response.status.0], &response.data)?;
    }
    writer.finish()
}

/// Takes TLVs out of their ANQP element: the service update indicator, and the TLVs.
pub(crate) fn read_vendor(octets: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let mut reader = Reader::new(octets);
    if reader.u16_le("ANQP element")? != VENDOR {
        return Err(Malformed("ANQP element"));
    }
    let length = reader.u16_le("ANQP element length")?;
    let mut body = reader.sub(usize::from(length), "ANQP element length")?;
    if body.array("ANQP vendor")? != P2P_SELECTOR {
        return Err(Malformed("ANQP vendor"));
    }
    Ok((body.u16_le("service update indicator")?, body.take_rest()))
}

/// Puts TLVs into their ANQP element.
pub(crate) fn write_vendor(update_indicator: u16, tlvs: &[u8]) -> Result<Vec<u8>, Overflow> {
    let length = tlvs.len().checked_add(6).and_then(|length| u16::try_from(length).ok()).ok_or(Overflow)?;
    let mut writer = Writer::with_capacity(tlvs.len().saturating_add(10));
    writer.u16_le(VENDOR).u16_le(length).put(&P2P_SELECTOR).u16_le(update_indicator).put(tlvs);
    writer.finish()
}
