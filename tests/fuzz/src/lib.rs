//! What is fuzzed: every parser of bytes from the air, from files, from control sockets, and of the IPC in both
//! directions. Each target is a function of bytes that panics when something is wrong: besides the parser's own
//! panics, what was read must come back the same after it was written.
//!
//! `fuzz/` wraps each for cargo-fuzz; the tests here replay the corpora, and changes of them, on the stable toolchain.
#![forbid(unsafe_code)]

mod eap;
mod eap_methods;
mod eapol;
mod engine;
mod handshake;
mod join;
mod machines;
mod p2p;
mod parsers;
mod radius;
mod records;
mod sae;
mod session;
mod tls;

#[cfg(test)]
mod tests;

/// One target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, by the name of its corpus.
pub const TARGETS: &[Target] = &[
    ("wire_elements", parsers::wire_elements),
    ("wire_management", parsers::wire_management),
    ("rsn_elements", parsers::rsn_elements),
    ("rsn_key_frame", parsers::rsn_key_frame),
    ("rsn_negotiation", parsers::rsn_negotiation),
    ("rsn_handshake", handshake::both_sides),
    ("rsn_station", handshake::station),
    ("rsn_access_point", handshake::access_point),
    ("sae_commit", sae::commit),
    ("sae_confirm", sae::confirm),
    ("sae_exchange", sae::exchange),
    ("tls_files", tls::files),
    ("tls_certificate", tls::certificate),
    ("tls_ocsp", tls::ocsp),
    ("tls_sessions", tls::sessions),
    ("eap_packets", eap::packets),
    ("eap_peer", eap::peer),
    ("eap_server", eap::server),
    ("eap_methods", eap_methods::between),
    ("conf_station", parsers::conf_station),
    ("conf_access_point", parsers::conf_access_point),
    ("conf_files", parsers::conf_files),
    ("command_lines", machines::command_lines),
    ("ctrl_station", parsers::ctrl_station),
    ("ctrl_access_point", parsers::ctrl_access_point),
    ("ipc_to_privd", parsers::ipc_to_privd),
    ("ipc_from_privd", parsers::ipc_from_privd),
    ("ipc_post", parsers::ipc_post),
    ("kernel_messages", parsers::kernel_messages),
    ("privd_worker", parsers::privd_worker),
    ("post_sequences", parsers::post_sequences),
    ("courier_sequences", parsers::courier_sequences),
    ("ap_engine", engine::bss),
    ("ap_session", session::access_point),
    ("sta_session", join::station),
    ("station_machine", machines::station),
    ("access_point_machine", machines::access_point),
    ("eapol_packets", eapol::packets),
    ("eapol_machines", eapol::machines),
    ("radius_packet", radius::packet),
    ("radius_exchange", radius::exchange),
    ("radius_changes", radius::changes),
    ("gas", radius::gas),
    ("p2p_frames", p2p::frames),
    ("p2p_devices", p2p::devices),
];

#[allow(clippy::panic, reason = "a fuzz target reports by panicking")]
fn report(what: &str) {
    panic!("{what}");
}

/// Runs the target of this name.
///
/// # Panics
/// When the target finds something wrong, or there is none of this name.
#[allow(clippy::panic, reason = "a fuzz target reports by panicking")]
pub fn run(name: &str, data: &[u8]) {
    match TARGETS.iter().find(|(known, _)| *known == name) {
        Some((_, target)) => target(data),
        None => panic!("no fuzz target is called {name}"),
    }
}
