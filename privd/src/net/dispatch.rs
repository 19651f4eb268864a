//! From a judged request to the steps that carry it out.

use ipc_proto::{BssOptions, Failure, InterfaceType, KeyKind, LinkId, Reply, Request, WiphyFeatures};
use nix::libc;
use wire::frame::Subtype;
use wire::{ETH_P_PREAUTH, MacAddr};

use super::client::Client;
use super::job::{Effect, Finish, Step};
use super::message::{Attrs, Message};
use super::nl80211::command::{self, linked, on};
use super::nl80211::consts::{attr, cmd};
use super::rtnetlink;
use super::shared::Threshold;
use super::worker::{Attachment, Worker};

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Plan {
    /// The answer is known.
    Now(Result<Reply, Failure>),
    /// The kernel is asked.
    Ask(Finish, Vec<Step>),
}

impl From<Result<Reply, Failure>> for Plan {
    fn from(result: Result<Reply, Failure>) -> Plan {
        Plan::Now(result)
    }
}

impl From<Failure> for Plan {
    fn from(failure: Failure) -> Plan {
        Plan::Now(Err(failure))
    }
}

/// Leaves the bridge that the interface is in, if it is in one.
fn leave_bridge(ifindex: u32) -> Step {
    Step::link(rtnetlink::set_master(ifindex, 0)).effect(Effect::Bridged(ifindex, None))
}

const DONE: Plan = Plan::Now(Ok(Reply::Done));

impl Worker {
    pub(super) fn nl80211(&self, command: u8, attrs: Attrs) -> Message {
        Message::generic(self.family, command, attrs)
    }

    fn features(&self, ifindex: u32) -> WiphyFeatures {
        let wiphy = self.interfaces.get(&ifindex).map(|interface| interface.wiphy);
        wiphy.and_then(|wiphy| self.wiphys.get(&wiphy)).map(|info| info.features).unwrap_or_default()
    }

    /// One command that is only acknowledged.
    pub(super) fn simply(&self, command: u8, attrs: Attrs) -> Plan {
        Plan::Ask(Finish::Done, vec![Step::new(self.nl80211(command, attrs))])
    }

    fn ask(&self, finish: Finish, command: u8, attrs: Attrs) -> Plan {
        Plan::Ask(finish, vec![Step::new(self.nl80211(command, attrs))])
    }

    fn dump(&self, finish: Finish, command: u8, attrs: Attrs) -> Plan {
        Plan::Ask(finish, vec![Step::new(self.nl80211(command, attrs).dump())])
    }

    /// Asks for everything about a radio.
    pub(super) fn wiphy_query(&self, ifindex: u32) -> Step {
        Step::new(self.nl80211(cmd::GET_WIPHY, on(ifindex).flag(attr::SPLIT_WIPHY_DUMP)).dump())
    }

