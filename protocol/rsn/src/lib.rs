//! Robust security networks: RSNE, key frames, handshakes, PMKSA cache.
