//! `/var/run`, where that is another name of `/run`: what helpers are granted has one name.

use std::path::{Path, PathBuf};

const OLD: &str = "/var/run";
const NEW: &str = "/run";

/// Whether the one is the other on this system; looked up while files can be reached.
#[derive(Clone, Copy, Debug)]
pub struct RuntimeDir {
    is_one: bool,
}

impl RuntimeDir {
    /// Looks.
    #[must_use]
    pub fn find() -> RuntimeDir {
        RuntimeDir { is_one: std::fs::canonicalize(OLD).is_ok_and(|real| real == Path::new(NEW)) }
    }

    /// The path by its one name.
    #[must_use]
    pub fn real(self, path: &Path) -> PathBuf {
        match path.strip_prefix(OLD) {
            Ok(rest) if self.is_one => Path::new(NEW).join(rest),
            Ok(_) | Err(_) => path.to_owned(),
        }
    }

    /// The same for a path as text.
    #[must_use]
    pub fn real_text(self, path: String) -> String {
        match path.strip_prefix(OLD) {
            Some(rest) if self.is_one && rest.starts_with('/') => format!("{NEW}{rest}"),
            Some(_) | None => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_name_is_replaced_where_it_is_the_same_folder() {
        let one = RuntimeDir { is_one: true };
        assert_eq!(one.real(Path::new("/var/run/hostapd")), Path::new("/run/hostapd"));
        assert_eq!(one.real_text("/var/run/hostapd/wlan0".into()), "/run/hostapd/wlan0");
        for other in ["/var/running/a", "/run/hostapd", "/tmp/var/run/a", "@abstract"] {
            assert_eq!(one.real(Path::new(other)), Path::new(other));
            assert_eq!(one.real_text(other.into()), other);
        }
        let two = RuntimeDir { is_one: false };
        assert_eq!(two.real_text("/var/run/hostapd/wlan0".into()), "/var/run/hostapd/wlan0");
    }
}