    /// The steps of a request that the policy allows.
    #[allow(clippy::too_many_lines, reason = "one arm for each request, each a line or a few")]
    pub(super) fn plan(&mut self, client: u64, request: Request) -> Plan {
        // Requests about no interface have no use for its index.
        let ifindex = match request.handle().map(|handle| self.index_of(client, handle)) {
            Some(Some(ifindex)) => ifindex,
            Some(None) => return Failure::NoInterface.into(),
            None => 0,
        };
        match request {
            Request::Interfaces => Plan::Now(Ok(Reply::Interfaces(self.visible_interfaces(client)))),
            Request::Attach { ifname } => self.attach(client, &ifname),
            Request::Detach { .. } => {
                self.release(client, ifindex);
                DONE
            }
            Request::Capabilities { .. } => Plan::Ask(Finish::Wiphy, vec![self.wiphy_query(ifindex)]),
            Request::LinkState { .. } if self.is_wired(ifindex) => self.wired_state(ifindex).into(),
            Request::LinkState { .. } => {
                let mut steps = vec![Step::new(self.nl80211(cmd::GET_INTERFACE, on(ifindex)))];
                if self.is_station(ifindex) {
                    steps.push(Step::new(self.nl80211(cmd::GET_STATION, on(ifindex)).dump()));
                }
                if let Some(wiphy) = self.interfaces.get(&ifindex).map(|interface| interface.wiphy) {
                    let country = self.nl80211(cmd::GET_REG, Attrs::new().u32(attr::WIPHY, wiphy));
                    steps.push(Step::new(country).tolerate(&[libc::EINVAL, libc::EOPNOTSUPP]));
                }
                steps.push(Step::link(rtnetlink::addresses()).tolerate(&[libc::EOPNOTSUPP]));
                Plan::Ask(Finish::Link(ifindex), steps)
            }
            Request::SetLinkUp { up, .. } => {
                let effect = if up { Effect::None } else { Effect::KeysGone(ifindex) };
                Plan::Ask(Finish::Done, vec![Step::link(rtnetlink::set_up(ifindex, up)).effect(effect)])
            }
            Request::SetOperState { state, .. } => {
                let message = rtnetlink::set_operstate(ifindex, Some(state));
                Plan::Ask(Finish::Done, vec![Step::link(message).effect(Effect::OperState(ifindex))])
            }
            Request::SetInterfaceType { kind, .. } => self.set_type(ifindex, kind),
            Request::AddInterface { ifname, kind, addr, .. } => {
                self.add_interface(client, ifindex, &ifname, kind, addr)
            }
            Request::RemoveInterface { .. } => self.ask(Finish::Removed(ifindex), cmd::DEL_INTERFACE, on(ifindex)),
            Request::SetMacAddress { addr, .. } => {
                let before = self.links.get(&ifindex).map_or(addr, |link| link.addr);
                let set = Step::link(rtnetlink::set_address(ifindex, addr)).effect(Effect::Address(ifindex, before));
                Plan::Ask(Finish::Done, self.unless_taken(client, ifindex, Some(addr), set))
            }
            Request::SetBridge { bridge: None, .. } => Plan::Ask(Finish::Done, vec![leave_bridge(ifindex)]),
            Request::SetBridge { bridge: Some(name), .. } => self.join_bridge(ifindex, name),
            Request::SetFourAddress { enabled, .. } => {
                self.simply(cmd::SET_INTERFACE, on(ifindex).u8(attr::FOUR_ADDR, u8::from(enabled)))
            }

            Request::TriggerScan { scan, .. } => self.simply(cmd::TRIGGER_SCAN, command::trigger_scan(ifindex, &scan)),
            Request::AbortScan { .. } => self.simply(cmd::ABORT_SCAN, on(ifindex)),
            Request::ScanResults { .. } => self.dump(Finish::Scan, cmd::GET_SCAN, on(ifindex)),
            Request::StartSchedScan { scan, .. } => {
                self.simply(cmd::START_SCHED_SCAN, command::sched_scan(ifindex, &scan))
            }
            Request::StopSchedScan { .. } => self.simply(cmd::STOP_SCHED_SCAN, on(ifindex)),

            Request::Authenticate { auth, .. } => {
                let Some(attrs) = command::authenticate(ifindex, &auth) else {
                    return Failure::Invalid(String::from("algorithm")).into();
                };
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.driver_sme = false;
                }
                let message = self.nl80211(cmd::AUTHENTICATE, attrs);
                let step = Step::new(message.clone());
                if auth.local_state_change {
                    return Plan::Ask(Finish::Done, vec![step]);
                }
                // mac80211 does not authenticate anew while it holds an earlier authentication.
                let forget = on(ifindex).mac(attr::MAC, auth.bssid).u16(attr::REASON_CODE, 2);
                let forget = Step::new(self.nl80211(cmd::DEAUTHENTICATE, forget))
                    .tolerate(&[libc::ENOTCONN, libc::ENOENT])
                    .effect(Effect::Swallow(ifindex, auth.bssid));
                let again = vec![forget, Step::new(message)];
                Plan::Ask(Finish::Done, vec![step.otherwise(&[libc::EALREADY, libc::EEXIST], again)])
            }
            Request::Associate { assoc, .. } => {
                let features = self.features(ifindex);
                let attrs = command::associate(ifindex, &assoc, &features);
                let over_nl80211 = assoc.control_port && features.control_port;
                let step = Step::new(self.nl80211(cmd::ASSOCIATE, attrs));
                Plan::Ask(Finish::Done, vec![step.effect(Effect::ControlPort(ifindex, over_nl80211))])
            }
            Request::Connect { connect, .. } => {
                let features = self.features(ifindex);
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.driver_sme = true;
                }
                let attrs = command::connect(ifindex, &connect, &features);
                let over_nl80211 = connect.security.is_some() && features.control_port;
                let step = Step::new(self.nl80211(cmd::CONNECT, attrs));
                Plan::Ask(Finish::Done, vec![step.effect(Effect::ControlPort(ifindex, over_nl80211))])
            }
            Request::Deauthenticate { bssid, reason, local, .. } => {
                let attrs = on(ifindex).mac(attr::MAC, bssid).u16(attr::REASON_CODE, reason.0);
                self.simply(cmd::DEAUTHENTICATE, attrs.flag_if(attr::LOCAL_STATE_CHANGE, local))
            }
            Request::Disassociate { bssid, reason, .. } => {
                self.simply(cmd::DISASSOCIATE, on(ifindex).mac(attr::MAC, bssid).u16(attr::REASON_CODE, reason.0))
            }
            Request::Disconnect { reason, .. } => {
                self.simply(cmd::DISCONNECT, on(ifindex).u16(attr::REASON_CODE, reason.0))
            }

