//! Settings of a running interface: what `SET` knows besides the parameters of the configuration file.

use crate::ParseError;
use crate::args::{Parsed, count, hex, mac, number, split, utf8};
use alloc::{string::String, vec::Vec};
use wire::{MacAddr, Ssid};

/// A setting that lasts as long as the interface does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimeSetting {
    /// `dot11RSNAConfigPMKLifetime`: seconds a cached key lasts.
    PmkLifetime(u32),
    /// `dot11RSNAConfigPMKReauthThreshold`: percent of it after which to authenticate again.
    PmkReauthThreshold(u32),
    /// `dot11RSNAConfigSATimeout`: seconds in which a key exchange must be finished.
    SaTimeout(u32),
    /// `EAPOL::heldPeriod`, `::authPeriod`, `::startPeriod`, `::maxStart`.
    Eapol {
        /// Which, without `EAPOL::`.
        name: String,
        /// The value.
        value: i64,
    },
    /// `pno`: scan in the driver while the machine sleeps.
    Pno(bool),
    /// `radio_disabled`.
    RadioDisabled(bool),
    /// `ps`: power save off, on, or (2) as usual.
    PowerSave(i64),
    /// `bssid_filter`: only these access points are seen; empty for all.
    BssidFilter(Vec<MacAddr>),
    /// `disallow_aps`: these access points and names are never used.
    DisallowAps {
        /// The access points.
        bssids: Vec<MacAddr>,
        /// The names.
        ssids: Vec<Ssid>,
    },
    /// `no_keep_alive`.
    NoKeepAlive(bool),
    /// `roaming`: whether we may go to another access point by ourselves.
    Roaming(bool),
    /// `blob NAME HEX`: a named blob.
    Blob {
        /// Its name.
        name: String,
        /// Its contents.
        bytes: Vec<u8>,
    },
    /// `disable_sa_query`: for tests.
    DisableSaQuery(bool),
    /// `ext_mgmt_frame_handling`: for tests, leave management frames to a client.
    ExtMgmtFrameHandling(bool),
    /// `ext_eapol_frame_io`: for tests, leave EAPOL frames to a client.
    ExtEapolFrameIo(bool),
    /// Another setting of the originals' test builds or of parts that are not supported.
    Other(&'static str),
}

/// Names that are known and have no effect.
const OTHERS: &[&str] = &[
    "wps_fragment_size",
    "wps_version_number",
    "wps_testing_stub_cred",
    "wps_corrupt_pkhash",
    "wps_force_auth_types",
    "wps_force_encr_types",
    "ampdu",
    "tdls_testing",
    "tdls_disabled",
    "uapsd",
    "wifi_display",
    "encrypt_eapol_m2",
    "encrypt_eapol_m4",
    "extra_roc_dur",
    "test_failure",
    "p2p_go_csa_on_inv",
    "ignore_auth_resp",
    "ignore_assoc_disallow",
    "ignore_sae_h2e_only",
    "extra_sae_rejected_groups",
    "ft_rsnxe_used",
    "oci_freq_override_eapol",
    "oci_freq_override_saquery_req",
    "oci_freq_override_saquery_resp",
    "oci_freq_override_eapol_g2",
    "oci_freq_override_ft_assoc",
    "oci_freq_override_fils_assoc",
    "oci_freq_override_wnm_sleep",
    "rsne_override_eapol",
    "rsnxe_override_assoc",
    "rsnxe_override_eapol",
    "link_ies",
    "reject_btm_req_reason",
    "get_pref_freq_list_override",
    "sae_commit_override",
    "driver_signal_override",
    "disable_scs_support",
    "disable_mscs_support",
    "disable_eapol_g2_tx",
    "test_assoc_comeback_type",
    "eapol_2_key_info_set_mask",
    "disable_fils",
    "setband",
    "lci",
    "tdls_trigger_control",
    "relative_rssi",
    "relative_band_adjust",
    "ric_ies",
    "coloc_intf_elems",
    "enable_dscp_policy_capa",
    "urnm_mfpr",
    "urnm_mfpr_x20",
    "EAPOL::portControl",
];

impl RuntimeSetting {
    /// Reads a setting. `None` if the name is none of a setting: then it may be a parameter of the configuration.
    ///
    /// # Errors
    /// If the value is none of this setting.
    pub fn parse(name: &str, value: &[u8]) -> Option<Result<RuntimeSetting, ParseError>> {
        use RuntimeSetting as S;
        let on = || number(value).map(|n| n != 0);
        let at_least_one = || count(value).ok().filter(|n| *n > 0).ok_or(ParseError::Invalid);
        let folded = name.to_ascii_lowercase();
        Some(match folded.as_str() {
            "dot11rsnaconfigpmklifetime" => at_least_one().map(S::PmkLifetime),
            "dot11rsnaconfigpmkreauththreshold" => at_least_one()
                .and_then(|n| if n <= 100 { Ok(S::PmkReauthThreshold(n)) } else { Err(ParseError::Invalid) }),
            "dot11rsnaconfigsatimeout" => at_least_one().map(S::SaTimeout),
            "pno" => on().map(S::Pno),
            "radio_disabled" => on().map(S::RadioDisabled),
            "ps" => number(value).map(S::PowerSave),
            "bssid_filter" => conf::text::words(value).map(mac).collect::<Parsed<Vec<_>>>().map(S::BssidFilter),
            "disallow_aps" => disallow(value),
            "no_keep_alive" => on().map(S::NoKeepAlive),
            "roaming" => on().map(S::Roaming),
            "blob" => blob(value),
            "disable_sa_query" => on().map(S::DisableSaQuery),
            "ext_mgmt_frame_handling" => on().map(S::ExtMgmtFrameHandling),
            "ext_eapol_frame_io" => on().map(S::ExtEapolFrameIo),
            _ => {
                if let Some(known) = OTHERS.iter().find(|other| other.eq_ignore_ascii_case(name)) {
                    return Some(Ok(S::Other(known)));
                }
                let eapol = folded.strip_prefix("eapol::")?;
                if !matches!(eapol, "heldperiod" | "authperiod" | "startperiod" | "maxstart") {
                    return None;
                }
                number(value).map(|value| S::Eapol { name: eapol.into(), value })
            }
        })
    }
}

fn disallow(value: &[u8]) -> Parsed<RuntimeSetting> {
    let mut bssids = Vec::new();
    let mut ssids = Vec::new();
    let mut words = conf::text::words(value);
    while let Some(word) = words.next() {
        let entry = words.next().ok_or(ParseError::Invalid)?;
        match word {
            b"bssid" => bssids.push(mac(entry)?),
            b"ssid" => ssids.push(Ssid::new(&hex(entry)?).map_err(|_| ParseError::Invalid)?),
            _ => return Err(ParseError::Invalid),
        }
    }
    Ok(RuntimeSetting::DisallowAps { bssids, ssids })
}

fn blob(value: &[u8]) -> Parsed<RuntimeSetting> {
    let (name, bytes) = split(value);
    Ok(RuntimeSetting::Blob { name: utf8(name)?, bytes: hex(bytes.ok_or(ParseError::Invalid)?)? })
}
