//! Wi-Fi Direct: frames of strangers, and devices that get them in the middle of everything.

use crypto::testing::TestRng;
use p2p::code::{Capability, ConfigMethods, DeviceCapability, GroupCapability, Method};
use p2p::info::{ConfigTimeout, Description, DeviceInfo, GroupId};
use p2p::{
    Agreement, Attributes, Bss, Channel, ChannelList, Config, Connect, Content, Device, Env, Event, Fate, FindRequest,
    Frame, Output, PersistentGroup, ProbeRequest, Progress, Received, Role,
};
use wire::{Instant, MacAddr, Ssid, Writer};

/// Elements and action frames: whatever is read is written again and read the same.
pub(crate) fn frames(data: &[u8]) {
    if let Ok(content) = Content::parse(data) {
        let mut writer = Writer::new();
        if content.write(&mut writer).is_ok()
            && let Ok(written) = writer.finish()
        {
            assert_eq!(Content::parse(&written), Ok(content), "elements change when they are written again");
        }
    }
    if let Ok(attributes) = Attributes::parse(data)
        && let Ok(written) = attributes.write()
    {
        assert_eq!(Attributes::parse(&written), Ok(attributes), "attributes change when they are written again");
    }
    if let Ok(Some(frame)) = Frame::parse(data)
        && let Ok(written) = frame.write()
    {
        assert_eq!(Frame::parse(&written), Ok(Some(frame)), "a frame changes when it is written again");
    }
}

/// Two devices, and frames between them that are lost, changed, or sent again.
struct Pair {
    devices: [Device; 2],
    rngs: [TestRng; 2],
    now: Instant,
    past: Vec<(usize, Vec<u8>)>,
    agreed: [Option<Agreement>; 2],
    changed: bool,
}

fn config(number: u8) -> Config {
    Config {
        address: MacAddr([2, 0, 0, 0, 0, number]),
        interface: MacAddr([2, 0, 0, 0, 1, number]),
        description: Description { config_methods: ConfigMethods(0x188), ..Description::default() },
        capability: DeviceCapability(DeviceCapability::SERVICE_DISCOVERY),
        group_capability: GroupCapability(0),
        country: *b"XX\x04",
        listen_channel: Channel { class: 81, number: 6 },
        owner_channels: ChannelList::at(&[2412, 5180]),
        client_channels: ChannelList::at(&[5745]),
        preferred: Vec::new(),
        config_timeout: ConfigTimeout::default(),
        extended_listen: None,
        ssid_postfix: Vec::new(),
        display: None,
        texts: [const { Vec::new() }; 4],
    }
}

impl Pair {
    fn new(seed: u64) -> Pair {
        let devices = [1, 2].map(|number| Device::new(config(number), Instant::ZERO));
        let rngs = [1, 2].map(|number| TestRng::new(seed + number));
        Pair { devices, rngs, now: Instant::ZERO, past: Vec::new(), agreed: [None, None], changed: false }
    }

