//! Invitation (3.1.5): into a group that runs, or to take up a persistent one again.

use alloc::vec::Vec;
use core::time::Duration;
use wire::cursor::Overflow;
use wire::{Instant, MacAddr};

use crate::attributes::Attributes;
use crate::channel::{Channel, ChannelList};
use crate::code::{Status, subtype};
use crate::config::{Config, dialog_token};
use crate::event::{Event, Trouble};
use crate::exchange::Exchange;
use crate::frame::{Content, Frame};
use crate::info::GroupId;
use crate::output::{Context, Fate, Ticket};

/// How long a peer is asked.
const PATIENCE: Duration = Duration::from_secs(20);
/// Invitation Flags (4.1.20): a persistent group is to be taken up again.
const PERSISTENT: u8 = 1;

/// Who owns the group that somebody is invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// We do.
    Us,
    /// The peer does; only for persistent groups.
    Peer,
    /// Somebody else does, and we are a client.
    Other,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who is invited.
    pub peer: MacAddr,
    /// Where it is, in MHz.
    pub frequency: u32,
    /// To which group.
    pub group: GroupId,
    /// Who owns it.
    pub owner: Owner,
    /// It is a persistent group that does not run.
    pub persistent: bool,
    /// Where the group is or has to be.
    pub channel: Option<Channel>,
    /// The owner's address in the group; ours to be, if we own it and it does not run.
    pub bssid: Option<MacAddr>,
}

/// A persistent group that this device has a part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentGroup {
    /// Which one.
    pub group: GroupId,
    /// Devices that may take it up: the owner, or the clients; empty for any.
    pub peers: Vec<MacAddr>,
    /// Without asking the user (`persistent_reconnect`).
    pub unasked: bool,
}

impl PersistentGroup {
    fn is_of(&self, peer: MacAddr, group: GroupId) -> bool {
        self.group == group && (self.peers.is_empty() || self.peers.contains(&peer) || group.owner == peer)
    }
}

/// What an invitation that was accepted leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reunion {
    /// The other side.
    pub peer: MacAddr,
    /// The group.
    pub group: GroupId,
    /// It is ours.
    pub own: bool,
    /// It was persistent and has to be started.
    pub persistent: bool,
    /// Where it is, in MHz, as far as is known.
    pub frequency: Option<u32>,
    /// The owner's address there, as far as is known.
    pub bssid: Option<MacAddr>,
}

/// The invitation that was sent, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Inviting {
    sent: Option<(Invitation, Exchange)>,
}

impl Inviting {
    pub(crate) fn peer(&self) -> Option<MacAddr> {
        self.sent.as_ref().map(|(invitation, _)| invitation.peer)
    }

    /// Invites, in place of any other invitation.
    pub(crate) fn start(&mut self, invitation: Invitation, cx: &mut Context<'_>) {
        let token = dialog_token(cx.rng);
        let Ok(body) = question(&invitation, token, cx.config) else {
            cx.outputs.event(Event::InvitationFailed { peer: invitation.peer, why: Trouble::TooLong });
            return;
        };
        let exchange = Exchange::start(invitation.peer, invitation.frequency, (token, body), PATIENCE, true, cx);
        self.sent = Some((invitation, exchange));
    }

    pub(crate) fn cancel(&mut self) {
        self.sent = None;
    }

    pub(crate) fn handle_response(&mut self, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) {
        let answered = self.sent.take_if(|(_, exchange)| exchange.is_answered_by(from, frame.token));
        let Some((invitation, _)) = answered else { return };
        let event = match judge_response(&invitation, frame, cx.config) {
            Ok(reunion) => Event::InvitationAccepted(reunion),
            Err(why) => Event::InvitationFailed { peer: from, why },
        };
        cx.outputs.event(event);
    }

