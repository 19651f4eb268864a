//! Commands of a station: of its interfaces and of the global socket.

mod global;
pub(crate) mod parse;
mod setting;

pub use crate::args::FreqRange;
pub use global::{CreateInterface, GlobalStationCommand, InterfaceAdd};
pub use setting::RuntimeSetting;

use crate::log::LogLevel;
use alloc::{string::String, vec::Vec};
use crypto::Secret;
use wire::{MacAddr, Ssid};

/// A command to a station's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StationCommand {
    /// `PING`: answer PONG.
    Ping,
    /// `ATTACH [probe_rx_events=1]`: send this client events.
    Attach {
        /// Probe requests too.
        probe_requests: bool,
    },
    /// `DETACH`: no more events.
    Detach,
    /// `LEVEL n`: no events below this level to this client.
    Level(LogLevel),
    /// `IFNAME`: answer the interface's name.
    Ifname,
    /// `RELOG`: open the log file anew.
    Relog,
    /// `NOTE text`: log it.
    Note(String),
    /// `MIB`.
    Mib,
    /// `STATUS`, `STATUS-VERBOSE`, `STATUS-WPS`, `STATUS-DRIVER`, `STATUS-NO_EVENTS`.
    Status(StatusKind),
    /// `PMKSA`: list cached keys.
    Pmksa,
    /// `PMKSA_FLUSH`: forget cached keys.
    PmksaFlush,
    /// `PMKSA_GET id`: cached keys of a network, with the keys themselves.
    PmksaGet(u32),
    /// `PMKSA_ADD id BSSID PMKID PMK REAUTH EXPIRATION AKMP OPPORTUNISTIC [FILS-CACHE-ID]`.
    PmksaAdd(PmksaEntry),
    /// `SET name value`: a global parameter or a setting of the running interface. A secret may be in it.
    Set {
        /// Its name.
        name: String,
        /// Its value, all the rest of the text.
        value: Secret,
    },
    /// `GET name`.
    Get(String),
    /// `DUMP`: all global parameters.
    Dump,
    /// `LOGON`: start EAPOL.
    Logon,
    /// `LOGOFF`: stop EAPOL.
    Logoff,
    /// `REASSOCIATE`: connect anew.
    Reassociate,
    /// `REATTACH`: connect to the same access point anew.
    Reattach,
    /// `RECONNECT`: connect if disconnected.
    Reconnect,
    /// `DISCONNECT`: disconnect, and stay so.
    Disconnect,
    /// `REAUTHENTICATE`: authenticate anew.
    Reauthenticate,
    /// `PREAUTH BSSID`.
    Preauth(MacAddr),
    /// `FT_DS BSSID`.
    FtDs(MacAddr),
    /// `RECONFIGURE`: read the file again.
    Reconfigure,
    /// `SAVE_CONFIG`: replace the file.
    SaveConfig,
    /// `TERMINATE`: end.
    Terminate,
    /// `BSSID id BSSID`: the only access point of a network; zero for any.
    Bssid {
        /// The network.
        id: u32,
        /// The access point.
        bssid: MacAddr,
    },
    /// `BSSID_IGNORE [clear|BSSID]`, `BLACKLIST …`.
    BssidIgnore(IgnoreCommand),
    /// `LOG_LEVEL [level [timestamp]]`.
    LogLevel {
        /// The new level.
        level: Option<LogLevel>,
        /// Whether lines are to have a time.
        timestamp: Option<bool>,
    },
    /// `LIST_NETWORKS [LAST_ID=id]`: those behind that one.
    ListNetworks {
        /// Only networks of higher identifiers.
        after: Option<u32>,
    },
    /// `SCAN …`.
    Scan(ScanCommand),
    /// `SCAN_RESULTS`.
    ScanResults,
    /// `ABORT_SCAN`.
    AbortScan,
    /// `SELECT_NETWORK id|any [freq=…]`: this one only.
    SelectNetwork {
        /// The network, or all.
        which: Which,
        /// Frequencies to scan for it first.
        frequencies: Vec<FreqRange>,
    },
    /// `ENABLE_NETWORK id|all [no-connect]`.
    EnableNetwork {
        /// The network, or all.
        which: Which,
        /// Do not look for it at once.
        no_connect: bool,
    },
    /// `DISABLE_NETWORK id|all`.
    DisableNetwork(Which),
    /// `ADD_NETWORK`: answer its identifier.
    AddNetwork,
    /// `REMOVE_NETWORK id|all`.
    RemoveNetwork(Which),
    /// `SET_NETWORK id field value`. A secret may be in it.
    SetNetwork {
        /// The network.
        id: u32,
        /// The field.
        field: String,
        /// Its value in the file's notation.
        value: Secret,
    },
    /// `GET_NETWORK id field`.
    GetNetwork {
        /// The network.
        id: u32,
        /// The field.
        field: String,
    },
    /// `DUP_NETWORK from to field`.
    DupNetwork {
        /// The network to copy from.
        from: u32,
        /// The network to copy to.
        to: u32,
        /// The field.
        field: String,
    },
    /// `LIST_CREDS`.
    ListCreds,
    /// `ADD_CRED`: answer its identifier.
    AddCred,
    /// `REMOVE_CRED id|all|sp_fqdn=…|provisioning_sp=…`.
    RemoveCred(String),
    /// `SET_CRED id field value`. A secret may be in it.
    SetCred {
        /// The credential.
        id: u32,
        /// The field.
        field: String,
        /// Its value in the file's notation.
        value: Secret,
    },
    /// `GET_CRED id field`.
    GetCred {
        /// The credential.
        id: u32,
        /// The field.
        field: String,
    },
    /// `GET_CAPABILITY field [strict] [iftype=…]`.
    GetCapability {
        /// What is asked for.
        field: String,
        /// Only what the driver says itself.
        strict: bool,
        /// For this type of interface.
        iftype: Option<String>,
    },
    /// `AP_SCAN n`.
    ApScan(i64),
    /// `SCAN_INTERVAL seconds`.
    ScanInterval(u32),
    /// `AUTOSCAN text`.
    Autoscan(String),
    /// `INTERFACE_LIST`.
    InterfaceList,
    /// `INTERFACES [ctrl]`.
    Interfaces {
        /// With their control interfaces.
        ctrl: bool,
    },
    /// `BSS …`.
    Bss(BssQuery),
    /// `ROAM BSSID`.
    Roam(MacAddr),
    /// `STA_AUTOCONNECT 0|1`.
    StaAutoconnect(bool),
    /// `BSS_EXPIRE_AGE seconds`.
    BssExpireAge(u32),
    /// `BSS_EXPIRE_COUNT scans`.
    BssExpireCount(u32),
    /// `BSS_FLUSH age`: forget access points not seen for this many seconds; 0 for all.
    BssFlush(u32),
    /// `SIGNAL_POLL`.
    SignalPoll,
    /// `SIGNAL_MONITOR [THRESHOLD=dBm] [HYSTERESIS=dB]`.
    SignalMonitor {
        /// The threshold; 0 for none.
        threshold: i64,
        /// How far a crossing must go.
        hysteresis: i64,
    },
    /// `PKTCNT_POLL`.
    PktcntPoll,
    /// `DRIVER_FLAGS`.
    DriverFlags,
    /// `DRIVER_FLAGS2`.
    DriverFlags2,
    /// `DRIVER text`.
    Driver(String),
    /// `DROP_SA`: forget the keys (for tests).
    DropSa,
    /// `SUSPEND`: the machine is going to sleep.
    Suspend,
    /// `RESUME`: the machine is awake again.
    Resume,
    /// `FLUSH`: forget everything (for tests).
    Flush,
    /// `PTKSA_CACHE_LIST`.
    PtksaCacheList,
    /// `WMM_AC_STATUS`.
    WmmAcStatus,
    /// `MLO_STATUS`.
    MloStatus,
    /// `MLO_SIGNAL_POLL`.
    MloSignalPoll,
    /// `MAC_RAND_SCAN text`.
    MacRandScan(String),
    /// `GET_PREF_FREQ_LIST iftype`.
    GetPrefFreqList(String),
    /// `NEW_RANDOM_MAC_ADDRESS`.
    NewRandomMacAddress,
    /// `VENDOR_ELEM_ADD frame elements`.
    VendorElemAdd {
        /// The kind of frame.
        frame: u8,
        /// The elements.
        elements: Vec<u8>,
    },
    /// `VENDOR_ELEM_GET frame`.
    VendorElemGet(u8),
    /// `VENDOR_ELEM_REMOVE frame elements|*`.
    VendorElemRemove {
        /// The kind of frame.
        frame: u8,
        /// The elements; `None` for all.
        elements: Option<Vec<u8>>,
    },
    /// `RADIO_WORK show|add NAME [freq=] [timeout=]|done id`.
    RadioWork(RadioWork),
    /// `CTRL-RSP-FIELD-id:value`: the answer to a request.
    Response {
        /// What was asked for.
        field: String,
        /// The network.
        id: u32,
        /// The answer.
        value: Secret,
    },
    /// `STA-FIRST` (our own network).
    StaFirst,
    /// `STA addr` (our own network).
    Sta(MacAddr),
    /// `STA-NEXT addr` (our own network).
    StaNext(MacAddr),
    /// A command for tests.
    Test(TestCommand),
}

