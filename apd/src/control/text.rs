//! What commands show: in the original's words and order, for scripts read it.

use ctrl::reply::{AP_LIMIT, Escaped, FAIL, Hex, Lines};
use ipc_proto::{LinkInfo, StationInfo};
use wire::channel::Band;
use wire::{Instant, MacAddr};

use daemon::access_point::suite;

use crate::machine::{Apd, BssRef};

impl Apd {
    pub(super) fn status_text(&self, of: BssRef) -> Vec<u8> {
        let Some(iface) = self.iface(of.iface) else { return FAIL.to_vec() };
        let radio = &iface.config.radio;
        let engine = iface.slots.get(of.bss).and_then(|slot| slot.engine.as_ref());
        let operating = engine.map(ap::Bss::operating).or(iface.operating.as_ref());
        let works = iface.state == crate::iface::State::Enabled;
        let non_erp = engine.map_or(0, |bss| bss.stations().filter(|station| station.is_non_erp()).count());
        let associated = |bss: &ap::Bss| bss.stations().filter(|station| station.is_associated()).count();
        let without_ht = engine.map_or(0, |bss| {
            bss.stations().filter(|station| station.is_associated() && station.abilities().ht.is_none()).count()
        });
        let (ht, vht) = engine.map_or((false, false), |bss| (bss.config().ht(), bss.config().vht()));
        let mut lines = Lines::new(AP_LIMIT);
        lines
            .field("state", iface.state.name())
            .field("phy", iface.wiphy.as_ref().map_or("", |wiphy| wiphy.name.as_str()))
            .field("freq", operating.filter(|_| works).map_or(0, |operating| operating.definition.freq))
            .field("num_sta_non_erp", non_erp)
            .field("num_sta_no_short_slot_time", 0)
            .field("num_sta_no_short_preamble", 0)
            .field("olbc", 0)
            .field("num_sta_ht_no_gf", 0)
            .field("num_sta_no_ht", if ht { without_ht } else { 0 })
            .field("num_sta_ht_20_mhz", 0)
            .field("num_sta_ht40_intolerant", 0)
            .field("olbc_ht", 0)
            .field("ht_op_mode", "0x0");
        if let Some(operating) = operating {
            lines.field(
                "hw_mode",
                match operating.band {
                    Band::Ghz2 if operating.is_erp() => "g",
                    Band::Ghz2 => "b",
                    Band::Ghz5 | Band::Ghz6 | Band::S1g => "a",
                    Band::Ghz60 => "ad",
                },
            );
        }
        if let Some([a, b, third]) = radio.country() {
            lines.field("country_code", format_args!("{}{}", char::from(a), char::from(b)));
            lines.field("country3", format_args!("0x{third:X}"));
        }
        lines
            .field("cac_time_seconds", 0)
            .field("cac_time_left_seconds", "N/A")
            .field("channel", operating.map_or(0, |operating| operating.number))
            .field("edmg_enable", 0)
            .field("edmg_channel", 0)
            .field("secondary_channel", operating.filter(|_| ht).map_or(0, |operating| operating.secondary))
            .field("ieee80211n", u8::from(ht))
            .field("ieee80211ac", u8::from(vht))
            .field("ieee80211ax", 0)
            .field("ieee80211be", 0)
            .field("beacon_int", radio.beacon_int())
            .field("dtim_period", iface.config.bss.get(of.bss).map_or(0, |bss| bss.dtim_period()));
        if let Some(operating) = operating {
            let rates: Vec<String> = operating.rates.iter().map(|(rate, _)| format!("{:02x}", rate / 5)).collect();
            lines.field("supported_rates", rates.join(" "));
            let power = iface.wiphy.iter().flat_map(|wiphy| &wiphy.bands).flat_map(|band| &band.channels);
            if let Some(channel) = power.into_iter().find(|channel| channel.freq == operating.definition.freq) {
                lines.field("max_txpower", channel.max_power / 100);
            }
        }
        for (index, (slot, bss)) in iface.slots.iter().zip(&iface.config.bss).enumerate() {
            let ssid = bss.ssid().unwrap_or_default();
            lines
                .field(&format!("bss[{index}]"), bss.interface())
                .field(&format!("bssid[{index}]"), slot.addr)
                .field(&format!("ssid[{index}]"), Escaped(ssid.as_bytes()))
                .field(&format!("num_sta[{index}]"), slot.engine.as_ref().map_or(0, associated));
        }
        if let Some(average) = engine.and_then(ap::Bss::average_load) {
            lines.field("chan_util_avg", average);
        }
        lines.into_bytes()
    }

