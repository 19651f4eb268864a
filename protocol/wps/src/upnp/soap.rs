//! Actions of WFAWLANConfig as SOAP (UPnP Device Architecture 1.0, 3), from both sides.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use wire::MacAddr;

use super::http::{self, Message, Status};
use super::xml;

/// The service.
pub const SERVICE: &str = "urn:schemas-wifialliance-org:service:WFAWLANConfig:1";
/// The longest message of the registration protocol that is carried.
const MAX_MESSAGE: usize = 4096;
pub(super) const XML: &str = "text/xml; charset=\"utf-8\"";

/// What a message of the air is (WFAWLANConfig, WLANEventType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WlanEventType(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl WlanEventType {
    pub const PROBE: WlanEventType = WlanEventType(1);
    pub const EAP: WlanEventType = WlanEventType(2);
}

/// What an external registrar wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// M1 of the access point.
    GetDeviceInfo,
    /// A message to the access point as an Enrollee; its answer is wanted.
    PutMessage(Vec<u8>),
    /// A message to an Enrollee, through the access point.
    PutWlanResponse {
        /// The message.
        message: Vec<u8>,
        /// What it answers.
        kind: WlanEventType,
        /// The Enrollee.
        addr: MacAddr,
    },
    /// Whether it waits for somebody: attributes.
    SetSelectedRegistrar(Vec<u8>),
}

/// Why an action is refused (UPnP Device Architecture 1.0, 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401.
    InvalidAction,
    /// 402.
    InvalidArguments,
    /// 501.
    Failed,
}

impl Refusal {
    const fn code(self) -> (u16, &'static str) {
        match self {
            Self::InvalidAction => (401, "Invalid Action"),
            Self::InvalidArguments => (402, "Invalid Args"),
            Self::Failed => (501, "Action Failed"),
        }
    }
}