/// Which status is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// The usual.
    Normal,
    /// With the state machines.
    Verbose,
    /// With WPS.
    Wps,
    /// Without sending events with the answer.
    NoEvents,
    /// What the driver says.
    Driver,
}

/// A network, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this identifier.
    Id(u32),
    /// All.
    All,
}

/// What to do with the list of ignored access points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoreCommand {
    /// Show it.
    List,
    /// Empty it.
    Clear,
    /// Add one.
    Add(MacAddr),
}

/// A key to put into the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PmksaEntry {
    /// The network.
    pub id: u32,
    /// The access point.
    pub bssid: MacAddr,
    /// Name of the key.
    pub pmkid: [u8; 16],
    /// The key.
    pub pmk: Secret,
    /// Seconds until it should be renewed.
    pub reauth: u32,
    /// Seconds until it is useless.
    pub expiration: u32,
    /// Key management, as the original's bit mask.
    pub akmp: u32,
    /// Whether it may be tried with other access points.
    pub opportunistic: bool,
}

/// A scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCommand {
    /// `TYPE=ONLY`: do not connect with what it finds.
    pub only: bool,
    /// `freq=…`: only these frequencies.
    pub frequencies: Vec<FreqRange>,
    /// `passive=1`: do not send.
    pub passive: bool,
    /// `use_id=1`: number the scan, and answer the number.
    pub use_id: bool,
    /// `only_new=1`: answers of this scan only.
    pub only_new: bool,
    /// `scan_id=1,2`: the names of these networks too.
    pub networks: Vec<u32>,
    /// `bssid=…`: only this access point.
    pub bssid: Option<MacAddr>,
    /// `wildcard_ssid=1`: whatever its name.
    pub wildcard_ssid: bool,
    /// `non_coloc_6ghz=1`: 6 GHz even without hints.
    pub non_coloc_6ghz: bool,
    /// `ssid HEX`: these names.
    pub ssids: Vec<Ssid>,
}

