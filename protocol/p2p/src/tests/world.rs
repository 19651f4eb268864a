//! Devices with radios that are on one channel at a time, on an air that loses, repeats and delays, under a virtual clock.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::testing::TestRng;
use wire::{Instant, MacAddr};

use super::config;
use crate::device::{Bss, Device, Env, ProbeRequest, Received};
use crate::event::Event;
use crate::output::{Fate, Output, Scope, Ticket};

/// What the air does, in percent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Air {
    pub(crate) lost: u64,
    pub(crate) twice: u64,
    /// By how many milliseconds at most a frame is late.
    pub(crate) late: u64,
}

#[derive(Default)]
struct Radio {
    listens: Option<(u32, u64)>,
    waits: Option<(u32, Instant)>,
    /// In a group here, all the time.
    group: Option<u32>,
    scan: u64,
}

pub(crate) struct Node {
    pub(crate) device: Device,
    pub(crate) rng: TestRng,
    pub(crate) events: Vec<(Instant, Event)>,
    radio: Radio,
}

impl Node {
    pub(crate) fn happened(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| wanted(event)).count()
    }

    pub(crate) fn address(&self) -> MacAddr {
        self.device.config().address
    }
}

enum Happening {
    Frame { to: usize, from: usize, frequency: u32, destination: MacAddr, body: Vec<u8> },
    Fate { to: usize, ticket: Ticket, fate: Fate },
    ListenOver { node: usize, generation: u64 },
    Probe { from: usize, frequency: u32, elements: Vec<u8>, scan: u64 },
    Heard { to: usize, bssid: MacAddr, frequency: u32, elements: Vec<u8>, scan: u64 },
    ScanOver { node: usize, scan: u64 },
}

pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    pub(crate) now: Instant,
    pub(crate) air: Air,
    rng: TestRng,
    coming: BTreeMap<(Instant, u64), Happening>,
    count: u64,
    /// Action frames that were given away.
    pub(crate) sent: Vec<(usize, Vec<u8>)>,
    /// Scans that were asked for.
    pub(crate) scans: Vec<(usize, Scope)>,
    /// The next scan is refused: another one is under way.
    pub(crate) busy: u32,
    /// Beacons of groups: what a scan of this channel hears besides.
    pub(crate) beacons: Vec<(u32, MacAddr, Vec<u8>)>,
}

impl World {
    pub(crate) fn new(count: u8, seed: u64, air: Air) -> World {
        let node = |number: u8| Node {
            device: Device::new(config(number), Instant::ZERO),
            rng: TestRng::new(seed.wrapping_mul(97).wrapping_add(u64::from(number))),
            events: Vec::new(),
            radio: Radio::default(),
        };
        World {
            nodes: (1..=count).map(node).collect(),
            now: Instant::ZERO,
            air,
            rng: TestRng::new(seed ^ 0xa1),
            coming: BTreeMap::new(),
            count: 0,
            sent: Vec::new(),
            scans: Vec::new(),
            busy: 0,
            beacons: Vec::new(),
        }
    }

