//! What the methods with TLS share: records in fragments, keys, and the conversation inside.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::Secret;
use tls::{Endpoint, Session, TlsError, Version, WallTime};

use crate::fragment::{Assembler, Fragmenter, MESSAGE_LIMIT, TlsFrame};
use crate::methods::ttls::TtlsInner;
use crate::{CertificateNote, Context, EapError, Ignored, Keys, MethodType, Note};

mod inner;
mod inner_server;

pub(crate) use inner::{InnerPeer, InnerStep};
pub(crate) use inner_server::{InnerServer, ServedStep};

/// What a tunnel is made from on the station's side.
#[derive(Clone)]
pub struct TunnelCredentials {
    /// Sessions are started from it; it knows whom to believe and who we are.
    pub endpoint: Arc<dyn Endpoint>,
    /// The methods inside, the best one first.
    pub inner: Vec<MethodType>,
    /// Demand authentication inside also where an earlier session is taken up again (`phase2_auth=2`).
    pub always_inner: bool,
    /// Crypto-binding of PEAP.
    pub crypto_binding: CryptoBinding,
    /// The version of PEAP that is spoken; `None` for the highest that both know.
    pub peap_version: Option<u8>,
    /// What authenticates inside of TTLS.
    pub ttls: TtlsInner,
    /// Name and password may go to the server of TEAP as they are (RFC 9930 3.6.2).
    pub basic_password: bool,
}

impl TunnelCredentials {
    /// With these methods inside, and everything else as it is where nothing is configured.
    #[must_use]
    pub fn new(endpoint: Arc<dyn Endpoint>, inner: Vec<MethodType>) -> TunnelCredentials {
        TunnelCredentials {
            endpoint,
            inner,
            always_inner: false,
            crypto_binding: CryptoBinding::default(),
            peap_version: None,
            ttls: TtlsInner::default(),
            basic_password: true,
        }
    }
}

impl core::fmt::Debug for TunnelCredentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TunnelCredentials").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// An endpoint, printed without what it holds.
#[derive(Clone)]
pub(crate) struct EndpointOf(pub(crate) Arc<dyn Endpoint>);

impl core::fmt::Debug for EndpointOf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Endpoint")
    }
}

/// Whether both conversations must be shown to have the same ends ([MS-PEAP] 3.1.5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CryptoBinding {
    /// Not even if the server wants it.
    Off,
    /// If the server does it.
    #[default]
    Optional,
    /// A server that does not is refused.
    Required,
}

/// Records of one session, in frames.
pub(crate) struct Channel {
    session: Box<dyn Session>,
    /// Forgets the session should it end before [`Channel::trust`]: one that was never authenticated inside must not
    /// be taken up again.
    endpoint: Option<Arc<dyn Endpoint>>,
    method: MethodType,
    /// The low bits of the flags.
    version: u8,
    assembler: Assembler,
    sending: Fragmenter,
}

impl core::fmt::Debug for Channel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Channel").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(endpoint) = &self.endpoint {
            endpoint.forget();
        }
    }
}

/// What a frame has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A fragment: it is to be acknowledged.
    Fragment,
    /// Room for more of our own, or a whole message, which the session has taken.
    Turn,
}

pub(crate) fn wall(wall: Option<u64>) -> WallTime {
    // A clock that is known to be wrong makes no certificate valid, unless dates are not looked at.
    WallTime(wall.unwrap_or(0))
}

impl Channel {
    /// A station's: what it says first is at [`Channel::next_frame`].
    pub(crate) fn client(
        endpoint: &Arc<dyn Endpoint>,
        method: MethodType,
        version: u8,
        cx: &Context<'_>,
    ) -> Result<Channel, EapError> {
        let session = endpoint.start(wall(cx.wall))?;
        Ok(Channel::new(session, Some(Arc::clone(endpoint)), method, version))
    }

    /// A server's.
    pub(crate) fn server(
        endpoint: &Arc<dyn Endpoint>,
        method: MethodType,
        version: u8,
        cx: &Context<'_>,
    ) -> Result<Channel, EapError> {
        Ok(Channel::new(endpoint.start(wall(cx.wall))?, None, method, version))
    }

    fn new(session: Box<dyn Session>, endpoint: Option<Arc<dyn Endpoint>>, method: MethodType, version: u8) -> Channel {
        let assembler = Assembler::new(MESSAGE_LIMIT);
        Channel { session, endpoint, method, version, assembler, sending: Fragmenter::new(Vec::new()) }
    }

    /// The session may be taken up again: everything was authenticated.
    pub(crate) fn trust(&mut self) {
        self.endpoint = None;
    }

