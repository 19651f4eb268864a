//! Secrets and the cryptographic primitives of WPA.