            Request::AddKey { key, .. } => {
                if key.key.as_bytes().iter().all(|octet| *octet == 0) {
                    // No handshake gives such a key; a machine that was made to forget its key does.
                    return Failure::Invalid(String::from("key")).into();
                }
                let slot = (key.index, key.link);
                let installed = self.guard.install(ifindex, key.kind, slot, key.key.as_bytes());
                let Some(installation) = installed else {
                    tracing::warn!(ifindex, index = key.index, "refused to install a key again");
                    return Failure::KeyInstalled.into();
                };
                let message = self.nl80211(cmd::NEW_KEY, command::new_key(ifindex, &key));
                let mut steps = vec![Step::new(message).effect(Effect::Installing(installation))];
                if let Some(attrs) = command::default_key(ifindex, &key) {
                    steps.push(Step::new(self.nl80211(cmd::SET_KEY, attrs)));
                }
                Plan::Ask(Finish::Done, steps)
            }
            Request::DeleteKey { kind, index, link, .. } => {
                let message = self.nl80211(cmd::DEL_KEY, command::delete_key(ifindex, kind, index, link));
                let step = Step::new(message).tolerate(&[libc::ENOENT, libc::ENOLINK]);
                Plan::Ask(Finish::Done, vec![step.effect(Effect::KeyDeleted(ifindex, kind, index, link))])
            }
            Request::KeySequence { index, link, .. } => {
                self.ask(Finish::KeySequence, cmd::GET_KEY, linked(on(ifindex), link).u8(attr::KEY_IDX, index))
            }
            Request::AddPmksa { bssid, pmkid, pmk, .. } => {
                let attrs = on(ifindex).mac(attr::MAC, bssid).bytes(attr::PMKID, &pmkid);
                let attrs = attrs.with(pmk.as_ref(), |attrs, pmk| attrs.bytes(attr::PMK, pmk.as_bytes()));
                self.simply(cmd::SET_PMKSA, attrs)
            }
            Request::RemovePmksa { bssid, pmkid, .. } => {
                self.simply(cmd::DEL_PMKSA, on(ifindex).mac(attr::MAC, bssid).bytes(attr::PMKID, &pmkid))
            }
            Request::FlushPmksa { .. } => self.simply(cmd::FLUSH_PMKSA, on(ifindex)),
            Request::SetRekeyData { kek, kck, replay_counter, .. } => {
                let attrs = command::rekey_data(ifindex, kek.as_bytes(), kck.as_bytes(), replay_counter);
                self.simply(cmd::SET_REKEY_OFFLOAD, attrs)
            }
            Request::UpdateFtElements { mobility_domain, elements, .. } => {
                self.simply(cmd::UPDATE_FT_IES, on(ifindex).u16(attr::MDID, mobility_domain).bytes(attr::IE, &elements))
            }

