//! Our stations on networks served by Debian's hostapd.

use super::joins;
use crate::guest::networks::{Method, Network, Suite};

joins! {
    /// An open network.
    our_station_joins_debians_hostapd_open: Airlock, Debian, Network::new(Suite::Open);
    /// A WPA2-Personal network.
    our_station_joins_debians_hostapd_wpa2: Airlock, Debian, Network::new(Suite::Wpa2);
    /// A WPA2-Personal network with SHA-256 and protected management frames.
    our_station_joins_debians_hostapd_wpa2_sha256_with_protected_management: Airlock, Debian, Network::new(Suite::Wpa2Sha256);
    /// A WPA3-Personal network by hunting and pecking in group 19.
    our_station_joins_debians_hostapd_wpa3_by_hunting_and_pecking_in_group_19: Airlock, Debian, Network::new(Suite::Sae(Method::Loop, 19));
    /// A WPA3-Personal network by hunting and pecking in group 20.
    our_station_joins_debians_hostapd_wpa3_by_hunting_and_pecking_in_group_20: Airlock, Debian, Network::new(Suite::Sae(Method::Loop, 20));
    /// A WPA3-Personal network by hunting and pecking in group 21.
    our_station_joins_debians_hostapd_wpa3_by_hunting_and_pecking_in_group_21: Airlock, Debian, Network::new(Suite::Sae(Method::Loop, 21));
    /// A WPA3-Personal network by hash to element in group 19.
    our_station_joins_debians_hostapd_wpa3_by_hash_to_element_in_group_19: Airlock, Debian, Network::new(Suite::Sae(Method::Direct, 19));
    /// A WPA3-Personal network by hash to element in group 20.
    our_station_joins_debians_hostapd_wpa3_by_hash_to_element_in_group_20: Airlock, Debian, Network::new(Suite::Sae(Method::Direct, 20));
    /// A WPA3-Personal network by hash to element in group 21.
    our_station_joins_debians_hostapd_wpa3_by_hash_to_element_in_group_21: Airlock, Debian, Network::new(Suite::Sae(Method::Direct, 21));
    /// A WPA3-Personal network by hunting and pecking in group 15, numbers modulo a prime.
    our_station_joins_debians_hostapd_wpa3_by_hunting_and_pecking_in_group_15: Airlock, Debian, Network::new(Suite::Sae(Method::Loop, 15));
    /// A WPA3-Personal network by hash to element in group 15, numbers modulo a prime.
    our_station_joins_debians_hostapd_wpa3_by_hash_to_element_in_group_15: Airlock, Debian, Network::new(Suite::Sae(Method::Direct, 15));
    /// A WPA3-Personal network by hash to element in group 16, numbers modulo a prime.
    our_station_joins_debians_hostapd_wpa3_by_hash_to_element_in_group_16: Airlock, Debian, Network::new(Suite::Sae(Method::Direct, 16));
    /// A network for WPA2 and WPA3, choosing WPA3.
    our_station_joins_debians_hostapd_transition: Airlock, Debian, Network::new(Suite::Transition);
    /// A network for WPA2 and WPA3 as a station that knows only WPA2.
    our_station_joins_debians_hostapd_transition_as_an_old_station: Airlock, Debian, Network::new(Suite::TransitionOld);
}
