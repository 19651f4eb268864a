//! Debian's programs with each other: they show that the lab itself works.

use super::joins;
use crate::guest::networks::{Method, Network, Suite};

joins! {
    /// A control: an open network.
    debians_station_joins_debians_open: Debian, Debian, Network::new(Suite::Open);
    /// A control: a WPA2-Personal network.
    debians_station_joins_debians_wpa2: Debian, Debian, Network::new(Suite::Wpa2);
    /// A control: a WPA2-Personal network with SHA-256 and protected management frames.
    debians_station_joins_debians_wpa2_sha256_with_protected_management: Debian, Debian, Network::new(Suite::Wpa2Sha256);
    /// A control: a WPA3-Personal network by hunting and pecking in group 19.
    debians_station_joins_debians_wpa3_by_hunting_and_pecking_in_group_19: Debian, Debian, Network::new(Suite::Sae(Method::Loop, 19));
    /// A control: a WPA3-Personal network by hunting and pecking in group 20.
    debians_station_joins_debians_wpa3_by_hunting_and_pecking_in_group_20: Debian, Debian, Network::new(Suite::Sae(Method::Loop, 20));
    /// A control: a WPA3-Personal network by hunting and pecking in group 21.
    debians_station_joins_debians_wpa3_by_hunting_and_pecking_in_group_21: Debian, Debian, Network::new(Suite::Sae(Method::Loop, 21));
    /// A control: a WPA3-Personal network by hash to element in group 19.
    debians_station_joins_debians_wpa3_by_hash_to_element_in_group_19: Debian, Debian, Network::new(Suite::Sae(Method::Direct, 19));
    /// A control: a WPA3-Personal network by hash to element in group 20.
    debians_station_joins_debians_wpa3_by_hash_to_element_in_group_20: Debian, Debian, Network::new(Suite::Sae(Method::Direct, 20));
    /// A control: a WPA3-Personal network by hash to element in group 21.
    debians_station_joins_debians_wpa3_by_hash_to_element_in_group_21: Debian, Debian, Network::new(Suite::Sae(Method::Direct, 21));
    /// A control: a network for WPA2 and WPA3, choosing WPA3.
    debians_station_joins_debians_transition: Debian, Debian, Network::new(Suite::Transition);
    /// A control: a network for WPA2 and WPA3 as a station that knows only WPA2.
    debians_station_joins_debians_transition_as_an_old_station: Debian, Debian, Network::new(Suite::TransitionOld);
    /// A control: an open network.
    debians_iwd_joins_debians_open: Iwd, Debian, Network::new(Suite::Open);
    /// A control: a WPA2-Personal network.
    debians_iwd_joins_debians_wpa2: Iwd, Debian, Network::new(Suite::Wpa2);
    /// A control: a WPA2-Personal network with SHA-256 and protected management frames.
    debians_iwd_joins_debians_wpa2_sha256_with_protected_management: Iwd, Debian, Network::new(Suite::Wpa2Sha256);
    /// A control: a WPA3-Personal network by hunting and pecking in group 19.
    debians_iwd_joins_debians_wpa3_by_hunting_and_pecking_in_group_19: Iwd, Debian, Network::new(Suite::Sae(Method::Loop, 19));
    /// A control: a WPA3-Personal network by hunting and pecking in group 20.
    debians_iwd_joins_debians_wpa3_by_hunting_and_pecking_in_group_20: Iwd, Debian, Network::new(Suite::Sae(Method::Loop, 20));
    /// A control: a WPA3-Personal network by hash to element in group 19.
    debians_iwd_joins_debians_wpa3_by_hash_to_element_in_group_19: Iwd, Debian, Network::new(Suite::Sae(Method::Direct, 19));
    /// A control: a WPA3-Personal network by hash to element in group 20.
    debians_iwd_joins_debians_wpa3_by_hash_to_element_in_group_20: Iwd, Debian, Network::new(Suite::Sae(Method::Direct, 20));
    /// A control: a network for WPA2 and WPA3, choosing WPA3.
    debians_iwd_joins_debians_transition: Iwd, Debian, Network::new(Suite::Transition);
}
