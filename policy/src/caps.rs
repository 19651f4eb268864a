//! Caps: how much of each resource a client may use at a time, as data.

/// Interfaces that are attached or were made.
pub const INTERFACES: u16 = 512;
/// Bridges that were made.
pub const BRIDGES: usize = 256;
/// Frame registrations of one interface.
pub const REGISTRATIONS: usize = 256;
/// Stations of one interface: association identifiers are 1 to 2007 (IEEE Std 802.11-2020 9.4.1.8).
pub const STATIONS: usize = 2007;
/// Stations that are not authorized, of one interface: kernel memory that a stranger may cause.
pub const STATIONS_UNAUTHORIZED: usize = 512;
/// Keys that the guard remembers of one interface beyond those that are installed.
pub const REMEMBERED_KEYS: usize = 65_536;
/// Pre-shared key associations given to the driver's cache, of one interface.
pub const PMKSAS: usize = 64;
/// Ethertypes that frames over links without a radio may have: EAPOL, RSN pre-authentication, and what fast transition
/// sends over the distribution system (IEEE Std 802.11-2020 13.10).
pub const ETHERTYPES: [u16; 3] = [0x888e, 0x88c7, 0x890d];
/// Connections of one user with a helper.
pub const CONNECTIONS: usize = 8;
/// Sockets of one daemon with the courier: servers, ports and groups.
pub const COURIER_SOCKETS: usize = 64;
/// Streams of one daemon with the courier.
pub const COURIER_STREAMS: usize = 256;
/// Of those, with one address.
pub const COURIER_STREAMS_OF_PEER: usize = 16;
