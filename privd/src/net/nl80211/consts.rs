//! Numbers of nl80211 that are in use here, from the kernel's header; names are its own without the prefix.

/// Attributes.
pub(in crate::net) mod attr {
    pub(in crate::net) const WIPHY: u16 = 1;
    pub(in crate::net) const WIPHY_NAME: u16 = 2;
    pub(in crate::net) const IFINDEX: u16 = 3;
    pub(in crate::net) const IFNAME: u16 = 4;
    pub(in crate::net) const IFTYPE: u16 = 5;
    pub(in crate::net) const MAC: u16 = 6;
    pub(in crate::net) const KEY_IDX: u16 = 8;
    pub(in crate::net) const KEY_SEQ: u16 = 10;
    pub(in crate::net) const BEACON_INTERVAL: u16 = 12;
    pub(in crate::net) const DTIM_PERIOD: u16 = 13;
    pub(in crate::net) const BEACON_HEAD: u16 = 14;
    pub(in crate::net) const BEACON_TAIL: u16 = 15;
    pub(in crate::net) const STA_AID: u16 = 16;
    pub(in crate::net) const STA_LISTEN_INTERVAL: u16 = 18;
    pub(in crate::net) const STA_SUPPORTED_RATES: u16 = 19;
    pub(in crate::net) const STA_VLAN: u16 = 20;
    pub(in crate::net) const STA_INFO: u16 = 21;
    pub(in crate::net) const WIPHY_BANDS: u16 = 22;
    pub(in crate::net) const BSS_CTS_PROT: u16 = 28;
    pub(in crate::net) const BSS_SHORT_PREAMBLE: u16 = 29;
    pub(in crate::net) const BSS_SHORT_SLOT_TIME: u16 = 30;
    pub(in crate::net) const HT_CAPABILITY: u16 = 31;
    pub(in crate::net) const SUPPORTED_IFTYPES: u16 = 32;
    pub(in crate::net) const REG_ALPHA2: u16 = 33;
    pub(in crate::net) const BSS_BASIC_RATES: u16 = 36;
    pub(in crate::net) const WIPHY_TXQ_PARAMS: u16 = 37;
    pub(in crate::net) const WIPHY_FREQ: u16 = 38;
    pub(in crate::net) const MGMT_SUBTYPE: u16 = 41;
    pub(in crate::net) const IE: u16 = 42;
    pub(in crate::net) const MAX_NUM_SCAN_SSIDS: u16 = 43;
    pub(in crate::net) const SCAN_FREQUENCIES: u16 = 44;
    pub(in crate::net) const SCAN_SSIDS: u16 = 45;
    pub(in crate::net) const BSS: u16 = 47;
    pub(in crate::net) const REG_INITIATOR: u16 = 48;
    pub(in crate::net) const REG_TYPE: u16 = 49;
    pub(in crate::net) const SUPPORTED_COMMANDS: u16 = 50;
    pub(in crate::net) const FRAME: u16 = 51;
    pub(in crate::net) const SSID: u16 = 52;
    pub(in crate::net) const AUTH_TYPE: u16 = 53;
    pub(in crate::net) const REASON_CODE: u16 = 54;
    pub(in crate::net) const KEY_TYPE: u16 = 55;
    pub(in crate::net) const MAX_SCAN_IE_LEN: u16 = 56;
    pub(in crate::net) const CIPHER_SUITES: u16 = 57;
    pub(in crate::net) const WIPHY_FRAG_THRESHOLD: u16 = 63;
    pub(in crate::net) const WIPHY_RTS_THRESHOLD: u16 = 64;
    pub(in crate::net) const TIMED_OUT: u16 = 65;
    pub(in crate::net) const USE_MFP: u16 = 66;
    pub(in crate::net) const STA_FLAGS2: u16 = 67;
    pub(in crate::net) const CONTROL_PORT: u16 = 68;
    pub(in crate::net) const PRIVACY: u16 = 70;
    pub(in crate::net) const DISCONNECTED_BY_AP: u16 = 71;
    pub(in crate::net) const STATUS_CODE: u16 = 72;
    pub(in crate::net) const CIPHER_SUITES_PAIRWISE: u16 = 73;
    pub(in crate::net) const CIPHER_SUITE_GROUP: u16 = 74;
    pub(in crate::net) const WPA_VERSIONS: u16 = 75;
    pub(in crate::net) const AKM_SUITES: u16 = 76;
    pub(in crate::net) const REQ_IE: u16 = 77;
    pub(in crate::net) const RESP_IE: u16 = 78;
    pub(in crate::net) const PREV_BSSID: u16 = 79;
    pub(in crate::net) const KEY: u16 = 80;
    pub(in crate::net) const FOUR_ADDR: u16 = 83;
    pub(in crate::net) const SURVEY_INFO: u16 = 84;
    pub(in crate::net) const PMKID: u16 = 85;
    pub(in crate::net) const MAX_NUM_PMKIDS: u16 = 86;
    pub(in crate::net) const DURATION: u16 = 87;
    pub(in crate::net) const COOKIE: u16 = 88;
    pub(in crate::net) const FRAME_MATCH: u16 = 91;
    pub(in crate::net) const ACK: u16 = 92;
    pub(in crate::net) const PS_STATE: u16 = 93;
    pub(in crate::net) const CQM: u16 = 94;
    pub(in crate::net) const LOCAL_STATE_CHANGE: u16 = 95;
    pub(in crate::net) const AP_ISOLATE: u16 = 96;
    pub(in crate::net) const FRAME_TYPE: u16 = 101;
    pub(in crate::net) const CONTROL_PORT_ETHERTYPE: u16 = 102;
    pub(in crate::net) const CONTROL_PORT_NO_ENCRYPT: u16 = 103;
    pub(in crate::net) const OFFCHANNEL_TX_OK: u16 = 108;
    pub(in crate::net) const BSS_HT_OPMODE: u16 = 109;
    pub(in crate::net) const MAX_REMAIN_ON_CHANNEL_DURATION: u16 = 111;
    pub(in crate::net) const REKEY_DATA: u16 = 122;
    pub(in crate::net) const MAX_NUM_SCHED_SCAN_SSIDS: u16 = 123;
    pub(in crate::net) const HIDDEN_SSID: u16 = 126;
    pub(in crate::net) const IE_PROBE_RESP: u16 = 127;
    pub(in crate::net) const IE_ASSOC_RESP: u16 = 128;
    pub(in crate::net) const STA_WME: u16 = 129;
    pub(in crate::net) const ROAM_SUPPORT: u16 = 131;
    pub(in crate::net) const SCHED_SCAN_MATCH: u16 = 132;
    pub(in crate::net) const MAX_MATCH_SETS: u16 = 133;
    pub(in crate::net) const TX_NO_CCK_RATE: u16 = 135;
    pub(in crate::net) const TDLS_ACTION: u16 = 136;
    pub(in crate::net) const TDLS_DIALOG_TOKEN: u16 = 137;
    pub(in crate::net) const TDLS_OPERATION: u16 = 138;
    pub(in crate::net) const TDLS_SUPPORT: u16 = 139;
    pub(in crate::net) const DEVICE_AP_SME: u16 = 141;
    pub(in crate::net) const DONT_WAIT_FOR_ACK: u16 = 142;
    pub(in crate::net) const FEATURE_FLAGS: u16 = 143;
    pub(in crate::net) const PROBE_RESP_OFFLOAD: u16 = 144;
    pub(in crate::net) const PROBE_RESP: u16 = 145;
    pub(in crate::net) const DISABLE_HT: u16 = 147;
    pub(in crate::net) const INACTIVITY_TIMEOUT: u16 = 150;
    pub(in crate::net) const RX_SIGNAL_DBM: u16 = 151;
    pub(in crate::net) const AUTH_DATA: u16 = 156;
    pub(in crate::net) const VHT_CAPABILITY: u16 = 157;
    pub(in crate::net) const SCAN_FLAGS: u16 = 158;
    pub(in crate::net) const CHANNEL_WIDTH: u16 = 159;
    pub(in crate::net) const CENTER_FREQ1: u16 = 160;
    pub(in crate::net) const CENTER_FREQ2: u16 = 161;
    pub(in crate::net) const RADAR_EVENT: u16 = 168;
    pub(in crate::net) const EXT_CAPA: u16 = 169;
    pub(in crate::net) const STA_CAPABILITY: u16 = 171;
    pub(in crate::net) const STA_EXT_CAPABILITY: u16 = 172;
    pub(in crate::net) const SPLIT_WIPHY_DUMP: u16 = 174;
    pub(in crate::net) const DISABLE_VHT: u16 = 175;
    pub(in crate::net) const MDID: u16 = 177;
    pub(in crate::net) const PEER_AID: u16 = 181;
    pub(in crate::net) const CH_SWITCH_COUNT: u16 = 183;
    pub(in crate::net) const CH_SWITCH_BLOCK_TX: u16 = 184;
    pub(in crate::net) const CSA_IES: u16 = 185;
    pub(in crate::net) const CNTDWN_OFFS_BEACON: u16 = 186;
    pub(in crate::net) const OPMODE_NOTIF: u16 = 194;
    pub(in crate::net) const MAC_HINT: u16 = 200;
    pub(in crate::net) const MAX_AP_ASSOC_STA: u16 = 202;
    pub(in crate::net) const SOCKET_OWNER: u16 = 204;
    pub(in crate::net) const MAC_MASK: u16 = 215;
    pub(in crate::net) const EXT_FEATURES: u16 = 217;
    pub(in crate::net) const SCHED_SCAN_PLANS: u16 = 225;
    pub(in crate::net) const MEASUREMENT_DURATION: u16 = 235;
    pub(in crate::net) const MULTICAST_TO_UNICAST_ENABLED: u16 = 244;
    pub(in crate::net) const BSSID: u16 = 245;
    pub(in crate::net) const PMK: u16 = 254;
    pub(in crate::net) const PORT_AUTHORIZED: u16 = 259;
    pub(in crate::net) const EXTERNAL_AUTH_ACTION: u16 = 260;
    pub(in crate::net) const EXTERNAL_AUTH_SUPPORT: u16 = 261;
    pub(in crate::net) const CONTROL_PORT_OVER_NL80211: u16 = 264;
    pub(in crate::net) const HE_CAPABILITY: u16 = 269;
    pub(in crate::net) const SAE_PASSWORD: u16 = 277;
    pub(in crate::net) const CONTROL_PORT_NO_PREAUTH: u16 = 286;
    pub(in crate::net) const MLO_LINKS: u16 = 312;
    pub(in crate::net) const MLO_LINK_ID: u16 = 313;
    pub(in crate::net) const MLD_ADDR: u16 = 314;
}

