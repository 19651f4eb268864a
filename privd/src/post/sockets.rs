//! Control sockets: datagram sockets in the file system, or abstract ones.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use ipc_proto::post::{MAX_DATAGRAM, SocketId};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::poll::ppoll;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrLike as _, UnixAddr, UnixCredentials, bind, connect, recvmsg, send, sendmsg,
};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, fchownat};

use super::clients::Known;

/// Length of an address without a name: only its family.
const UNNAMED: u32 = size_of::<nix::libc::sa_family_t>() as u32;

/// A control socket.
#[derive(Debug)]
pub(super) struct ControlSocket {
    /// Its name between daemon and post.
    pub(super) id: SocketId,
    fd: OwnedFd,
    file: Option<PathBuf>,
    /// The folder of the file is there for its sake.
    made_folder: bool,
    members: Option<Members>,
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

/// Gives what is at a path, and never what a link there points at, to a group.
fn give(path: &Path, group: Gid) -> io::Result<()> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
    let held = fs::OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    if held.metadata()?.gid() == group.as_raw() {
        return Ok(());
    }
    match fchownat(&held, "", None, Some(group), AtFlags::AT_EMPTY_PATH) {
        Err(Errno::EPERM) => Err(io::Error::other(format!(
            "this process is not in group {group}; where the folder is of that group and has the setgid bit, it need \
             not be: install -d -m 2750 -g {group} {}",
            path.parent().unwrap_or(path).display()
        ))),
        result => Ok(result?),
    }
}

/// Group by name or number.
fn group_id(group: &str, groups: &[(String, u32)]) -> Result<Gid, String> {
    let known = groups.iter().find(|(name, _)| name == group).map(|(_, number)| *number);
    let number = known.or_else(|| group.parse().ok());
    number.map(Gid::from_raw).ok_or_else(|| format!("there is no group {group}"))
}

/// Removes the socket of an earlier life. What anybody answers on stays, and so does what is not this user's.
fn clear(path: &Path, own_user: u32) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    let owner = found.uid();
    if owner != own_user {
        return Err(io::Error::other(format!("something of user {owner} is there")));
    }
    clear_as_launcher(path)
}

/// The same with the right of whoever starts a daemon, over others' too.
pub(super) fn clear_as_launcher(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(io::Error::other("something is there that is no socket"));
    }
    if answers(path)? {
        return Err(io::Error::other("another daemon serves this control socket"));
    }
    fs::remove_file(path)
}

/// Does anybody listen on a datagram socket? One that was shut down takes connections, but nothing else.
fn answers(path: &Path) -> io::Result<bool> {
    let probe = super::spare::plain()?;
    let tried = connect(probe.as_raw_fd(), &UnixAddr::new(path)?)
        .and_then(|()| send(probe.as_raw_fd(), &[], MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL));
    Ok(!matches!(tried, Err(Errno::ECONNREFUSED | Errno::EPIPE | Errno::ENOENT)))
}

/// Who may command over a socket that has no place in the file system, and so no mode.
#[derive(Clone, Copy, Debug)]
struct Members(Option<Gid>);

impl Members {
    fn admit(self, sender: &UnixCredentials) -> bool {
        sender.uid() == 0 || self.0.is_some_and(|group| group.as_raw() == sender.gid())
    }
}

/// What was asked for is granted: where a socket goes, and for whom.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// A path, or `@name`.
    pub(super) path: &'a str,
    /// Name or number.
    pub(super) group: Option<&'a str>,
    /// Groups by name.
    pub(super) groups: &'a [(String, u32)],
    /// This process's own user and group.
    pub(super) own: (u32, u32),
}

impl ControlSocket {
    /// Opens one.
    pub(super) fn open(id: SocketId, place: &Place<'_>, spare: &mut Vec<OwnedFd>) -> Result<ControlSocket, String> {
        let group = place.group.map(|group| group_id(group, place.groups)).transpose()?;
        let fd = spare.pop().map_or_else(super::spare::usual, Ok).map_err(|errno| errno.to_string())?;
        let mut socket = ControlSocket { id, fd, file: None, made_folder: false, members: None, buffer: Vec::new() };
        if let Some(name) = place.path.strip_prefix('@') {
            let address = UnixAddr::new_abstract(name.as_bytes()).map_err(|errno| errno.to_string())?;
            bind(socket.fd.as_raw_fd(), &address).map_err(|errno| errno.to_string())?;
            socket.members = Some(Members(group));
        } else {
            socket.bind_file(Path::new(place.path), group, place.own).map_err(|error| error.to_string())?;
        }
        Ok(socket)
    }

    fn bind_file(&mut self, path: &Path, group: Option<Gid>, (own_user, own_group): (u32, u32)) -> io::Result<()> {
        // A folder may give its own group to what is made in it.
        let group = group.unwrap_or(Gid::from_raw(own_group));
        if let Some(folder) = path.parent() {
            match fs::DirBuilder::new().mode(0o750).create(folder) {
                Ok(()) => {
                    self.made_folder = true;
                    give(folder, group)?;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        clear(path, own_user)?;
        bind(self.fd.as_raw_fd(), &UnixAddr::new(path)?)?;
        self.file = Some(path.to_owned());
        // Its mode comes of the process's umask: between bind and chmod, whoever may write to the directory could put
        // a link in the socket's place.
        give(path, group)
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
            let sender = received.cmsgs().into_iter().flatten().find_map(|message| match message {
                ControlMessageOwned::ScmCredentials(credentials) => Some(credentials),
                _ => None,
            });
            let admitted = |sender: &UnixCredentials| self.members.is_none_or(|members| members.admit(sender));
            let uid = sender.filter(admitted).map(|sender| sender.uid());
            let cut = received.flags.contains(MsgFlags::MSG_TRUNC);
            // A sender without a name has an address of no octets, which may not be looked into.
            let address = received.address.filter(|from| from.len() > UNNAMED);
            let address = address.filter(|from| from.path().is_some() || from.as_abstract().is_some());
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
            // Its folder goes too where it is empty, as with the originals; otherwise it stays. Those that were made
            // at the start have the keeper for that.
            if let Some(folder) = file.parent().filter(|_| self.made_folder) {
                let _ = fs::remove_dir(folder);
            }
        }
    }
}
