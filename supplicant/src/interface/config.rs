//! What an interface is configured with. It changes here alone, and the engine hears of each change.

use std::collections::BTreeMap;
use std::time::Duration;

use conf::station::{Globals, Network, NetworkId, StationConfig};
use wire::{MacAddr, Ssid};

use super::Interface;
use crate::profile::{profile, settings};

/// Settings that last as long as the interface does (`SET`).
#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) bssid_filter: Vec<MacAddr>,
    pub(crate) disallowed_bssids: Vec<MacAddr>,
    pub(crate) disallowed_ssids: Vec<Ssid>,
    pub(crate) roaming: bool,
    pub(crate) sta_autoconnect: bool,
    pub(crate) pmk_lifetime: Option<Duration>,
    pub(crate) pmk_threshold: u32,
    pub(crate) sa_query_off: bool,
    pub(crate) expire_age: Option<Duration>,
    pub(crate) expire_count: Option<u32>,
    /// `SCAN_INTERVAL`, in seconds.
    pub(crate) scan_interval: Option<u32>,
    pub(crate) vendor_elements: BTreeMap<u8, Vec<u8>>,
    /// `TEST_ASSOC_IE`; always empty but in test builds.
    pub(crate) assoc_elements: Vec<u8>,
    /// `ext_eapol_frame_io`; always off but in test builds.
    pub(crate) eapol_outside: bool,
    /// `MGMT_TX` frames whose fate is to be told, by cookie: frequency.
    pub(crate) mgmt_freq: u32,
    #[cfg(feature = "testing")]
    pub(crate) hooks: crate::hooks::Hooks,
}

impl Default for Runtime {
    fn default() -> Self {
        Runtime {
            bssid_filter: Vec::new(),
            disallowed_bssids: Vec::new(),
            disallowed_ssids: Vec::new(),
            roaming: true,
            sta_autoconnect: true,
            pmk_lifetime: None,
            pmk_threshold: 70,
            sa_query_off: false,
            expire_age: None,
            expire_count: None,
            scan_interval: None,
            vendor_elements: BTreeMap::new(),
            assoc_elements: Vec::new(),
            eapol_outside: false,
            mgmt_freq: 0,
            #[cfg(feature = "testing")]
            hooks: crate::hooks::Hooks::default(),
        }
    }
}

/// What an interface is configured with.
#[derive(Debug)]
pub(super) struct Configured {
    config: StationConfig,
    /// What `FLUSH` goes back to.
    started: Globals,
    runtime: Runtime,
}

impl Configured {
    pub(super) fn new(config: StationConfig) -> Configured {
        Configured { started: config.globals.clone(), config, runtime: Runtime::default() }
    }
}

impl Interface {
    /// The configuration, as it would be saved.
    pub(crate) const fn config(&self) -> &StationConfig {
        &self.configured.config
    }

    /// What clients have set for as long as the interface lasts.
    pub(crate) const fn runtime(&self) -> &Runtime {
        &self.configured.runtime
    }

    /// A network.
    pub(crate) fn network(&self, id: NetworkId) -> Option<&Network> {
        self.configured.config.network(id)
    }

    /// Changes anything.
    pub(crate) fn change<R>(&mut self, act: impl FnOnce(&mut StationConfig) -> R) -> R {
        let result = act(&mut self.configured.config);
        self.refresh();
        result
    }

    /// Changes one network; nothing if there is none.
    pub(crate) fn change_network<R>(&mut self, id: NetworkId, act: impl FnOnce(&mut Network) -> R) -> Option<R> {
        let result = act(self.configured.config.network_mut(id)?);
        self.refresh_network(id);
        Some(result)
    }

    /// Another network, with nothing in it.
    pub(crate) fn add_network(&mut self) -> NetworkId {
        let id = self.configured.config.add_network().id();
        self.refresh_network(id);
        id
    }

    /// Changes what lasts as long as the interface.
    pub(crate) fn change_runtime<R>(&mut self, act: impl FnOnce(&mut Runtime) -> R) -> R {
        let result = act(&mut self.configured.runtime);
        self.refresh_settings();
        result
    }

    /// Another configuration in place of the whole.
    pub(crate) fn replace_config(&mut self, config: StationConfig) {
        self.configured.started = config.globals.clone();
        self.configured.config = config;
        self.refresh();
    }

    /// As it was at the start, without networks.
    pub(crate) fn empty_config(&mut self) {
        let Configured { config, started, runtime } = &mut self.configured;
        config.networks.clear();
        config.creds.clear();
        config.globals = started.clone();
        *runtime = Runtime::default();
        self.refresh();
    }

    /// The engine hears of everything.
    pub(super) fn refresh(&mut self) {
        self.serving.try_anew();
        let config = &self.configured.config;
        self.engine.set_profiles(config.networks.iter().map(|network| profile(network, &config.globals)).collect());
        self.refresh_settings();
    }

    fn refresh_network(&mut self, id: NetworkId) {
        self.serving.try_anew();
        let config = &self.configured.config;
        if let Some(network) = config.network(id) {
            self.engine.set_profile(profile(network, &config.globals));
        }
    }

    fn refresh_settings(&mut self) {
        self.engine.set_settings(settings(&self.configured.config.globals, &self.configured.runtime));
        #[cfg(feature = "testing")]
        self.engine.set_tamper(Box::new(self.configured.runtime.hooks.clone()));
    }
}
