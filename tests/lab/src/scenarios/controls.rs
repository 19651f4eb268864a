//! Debian's programs with each other: they show that the lab itself works.

use super::joins;
use crate::guest::networks::{Method, Network, Suite};

joins! {
    /// A control.
    debians_station_joins_debians_open_network: Debian, Debian, Network::new(Suite::Open);
    /// A control.
    debians_station_joins_debians_wpa2_network: Debian, Debian, Network::new(Suite::Wpa2);
    /// A control.
    debians_station_joins_debians_wpa2_sha256_network: Debian, Debian, Network::new(Suite::Wpa2Sha256);
    /// A control.
    debians_station_joins_debians_wpa3_network: Debian, Debian, Network::new(Suite::Sae(Method::Direct, 20));
    /// A control.
    debians_station_joins_debians_transition_network: Debian, Debian, Network::new(Suite::Transition);
    /// A control.
    debians_iwd_joins_debians_wpa2_network: Iwd, Debian, Network::new(Suite::Wpa2);
    /// A control.
    debians_iwd_joins_debians_wpa3_network: Iwd, Debian, Network::new(Suite::Sae(Method::Direct, 19));
}