            Request::RegisterFrame { subtype, prefix, .. } => self.register_frame(ifindex, subtype, prefix),
            Request::TransmitFrame { transmit, .. } => {
                let attrs = command::transmit(ifindex, &transmit, &self.features(ifindex));
                self.ask(Finish::Cookie, cmd::FRAME, attrs)
            }
            Request::CancelTransmit { cookie, .. } => {
                self.simply(cmd::FRAME_WAIT_CANCEL, on(ifindex).u64(attr::COOKIE, cookie))
            }
            Request::RemainOnChannel { freq, duration, .. } => {
                let attrs = on(ifindex).u32(attr::WIPHY_FREQ, freq).u32(attr::DURATION, duration);
                self.ask(Finish::Cookie, cmd::REMAIN_ON_CHANNEL, attrs)
            }
            Request::CancelRemainOnChannel { cookie, .. } => {
                self.simply(cmd::CANCEL_REMAIN_ON_CHANNEL, on(ifindex).u64(attr::COOKIE, cookie))
            }

            Request::SendEapol { dest, data, encrypt, .. } => {
                if self.attached.get(&ifindex).is_some_and(|attachment| attachment.control_port) {
                    self.simply(cmd::CONTROL_PORT_FRAME, command::eapol(ifindex, dest, &data, encrypt))
                } else {
                    Plan::Now(self.send_eapol(ifindex, dest, &data))
                }
            }
            Request::SendPreauth { dest, data, .. } => Plan::Now(self.send_preauth(ifindex, dest, &data)),
            Request::ReceivePreauth { enabled, .. } => {
                let socket = if enabled { crate::sys::packet(ifindex, ETH_P_PREAUTH).map(Some) } else { Ok(None) };
                match (socket, self.attached.get_mut(&ifindex)) {
                    (Ok(socket), Some(attachment)) => {
                        attachment.preauth = socket;
                        DONE
                    }
                    (Ok(_), None) => Failure::NoInterface.into(),
                    (Err(error), _) => Plan::Now(Err(super::worker::io_failure(&error))),
                }
            }