/// Commands.
pub(in crate::net) mod cmd {
    pub(in crate::net) const GET_WIPHY: u8 = 1;
    pub(in crate::net) const SET_WIPHY: u8 = 2;
    pub(in crate::net) const NEW_WIPHY: u8 = 3;
    pub(in crate::net) const DEL_WIPHY: u8 = 4;
    pub(in crate::net) const GET_INTERFACE: u8 = 5;
    pub(in crate::net) const SET_INTERFACE: u8 = 6;
    pub(in crate::net) const NEW_INTERFACE: u8 = 7;
    pub(in crate::net) const DEL_INTERFACE: u8 = 8;
    pub(in crate::net) const GET_KEY: u8 = 9;
    pub(in crate::net) const SET_KEY: u8 = 10;
    pub(in crate::net) const NEW_KEY: u8 = 11;
    pub(in crate::net) const DEL_KEY: u8 = 12;
    pub(in crate::net) const SET_BEACON: u8 = 14;
    pub(in crate::net) const START_AP: u8 = 15;
    pub(in crate::net) const STOP_AP: u8 = 16;
    pub(in crate::net) const GET_STATION: u8 = 17;
    pub(in crate::net) const SET_STATION: u8 = 18;
    pub(in crate::net) const NEW_STATION: u8 = 19;
    pub(in crate::net) const DEL_STATION: u8 = 20;
    pub(in crate::net) const SET_BSS: u8 = 25;
    pub(in crate::net) const REQ_SET_REG: u8 = 27;
    pub(in crate::net) const GET_REG: u8 = 31;
    pub(in crate::net) const GET_SCAN: u8 = 32;
    pub(in crate::net) const TRIGGER_SCAN: u8 = 33;
    pub(in crate::net) const NEW_SCAN_RESULTS: u8 = 34;
    pub(in crate::net) const SCAN_ABORTED: u8 = 35;
    pub(in crate::net) const REG_CHANGE: u8 = 36;
    pub(in crate::net) const AUTHENTICATE: u8 = 37;
    pub(in crate::net) const ASSOCIATE: u8 = 38;
    pub(in crate::net) const DEAUTHENTICATE: u8 = 39;
    pub(in crate::net) const DISASSOCIATE: u8 = 40;
    pub(in crate::net) const MICHAEL_MIC_FAILURE: u8 = 41;
    pub(in crate::net) const CONNECT: u8 = 46;
    pub(in crate::net) const ROAM: u8 = 47;
    pub(in crate::net) const DISCONNECT: u8 = 48;
    pub(in crate::net) const GET_SURVEY: u8 = 50;
    pub(in crate::net) const NEW_SURVEY_RESULTS: u8 = 51;
    pub(in crate::net) const SET_PMKSA: u8 = 52;
    pub(in crate::net) const DEL_PMKSA: u8 = 53;
    pub(in crate::net) const FLUSH_PMKSA: u8 = 54;
    pub(in crate::net) const REMAIN_ON_CHANNEL: u8 = 55;
    pub(in crate::net) const CANCEL_REMAIN_ON_CHANNEL: u8 = 56;
    pub(in crate::net) const REGISTER_FRAME: u8 = 58;
    pub(in crate::net) const FRAME: u8 = 59;
    pub(in crate::net) const FRAME_TX_STATUS: u8 = 60;
    pub(in crate::net) const SET_POWER_SAVE: u8 = 61;
    pub(in crate::net) const SET_CQM: u8 = 63;
    pub(in crate::net) const NOTIFY_CQM: u8 = 64;
    pub(in crate::net) const FRAME_WAIT_CANCEL: u8 = 67;
    pub(in crate::net) const UNPROT_DEAUTHENTICATE: u8 = 70;
    pub(in crate::net) const UNPROT_DISASSOCIATE: u8 = 71;
    pub(in crate::net) const START_SCHED_SCAN: u8 = 75;
    pub(in crate::net) const STOP_SCHED_SCAN: u8 = 76;
    pub(in crate::net) const SCHED_SCAN_RESULTS: u8 = 77;
    pub(in crate::net) const SCHED_SCAN_STOPPED: u8 = 78;
    pub(in crate::net) const SET_REKEY_OFFLOAD: u8 = 79;
    pub(in crate::net) const TDLS_OPER: u8 = 81;
    pub(in crate::net) const TDLS_MGMT: u8 = 82;
    pub(in crate::net) const UNEXPECTED_FRAME: u8 = 83;
    pub(in crate::net) const PROBE_CLIENT: u8 = 84;
    pub(in crate::net) const UNEXPECTED_4ADDR_FRAME: u8 = 86;
    pub(in crate::net) const CH_SWITCH_NOTIFY: u8 = 88;
    pub(in crate::net) const RADAR_DETECT: u8 = 94;
    pub(in crate::net) const UPDATE_FT_IES: u8 = 96;
    pub(in crate::net) const CHANNEL_SWITCH: u8 = 102;
    pub(in crate::net) const SET_QOS_MAP: u8 = 104;
    pub(in crate::net) const CH_SWITCH_STARTED_NOTIFY: u8 = 110;
    pub(in crate::net) const WIPHY_REG_CHANGE: u8 = 113;
    pub(in crate::net) const ABORT_SCAN: u8 = 114;
    pub(in crate::net) const SET_MULTICAST_TO_UNICAST: u8 = 121;
    pub(in crate::net) const PORT_AUTHORIZED: u8 = 125;
    pub(in crate::net) const CONTROL_PORT_FRAME: u8 = 129;
    pub(in crate::net) const CONTROL_PORT_FRAME_TX_STATUS: u8 = 139;
    pub(in crate::net) const SET_PMK: u8 = 123;
    pub(in crate::net) const DEL_PMK: u8 = 124;
    pub(in crate::net) const EXTERNAL_AUTH: u8 = 127;
}

