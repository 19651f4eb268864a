//! On the air: starting, what the driver and beacons are told, stopping.

use alloc::vec::Vec;

use crate::change::Change;
use crypto::Rng;
use ipc_proto::{ApParameters, BssOptions, Request};
use rsn::{AkmSuite, Group};
use wire::frame::{Subtype, category};
use wire::{Instant, MacAddr, ReasonCode};

use crate::beacon::Builder;
use crate::bss::{Bss, BssOutput, Condition, Tag};
use crate::profile::Shown;

/// So many key management suites the kernel takes from anybody (NL80211_MAX_NR_AKM_SUITES).
const AKMS: usize = 2;

/// The key management suites for the kernel: all of them, or where there are more than it takes one that needs SAE and one
/// that does not. What the network offers stands in its beacon, and who is let in is decided here.
fn told(akms: &[AkmSuite]) -> Vec<u32> {
    let (psk, others): (Vec<_>, Vec<_>) = akms.iter().partition(|akm| akm.is_psk());
    let suites = |all: Vec<AkmSuite>| all.into_iter().map(AkmSuite::nl80211).collect();
    if akms.len() <= AKMS {
        return suites(akms.to_vec());
    }
    suites(psk.first().into_iter().chain(others.first()).copied().take(AKMS).collect())
}

impl Bss {
    /// Starts: registrations for frames, the access point, group keys.
    pub fn start(&mut self, now: Instant, rng: &mut dyn Rng) {
        let handle = self.config.handle;
        self.condition = Condition::Starting;
        self.say_what_is_barred();
        let registrations: [(Subtype, &[u8]); 8] = [
            (Subtype::AUTHENTICATION, &[]),
            (Subtype::ASSOC_REQUEST, &[]),
            (Subtype::REASSOC_REQUEST, &[]),
            (Subtype::DISASSOC, &[]),
            (Subtype::DEAUTH, &[]),
            (Subtype::PROBE_REQUEST, &[]),
            (Subtype::ACTION, &[category::SA_QUERY]),
            (Subtype::ACTION, &[category::WNM]),
        ];
        for (subtype, prefix) in registrations {
            self.request(
                Tag::Plain("asking for management frames"),
                Request::RegisterFrame { handle, subtype, prefix: prefix.to_vec() },
            );
        }
        // Entries of an earlier life of this daemon.
        self.request(Tag::Plain("removing old stations"), Request::RemoveStation { handle, addr: None, notify: None });
        self.group = self.policy.as_ref().map(|policy| Group::new(self.config.group(policy), now, rng));
        self.silent = self.config.profile.beacon.silent_start;
        if self.silent {
            self.condition = Condition::Running;
            self.outputs.push_back(BssOutput::Started);
        } else {
            self.begin();
        }
    }

    /// The beacon, and what can be done only once there is one.
    fn begin(&mut self) {
        let handle = self.config.handle;
        let ap = self.ap_parameters();
        self.request(Tag::Start, Request::StartAp { handle, ap });
        self.drain_group();
        self.set_queues();
        if self.config.profile.care.broadcast_deauth {
            self.send_broadcast_deauth(ReasonCode::PREV_AUTH_NOT_VALID);
        }
    }

    /// Stops: stations are told, then the beacon ends.
    pub fn stop(&mut self, _now: Instant) {
        if self.condition == Condition::Stopped {
            return;
        }
        let handle = self.config.handle;
        if core::mem::take(&mut self.silent) {
            self.condition = Condition::Stopped;
            return self.forget_stations();
        }
        if self.config.profile.care.broadcast_deauth {
            self.send_broadcast_deauth(ReasonCode::DEAUTH_LEAVING);
        }
        self.forget_stations();
        self.request(Tag::Plain("removing stations"), Request::RemoveStation { handle, addr: None, notify: None });
        self.request(Tag::Plain("stopping"), Request::StopAp { handle, link: None });
        self.condition = Condition::Stopped;
    }

    /// The driver or the interface is gone, and everything in it: nobody can be told.
    pub fn lost(&mut self) {
        self.forget_stations();
        self.condition = Condition::Stopped;
    }

