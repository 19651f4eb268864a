//! Addresses, cursors, elements and management frames of IEEE 802.11.
