//! Commands of an access point: of its interfaces and of the global socket.

mod parse;

use crate::log::LogLevel;
use alloc::{string::String, vec::Vec};
use crypto::Secret;
use wire::MacAddr;

/// A command to an access point's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApCommand {
    /// `PING`.
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
    /// `RELOG`: open the log file anew.
    Relog,
    /// `CLOSE_LOG`.
    CloseLog,
    /// `NOTE text`: log it.
    Note(String),
    /// `STATUS`.
    Status,
    /// `STATUS-DRIVER`.
    StatusDriver,
    /// `MIB [radius_server]`.
    Mib(Option<String>),
    /// `STA-FIRST`.
    StaFirst,
    /// `STA addr [eapol]`.
    Sta {
        /// The station.
        addr: MacAddr,
        /// What of it.
        detail: Option<String>,
    },
    /// `STA-NEXT addr`.
    StaNext(MacAddr),
    /// `NEW_STA addr`: as if it had associated.
    NewSta(MacAddr),
    /// `DEAUTHENTICATE addr [reason=n] [tx=0] [test=0|1]`.
    Deauthenticate(Kick),
    /// `DISASSOCIATE addr [reason=n] [tx=0] [test=0|1]`.
    Disassociate(Kick),
    /// `SIGNATURE addr`.
    Signature(MacAddr),
    /// `POLL_STA addr`: ask whether it is there.
    PollSta(MacAddr),
    /// `SA_QUERY addr`.
    SaQuery(MacAddr),
    /// `STOP_AP`: no more beacons.
    StopAp,
    /// `GET_CONFIG`.
    GetConfig,
    /// `SET name value`. A secret may be in it.
    Set {
        /// Its name.
        name: String,
        /// Its value, all the rest of the text.
        value: Secret,
    },
    /// `GET name`.
    Get(String),
    /// `ENABLE`: start.
    Enable,
    /// `DISABLE`: stop.
    Disable,
    /// `RELOAD`: stop and start with the configuration as it is now.
    Reload,
    /// `RELOAD_CONFIG`: read the file again.
    ReloadConfig,
    /// `RELOAD_BSS`: use changed parameters of this BSS.
    ReloadBss,
    /// `RELOAD_WPA_PSK`: read the file with keys again.
    ReloadWpaPsk,
    /// `UPDATE_BEACON`.
    UpdateBeacon,
    /// `DUMP_BEACON`.
    DumpBeacon,
    /// `LOG_LEVEL [level [timestamp]]`.
    LogLevel {
        /// The new level.
        level: Option<LogLevel>,
        /// Whether lines are to have a time.
        timestamp: Option<bool>,
    },
    /// `TRACK_STA_LIST`.
    TrackStaList,
    /// `PMKSA`: list cached keys.
    Pmksa,
    /// `PMKSA_FLUSH`: forget cached keys.
    PmksaFlush,
    /// `PMKSA_ADD …`.
    PmksaAdd(String),
    /// `PTKSA_CACHE_LIST`.
    PtksaCacheList,
    /// `DRIVER_FLAGS`.
    DriverFlags,
    /// `DRIVER_FLAGS2`.
    DriverFlags2,
    /// `GET_CAPABILITY field`.
    GetCapability(String),
    /// `TERMINATE`: end.
    Terminate,
    /// `ACCEPT_ACL …`.
    AcceptAcl(AclCommand),
    /// `DENY_ACL …`.
    DenyAcl(AclCommand),
    /// `CHAN_SWITCH count freq …`.
    ChanSwitch(ChanSwitch),
    /// `NOTIFY_CW_CHANGE width`.
    NotifyCwChange(u32),
    /// `EAPOL_REAUTH addr`.
    EapolReauth(MacAddr),
    /// `REKEY_PTK addr`: give a station a new pairwise key.
    RekeyPtk(MacAddr),
    /// `REKEY_GTK`: give all a new group key.
    RekeyGtk,
    /// `SAE_PASSWORD_BIND addr password`: this station used this password.
    SaePasswordBind {
        /// The station.
        addr: MacAddr,
        /// The password.
        password: Secret,
    },
    /// `ERP_FLUSH`.
    ErpFlush,
    /// `DRIVER text`.
    Driver(String),
    /// A command for tests.
    Test(ApTestCommand),
}

/// A station to send away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kick {
    /// The station; all if it is the broadcast address.
    pub addr: MacAddr,
    /// The reason code; `None` for the usual one.
    pub reason: Option<u16>,
    /// `tx=0`: without telling it.
    pub silent: bool,
    /// `test=0`, `test=1`: only send the frame, unprotected or protected, and keep the station.
    pub test: Option<bool>,
}

