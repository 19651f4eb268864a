//! EAP-PSK (RFC 4764): a key of 16 octets, AES and nothing else.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, aes_block, aes_cmac, aes_eax_open, aes_eax_seal, ct_eq};
use wire::{Malformed, Reader};

use super::keyed::{KeyedPeer, KeyedServer, PeerSide, PeerTurn, ServerSide, ServerTurn};
use super::shared_key::{Octets, SharedKey};
use crate::packet::Body;
use crate::{Answer, Context, Credentials, EapError, Keys, MethodType, PeerMethod};

/// R of the protected channel (RFC 4764 3.4): done, and well.
const DONE_SUCCESS: u8 = 2;
/// R of the protected channel: done, and not well.
const DONE_FAILURE: u8 = 3;
/// The bit of the protected channel that says that an extension follows.
const EXTENSION: u8 = 0x20;
/// Type, flags and RAND_S, with the header of EAP in front: what the channel protects in the clear.
const HEADER: usize = 22;
/// Longer identities are none.
const LONGEST_IDENTITY: usize = 966;

/// What both sides know once both nonces are on the table.
#[derive(Debug)]
pub struct Agreed {
    ak: [u8; 16],
    tek: [u8; 16],
    rand_s: [u8; 16],
    rand_p: [u8; 16],
    server: Vec<u8>,
    peer: Vec<u8>,
    keys: Keys,
}

/// A block with a number XORed into its end.
fn numbered(block: [u8; 16], number: u8) -> [u8; 16] {
    (u128::from_be_bytes(block) ^ u128::from(number)).to_be_bytes()
}

/// AK and KDK (RFC 4764 2.1).
fn setup(key: &Secret) -> ([u8; 16], [u8; 16]) {
    let key = key.as_bytes().try_into().unwrap_or_default();
    let block = aes_block(&key, &[0; 16]);
    (aes_block(&key, &numbered(block, 1)), aes_block(&key, &numbered(block, 2)))
}

impl Agreed {
    /// RFC 4764 2.1 and 3.2.
    fn new(key: &Secret, rand_s: [u8; 16], rand_p: [u8; 16], server: &[u8], peer: &[u8]) -> Agreed {
        let (ak, kdk) = setup(key);
        let block = aes_block(&kdk, &rand_p);
        let blocks = |from: u8| -> Secret {
            let made: Vec<u8> =
                (from..from.saturating_add(4)).flat_map(|number| aes_block(&kdk, &numbered(block, number))).collect();
            Secret::from(made)
        };
        let session_id = [&[MethodType::PSK.short().unwrap_or_default()][..], &rand_p, &rand_s].concat();
        Agreed {
            ak,
            tek: aes_block(&kdk, &numbered(block, 1)),
            rand_s,
            rand_p,
            server: server.to_vec(),
            peer: peer.to_vec(),
            keys: Keys { msk: blocks(2), emsk: Some(blocks(6)), session_id: Some(session_id) },
        }
    }

    fn mac_p(&self) -> [u8; 16] {
        aes_cmac(&self.ak, &[&self.peer, &self.server, &self.rand_s, &self.rand_p])
    }

    fn mac_s(&self) -> [u8; 16] {
        aes_cmac(&self.ak, &[&self.server, &self.rand_p])
    }

    /// Puts the channel behind `data`, the packet of which has this code and identifier.
    fn seal(&self, code: u8, identifier: u8, mut data: Vec<u8>, counter: u32, result: u8) -> Vec<u8> {
        let length = u16::try_from(data.len().saturating_add(5 + 4 + 16 + 1)).unwrap_or(u16::MAX).to_be_bytes();
        let mut header =
            Vec::from([code, identifier, length[0], length[1], MethodType::PSK.short().unwrap_or_default()]);
        header.extend(data.iter().take(HEADER - 5));
        let (sealed, tag) = aes_eax_seal(&self.tek, &nonce(counter), &header, &[result << 6]);
        data.extend(counter.to_be_bytes());
        data.extend(tag);
        data.extend(sealed);
        data
    }

