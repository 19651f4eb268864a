//! Links that are no radio, as a client of privd has them: what is granted works, and nothing else.

use std::path::Path;

use ipc_proto::{Event, Failure as Refused, FromPrivd, Handle, Reply, Request, Role};
use wire::{ETH_P_EAPOL, ETH_P_PREAUTH, MacAddr};

use super::hostile::Client;
use crate::failure::{Failure, Outcome, check};

/// The command of this program that plays the client.
pub const COMMAND: &str = "wired";

/// The group that EAPOL over wires is sent to (IEEE Std 802.1X-2020 Table 11-1).
const GROUP: MacAddr = MacAddr([0x01, 0x80, 0xc2, 0, 0, 3]);
/// What fast transition sends over the distribution system.
const REMOTE: u16 = 0x890d;
/// EAPOL-Start.
const START: [u8; 4] = [2, 1, 0, 0];

fn attach(client: &Client, ifname: &str, ethertypes: &[u16]) -> Outcome<Result<Handle, Refused>> {
    let request = Request::AttachLink { ifname: ifname.into(), ethertypes: ethertypes.into() };
    Ok(match client.ask(request)? {
        Ok(Reply::Attached(handle, _)) => Ok(handle),
        Ok(other) => return Err(Failure::new(format!("AttachLink was answered with {other:?}"))),
        Err(refused) => Err(refused),
    })
}

/// `one` is granted for EAPOL and REMOTE, `other`, at its far end, for EAPOL; `foreign` for nothing.
pub fn play(path: &Path, one: &str, other: &str, foreign: &str) -> Outcome {
    let (near, far) = (Client::greeted(path, Role::Station)?, Client::greeted(path, Role::Station)?);
    let lacks = |ifname: &str, ethertypes: &[u16], line: &str| -> Outcome {
        let refused = attach(&near, ifname, ethertypes)?;
        check(refused == Err(Refused::NotGranted(line.into())), || format!("{ifname} {ethertypes:x?}: {refused:?}"))
    };
    lacks(one, &[ETH_P_EAPOL, ETH_P_PREAUTH], &format!("link: {one} 88c7"))?;
    lacks(foreign, &[ETH_P_EAPOL], &format!("link: {foreign} 888e"))?;
    let granted = |client: &Client, ifname: &str, ethertypes: &[u16]| {
        attach(client, ifname, ethertypes)?.map_err(|refused| Failure::new(format!("{ifname}: {refused}")))
    };
    let one_handle = granted(&near, one, &[ETH_P_EAPOL, REMOTE])?;
    check(attach(&far, one, &[ETH_P_EAPOL])? == Err(Refused::InUse), || format!("{one} is two clients'"))?;
    let other_handle = granted(&far, other, &[ETH_P_EAPOL])?;
    let frame = |handle, ethertype| Request::SendEther { handle, dest: GROUP, ethertype, data: START.to_vec() };
    let sent = far.ask(frame(other_handle, ETH_P_EAPOL))?;
    check(sent == Ok(Reply::Done), || format!("a frame is not sent: {sent:?}"))?;
    loop {
        if let FromPrivd::Event(Event::Ether { handle, ethertype, data, .. }) = near.message()? {
            // Short frames are filled up on some wires.
            let same = (handle, ethertype) == (one_handle, ETH_P_EAPOL) && data.starts_with(&START);
            check(same, || format!("{handle} {ethertype:x} {data:x?}"))?;
            break;
        }
    }
    for (what, request) in [
        ("an ethertype that it was not taken for", frame(other_handle, REMOTE)),
        ("a link taken down", Request::SetLinkUp { handle: other_handle, up: false }),
        ("another address", Request::SetMacAddress { handle: other_handle, addr: MacAddr([2, 0, 0, 0, 9, 9]) }),
        ("a scan", Request::ScanResults { handle: other_handle }),
    ] {
        let result = far.ask(request)?;
        check(result.is_err(), || format!("{what}: {result:?}"))?;
    }
    Ok(())
}
