//! From text to [`StationCommand`].

use super::{
    BssQuery, BssWhich, IgnoreCommand, PmksaEntry, RadioWork, ScanCommand, StationCommand, StatusKind, TestCommand,
    Which, bss_mask,
};
use crate::ParseError;
use crate::args::{
    Parsed, count, count_or_zero, datagram, frequencies, has_word, hex, mac, number, option, option_number, split, utf8,
};
use crate::log::LogLevel;
use alloc::vec::Vec;
use crypto::Secret;
use wire::Ssid;

impl StationCommand {
    /// Reads a datagram.
    ///
    /// # Errors
    /// If there is no such command, or its arguments are wrong.
    pub fn parse(bytes: &[u8]) -> Result<StationCommand, ParseError> {
        let text = datagram(bytes);
        if let Some(rest) = text.strip_prefix(b"CTRL-RSP-") {
            return response(rest);
        }
        let (word, rest) = split(text);
        match rest {
            None => bare(word),
            Some(rest) => with_arguments(word, rest),
        }
    }
}

/// Commands without arguments.
fn bare(word: &[u8]) -> Parsed<StationCommand> {
    use StationCommand as C;
    Ok(match word {
        b"PING" => C::Ping,
        b"ATTACH" => C::Attach { probe_requests: false },
        b"DETACH" => C::Detach,
        b"IFNAME" => C::Ifname,
        b"RELOG" => C::Relog,
        b"MIB" => C::Mib,
        b"STATUS" => C::Status(StatusKind::Normal),
        b"STATUS-VERBOSE" => C::Status(StatusKind::Verbose),
        b"STATUS-WPS" => C::Status(StatusKind::Wps),
        b"STATUS-NO_EVENTS" => C::Status(StatusKind::NoEvents),
        b"STATUS-DRIVER" => C::Status(StatusKind::Driver),
        b"PMKSA" => C::Pmksa,
        b"PMKSA_FLUSH" => C::PmksaFlush,
        b"DUMP" => C::Dump,
        b"LOGON" => C::Logon,
        b"LOGOFF" => C::Logoff,
        b"REASSOCIATE" => C::Reassociate,
        b"REATTACH" => C::Reattach,
        b"RECONNECT" => C::Reconnect,
        b"DISCONNECT" => C::Disconnect,
        b"REAUTHENTICATE" => C::Reauthenticate,
        b"RECONFIGURE" => C::Reconfigure,
        b"SAVE_CONFIG" => C::SaveConfig,
        b"TERMINATE" => C::Terminate,
        b"BSSID_IGNORE" | b"BLACKLIST" => C::BssidIgnore(IgnoreCommand::List),
        b"LOG_LEVEL" => C::LogLevel { level: None, timestamp: None },
        b"LIST_NETWORKS" => C::ListNetworks { after: None },
        b"SCAN" => C::Scan(ScanCommand::default()),
        b"SCAN_RESULTS" => C::ScanResults,
        b"ABORT_SCAN" => C::AbortScan,
        b"ADD_NETWORK" => C::AddNetwork,
        b"LIST_CREDS" => C::ListCreds,
        b"ADD_CRED" => C::AddCred,
        b"INTERFACE_LIST" => C::InterfaceList,
        b"INTERFACES" => C::Interfaces { ctrl: false },
        b"SIGNAL_POLL" => C::SignalPoll,
        b"SIGNAL_MONITOR" => C::SignalMonitor { threshold: 0, hysteresis: 0 },
        b"PKTCNT_POLL" => C::PktcntPoll,
        b"DRIVER_FLAGS" => C::DriverFlags,
        b"DRIVER_FLAGS2" => C::DriverFlags2,
        b"DROP_SA" => C::DropSa,
        b"SUSPEND" => C::Suspend,
        b"RESUME" => C::Resume,
        b"FLUSH" => C::Flush,
        b"PTKSA_CACHE_LIST" => C::PtksaCacheList,
        b"WMM_AC_STATUS" => C::WmmAcStatus,
        b"MLO_STATUS" => C::MloStatus,
        b"MLO_SIGNAL_POLL" => C::MloSignalPoll,
        b"NEW_RANDOM_MAC_ADDRESS" => C::NewRandomMacAddress,
        b"STA-FIRST" => C::StaFirst,
        b"MGMT_TX_DONE" => C::Test(TestCommand::MgmtTxDone),
        b"GET_ALLOC_FAIL" => C::Test(TestCommand::GetAllocFail),
        b"GET_FAIL" => C::Test(TestCommand::GetFail),
        b"RESET_PN" => C::Test(TestCommand::ResetPn),
        b"RESEND_ASSOC" => C::Test(TestCommand::ResendAssoc),
        b"UNPROT_DEAUTH" => C::Test(TestCommand::UnprotDeauth),
        b"GET_TK" => C::Test(TestCommand::GetTk),
        _ => return Err(ParseError::Unknown),
    })
}