            Request::StartAp { ap, .. } => {
                let features = self.features(ifindex);
                let attrs = command::start_ap(ifindex, &ap, &features);
                let start =
                    Step::new(self.nl80211(cmd::START_AP, attrs)).effect(Effect::AccessPoint(ifindex, ap.link, true));
                let spurious = Step::new(self.nl80211(cmd::UNEXPECTED_FRAME, on(ifindex)));
                let mut steps = vec![start];
                if let Some(attrs) = command::bss_options(ifindex, &ap.options, Some(ap.isolate)) {
                    let step = Step::new(self.nl80211(cmd::SET_BSS, attrs));
                    steps.push(step.tolerate(&[libc::EOPNOTSUPP, libc::EINVAL]));
                }
                steps.extend(self.multicast_to_unicast(ifindex, &ap.options));
                // Data of stations that are not associated is worth an event where the driver can tell.
                steps.push(spurious.tolerate(&[libc::EOPNOTSUPP, libc::EBUSY, libc::EINVAL]));
                Plan::Ask(Finish::Done, steps)
            }
            Request::UpdateBeacon { beacon, link, .. } => {
                self.simply(cmd::SET_BEACON, command::beacon(linked(on(ifindex), link), &beacon))
            }
            Request::StopAp { link, .. } => {
                let step = Step::new(self.nl80211(cmd::STOP_AP, linked(on(ifindex), link)));
                Plan::Ask(Finish::Done, vec![step.effect(Effect::AccessPoint(ifindex, link, false))])
            }
            Request::SwitchChannel { channel, count, block_tx, beacon, counter_offsets, after, link, .. } => {
                let switch = command::Switch {
                    channel: &channel,
                    count,
                    block_tx,
                    during: &beacon,
                    offsets: &counter_offsets,
                    after: &after,
                    link,
                };
                self.simply(cmd::CHANNEL_SWITCH, command::channel_switch(ifindex, &switch))
            }
            Request::SetBssOptions { options, .. } => {
                let attrs = command::bss_options(ifindex, &options, None);
                let mut steps: Vec<Step> = Vec::new();
                steps.extend(attrs.map(|attrs| Step::new(self.nl80211(cmd::SET_BSS, attrs))));
                steps.extend(self.multicast_to_unicast(ifindex, &options));
                if steps.is_empty() { DONE } else { Plan::Ask(Finish::Done, steps) }
            }
            Request::SetChannel { channel, link, .. } => {
                self.simply(cmd::SET_WIPHY, command::channel(linked(on(ifindex), link), &channel))
            }
            Request::AddStation { station, .. } => {
                let attrs = command::station(ifindex, &station, true, &self.features(ifindex));
                let attachment = self.attached.get_mut(&ifindex);
                let new = attachment.is_some_and(|attachment| attachment.activity.station_comes(station.addr));
                let step = Step::new(self.nl80211(cmd::NEW_STATION, attrs));
                Plan::Ask(Finish::Done, vec![step.effect(Effect::StationAdded(ifindex, station.addr, new))])
            }
            Request::ChangeStation { station, .. } => {
                let attrs = command::station(ifindex, &station, false, &self.features(ifindex));
                self.simply(cmd::SET_STATION, attrs)
            }
            Request::SetStationFlags { addr, flags, .. } => {
                self.simply(cmd::SET_STATION, command::station_flags(ifindex, addr, flags))
            }
            Request::RemoveStation { addr, notify, .. } => {
                let attrs = on(ifindex).with(addr, |attrs, addr| attrs.mac(attr::MAC, addr)).with(
                    notify,
                    |attrs, (Subtype(subtype), reason)| {
                        attrs.u8(attr::MGMT_SUBTYPE, subtype).u16(attr::REASON_CODE, reason.0)
                    },
                );
                let effect = addr.map_or(Effect::PeersGone(ifindex), |addr| Effect::PeerGone(ifindex, addr));
                let step = Step::new(self.nl80211(cmd::DEL_STATION, attrs));
                Plan::Ask(Finish::Done, vec![step.tolerate(&[libc::ENOENT]).effect(effect)])
            }
            Request::Stations { addr: Some(addr), .. } => {
                self.ask(Finish::Stations, cmd::GET_STATION, on(ifindex).mac(attr::MAC, addr))
            }
            Request::Stations { addr: None, .. } => self.dump(Finish::Stations, cmd::GET_STATION, on(ifindex)),
            Request::SetStationVlan { addr, vlan, .. } => {
                let Some(vlan) = self.index_of(client, vlan) else { return Failure::NoInterface.into() };
                self.simply(cmd::SET_STATION, on(ifindex).mac(attr::MAC, addr).u32(attr::STA_VLAN, vlan))
            }
            Request::ProbeStation { addr, .. } => self.simply(cmd::PROBE_CLIENT, on(ifindex).mac(attr::MAC, addr)),
            Request::SetTxQueue { queue, aifs, cw_min, cw_max, txop, link, .. } => {
                let attrs = linked(on(ifindex), link);
                self.simply(cmd::SET_WIPHY, command::tx_queue(attrs, queue, aifs, cw_min, cw_max, txop))
            }
            Request::SetRtsThreshold { threshold, .. } => {
                self.set_threshold(client, ifindex, Threshold::Rts, threshold.unwrap_or(u32::MAX))
            }
            Request::SetFragThreshold { threshold, .. } => {
                self.set_threshold(client, ifindex, Threshold::Frag, threshold.unwrap_or(u32::MAX))
            }

