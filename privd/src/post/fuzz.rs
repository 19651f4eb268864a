//! The paths that a daemon names, which may be one that was taken over.

use std::path::{Component, Path, PathBuf};

use super::{Options, files, sockets};

/// A path is let through only where its words, read one by one, lead to where it may be.
pub fn paths(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let list = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    let mut options = Options {
        directories: list(&["/nowhere/ctl", "/nowhere/global"]),
        readable: list(&["/nowhere/read.conf"]),
        writable: list(&["/nowhere/etc/a.conf", "/nowhere/folder"]),
        ..Options::default()
    };
    let path = Path::new(text);
    let mut walked = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(walked.pop()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => walked.push(part),
        }
    }
    // A name stands for itself and, should it be a folder's, for the files in that.
    for named in [&options.writable, &options.readable] {
        let stands_for = |walked: &Path| named.iter().any(|name| walked == name || walked.parent() == Some(name));
        assert!(!files::is_named(named, path) || stands_for(&walked), "a file anywhere: {text:?}");
    }
    let inside = |walked: &Path| {
        let folder = walked.parent();
        walked == Path::new("/nowhere/global")
            || folder == Some(Path::new("/nowhere/ctl"))
            || folder == Some(Path::new("/nowhere/global"))
            || walked == Path::new("/nowhere/ctl")
    };
    assert!(!sockets::allowed(path, &options) || inside(&walked), "a socket anywhere");
    options.named_later = list(&["/nowhere"]);
    assert!(!sockets::allowed(path, &options) || walked.starts_with("/nowhere"), "a socket anywhere");
}