/// Commands with arguments; `rest` is everything behind the first space.
fn with_arguments(word: &[u8], rest: &[u8]) -> Parsed<StationCommand> {
    use StationCommand as C;
    Ok(match word {
        b"ATTACH" => C::Attach { probe_requests: has_word(rest, "probe_rx_events=1") },
        b"LEVEL" => C::Level(LogLevel::from_number(number(rest)?)),
        b"NOTE" => C::Note(alloc::string::String::from_utf8_lossy(rest).into_owned()),
        b"PMKSA_GET" => C::PmksaGet(count(rest)?),
        b"PMKSA_ADD" => C::PmksaAdd(pmksa(rest)?),
        b"SET" => {
            let (name, value) = split(rest);
            C::Set { name: utf8(name)?, value: Secret::from(value.ok_or(ParseError::Invalid)?) }
        }
        b"GET" => C::Get(utf8(rest)?),
        b"PREAUTH" => C::Preauth(mac(rest)?),
        b"FT_DS" => C::FtDs(mac(rest)?),
        b"BSSID" => {
            let (id, bssid) = split(rest);
            C::Bssid { id: count_or_zero(id)?, bssid: mac(bssid.ok_or(ParseError::Invalid)?)? }
        }
        b"BSSID_IGNORE" | b"BLACKLIST" => C::BssidIgnore(if rest.starts_with(b"clear") {
            IgnoreCommand::Clear
        } else {
            IgnoreCommand::Add(mac(rest)?)
        }),
        b"LOG_LEVEL" => {
            let (level, timestamp) = log_level(rest)?;
            C::LogLevel { level, timestamp }
        }
        b"LIST_NETWORKS" => C::ListNetworks {
            after: match option_number(rest, "LAST_ID=")? {
                None | Some(..=-1) => None,
                Some(id) => Some(u32::try_from(id).map_err(|_| ParseError::Invalid)?),
            },
        },
        b"SCAN" => C::Scan(scan(rest)?),
        b"SELECT_NETWORK" => C::SelectNetwork {
            which: if rest.starts_with(b"any") { Which::All } else { Which::Id(count(rest)?) },
            frequencies: option(rest, "freq=").map_or(Ok(Vec::new()), frequencies)?,
        },
        b"ENABLE_NETWORK" => C::EnableNetwork { which: which(rest)?, no_connect: has_word(rest, "no-connect") },
        b"DISABLE_NETWORK" => C::DisableNetwork(which(rest)?),
        b"REMOVE_NETWORK" => C::RemoveNetwork(which(rest)?),
        b"SET_NETWORK" => {
            let (id, field, value) = field_and_value(rest)?;
            C::SetNetwork { id, field, value }
        }
        b"GET_NETWORK" => {
            let (id, field) = field(rest)?;
            C::GetNetwork { id, field }
        }
        b"DUP_NETWORK" => {
            let (from, rest) = split(rest);
            let (to, field) = field(rest.ok_or(ParseError::Invalid)?)?;
            C::DupNetwork { from: count(from)?, to, field }
        }
        b"REMOVE_CRED" => C::RemoveCred(utf8(rest)?),
        b"SET_CRED" => {
            let (id, field, value) = field_and_value(rest)?;
            C::SetCred { id, field, value }
        }
        b"GET_CRED" => {
            let (id, field) = field(rest)?;
            C::GetCred { id, field }
        }
        b"GET_CAPABILITY" => {
            let (field, options) = split(rest);
            let mut strict = false;
            let mut iftype = None;
            for option in conf::text::words(options.unwrap_or(&[])) {
                match option.strip_prefix(b"iftype=") {
                    Some(kind) => iftype = Some(utf8(kind)?),
                    None if option == b"strict" => strict = true,
                    None => return Err(ParseError::Invalid),
                }
            }
            C::GetCapability { field: utf8(field)?, strict, iftype }
        }
        b"AP_SCAN" => C::ApScan(number(rest)?),
        b"SCAN_INTERVAL" => C::ScanInterval(count(rest)?),
        b"AUTOSCAN" => C::Autoscan(utf8(rest)?),
        b"INTERFACES" => C::Interfaces { ctrl: rest == b"ctrl" },
        b"BSS" => C::Bss(bss(rest)?),
        b"ROAM" => C::Roam(mac(rest)?),
        b"STA_AUTOCONNECT" => C::StaAutoconnect(number(rest)? != 0),
        b"BSS_EXPIRE_AGE" => C::BssExpireAge(at_least(rest, 10)?),
        b"BSS_EXPIRE_COUNT" => C::BssExpireCount(at_least(rest, 1)?),
        b"BSS_FLUSH" => C::BssFlush(count(rest)?),
        b"SIGNAL_POLL" => C::SignalPoll,
        b"SIGNAL_MONITOR" => C::SignalMonitor {
            threshold: option_number(rest, "THRESHOLD=")?.unwrap_or(0),
            hysteresis: option_number(rest, "HYSTERESIS=")?.unwrap_or(0),
        },
        b"PKTCNT_POLL" => C::PktcntPoll,
        b"DRIVER" => C::Driver(utf8(rest)?),
        b"MAC_RAND_SCAN" => C::MacRandScan(utf8(rest)?),
        b"GET_PREF_FREQ_LIST" => C::GetPrefFreqList(utf8(rest)?),
        b"VENDOR_ELEM_ADD" => {
            let (frame, elements) = split(rest);
            C::VendorElemAdd { frame: frame_kind(frame)?, elements: hex(elements.ok_or(ParseError::Invalid)?)? }
        }
        b"VENDOR_ELEM_GET" => C::VendorElemGet(frame_kind(rest)?),
        b"VENDOR_ELEM_REMOVE" => {
            let (frame, elements) = split(rest);
            let elements = elements.ok_or(ParseError::Invalid)?;
            C::VendorElemRemove {
                frame: frame_kind(frame)?,
                elements: if elements.starts_with(b"*") { None } else { Some(hex(elements)?) },
            }
        }
        b"RADIO_WORK" => C::RadioWork(radio_work(rest)?),
        b"STA" => C::Sta(mac(rest)?),
        b"STA-NEXT" => C::StaNext(mac(rest)?),
        _ => return test(word, rest).map(C::Test),
    })
}

