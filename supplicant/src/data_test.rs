//! `DATA_TEST_…`: whether the link carries data, for test suites alone.

use ctrl::StationEvent;
use ctrl::station::TestCommand;
use daemon::data_test;
use ipc_proto::post::ClientId;
use ipc_proto::{Handle, Request, TestEvent, TestRequest};

use crate::control::Answer;
use crate::interface::Interface;
use crate::outbox::{Cx, Purpose};

/// Where packets are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    bridge: Option<String>,
}

/// A packet came.
pub(crate) fn received(interface: &Interface, cx: &mut Cx<'_>, event: &TestEvent) {
    let TestEvent::Frame { frame, .. } = event;
    if let Some(packet) = data_test::read(frame) {
        let event = StationEvent::DataTestRx { to: packet.to, from: packet.from, length: packet.length };
        interface.tell(cx, &event);
    }
}

/// Does such a command; absent: it is another one.
pub(crate) fn command(
    interface: &mut Interface,
    cx: &mut Cx<'_>,
    client: ClientId,
    command: &TestCommand,
) -> Option<Answer> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the other commands have hooks elsewhere")]
    let request: Box<dyn FnOnce(Handle) -> TestRequest> = match command {
        TestCommand::DataTestConfig { on, ifname } => {
            let enabled = *on;
            let bridge = ifname.clone().filter(|name| name != interface.ifname());
            interface.data_test = enabled.then(|| Listening { bridge: bridge.clone() });
            Box::new(move |handle| TestRequest::Listen { handle, bridge, enabled })
        }
        TestCommand::DataTestTx { to, from, tos, length } => {
            let Some(Listening { bridge }) = interface.data_test.clone() else { return Some(Answer::fail()) };
            let Some(frame) = data_test::build(*to, *from, *tos, *length) else { return Some(Answer::fail()) };
            Box::new(move |handle| TestRequest::Transmit { handle, bridge, frame })
        }
        TestCommand::DataTestFrame(frame) => {
            let frame = frame.clone();
            Box::new(move |handle| TestRequest::Transmit { handle, bridge: None, frame })
        }
        _ => return None,
    };
    if interface.iface.handle.is_none() || !cx.out.privd_up {
        return Some(Answer::fail());
    }
    interface.request(cx, Purpose::Word(client), |handle| Request::Test(request(handle)));
    Some(Answer::Later)
}
