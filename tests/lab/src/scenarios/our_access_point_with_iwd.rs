//! Debian's iwd on our access points. iwd knows groups 19 and 20 only, and chooses for itself what it uses.

use super::joins;
use crate::guest::networks::{Method, Network, Suite};

joins! {
    /// An open network.
    debians_iwd_joins_ours_open: Iwd, Airlock, Network::new(Suite::Open);
    /// A WPA2-Personal network.
    debians_iwd_joins_ours_wpa2: Iwd, Airlock, Network::new(Suite::Wpa2);
    /// A WPA2-Personal network with SHA-256 and protected management frames.
    debians_iwd_joins_ours_wpa2_sha256_with_protected_management: Iwd, Airlock, Network::new(Suite::Wpa2Sha256);
    /// A WPA3-Personal network by hunting and pecking in group 19.
    debians_iwd_joins_ours_wpa3_by_hunting_and_pecking_in_group_19: Iwd, Airlock, Network::new(Suite::Sae(Method::Loop, 19));
    /// A WPA3-Personal network by hunting and pecking in group 20.
    debians_iwd_joins_ours_wpa3_by_hunting_and_pecking_in_group_20: Iwd, Airlock, Network::new(Suite::Sae(Method::Loop, 20));
    /// A WPA3-Personal network by hash to element in group 19.
    debians_iwd_joins_ours_wpa3_by_hash_to_element_in_group_19: Iwd, Airlock, Network::new(Suite::Sae(Method::Direct, 19));
    /// A WPA3-Personal network by hash to element in group 20.
    debians_iwd_joins_ours_wpa3_by_hash_to_element_in_group_20: Iwd, Airlock, Network::new(Suite::Sae(Method::Direct, 20));
    /// A network for WPA2 and WPA3, choosing WPA3.
    debians_iwd_joins_ours_transition: Iwd, Airlock, Network::new(Suite::Transition);
}
