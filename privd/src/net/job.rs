//! A request on its way through the kernel: one message after the other, and what the answers amount to.

use std::collections::VecDeque;

use ipc_proto::{Failure, KeyKind, LinkId, Reply, ScanEntry, StationInfo, SurveyEntry, WiphyInfo};
use nix::libc;
use wire::MacAddr;

use super::keyguard::Installation;
use super::message::{Acknowledgement, Message, Table, TooLong};
use super::nl80211::consts::{attr, cmd, key};
use super::nl80211::parse::{self, Interface};

/// Most often that a table is read again because it changed meanwhile.
pub(super) const MAX_RESTARTS: u8 = 5;

/// Which socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Port {
    /// The worker's own one for nl80211.
    Commands,
    /// A client's.
    Client(u64),
    /// The one for links.
    Route,
    /// Multicast events of nl80211.
    Events,
}

/// What a step changes in the worker's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// A key was being installed.
    Installing(Installation),
    KeyDeleted(u32, KeyKind, u8, Option<LinkId>),
    PeerGone(u32, MacAddr),
    PeersGone(u32),
    /// Every key of the interface is gone.
    KeysGone(u32),
    /// EAPOL frames of the interface go over nl80211, or not.
    ControlPort(u32, bool),
    /// An access point runs on the interface, or on a link of it, or not.
    AccessPoint(u32, Option<LinkId>, bool),
    /// A station was being added, which was not there before.
    StationAdded(u32, MacAddr, bool),
    /// The interface has another address; the one before.
    Address(u32, MacAddr),
    /// The interface has another type.
    Type(u32, ipc_proto::InterfaceType),
    OperState(u32),
    /// The regulatory domain before this client sets another.
    CountryFound(u64),
    /// It listens for radar.
    CheckingRadar(u32),
    /// A bridge was made for the interface.
    BridgeMade(u32, String),
    /// The interface is in this bridge at the client's wish, or in none.
    Bridged(u32, Option<String>),
    Registered(u32, u16, Vec<u8>),
    /// The deauthentication of this peer is our own affair.
    Swallow(u32, MacAddr),
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Send(Message),
    /// Joins the bridge of that name, whose index is known only by now.
    JoinBridge(u32, String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) action: Action,
    /// To rtnetlink rather than nl80211.
    pub(super) route: bool,
    /// Errors that are as good as success.
    pub(super) tolerate: &'static [i32],
    pub(super) effect: Effect,
    /// Errors after which other steps are taken instead.
    pub(super) otherwise: Option<(&'static [i32], Vec<Step>)>,
    /// Done even when a step before it failed.
    pub(super) always: bool,
    /// Not done where the kernel lists a BSS of this address, as a step before has asked.
    pub(super) unless_bss: Option<MacAddr>,
}

impl Step {
    pub(super) const fn new(message: Message) -> Step {
        Step {
            action: Action::Send(message),
            route: false,
            tolerate: &[],
            effect: Effect::None,
            otherwise: None,
            always: false,
            unless_bss: None,
        }
    }

    pub(super) const fn link(message: Message) -> Step {
        let mut step = Step::new(message);
        step.route = true;
        step
    }

    pub(super) const fn join_bridge(ifindex: u32, name: String) -> Step {
        Step {
            action: Action::JoinBridge(ifindex, name),
            route: true,
            tolerate: &[],
            effect: Effect::None,
            otherwise: None,
            always: false,
            unless_bss: None,
        }
    }

    pub(super) const fn tolerate(mut self, errors: &'static [i32]) -> Step {
        self.tolerate = errors;
        self
    }

    pub(super) fn effect(mut self, effect: Effect) -> Step {
        self.effect = effect;
        self
    }

    pub(super) fn otherwise(mut self, errors: &'static [i32], steps: Vec<Step>) -> Step {
        self.otherwise = Some((errors, steps));
        self
    }

    pub(super) const fn unless_bss(mut self, addr: Option<MacAddr>) -> Step {
        self.unless_bss = addr;
        self
    }

    pub(super) const fn always(mut self) -> Step {
        self.always = true;
        self
    }
}

/// Who hears of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Client { client: u64, id: u32 },
    Worker,
}

