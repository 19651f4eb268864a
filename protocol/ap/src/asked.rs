//! What the driver was asked: numbers for what is asked about a station, so that an answer finds the association it is of,
//! and how many frames it has still to take. Strangers can write faster than it takes answers: then theirs are passed
//! over, so that those of stations wait behind few.

use alloc::format;
use alloc::vec::Vec;

use crate::change::Level;
use ipc_proto::{Failure, Request, TransmitParameters};
use wire::{Instant, MacAddr, ReasonCode};

use crate::bss::{Bss, Tag};
use crate::station::Stage;

/// With so many frames under way, strangers get no answer: they will write again.
const MOST: usize = 64;

/// Numbers that were given, and frames that were not yet answered for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    number: u64,
    frames: usize,
}

impl Asked {
    /// Nothing that was given to the driver will be answered for. Numbers are never used again.
    pub(crate) const fn begin_anew(&mut self) {
        self.frames = 0;
    }
}

impl Bss {
    /// A number for what the driver is asked about a station.
    pub(crate) const fn next_number(&mut self) -> u64 {
        self.asked.number = self.asked.number.wrapping_add(1);
        self.asked.number
    }

    /// Asks the driver to make or change the entry of a station, for an association that begins.
    pub(crate) fn request_entry(&mut self, addr: MacAddr, request: Request) {
        let number = self.next_number();
        if let Some(station) = self.stations.get_mut(&addr) {
            station.entry = number;
        }
        self.request(Tag::Station { station: addr, number }, request);
    }

    /// The driver refuses the entry of a station: there is no association without.
    pub(crate) fn entry_refused(&mut self, addr: MacAddr, number: u64, failure: &Failure, now: Instant) {
        if self.stations.get(&addr).is_none_or(|station| station.entry != number) {
            self.log(
                Level::Debug,
                format!("{addr}: the driver refuses the entry of an earlier association: {failure}"),
            );
            return;
        }
        self.log(Level::Warning, format!("{addr}: the driver refuses the station: {failure}"));
        self.deauthenticate(addr, ReasonCode::AP_BUSY, now);
    }

    /// Gives a frame to the driver.
    pub(crate) fn transmit(&mut self, frame: Vec<u8>, no_ack: bool) {
        let transmit =
            TransmitParameters { freq: None, wait: 0, frame, no_cck: false, no_ack, offchannel: false, link: None };
        let handle = self.config.handle;
        self.asked.frames = self.asked.frames.saturating_add(1);
        self.request(Tag::Frame, Request::TransmitFrame { handle, transmit });
    }

    /// The driver has taken a frame, or refused it.
    pub(crate) fn frame_taken(&mut self) {
        self.asked.frames = self.asked.frames.saturating_sub(1);
    }

    /// Whether a frame from this address is to be passed over: the driver is behind, and it is nobody's who has shown
    /// anything yet.
    pub(crate) fn is_too_much(&mut self, source: MacAddr) -> bool {
        let known = |station: &crate::Station| station.stage >= Stage::Authenticated || station.paid;
        if self.asked.frames < MOST || self.stations.get(&source).is_some_and(known) {
            return false;
        }
        self.log_stranger(
            "frames of strangers were passed over, since the driver is behind",
            format!("{source}: passed over, since the driver has {MOST} frames of ours to send"),
        );
        true
    }
}