/// Which access points of the table to show, and what of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BssQuery {
    /// Which.
    pub which: BssWhich,
    /// `MASK=0x…`: what; all bits for everything.
    pub mask: u32,
}

/// Bits of `MASK=` in a [`BssQuery`].
pub mod bss_mask {
    /// `id=`
    pub const ID: u32 = 1 << 0;
    /// `bssid=`
    pub const BSSID: u32 = 1 << 1;
    /// `freq=`
    pub const FREQ: u32 = 1 << 2;
    /// `beacon_int=`
    pub const BEACON_INT: u32 = 1 << 3;
    /// `capabilities=`
    pub const CAPABILITIES: u32 = 1 << 4;
    /// `qual=`
    pub const QUAL: u32 = 1 << 5;
    /// `noise=`
    pub const NOISE: u32 = 1 << 6;
    /// `level=`
    pub const LEVEL: u32 = 1 << 7;
    /// `tsf=`
    pub const TSF: u32 = 1 << 8;
    /// `age=`
    pub const AGE: u32 = 1 << 9;
    /// `ie=`
    pub const IE: u32 = 1 << 10;
    /// `flags=`
    pub const FLAGS: u32 = 1 << 11;
    /// `ssid=`
    pub const SSID: u32 = 1 << 12;
    /// WPS fields.
    pub const WPS_SCAN: u32 = 1 << 13;
    /// P2P fields.
    pub const P2P_SCAN: u32 = 1 << 14;
    /// Interworking fields.
    pub const INTERNETW: u32 = 1 << 15;
    /// Wi-Fi Display fields.
    pub const WIFI_DISPLAY: u32 = 1 << 16;
    /// A line between entries.
    pub const DELIM: u32 = 1 << 17;
    /// Mesh fields.
    pub const MESH_SCAN: u32 = 1 << 18;
    /// `snr=`
    pub const SNR: u32 = 1 << 19;
    /// `est_throughput=`
    pub const EST_THROUGHPUT: u32 = 1 << 20;
    /// FST fields.
    pub const FST: u32 = 1 << 21;
    /// `update_idx=`
    pub const UPDATE_IDX: u32 = 1 << 22;
    /// `beacon_ie=`
    pub const BEACON_IE: u32 = 1 << 23;
    /// FILS fields.
    pub const FILS_INDICATION: u32 = 1 << 24;
    /// Everything but the line between entries.
    pub const ALL: u32 = !DELIM;
}

