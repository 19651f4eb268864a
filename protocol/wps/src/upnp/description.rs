//! What a device and its service are, as documents (UPnP Device Architecture 1.0, 2), from both sides.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt::Write;
use core::net::SocketAddrV4;

use super::soap::SERVICE;
use super::xml;
use crate::device::{Device, Uuid};

/// The kind of device.
pub const DEVICE: &str = "urn:schemas-wifialliance-org:device:WFADevice:1";
/// Where the device's description is.
pub const DEVICE_PATH: &str = "/wps_device.xml";
/// Where the service's description is.
pub const SERVICE_PATH: &str = "/wps_scpd.xml";
/// Where actions go.
pub const CONTROL_PATH: &str = "/wps_control";
/// Where events are subscribed to.
pub const EVENT_PATH: &str = "/wps_event";
const SERVICE_ID: &str = "urn:wifialliance-org:serviceId:WFAWLANConfig1";

/// What a person sees of the device besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// Under which name.
    pub friendly_name: String,
    /// Where its maker is.
    pub manufacturer_url: Option<String>,
    /// What it is.
    pub model_description: Option<String>,
    /// Where its model is described.
    pub model_url: Option<String>,
    /// Its universal product code.
    pub upc: Option<String>,
}

/// The device's description.
#[must_use]
pub fn device(device: &Device, uuid: Uuid, presentation: &Presentation) -> String {
    let text = |octets: &[u8]| xml::escape(&String::from_utf8_lossy(octets));
    let mut out = String::from(
        "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\">\
         <specVersion><major>1</major><minor>0</minor></specVersion><device>",
    );
    let mut put = |name: &str, value: &str| _ = write!(out, "<{name}>{value}</{name}>");
    put("deviceType", DEVICE);
    put("friendlyName", &xml::escape(&presentation.friendly_name));
    put("manufacturer", &text(&device.manufacturer));
    let optional =
        [("manufacturerURL", &presentation.manufacturer_url), ("modelDescription", &presentation.model_description)];
    for (name, value) in optional {
        value.iter().for_each(|value| put(name, &xml::escape(value)));
    }
    put("modelName", &text(&device.model_name));
    put("modelNumber", &text(&device.model_number));
    presentation.model_url.iter().for_each(|url| put("modelURL", &xml::escape(url)));
    put("serialNumber", &text(&device.serial_number));
    put("UDN", &alloc::format!("uuid:{uuid}"));
    presentation.upc.iter().for_each(|upc| put("UPC", &xml::escape(upc)));
    let _ = writeln!(
        out,
        "<serviceList><service><serviceType>{SERVICE}</serviceType><serviceId>{SERVICE_ID}</serviceId>\
         <SCPDURL>{SERVICE_PATH}</SCPDURL><controlURL>{CONTROL_PATH}</controlURL>\
         <eventSubURL>{EVENT_PATH}</eventSubURL></service></serviceList></device></root>"
    );
    out
}

/// An argument of an action: its name, whether it goes in, and the variable that it is of.
type Argument = (&'static str, bool, &'static str);

/// The actions that are served.
const ACTIONS: &[(&str, &[Argument])] = &[
    ("GetDeviceInfo", &[("NewDeviceInfo", false, "DeviceInfo")]),
    ("PutMessage", &[("NewInMessage", true, "InMessage"), ("NewOutMessage", false, "OutMessage")]),
    (
        "PutWLANResponse",
        &[
            ("NewMessage", true, "Message"),
            ("NewWLANEventType", true, "WLANEventType"),
            ("NewWLANEventMAC", true, "WLANEventMAC"),
        ],
    ),
    ("SetSelectedRegistrar", &[("NewMessage", true, "Message")]),
];

/// The variables: name, type, and whether changes are told.
const VARIABLES: &[(&str, &str, bool)] = &[
    ("Message", "bin.base64", false),
    ("InMessage", "bin.base64", false),
    ("OutMessage", "bin.base64", false),
    ("DeviceInfo", "bin.base64", false),
    ("APStatus", "ui1", true),
    ("STAStatus", "ui1", true),
    ("WLANEvent", "bin.base64", true),
    ("WLANEventType", "ui1", false),
    ("WLANEventMAC", "string", false),
    ("WLANResponse", "bin.base64", false),
];

/// The service's description.
#[must_use]
pub fn service() -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\"?>\n<scpd xmlns=\"urn:schemas-upnp-org:service-1-0\">\
         <specVersion><major>1</major><minor>0</minor></specVersion><actionList>",
    );
    for (name, arguments) in ACTIONS {
        let _ = write!(out, "<action><name>{name}</name><argumentList>");
        for (name, is_in, variable) in *arguments {
            let direction = if *is_in { "in" } else { "out" };
            let _ = write!(
                out,
                "<argument><name>{name}</name><direction>{direction}</direction>\
                 <relatedStateVariable>{variable}</relatedStateVariable></argument>"
            );
        }
        out.push_str("</argumentList></action>");
    }
    out.push_str("</actionList><serviceStateTable>");
    for (name, kind, is_told) in VARIABLES {
        let told = if *is_told { "yes" } else { "no" };
        let _ = write!(
            out,
            "<stateVariable sendEvents=\"{told}\"><name>{name}</name><dataType>{kind}</dataType></stateVariable>"
        );
    }
    out.push_str("</serviceStateTable></scpd>\n");
    out
}

/// What an external registrar reads of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The device's name.
    pub uuid: Uuid,
    /// Under which name a person knows it: as it came.
    pub friendly_name: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its model.
    pub model_name: String,
    /// Where actions go.
    pub control: String,
    /// Where events are subscribed to.
    pub events: String,
}

impl Described {
    /// Reads a device's description; `at` is the host that gave it. URLs that lead to another host are refused: a
    /// registrar is not to be sent elsewhere (the mirror of CVE-2020-12695).
    #[must_use]
    pub fn parse(document: &str, at: SocketAddrV4) -> Option<Described> {
        let service = xml::each(document, "service")
            .find(|service| xml::text_of(service, "serviceType").is_some_and(|kind| kind.trim() == SERVICE))?;
        let path = |name: &str| local_path(xml::text_of(service, name)?.trim(), at);
        let text = |name: &str| xml::text_of(document, name).unwrap_or_default().trim().to_owned();
        Some(Described {
            uuid: Uuid::parse(xml::text_of(document, "UDN")?.trim().strip_prefix("uuid:")?)?,
            friendly_name: text("friendlyName"),
            manufacturer: text("manufacturer"),
            model_name: text("modelName"),
            control: path("controlURL")?,
            events: path("eventSubURL")?,
        })
    }
}

/// The path of a URL that leads to this host, or that names none.
fn local_path(url: &str, at: SocketAddrV4) -> Option<String> {
    let path = match url.strip_prefix("http://") {
        Some(rest) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let is_same = host.parse() == Ok(at) || at.port() == 80 && host.parse() == Ok(*at.ip());
            is_same.then_some(path)?
        }
        None if url.contains("://") => return None,
        None => url.trim_start_matches('/'),
    };
    let is_clean = path.len() <= 200 && path.bytes().all(|octet| octet.is_ascii_graphic());
    is_clean.then(|| alloc::format!("/{path}"))
}
