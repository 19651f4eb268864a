//! A BSS, the driver below it and one station in front of it.

use alloc::sync::Arc;
use core::time::Duration;

use conf::ap::ApConfig;
use crypto::testing::TestRng;
use ipc_proto::{BandInfo, ChannelInfo, Event, Failure, Handle, KeyKind, Reply, Request, WiphyFeatures, WiphyInfo};
use rsn::{ApOffer, Pmf, Protection, StationPolicy, Supplicant, SupplicantConfig, SupplicantOutput};
use wire::channel::Band;
use wire::element::{Elements, WPA_SELECTOR, id};
use wire::frame::{AssocResponse, Authentication, Beacon, Management, Subtype, auth_algorithm};
use wire::{Instant, MacAddr, ReasonCode, StatusCode, Writer, frame};

use super::profile;
use crate::{Bss, BssConfig, BssOutput, Change, Level, Lists, Operating, Tag};

pub(super) const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
pub(super) const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);
pub(super) const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 1, 0]);

pub(super) const OPEN: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\n";
pub(super) const PSK: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=WPA-PSK\n\
    rsn_pairwise=CCMP\nwpa_passphrase=correct horse\nieee80211w=1\n";
pub(super) const SAE: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=SAE\n\
    rsn_pairwise=CCMP\nsae_password=correct horse\nieee80211w=2\nsae_pwe=2\n";

pub(super) fn wiphy() -> WiphyInfo {
    let channel = |number: u32| ChannelInfo {
        freq: 2407 + 5 * number,
        disabled: false,
        no_ir: false,
        radar: false,
        no_ht40_plus: false,
        no_ht40_minus: false,
        max_power: 2000,
    };
    WiphyInfo {
        features: WiphyFeatures { full_ap_client_state: true, channel_switch: true, ..WiphyFeatures::default() },
        bands: [BandInfo {
            band: Band::Ghz2,
            ht_capability: Some(0x107e),
            ht_ampdu: 0x1b,
            ht_mcs: [255; 16].into(),
            vht_capability: None,
            vht_mcs: Vec::new(),
            rates: [10, 20, 55, 110, 60, 90, 120, 180, 240, 360, 480, 540].into(),
            channels: (1..=11).map(channel).collect(),
        }]
        .into(),
        ..WiphyInfo::default()
    }
}

pub(super) struct World {
    pub(super) bss: Bss,
    pub(super) now: Instant,
    pub(super) rng: TestRng,
    /// What the driver was asked, frames and handshake messages not among it.
    pub(super) requests: Vec<Request>,
    pub(super) events: Vec<Change>,
    /// Management frames that went out.
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) supplicant: Option<Supplicant>,
    pub(super) completed: u32,
    /// The station hears nothing.
    pub(super) deaf: bool,
    pub(super) started: bool,
    /// The driver takes its time for keys: what it has still to answer.
    pub(super) slow_keys: bool,
    /// It takes no frame any more.
    pub(super) behind: bool,
    pub(super) unanswered: Vec<Tag>,
    /// What was asked about entries of stations, which nobody answers.
    pub(super) entries: Vec<Tag>,
    /// The driver tells packet numbers.
    pub(super) sequences: bool,
    /// Group keys of the station: index, and the packet number it begins with.
    pub(super) groups: Vec<(u8, [u8; 6])>,
    /// Lines of the log: how important, and of which kind if strangers can cause them.
    pub(super) logged: Vec<(Level, Option<&'static str>)>,
}

impl World {
    pub(super) fn new(conf: &str) -> World {
        World::with(conf, Lists::default(), wiphy())
    }

    pub(super) fn with(conf: &str, lists: Lists, wiphy: WiphyInfo) -> World {
        let (config, _) = ApConfig::parse("test", conf.as_bytes()).unwrap();
        let radio = profile::radio(&config.radio);
        let operating = Operating::choose(&radio, &wiphy).unwrap();
        let mut rng = TestRng::new(1);
        let config = BssConfig {
            handle: Handle(7),
            own: AP,
            profile: profile::profile(&config.bss[0], &config.radio),
            radio,
            wiphy: Arc::new(wiphy),
            operating,
            lists,
        };
        let mut world = World {
            bss: Bss::new(config, &mut rng),
            now: Instant::from_origin(Duration::from_secs(100)),
            rng,
            requests: Vec::new(),
            events: Vec::new(),
            frames: Vec::new(),
            supplicant: None,
            completed: 0,
            deaf: false,
            started: false,
            slow_keys: false,
            behind: false,
            unanswered: Vec::new(),
            entries: Vec::new(),
            sequences: true,
            groups: Vec::new(),
            logged: Vec::new(),
        };
        world.bss.start(world.now, &mut world.rng);
        world.pump();
        assert!(world.started);
        world
    }