/// Attributes of a key.
pub(in crate::net) mod key {
    pub(in crate::net) const DATA: u16 = 1;
    pub(in crate::net) const MODE_NO_TX: u8 = 1;
    pub(in crate::net) const IDX: u16 = 2;
    pub(in crate::net) const CIPHER: u16 = 3;
    pub(in crate::net) const SEQ: u16 = 4;
    pub(in crate::net) const DEFAULT: u16 = 5;
    pub(in crate::net) const DEFAULT_MGMT: u16 = 6;
    pub(in crate::net) const TYPE: u16 = 7;
    pub(in crate::net) const DEFAULT_TYPES: u16 = 8;
    pub(in crate::net) const MODE: u16 = 9;
    pub(in crate::net) const DEFAULT_BEACON: u16 = 10;
}

/// What a default key is for.
pub(in crate::net) mod key_default {
    pub(in crate::net) const MULTICAST: u16 = 2;
}

/// Attributes of a band.
pub(in crate::net) mod band {
    pub(in crate::net) const FREQS: u16 = 1;
    pub(in crate::net) const RATES: u16 = 2;
    pub(in crate::net) const HT_MCS_SET: u16 = 3;
    pub(in crate::net) const HT_CAPA: u16 = 4;
    pub(in crate::net) const HT_AMPDU_FACTOR: u16 = 5;
    pub(in crate::net) const HT_AMPDU_DENSITY: u16 = 6;
    pub(in crate::net) const VHT_MCS_SET: u16 = 7;
    pub(in crate::net) const VHT_CAPA: u16 = 8;
}

