//! Control sockets: datagram sockets in the file system, or abstract ones.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use ipc_proto::post::{MAX_DATAGRAM, SocketId};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag};
use nix::poll::ppoll;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, UnixAddr, UnixCredentials, bind, recvmsg, sendmsg};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, fchownat};

use super::Options;
use super::clients::Known;

/// A control socket.
#[derive(Debug)]
pub(super) struct ControlSocket {
    /// Its name between daemon and post.
    pub(super) id: SocketId,
    fd: OwnedFd,
    file: Option<PathBuf>,
    buffer: Vec<u8>,
}

/// A datagram that was received.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) from: UnixAddr,
    pub(super) pin: Option<Pin>,
    pub(super) uid: u32,
    pub(super) data: Vec<u8>,
}

/// A client's socket in the file system, held by itself: whatever its name points at later, a datagram to the pin
/// goes to this socket or nowhere.
#[derive(Debug)]
pub(super) struct Pin(fs::File);

impl Pin {
    /// The socket behind the path that a datagram of this user came from. Absent: there is none, a link stands there,
    /// or it is somebody else's, so that an answer might reach whom the sender could not write to.
    pub(super) fn of(path: &Path, uid: u32) -> Option<Pin> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
        let file = fs::OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).ok()?;
        let found = file.metadata().ok()?;
        (found.file_type().is_socket() && found.uid() == uid).then_some(Pin(file))
    }

    /// An address that leads to the socket through the descriptor and not through a name that others can change.
    fn address(&self) -> Option<UnixAddr> {
        UnixAddr::new(format!("/proc/self/fd/{}", self.0.as_raw_fd()).as_str()).ok()
    }
}

/// What came of sending one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It is in the client's queue.
    Done,
    /// The client's queue is full.
    Full,
    /// There is no client any more.
    Dead,
}

/// Gives a path, and never what a link there points at, to a group.
fn own(path: &Path, gid: Option<Gid>) -> io::Result<()> {
    if gid.is_some() {
        fchownat(AT_FDCWD, path, None, gid, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// Group by name or number.
fn group_id(group: &str, options: &Options) -> Result<Gid, String> {
    let known = options.groups.iter().find(|(name, _)| name == group).map(|(_, number)| *number);
    let number = known.or_else(|| group.parse().ok());
    number.map(Gid::from_raw).ok_or_else(|| format!("there is no group {group}"))
}

/// The path is one that was allowed at start, without `..`.
pub(super) fn allowed(path: &Path, options: &Options) -> bool {
    let plain =
        path.is_absolute() && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let Some(directory) = path.parent() else { return false };
    let named = options.directories.iter().any(|allowed| allowed == directory || allowed == path);
    // What is named later may go through links of the system, such as /var/run.
    let real = |directory: &Path| fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let below = |top: &PathBuf| {
        let parent = directory.parent().map(real);
        real(directory) == *top || parent.is_some_and(|parent| parent.starts_with(top))
    };
    plain && (named || options.named_later.iter().any(below))
}

impl ControlSocket {
    /// Opens one: `@name` is abstract, anything else a path.
    pub(super) fn open(
        id: SocketId,
        path: &str,
        group: Option<&str>,
        options: &Options,
        spare: &mut Vec<OwnedFd>,
    ) -> Result<ControlSocket, String> {
        let gid = group.map(|group| group_id(group, options)).transpose()?;
        let fd = spare.pop().map_or_else(super::spare::usual, Ok).map_err(|errno| errno.to_string())?;
        let file = if let Some(name) = path.strip_prefix('@') {
            let address = UnixAddr::new_abstract(name.as_bytes()).map_err(|errno| errno.to_string())?;
            bind(fd.as_raw_fd(), &address).map_err(|errno| errno.to_string())?;
            None
        } else {
            let path = PathBuf::from(path);
            if !allowed(&path, options) {
                return Err("this directory was not named at start".into());
            }
            Self::bind_file(&fd, &path, gid).map_err(|error| error.to_string())?;
            Some(path)
        };
        Ok(ControlSocket { id, fd, file, buffer: Vec::new() })
    }

    fn bind_file(fd: &OwnedFd, path: &Path, gid: Option<Gid>) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o770).create(directory)?;
            if gid.is_some() && !policy::lockdown::is_wide(directory) {
                own(directory, gid)?;
            }
        }
        // What an earlier life left behind is a socket nobody answers on; anything else is not ours to remove.
        if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
            fs::remove_file(path)?;
        }
        bind(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
        // Its mode comes of the process's umask: between bind and chmod, whoever may write to the directory could put
        // a link in the socket's place.
        own(path, gid)
    }

    /// The next datagram from an address that can be answered.
    pub(super) fn receive(&mut self) -> Option<Datagram> {
        self.buffer.resize(MAX_DATAGRAM, 0);
        loop {
            let mut control = nix::cmsg_space!(UnixCredentials);
            let mut iov = [IoSliceMut::new(&mut self.buffer)];
            let received =
                match recvmsg::<UnixAddr>(self.fd.as_raw_fd(), &mut iov, Some(&mut control), MsgFlags::MSG_DONTWAIT) {
                    Ok(received) => received,
                    Err(Errno::EINTR) => continue,
                    Err(_) => return None,
                };
            #[allow(clippy::wildcard_enum_match_arm, reason = "the kernel's other messages were not asked for")]
            let uid = received.cmsgs().into_iter().flatten().find_map(|message| match message {
                ControlMessageOwned::ScmCredentials(credentials) => Some(credentials.uid()),
                _ => None,
            });
            let cut = received.flags.contains(MsgFlags::MSG_TRUNC);
            let address = received.address.filter(|from| from.path().is_some() || from.as_abstract().is_some());
            let length = received.bytes;
            if let (Some(from), Some(uid), false) = (address, uid, cut) {
                let data = self.buffer.get(..length).unwrap_or_default().to_vec();
                let pin = from.path().and_then(|path| Pin::of(path, uid));
                return Some(Datagram { from, pin, uid, data });
            }
        }
    }

    /// How many octets lie unread in clients' sockets, as the kernel counts, and how many may.
    pub(super) fn unread(&self) -> (usize, usize) {
        crate::sys::send_memory(&self.fd).unwrap_or((0, usize::MAX))
    }

    /// Waits a little for no more than `before` to be unread.
    pub(super) fn is_read(&self, before: usize, patience: Duration) -> bool {
        const STEP: Duration = Duration::from_micros(200);
        let began = Instant::now();
        loop {
            if self.unread().0 <= before {
                return true;
            }
            if began.elapsed() >= patience {
                return false;
            }
            // No process here may call nanosleep.
            let _ = ppoll(&mut [], Some(TimeSpec::from(STEP)), None);
        }
    }

    /// Sends a datagram without waiting: to the pinned socket, or to an abstract name.
    pub(super) fn send(&self, to: &Known, data: &[u8]) -> Delivery {
        let pinned = to.pin.as_ref().and_then(Pin::address);
        let Some(to) = pinned.or_else(|| to.address.as_abstract().and(Some(to.address))) else {
            return Delivery::Dead;
        };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        match sendmsg(self.fd.as_raw_fd(), &[IoSlice::new(data)], &[], flags, Some(&to)) {
            Ok(_) => Delivery::Done,
            Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::EINTR) => Delivery::Full,
            Err(_) => Delivery::Dead,
        }
    }
}

impl AsFd for ControlSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = fs::remove_file(file);
            // The directory goes too where it is empty, as with the originals; otherwise it stays.
            if let Some(directory) = file.parent() {
                let _ = fs::remove_dir(directory);
            }
        }
    }
}
