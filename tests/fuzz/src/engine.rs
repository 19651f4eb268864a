//! The engine of a BSS, with strangers in front of it who are made of the input's octets.

use std::sync::Arc;
use std::time::Duration;

use ap::{Bss, BssConfig, BssOutput, Change, Lists, Operating};

use crypto::testing::TestRng;

use ipc_proto::{
    BandInfo, ChannelInfo, Condition, Event, Failure, Handle, InterfaceType, Reply, Request, Role, StationFlags,
    WiphyFeatures, WiphyInfo,
};
use policy::grant::Grant;
use policy::{Bridge, Hold, Phase, Standing, Verdict};
use wire::channel::Band;
use wire::frame::Management;
use wire::{Instant, MacAddr};

use crate::records::Records;
use crate::report;

/// The address of the access point in the seeds.
const OWN: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
const INTERFACE: Handle = Handle(7);

const OPEN: &str = "interface=wlan0\nssid=test\nhw_mode=g\nchannel=1\nmax_num_sta=4\n";
const PSK: &str = "interface=wlan0\nssid=test\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=WPA-PSK WPA-PSK-SHA256\n\
    rsn_pairwise=CCMP\n\
    wpa_psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nieee80211w=1\n";
const SAE: &str = "interface=wlan0\nssid=test-sae\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=SAE\n\
    rsn_pairwise=CCMP\nsae_password=correct horse\nieee80211w=2\nsae_pwe=2\nsae_anti_clogging_threshold=2\n";
const BOTH: &str = "interface=wlan0\nssid=test\nignore_broadcast_ssid=1\nhw_mode=g\nchannel=1\nwpa=3\n\
    wpa_key_mgmt=SAE WPA-PSK\nwpa_pairwise=TKIP\nrsn_pairwise=CCMP\nwpa_passphrase=correct horse\nieee80211w=1\n\
    wpa_disable_eapol_key_retries=1\nap_max_inactivity=5\n";