    fn forget_stations(&mut self) {
        for station in core::mem::take(&mut self.stations).values() {
            if station.authorized {
                self.tell(Change::Disconnected(station.addr()));
            }
        }
        self.group = None;
        self.switch = None;
        self.load = crate::load::Load::default();
        self.asked.begin_anew();
        self.non_erp_present = false;
    }

    pub(crate) fn ap_parameters(&self) -> ApParameters {
        let config = &self.config;
        let policy = self.policy.as_ref();
        let mut pairwise = Vec::new();
        let mut wpa_versions = 0;
        if let Some(policy) = policy {
            for protocol in &policy.protocols {
                let (bit, suites) = match protocol {
                    rsn::Protocol::Wpa => (1, &policy.wpa_pairwise),
                    rsn::Protocol::Rsn => (2, &policy.rsn_pairwise),
                };
                wpa_versions |= bit;
                for suite in suites {
                    if !pairwise.contains(&suite.nl80211()) {
                        pairwise.push(suite.nl80211());
                    }
                }
            }
        }
        ApParameters {
            ssid: config.ssid(),
            hidden_ssid: match config.profile.shown {
                Shown::Plain => 0,
                Shown::Empty => 1,
                Shown::Zeros => 2,
            },
            beacon_interval: config.radio.beacon_interval,
            dtim_period: config.profile.beacon.dtim_period,
            channel: config.operating.definition,
            beacon: self.builder().beacon(),
            privacy: policy.is_some(),
            wpa_versions,
            akms: policy.map(|policy| told(&policy.akms)).unwrap_or_default(),
            pairwise,
            group: policy.map(|policy| policy.group.nl80211()),
            inactivity_timeout: config
                .wiphy
                .features
                .inactivity_timer
                .then(|| u16::try_from(config.profile.care.inactivity).unwrap_or(u16::MAX)),
            isolate: config.profile.features.isolate,
            options: self.options(),
            link: None,
        }
    }

    pub(crate) fn options(&self) -> BssOptions {
        let operating = &self.config.operating;
        BssOptions {
            cts_protection: Some(self.non_erp_present),
            short_preamble: Some(self.config.radio.short_preamble),
            short_slot: Some(operating.is_erp() || operating.band != wire::channel::Band::Ghz2),
            ht_operation_mode: self.config.ht().then_some(0),
            basic_rates: Some(operating.basic_rates()),
            isolate: Some(self.config.profile.features.isolate),
            multicast_to_unicast: Some(self.config.profile.features.multicast_to_unicast),
            link: None,
        }
    }

    /// Queue parameters of an access point with the values that the originals use.
    fn set_queues(&mut self) {
        let queues: [(u8, u8, u16, u16, u16); 4] =
            [(0, 1, 3, 7, 47), (1, 1, 7, 15, 94), (2, 3, 15, 63, 0), (3, 7, 15, 1023, 0)];
        for (queue, aifs, cw_min, cw_max, txop) in queues {
            let handle = self.config.handle;
            self.request(
                Tag::Plain("setting queue parameters"),
                Request::SetTxQueue { handle, queue, aifs, cw_min, cw_max, txop, link: None },
            );
        }
    }

    pub(crate) const fn builder(&self) -> Builder<'_> {
        Builder {
            config: &self.config,
            security: &self.elements,
            load: &self.load,
            non_erp_present: self.non_erp_present,
        }
    }

    /// Hands the driver the beacon as it is to be now.
    pub fn update_beacon(&mut self) {
        if self.condition == Condition::Stopped {
            return;
        }
        if core::mem::take(&mut self.silent) {
            return self.begin();
        }
        let beacon = self.builder().beacon();
        let handle = self.config.handle;
        self.request(Tag::Plain("changing the beacon"), Request::UpdateBeacon { handle, beacon, link: None });
    }

    /// The beacon's head and tail as they are now.
    #[must_use]
    pub fn beacon(&self) -> ipc_proto::BeaconParameters {
        self.builder().beacon()
    }

    fn send_broadcast_deauth(&mut self, reason: ReasonCode) {
        self.send(Subtype::DEAUTH, MacAddr::BROADCAST, |w| {
            w.u16_le(reason.0);
        });
    }
}
