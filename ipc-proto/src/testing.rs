//! What only test suites ask for: data frames as they are, to see whether a link carries them, and management frames
//! that no honest daemon sends.
//!
//! Without the feature `testing` neither type has a value: such a message cannot be made, and bytes that pretend to be
//! one are malformed.

#[cfg(feature = "testing")]
use alloc::string::String;
#[cfg(feature = "testing")]
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::Handle;

/// Asked for by a test suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestRequest {
    /// Receives IPv4 packets as [`TestEvent::Frame`], or stops.
    #[cfg(feature = "testing")]
    Listen {
        /// Interface.
        handle: Handle,
        /// The bridge to listen on instead.
        bridge: Option<String>,
        /// On or off.
        enabled: bool,
    },
    /// Sends an Ethernet frame.
    #[cfg(feature = "testing")]
    Transmit {
        /// Interface.
        handle: Handle,
        /// The bridge to send it from instead.
        bridge: Option<String>,
        /// The frame, from its destination address on.
        frame: Vec<u8>,
    },
    /// Sends a management frame, whoever it pretends to be from.
    #[cfg(feature = "testing")]
    Management {
        /// Interface.
        handle: Handle,
        /// The frame, from its frame control on.
        frame: Vec<u8>,
    },
}

/// Reported to a test suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestEvent {
    /// An Ethernet frame with an IPv4 packet.
    #[cfg(feature = "testing")]
    Frame {
        /// Interface.
        handle: Handle,
        /// The frame, from its destination address on.
        frame: Vec<u8>,
    },
}

#[cfg(feature = "testing")]
impl TestRequest {
    /// The interface that the request is about.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        match self {
            TestRequest::Listen { handle, .. }
            | TestRequest::Transmit { handle, .. }
            | TestRequest::Management { handle, .. } => *handle,
        }
    }

    /// The bridge that is named.
    #[must_use]
    pub fn bridge(&self) -> Option<&str> {
        match self {
            TestRequest::Listen { bridge, .. } | TestRequest::Transmit { bridge, .. } => bridge.as_deref(),
            TestRequest::Management { .. } => None,
        }
    }

    /// The data frame that is to be sent.
    #[must_use]
    pub fn frame(&self) -> Option<&[u8]> {
        match self {
            TestRequest::Listen { .. } | TestRequest::Management { .. } => None,
            TestRequest::Transmit { frame, .. } => Some(frame),
        }
    }

    /// The management frame that is to be sent.
    #[must_use]
    pub fn management(&self) -> Option<&[u8]> {
        match self {
            TestRequest::Listen { .. } | TestRequest::Transmit { .. } => None,
            TestRequest::Management { frame, .. } => Some(frame),
        }
    }
}

#[cfg(not(feature = "testing"))]
impl TestRequest {
    /// The interface that the request is about.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        match *self {}
    }

    /// The bridge that is named.
    #[must_use]
    pub const fn bridge(&self) -> Option<&str> {
        match *self {}
    }

    /// The data frame that is to be sent.
    #[must_use]
    pub const fn frame(&self) -> Option<&[u8]> {
        match *self {}
    }

    /// The management frame that is to be sent.
    #[must_use]
    pub const fn management(&self) -> Option<&[u8]> {
        match *self {}
    }
}

#[cfg(feature = "testing")]
impl TestEvent {
    /// The interface that the event is about.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        match self {
            TestEvent::Frame { handle, .. } => *handle,
        }
    }
}

#[cfg(not(feature = "testing"))]
impl TestEvent {
    /// The interface that the event is about.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        match *self {}
    }
}