/// Attributes of a channel.
pub(in crate::net) mod freq {
    pub(in crate::net) const FREQ: u16 = 1;
    pub(in crate::net) const DISABLED: u16 = 2;
    pub(in crate::net) const NO_IR: u16 = 3;
    pub(in crate::net) const RADAR: u16 = 5;
    pub(in crate::net) const MAX_TX_POWER: u16 = 6;
    pub(in crate::net) const NO_HT40_MINUS: u16 = 9;
    pub(in crate::net) const NO_HT40_PLUS: u16 = 10;
}

/// Attributes of a rate.
pub(in crate::net) mod rate {
    pub(in crate::net) const RATE: u16 = 1;
}

/// Attributes of a survey.
pub(in crate::net) mod survey {
    pub(in crate::net) const FREQUENCY: u16 = 1;
    pub(in crate::net) const NOISE: u16 = 2;
    pub(in crate::net) const IN_USE: u16 = 3;
    pub(in crate::net) const TIME: u16 = 4;
    pub(in crate::net) const TIME_BUSY: u16 = 5;
}

/// Attributes of a BSS.
pub(in crate::net) mod bss {
    pub(in crate::net) const BSSID: u16 = 1;
    pub(in crate::net) const FREQUENCY: u16 = 2;
    pub(in crate::net) const TSF: u16 = 3;
    pub(in crate::net) const BEACON_INTERVAL: u16 = 4;
    pub(in crate::net) const CAPABILITY: u16 = 5;
    pub(in crate::net) const INFORMATION_ELEMENTS: u16 = 6;
    pub(in crate::net) const SIGNAL_MBM: u16 = 7;
    pub(in crate::net) const SIGNAL_UNSPEC: u16 = 8;
    pub(in crate::net) const STATUS: u16 = 9;
    pub(in crate::net) const SEEN_MS_AGO: u16 = 10;
    pub(in crate::net) const BEACON_IES: u16 = 11;
    pub(in crate::net) const BEACON_TSF: u16 = 13;
}