            Request::SetCountry { alpha2 } => {
                let before = Step::new(self.nl80211(cmd::GET_REG, Attrs::new())).effect(Effect::CountryFound(client));
                Plan::Ask(Finish::Done, vec![before, Step::new(self.country(alpha2))])
            }
            Request::Country => self.ask(Finish::Country, cmd::GET_REG, Attrs::new()),
            Request::SetPowerSave { enabled, .. } => {
                self.simply(cmd::SET_POWER_SAVE, on(ifindex).u32(attr::PS_STATE, u32::from(enabled)))
            }
            Request::MonitorSignal { threshold, hysteresis, .. } => {
                self.simply(cmd::SET_CQM, command::signal_monitor(ifindex, threshold, hysteresis))
            }
            Request::SignalPoll { .. } => {
                let steps = vec![
                    Step::new(self.nl80211(cmd::GET_INTERFACE, on(ifindex))),
                    Step::new(self.nl80211(cmd::GET_STATION, on(ifindex)).dump()),
                    Step::new(self.nl80211(cmd::GET_SURVEY, on(ifindex)).dump()).tolerate(&[libc::EOPNOTSUPP]),
                ];
                Plan::Ask(Finish::Signal, steps)
            }
            Request::Survey { .. } => self.dump(Finish::Survey, cmd::GET_SURVEY, on(ifindex)),
            Request::TdlsFrame { peer, action, dialog_token, status, elements, .. } => {
                let attrs = on(ifindex)
                    .mac(attr::MAC, peer)
                    .u8(attr::TDLS_ACTION, action)
                    .u8(attr::TDLS_DIALOG_TOKEN, dialog_token)
                    .u16(attr::STATUS_CODE, status)
                    .bytes(attr::IE, &elements);
                self.simply(cmd::TDLS_MGMT, attrs)
            }
            Request::TdlsOperation { peer, operation, .. } => {
                self.simply(cmd::TDLS_OPER, on(ifindex).u8(attr::TDLS_OPERATION, operation).mac(attr::MAC, peer))
            }
            Request::ExternalAuth { bssid, ssid, status, pmkid, .. } => {
                let whom = if self.is_station(ifindex) { attr::BSSID } else { attr::MAC };
                let attrs = on(ifindex).mac(whom, bssid).u16(attr::STATUS_CODE, status.0);
                let attrs = attrs.some_bytes(attr::SSID, ssid.as_bytes());
                self.simply(cmd::EXTERNAL_AUTH, attrs.with(pmkid, |attrs, pmkid| attrs.bytes(attr::PMKID, &pmkid)))
            }
            Request::StartCac { channel, link, .. } => {
                let attrs = command::channel(linked(on(ifindex), link), &channel);
                let step = Step::new(self.nl80211(cmd::RADAR_DETECT, attrs));
                Plan::Ask(Finish::Done, vec![step.effect(Effect::CheckingRadar(ifindex))])
            }
            Request::SetPmk { peer, pmk, .. } => {
                self.simply(cmd::SET_PMK, on(ifindex).mac(attr::MAC, peer).bytes(attr::PMK, pmk.as_bytes()))
            }
            Request::DeletePmk { peer, .. } => self.simply(cmd::DEL_PMK, on(ifindex).mac(attr::MAC, peer)),
            Request::AttachLink { ifname, ethertypes } => self.attach_link(client, &ifname, &ethertypes).into(),
            Request::SendEther { dest, ethertype, data, .. } => {
                Plan::Now(self.send_ether(ifindex, dest, ethertype, &data))
            }
            Request::Test(request) => self.test(ifindex, request),
        }
    }

    /// Drivers that cannot do it send group frames to the group, as ever.
    fn multicast_to_unicast(&self, ifindex: u32, options: &BssOptions) -> Option<Step> {
        let attrs = on(ifindex).flag_if(attr::MULTICAST_TO_UNICAST_ENABLED, options.multicast_to_unicast?);
        Some(Step::new(self.nl80211(cmd::SET_MULTICAST_TO_UNICAST, attrs)).tolerate(&[libc::EOPNOTSUPP]))
    }

    fn is_station(&self, ifindex: u32) -> bool {
        let kind = self.interfaces.get(&ifindex).map(|interface| interface.kind);
        matches!(kind, Some(InterfaceType::Station | InterfaceType::P2pClient))
    }

    fn set_type(&self, ifindex: u32, kind: InterfaceType) -> Plan {
        let Some(number) = command::type_number(kind) else {
            return Failure::Invalid(String::from("kind")).into();
        };
        if self.interfaces.get(&ifindex).is_some_and(|interface| interface.kind == kind) {
            return DONE;
        }
        let message = self.nl80211(cmd::SET_INTERFACE, on(ifindex).u32(attr::IFTYPE, number));
        let change = Step::new(message).effect(Effect::Type(ifindex, kind));
        // No station is in a bridge, but for those with 4-address frames.
        let bridged = self.attached.get(&ifindex).is_some_and(Attachment::joined_bridge);
        let leave = bridged && kind == InterfaceType::Station;
        let mut steps: Vec<Step> = leave.then(|| leave_bridge(ifindex)).into_iter().collect();
        if self.links.get(&ifindex).is_some_and(|link| link.up) {
            let down = Step::link(rtnetlink::set_up(ifindex, false)).effect(Effect::KeysGone(ifindex));
            let up = Step::link(rtnetlink::set_up(ifindex, true)).always();
            steps.extend([down, change, up]);
        } else {
            steps.push(change);
        }
        Plan::Ask(Finish::Done, steps)
    }

    /// A step that gives an interface an address of the client's choice: not that of a network in range.
    fn unless_taken(&self, client: u64, ifindex: u32, addr: Option<MacAddr>, step: Step) -> Vec<Step> {
        let permanent = self.links.get(&ifindex).and_then(|link| link.permanent);
        let grant = self.clients.get(&client).and_then(Client::grant);
        let named = |addr: &MacAddr| grant.as_ref().is_some_and(|grant| grant.addresses.contains(addr));
        match addr.filter(|addr| Some(*addr) != permanent && !named(addr)) {
            None => vec![step],
            Some(addr) => {
                let scan = Step::new(self.nl80211(cmd::GET_SCAN, on(ifindex)).dump());
                vec![scan.tolerate(&[libc::EOPNOTSUPP]), step.unless_bss(Some(addr))]
            }
        }
    }

    fn add_interface(
        &self,
        client: u64,
        parent: u32,
        ifname: &str,
        kind: InterfaceType,
        addr: Option<MacAddr>,
    ) -> Plan {
        let number = command::type_number(kind).filter(|_| kind != InterfaceType::P2pDevice);
        let Some(number) = number else { return Failure::NotSupported.into() };
        if !rtnetlink::good_name(ifname) {
            return Failure::Invalid(String::from("ifname")).into();
        }
        // The owner flag makes the kernel remove the interface with the client's socket.
        let attrs = on(parent)
            .string(attr::IFNAME, ifname)
            .u32(attr::IFTYPE, number)
            .with(addr, |attrs, addr| attrs.mac(attr::MAC, addr))
            .with((kind == InterfaceType::FourAddressPort).then_some(1), |attrs, on| attrs.u8(attr::FOUR_ADDR, on))
            .flag(attr::SOCKET_OWNER);
        let step = Step::new(self.nl80211(cmd::NEW_INTERFACE, attrs));
        Plan::Ask(Finish::Created, self.unless_taken(client, parent, addr, step))
    }

    fn join_bridge(&self, ifindex: u32, name: String) -> Plan {
        if !rtnetlink::good_name(&name) {
            return Failure::Invalid(String::from("bridge")).into();
        }
        let known = self.links.values().find(|link| link.name == name);
        if known.is_some_and(|link| !link.bridge) {
            // A client may not move an interface under something that is no bridge.
            return Failure::Invalid(String::from("bridge")).into();
        }
        let master = self.links.get(&ifindex).and_then(|link| link.master).and_then(|master| self.links.get(&master));
        if master.is_some_and(|master| master.name == name) {
            // It was put there by somebody else, and stays there.
            return DONE;
        }
        let mut steps = Vec::new();
        if known.is_none() {
            let step = Step::link(rtnetlink::add_bridge(&name));
            steps.push(step.effect(Effect::BridgeMade(ifindex, name.clone())));
        }
        steps.push(Step::join_bridge(ifindex, name.clone()).effect(Effect::Bridged(ifindex, Some(name))));
        Plan::Ask(Finish::Done, steps)
    }

    fn register_frame(&self, ifindex: u32, subtype: Subtype, prefix: Vec<u8>) -> Plan {
        let number = subtype.frame_control();
        let Some(attachment) = self.attached.get(&ifindex) else { return Failure::NoInterface.into() };
        if attachment.registered.contains(&(number, prefix.clone())) {
            return DONE;
        }
        let attrs = on(ifindex).u16(attr::FRAME_TYPE, number).bytes(attr::FRAME_MATCH, &prefix);
        let step = Step::new(self.nl80211(cmd::REGISTER_FRAME, attrs));
        Plan::Ask(Finish::Done, vec![step.effect(Effect::Registered(ifindex, number, prefix))])
    }

    /// Deletes the keys that are known to be installed.
    pub(super) fn key_removals(&self, ifindex: u32) -> Vec<Message> {
        let removal = |(kind, index, link): (KeyKind, u8, Option<LinkId>)| {
            self.nl80211(cmd::DEL_KEY, command::delete_key(ifindex, kind, index, link))
        };
        self.guard.installed(ifindex).into_iter().map(removal).collect()
    }
}
