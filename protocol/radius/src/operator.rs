//! Who operates a network, and where it is (RFC 5580 4.1).

use crate::Type;
use crate::attribute::Attributes;
use crate::packet::AttributeWriter;

/// The namespace of an operator's name. Open: unknown values survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace(pub u8);

impl Namespace {
    /// TADIG of the GSM Association.
    pub const TADIG: Namespace = Namespace(b'0');
    /// A realm, such as `example.com`.
    pub const REALM: Namespace = Namespace(b'1');
    /// E.212: mobile country and network codes.
    pub const E212: Namespace = Namespace(b'2');
    /// ITU carrier code.
    pub const ICC: Namespace = Namespace(b'3');
    /// The Wireless Broadband Alliance's identifier.
    pub const WBA: Namespace = Namespace(b'4');
}

/// Writes an Operator-Name.
pub fn write_operator_name(writer: &mut AttributeWriter, namespace: Namespace, name: &[u8]) {
    writer.put_parts(Type::OPERATOR_NAME, &[namespace.0], name);
}

/// The first Operator-Name: its namespace and the name, which is not empty.
#[must_use]
pub fn operator_name(attributes: Attributes<'_>) -> Option<(Namespace, &[u8])> {
    let (namespace, name) = attributes.first(Type::OPERATOR_NAME)?.split_first()?;
    (!name.is_empty()).then_some((Namespace(*namespace), name))
}