/// Attributes of a station.
pub(in crate::net) mod sta {
    pub(in crate::net) const INACTIVE_TIME: u16 = 1;
    pub(in crate::net) const RX_BYTES: u16 = 2;
    pub(in crate::net) const TX_BYTES: u16 = 3;
    pub(in crate::net) const SIGNAL: u16 = 7;
    pub(in crate::net) const TX_BITRATE: u16 = 8;
    pub(in crate::net) const RX_PACKETS: u16 = 9;
    pub(in crate::net) const TX_PACKETS: u16 = 10;
    pub(in crate::net) const TX_RETRIES: u16 = 11;
    pub(in crate::net) const TX_FAILED: u16 = 12;
    pub(in crate::net) const SIGNAL_AVG: u16 = 13;
    pub(in crate::net) const RX_BITRATE: u16 = 14;
    pub(in crate::net) const CONNECTED_TIME: u16 = 16;
    pub(in crate::net) const STA_FLAGS: u16 = 17;
    pub(in crate::net) const RX_BYTES64: u16 = 23;
    pub(in crate::net) const TX_BYTES64: u16 = 24;
    pub(in crate::net) const BEACON_SIGNAL_AVG: u16 = 30;
}

/// Attributes of a bit rate.
pub(in crate::net) mod rinfo {
    pub(in crate::net) const BITRATE: u16 = 1;
    pub(in crate::net) const BITRATE32: u16 = 5;
}