    /// Carries out everything that anybody wants, until all are silent.
    pub(super) fn pump(&mut self) {
        while let Some(output) = self.bss.poll_output() {
            match output {
                BssOutput::Request { tag, request } => self.carry_out(tag, request),
                BssOutput::Change(event) => self.events.push(event),
                BssOutput::Log { level, stranger, .. } => self.logged.push((level, stranger)),
                BssOutput::Started => self.started = true,
                BssOutput::StartFailed(failure) => panic!("{failure}"),
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "everything else is only remembered")]
    fn carry_out(&mut self, tag: Tag, request: Request) {
        match request {
            Request::TransmitFrame { transmit, .. } => {
                self.frames.push(transmit.frame.clone());
                let acked = !self.deaf;
                if self.behind {
                    self.unanswered.push(tag);
                    return;
                }
                self.bss.handle_reply(tag, Ok(Reply::Cookie(1)), self.now, &mut self.rng);
                self.tell(&Event::FrameSent { handle: Handle(7), cookie: 1, acked, frame: transmit.frame });
            }
            Request::SendEapol { dest, data, encrypt, .. } => {
                assert_eq!(dest, STA);
                if !self.deaf {
                    self.deliver_eapol(&data, encrypt);
                }
            }
            Request::StartAp { .. } => {
                self.requests.push(request);
                self.bss.handle_reply(tag, Ok(Reply::Done), self.now, &mut self.rng);
            }
            Request::KeySequence { index, .. } => {
                let answer = if self.sequences {
                    Ok(Reply::KeySequence([index, 9, 0, 0, 0, 0]))
                } else {
                    Err(Failure::NotSupported)
                };
                self.requests.push(request);
                self.bss.handle_reply(tag, answer, self.now, &mut self.rng);
            }
            Request::AddKey { .. } => {
                self.requests.push(request);
                if self.slow_keys {
                    self.unanswered.push(tag);
                } else {
                    self.bss.handle_reply(tag, Ok(Reply::Done), self.now, &mut self.rng);
                }
            }
            other => {
                if matches!(tag, Tag::Station { .. }) {
                    self.entries.push(tag);
                }
                self.requests.push(other);
            }
        }
    }

    fn deliver_eapol(&mut self, data: &[u8], encrypted: bool) {
        let Some(station) = &mut self.supplicant else { return };
        let protection = if encrypted { Protection::Encrypted } else { Protection::Plain };
        let _ = station.handle_eapol_key(data, protection, self.now, &mut self.rng);
        self.drain_supplicant();
    }

    /// Carries out what the station wants.
    #[allow(clippy::wildcard_enum_match_arm, reason = "the station's own driver is of no interest")]
    pub(super) fn drain_supplicant(&mut self) {
        let Some(station) = &mut self.supplicant else { return };
        let mut answers = Vec::new();
        while let Some(output) = station.poll_output() {
            match output {
                SupplicantOutput::SendEapol { frame, encrypt } => answers.push((frame, encrypt)),
                SupplicantOutput::Completed { .. } => self.completed += 1,
                SupplicantOutput::InstallGtk { index, rsc: number, .. }
                | SupplicantOutput::InstallIgtk { index, ipn: number, .. } => self.groups.push((index, number)),
                _ => {}
            }
        }
        for (data, encrypt) in answers {
            self.tell(&Event::Eapol { handle: Handle(7), source: STA, encrypted: Some(encrypt), data });
        }
    }

    pub(super) fn tell(&mut self, event: &Event) {
        self.bss.handle_event(event, self.now, &mut self.rng);
    }

    pub(super) fn receive(&mut self, frame: Vec<u8>) {
        self.tell(&Event::FrameReceived { handle: Handle(7), freq: 2412, signal: Some(-30), frame, link: None });
        self.pump();
    }

    pub(super) fn from(&mut self, source: MacAddr, subtype: Subtype, body: impl FnOnce(&mut Writer)) {
        self.receive(frame::build(subtype, AP, source, AP, body).unwrap());
    }

    /// Lets time pass, with every deadline on the way.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..10_000 {
            match self.bss.poll_deadline().filter(|at| *at <= end) {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
            self.bss.handle_timeout(self.now, &mut self.rng);
            self.pump();
        }
        self.now = end;
    }

