//! `DATA_TEST_…`: whether the link carries data, for test suites alone.

use ctrl::ApEvent;
use ctrl::ap::ApTestCommand;
use ctrl::reply::FAIL;
use daemon::data_test;
use ipc_proto::post::ClientId;
use ipc_proto::{Event, Request, TestEvent, TestRequest};

use crate::machine::{Apd, BssRef};
use crate::outbox::Purpose;

/// Where packets are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    bridge: Option<String>,
}

/// What is to be said of an event; absent: it is another one.
pub(crate) fn received(event: &Event) -> Option<ApEvent> {
    let Event::Test(TestEvent::Frame { frame, .. }) = event else { return None };
    let packet = data_test::read(frame)?;
    Some(ApEvent::DataTestRx { to: packet.to, from: packet.from, length: packet.length })
}

impl Apd {
    /// Does such a command, and has it answered; false: it is another one.
    pub(crate) fn data_test(&mut self, of: BssRef, command: &ApTestCommand, client: ClientId) -> bool {
        let (on, handle) = match self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)) {
            Some(slot) => (slot.data_test.clone(), slot.handle),
            None => (None, None),
        };
        let own = self.iface(of.iface).map_or("", |iface| iface.bss_name(of.bss)).to_owned();
        let other = |name: &Option<String>| name.clone().filter(|name| *name != own);
        let Some(handle) = handle.filter(|_| self.privd) else {
            self.out.reply(client, FAIL);
            return true;
        };
        #[allow(clippy::wildcard_enum_match_arm, reason = "the other commands have hooks elsewhere")]
        let request = match command {
            ApTestCommand::DataTestConfig { on: enabled, ifname } => {
                let bridge = other(ifname);
                let listening = enabled.then(|| Listening { bridge: bridge.clone() });
                if let Some(slot) = self.iface_mut(of.iface).and_then(|iface| iface.slots.get_mut(of.bss)) {
                    slot.data_test = listening;
                }
                Some(TestRequest::Listen { handle, bridge, enabled: *enabled })
            }
            ApTestCommand::DataTestTx { to, from, tos, length } => {
                let frame = data_test::build(*to, *from, *tos, *length);
                on.zip(frame).map(|(on, frame)| TestRequest::Transmit { handle, bridge: on.bridge, frame })
            }
            ApTestCommand::DataTestFrame { frame, ifname } => {
                Some(TestRequest::Transmit { handle, bridge: other(ifname), frame: frame.clone() })
            }
            _ => return false,
        };
        match request {
            Some(request) => self.out.request(Purpose::Word(client), Request::Test(request)),
            None => self.out.reply(client, FAIL),
        }
        true
    }
}