    pub(crate) fn handle_fate(&mut self, ticket: Ticket, fate: Fate, cx: &mut Context<'_>) {
        if let Some((_, exchange)) = &mut self.sent {
            exchange.fate(ticket, fate, cx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if let Some((invitation, _)) = self.sent.take_if(|(_, exchange)| !exchange.timeout(cx)) {
            cx.outputs.event(Event::InvitationFailed { peer: invitation.peer, why: Trouble::Silent });
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.sent.as_ref().map(|(_, exchange)| exchange.deadline())
    }
}

fn channels(config: &Config, own: bool, forced: Option<Channel>) -> ChannelList {
    let all = config.channels(own);
    all.iter().filter(|channel| forced.is_none_or(|forced| channel.frequency() == forced.frequency())).collect()
}

/// 4.2.8.5.
fn question(invitation: &Invitation, token: u8, config: &Config) -> Result<Vec<u8>, Overflow> {
    let own = invitation.owner == Owner::Us;
    let channels = channels(config, own, invitation.channel);
    let operating = invitation.channel.or_else(|| if own { config.preferred.first().copied() } else { None });
    let p2p = Attributes {
        config_timeout: Some(config.config_timeout),
        invitation_flags: Some(if invitation.persistent { PERSISTENT } else { 0 }),
        operating_channel: operating.map(|channel| config.in_country(channel)),
        group_bssid: invitation.bssid,
        channel_list: Some((config.country, channels)),
        group_id: Some(invitation.group),
        device_info: Some(config.device_info()),
        ..Attributes::default()
    };
    let content = Content { p2p: Some(p2p), wps: None, display: config.display.clone() };
    Frame { public: true, subtype: subtype::INVITATION_REQUEST, token, content }.write()
}

fn judge_response(invitation: &Invitation, frame: &Frame, config: &Config) -> Result<Reunion, Trouble> {
    let p2p = frame.content.p2p.as_ref().ok_or(Trouble::Invalid)?;
    match p2p.status.ok_or(Trouble::Invalid)? {
        Status::SUCCESS => {}
        // 3.1.5.1: its user is being asked; if he wants to, it comes by itself.
        Status::INFORMATION_UNAVAILABLE => return Err(Trouble::NotReady),
        status => return Err(Trouble::Status(status)),
    }
    let own = invitation.owner == Owner::Us;
    let ours = channels(config, own, invitation.channel);
    let said = p2p.operating_channel.map(|operating| operating.channel);
    let channel = match invitation.owner {
        Owner::Us if invitation.persistent => {
            let theirs = p2p.channel_list.as_ref().map(|(_, list)| ours.common(list));
            // Old devices give no list: then it is our own choice.
            let common = theirs.unwrap_or(ours);
            let wished = invitation.channel.into_iter().chain(config.preferred.iter().copied()).chain(said);
            let best = wished.filter(|channel| common.contains(*channel)).chain(common.iter()).next();
            Some(best.ok_or(Trouble::Status(Status::NO_COMMON_CHANNELS))?)
        }
        Owner::Us | Owner::Other => invitation.channel,
        Owner::Peer => {
            // 3.1.5.1: it says where its group will be; what we did not offer will not do.
            if said.is_some_and(|said| !ours.contains(said)) {
                return Err(Trouble::Status(Status::NO_COMMON_CHANNELS));
            }
            said
        }
    };
    let bssid = if own { invitation.bssid } else { p2p.group_bssid.or(invitation.bssid) };
    let frequency = channel.and_then(Channel::frequency);
    let (peer, group, persistent) = (invitation.peer, invitation.group, invitation.persistent);
    Ok(Reunion { peer, group, own, persistent, frequency, bssid })
}

/// Somebody invites us. Answers, and tells the user, unless he has said before what to do.
pub(crate) fn answer(
    from: MacAddr,
    frequency: u32,
    frame: &Frame,
    rejected: bool,
    known: &[PersistentGroup],
    cx: &mut Context<'_>,
) {
    let verdict = judge_request(from, frame, rejected, known, cx.config);
    let (status, reunion) = match &verdict {
        Verdict::Accepted(reunion, _) => (Status::SUCCESS, Some(reunion)),
        Verdict::Asks { .. } => (Status::INFORMATION_UNAVAILABLE, None),
        Verdict::Refused(status) => (*status, None),
    };
    let list = match &verdict {
        Verdict::Accepted(_, channels) => Some((cx.config.country, channels.clone())),
        Verdict::Asks { .. } | Verdict::Refused(_) => None,
    };
    let operating = reunion.and_then(|reunion| reunion.frequency).and_then(Channel::at);
    let p2p = Attributes {
        status: Some(status),
        config_timeout: Some(cx.config.config_timeout),
        operating_channel: operating.map(|channel| cx.config.in_country(channel)),
        group_bssid: reunion.filter(|reunion| reunion.own).and_then(|reunion| reunion.bssid),
        channel_list: list,
        ..Attributes::default()
    };
    let content = Content { p2p: Some(p2p), wps: None, display: None };
    let answer = Frame { public: true, subtype: subtype::INVITATION_RESPONSE, token: frame.token, content };
    if let Ok(body) = answer.write() {
        cx.outputs.transmit(from, frequency, body, Duration::ZERO);
    }
    match verdict {
        Verdict::Accepted(reunion, _) => cx.outputs.event(Event::InvitedBack(reunion)),
        Verdict::Asks { group, persistent, bssid, frequency } => {
            cx.outputs.event(Event::Invited { peer: from, group, persistent, bssid, frequency });
        }
        Verdict::Refused(_) => {}
    }
}

enum Verdict {
    Accepted(Reunion, ChannelList),
    Asks { group: GroupId, persistent: bool, bssid: Option<MacAddr>, frequency: Option<u32> },
    Refused(Status),
}

fn judge_request(from: MacAddr, frame: &Frame, rejected: bool, known: &[PersistentGroup], config: &Config) -> Verdict {
    if rejected {
        return Verdict::Refused(Status::REJECTED_BY_USER);
    }
    let Some(p2p) = &frame.content.p2p else { return Verdict::Refused(Status::INVALID_PARAMETERS) };
    let named = p2p.device_info.as_ref().is_some_and(|info| info.address == from);
    let Some(group) = p2p.group_id.filter(|group| named && !group.ssid.is_empty()) else {
        return Verdict::Refused(Status::INVALID_PARAMETERS);
    };
    let persistent = p2p.invitation_flags.unwrap_or(0) & PERSISTENT != 0;
    let own = group.owner == config.address;
    let ours = config.channels(own);
    // Who does not say takes any.
    let common = p2p.channel_list.as_ref().map_or_else(|| ours.clone(), |(_, theirs)| ours.common(theirs));
    if common.is_empty() {
        return Verdict::Refused(Status::NO_COMMON_CHANNELS);
    }
    let said = p2p.operating_channel.map(|operating| operating.channel);
    let asks =
        || Verdict::Asks { group, persistent, bssid: p2p.group_bssid, frequency: said.and_then(Channel::frequency) };
    if !persistent {
        return asks();
    }
    let Some(found) = known.iter().find(|known| known.is_of(from, group)) else {
        return Verdict::Refused(Status::UNKNOWN_GROUP);
    };
    if !found.unasked {
        return asks();
    }
    let frequency = if own {
        let wished = config.preferred.iter().copied().chain(said);
        wished.filter(|channel| common.contains(*channel)).chain(common.iter()).next().and_then(Channel::frequency)
    } else {
        said.filter(|said| common.contains(*said)).and_then(Channel::frequency)
    };
    let bssid = if own { Some(config.interface) } else { p2p.group_bssid };
    Verdict::Accepted(Reunion { peer: from, group, own, persistent, frequency, bssid }, common)
}
