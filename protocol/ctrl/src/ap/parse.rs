//! From text to [`ApCommand`] and [`GlobalApCommand`].

use super::{AclCommand, AddInterface, ApCommand, ApTestCommand, ChanSwitch, GlobalApCommand, Kick};
use crate::ParseError;
use crate::args::{Parsed, count, datagram, has_word, hex, mac, number, option, option_number, split, utf8};
use crate::log::LogLevel;
use crate::station::parse::{data_test_tx, log_level};
use alloc::string::String;
use crypto::Secret;

impl ApCommand {
    /// Reads a datagram.
    ///
    /// # Errors
    /// If there is no such command, or its arguments are wrong.
    pub fn parse(bytes: &[u8]) -> Result<ApCommand, ParseError> {
        let (word, rest) = split(datagram(bytes));
        match rest {
            None => bare(word),
            Some(rest) => with_arguments(word, rest),
        }
    }
}

fn bare(word: &[u8]) -> Parsed<ApCommand> {
    use ApCommand as C;
    Ok(match word {
        b"PING" => C::Ping,
        b"ATTACH" => C::Attach { probe_requests: false },
        b"DETACH" => C::Detach,
        b"RELOG" => C::Relog,
        b"CLOSE_LOG" => C::CloseLog,
        b"STATUS" => C::Status,
        b"STATUS-DRIVER" => C::StatusDriver,
        b"MIB" => C::Mib(None),
        b"STA-FIRST" => C::StaFirst,
        b"STOP_AP" => C::StopAp,
        b"GET_CONFIG" => C::GetConfig,
        b"ENABLE" => C::Enable,
        b"DISABLE" => C::Disable,
        b"RELOAD" => C::Reload,
        b"RELOAD_CONFIG" => C::ReloadConfig,
        b"RELOAD_BSS" => C::ReloadBss,
        b"RELOAD_WPA_PSK" => C::ReloadWpaPsk,
        b"UPDATE_BEACON" => C::UpdateBeacon,
        b"DUMP_BEACON" => C::DumpBeacon,
        b"LOG_LEVEL" => C::LogLevel { level: None, timestamp: None },
        b"TRACK_STA_LIST" => C::TrackStaList,
        b"PMKSA" => C::Pmksa,
        b"PMKSA_FLUSH" => C::PmksaFlush,
        b"PTKSA_CACHE_LIST" => C::PtksaCacheList,
        b"DRIVER_FLAGS" => C::DriverFlags,
        b"DRIVER_FLAGS2" => C::DriverFlags2,
        b"TERMINATE" => C::Terminate,
        b"REKEY_GTK" => C::RekeyGtk,
        b"ERP_FLUSH" => C::ErpFlush,
        b"GET_ALLOC_FAIL" => C::Test(ApTestCommand::GetAllocFail),
        b"GET_FAIL" => C::Test(ApTestCommand::GetFail),
        _ => return Err(ParseError::Unknown),
    })
}

fn with_arguments(word: &[u8], rest: &[u8]) -> Parsed<ApCommand> {
    use ApCommand as C;
    Ok(match word {
        b"ATTACH" => C::Attach { probe_requests: has_word(rest, "probe_rx_events=1") },
        b"LEVEL" => C::Level(LogLevel::from_number(number(rest)?)),
        b"NOTE" => C::Note(String::from_utf8_lossy(rest).into_owned()),
        b"MIB" => C::Mib(Some(utf8(rest)?)),
        b"STA" => {
            let (addr, detail) = split(rest);
            C::Sta { addr: mac(addr)?, detail: detail.map(utf8).transpose()? }
        }
        b"STA-NEXT" => C::StaNext(mac(rest)?),
        b"NEW_STA" => C::NewSta(mac(rest)?),
        b"DEAUTHENTICATE" => C::Deauthenticate(kick(rest)?),
        b"DISASSOCIATE" => C::Disassociate(kick(rest)?),
        b"SIGNATURE" => C::Signature(mac(rest)?),
        b"POLL_STA" => C::PollSta(mac(rest)?),
        b"SA_QUERY" => C::SaQuery(mac(rest)?),
        b"SET" => {
            let (name, value) = split(rest);
            C::Set { name: utf8(name)?, value: Secret::from(value.ok_or(ParseError::Invalid)?) }
        }
        b"GET" => C::Get(utf8(rest)?),
        b"LOG_LEVEL" => {
            let (level, timestamp) = log_level(rest)?;
            C::LogLevel { level, timestamp }
        }
        b"PMKSA_ADD" => C::PmksaAdd(utf8(rest)?),
        b"GET_CAPABILITY" => C::GetCapability(utf8(rest)?),
        b"ACCEPT_ACL" => C::AcceptAcl(acl(rest)?),
        b"DENY_ACL" => C::DenyAcl(acl(rest)?),
        b"CHAN_SWITCH" => C::ChanSwitch(chan_switch(rest)?),
        b"NOTIFY_CW_CHANGE" => C::NotifyCwChange(count(rest)?),
        b"EAPOL_REAUTH" => C::EapolReauth(mac(rest)?),
        b"REKEY_PTK" => C::RekeyPtk(mac(rest)?),
        b"SAE_PASSWORD_BIND" => {
            let (addr, password) = split(rest);
            C::SaePasswordBind { addr: mac(addr)?, password: Secret::from(password.ok_or(ParseError::Invalid)?) }
        }
        b"DRIVER" => C::Driver(utf8(rest)?),
        _ => return test(word, rest).map(C::Test),
    })
}

