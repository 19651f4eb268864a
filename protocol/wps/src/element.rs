//! The information element in beacons, probes and associations (8.2): a vendor element, or several where one is too
//! short.

use alloc::vec::Vec;

use wire::cursor::Overflow;
use wire::element::{Elements, WPS_SELECTOR, id};
use wire::{MacAddr, Malformed, Writer};

use crate::attribute::{Builder, id as attribute};
use crate::attributes::Attributes;
use crate::code::{
    AssociationState, ConfigError, ConfigMethods, PasswordId, RequestType, ResponseType, RfBands, SetupState,
};
use crate::device::{Device, DeviceType, Uuid};
use crate::extension::{Extension, MultiAp};
use crate::quirks::{Quirk, Quirks};

/// How many octets of attributes one element holds.
const ROOM: usize = 251;
/// The version attribute of all versions: they tell themselves apart by the extension (12, Version).
pub(crate) const VERSION_1: u8 = 0x10;

/// The attributes of all such elements of a frame, put together (8.2.1).
#[must_use]
pub fn join(elements: Elements<'_>) -> Option<Vec<u8>> {
    let mut parts = elements.filter_map(|element| element.vendor(WPS_SELECTOR)).peekable();
    parts.peek()?;
    Some(parts.flatten().copied().collect())
}

/// The elements that hold these attributes.
///
/// # Errors
/// Never: no part is too long.
pub fn split(attributes: &[u8]) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::new();
    for part in attributes.chunks(ROOM) {
        writer.element(id::VENDOR_SPECIFIC, |w| _ = w.put(&WPS_SELECTOR).put(part));
    }
    writer.finish()
}

fn start(builder: &mut Builder) {
    builder.put_u8(attribute::VERSION, VERSION_1);
}

fn finish(mut builder: Builder, extension: &Extension) -> Result<Vec<u8>, Overflow> {
    builder.put(attribute::VENDOR_EXTENSION, &extension.write()?);
    split(&builder.finish()?)
}

/// What an access point says of a registrar that is ready to register somebody (8.2.1, 8.2.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Which password is expected.
    pub password_id: PasswordId,
    /// What the registrar can do.
    pub methods: ConfigMethods,
    /// Who may register: those alone, or everybody if the broadcast address is among them. Empty of version 1.0.
    pub authorized: Vec<MacAddr>,
}

/// What an access point says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Whether it has a configuration.
    pub state: SetupState,
    /// No registrar can be added.
    pub is_locked: bool,
    /// A registrar waits for somebody.
    pub selected: Option<Selected>,
    /// Its name; access points of several bands that belong together have the same.
    pub uuid: Uuid,
    /// In probe responses.
    pub device: Device,
    /// As an Enrollee, in probe responses.
    pub methods: ConfigMethods,
    /// Bands, where it has several; in beacons only with the uuid (8.2.1).
    pub rf_bands: RfBands,
    /// Part in a Multi-AP network, in association responses.
    pub multi_ap: Option<MultiAp>,
}

impl AccessPoint {
    fn registrar(&self, builder: &mut Builder) -> Extension {
        builder.put_u8(attribute::SETUP_STATE, self.state.0);
        if self.is_locked {
            builder.put_u8(attribute::SETUP_LOCKED, 1);
        }
        let mut extension = Extension::version_2();
        if let Some(selected) = &self.selected {
            builder
                .put_u8(attribute::SELECTED_REGISTRAR, 1)
                .put_u16(attribute::PASSWORD_ID, selected.password_id.0)
                .put_u16(attribute::SELECTED_METHODS, selected.methods.0);
            extension.authorized_macs.clone_from(&selected.authorized);
            extension.registrar_methods = Some(selected.methods);
        }
        extension
    }

    /// For beacons (8.2.1).
    ///
    /// # Errors
    /// If it does not fit.
    pub fn beacon(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        start(&mut builder);
        let mut extension = self.registrar(&mut builder);
        extension.registrar_methods = None;
        if self.is_dual_band() {
            builder.put(attribute::UUID_E, &self.uuid.0).put_u8(attribute::RF_BANDS, self.rf_bands.0);
        }
        finish(builder, &extension)
    }

    fn is_dual_band(&self) -> bool {
        self.rf_bands.0.count_ones() > 1
    }

    /// For probe responses (8.2.4).
    ///
    /// # Errors
    /// If it does not fit.
    pub fn probe_response(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        start(&mut builder);
        let extension = self.registrar(&mut builder);
        builder.put_u8(attribute::RESPONSE_TYPE, ResponseType::AP.0).put(attribute::UUID_E, &self.uuid.0);
        self.device.write(&mut builder);
        builder.put_u16(attribute::CONFIG_METHODS, self.methods.0);
        if self.is_dual_band() {
            builder.put_u8(attribute::RF_BANDS, self.rf_bands.0);
        }
        finish(builder, &extension)
    }

