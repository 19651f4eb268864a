//! Debian's wpa_supplicant on our access points.

use super::joins;
use crate::guest::networks::{Method, Network, Suite};

joins! {
    /// An open network.
    debians_wpa_supplicant_joins_ours_open: Debian, Airlock, Network::new(Suite::Open);
    /// A WPA2-Personal network.
    debians_wpa_supplicant_joins_ours_wpa2: Debian, Airlock, Network::new(Suite::Wpa2);
    /// A WPA2-Personal network with SHA-256 and protected management frames.
    debians_wpa_supplicant_joins_ours_wpa2_sha256_with_protected_management: Debian, Airlock, Network::new(Suite::Wpa2Sha256);
    /// A WPA3-Personal network by hunting and pecking in group 19.
    debians_wpa_supplicant_joins_ours_wpa3_by_hunting_and_pecking_in_group_19: Debian, Airlock, Network::new(Suite::Sae(Method::Loop, 19));
    /// A WPA3-Personal network by hunting and pecking in group 20.
    debians_wpa_supplicant_joins_ours_wpa3_by_hunting_and_pecking_in_group_20: Debian, Airlock, Network::new(Suite::Sae(Method::Loop, 20));
    /// A WPA3-Personal network by hunting and pecking in group 21.
    debians_wpa_supplicant_joins_ours_wpa3_by_hunting_and_pecking_in_group_21: Debian, Airlock, Network::new(Suite::Sae(Method::Loop, 21));
    /// A WPA3-Personal network by hash to element in group 19.
    debians_wpa_supplicant_joins_ours_wpa3_by_hash_to_element_in_group_19: Debian, Airlock, Network::new(Suite::Sae(Method::Direct, 19));
    /// A WPA3-Personal network by hash to element in group 20.
    debians_wpa_supplicant_joins_ours_wpa3_by_hash_to_element_in_group_20: Debian, Airlock, Network::new(Suite::Sae(Method::Direct, 20));
    /// A WPA3-Personal network by hash to element in group 21.
    debians_wpa_supplicant_joins_ours_wpa3_by_hash_to_element_in_group_21: Debian, Airlock, Network::new(Suite::Sae(Method::Direct, 21));
    /// A WPA3-Personal network by hunting and pecking in group 15, numbers modulo a prime.
    debians_wpa_supplicant_joins_ours_wpa3_by_hunting_and_pecking_in_group_15: Debian, Airlock, Network::new(Suite::Sae(Method::Loop, 15));
    /// A WPA3-Personal network by hash to element in group 15, numbers modulo a prime.
    debians_wpa_supplicant_joins_ours_wpa3_by_hash_to_element_in_group_15: Debian, Airlock, Network::new(Suite::Sae(Method::Direct, 15));
    /// A WPA3-Personal network by hash to element in group 16, numbers modulo a prime.
    debians_wpa_supplicant_joins_ours_wpa3_by_hash_to_element_in_group_16: Debian, Airlock, Network::new(Suite::Sae(Method::Direct, 16));
    /// A network for WPA2 and WPA3, choosing WPA3.
    debians_wpa_supplicant_joins_ours_transition: Debian, Airlock, Network::new(Suite::Transition);
    /// A network for WPA2 and WPA3 as a station that knows only WPA2.
    debians_wpa_supplicant_joins_ours_transition_as_an_old_station: Debian, Airlock, Network::new(Suite::TransitionOld);
}
