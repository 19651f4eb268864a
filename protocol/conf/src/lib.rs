//! Both configuration languages: wpa_supplicant.conf and hostapd.conf.