    /// Gives a command.
    pub(crate) fn command<T>(&mut self, node: usize, act: impl FnOnce(&mut Device, &mut Env<'_>) -> T) -> T {
        let Node { device, rng, .. } = &mut self.nodes[node];
        let done = act(device, &mut Env { now: self.now, rng });
        self.drain();
        done
    }

    pub(crate) fn address(&self, node: usize) -> MacAddr {
        self.nodes[node].address()
    }

    /// The node is in a group on this channel from now on.
    pub(crate) fn in_group(&mut self, node: usize, frequency: Option<u32>) {
        self.nodes[node].radio.group = frequency;
    }

    fn at(&mut self, after: Duration, what: Happening) {
        self.count += 1;
        self.coming.insert((self.now + after, self.count), what);
    }

    fn hears(&self, node: usize, frequency: u32) -> bool {
        let radio = &self.nodes[node].radio;
        radio.listens.is_some_and(|(here, _)| here == frequency)
            || radio.waits.is_some_and(|(here, until)| here == frequency && self.now < until)
            || radio.group == Some(frequency)
    }

    fn owner_of(&self, address: MacAddr) -> Option<usize> {
        let has = |node: &Node| node.address() == address || node.device.config().interface == address;
        self.nodes.iter().position(has)
    }

    pub(crate) fn drain(&mut self) {
        for node in 0..self.nodes.len() {
            while let Some(output) = self.nodes[node].device.poll_output() {
                self.act(node, output);
            }
        }
    }

    fn act(&mut self, node: usize, output: Output) {
        match output {
            Output::Transmit(transmit) => {
                self.sent.push((node, transmit.body.clone()));
                let to = self.owner_of(transmit.to).filter(|to| self.hears(*to, transmit.frequency));
                let arrives = to.filter(|_| !self.rng.percent(self.air.lost));
                let acked = arrives.is_some() && !self.rng.percent(self.air.lost / 2);
                if let Some(to) = arrives {
                    for _ in 0..=u32::from(self.rng.percent(self.air.twice)) {
                        let delay = Duration::from_millis(2 + self.rng.below(self.air.late + 1));
                        let (frequency, destination) = (transmit.frequency, transmit.to);
                        let body = transmit.body.clone();
                        self.at(delay, Happening::Frame { to, from: node, frequency, destination, body });
                    }
                }
                // What is waited for may be as late as the frame.
                let wait = transmit.wait + Duration::from_millis(10 + 2 * self.air.late);
                self.nodes[node].radio.waits = Some((transmit.frequency, self.now + wait));
                let fate = if acked { Fate::Acked } else { Fate::NoAck };
                self.at(Duration::from_millis(3), Happening::Fate { to: node, ticket: transmit.ticket, fate });
            }
            Output::Listen { frequency, duration } => {
                self.count += 1;
                let generation = self.count;
                self.nodes[node].radio.listens = Some((frequency, generation));
                self.nodes[node].device.listen_started(frequency);
                self.at(duration, Happening::ListenOver { node, generation });
            }
            Output::StopListening => self.nodes[node].radio.listens = None,
            Output::Scan { scope, elements } => {
                self.scans.push((node, scope));
                self.count += 1;
                let scan = self.count;
                self.nodes[node].radio.scan = scan;
                if self.busy > 0 {
                    self.busy -= 1;
                    let Node { device, rng, .. } = &mut self.nodes[node];
                    device.scan_ended(false, &mut Env { now: self.now, rng });
                    return;
                }
                let mut channels = Vec::from(crate::channel::SOCIAL);
                match scope {
                    Scope::Full => channels.extend([5180, 5200, 5745]),
                    Scope::Social => {}
                    Scope::Progressive(more) => channels.push(more),
                }
                for (place, frequency) in (0..).zip(&channels) {
                    let elements = elements.clone();
                    let after = Duration::from_millis(30 * place);
                    self.at(after, Happening::Probe { from: node, frequency: *frequency, elements, scan });
                }
                let over = Duration::from_millis(30 * channels.len() as u64);
                self.at(over, Happening::ScanOver { node, scan });
            }
            Output::StopScanning => self.nodes[node].radio.scan = 0,
            Output::ProbeResponse { to, frequency, elements } => {
                let Some(to) = self.owner_of(to).filter(|_| !self.rng.percent(self.air.lost)) else { return };
                let (bssid, scan) = (self.address(node), self.nodes[to].radio.scan);
                self.at(Duration::from_millis(3), Happening::Heard { to, bssid, frequency, elements, scan });
            }
            Output::Event(event) => self.nodes[node].events.push((self.now, event)),
        }
    }

    fn happen(&mut self, what: Happening) {
        let now = self.now;
        match what {
            Happening::Frame { to, from, frequency, destination, body } => {
                let from = self.address(from);
                let in_group = body[0] == 127;
                let from =
                    if in_group { self.nodes[self.owner_of(from).unwrap()].device.config().interface } else { from };
                let Node { device, rng, .. } = &mut self.nodes[to];
                let received = Received { from, to: destination, frequency, signal: Some(-40), body: &body };
                device.handle_action(received, &mut Env { now, rng }).unwrap();
            }
            Happening::Fate { to, ticket, fate } => {
                let Node { device, rng, .. } = &mut self.nodes[to];
                device.transmitted(ticket, fate, &mut Env { now, rng });
            }
            Happening::ListenOver { node, generation } => {
                let Node { device, rng, radio, .. } = &mut self.nodes[node];
                if radio.listens.is_some_and(|(_, known)| known == generation) {
                    radio.listens = None;
                    device.listen_ended(&mut Env { now, rng });
                }
            }
            Happening::Probe { from, frequency, elements, scan } => {
                if self.nodes[from].radio.scan != scan {
                    return;
                }
                let source = self.address(from);
                // The SSID and rates are the radio's to add.
                let elements = [&[0, 7][..], b"DIRECT-", &[1, 1, 12], &elements].concat();
                for node in 0..self.nodes.len() {
                    let listens = self.nodes[node].radio.listens.is_some_and(|(here, _)| here == frequency);
                    if node == from || !listens || self.rng.percent(self.air.lost) {
                        continue;
                    }
                    let Node { device, rng, .. } = &mut self.nodes[node];
                    let (to, bssid) = (MacAddr::BROADCAST, MacAddr::BROADCAST);
                    let request =
                        ProbeRequest { from: source, to, bssid, frequency, signal: Some(-40), elements: &elements };
                    device.handle_probe_request(request, &mut Env { now, rng }).unwrap();
                }
                let heard: Vec<_> = self.beacons.iter().filter(|(here, ..)| *here == frequency).cloned().collect();
                for (frequency, bssid, elements) in heard {
                    self.at(Duration::from_millis(3), Happening::Heard { to: from, bssid, frequency, elements, scan });
                }
            }
            Happening::Heard { to, bssid, frequency, elements, scan } => {
                let Node { device, rng, radio, .. } = &mut self.nodes[to];
                if scan != 0 && radio.scan == scan {
                    let bss = Bss { bssid, frequency, signal: Some(-40), elements: &elements };
                    device.handle_bss(bss, &mut Env { now, rng }).unwrap();
                }
            }
            Happening::ScanOver { node, scan } => {
                let Node { device, rng, radio, .. } = &mut self.nodes[node];
                if radio.scan == scan {
                    radio.scan = 0;
                    device.scan_ended(true, &mut Env { now, rng });
                }
            }
        }
        self.drain();
    }

    fn next(&self) -> Option<Instant> {
        let deadline = self.nodes.iter().filter_map(|node| node.device.poll_deadline()).min();
        let next = self.coming.keys().next().map(|(when, _)| *when);
        [deadline, next].into_iter().flatten().min()
    }

    /// The next thing happens.
    fn step(&mut self, when: Instant) {
        self.now = self.now.max(when);
        if self.coming.keys().next().is_some_and(|(next, _)| *next == when) {
            let (_, what) = self.coming.pop_first().unwrap();
            self.happen(what);
        } else {
            for Node { device, rng, .. } in &mut self.nodes {
                device.handle_timeout(&mut Env { now: self.now, rng });
            }
            self.drain();
        }
    }

    /// Runs until something is so, or for so long.
    pub(crate) fn until(&mut self, patience: Duration, mut so: impl FnMut(&World) -> bool) -> bool {
        let end = self.now + patience;
        for _ in 0..200_000 {
            if so(self) {
                return true;
            }
            match self.next().filter(|when| *when <= end) {
                Some(when) => self.step(when),
                None => {
                    self.now = end;
                    return so(self);
                }
            }
        }
        panic!("time does not pass");
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.until(time, |_| false);
    }

    /// Nothing is left to do but to forget each other.
    pub(crate) fn assert_idle(&mut self) {
        // What is still on its way arrives.
        self.run_for(Duration::from_secs(1));
        for node in 0..self.nodes.len() {
            self.command(node, Device::flush);
            let device = &self.nodes[node].device;
            assert!(!device.is_busy());
            assert_eq!(device.peers().iter().count(), 0, "a peer is left");
        }
        // Dialogs of GAS are forgotten after ten seconds.
        self.run_for(Duration::from_secs(15));
        for node in &self.nodes {
            assert_eq!(node.device.poll_deadline(), None, "a timer is left");
        }
    }
}
