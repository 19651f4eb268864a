//! What happens, for the user.

use alloc::vec::Vec;
use wire::MacAddr;

use crate::code::{Method, PasswordId, Status};
use crate::formation::FormationFailure;
use crate::info::GroupId;
use crate::invitation::Reunion;
use crate::negotiation::{Agreement, Failure};
use crate::noa::NoticeOfAbsence;
use crate::service::{QueryId, Response};

/// Why a question has no answer that helps, and through whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The peer, or the air between: no answer came.
    Silent,
    /// The peer says no.
    Refused,
    /// The peer says why not.
    Status(Status),
    /// The peer's user is being asked.
    NotReady,
    /// The peer broke the protocol: its answer lacks something.
    Invalid,
    /// Local configuration: what we have to say does not fit into a frame.
    TooLong,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are called what they are")]
pub enum Event {
    /// A device that can be reached; what it is, the table says.
    DeviceFound(MacAddr),
    /// What is known of a device changed.
    DeviceUpdated(MacAddr),
    /// A device that was found has not been heard of for a minute.
    DeviceLost(MacAddr),
    /// The search is over.
    FindStopped,
    /// A device asks what its user wants of ours: `method` is what ours has to do, `group` the one of ours that it wants to join.
    ProvisionRequested { peer: MacAddr, method: Method, group: Option<GroupId> },
    /// A device will do its part; `method` is ours.
    ProvisionDiscovered { peer: MacAddr, method: Method, join: Option<GroupId> },
    /// A device will not do its part.
    ProvisionFailed { peer: MacAddr, why: Trouble },
    /// A device wants a group, and nobody here has said that he does. It was told to wait. Where the PIN would come from is said
    /// as seen from it.
    NegotiationRequested { peer: MacAddr, password_id: PasswordId },
    /// Both sides agree: set up the interface, in this role and at this frequency, and let the group be [formed](crate::Device::form).
    Negotiated(Agreement),
    /// There will be no group.
    NegotiationFailed { peer: MacAddr, why: Failure },
    /// Both sides are ready: run Wi-Fi Simple Configuration with the peer, as registrar or enrollee.
    StartProvisioning { peer: MacAddr, method: Method, registrar: bool },
    /// The group is there.
    GroupFormed(Agreement),
    /// The group is not; its interface has no use any more.
    FormationFailed { peer: MacAddr, why: FormationFailure },
    /// A device invites us, and the user has not said what to do. It was told to wait.
    Invited { peer: MacAddr, group: GroupId, persistent: bool, bssid: Option<MacAddr>, frequency: Option<u32> },
    /// A device invited us, and we accepted.
    InvitedBack(Reunion),
    /// A device accepted our invitation.
    InvitationAccepted(Reunion),
    /// A device did not accept our invitation.
    InvitationFailed { peer: MacAddr, why: Trouble },
    /// What a device answered to a query for services.
    ServicesFound { query: QueryId, peer: MacAddr, update_indicator: u16, responses: Vec<Response> },
    /// A device did not answer a query for services.
    ServicesFailed { query: QueryId, peer: MacAddr, why: Trouble },
    /// A device asks for services, and an external program answers: with [`crate::Device::respond_services`].
    ServicesRequested { peer: MacAddr, token: u8, frequency: u32, queries: Vec<u8> },
    /// A group owner was asked to be present; what it can do, its driver says.
    PresenceRequested { peer: MacAddr, wanted: NoticeOfAbsence },
    /// What a group owner says to our request.
    PresenceResponse { owner: MacAddr, status: Status, notice: Option<NoticeOfAbsence> },
    /// A group owner did not answer our request.
    PresenceFailed { owner: MacAddr, why: Trouble },
    /// A group owner has made its client discoverable, or has not.
    Discoverable { owner: MacAddr, client: MacAddr, result: Result<(), Trouble> },
}