/// What the answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Done,
    Attach(u32),
    Created,
    Removed(u32),
    Wiphy,
    Link(u32),
    Scan,
    Stations,
    Survey,
    Cookie,
    KeySequence,
    Country,
    Signal,
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) owner: Owner,
    pub(super) steps: VecDeque<Step>,
    pub(super) finish: Finish,
    pub(super) gathered: Gathered,
    pub(super) failure: Option<Failure>,
    pub(super) restarts: u8,
    pub(super) interrupted: bool,
}

impl Job {
    pub(super) fn new(owner: Owner, finish: Finish, steps: Vec<Step>) -> Job {
        Job {
            owner,
            steps: steps.into(),
            finish,
            gathered: Gathered::default(),
            failure: None,
            restarts: 0,
            interrupted: false,
        }
    }
}

/// What the kernel's answers said.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) wiphy: Option<WiphyInfo>,
    pub(super) interfaces: Vec<Interface>,
    pub(super) scan: Vec<ScanEntry>,
    pub(super) stations: Vec<(StationInfo, i8)>,
    pub(super) survey: Vec<SurveyEntry>,
    pub(super) cookie: u64,
    pub(super) sequence: Option<[u8; 6]>,
    pub(super) country: Option<[u8; 2]>,
    pub(super) addresses: Vec<(u32, [u8; 4])>,
}

impl Gathered {
    /// A table is going to be read again. What earlier steps found stays: no job reads the same table in two steps.
    pub(super) fn forget_tables(&mut self) {
        self.wiphy = None;
        self.scan.clear();
        self.stations.clear();
        self.survey.clear();
        self.addresses.clear();
    }

    /// Takes in one answer.
    pub(super) fn add(&mut self, command: u8, table: &Table<'_>) {
        if let Some(cookie) = table.u64(attr::COOKIE) {
            self.cookie = cookie;
        }
        match command {
            cmd::NEW_WIPHY => parse::wiphy(self.wiphy.get_or_insert_with(parse::blank_wiphy), table),
            cmd::NEW_INTERFACE => self.interfaces.extend(parse::interface(table)),
            cmd::NEW_SCAN_RESULTS => self.scan.extend(parse::scan_entry(table)),
            cmd::NEW_STATION => self.stations.extend(parse::station(table)),
            cmd::NEW_SURVEY_RESULTS => self.survey.extend(parse::survey_entry(table)),
            cmd::NEW_KEY => {
                let nested = table.nested(attr::KEY).and_then(|inner| inner.get(key::SEQ));
                let sequence = nested.or_else(|| table.get(attr::KEY_SEQ));
                self.sequence = sequence.and_then(|octets| octets.first_chunk::<6>().copied());
            }
            cmd::GET_REG => {
                if let Some([one, other, ..]) = table.get(attr::REG_ALPHA2) {
                    self.country = Some([*one, *other]);
                }
            }
            _ => {}
        }
    }
}

/// The kernel's no in the words of the protocol.
pub(super) fn failure(acknowledgement: Acknowledgement) -> Failure {
    match acknowledgement.errno {
        libc::ENODEV => Failure::NoInterface,
        libc::EOPNOTSUPP => Failure::NotSupported,
        libc::ERFKILL => Failure::RadioBlocked,
        errno => Failure::Kernel { errno, text: acknowledgement.text },
    }
}

impl From<TooLong> for Failure {
    fn from(_: TooLong) -> Failure {
        Failure::Invalid(String::from("length"))
    }
}

/// Largest share of a message that one part of an answer in several parts may take, octets.
const PART: usize = ipc_proto::MAX_MESSAGE / 2;

/// Cuts an answer into parts. `size`: upper bound for one entry's octets.
pub(super) fn parts<T>(
    entries: Vec<T>,
    size: impl Fn(&T) -> usize,
    reply: impl Fn(Vec<T>, bool) -> Reply,
) -> Vec<Reply> {
    let mut replies = Vec::new();
    let (mut part, mut octets) = (Vec::new(), 0usize);
    for entry in entries {
        let length = size(&entry);
        if octets.saturating_add(length) > PART && !part.is_empty() {
            replies.push(reply(std::mem::take(&mut part), false));
            octets = 0;
        }
        octets = octets.saturating_add(length);
        part.push(entry);
    }
    replies.push(reply(part, true));
    replies
}
