//! When a group owner sleeps: opportunistic power save and notice of absence (Wi-Fi Direct 3.3.3, 4.1.14).

use alloc::vec::Vec;
use wire::{Malformed, Reader, Writer};

/// The most descriptors in an attribute: what a group owner can follow is fewer.
pub const MAX_DESCRIPTORS: usize = 8;

/// Absences that follow each other; in microseconds of the group's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// In a notice, how many absences; 255: until further notice. In a request, how much it matters: 1 preferred, 2 acceptable.
    pub count: u8,
    /// How long each is. In a request, how long the group owner is to be present.
    pub duration: u32,
    /// From the start of one to the start of the next.
    pub interval: u32,
    /// The start of the first: the lower half of the group's time.
    pub start: u32,
}

impl Descriptor {
    /// What can happen: absences fit into their interval, and there is at least one.
    #[must_use]
    pub const fn is_possible(&self) -> bool {
        self.count != 0 && self.duration != 0 && (self.count == 1 || self.duration <= self.interval)
    }

    /// The group owner is absent at this time (the lower half of the group's). A start that lies ahead is told from one that is past
    /// by the sign of the difference, as the times wrap.
    #[must_use]
    pub const fn is_absent(&self, time: u32) -> bool {
        let since = time.wrapping_sub(self.start);
        if !self.is_possible() || since > u32::MAX >> 1 {
            return false;
        }
        let Some(round) = since.checked_div(self.interval) else { return since < self.duration };
        let over = self.count != u8::MAX && round >= self.count as u32;
        !over && since.wrapping_sub(round.wrapping_mul(self.interval)) < self.duration
    }
}

/// What a group owner says of its power save, or a client asks it for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeOfAbsence {
    /// Another one with each change.
    pub index: u8,
    /// It sleeps when all its clients do, after the window.
    pub opportunistic: bool,
    /// For how many time units after each beacon it is present, 0 to 127.
    pub ct_window: u8,
    /// Its absences.
    pub descriptors: Vec<Descriptor>,
}

impl NoticeOfAbsence {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<NoticeOfAbsence, Malformed> {
        let index = reader.u8("notice of absence index")?;
        let window = reader.u8("CT window")?;
        let mut descriptors = Vec::new();
        while !reader.is_empty() {
            descriptors.push(Descriptor {
                count: reader.u8("notice of absence count")?,
                duration: reader.u32_le("notice of absence duration")?,
                interval: reader.u32_le("notice of absence interval")?,
                start: reader.u32_le("notice of absence start time")?,
            });
            if descriptors.len() > MAX_DESCRIPTORS {
                return Err(Malformed("number of notice of absence descriptors"));
            }
        }
        Ok(NoticeOfAbsence { index, opportunistic: window & 0x80 != 0, ct_window: window & 0x7f, descriptors })
    }

    pub(crate) fn write(&self, body: &mut Writer) {
        let opportunistic = if self.opportunistic { 0x80 } else { 0 };
        body.u8(self.index).u8(opportunistic | (self.ct_window & 0x7f));
        for each in &self.descriptors {
            body.u8(each.count).put(&each.duration.to_le_bytes()).put(&each.interval.to_le_bytes());
            body.put(&each.start.to_le_bytes());
        }
    }
}
