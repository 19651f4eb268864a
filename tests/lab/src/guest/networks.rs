//! Networks in the words of each program's configuration language.

/// How a SAE password becomes a point of the group (IEEE Std 802.11-2020 12.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Hunting and pecking.
    Loop,
    /// Hash to element.
    Direct,
}

/// How a network protects itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Not at all.
    Open,
    /// WPA2-Personal.
    Wpa2,
    /// WPA2-Personal with SHA-256 and management frame protection.
    Wpa2Sha256,
    /// WPA3-Personal.
    Sae(Method, u16),
    /// WPA2-Personal and WPA3-Personal under one name; the station prefers WPA3.
    Transition,
    /// The same, with a station that knows only WPA2.
    TransitionOld,
    /// WPA1 with TKIP, where somebody insists.
    Wpa1,
}

/// One network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its name.
    pub ssid: String,
    /// Its passphrase, if it has one.
    pub passphrase: String,
    /// Its protection.
    pub suite: Suite,
    /// 2.4 GHz channel.
    pub channel: u32,
    /// Lines for the access point only.
    pub access_point_lines: String,
    /// Lines for the station's network block only.
    pub station_lines: String,
    /// Lines for the head of the station's file.
    pub station_head: String,
}

impl Network {
    /// A network on channel 1 with a name and a passphrase.
    #[must_use]
    pub fn new(suite: Suite) -> Self {
        Self {
            ssid: "Airlock Lab".into(),
            passphrase: "correct horse battery".into(),
            suite,
            channel: 1,
            access_point_lines: String::new(),
            station_lines: String::new(),
            station_head: String::new(),
        }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, ssid: &str) -> Self {
        self.ssid = ssid.into();
        self
    }

    /// The same on another channel.
    #[must_use]
    pub fn on_channel(mut self, channel: u32) -> Self {
        self.channel = channel;
        self
    }

    /// The same with another passphrase.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: &str) -> Self {
        self.passphrase = passphrase.into();
        self
    }

    /// The same with more lines for the access point.
    #[must_use]
    pub fn access_point(mut self, lines: &str) -> Self {
        self.access_point_lines.push_str(lines);
        self.access_point_lines.push('\n');
        self
    }

    /// The same with more lines in the station's network block.
    #[must_use]
    pub fn station(mut self, lines: &str) -> Self {
        self.station_lines.push_str(lines);
        self.station_lines.push('\n');
        self
    }

    /// The same with more lines at the head of the station's file.
    #[must_use]
    pub fn head(mut self, lines: &str) -> Self {
        self.station_head.push_str(lines);
        self.station_head.push('\n');
        self
    }

    /// hostapd.conf.
    #[must_use]
    pub fn hostapd_conf(&self, interface: &str, control: &str, group: &str) -> String {
        let Self { ssid, passphrase, channel, access_point_lines, .. } = self;
        let protection = match self.suite {
            Suite::Open => String::new(),
            Suite::Wpa1 => format!("wpa=1\nwpa_key_mgmt=WPA-PSK\nwpa_pairwise=TKIP\nwpa_passphrase={passphrase}\n"),
            Suite::Wpa2 => format!("wpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase={passphrase}\n"),
            Suite::Wpa2Sha256 => format!(
                "wpa=2\nwpa_key_mgmt=WPA-PSK-SHA256\nrsn_pairwise=CCMP\nieee80211w=2\nwpa_passphrase={passphrase}\n"
            ),
            Suite::Sae(method, group) => format!(
                "wpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\nieee80211w=2\nsae_password={passphrase}\n\
                 sae_groups={group}\nsae_pwe={}\n",
                pwe(method)
            ),
            Suite::Transition | Suite::TransitionOld => format!(
                "wpa=2\nwpa_key_mgmt=WPA-PSK SAE\nrsn_pairwise=CCMP\nieee80211w=1\nsae_require_mfp=1\nsae_pwe=2\n\
                 wpa_passphrase={passphrase}\n"
            ),
        };
        format!(
            "interface={interface}\ndriver=nl80211\nctrl_interface={control}\nctrl_interface_group={group}\n\
             ssid={ssid}\nhw_mode=g\nchannel={channel}\n{protection}{access_point_lines}"
        )
    }

    /// wpa_supplicant.conf.
    #[must_use]
    pub fn supplicant_conf(&self, control: &str, group: &str) -> String {
        let mut head = format!("ctrl_interface=DIR={control} GROUP={group}\n{}", self.station_head);
        if let Suite::Sae(method, group) = self.suite {
            head.push_str(&format!("sae_groups={group}\nsae_pwe={}\n", pwe(method)));
        }
        if self.suite == Suite::Transition {
            head.push_str("sae_pwe=2\n");
        }
        format!("{head}\n{}", self.block())
    }

    /// One network block of wpa_supplicant.conf.
    #[must_use]
    pub fn block(&self) -> String {
        let Self { ssid, passphrase, station_lines, .. } = self;
        let protection = match self.suite {
            Suite::Open => "key_mgmt=NONE\n".into(),
            Suite::Wpa1 => format!("key_mgmt=WPA-PSK\nproto=WPA\npairwise=TKIP\ngroup=TKIP\npsk=\"{passphrase}\"\n"),
            Suite::Wpa2 | Suite::TransitionOld => format!("key_mgmt=WPA-PSK\npsk=\"{passphrase}\"\n"),
            Suite::Wpa2Sha256 => format!("key_mgmt=WPA-PSK-SHA256\nieee80211w=2\npsk=\"{passphrase}\"\n"),
            Suite::Sae(..) => format!("key_mgmt=SAE\nieee80211w=2\nsae_password=\"{passphrase}\"\n"),
            Suite::Transition => format!("key_mgmt=WPA-PSK SAE\nieee80211w=1\npsk=\"{passphrase}\"\n"),
        };
        format!("network={{\nssid=\"{ssid}\"\nscan_ssid=1\n{protection}{station_lines}}}\n")
    }

    /// iwd's file of a known network, and its name.
    #[must_use]
    pub fn iwd_file(&self) -> (String, String) {
        let Self { ssid, passphrase, .. } = self;
        match self.suite {
            Suite::Open => (format!("{ssid}.open"), String::new()),
            Suite::Wpa1
            | Suite::Wpa2
            | Suite::Wpa2Sha256
            | Suite::Sae(..)
            | Suite::Transition
            | Suite::TransitionOld => (format!("{ssid}.psk"), format!("[Security]\nPassphrase={passphrase}\n")),
        }
    }

    /// What STATUS of a station has to show as key_mgmt.
    #[must_use]
    pub fn key_management(&self) -> &'static str {
        match self.suite {
            Suite::Open => "NONE",
            Suite::Wpa1 => "WPA-PSK",
            Suite::Wpa2 | Suite::TransitionOld => "WPA2-PSK",
            Suite::Wpa2Sha256 => "WPA2-PSK-SHA256",
            Suite::Sae(..) | Suite::Transition => "SAE",
        }
    }

    /// Are management frames protected?
    #[must_use]
    pub fn protects_management(&self) -> bool {
        matches!(self.suite, Suite::Wpa2Sha256 | Suite::Sae(..) | Suite::Transition)
    }
}

fn pwe(method: Method) -> u8 {
    match method {
        Method::Loop => 0,
        Method::Direct => 1,
    }
}