    /// For association responses to stations that register (8.2.6).
    ///
    /// # Errors
    /// Never: it fits.
    pub fn association_response(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        start(&mut builder);
        builder.put_u8(attribute::RESPONSE_TYPE, ResponseType::AP.0);
        finish(builder, &Extension { multi_ap: self.multi_ap, ..Extension::version_2() })
    }
}

/// What a station says in its probe requests (8.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// What it wants.
    pub request: RequestType,
    /// What it can do.
    pub methods: ConfigMethods,
    /// Its name.
    pub uuid: Uuid,
    /// What it is.
    pub device: Device,
    /// Where it can be.
    pub rf_bands: RfBands,
    /// How its last connection went.
    pub state: AssociationState,
    /// Why its last registration failed.
    pub error: ConfigError,
    /// Which password it has; push button only while its button is pushed.
    pub password_id: PasswordId,
    /// Which devices it looks for.
    pub wanted: Vec<DeviceType>,
    /// It wants to be enrolled as soon as it is found.
    pub request_to_enroll: bool,
    /// Part in a Multi-AP network, in association requests.
    pub multi_ap: Option<MultiAp>,
}

impl Station {
    /// For probe requests (8.2.3).
    ///
    /// # Errors
    /// If it does not fit.
    pub fn probe_request(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        start(&mut builder);
        builder
            .put_u8(attribute::REQUEST_TYPE, self.request.0)
            .put_u16(attribute::CONFIG_METHODS, self.methods.0)
            .put(attribute::UUID_E, &self.uuid.0)
            .put(attribute::PRIMARY_TYPE, &self.device.primary_type.0)
            .put_u8(attribute::RF_BANDS, self.rf_bands.0)
            .put_u16(attribute::ASSOCIATION_STATE, self.state.0)
            .put_u16(attribute::CONFIG_ERROR, self.error.0)
            .put_u16(attribute::PASSWORD_ID, self.password_id.0);
        for (id, text) in [
            (attribute::MANUFACTURER, &self.device.manufacturer),
            (attribute::MODEL_NAME, &self.device.model_name),
            (attribute::MODEL_NUMBER, &self.device.model_number),
            (attribute::DEVICE_NAME, &self.device.name),
        ] {
            builder.put(id, if text.is_empty() { b" " } else { text });
        }
        self.wanted.iter().for_each(|wanted| _ = builder.put(attribute::REQUESTED_TYPE, &wanted.0));
        let request_to_enroll = self.request_to_enroll.then_some(true);
        finish(builder, &Extension { request_to_enroll, ..Extension::version_2() })
    }

    /// For association requests (8.2.5).
    ///
    /// # Errors
    /// Never: it fits.
    pub fn association_request(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        start(&mut builder);
        builder.put_u8(attribute::REQUEST_TYPE, self.request.0);
        finish(builder, &Extension { multi_ap: self.multi_ap, ..Extension::version_2() })
    }
}

/// An access point as a station sees it. What is missing in beacons may stand in probe responses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its name, where it says it.
    pub uuid: Option<Uuid>,
    /// Whether it has a configuration.
    pub state: SetupState,
    /// No registrar can be added.
    pub is_locked: bool,
    /// A registrar waits for somebody.
    pub selected: Option<Selected>,
    /// It speaks version 2.0.
    pub is_version_2: bool,
    /// What it says of itself.
    pub device: Device,
}

impl Seen {
    /// Reads the attributes of a beacon or probe response (8.2.1, 8.2.4).
    ///
    /// # Errors
    /// If an attribute cannot be read, or what every such element has is missing.
    pub fn parse(attributes: &[u8], quirks: Quirks) -> Result<Seen, Malformed> {
        let attributes = Attributes::parse(attributes, quirks)?;
        attributes.version.ok_or(Malformed("Version missing"))?;
        let state = attributes.setup_state.ok_or(Malformed("Wi-Fi Simple Configuration State missing"))?;
        let is_selected = attributes.selected_registrar.unwrap_or(false);
        let selected = if is_selected {
            let methods = match attributes.selected_methods {
                Some(methods) => methods,
                None if quirks.has(Quirk::NoSelectedMethods) => ConfigMethods::default(),
                None => return Err(Malformed("Selected Registrar Config Methods missing")),
            };
            Some(Selected {
                password_id: attributes.password_id.ok_or(Malformed("Device Password ID missing"))?,
                methods,
                authorized: attributes.extension.authorized_macs.clone(),
            })
        } else {
            None
        };
        Ok(Seen {
            uuid: attributes.uuid_e,
            state,
            is_locked: attributes.setup_locked.unwrap_or(false),
            selected,
            is_version_2: attributes.is_version_2(),
            device: Device::of(&attributes),
        })
    }

