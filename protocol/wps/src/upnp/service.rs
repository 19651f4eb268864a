//! An access point's HTTP server: descriptions, actions, subscriptions; and the run with a registrar that speaks to it
//! directly (GetDeviceInfo, PutMessage).

use alloc::vec::Vec;
use core::net::Ipv4Addr;

use crypto::Rng;
use wire::{Instant, MacAddr};

use super::Local;
use super::description::{self, CONTROL_PATH, DEVICE_PATH, EVENT_PATH, Presentation, SERVICE_PATH};
use super::http::{self, Message, Status};
use super::soap::{self, Action, Refusal, WlanEventType};
use super::subscription::Subscriptions;
use crate::device::{Device, Uuid};
use crate::registration::{Enrollee, EnrolleeProfile, Event, Turn};

/// What a request asks of the access point beyond its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A registrar says whether it waits for somebody: for `setup::ApSetup::set_selected`.
    Selected(Vec<u8>),
    /// A registrar's message to this Enrollee: for the conversation that waits for it.
    ToEnrollee(MacAddr, Vec<u8>),
    /// What the run with a registrar says: for `setup::ApSetup::handle_own_event`.
    Own(Event),
}

/// What comes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// The response; the stream is closed after it.
    pub response: Vec<u8>,
    /// What else is to be done, in order.
    pub wanted: Vec<Wanted>,
}

/// The server.
#[derive(Debug)]
pub struct Service {
    local: Local,
    device: Device,
    uuid: Uuid,
    presentation: Presentation,
    /// Who is told of what happens in the air.
    pub subscriptions: Subscriptions,
    /// The run with a registrar, and where that is.
    run: Option<(Ipv4Addr, Enrollee)>,
}

impl Service {
    /// One for this device.
    #[must_use]
    pub const fn new(local: Local, device: Device, uuid: Uuid, presentation: Presentation) -> Service {
        Service { local, device, uuid, presentation, subscriptions: Subscriptions::new(local), run: None }
    }

    /// Answers a request. `profile` is what the access point is as an Enrollee just now.
    pub fn handle(
        &mut self,
        request: &Message,
        from: Ipv4Addr,
        profile: impl FnOnce() -> EnrolleeProfile,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Served {
        let plain = |response| Served { response, wanted: Vec::new() };
        if !self.local.has_host(from) {
            return plain(http::response(Status(404), &[], None));
        }
        let (method, target) = match request.request() {
            Ok(words) => words,
            Err(why) => return plain(http::response(why.status(), &[], None)),
        };
        match (method, target) {
            ("GET", DEVICE_PATH) => {
                let document = description::device(&self.device, self.uuid, &self.presentation);
                plain(http::response(Status(200), &[], Some((soap::XML, document.as_bytes()))))
            }
            ("GET", SERVICE_PATH) => {
                plain(http::response(Status(200), &[], Some((soap::XML, description::service().as_bytes()))))
            }
            ("POST", CONTROL_PATH) => match Action::parse(request) {
                Ok(action) => self.act(&action, from, profile, rng),
                Err(refusal) => plain(soap::fault(refusal)),
            },
            ("SUBSCRIBE", EVENT_PATH) => plain(self.subscriptions.subscribe(request, from, now, rng)),
            ("UNSUBSCRIBE", EVENT_PATH) => plain(self.subscriptions.unsubscribe(request, from)),
            (_, DEVICE_PATH | SERVICE_PATH | CONTROL_PATH | EVENT_PATH) => {
                plain(http::response(Status(405), &[], None))
            }
            _ => plain(http::response(Status(404), &[], None)),
        }
    }

    fn act(
        &mut self,
        action: &Action,
        from: Ipv4Addr,
        profile: impl FnOnce() -> EnrolleeProfile,
        rng: &mut dyn Rng,
    ) -> Served {
        match action {
            Action::GetDeviceInfo => match Enrollee::start(profile(), rng) {
                Ok((machine, m1)) => {
                    self.run = Some((from, machine));
                    Served { response: action.respond(Some(&m1.bytes)), wanted: Vec::new() }
                }
                Err(_) => Served { response: soap::fault(Refusal::Failed), wanted: Vec::new() },
            },
            Action::PutMessage(message) => self.put(action, message, from, rng),
            Action::PutWlanResponse { message, kind, addr } => match *kind {
                WlanEventType::EAP => {
                    let wanted = alloc::vec![Wanted::ToEnrollee(*addr, message.clone())];
                    Served { response: action.respond(None), wanted }
                }
                // What probe responses say is the access point's own matter.
                _ => Served { response: soap::fault(Refusal::InvalidArguments), wanted: Vec::new() },
            },
            Action::SetSelectedRegistrar(message) => {
                Served { response: action.respond(None), wanted: alloc::vec![Wanted::Selected(message.clone())] }
            }
        }
    }

    /// One registrar at a time; another one has to begin with GetDeviceInfo.
    fn put(&mut self, action: &Action, message: &[u8], from: Ipv4Addr, rng: &mut dyn Rng) -> Served {
        let machine = match self.run.take() {
            Some((known, machine)) if known == from => machine,
            other => {
                self.run = other;
                return Served { response: soap::fault(Refusal::Failed), wanted: Vec::new() };
            }
        };
        match machine.step(None, message, rng) {
            Turn::Ignored(machine, _) => {
                self.run = Some((from, machine));
                Served { response: soap::fault(Refusal::Failed), wanted: Vec::new() }
            }
            Turn::Went { machine, send, events, .. } => {
                self.run = (!machine.is_over()).then_some((from, machine));
                let response = action.respond(Some(send.as_ref().map_or(&[], |send| &send.bytes)));
                Served { response, wanted: events.into_iter().map(Wanted::Own).collect() }
            }
        }
    }
}
