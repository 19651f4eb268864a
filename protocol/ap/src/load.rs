//! How busy the channel is, for stations that choose among access points (IEEE Std 802.11-2020 9.4.2.27).

use ipc_proto::{Request, SurveyEntry};
use wire::element::id;
use wire::{Instant, Writer};

use crate::Bss;
use crate::bss::Tag;
use crate::leave::time_units;

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    due: Option<Instant>,
    /// The driver's counters when it was asked last, ms: on the channel, and of that busy.
    counters: Option<(u64, u64)>,
    /// Share of the time that the channel was busy, in parts of 255.
    utilization: u8,
    /// Sum and number of measurements since the last average, and that.
    sum: u32,
    count: u32,
    average: u32,
    /// What beacons say.
    announced: Option<[u8; 5]>,
}

impl Load {
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// The element, where the load is known.
    pub(crate) fn write(&self, w: &mut Writer) {
        if let Some(load) = &self.announced {
            w.element(id::BSS_LOAD, |w| {
                w.put(load);
            });
        }
    }

    fn measured(&mut self, active: u64, busy: u64) {
        if let Some((active_before, busy_before)) = self.counters.replace((active, busy)) {
            // Counters that went back are those of another time on the channel.
            let (active, busy) = (active.saturating_sub(active_before), busy.saturating_sub(busy_before));
            if let Some(share) = busy.min(active).saturating_mul(255).checked_div(active) {
                self.utilization = u8::try_from(share).unwrap_or(u8::MAX);
            }
        }
    }

    /// Takes the last measurement into the average over so many of them.
    fn sample(&mut self, over: u32) {
        self.sum = self.sum.saturating_add(u32::from(self.utilization));
        self.count = self.count.saturating_add(1);
        if self.count >= over {
            self.average = self.sum.checked_div(self.count).unwrap_or(0);
            (self.sum, self.count) = (0, 0);
        }
    }
}

impl Bss {
    /// Average share of the time that the channel was busy, in parts of 255, where the configuration asks for one.
    #[must_use]
    pub fn average_load(&self) -> Option<u32> {
        (self.config.profile.beacon.load_average > 0).then_some(self.load.average)
    }

    /// Measures after the configured number of beacons.
    pub(crate) fn plan_load(&mut self, now: Instant) {
        let beacons = self.config.profile.beacon.load_period;
        let interval = u32::from(self.config.radio.beacon_interval);
        self.load.due = (beacons > 0).then(|| now + time_units(beacons.saturating_mul(interval)));
    }

    pub(crate) fn load_timeout(&mut self, now: Instant) {
        if self.load.due.is_some_and(|due| due <= now) {
            self.plan_load(now);
            let handle = self.config.handle;
            self.request(Tag::Load, Request::Survey { handle });
        }
    }

    /// The driver's counters. `last`: no more come.
    pub(crate) fn surveyed(&mut self, entries: &[SurveyEntry], last: bool) {
        let freq = self.config.operating.definition.freq;
        for entry in entries.iter().filter(|entry| entry.freq == freq) {
            if let (Some(active), Some(busy)) = (entry.active_ms, entry.busy_ms) {
                self.load.measured(active, busy);
            }
        }
        if !last {
            return;
        }
        let every = self.config.profile.beacon.load_period.max(1);
        self.load.sample(self.config.profile.beacon.load_average.div_ceil(every));
        let count = self.stations.tallies().associated;
        let [low, high] = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        // No admission control: no capacity is left for it.
        let now = Some([low, high, self.load.utilization, 0, 0]);
        if core::mem::replace(&mut self.load.announced, now) != now {
            self.update_beacon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Load;

    #[test]
    fn shares_and_averages() {
        let mut load = Load::default();
        load.measured(1000, 100);
        assert_eq!(load.utilization, 0);
        for (active, busy, share) in [(2000, 600, 127), (2000, 600, 127), (3000, 1600, 255), (10, 5, 255), (110, 5, 0)]
        {
            load.measured(active, busy);
            assert_eq!(load.utilization, share, "{active} {busy}");
        }
        load.utilization = 100;
        load.sample(2);
        load.utilization = 50;
        assert_eq!(load.average, 0);
        load.sample(2);
        assert_eq!((load.average, load.count), (75, 0));
    }
}
