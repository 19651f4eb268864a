//! Parsers that read bytes once.

use conf::ap::ApConfig;
use conf::station::StationConfig;
use ctrl::{ApCommand, GlobalApCommand, GlobalStationCommand, StationCommand};
use ipc_proto::codec::{decode, encode};
use ipc_proto::{FromPrivd, ToPrivd, courier, keeper, post};
use rsn::key_frame::RawKeyFrame;
use rsn::{AkmSuite, ApOffer, ApPolicy, Pmf, Rsne, Rsnxe, StationPolicy};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::element::Elements;
use wire::frame::{self, Action, AssocRequest, AssocResponse, Authentication, Beacon, Management};

use crate::records::Records;
use crate::report;

/// Information elements, as scan results and management frames bring them.
pub(crate) fn wire_elements(data: &[u8]) {
    let elements = Elements::new(data);
    let mut octets = 0;
    for element in elements {
        octets += element.body.len() + 2;
    }
    assert!(octets <= data.len(), "elements are longer than what holds them");
    if Elements::check(data).is_ok() {
        assert_eq!(octets, data.len(), "checked elements leave octets over");
    }
    let _ =
        (elements.ssid(), elements.rates().count(), elements.find_extension(1), elements.find_vendor([0, 80, 242, 1]));
}

/// Management frames.
pub(crate) fn wire_management(data: &[u8]) {
    let Ok(frame) = Management::parse(data) else { return };
    let body = frame.body;
    let _ = Beacon::parse(body);
    let _ = AssocRequest::parse(body, false);
    let _ = AssocRequest::parse(body, true);
    let _ = AssocResponse::parse(body);
    let _ = frame::parse_reason(body);
    let _ = Action::parse(body);
    if let Ok(authentication) = Authentication::parse(body) {
        let mut writer = wire::Writer::new();
        authentication.write(&mut writer);
        assert_eq!(writer.finish().as_deref(), Ok(body), "an Authentication frame changes when it is written again");
    }
}

/// RSNE, RSNXE and the WPA element.
pub(crate) fn rsn_elements(data: &[u8]) {
    for parsed in [Rsne::parse(data), Rsne::parse_wpa(data), Rsne::parse_element(data)].into_iter().flatten() {
        let written = parsed.element();
        // What does not fit an element (255 octets) is not written.
        if let Ok(again) = Rsne::parse_element(&written) {
            assert_eq!(again.element(), written, "an RSNE changes when it is written again");
        }
    }
    let _ = Rsnxe::parse(data);
    let _ = Rsnxe::parse_element(data);
}

/// EAPOL-Key frames with each length of MIC.
pub(crate) fn rsn_key_frame(data: &[u8]) {
    for mic_length in [0, 16, 24, 32] {
        let _ = RawKeyFrame::parse(data, mic_length);
    }
    let _ = rsn::key_frame::KeyData::parse(crypto::Secret::from(data));
}

/// A stranger's elements judged by both sides.
pub(crate) fn rsn_negotiation(data: &[u8]) {
    let station = StationPolicy::personal();
    let Some((split, rest)) = data.split_first() else { return };
    let (first, second) = rest.split_at(usize::from(*split).min(rest.len()));
    let offer = ApOffer { rsne: Some(first), rsnxe: Some(second), wpa: None };
    if let Ok(chosen) = station.choose(&offer) {
        let element = chosen.station_element(&[]);
        assert!(Rsne::parse_element(&element).is_ok(), "our own element cannot be read");
    }
    let _ = station.choose(&ApOffer { rsne: None, rsnxe: None, wpa: Some(rest) });
    let policy = ApPolicy::rsn(&[AkmSuite::Psk, AkmSuite::Sae], Pmf::Optional);
    let _ = policy.accept(first, Some(second));
}

/// wpa_supplicant.conf: what is saved must read as what was saved.
pub(crate) fn conf_station(data: &[u8]) {
    let Ok((config, _)) = StationConfig::parse("fuzz.conf", data) else { return };
    let text = config.to_text();
    match StationConfig::parse("saved.conf", &text) {
        Ok((again, _)) => assert_eq!(again.to_text(), text, "a saved configuration changes when it is saved again"),
        Err(rejected) => report(&format!("a saved configuration is refused: {rejected:?}: {}", lossy(&text))),
    }
}

/// hostapd.conf.
pub(crate) fn conf_access_point(data: &[u8]) {
    if let Ok((config, _)) = ApConfig::parse("fuzz.conf", data) {
        let _ = config.check();
    }
}

/// The files that hostapd.conf names.
pub(crate) fn conf_files(data: &[u8]) {
    use conf::ap::{parse_mac_file, parse_psk_file, parse_sae_password_file};
    let lines = data.split(|octet| *octet == b'\n').count();
    let counts = [
        parse_mac_file("fuzz", data).map_or(0, |entries| entries.len()),
        parse_psk_file("fuzz", data).map_or(0, |entries| entries.len()),
        parse_sae_password_file("fuzz", data).map_or(0, |entries| entries.len()),
    ];
    assert!(counts.iter().all(|count| *count <= lines), "a file has more entries than lines");
}

/// Commands on the sockets of a station.
pub(crate) fn ctrl_station(data: &[u8]) {
    let _ = StationCommand::parse(data);
    let _ = GlobalStationCommand::parse(data);
}

/// Commands on the sockets of an access point.
pub(crate) fn ctrl_access_point(data: &[u8]) {
    let _ = ApCommand::parse(data);
    let _ = GlobalApCommand::parse(data);
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let Ok(message) = decode::<T>(data) else { return };
    match encode(&message) {
        Ok(bytes) => match decode::<T>(&bytes) {
            Ok(again) => assert_eq!(again, message, "a message changes when it is sent on"),
            Err(error) => report(&format!("our own bytes are refused: {error}: {message:?}")),
        },
        Err(error) => report(&format!("what was read cannot be written: {error}: {message:?}")),
    }
}

/// What a daemon that was taken over sends privd.
pub(crate) fn ipc_to_privd(data: &[u8]) {
    round_trip::<ToPrivd>(data);
}

/// What privd sends a daemon.
pub(crate) fn ipc_from_privd(data: &[u8]) {
    round_trip::<FromPrivd>(data);
}

/// Both directions of the post and of the courier, and the keepers' words.
pub(crate) fn ipc_post(data: &[u8]) {
    round_trip::<post::ToPost>(data);
    round_trip::<post::FromPost>(data);
    round_trip::<courier::ToCourier>(data);
    round_trip::<courier::FromCourier>(data);
    round_trip::<keeper::FromKeeper>(data);
    round_trip::<keeper::ToWorker>(data);
}

/// Whatever the kernel's netlink says to privd.
pub(crate) fn kernel_messages(data: &[u8]) {
    privd::fuzz::kernel_messages(data);
}

/// privd's worker between a kernel and a daemon that both talk nonsense.
pub(crate) fn privd_worker(data: &[u8]) {
    privd::fuzz::worker(data);
}

/// The post between a hostile daemon and clients.
pub(crate) fn post_sequences(data: &[u8]) {
    privd::fuzz::post(&mut Records(data).map(|record| (record.kind, record.data)));
}

/// The courier and a hostile daemon.
pub(crate) fn courier_sequences(data: &[u8]) {
    privd::fuzz::courier(&mut Records(data).map(|record| (record.kind, record.data)));
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