    fn with(&mut self, side: usize, act: impl FnOnce(&mut Device, &mut Env<'_>)) {
        let (Some(device), Some(rng)) = (self.devices.get_mut(side), self.rngs.get_mut(side)) else { return };
        act(device, &mut Env { now: self.now, rng });
    }

    fn deliver(&mut self, to: usize, body: &[u8]) {
        let addresses = [1, 2].map(|number| config(number).address);
        let [one, two] = addresses;
        let (from, to_address) = if to == 0 { (two, one) } else { (one, two) };
        self.with(to, |device, env| {
            let received = Received { from, to: to_address, frequency: 2437, signal: None, body };
            let _ = device.handle_action(received, env);
        });
    }

    /// What both put out arrives, as the octet says.
    fn drain(&mut self, choice: u8, other: u8) {
        for _ in 0..64 {
            let mut quiet = true;
            for side in 0..2 {
                let Some(output) = self.devices.get_mut(side).and_then(Device::poll_output) else { continue };
                quiet = false;
                match output {
                    Output::Transmit(transmit) => {
                        let mut body = transmit.body;
                        let fate = match choice & 3 {
                            1 => Fate::NoAck,
                            2 => Fate::NotSent,
                            _ => Fate::Acked,
                        };
                        if choice & 4 != 0 {
                            let place = usize::from(other) % body.len().max(1);
                            if let Some(octet) = body.get_mut(place) {
                                *octet = octet.wrapping_add(choice);
                                self.changed = true;
                            }
                        }
                        if fate == Fate::Acked && choice & 8 == 0 {
                            self.deliver(1 - side, &body);
                        }
                        self.past.push((1 - side, body));
                        self.with(side, |device, env| device.transmitted(transmit.ticket, fate, env));
                    }
                    Output::Event(Event::Negotiated(agreement)) => {
                        self.with(side, |device, env| device.form(agreement.clone(), env.now));
                        if let Some(slot) = self.agreed.get_mut(side) {
                            *slot = Some(agreement);
                        }
                    }
                    Output::Event(_)
                    | Output::Listen { .. }
                    | Output::StopListening
                    | Output::Scan { .. }
                    | Output::StopScanning
                    | Output::ProbeResponse { .. } => {}
                }
            }
            if quiet {
                return;
            }
        }
    }
}

/// Both devices in the middle of everything; octets of the input say what happens next.
pub(crate) fn devices(data: &[u8]) {
    let mut pair = Pair::new(data.len() as u64);
    for side in 0..2 {
        let peer = config(2 - side as u8);
        let p2p = Attributes {
            device_info: Some(DeviceInfo { address: peer.address, description: peer.description }),
            capability: Some(Capability { device: peer.capability, group: GroupCapability(0) }),
            ..Attributes::default()
        };
        let mut writer = Writer::new();
        let _ = Content { p2p: Some(p2p), wps: None, display: None }.write(&mut writer);
        let elements = writer.finish().unwrap_or_default();
        let bss = Bss { bssid: peer.address, frequency: 2437, signal: None, elements: &elements };
        pair.with(side, |device, env| {
            let _ = device.handle_bss(bss, env);
        });
    }
    let mut data = data;
    for _ in 0..64 {
        let [action, choice, rest @ ..] = data else { break };
        data = rest;
        let side = usize::from(action >> 7);
        let peer = config(2 - side as u8).address;
        let group = GroupId { owner: config(1 + (choice & 1)).address, ssid: Ssid::default() };
        let other = data.first().copied().unwrap_or_default();
        match action & 0xf {
            0 | 1 => {
                let connect = Connect {
                    method: Method::PushButton,
                    intent: choice & 0xf,
                    persistent: choice & 0x10 != 0,
                    channel: None,
                    credentials: None,
                    initiate: choice & 0x20 == 0,
                    provision_first: choice & 0x40 != 0,
                };
                // What was agreed on before is over.
                pair.with(side, |device, env| device.formation_progress(Progress::Connected, env));
                pair.agreed = [None, None];
                pair.with(side, |device, env| {
                    let _ = device.connect(peer, connect, env);
                });
            }
            2 => pair.with(side, |device, env| {
                let _ = device.provision(peer, Method::Display, choice & 1 != 0, env);
            }),
            3 => pair.with(side, |device, env| {
                device.persistent_groups().clear();
                let known = PersistentGroup { group, peers: Vec::new(), unasked: choice & 2 != 0 };
                device.persistent_groups().push(known);
                let _ = device.reinvoke(peer, group, None, env);
            }),
            4 => pair.with(side, |device, env| {
                let _ = device.query_services(Some(peer), vec![2, 0, choice & 7, 1], env);
            }),
            5 => pair.with(side, |device, env| device.find(FindRequest::default(), env)),
            6 => pair.with(side, |device, env| device.scan_ended(choice & 1 == 0, env)),
            7 => pair.with(side, |device, env| device.listen_ended(env)),
            8 => {
                if let Some((to, body)) = pair.past.get(usize::from(*choice) % pair.past.len().max(1)).cloned() {
                    pair.deliver(to, &body);
                }
            }
            9 => {
                let (body, rest) = data.split_at(data.len().min(usize::from(*choice)));
                data = rest;
                pair.changed = true;
                pair.deliver(side, body);
            }
            10 => {
                let (elements, rest) = data.split_at(data.len().min(usize::from(*choice)));
                data = rest;
                pair.changed = true;
                pair.with(side, |device, env| {
                    device.listen_started(2437);
                    let bss = Bss { bssid: peer, frequency: 2437, signal: None, elements };
                    let _ = device.handle_bss(bss, env);
                    let any = MacAddr::BROADCAST;
                    let probe =
                        ProbeRequest { from: peer, to: any, bssid: any, frequency: 2437, signal: None, elements };
                    let _ = device.handle_probe_request(probe, env);
                });
            }
            _ => {
                let deadlines = pair.devices.iter().filter_map(Device::poll_deadline);
                pair.now = deadlines.min().unwrap_or(pair.now).max(pair.now);
                for each in 0..2 {
                    pair.with(each, |device, env| device.handle_timeout(env));
                }
            }
        }
        pair.drain(action >> 4 & 7 | choice & 8, other);
        for device in &pair.devices {
            assert!(device.peers().iter().count() <= p2p::peers::MAX_PEERS, "more are remembered than may be");
        }
    }
    if let ([Some(one), Some(two)], false) = (&pair.agreed, pair.changed) {
        let opposite = matches!(one.role, Role::Owner(_)) != matches!(two.role, Role::Owner(_));
        assert!(opposite, "two owners, or two clients");
    }
    // Whatever happened: time ends it all.
    for side in 0..2 {
        pair.with(side, |device, env| device.flush(env));
        for _ in 0..5_000 {
            pair.drain(8, 0);
            let Some(deadline) = pair.devices.get(side).and_then(Device::poll_deadline) else { break };
            pair.now = pair.now.max(deadline);
            pair.with(side, |device, env| device.handle_timeout(env));
        }
    }
    for device in &pair.devices {
        assert_eq!(device.poll_deadline(), None, "a timer that never ends");
    }
}