/// What to do with a list of stations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclCommand {
    /// `ADD_MAC addr [VLAN_ID=n]`.
    Add {
        /// The station.
        addr: MacAddr,
        /// Its VLAN; 0 for none.
        vlan: u32,
    },
    /// `DEL_MAC addr`.
    Remove(MacAddr),
    /// `SHOW`.
    Show,
    /// `CLEAR`.
    Clear,
}

/// A change of channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChanSwitch {
    /// Beacons until the change.
    pub count: u8,
    /// The frequency in MHz.
    pub freq: u32,
    /// `sec_channel_offset=`: where the secondary channel is.
    pub secondary: i8,
    /// `bandwidth=` in MHz; 0 if it is not given.
    pub bandwidth: u32,
    /// `center_freq1=` in MHz.
    pub centre1: u32,
    /// `center_freq2=` in MHz.
    pub centre2: u32,
    /// `ht`.
    pub ht: bool,
    /// `vht`.
    pub vht: bool,
    /// `he`.
    pub he: bool,
    /// `eht`.
    pub eht: bool,
    /// `blocktx`: stations must not send until then.
    pub block_tx: bool,
}

/// Commands that only tests send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApTestCommand {
    /// `MGMT_TX HEX`.
    MgmtTx(Vec<u8>),
    /// `MGMT_TX_STATUS_PROCESS stype=n ok=n buf=HEX`.
    MgmtTxStatus {
        /// Its subtype.
        subtype: u8,
        /// Whether it was acknowledged.
        ok: bool,
        /// The frame.
        frame: Vec<u8>,
    },
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
    /// `DATA_TEST_FRAME HEX`, where `ifname=` may stand first.
    DataTestFrame {
        /// The frame.
        frame: Vec<u8>,
        /// Another interface.
        ifname: Option<String>,
    },
    /// `TEST_ALLOC_FAIL text`.
    AllocFail(String),
    /// `GET_ALLOC_FAIL`.
    GetAllocFail,
    /// `TEST_FAIL text`.
    Fail(String),
    /// `GET_FAIL`.
    GetFail,
    /// `RESET_PN addr [BIGTK|IGTK]`.
    ResetPn {
        /// The station; group keys if it is the broadcast address.
        addr: MacAddr,
        /// The kind of group key.
        key: Option<String>,
    },
    /// `RESEND_M1 addr [change-anonce]`.
    ResendM1 {
        /// The station.
        addr: MacAddr,
        /// With another nonce.
        change_anonce: bool,
    },
    /// `RESEND_M3 addr`.
    ResendM3(MacAddr),
    /// `RESEND_GROUP_M1 addr`.
    ResendGroupM1(MacAddr),
    /// `GET_PMK addr`.
    GetPmk(MacAddr),
    /// `REGISTER_FRAME type [match]`.
    RegisterFrame(String),
    /// `RADAR …`.
    Radar(String),
}

/// A command to the access point daemon as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlobalApCommand {
    /// `IFNAME=wlan0 COMMAND`: a command for an interface; what is wrong with that command is found when it is read.
    Interface {
        /// The interface.
        ifname: String,
        /// The command, to be read with [`ApCommand::parse`].
        command: Vec<u8>,
    },
    /// `PING`.
    Ping,
    /// `ATTACH`.
    Attach {
        /// Probe requests too.
        probe_requests: bool,
    },
    /// `DETACH`.
    Detach,
    /// `RELOG`.
    Relog,
    /// `FLUSH`: take all interfaces away (for tests).
    Flush,
    /// `ADD …`.
    Add(AddInterface),
    /// `REMOVE wlan0`.
    Remove(String),
    /// `INTERFACES [ctrl]`.
    Interfaces {
        /// With their control interfaces.
        ctrl: bool,
    },
    /// `DUP_NETWORK …`: not supported; kept so that it fails rather than being unknown.
    DupNetwork,
    /// `TERMINATE`.
    Terminate,
}

/// An interface to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddInterface {
    /// `ADD IFNAME CTRL_INTERFACE [DRIVER]`: empty, to be configured by SET and started by ENABLE.
    Empty {
        /// The interface.
        ifname: String,
        /// Its `ctrl_interface`.
        ctrl_interface: String,
        /// Its driver interface.
        driver: Option<String>,
    },
    /// `ADD IFNAME config=FILE`.
    Config {
        /// The interface.
        ifname: String,
        /// The file.
        file: String,
    },
    /// `ADD bss_config=PHY:FILE`: a BSS on the radio of that name, or a new radio.
    BssConfig {
        /// The radio.
        phy: String,
        /// The file.
        file: String,
    },
}