    /// What the channel at the end of a packet holds; `None` if it is not the other side's.
    fn open(&self, whole: &[u8], channel: &Channel<'_>) -> Option<u8> {
        let header = whole.get(..HEADER)?;
        let plain = aes_eax_open(&self.tek, &nonce(channel.counter), header, channel.sealed, &channel.tag)?;
        plain.as_bytes().first().copied()
    }
}

fn nonce(counter: u32) -> [u8; 16] {
    u128::from(counter).to_be_bytes()
}

struct Channel<'a> {
    counter: u32,
    tag: [u8; 16],
    sealed: &'a [u8],
}

impl<'a> Channel<'a> {
    fn parse(mut reader: Reader<'a>) -> Result<Channel<'a>, Malformed> {
        let counter = reader.u32_be("EAP-PSK nonce")?;
        let tag = reader.array("EAP-PSK tag")?;
        let sealed = reader.take_rest();
        if sealed.is_empty() { Err(Malformed("EAP-PSK channel")) } else { Ok(Channel { counter, tag, sealed }) }
    }
}

/// Which message it is, and what follows RAND_S.
fn open<'a>(data: &'a [u8]) -> Result<(u8, [u8; 16], Reader<'a>), Malformed> {
    let mut reader = Reader::new(data);
    let flags = reader.u8("EAP-PSK flags")?;
    let rand = reader.array("EAP-PSK RAND_S")?;
    Ok((flags >> 6, rand, reader))
}

fn identity<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let identity = reader.take_rest();
    if identity.is_empty() || identity.len() > LONGEST_IDENTITY {
        Err(Malformed("EAP-PSK identity"))
    } else {
        Ok(identity)
    }
}

/// The peer's side.
pub type PskPeer = KeyedPeer<PeerMessages>;

/// The messages of the peer.
#[derive(Debug)]
pub struct PeerMessages {
    identity: Vec<u8>,
    key: SharedKey,
}

/// What is known on the peer's side.
#[derive(Debug)]
pub enum PeerState {
    /// Nothing.
    Start,
    /// Both nonces: the server's proof is to come.
    Answered(Box<Agreed>),
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    let messages = PeerMessages { identity, key: SharedKey::new(credentials, Octets::Exactly(16))? };
    Ok(Box::new(PskPeer::begin(messages, PeerState::Start)))
}

impl PeerMessages {
    fn first(&mut self, data: &[u8], cx: &mut Context<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
        let (0, rand_s, mut reader) = open(data)? else { return Err(Malformed("EAP-PSK message")) };
        let server = identity(&mut reader)?;
        let key = match self.key.get() {
            Ok(key) => key,
            Err(why) => return Ok(why.into()),
        };
        let mut rand_p = [0; 16];
        cx.rng.fill(&mut rand_p);
        let agreed = Agreed::new(&key, rand_s, rand_p, server, &self.identity);
        let answer = [&[1 << 6][..], &rand_s, &rand_p, &agreed.mac_p(), &self.identity].concat();
        Ok(PeerTurn::Respond(answer, PeerState::Answered(Box::new(agreed))))
    }
}

fn second(agreed: &Agreed, request: &Body<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
    let (2, rand_s, mut reader) = open(request.data)? else { return Err(Malformed("EAP-PSK message")) };
    let mac: [u8; 16] = reader.array("EAP-PSK MAC_S")?;
    let channel = Channel::parse(reader)?;
    if rand_s != agreed.rand_s {
        return Err(Malformed("EAP-PSK RAND_S"));
    }
    let said = agreed.open(request.whole, &channel).filter(|_| ct_eq(&mac, &agreed.mac_s()));
    let Some(said) = said else {
        return Ok(PeerTurn::Fail(None, EapError::credentials("the server has another key")));
    };
    let next = channel.counter.wrapping_add(1);
    let answer = |result| {
        let data = [&[3 << 6][..], &rand_s].concat();
        agreed.seal(2, request.identifier, data, next, result)
    };
    Ok(match (said >> 6, said & EXTENSION) {
        (DONE_SUCCESS, 0) => PeerTurn::Done(answer(DONE_SUCCESS), agreed.keys.clone()),
        (DONE_FAILURE, _) => {
            PeerTurn::Fail(Some(answer(DONE_FAILURE)), EapError::refused("the server says that it failed"))
        }
        _ => PeerTurn::Fail(
            Some(answer(DONE_FAILURE)),
            EapError::protocol("the server wants an extension of EAP-PSK, and there are none"),
        ),
    })
}