fn test(word: &[u8], rest: &[u8]) -> Parsed<TestCommand> {
    use TestCommand as T;
    let address_and_hex = || -> Parsed<_> {
        let (address, frame) = split(rest);
        Ok((mac(address)?, hex(frame.ok_or(ParseError::Invalid)?)?))
    };
    Ok(match word {
        b"MGMT_TX" => {
            let (to, rest) = split(rest);
            let (bssid, rest) = split(rest.ok_or(ParseError::Invalid)?);
            let options = rest.ok_or(ParseError::Invalid)?;
            T::MgmtTx {
                to: mac(to)?,
                bssid: mac(bssid)?,
                freq: option(options, "freq=").map_or(Ok(0), count)?,
                wait: option(options, "wait_time=").map_or(Ok(0), count)?,
                action: hex(option(options, "action=").ok_or(ParseError::Invalid)?)?,
            }
        }
        b"MGMT_RX_PROCESS" => T::MgmtRxProcess {
            freq: option(rest, "freq=").map_or(Ok(0), count)?,
            rate: option(rest, "datarate=").map_or(Ok(0), count)?,
            signal: i32::try_from(option_number(rest, "ssi_signal=")?.unwrap_or(0)).map_err(|_| ParseError::Invalid)?,
            frame: hex(option(rest, "frame=").ok_or(ParseError::Invalid)?)?,
        },
        b"DRIVER_EVENT" => T::DriverEvent(utf8(rest)?),
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
        b"DATA_TEST_FRAME" => T::DataTestFrame(hex(rest)?),
        b"TEST_ALLOC_FAIL" => T::AllocFail(utf8(rest)?),
        b"TEST_FAIL" => T::Fail(utf8(rest)?),
        b"EVENT_TEST" => T::EventTest(count(rest)?),
        b"TEST_ASSOC_IE" => T::AssocElements(hex(rest)?),
        b"TEST_EAPOL_M2_ELEMS" => T::M2Elements(hex(rest)?),
        b"TEST_EAPOL_M4_ELEMS" => T::M4Elements(hex(rest)?),
        b"TEST_RSNXE_DATA" => T::RsnxeData(hex(rest)?),
        b"KEY_REQUEST" => {
            let (error, pairwise) = split(rest);
            T::KeyRequest { error: number(error)? != 0, pairwise: number(pairwise.ok_or(ParseError::Invalid)?)? != 0 }
        }
        _ => return Err(ParseError::Unknown),
    })
}

