//! Hooks for test suites, behind the feature `testing`: frames are handed out to the control socket instead of being
//! handled, and taken from there as if they had come over the air.

use ap::Bss;
use crypto::Rng;
use ctrl::ap::ApTestCommand;
use ctrl::reply::Hex;
use ctrl::{ApEvent, Level};
use ipc_proto::{Event, Request, TestRequest};
use wire::frame::{Management, Subtype};
use wire::{Instant, MacAddr};

use crate::machine::{Apd, BssRef};
use crate::outbox::Purpose;

/// What is handed out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hooks {
    /// `SET ext_eapol_frame_io 1`.
    pub(crate) eapol: bool,
    /// `SET ext_mgmt_frame_handling 1`.
    pub(crate) mgmt: bool,
}

fn message(text: String) -> ApEvent {
    ApEvent::Message { level: Level::Info, text }
}

/// An EAPOL frame that was not sent.
pub(crate) fn eapol_sent(to: MacAddr, data: &[u8]) -> ApEvent {
    message(format!("EAPOL-TX {to} {}", Hex(data)))
}

impl Hooks {
    /// Sets a hook; absent if it is none.
    pub(crate) fn set(&mut self, name: &str, value: &[u8]) -> Option<bool> {
        let hook = match name {
            "ext_eapol_frame_io" => &mut self.eapol,
            "ext_mgmt_frame_handling" => &mut self.mgmt,
            _ => return None,
        };
        *hook = value == b"1";
        Some(true)
    }

    /// What is to be said of an event instead of handling it.
    pub(crate) fn take(&self, event: &Event) -> Option<ApEvent> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "hooks are for three events only")]
        match event {
            Event::Eapol { source, data, .. } if self.eapol => {
                Some(message(format!("EAPOL-RX {source} {}", Hex(data))))
            }
            Event::FrameReceived { frame, .. } if self.mgmt => {
                let probe = Management::parse(frame).is_ok_and(|header| header.subtype() == Subtype::PROBE_REQUEST);
                (!probe).then(|| message(format!("MGMT-RX {}", Hex(frame))))
            }
            Event::FrameSent { acked, frame, .. } if self.mgmt => {
                let stype = Management::parse(frame).map_or(0, |header| header.subtype().0);
                Some(message(format!("MGMT-TX-STATUS stype={stype} ok={} buf={}", u8::from(*acked), Hex(frame))))
            }
            event => crate::data_test::received(event),
        }
    }
}

impl Apd {
    /// Does a command of a test suite; absent if there is no hook for it.
    pub(crate) fn hook(
        &mut self,
        of: BssRef,
        command: &ApTestCommand,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Option<bool> {
        let (iface, out) = self.both(of.iface)?;
        let handle = iface.slots.get(of.bss)?.handle?;
        let event = match command {
            ApTestCommand::EapolRx { from, frame } => {
                Event::Eapol { handle, source: *from, encrypted: None, data: frame.clone() }
            }
            ApTestCommand::MgmtRxProcess { freq, signal, frame, .. } => {
                Event::FrameReceived { handle, freq: *freq, signal: Some(*signal), frame: frame.clone(), link: None }
            }
            ApTestCommand::MgmtTxStatus { ok, frame, .. } => {
                Event::FrameSent { handle, cookie: 0, acked: *ok, frame: frame.clone() }
            }
            ApTestCommand::EapolTx { to, frame } => {
                let request = Request::SendEapol { handle, dest: *to, data: frame.clone(), encrypt: false };
                out.request(Purpose::Nothing("sending a test's frame"), request);
                return Some(true);
            }
            ApTestCommand::MgmtTx(frame) => {
                let request = TestRequest::Management { handle, frame: frame.clone() };
                out.request(Purpose::Nothing("sending a test's frame"), Request::Test(request));
                return Some(true);
            }
            ApTestCommand::DataTestConfig { .. }
            | ApTestCommand::DataTestTx { .. }
            | ApTestCommand::DataTestFrame { .. }
            | ApTestCommand::AllocFail(_)
            | ApTestCommand::GetAllocFail
            | ApTestCommand::Fail(_)
            | ApTestCommand::GetFail
            | ApTestCommand::ResetPn { .. }
            | ApTestCommand::ResendM1 { .. }
            | ApTestCommand::ResendM3(_)
            | ApTestCommand::ResendGroupM1(_)
            | ApTestCommand::GetPmk(_)
            | ApTestCommand::RegisterFrame(_)
            | ApTestCommand::Radar(_) => return None,
        };
        Some(iface.with_bss(of.bss, out, |bss: &mut Bss| bss.handle_event(&event, now, rng)))
    }
}