fn test(word: &[u8], rest: &[u8]) -> Parsed<ApTestCommand> {
    use ApTestCommand as T;
    let address_and_hex = || -> Parsed<_> {
        let (address, frame) = split(rest);
        Ok((mac(address)?, hex(frame.ok_or(ParseError::Invalid)?)?))
    };
    Ok(match word {
        b"MGMT_TX" => T::MgmtTx(hex(rest)?),
        b"MGMT_TX_STATUS_PROCESS" => T::MgmtTxStatus {
            subtype: u8::try_from(option(rest, "stype=").map_or(Err(ParseError::Invalid), count)?)
                .map_err(|_| ParseError::Invalid)?,
            ok: option_number(rest, "ok=")?.ok_or(ParseError::Invalid)? != 0,
            frame: hex(option(rest, "buf=").ok_or(ParseError::Invalid)?)?,
        },
        b"MGMT_RX_PROCESS" => T::MgmtRxProcess {
            freq: option(rest, "freq=").map_or(Ok(0), count)?,
            rate: option(rest, "datarate=").map_or(Ok(0), count)?,
            signal: i32::try_from(option_number(rest, "ssi_signal=")?.unwrap_or(0)).map_err(|_| ParseError::Invalid)?,
            frame: hex(option(rest, "frame=").ok_or(ParseError::Invalid)?)?,
        },
        b"EAPOL_RX" => {
            let (from, frame) = address_and_hex()?;
            T::EapolRx { from, frame }
        }
        b"EAPOL_TX" => {
            let (to, frame) = address_and_hex()?;
            T::EapolTx { to, frame }
        }
        b"DATA_TEST_CONFIG" => {
            T::DataTestConfig { on: number(rest)? != 0, ifname: option(rest, "ifname=").map(utf8).transpose()? }
        }
        b"DATA_TEST_TX" => {
            let (to, from, tos, length) = data_test_tx(rest)?;
            T::DataTestTx { to, from, tos, length }
        }
        b"DATA_TEST_FRAME" => {
            let ifname = option(rest, "ifname=").map(utf8).transpose()?;
            let frame =
                conf::text::words(rest).find(|word| !word.starts_with(b"ifname=")).ok_or(ParseError::Invalid)?;
            T::DataTestFrame { frame: hex(frame)?, ifname }
        }
        b"TEST_ALLOC_FAIL" => T::AllocFail(utf8(rest)?),
        b"TEST_FAIL" => T::Fail(utf8(rest)?),
        b"RESET_PN" => {
            let (addr, key) = split(rest);
            T::ResetPn { addr: mac(addr)?, key: key.map(utf8).transpose()? }
        }
        b"RESEND_M1" => T::ResendM1 { addr: mac(rest)?, change_anonce: has_word(rest, "change-anonce") },
        b"RESEND_M3" => T::ResendM3(mac(rest)?),
        b"RESEND_GROUP_M1" => T::ResendGroupM1(mac(rest)?),
        b"GET_PMK" => T::GetPmk(mac(rest)?),
        b"REGISTER_FRAME" => T::RegisterFrame(utf8(rest)?),
        b"RADAR" => T::Radar(utf8(rest)?),
        _ => return Err(ParseError::Unknown),
    })
}

fn kick(rest: &[u8]) -> Parsed<Kick> {
    let reason = option_number(rest, "reason=")?.map(u16::try_from).transpose().map_err(|_| ParseError::Invalid)?;
    Ok(Kick {
        addr: mac(rest)?,
        reason,
        silent: has_word(rest, "tx=0"),
        test: option_number(rest, "test=")?.map(|n| n != 0),
    })
}