    /// The last frame of a subtype that went out.
    pub(super) fn last(&self, subtype: Subtype) -> Option<Management<'_>> {
        let parsed = self.frames.iter().rev().filter_map(|frame| Management::parse(frame).ok());
        parsed.into_iter().find(|frame| frame.subtype() == subtype)
    }

    pub(super) fn auth_status(&self) -> StatusCode {
        Authentication::parse(self.last(Subtype::AUTHENTICATION).unwrap().body).unwrap().status
    }

    pub(super) fn assoc_status(&self) -> StatusCode {
        let frame = self.last(Subtype::ASSOC_RESPONSE).unwrap();
        AssocResponse::parse(frame.body).unwrap().status
    }

    pub(super) fn deauth_reason(&self) -> Option<ReasonCode> {
        frame::parse_reason(self.last(Subtype::DEAUTH)?.body).ok()
    }

    pub(super) fn authenticate(&mut self, source: MacAddr) {
        let auth =
            Authentication { algorithm: auth_algorithm::OPEN, transaction: 1, status: StatusCode::SUCCESS, rest: &[] };
        self.from(source, Subtype::AUTHENTICATION, |w| auth.write(w));
    }

    pub(super) fn associate(&mut self, source: MacAddr, more: &[&[u8]]) {
        self.from(source, Subtype::ASSOC_REQUEST, |w| {
            w.u16_le(0x0421).u16_le(5);
            w.element(id::SSID, |w| {
                w.put(b"net");
            });
            w.element(id::SUPPORTED_RATES, |w| {
                w.put(&[2, 4, 11, 22, 12, 18, 24, 36]);
            });
            for element in more {
                w.put(element);
            }
        });
    }

    /// A station as its policy has it, from our beacon; gives the elements of its association request.
    pub(super) fn supplicant(&mut self, policy: &StationPolicy, pmk: crypto::Pmk) -> Vec<Vec<u8>> {
        let beacon = self.beacon();
        let elements = Elements::new(Beacon::parse(Management::parse(&beacon).unwrap().body).unwrap().elements);
        let offer = ApOffer {
            rsne: elements.find(id::RSN).map(|e| e.whole),
            rsnxe: elements.find(id::RSNX).map(|e| e.whole),
            wpa: elements.find_vendor(WPA_SELECTOR).map(|e| e.whole),
        };
        let chosen = policy.choose(&offer).unwrap();
        let (element, rsnxe) = (chosen.station_element(&[]), chosen.station_rsnxe());
        let config = SupplicantConfig::new(STA, AP, chosen, &offer, element.clone(), rsnxe.clone());
        self.supplicant = Some(Supplicant::new(SupplicantConfig { pmk: Some(pmk), ..config }));
        [Some(element), rsnxe].into_iter().flatten().collect()
    }

    /// The whole beacon, without its TIM.
    pub(super) fn beacon(&self) -> Vec<u8> {
        let beacon = self.bss.beacon();
        [beacon.head, beacon.tail].concat()
    }

    pub(super) fn join_psk(&mut self, pmf: Pmf) {
        let pmk = crypto::pbkdf2_psk(b"correct horse", b"net");
        let elements = self.supplicant(&StationPolicy { pmf, ..StationPolicy::personal() }, pmk);
        self.authenticate(STA);
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        self.associate(STA, &elements);
    }

    pub(super) fn connected(&self, addr: MacAddr) -> bool {
        self.bss.station(addr).is_some_and(crate::Station::is_authorized)
    }

    pub(super) fn pairwise_keys(&self) -> usize {
        let pairwise = |request: &&Request| matches!(request, Request::AddKey { key, .. } if matches!(key.kind, KeyKind::Pairwise(_)));
        self.requests.iter().filter(pairwise).count()
    }
}