    /// `link`: the interface as the kernel has just described it.
    pub(crate) fn driver_status_text(&self, of: BssRef, link: Option<&LinkInfo>) -> Vec<u8> {
        let Some(iface) = self.iface(of.iface) else { return FAIL.to_vec() };
        let Some(slot) = iface.slots.get(of.bss) else { return FAIL.to_vec() };
        let mut lines = Lines::new(AP_LIMIT);
        lines.field("ifindex", slot.handle.map_or(0, |_| slot.ifindex)).field("ifname", iface.bss_name(of.bss));
        if let Some(bridge) = link.and_then(|link| link.bridge.as_ref()) {
            lines.field("brname", bridge);
        }
        let running = slot.runs();
        let bridge = iface.config.bss.get(of.bss).and_then(|bss| bss.bridge());
        let (there, joined, made) =
            link.map_or((None, false, false), |link| (link.bridge.as_deref(), link.joined_bridge, link.made_bridge));
        let already = !joined && there.is_some() && there == bridge;
        let flags = [
            ("beacon_set", running),
            ("added_if_into_bridge", joined),
            ("already_in_bridge", already),
            ("added_bridge", made),
            ("if_dynamic", slot.created),
        ];
        for (name, _) in flags.iter().filter(|(_, set)| *set) {
            lines.field(name, 1);
        }
        lines
            .field("addr", slot.addr)
            .field("phyname", iface.wiphy.as_ref().map_or("", |wiphy| wiphy.name.as_str()))
            .field("perm_addr", iface.wiphy.as_ref().map_or(MacAddr::ZERO, |wiphy| wiphy.perm_addr));
        if let Some(operating) = slot.engine.as_ref().map(ap::Bss::operating) {
            lines.field("freq", operating.definition.freq);
        }
        if let Some([first, second]) = link.and_then(|link| link.country).map(|country| country.map(char::from)) {
            lines.field("country", format_args!("{first}{second}"));
        }
        lines.into_bytes()
    }

    pub(super) fn driver_flags_text(&self, of: BssRef) -> Vec<u8> {
        let Some(wiphy) = self.iface(of.iface).and_then(|iface| iface.wiphy.as_ref()) else { return FAIL.to_vec() };
        let features = &wiphy.features;
        let named: Vec<&str> = [
            (features.user_sme, "SME"),
            (true, "AP"),
            (features.sae, "SAE"),
            (features.control_port, "CONTROL_PORT"),
            (features.offchannel_tx, "OFFCHANNEL_TX"),
            (features.full_ap_client_state, "FULL_AP_CLIENT_STATE"),
            (features.inactivity_timer, "INACTIVITY_TIMER"),
            (features.channel_switch, "AP_CSA"),
            (features.tdls, "TDLS_SUPPORT"),
            (features.p2p_device, "DEDICATED_P2P_DEVICE"),
            (features.beacon_protection, "BEACON_PROTECTION"),
        ]
        .into_iter()
        .filter_map(|(set, name)| set.then_some(name))
        .collect();
        let mut text = String::from("0:\n");
        for name in named {
            text.push_str(name);
            text.push('\n');
        }
        text.into_bytes()
    }

    pub(super) fn driver_flags2_text(&self, of: BssRef) -> Vec<u8> {
        let Some(wiphy) = self.iface(of.iface).and_then(|iface| iface.wiphy.as_ref()) else { return FAIL.to_vec() };
        let (value, names) = if wiphy.features.control_port { (1_u64, "CONTROL_PORT_RX\n") } else { (0, "") };
        format!("{value:016X}:\n{names}").into_bytes()
    }

