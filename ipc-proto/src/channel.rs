//! The one way in which messages travel: a `SOCK_SEQPACKET` connection, one message a packet.

use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::{fmt, io};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, setsockopt, socketpair, sockopt,
};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, CodecError};
use crate::{MAX_DESCRIPTORS, MAX_MESSAGE};

/// A non-blocking connection on which `W` is written and `R` is read.
#[derive(Debug)]
pub struct Channel<W, R> {
    fd: OwnedFd,
    buffer: Vec<u8>,
    types: PhantomData<fn(W) -> R>,
}

/// Why nothing could be received or sent.
#[derive(Debug)]
pub enum ChannelError {
    /// Nothing there, or no room: try again when the descriptor is ready.
    WouldBlock,
    /// The other end is gone.
    Closed,
    /// The bytes were no message; the connection should end.
    Codec(CodecError),
    /// The system said no.
    Io(io::Error),
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChannelError::WouldBlock => f.write_str("not ready"),
            ChannelError::Closed => f.write_str("the other end is gone"),
            ChannelError::Codec(error) => error.fmt(f),
            ChannelError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ChannelError {}

impl From<Errno> for ChannelError {
    fn from(errno: Errno) -> ChannelError {
        if errno == Errno::EAGAIN || errno == Errno::ENOBUFS {
            ChannelError::WouldBlock
        } else if errno == Errno::EPIPE || errno == Errno::ECONNRESET || errno == Errno::ENOTCONN {
            ChannelError::Closed
        } else {
            ChannelError::Io(errno.into())
        }
    }
}

/// Two connected ends.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let (one, other) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
    for end in [&one, &other] {
        // Room for several messages of full size; where the system allows less, less is what there is.
        let _ = setsockopt(end, sockopt::SndBuf, &(4 * MAX_MESSAGE));
    }
    Ok((one, other))
}

impl<W: Serialize, R: DeserializeOwned> Channel<W, R> {
    /// Speaks over a connected `SOCK_SEQPACKET` socket, which is made non-blocking.
    pub fn new(fd: OwnedFd) -> io::Result<Channel<W, R>> {
        let flags = nix::fcntl::OFlag::from_bits_truncate(nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_GETFL)?);
        nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_SETFL(flags | nix::fcntl::OFlag::O_NONBLOCK))?;
        Ok(Channel { fd, buffer: Vec::new(), types: PhantomData })
    }

    /// Sends a message, and a descriptor beside it if there is one.
    pub fn send(&self, message: &W, descriptor: Option<BorrowedFd<'_>>) -> Result<(), ChannelError> {
        let bytes = codec::encode(message).map_err(ChannelError::Codec)?;
        self.send_bytes(&bytes, descriptor)
    }

    /// Sends a message that was encoded before (a queue keeps bytes, so that its size is known).
    pub fn send_bytes(&self, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> Result<(), ChannelError> {
        let iov = [IoSlice::new(bytes)];
        let raw: [RawFd; 1];
        let rights;
        let control: &[ControlMessage<'_>] = match descriptor {
            Some(fd) => {
                raw = [fd.as_raw_fd()];
                rights = [ControlMessage::ScmRights(&raw)];
                &rights
            }
            None => &[],
        };
        sendmsg::<()>(self.fd.as_raw_fd(), &iov, control, MsgFlags::MSG_NOSIGNAL, None)?;
        Ok(())
    }

    /// Receives a message and the descriptor that came with it, if one did.
    ///
    /// A packet that is too large, holds no message, or brings more descriptors than a message may is an error of
    /// kind [`ChannelError::Codec`]; its descriptors are closed.
    pub fn receive(&mut self) -> Result<(R, Option<OwnedFd>), ChannelError> {
        self.buffer.resize(MAX_MESSAGE, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS + 1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut iov = [IoSliceMut::new(&mut self.buffer)];
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        let received = rustix::net::recvmsg(&self.fd, &mut iov, &mut control, flags)
            .map_err(|error| Errno::from_raw(error.raw_os_error()))?;
        let mut descriptors: Vec<OwnedFd> = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        let length = received.bytes;
        let truncated = received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC);
        if length == 0 && descriptors.is_empty() {
            return Err(ChannelError::Closed);
        }
        if truncated || descriptors.len() > MAX_DESCRIPTORS {
            return Err(ChannelError::Codec(CodecError::TooLarge));
        }
        let bytes = self.buffer.get(..length).unwrap_or_default();
        let message = codec::decode(bytes).map_err(ChannelError::Codec)?;
        Ok((message, descriptors.pop()))
    }

    /// Back to the bare socket.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }
}

impl<W, R> AsFd for Channel<W, R> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
