//! What frames of Wi-Fi Direct need of Wi-Fi Simple Configuration: its element's attributes (12), read where they matter here.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{Malformed, Reader, Writer};

use crate::code::{ConfigMethods, PasswordId};
use crate::info::{DeviceName, DeviceType};

const CONFIG_METHODS: u16 = 0x1008;
const DEVICE_NAME: u16 = 0x1011;
const PASSWORD_ID: u16 = 0x1012;
const MANUFACTURER: u16 = 0x1021;
const MODEL_NAME: u16 = 0x1023;
const MODEL_NUMBER: u16 = 0x1024;
const SERIAL_NUMBER: u16 = 0x1042;
const VENDOR_EXTENSION: u16 = 0x1049;
const VERSION: u16 = 0x104a;
const PRIMARY_TYPE: u16 = 0x1054;
const REQUESTED_TYPE: u16 = 0x106a;

/// Version 2.0, behind the Wi-Fi Alliance's vendor identifier 00-37-2A.
const VERSION_2: [u8; 6] = [0x00, 0x37, 0x2a, 0x00, 0x01, 0x20];
/// Requested device types that are looked at.
const MAX_REQUESTED: usize = 16;

/// What an element of Wi-Fi Simple Configuration says, as far as it matters for Wi-Fi Direct. Texts are as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (12)")]
pub struct Wps {
    pub config_methods: Option<ConfigMethods>,
    pub password_id: Option<PasswordId>,
    pub name: Option<DeviceName>,
    pub primary: Option<DeviceType>,
    pub requested: Vec<DeviceType>,
    pub manufacturer: Option<Vec<u8>>,
    pub model_name: Option<Vec<u8>>,
    pub model_number: Option<Vec<u8>>,
    pub serial_number: Option<Vec<u8>>,
}

impl Wps {
    /// Reads attributes. Others than those here are passed over.
    ///
    /// # Errors
    /// If a length lies, or an attribute is too short.
    pub fn parse(octets: &[u8]) -> Result<Wps, Malformed> {
        let mut reader = Reader::new(octets);
        let mut wps = Wps::default();
        while !reader.is_empty() {
            let id = reader.u16_be("WPS attribute")?;
            let length = reader.u16_be("WPS attribute length")?;
            let mut body = reader.sub(usize::from(length), "WPS attribute length")?;
            match id {
                CONFIG_METHODS => wps.config_methods = Some(ConfigMethods(body.u16_be("config methods")?)),
                PASSWORD_ID => wps.password_id = Some(PasswordId(body.u16_be("device password ID")?)),
                DEVICE_NAME => {
                    wps.name = Some(DeviceName::new(body.take_rest()).ok_or(Malformed("device name length"))?);
                }
                PRIMARY_TYPE => wps.primary = Some(DeviceType(body.array("primary device type")?)),
                REQUESTED_TYPE if wps.requested.len() < MAX_REQUESTED => {
                    wps.requested.push(DeviceType(body.array("requested device type")?));
                }
                MANUFACTURER => wps.manufacturer = Some(text(&mut body, 64)?),
                MODEL_NAME => wps.model_name = Some(text(&mut body, 32)?),
                MODEL_NUMBER => wps.model_number = Some(text(&mut body, 32)?),
                SERIAL_NUMBER => wps.serial_number = Some(text(&mut body, 32)?),
                _ => {}
            }
        }
        Ok(wps)
    }

    /// Writes what is there, between version 1.0 and the extension that says version 2.0.
    ///
    /// # Errors
    /// If a text does not fit its length.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut writer = Writer::new();
        put(&mut writer, VERSION, &[0x10])?;
        if let Some(methods) = self.config_methods {
            put(&mut writer, CONFIG_METHODS, &methods.0.to_be_bytes())?;
        }
        if let Some(password) = self.password_id {
            put(&mut writer, PASSWORD_ID, &password.0.to_be_bytes())?;
        }
        if let Some(name) = &self.name {
            put(&mut writer, DEVICE_NAME, name.as_bytes())?;
        }
        if let Some(primary) = &self.primary {
            put(&mut writer, PRIMARY_TYPE, &primary.0)?;
        }
        for requested in &self.requested {
            put(&mut writer, REQUESTED_TYPE, &requested.0)?;
        }
        let texts = [
            (MANUFACTURER, &self.manufacturer),
            (MODEL_NAME, &self.model_name),
            (MODEL_NUMBER, &self.model_number),
            (SERIAL_NUMBER, &self.serial_number),
        ];
        for (id, text) in texts {
            if let Some(text) = text {
                put(&mut writer, id, text)?;
            }
        }
        put(&mut writer, VENDOR_EXTENSION, &VERSION_2)?;
        writer.finish()
    }
}

fn text(body: &mut Reader<'_>, most: usize) -> Result<Vec<u8>, Malformed> {
    let octets = body.take_rest();
    if octets.len() > most { Err(Malformed("WPS text length")) } else { Ok(octets.to_vec()) }
}

fn put(writer: &mut Writer, id: u16, body: &[u8]) -> Result<(), Overflow> {
    let length = u16::try_from(body.len()).map_err(|_| Overflow)?;
    writer.u16_be(id).u16_be(length).put(body);
    Ok(())
}