    pub(super) fn mib_text(&self, of: BssRef) -> Vec<u8> {
        let Some(iface) = self.iface(of.iface) else { return FAIL.to_vec() };
        let Some(slot) = iface.slots.get(of.bss) else { return FAIL.to_vec() };
        let Some(config) = iface.config.bss.get(of.bss) else { return FAIL.to_vec() };
        let mut lines = Lines::new(AP_LIMIT);
        if let Some(policy) = slot.engine.as_ref().and_then(ap::Bss::policy) {
            let akm = policy.akms.first().map_or(0, |akm| akm.nl80211());
            let pairwise = policy.rsn_pairwise.first().or(policy.wpa_pairwise.first()).map_or(0, |one| one.nl80211());
            let group = policy.group.nl80211();
            let word = |yes: bool| if yes { "TRUE" } else { "FALSE" };
            lines
                .field("dot11RSNAOptionImplemented", "TRUE")
                .field("dot11RSNAPreauthenticationImplemented", "FALSE")
                .field("dot11RSNAEnabled", word(policy.protocols.contains(&rsn::Protocol::Rsn)))
                .field("dot11RSNAPreauthenticationEnabled", "FALSE")
                .field("dot11RSNAConfigVersion", 1)
                .field("dot11RSNAConfigPairwiseKeysSupported", 9999)
                .field("dot11RSNAConfigGroupRekeyStrict", u8::from(config.wpa_strict_rekey()))
                .field("dot11RSNAConfigGroupUpdateCount", config.wpa_group_update_count())
                .field("dot11RSNAConfigPairwiseUpdateCount", config.wpa_pairwise_update_count())
                .field("dot11RSNAConfigNumberOfPTKSAReplayCounters", 0)
                .field("dot11RSNAConfigSATimeout", 60)
                .field("dot11RSNAAuthenticationSuiteSelected", suite(akm))
                .field("dot11RSNAPairwiseCipherSelected", suite(pairwise))
                .field("dot11RSNAGroupCipherSelected", suite(group))
                .field("dot11RSNAAuthenticationSuiteRequested", suite(akm))
                .field("dot11RSNAPairwiseCipherRequested", suite(pairwise))
                .field("dot11RSNAGroupCipherRequested", suite(group))
                .field("dot11RSNAConfigNumberOfGTKSAReplayCounters", 0);
        }
        lines.into_bytes()
    }

    pub(super) fn config_text(&self, of: BssRef) -> Vec<u8> {
        let Some(iface) = self.iface(of.iface) else { return FAIL.to_vec() };
        let (Some(slot), Some(config)) = (iface.slots.get(of.bss), iface.config.bss.get(of.bss)) else {
            return FAIL.to_vec();
        };
        let ssid = config.ssid().unwrap_or_default();
        let mut lines = Lines::new(AP_LIMIT);
        lines.field("bssid", slot.addr).field("ssid", Escaped(ssid.as_bytes()));
        if let Some(id) = config.config_id() {
            lines.field("config_id", Escaped(id));
        }
        lines.field("wps_state", "disabled");
        if config.is_protected() {
            let proto = config.proto();
            let rsn = proto.contains(conf::Proto::RSN);
            let wpa = proto.contains(conf::Proto::WPA);
            lines
                .field("wpa", u8::from(wpa) | u8::from(rsn) << 1)
                .field("key_mgmt", config.key_mgmt())
                .field("group_cipher", config.group_cipher());
            if rsn {
                lines.field("rsn_pairwise_cipher", config.rsn_pairwise());
            }
            if wpa {
                lines.field("wpa_pairwise_cipher", config.wpa_pairwise());
            }
            if config.wpa_deny_ptk0_rekey() != 0 {
                lines.field("wpa_deny_ptk0_rekey", config.wpa_deny_ptk0_rekey());
            }
        }
        lines.into_bytes()
    }

    pub(super) fn beacon_text(&self, of: BssRef) -> Vec<u8> {
        let engine =
            self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)).and_then(|slot| slot.engine.as_ref());
        engine.map_or_else(
            || FAIL.to_vec(),
            |bss| {
                let beacon = bss.beacon();
                format!("{}\n{}\n", Hex(&beacon.head), Hex(&beacon.tail)).into_bytes()
            },
        )
    }

    pub(super) fn pmksa_text(&self, of: BssRef, now: Instant) -> Vec<u8> {
        let engine =
            self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)).and_then(|slot| slot.engine.as_ref());
        daemon::access_point::pmksa(engine, now)
    }

    /// A station as `STA` shows it; `known`: the kernel's figures.
    pub(crate) fn station_text(&self, of: BssRef, addr: MacAddr, known: Option<&StationInfo>, now: Instant) -> Vec<u8> {
        let engine =
            self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)).and_then(|slot| slot.engine.as_ref());
        let station = engine.and_then(|bss| bss.station(addr));
        station.map_or_else(|| FAIL.to_vec(), |station| daemon::access_point::station(station, known, now, AP_LIMIT))
    }
}