impl Action {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetDeviceInfo => "GetDeviceInfo",
            Self::PutMessage(_) => "PutMessage",
            Self::PutWlanResponse { .. } => "PutWLANResponse",
            Self::SetSelectedRegistrar(_) => "SetSelectedRegistrar",
        }
    }

    /// Reads a request to the control URL.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(request: &Message) -> Result<Action, Refusal> {
        let said = request.header("soapaction").ok_or(Refusal::InvalidAction)?.trim_matches('"');
        let (service, name) = said.rsplit_once('#').ok_or(Refusal::InvalidAction)?;
        if !service.eq_ignore_ascii_case(SERVICE) {
            return Err(Refusal::InvalidAction);
        }
        let document = core::str::from_utf8(&request.body).map_err(|_| Refusal::InvalidArguments)?;
        let body = xml::inside(document, "Body").ok_or(Refusal::InvalidArguments)?;
        // What the header says and what the body says are one.
        if xml::first_child(body) != Some(name) {
            return Err(Refusal::InvalidArguments);
        }
        match name {
            "GetDeviceInfo" => Ok(Action::GetDeviceInfo),
            "PutMessage" => Ok(Action::PutMessage(binary(body, "NewInMessage")?)),
            "PutWLANResponse" => Ok(Action::PutWlanResponse {
                message: binary(body, "NewMessage")?,
                kind: argument(body, "NewWLANEventType")?
                    .parse()
                    .map(WlanEventType)
                    .map_err(|_| Refusal::InvalidArguments)?,
                addr: argument(body, "NewWLANEventMAC")?.parse().map_err(|_| Refusal::InvalidArguments)?,
            }),
            "SetSelectedRegistrar" => Ok(Action::SetSelectedRegistrar(binary(body, "NewMessage")?)),
            _ => Err(Refusal::InvalidAction),
        }
    }

    /// The request of an external registrar to this host and control URL.
    #[must_use]
    pub fn write(&self, host: &str, target: &str) -> Vec<u8> {
        let name = self.name();
        let arguments = match self {
            Self::GetDeviceInfo => String::new(),
            Self::PutMessage(message) => element("NewInMessage", message),
            Self::PutWlanResponse { message, kind, addr } => alloc::format!(
                "{}<NewWLANEventType>{}</NewWLANEventType><NewWLANEventMAC>{addr}</NewWLANEventMAC>",
                element("NewMessage", message),
                kind.0
            ),
            Self::SetSelectedRegistrar(message) => element("NewMessage", message),
        };
        let body = envelope(&alloc::format!("<u:{name} xmlns:u=\"{SERVICE}\">{arguments}</u:{name}>"));
        let action = alloc::format!("\"{SERVICE}#{name}\"");
        http::write(
            &alloc::format!("POST {target} HTTP/1.1"),
            &[("Host", host), ("SOAPAction", &action)],
            Some((XML, body.as_bytes())),
        )
    }

    /// The access point's answer. Those to GetDeviceInfo and PutMessage carry a message.
    #[must_use]
    pub fn respond(&self, message: Option<&[u8]>) -> Vec<u8> {
        let name = self.name();
        let argument = match (self, message) {
            (Self::GetDeviceInfo, Some(message)) => element("NewDeviceInfo", message),
            (Self::PutMessage(_), Some(message)) => element("NewOutMessage", message),
            (
                Self::GetDeviceInfo
                | Self::PutMessage(_)
                | Self::PutWlanResponse { .. }
                | Self::SetSelectedRegistrar(_),
                _,
            ) => String::new(),
        };
        let body = alloc::format!("<u:{name}Response xmlns:u=\"{SERVICE}\">{argument}</u:{name}Response>");
        http::response(Status(200), &[("EXT", "")], Some((XML, envelope(&body).as_bytes())))
    }

    /// Reads the access point's answer: the message that it carries.
    ///
    /// # Errors
    /// If it refuses, or what should be there is not.
    pub fn parse_response(&self, response: &Message) -> Result<Option<Vec<u8>>, Refusal> {
        if response.status() != Ok(Status(200)) {
            return Err(Refusal::Failed);
        }
        let document = core::str::from_utf8(&response.body).map_err(|_| Refusal::InvalidArguments)?;
        let body = xml::inside(document, "Body").ok_or(Refusal::InvalidArguments)?;
        if xml::first_child(body).and_then(|name| name.strip_suffix("Response")) != Some(self.name()) {
            return Err(Refusal::InvalidArguments);
        }
        match self {
            Self::GetDeviceInfo => binary(body, "NewDeviceInfo").map(Some),
            Self::PutMessage(_) => binary(body, "NewOutMessage").map(Some),
            Self::PutWlanResponse { .. } | Self::SetSelectedRegistrar(_) => Ok(None),
        }
    }
}

/// The answer to an action that is refused (3.2.2).
#[must_use]
pub fn fault(refusal: Refusal) -> Vec<u8> {
    let (code, text) = refusal.code();
    let body = alloc::format!(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>\
         <UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{code}</errorCode>\
         <errorDescription>{text}</errorDescription></UPnPError></detail></s:Fault>"
    );
    http::response(Status(500), &[("EXT", "")], Some((XML, envelope(&body).as_bytes())))
}

fn envelope(body: &str) -> String {
    alloc::format!(
        "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>{body}</s:Body></s:Envelope>\n"
    )
}

fn argument<'a>(body: &'a str, name: &str) -> Result<&'a str, Refusal> {
    xml::text_of(body, name).map(str::trim).ok_or(Refusal::InvalidArguments)
}

pub(super) fn element(name: &str, octets: &[u8]) -> String {
    alloc::format!("<{name}>{}</{name}>", Base64::encode_string(octets))
}

/// Blanks and line ends inside of base64 are of no account (RFC 2045 6.8).
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_MESSAGE.saturating_mul(2) {
        return None;
    }
    let compact: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    Base64::decode_vec(&compact).ok().filter(|octets| octets.len() <= MAX_MESSAGE)
}

fn binary(body: &str, name: &str) -> Result<Vec<u8>, Refusal> {
    decode(argument(body, name)?).ok_or(Refusal::InvalidArguments)
}
