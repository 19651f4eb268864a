//! Data frames for test suites.

use ipc_proto::TestRequest;

use super::Worker;
use crate::net::dispatch::Plan;
#[cfg(feature = "testing")]
use crate::net::{
    job::{Finish, Step},
    nl80211::command::on,
    nl80211::consts::{attr, cmd},
};

#[cfg(not(feature = "testing"))]
impl Worker {
    /// There is no such request in this build.
    #[allow(clippy::unused_self, reason = "with the feature it is used")]
    pub(in crate::net) fn test(&self, _: u32, _: TestRequest) -> Plan {
        ipc_proto::Failure::NotSupported.into()
    }
}

#[cfg(feature = "testing")]
impl Worker {
    /// Carries out what a test suite asks for.
    pub(in crate::net) fn test(&mut self, ifindex: u32, request: TestRequest) -> Plan {
        let result = match request {
            TestRequest::Listen { bridge, enabled, .. } => self.test_listen(ifindex, bridge.as_deref(), enabled),
            TestRequest::Transmit { bridge, frame, .. } => self.test_transmit(ifindex, bridge.as_deref(), &frame),
            TestRequest::Management { frame, .. } => {
                let attrs = on(ifindex).bytes(attr::FRAME, &frame);
                return Plan::Ask(Finish::Cookie, vec![Step::new(self.nl80211(cmd::FRAME, attrs))]);
            }
        };
        Plan::Now(result)
    }

    /// The link that is meant: the client's own interface, or a bridge.
    fn test_link(&self, ifindex: u32, bridge: Option<&str>) -> Result<u32, ipc_proto::Failure> {
        let Some(name) = bridge else { return Ok(ifindex) };
        let is_it = |(index, link): &(&u32, &super::Link)| link.name == name && (link.bridge || **index == ifindex);
        self.links.iter().find(is_it).map(|(index, _)| *index).ok_or(ipc_proto::Failure::NoInterface)
    }

    fn test_listen(
        &mut self,
        ifindex: u32,
        bridge: Option<&str>,
        enabled: bool,
    ) -> Result<ipc_proto::Reply, ipc_proto::Failure> {
        let socket = if enabled {
            let link = self.test_link(ifindex, bridge)?;
            Some(crate::sys::frames(link, ETH_P_IP).map_err(|error| super::io_failure(&error))?)
        } else {
            None
        };
        let attachment = self.attached.get_mut(&ifindex).ok_or(ipc_proto::Failure::NoInterface)?;
        attachment.test = socket;
        Ok(ipc_proto::Reply::Done)
    }

    fn test_transmit(
        &self,
        ifindex: u32,
        bridge: Option<&str>,
        frame: &[u8],
    ) -> Result<ipc_proto::Reply, ipc_proto::Failure> {
        let link = self.test_link(ifindex, bridge)?;
        // Protocol 0: it receives nothing.
        let sent = crate::sys::frames(link, 0)
            .and_then(|socket| Ok(nix::unistd::write(&socket, frame)?))
            .map_err(|error| super::io_failure(&error))?;
        if sent == frame.len() { Ok(ipc_proto::Reply::Done) } else { Err(ipc_proto::Failure::NotSupported) }
    }
}

/// IPv4 (IEEE Std 802-2014 Annex A: 08-00).
#[cfg(feature = "testing")]
const ETH_P_IP: u16 = 0x0800;