/// Attributes of connection quality.
pub(in crate::net) mod cqm {
    pub(in crate::net) const RSSI_THOLD: u16 = 1;
    pub(in crate::net) const RSSI_HYST: u16 = 2;
    pub(in crate::net) const RSSI_THRESHOLD_EVENT: u16 = 3;
    pub(in crate::net) const PKT_LOSS_EVENT: u16 = 4;
    pub(in crate::net) const BEACON_LOSS_EVENT: u16 = 8;
    pub(in crate::net) const RSSI_LEVEL: u16 = 9;
}

/// Attributes of a transmit queue.
pub(in crate::net) mod txq {
    pub(in crate::net) const AC: u16 = 1;
    pub(in crate::net) const TXOP: u16 = 2;
    pub(in crate::net) const CWMIN: u16 = 3;
    pub(in crate::net) const CWMAX: u16 = 4;
    pub(in crate::net) const AIFS: u16 = 5;
}

/// Attributes of rekeying.
pub(in crate::net) mod rekey {
    pub(in crate::net) const KEK: u16 = 1;
    pub(in crate::net) const KCK: u16 = 2;
    pub(in crate::net) const REPLAY_CTR: u16 = 3;
}

/// Attributes of WMM.
pub(in crate::net) mod wme {
    pub(in crate::net) const UAPSD_QUEUES: u16 = 1;
    pub(in crate::net) const MAX_SP: u16 = 2;
}

/// Feature flags.
pub(in crate::net) mod feature {
    pub(in crate::net) const INACTIVITY_TIMER: u32 = 4;
    pub(in crate::net) const SAE: u32 = 32;
    pub(in crate::net) const FULL_AP_CLIENT_STATE: u32 = 32768;
    pub(in crate::net) const SCAN_RANDOM_MAC_ADDR: u32 = 536870912;
}

/// Bits of the extended features.
pub(in crate::net) mod ext {
    pub(in crate::net) const FOUR_WAY_HANDSHAKE_STA_PSK: usize = 15;
    pub(in crate::net) const CONTROL_PORT_OVER_NL80211: usize = 26;
    pub(in crate::net) const CAN_REPLACE_PTK0: usize = 31;
    pub(in crate::net) const EXT_KEY_ID: usize = 36;
    pub(in crate::net) const SAE_OFFLOAD: usize = 38;
    pub(in crate::net) const BEACON_PROTECTION: usize = 41;
    pub(in crate::net) const MULTICAST_REGISTRATIONS: usize = 45;
    pub(in crate::net) const CONTROL_PORT_OVER_NL80211_TX_STATUS: usize = 48;
    pub(in crate::net) const OPERATING_CHANNEL_VALIDATION: usize = 49;
}

/// Scan flags.
pub(in crate::net) mod scan {
    pub(in crate::net) const LOW_PRIORITY: u32 = 1;
    pub(in crate::net) const FLUSH: u32 = 2;
    pub(in crate::net) const RANDOM_ADDR: u32 = 8;
}

/// Attributes of a match set.
pub(in crate::net) mod matches {
    pub(in crate::net) const SSID: u16 = 1;
    pub(in crate::net) const RSSI: u16 = 2;
}

/// Attributes of a scan plan.
pub(in crate::net) mod plan {
    pub(in crate::net) const INTERVAL: u16 = 1;
}

/// Authentication types.
pub(in crate::net) mod auth {
    pub(in crate::net) const OPEN_SYSTEM: u32 = 0;
    pub(in crate::net) const SHARED_KEY: u32 = 1;
    pub(in crate::net) const FT: u32 = 2;
    pub(in crate::net) const NETWORK_EAP: u32 = 3;
    pub(in crate::net) const SAE: u32 = 4;
    pub(in crate::net) const FILS_SK: u32 = 5;
    pub(in crate::net) const FILS_SK_PFS: u32 = 6;
    pub(in crate::net) const FILS_PK: u32 = 7;
}

/// Station flags.
pub(in crate::net) mod flag {
    pub(in crate::net) const AUTHORIZED: u32 = 1;
    pub(in crate::net) const SHORT_PREAMBLE: u32 = 2;
    pub(in crate::net) const WME: u32 = 3;
    pub(in crate::net) const MFP: u32 = 4;
    pub(in crate::net) const AUTHENTICATED: u32 = 5;
    pub(in crate::net) const TDLS_PEER: u32 = 6;
    pub(in crate::net) const ASSOCIATED: u32 = 7;
}