impl PeerSide for PeerMessages {
    const METHOD: MethodType = MethodType::PSK;
    type State = PeerState;

    fn take(
        &mut self,
        state: &PeerState,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<PeerState>, Malformed> {
        match state {
            PeerState::Start => self.first(request.data, cx),
            PeerState::Answered(agreed) => second(agreed, request),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.key.answer(answer);
    }
}

/// The server's side.
pub type PskServer = KeyedServer<ServerMessages>;

/// The messages of the server.
#[derive(Debug)]
pub struct ServerMessages {
    identity: Vec<u8>,
    peer: Vec<u8>,
    key: Secret,
}

/// What the server waits for.
#[derive(Debug)]
pub enum ServerState {
    /// The peer's proof, with this RAND_S.
    Challenged([u8; 16]),
    /// The peer's result.
    Proved(Box<Agreed>),
}

impl PskServer {
    /// One that calls itself `identity`, for the peer of this name with this key of 16 octets.
    #[must_use]
    pub const fn new(identity: Vec<u8>, peer: Vec<u8>, key: Secret) -> PskServer {
        PskServer::of(ServerMessages { identity, peer, key })
    }
}

impl ServerMessages {
    fn proof(
        &self,
        rand_s: [u8; 16],
        response: &Body<'_>,
        cx: &Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        let (1, echo, mut reader) = open(response.data)? else { return Err(Malformed("EAP-PSK message")) };
        let rand_p = reader.array("EAP-PSK RAND_P")?;
        let mac: [u8; 16] = reader.array("EAP-PSK MAC_P")?;
        let name = identity(&mut reader)?;
        if echo != rand_s {
            return Err(Malformed("EAP-PSK RAND_S"));
        }
        let agreed = Agreed::new(&self.key, rand_s, rand_p, &self.identity, name);
        // The key is that of one peer: it proves no other name.
        if !ct_eq(&mac, &agreed.mac_p()) || name != self.peer {
            return Ok(ServerTurn::Fail(EapError::credentials("the peer has another key, or another name")));
        }
        let data = [&[2 << 6][..], &rand_s, &agreed.mac_s()].concat();
        let request = agreed.seal(1, cx.identifier, data, 0, DONE_SUCCESS);
        Ok(ServerTurn::Request(request, ServerState::Proved(Box::new(agreed))))
    }
}

fn result(agreed: &Agreed, response: &Body<'_>) -> Result<ServerTurn<ServerState>, Malformed> {
    let (3, rand_s, reader) = open(response.data)? else { return Err(Malformed("EAP-PSK message")) };
    let channel = Channel::parse(reader)?;
    if rand_s != agreed.rand_s || channel.counter == 0 {
        return Err(Malformed("EAP-PSK RAND_S or nonce"));
    }
    // Whoever does not have the key ends nothing here.
    let said = agreed.open(response.whole, &channel).ok_or(Malformed("EAP-PSK channel"))?;
    if said >> 6 == DONE_SUCCESS && said & EXTENSION == 0 {
        return Ok(ServerTurn::Done(agreed.keys.clone()));
    }
    Ok(ServerTurn::Fail(EapError::refused("the peer says that it failed")))
}

impl ServerSide for ServerMessages {
    const METHOD: MethodType = MethodType::PSK;
    type State = ServerState;

    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<ServerState> {
        if self.key.len() != 16 {
            return ServerTurn::Fail(EapError::configuration("EAP-PSK needs a key of 16 octets"));
        }
        let mut rand = [0; 16];
        cx.rng.fill(&mut rand);
        ServerTurn::Request([&[0][..], &rand, &self.identity].concat(), ServerState::Challenged(rand))
    }

    fn take(
        &mut self,
        state: &ServerState,
        response: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        match state {
            ServerState::Challenged(rand) => self.proof(*rand, response, cx),
            ServerState::Proved(agreed) => result(agreed, response),
        }
    }
}
