//! What a BSS tells, as the events that clients know.

use ap::Change;
use ctrl::ApEvent;

use super::Iface;

impl Iface {
    pub(super) fn changed(&mut self, bss: usize, change: Change) {
        let (first, second) = match change {
            Change::Connected { addr, keyid } => (ApEvent::StaConnected { addr, keyid, vlan: 0 }, None),
            Change::Disconnected(addr) => (ApEvent::StaDisconnected(addr), None),
            Change::PskMismatch(addr) => (ApEvent::PossiblePskMismatch(addr), None),
            Change::FourWayCompleted(addr) => (ApEvent::FourWayCompleted(addr), None),
            Change::PollOk(addr) => (ApEvent::PollOk(addr), None),
            Change::NoRoom(addr) => (ApEvent::RejectedMaxSta(addr), None),
            Change::PasswordIdentifierUnknown(addr) => (ApEvent::SaeUnknownPasswordIdentifier(addr), None),
            Change::Probed { addr, signal } => (ApEvent::RxProbeRequest { addr, signal }, None),
            Change::Switched { channel, ht, secondary } => (
                ApEvent::ChannelSwitch {
                    started: false,
                    freq: channel.freq,
                    ht,
                    offset: secondary,
                    width: daemon::words::width(channel.width),
                    centre1: channel.center1,
                    centre2: channel.center2,
                    dfs: false,
                },
                Some(ApEvent::CsaFinished { freq: channel.freq, dfs: false }),
            ),
        };
        self.events.extend([Some(first), second].into_iter().flatten().map(|event| (bss, event)));
    }
}