fn acl(rest: &[u8]) -> Parsed<AclCommand> {
    let (what, rest) = split(rest);
    Ok(match (what, rest) {
        (b"ADD_MAC", Some(rest)) => {
            AclCommand::Add { addr: mac(rest)?, vlan: option(rest, "VLAN_ID=").map_or(Ok(0), count)? }
        }
        (b"DEL_MAC", Some(rest)) => AclCommand::Remove(mac(rest)?),
        (b"SHOW", None) => AclCommand::Show,
        (b"CLEAR", None) => AclCommand::Clear,
        _ => return Err(ParseError::Invalid),
    })
}

fn chan_switch(rest: &[u8]) -> Parsed<ChanSwitch> {
    let (beacons, rest) = split(rest);
    let rest = rest.ok_or(ParseError::Invalid)?;
    let (freq, options) = split(rest);
    let options = options.unwrap_or(&[]);
    let frequency = |name: &str| option(options, name).map_or(Ok(0), count);
    let secondary = option_number(options, "sec_channel_offset=")?.unwrap_or(0);
    Ok(ChanSwitch {
        count: u8::try_from(count(beacons)?).map_err(|_| ParseError::Invalid)?,
        freq: count(freq)?,
        secondary: i8::try_from(secondary).ok().filter(|n| (-1..=1).contains(n)).ok_or(ParseError::Invalid)?,
        bandwidth: frequency("bandwidth=")?,
        centre1: frequency("center_freq1=")?,
        centre2: frequency("center_freq2=")?,
        ht: has_word(options, "ht"),
        vht: has_word(options, "vht"),
        he: has_word(options, "he"),
        eht: has_word(options, "eht"),
        block_tx: has_word(options, "blocktx"),
    })
}

impl GlobalApCommand {
    /// Reads a datagram. The original answers FAIL to what it does not know here.
    ///
    /// # Errors
    /// If there is no such command, or its arguments are wrong.
    pub fn parse(bytes: &[u8]) -> Result<GlobalApCommand, ParseError> {
        use GlobalApCommand as G;
        let text = datagram(bytes);
        if let Some(rest) = text.strip_prefix(b"IFNAME=")
            && let (ifname, Some(command)) = split(rest)
        {
            return Ok(G::Interface { ifname: utf8(ifname)?, command: command.to_vec() });
        }
        let (word, rest) = split(text);
        Ok(match (word, rest) {
            (b"PING", None) => G::Ping,
            (b"ATTACH", None) => G::Attach { probe_requests: false },
            (b"ATTACH", Some(rest)) => G::Attach { probe_requests: has_word(rest, "probe_rx_events=1") },
            (b"DETACH", None) => G::Detach,
            (b"RELOG", _) => G::Relog,
            (b"FLUSH", None) => G::Flush,
            (b"ADD", Some(rest)) => G::Add(add(rest)?),
            (b"REMOVE", Some(rest)) => G::Remove(utf8(rest)?),
            (b"INTERFACES", None) => G::Interfaces { ctrl: false },
            (b"INTERFACES", Some(rest)) => G::Interfaces { ctrl: rest == b"ctrl" },
            (b"DUP_NETWORK", Some(_)) => G::DupNetwork,
            (b"TERMINATE", None) => G::Terminate,
            _ => return Err(ParseError::Invalid),
        })
    }
}

fn add(rest: &[u8]) -> Parsed<AddInterface> {
    if let Some(rest) = rest.strip_prefix(b"bss_config=") {
        let at = rest.iter().position(|b| *b == b':').ok_or(ParseError::Invalid)?;
        let (phy, file) = rest.split_at(at);
        let file = file.get(1..).filter(|file| !file.is_empty()).ok_or(ParseError::Invalid)?;
        return Ok(AddInterface::BssConfig { phy: utf8(phy)?, file: utf8(file)? });
    }
    let (ifname, rest) = split(rest);
    let rest = rest.ok_or(ParseError::Invalid)?;
    if let Some(file) = rest.strip_prefix(b"config=") {
        return Ok(AddInterface::Config { ifname: utf8(ifname)?, file: utf8(file)? });
    }
    let (ctrl_interface, driver) = split(rest);
    Ok(AddInterface::Empty {
        ifname: utf8(ifname)?,
        ctrl_interface: utf8(ctrl_interface)?,
        driver: driver.map(utf8).transpose()?,
    })
}