/// A radio with channel 1 to 11.
pub(crate) fn wiphy() -> WiphyInfo {
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
        max_scan_ssids: 4,
        features: WiphyFeatures {
            user_sme: true,
            connect: true,
            sae: true,
            control_port: true,
            full_ap_client_state: true,
            channel_switch: true,
            ..WiphyFeatures::default()
        },
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

/// One interface, in the middle of what its role does.
struct Somewhere {
    role: Role,
    /// Its addresses, by its kernel index.
    addr: fn(Handle) -> MacAddr,
}

impl policy::World for Somewhere {
    fn standing(&self, handle: Handle) -> Standing {
        let (kind, condition) = match self.role {
            Role::Station => (InterfaceType::Station, Condition::Joined),
            Role::AccessPoint => (InterfaceType::AccessPoint, Condition::Beaconing),
        };
        Standing { hold: Hold::Made, kind, condition, addr: (self.addr)(handle), ..Standing::NONE }
    }

    fn interfaces(&self) -> Vec<(String, bool)> {
        Vec::new()
    }

    fn bridge(&self, _: &str) -> Bridge {
        Bridge::Absent
    }

    fn bridges_made(&self) -> Vec<String> {
        Vec::new()
    }

    // The targets themselves look after keys.
    fn is_witnessed(&self, _: &str) -> bool {
        false
    }

    fn has_key(&self, _: Handle, _: MacAddr) -> bool {
        true
    }
}

/// What no daemon may ask of privd, whatever it was made to read.
pub(crate) fn judge(role: Role, addr: fn(Handle) -> MacAddr, request: &Request) {
    let Ok(grant) = Grant::parse(match role {
        Role::Station => "role: station\ncountry: yes\n",
        Role::AccessPoint => "role: access-point\ncountry: yes\n",
    }) else {
        return report("a grant of this target is refused");
    };
    let verdict = policy::authorize(role, Phase::Ready, &grant, &Somewhere { role, addr }, request);
    if matches!(verdict, Verdict::Violation | Verdict::Invalid(_) | Verdict::Denied) {
        report(&format!("our own request is refused ({verdict:?}): {request:?}"));
    }
    if let Err(error) = ipc_proto::codec::encode(request) {
        report(&format!("our own request cannot be sent: {error}: {request:?}"));
    }
}

/// The engine of the first BSS of a configuration, on this target's radio.
pub(crate) fn engine(conf: &str, own: MacAddr, rng: &mut TestRng) -> Option<Bss> {
    let (profile, radio) = apd::profiles(conf.as_bytes())?;
    let wiphy = wiphy();
    let operating = Operating::choose(&radio, &wiphy).ok()?;
    let config = BssConfig {
        handle: INTERFACE,
        own,
        profile,
        radio,
        wiphy: Arc::new(wiphy),
        operating,
        lists: Lists::default(),
    };
    Some(Bss::new(config, rng))
}

struct World {
    bss: Bss,
    now: Instant,
    rng: TestRng,
    secured: bool,
    /// Nothing that was sent is acknowledged.
    deaf: bool,
}

/// The first octet chooses the configuration; then frames, time and the driver's moods.
pub(crate) fn bss(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let conf = match kind % 4 {
        0 => OPEN,
        1 => PSK,
        2 => SAE,
        _ => BOTH,
    };
    let Some(mut world) = World::new(conf) else { return report("the engine's configuration is refused") };
    world.secured = kind % 4 != 0;
    world.deaf = kind & 0x80 != 0;
    for record in Records(data).take(64) {
        let data = record.data.to_vec();
        match record.kind % 8 {
            0..=2 => world.tell(&Event::FrameReceived {
                handle: INTERFACE,
                freq: 2412,
                signal: None,
                frame: data,
                link: None,
            }),
            3 | 4 => {
                let source = data.first_chunk().map_or(MacAddr([2, 0, 0, 0, 0, 0]), |first| MacAddr(*first));
                let data = data.get(6..).unwrap_or_default().to_vec();
                let encrypted = (record.kind & 0x10 != 0).then_some(record.kind & 0x20 != 0);
                world.tell(&Event::Eapol { handle: INTERFACE, source, encrypted, data });
            }
            5 => world.wait(),
            6 => world.deaf = !world.deaf,
            _ => {
                if let Ok(event) = ipc_proto::codec::decode::<Event>(&data) {
                    world.tell(&event);
                }
            }
        }
    }
}

impl World {
    fn new(conf: &str) -> Option<World> {
        let mut rng = TestRng::new(1);
        let bss = engine(conf, OWN, &mut rng)?;
        let now = Instant::from_origin(Duration::from_secs(100));
        let mut world = World { bss, now, rng, secured: false, deaf: false };
        world.bss.start(world.now, &mut world.rng);
        world.pump();
        Some(world)
    }

    fn tell(&mut self, event: &Event) {
        self.bss.handle_event(event, self.now, &mut self.rng);
        self.pump();
    }

    fn wait(&mut self) {
        let later = self.now + Duration::from_millis(100);
        self.now = self.bss.poll_deadline().unwrap_or(later).max(later);
        self.bss.handle_timeout(self.now, &mut self.rng);
        self.pump();
    }

    /// Carries out what the engine wants, and looks at it.
    #[allow(clippy::wildcard_enum_match_arm, reason = "this driver does nothing but frames")]
    fn pump(&mut self) {
        let mut count = 0;
        while let Some(output) = self.bss.poll_output() {
            count += 1;
            assert!(count < 1000, "one input makes the engine talk for ever");
            match output {
                BssOutput::Request { tag, request } => {
                    judge(Role::AccessPoint, |_| OWN, &request);
                    let flags = match &request {
                        Request::SetStationFlags { flags, .. } => *flags,
                        Request::AddStation { station, .. } | Request::ChangeStation { station, .. } => station.flags,
                        _ => StationFlags::default(),
                    };
                    assert!(!self.secured || flags.authorized != Some(true), "a port opens without a key");
                    if let Request::TransmitFrame { transmit, .. } = &request {
                        assert!(Management::parse(&transmit.frame).is_ok(), "our own frame cannot be read");
                    }
                    let result = if self.deaf { Err(Failure::InUse) } else { Ok(Reply::Done) };
                    self.bss.handle_reply(tag, result, self.now, &mut self.rng);
                    if let Request::TransmitFrame { transmit, .. } = request {
                        let (acked, frame) = (!self.deaf, transmit.frame);
                        let sent = Event::FrameSent { handle: INTERFACE, cookie: 1, acked, frame };
                        self.bss.handle_event(&sent, self.now, &mut self.rng);
                    }
                }
                BssOutput::Change(Change::Connected { .. }) => {
                    assert!(!self.secured, "a station without a key is connected");
                }
                BssOutput::Change(_) | BssOutput::Log { .. } | BssOutput::Started | BssOutput::StartFailed(_) => {}
            }
        }
    }
}
