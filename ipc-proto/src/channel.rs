//! The one way in which messages travel: a `SOCK_SEQPACKET` connection, one message a packet.

use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::{fmt, io};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair, sockopt,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize as _;

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
        if errno == Errno::AGAIN || errno == Errno::NOBUFS {
            ChannelError::WouldBlock
        } else if errno == Errno::PIPE || errno == Errno::CONNRESET || errno == Errno::NOTCONN {
            ChannelError::Closed
        } else {
            ChannelError::Io(errno.into())
        }
    }
}

/// Two connected ends.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (one, other) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    for end in [&one, &other] {
        // Room for several messages of full size; where the system allows less, less is what there is.
        let _ = sockopt::set_socket_send_buffer_size(end, 4 * MAX_MESSAGE);
    }
    Ok((one, other))
}

impl<W: Serialize, R: DeserializeOwned> Channel<W, R> {
    /// Speaks over a connected `SOCK_SEQPACKET` socket, which is made non-blocking.
    pub fn new(fd: OwnedFd) -> io::Result<Channel<W, R>> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Channel { fd, buffer: Vec::new(), types: PhantomData })
    }

    /// Sends a message, and a descriptor beside it if there is one.
    pub fn send(&self, message: &W, descriptor: Option<BorrowedFd<'_>>) -> Result<(), ChannelError> {
        let bytes = codec::encode(message).map_err(ChannelError::Codec)?;
        self.send_bytes(&bytes, descriptor)
    }

    /// Sends a message that was encoded before (a queue keeps bytes, so that its size is known).
    pub fn send_bytes(&self, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> Result<(), ChannelError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let rights = descriptor.map(|fd| [fd]);
        if let Some(rights) = &rights
            && !control.push(SendAncillaryMessage::ScmRights(rights))
        {
            return Err(ChannelError::Codec(CodecError::TooLarge));
        }
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        sendmsg(&self.fd, &[IoSlice::new(bytes)], &mut control, flags)?;
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
        let received = recvmsg(&self.fd, &mut iov, &mut control, flags)?;
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
        let bytes = self.buffer.get_mut(..length).unwrap_or_default();
        let message = codec::decode(bytes);
        // A key may have come.
        bytes.zeroize();
        Ok((message.map_err(ChannelError::Codec)?, descriptors.pop()))
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