    pub(crate) const fn session(&mut self) -> &mut dyn Session {
        &mut *self.session
    }

    /// Takes a frame.
    pub(crate) fn take(&mut self, frame: &TlsFrame<'_>, now: Option<u64>) -> Result<Taken, EapError> {
        if !self.sending.is_done() {
            // RFC 5216 2.1.5: only acknowledgements until everything was sent.
            return if frame.data.is_empty() && !frame.more {
                Ok(Taken::Turn)
            } else {
                Err(EapError::protocol("data amid our fragments"))
            };
        }
        let total = frame.total.map(|total| usize::try_from(total).unwrap_or(usize::MAX));
        match self.assembler.push(total, frame.more, frame.data)? {
            None => Ok(Taken::Fragment),
            Some(message) => {
                if !message.is_empty() {
                    self.session.receive(&message, wall(now))?;
                }
                Ok(Taken::Turn)
            }
        }
    }

    /// Whether some of a message of ours is still to be sent.
    pub(crate) fn is_sending(&self) -> bool {
        !self.sending.is_done()
    }

    /// The next frame of what the session has to send; `None` if it has nothing.
    pub(crate) fn next_frame(&mut self, room: usize) -> Option<Vec<u8>> {
        if self.sending.is_done() {
            let output = self.session.output();
            if output.is_empty() {
                return None;
            }
            self.sending = Fragmenter::new(output);
        }
        let piece = self.sending.next_piece(room.saturating_sub(5));
        // Messages are far from 4 GiB.
        let total = piece.total.map(|total| u32::try_from(total).unwrap_or(u32::MAX));
        Some(TlsFrame { total, more: piece.more, start: false, rest: self.version, data: piece.data }.write())
    }

    /// The frame without data: an acknowledgement.
    pub(crate) fn empty_frame(&self) -> Vec<u8> {
        empty_frame(self.version)
    }

    /// The next frame, or the empty one.
    pub(crate) fn frame(&mut self, room: usize) -> Vec<u8> {
        self.next_frame(room).unwrap_or_else(|| self.empty_frame())
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.session.is_resumed()
    }

    pub(crate) fn is_tls13(&self) -> bool {
        self.session.version() == Some(Version::Tls13)
    }

    fn octet(&self) -> u8 {
        // Every method with TLS has a short type.
        self.method.short().unwrap_or_default()
    }

    /// Keying material as RFC 9190 2.3 and RFC 9427 2.1 have it for TLS 1.3, and under this label for TLS 1.2.
    pub(crate) fn keys(&self, label: &str) -> Result<(Secret, Keys), EapError> {
        let mut material = zeroize::Zeroizing::new([0; 128]);
        let mut session_id = Vec::from([self.octet()]);
        if self.is_tls13() {
            let context = [self.octet()];
            self.session.export("EXPORTER_EAP_TLS_Key_Material", Some(&context), &mut *material)?;
            let mut method_id = [0; 64];
            self.session.export("EXPORTER_EAP_TLS_Method-Id", Some(&context), &mut method_id)?;
            session_id.extend_from_slice(&method_id);
        } else {
            self.session.export(label, None, &mut *material)?;
            let randoms = self.session.randoms().ok_or(TlsError::Unfinished)?;
            session_id.extend_from_slice(&randoms.client);
            session_id.extend_from_slice(&randoms.server);
        }
        let (msk, emsk) = material.split_at(64);
        let keys = Keys { msk: Secret::from(msk), emsk: Some(Secret::from(emsk)), session_id: Some(session_id) };
        Ok((Secret::from(material.as_slice()), keys))
    }

    /// Tells of the other side's certificates.
    pub(crate) fn note_chain(&self, notes: &mut Vec<Note>) {
        for (depth, certificate) in (0..).zip(self.session.peer_chain()) {
            let alternatives = certificate.alt_names().iter().map(ToString::to_string).collect();
            notes.push(Note::Certificate(Box::new(CertificateNote {
                depth,
                subject: certificate.subject().into(),
                alternatives,
                der: certificate.der().to_vec(),
            })));
        }
    }
}

pub(crate) fn empty_frame(version: u8) -> Vec<u8> {
    TlsFrame { total: None, more: false, start: false, rest: version, data: &[] }.write()
}

/// The Request that begins a method with TLS (RFC 5216 2.1.1).
pub(crate) fn start_frame(version: u8) -> Vec<u8> {
    TlsFrame { total: None, more: false, start: true, rest: version, data: &[] }.write()
}

/// What a Start amid a conversation is.
pub(crate) const START_AGAIN: Ignored = Ignored("a Start amid the conversation");