    /// Its button is pushed. The methods would say so too, but too many access points write them wrong.
    #[must_use]
    pub fn is_push_button(&self) -> bool {
        self.selected.as_ref().is_some_and(|selected| selected.password_id == PasswordId::PUSH_BUTTON)
    }

    /// A registrar waits for a PIN, from this station.
    #[must_use]
    pub fn waits_for_pin(&self, own: MacAddr) -> bool {
        self.selected.as_ref().is_some_and(|selected| {
            selected.password_id != PasswordId::PUSH_BUTTON
                && (selected.authorized.is_empty() && !self.is_version_2 || names(&selected.authorized, own))
        })
    }

    /// How well it suits a station with a PIN: access points that name it come before those that name everybody, and
    /// those before the ones that name nobody (12, AuthorizedMACs).
    #[must_use]
    pub fn rank_for(&self, own: MacAddr) -> u8 {
        match &self.selected {
            Some(selected) if selected.authorized.contains(&own) => 3,
            Some(selected) if selected.authorized.iter().any(MacAddr::is_broadcast) => 2,
            Some(_) => 1,
            None => 0,
        }
    }
}

/// Whether AuthorizedMACs names this address, itself or with all others.
fn names(authorized: &[MacAddr], own: MacAddr) -> bool {
    authorized.iter().any(|addr| *addr == own || addr.is_broadcast())
}

/// A station as an access point sees it in a probe request (8.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenStation {
    /// What it wants.
    pub request: RequestType,
    /// Its name.
    pub uuid: Uuid,
    /// Which password it has.
    pub password_id: PasswordId,
    /// What it can do.
    pub methods: ConfigMethods,
    /// What it says of itself.
    pub device: Device,
    /// Which devices it looks for; none: all.
    pub wanted: Vec<DeviceType>,
    /// It wants to be enrolled as soon as it is found.
    pub request_to_enroll: bool,
}

impl SeenStation {
    /// Reads the attributes of a probe request.
    ///
    /// # Errors
    /// If an attribute cannot be read, or what every such element has is missing.
    pub fn parse(attributes: &[u8], quirks: Quirks) -> Result<SeenStation, Malformed> {
        let attributes = Attributes::parse(attributes, quirks)?;
        attributes.version.ok_or(Malformed("Version missing"))?;
        Ok(SeenStation {
            request: attributes.request_type.ok_or(Malformed("Request Type missing"))?,
            uuid: attributes.uuid_e.or(attributes.uuid_r).ok_or(Malformed("UUID-E missing"))?,
            password_id: attributes.password_id.ok_or(Malformed("Device Password ID missing"))?,
            methods: attributes.config_methods.ok_or(Malformed("Config Methods missing"))?,
            device: Device::of(&attributes),
            wanted: attributes.requested_types.clone(),
            request_to_enroll: attributes.extension.request_to_enroll.unwrap_or(false),
        })
    }

    /// Whether an access point of this type is among those that it looks for (8.2.3).
    #[must_use]
    pub fn wants(&self, device: &Device) -> bool {
        self.wanted.is_empty()
            || self.wanted.iter().any(|wanted| {
                device.primary_type.is_meant_by(*wanted)
                    || device.secondary_types.iter().any(|secondary| secondary.is_meant_by(*wanted))
            })
    }
}

/// What an association request says (8.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenAssociation {
    /// What the station wants.
    pub request: RequestType,
    /// It speaks version 2.0.
    pub is_version_2: bool,
    /// Part in a Multi-AP network.
    pub multi_ap: Option<MultiAp>,
}

impl SeenAssociation {
    /// Reads the attributes of an association request.
    ///
    /// # Errors
    /// If an attribute cannot be read, or what every such element has is missing.
    pub fn parse(attributes: &[u8], quirks: Quirks) -> Result<SeenAssociation, Malformed> {
        let attributes = Attributes::parse(attributes, quirks)?;
        attributes.version.ok_or(Malformed("Version missing"))?;
        Ok(SeenAssociation {
            request: attributes.request_type.ok_or(Malformed("Request Type missing"))?,
            is_version_2: attributes.is_version_2(),
            multi_ap: attributes.extension.multi_ap,
        })
    }
}