/// `DESTINATION SOURCE TOS [len=…]`.
pub(crate) fn data_test_tx(rest: &[u8]) -> Parsed<(wire::MacAddr, wire::MacAddr, u8, Option<u32>)> {
    let (to, rest) = split(rest);
    let (from, rest) = split(rest.ok_or(ParseError::Invalid)?);
    let (tos, options) = split(rest.ok_or(ParseError::Invalid)?);
    // As strtol has it: what is no number is 0.
    let tos = u8::try_from(conf::text::c_number(tos).unwrap_or(0)).map_err(|_| ParseError::Invalid)?;
    let length = option(options.unwrap_or(&[]), "len=").map(count).transpose()?;
    Ok((mac(to)?, mac(from)?, tos, length))
}

/// `level [timestamp]`, either of which may be missing.
pub(crate) fn log_level(rest: &[u8]) -> Parsed<(Option<LogLevel>, Option<bool>)> {
    let mut words = conf::text::words(rest);
    let level = words.next().map(|word| LogLevel::from_word(word).ok_or(ParseError::Invalid)).transpose()?;
    let timestamp = words.next().map(number).transpose()?.map(|n| n != 0);
    Ok((level, timestamp))
}

fn response(rest: &[u8]) -> Parsed<StationCommand> {
    // FIELD-id:value, where the field may have hyphens of its own.
    let colon = rest.iter().position(|b| *b == b':').ok_or(ParseError::Invalid)?;
    let (head, value) = rest.split_at(colon);
    let dash = head.iter().rposition(|b| *b == b'-').ok_or(ParseError::Invalid)?;
    let (field, id) = head.split_at(dash);
    Ok(StationCommand::Response {
        field: utf8(field)?,
        id: count(id.get(1..).unwrap_or(&[]))?,
        value: Secret::from(value.get(1..).unwrap_or(&[])),
    })
}

fn which(rest: &[u8]) -> Parsed<Which> {
    if rest == b"all" { Ok(Which::All) } else { Ok(Which::Id(count(rest)?)) }
}

fn field(rest: &[u8]) -> Parsed<(u32, alloc::string::String)> {
    let (id, field) = split(rest);
    Ok((count(id)?, utf8(field.ok_or(ParseError::Invalid)?)?))
}

fn field_and_value(rest: &[u8]) -> Parsed<(u32, alloc::string::String, Secret)> {
    let (id, rest) = split(rest);
    let (field, value) = split(rest.ok_or(ParseError::Invalid)?);
    Ok((count(id)?, utf8(field)?, Secret::from(value.ok_or(ParseError::Invalid)?)))
}

fn at_least(rest: &[u8], least: u32) -> Parsed<u32> {
    let n = count(rest)?;
    if n >= least { Ok(n) } else { Err(ParseError::Invalid) }
}

/// Kinds of frames that take vendor elements.
fn frame_kind(text: &[u8]) -> Parsed<u8> {
    u8::try_from(count(text)?).ok().filter(|kind| *kind < 16).ok_or(ParseError::Invalid)
}