/// Which access points of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BssWhich {
    /// `n`: the n-th, from 0.
    Index(u32),
    /// `ID-n`: the one of this number.
    Id(u32),
    /// `FIRST`.
    First,
    /// `LAST`.
    Last,
    /// `NEXT-n`: the one behind this number.
    Next(u32),
    /// `CURRENT`: the one in use.
    Current,
    /// `RANGE=a-b`, `RANGE=ALL`: all from one number to another.
    Range {
        /// The lowest number.
        first: u32,
        /// The highest number.
        last: u32,
    },
    /// An address.
    Bssid(MacAddr),
    /// `p2p_dev_addr=…`.
    P2pDevice(MacAddr),
}

/// Work on the radio on behalf of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadioWork {
    /// What is going on.
    Show,
    /// Reserve the radio.
    Add {
        /// Its name.
        name: String,
        /// Its frequency in MHz; 0 for any.
        freq: u32,
        /// Seconds until it ends by itself; `None` for the usual.
        timeout: Option<u32>,
    },
    /// It is done.
    Done(u32),
}

/// Commands that only tests send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestCommand {
    /// `MGMT_TX DA BSSID [freq=] [wait_time=] [no_cck=1] action=HEX`.
    MgmtTx {
        /// Destination.
        to: MacAddr,
        /// BSSID.
        bssid: MacAddr,
        /// Frequency in MHz; 0 for the present one.
        freq: u32,
        /// Milliseconds to wait for an answer.
        wait: u32,
        /// The body.
        action: Vec<u8>,
    },
    /// `MGMT_TX_DONE`.
    MgmtTxDone,
    /// `MGMT_RX_PROCESS freq= datarate= ssi_signal= frame=HEX`.
    MgmtRxProcess {
        /// Frequency in MHz.
        freq: u32,
        /// Rate in 500 kb/s.
        rate: u32,
        /// Signal in dBm.
        signal: i32,
        /// The frame.
        frame: Vec<u8>,
    },
    /// `DRIVER_EVENT text`.
    DriverEvent(String),
    /// `EAPOL_RX SOURCE HEX`.
    EapolRx {
        /// Where from.
        from: MacAddr,
        /// The frame.
        frame: Vec<u8>,
    },
    /// `EAPOL_TX DESTINATION HEX`.
    EapolTx {
        /// Where to.
        to: MacAddr,
        /// The frame.
        frame: Vec<u8>,
    },
    /// `DATA_TEST_CONFIG 0|1 [ifname=…]`.
    DataTestConfig {
        /// On or off.
        on: bool,
        /// Another interface.
        ifname: Option<String>,
    },
    /// `DATA_TEST_TX DESTINATION SOURCE TOS [len=…]`.
    DataTestTx {
        /// Destination.
        to: MacAddr,
        /// Source.
        from: MacAddr,
        /// Type of service.
        tos: u8,
        /// Length of the packet.
        length: Option<u32>,
    },
    /// `DATA_TEST_FRAME HEX`.
    DataTestFrame(Vec<u8>),
    /// `TEST_ALLOC_FAIL text`.
    AllocFail(String),
    /// `GET_ALLOC_FAIL`.
    GetAllocFail,
    /// `TEST_FAIL text`.
    Fail(String),
    /// `GET_FAIL`.
    GetFail,
    /// `EVENT_TEST n`: send so many events.
    EventTest(u32),
    /// `TEST_ASSOC_IE HEX`: elements for association requests.
    AssocElements(Vec<u8>),
    /// `TEST_EAPOL_M2_ELEMS HEX`: elements for message 2.
    M2Elements(Vec<u8>),
    /// `TEST_EAPOL_M4_ELEMS HEX`: elements for message 4.
    M4Elements(Vec<u8>),
    /// `TEST_RSNXE_DATA HEX`.
    RsnxeData(Vec<u8>),
    /// `RESET_PN`.
    ResetPn,
    /// `KEY_REQUEST error pairwise`.
    KeyRequest {
        /// With the error bit.
        error: bool,
        /// For the pairwise key.
        pairwise: bool,
    },
    /// `RESEND_ASSOC`.
    ResendAssoc,
    /// `UNPROT_DEAUTH`.
    UnprotDeauth,
    /// `GET_TK`.
    GetTk,
}
