//! The language of hostapd.conf.
