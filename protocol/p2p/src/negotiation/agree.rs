//! What two sides agree on: who owns the group, and where it is.

use core::time::Duration;
use wire::MacAddr;

use super::Plan;
use crate::channel::{Channel, ChannelIn, ChannelList};
use crate::code::{GroupCapability, Method, Status};
use crate::config::{Config, Credentials};
use crate::frame::Frame;
use crate::info::{ConfigTimeout, GroupId, Intent};

/// Which side of a group this is.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// The group is ours.
    Owner(Credentials),
    /// The group is the peer's.
    Client(GroupId),
}

/// What a negotiation led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The peer's P2P device address.
    pub peer: MacAddr,
    /// Its address in the group.
    pub peer_interface: MacAddr,
    /// How credentials are handed over, seen from here.
    pub method: Method,
    /// Both want the group to be kept.
    pub persistent: bool,
    /// Where the group is, in MHz.
    pub frequency: u32,
    /// Which side is which.
    pub role: Role,
    /// How long the peer needs to be ready.
    pub peer_ready_in: Duration,
}

/// What the peer's Request or Response has to have.
#[derive(Debug)]
pub(super) struct Offer<'a> {
    pub(super) intent: Intent,
    pub(super) channels: &'a ChannelList,
    pub(super) operating: Option<ChannelIn>,
    pub(super) interface: MacAddr,
    pub(super) persistent: bool,
    pub(super) timeout: ConfigTimeout,
    pub(super) group: Option<GroupId>,
}

impl<'a> Offer<'a> {
    /// Reads what is needed; the sender names itself, so its name has to fit its address (4.1.15).
    pub(super) fn read(from: MacAddr, frame: &'a Frame) -> Result<Offer<'a>, Status> {
        let p2p = frame.content.p2p.as_ref().ok_or(Status::INVALID_PARAMETERS)?;
        let (_, channels) = p2p.channel_list.as_ref().ok_or(Status::INVALID_PARAMETERS)?;
        let info = p2p.device_info.as_ref().ok_or(Status::INVALID_PARAMETERS)?;
        let interface = p2p.intended_interface.ok_or(Status::INVALID_PARAMETERS)?;
        if info.address != from || interface.is_group() || interface.is_zero() {
            return Err(Status::INVALID_PARAMETERS);
        }
        Ok(Offer {
            intent: p2p.intent.ok_or(Status::INVALID_PARAMETERS)?,
            channels,
            operating: p2p.operating_channel,
            interface,
            persistent: p2p.capability.unwrap_or_default().group.has(GroupCapability::PERSISTENT_GROUP),
            // Some devices do not say.
            timeout: p2p.config_timeout.unwrap_or_default(),
            group: p2p.group_id,
        })
    }
}

/// Whether the requester becomes group owner (3.1.4.2, Figure 3). The tie breaker is the Request's.
pub(super) const fn requester_owns(requester: u8, responder: u8, tie_breaker: bool) -> Result<bool, Status> {
    if requester != responder {
        Ok(requester > responder)
    } else if requester >= 15 {
        Err(Status::BOTH_INSIST)
    } else {
        Ok(tie_breaker)
    }
}

/// The peer does the other half of what we do, where it says.
pub(super) fn method_fits(plan: &Plan, frame: &Frame) -> Result<(), Status> {
    let said = frame.content.wps.as_ref().and_then(|wps| wps.password_id);
    match said {
        Some(said) if said == plan.method.counterpart().password_id() => Ok(()),
        Some(_) => Err(Status::INCOMPATIBLE_PROVISIONING),
        None => Err(Status::INVALID_PARAMETERS),
    }
}

/// Our channels for this plan, those for owners alone where we will own the group in any case.
pub(super) fn offered(plan: &Plan, config: &Config, owner: bool) -> ChannelList {
    let all = config.channels(owner || plan.intent == 15);
    match plan.channel {
        Some(forced) => all.iter().filter(|channel| channel.frequency() == forced.frequency()).collect(),
        None => all,
    }
}

/// The channel that we would take: the only one, the best one, or none in particular.
pub(super) fn wished(plan: &Plan, config: &Config) -> Option<Channel> {
    plan.channel.or_else(|| config.preferred.first().copied())
}

/// Where our group will be: what the plan demands, what we prefer, what the peer prefers, 5 GHz before 2.4 GHz.
pub(super) fn choose(
    plan: &Plan,
    config: &Config,
    theirs: &ChannelList,
    peer_wish: Option<ChannelIn>,
) -> Result<(Channel, ChannelList), Status> {
    let common = offered(plan, config, true).common(theirs);
    let wish = peer_wish.map(|wish| wish.channel);
    let candidates = plan.channel.into_iter().chain(config.preferred.iter().copied()).chain(wish);
    let five = common.iter().find(|channel| (112..=130).contains(&channel.class));
    let best = candidates.filter(|channel| common.contains(*channel)).chain(five).chain(common.iter()).next();
    let channel = best.filter(|channel| channel.frequency().is_some()).ok_or(Status::NO_COMMON_CHANNELS)?;
    Ok((channel, common))
}

/// A peer's choice, if it is one that we offered.
pub(super) fn accept(plan: &Plan, config: &Config, chosen: Option<ChannelIn>) -> Result<u32, Status> {
    let chosen = chosen.ok_or(Status::INVALID_PARAMETERS)?.channel;
    if !offered(plan, config, false).contains(chosen) {
        return Err(Status::NO_COMMON_CHANNELS);
    }
    chosen.frequency().ok_or(Status::NO_COMMON_CHANNELS)
}