fn pmksa(rest: &[u8]) -> Parsed<PmksaEntry> {
    let mut words = conf::text::words(rest);
    let mut next = || words.next().ok_or(ParseError::Invalid);
    Ok(PmksaEntry {
        id: count(next()?)?,
        bssid: mac(next()?)?,
        pmkid: hex(next()?)?.try_into().map_err(|_| ParseError::Invalid)?,
        pmk: {
            let pmk = Secret::from(hex(next()?)?);
            if !matches!(pmk.len(), 32 | 48 | 64) {
                return Err(ParseError::Invalid);
            }
            pmk
        },
        reauth: count(next()?)?,
        expiration: count(next()?)?,
        akmp: count(next()?)?,
        opportunistic: number(next()?)? != 0,
    })
}

fn scan(rest: &[u8]) -> Parsed<ScanCommand> {
    let is = |name: &str| option_number(rest, name).map(|n| n.is_some_and(|n| n != 0));
    let mut scan = ScanCommand {
        only: rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"TYPE=ONLY")),
        frequencies: option(rest, "freq=").map_or(Ok(Vec::new()), frequencies)?,
        passive: is("passive=")?,
        use_id: is("use_id=")?,
        only_new: is("only_new=")?,
        bssid: option(rest, "bssid=").map(mac).transpose()?,
        wildcard_ssid: is("wildcard_ssid=")?,
        non_coloc_6ghz: is("non_coloc_6ghz=")?,
        ..ScanCommand::default()
    };
    if let Some(list) = option(rest, "scan_id=") {
        for id in list.split(|b| *b == b',').filter(|id| !id.is_empty()) {
            scan.networks.push(count(id)?);
        }
    }
    let mut words = conf::text::words(rest);
    while let Some(word) = words.next() {
        if word == b"ssid" {
            let ssid = hex(words.next().unwrap_or(&[]))?;
            scan.ssids.push(Ssid::new(&ssid).map_err(|_| ParseError::Invalid)?);
        }
    }
    Ok(scan)
}

fn bss(rest: &[u8]) -> Parsed<BssQuery> {
    let (what, _) = split(rest);
    let which = if let Some(range) = what.strip_prefix(b"RANGE=") {
        if range.starts_with(b"ALL") {
            BssWhich::Range { first: 0, last: u32::MAX }
        } else {
            let at = range.iter().position(|b| *b == b'-').ok_or(ParseError::Invalid)?;
            let (first, last) = range.split_at(at);
            let last = last.get(1..).unwrap_or(&[]);
            BssWhich::Range {
                first: if first.is_empty() { 0 } else { count(first)? },
                last: if last.is_empty() { u32::MAX } else { count(last)? },
            }
        }
    } else if what == b"FIRST" {
        BssWhich::First
    } else if what == b"LAST" {
        BssWhich::Last
    } else if what == b"CURRENT" {
        BssWhich::Current
    } else if let Some(id) = what.strip_prefix(b"ID-") {
        BssWhich::Id(count(id)?)
    } else if let Some(id) = what.strip_prefix(b"NEXT-") {
        BssWhich::Next(count(id)?)
    } else if let Some(address) = what.strip_prefix(b"p2p_dev_addr=") {
        BssWhich::P2pDevice(mac(address)?)
    } else if let Ok(bssid) = mac(what) {
        BssWhich::Bssid(bssid)
    } else {
        BssWhich::Index(count(what)?)
    };
    let mask = match option(rest, "MASK=") {
        None => bss_mask::ALL,
        Some(digits) => {
            let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
            let mask = core::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
            match mask.ok_or(ParseError::Invalid)? {
                0 => bss_mask::ALL,
                mask => mask,
            }
        }
    };
    Ok(BssQuery { which, mask })
}

fn radio_work(rest: &[u8]) -> Parsed<RadioWork> {
    let (what, rest) = split(rest);
    Ok(match (what, rest) {
        (b"show", None) => RadioWork::Show,
        (b"done", Some(id)) => RadioWork::Done(count(id)?),
        (b"add", Some(rest)) => {
            let (name, options) = split(rest);
            let options = options.unwrap_or(&[]);
            RadioWork::Add {
                name: utf8(name)?,
                freq: option(options, "freq=").map_or(Ok(0), count)?,
                timeout: option(options, "timeout=").map(count).transpose()?,
            }
        }
        _ => return Err(ParseError::Invalid),
    })
}
