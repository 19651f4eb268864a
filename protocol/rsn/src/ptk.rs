//! The pairwise transient key and its parts (IEEE Std 802.11-2020 12.7.1.3).
