//! EAP-GPSK (RFC 5433): a shared key of any length, AES-CMAC or HMAC-SHA-256, four messages.
//!
//! A side that does not believe the other ends the conversation without the GPSK-Fail that RFC 5433 10 has for it: hostap
//! knows none, and would wait for what never comes. That of others is taken, and answered.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, aes_cmac, ct_eq, hmac_sha256};
use wire::{Malformed, Reader, Writer};

use super::keyed::{KeyedPeer, KeyedServer, PeerSide, PeerTurn, ServerSide, ServerTurn};
use super::shared_key::{Octets, SharedKey};
use crate::packet::Body;
use crate::{Answer, Context, Credentials, EapError, Keys, MethodType, PeerMethod};

/// RFC 5433 9.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    First = 1,
    Second = 2,
    Third = 3,
    Fourth = 4,
    Fail = 5,
    ProtectedFail = 6,
}

/// "PSK Not Found" and "Authentication Failure" (RFC 5433 9.6).
const NOT_FOUND: u32 = 1;
const AUTHENTICATION_FAILURE: u32 = 2;
/// Octets of vendor and specifier of a suite.
const SUITE: usize = 6;

/// A ciphersuite (RFC 5433 6); those of vendors are not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// AES-CMAC-128, keys of 16 octets.
    Aes,
    /// HMAC-SHA-256, keys of 32 octets.
    Sha256,
}

impl Suite {
    const ALL: [Suite; 2] = [Suite::Sha256, Suite::Aes];

    /// Vendor and specifier.
    const fn octets(self) -> [u8; SUITE] {
        match self {
            Suite::Aes => [0, 0, 0, 0, 0, 1],
            Suite::Sha256 => [0, 0, 0, 0, 0, 2],
        }
    }

    fn from_octets(octets: &[u8]) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.octets() == octets)
    }

    /// KS: the octets of its keys, and of its MAC.
    const fn size(self) -> usize {
        match self {
            Suite::Aes => 16,
            Suite::Sha256 => 32,
        }
    }

    fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            // Whoever calls has a key of 16 octets.
            Suite::Aes => aes_cmac(&key.try_into().unwrap_or_default(), parts).to_vec(),
            Suite::Sha256 => hmac_sha256(key, parts).to_vec(),
        }
    }

    /// GKDF (RFC 5433 4).
    fn gkdf(self, key: &[u8], data: &[u8], octets: usize) -> Secret {
        let mut made = Vec::with_capacity(octets.saturating_add(self.size()));
        let mut number: u16 = 0;
        while made.len() < octets {
            number = number.saturating_add(1);
            made.extend(self.mac(key, &[&number.to_be_bytes(), data]));
        }
        made.truncate(octets);
        Secret::from(made)
    }
}

/// What both sides know once both nonces are on the table.
#[derive(Debug)]
pub struct Agreed {
    suite: Suite,
    /// SK.
    session: Secret,
    rand_p: [u8; 32],
    rand_s: [u8; 32],
    server: Vec<u8>,
    keys: Keys,
}

/// Both names and nonces, as everything is made of them.
#[derive(Clone, Copy)]
struct Names<'a> {
    rand_p: &'a [u8; 32],
    peer: &'a [u8],
    rand_s: &'a [u8; 32],
    server: &'a [u8],
}

impl Agreed {
    /// RFC 5433 4 and 5. The key has at least as many octets as those of the suite.
    fn new(key: &Secret, suite: Suite, names: &Names<'_>) -> Agreed {
        let input = [&names.rand_p[..], names.peer, &names.rand_s[..], names.server].concat();
        let size = suite.size();
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
        let seed = Secret::from([&length[..], key.as_bytes(), &suite.octets(), &input].concat());
        let master = suite.gkdf(key.as_bytes().get(..size).unwrap_or_default(), seed.as_bytes(), size);
        let made = suite.gkdf(master.as_bytes(), &input, 160);
        let (msk, rest) = made.as_bytes().split_at_checked(64).unwrap_or_default();
        let (emsk, rest) = rest.split_at_checked(64).unwrap_or_default();
        let method = [MethodType::GPSK.short().unwrap_or_default()];
        let seed = [b"Method ID", &method[..], &suite.octets(), &input].concat();
        // Where RFC 5433 5 has zeros hostap has the key, and nobody else is known to have the method: with zeros the two
        // sides would not find each other's keys again (RFC 6696).
        let id = suite.gkdf(key.as_bytes().get(..size).unwrap_or_default(), &seed, 16);
        Agreed {
            suite,
            session: Secret::from(rest.get(..size).unwrap_or_default()),
            rand_p: *names.rand_p,
            rand_s: *names.rand_s,
            server: names.server.to_vec(),
            keys: Keys {
                msk: Secret::from(msk),
                emsk: Some(Secret::from(emsk)),
                session_id: Some([&method[..], id.as_bytes()].concat()),
            },
        }
    }

    /// A message with its MAC, which covers what follows the op-code.
    fn signed(&self, op: Op, fields: &[&[u8]]) -> Vec<u8> {
        let mac = self.suite.mac(self.session.as_bytes(), fields);
        let mut data = Vec::from([op as u8]);
        fields.iter().chain(&[mac.as_slice()]).for_each(|field| data.extend_from_slice(field));
        data
    }

    /// Whether what is left of a message is the MAC of all before it.
    fn is_authentic(&self, data: &[u8], mut reader: Reader<'_>) -> bool {
        let mac = reader.take_rest();
        let covered = data.len().checked_sub(mac.len()).and_then(|end| data.get(1..end)).unwrap_or_default();
        ct_eq(mac, &self.suite.mac(self.session.as_bytes(), &[covered]))
    }
}

fn field<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let length = reader.u16_be("EAP-GPSK length")?;
    reader.take(usize::from(length), "EAP-GPSK field")
}

fn with_length(value: &[u8]) -> Vec<u8> {
    // Whoever calls has looked at the length.
    [&u16::try_from(value.len()).unwrap_or_default().to_be_bytes()[..], value].concat()
}

/// No protected data in a message of ours; that of others is passed over (RFC 5433 9.7).
const NO_PAYLOAD: [u8; 2] = [0, 0];

/// What the other side gives as its reason.
fn reason(mut reader: Reader<'_>) -> Result<EapError, Malformed> {
    Ok(EapError::refused(match reader.u32_be("EAP-GPSK failure")? {
        NOT_FOUND => "the other side has no key for this name",
        AUTHENTICATION_FAILURE => "the other side does not find the key to be right",
        3 => "the other side does not allow it",
        _ => "the other side says that it failed",
    }))
}

fn open(data: &[u8]) -> Result<(u8, Reader<'_>), Malformed> {
    let mut reader = Reader::new(data);
    Ok((reader.u8("EAP-GPSK op-code")?, reader))
}

/// The peer's side.
pub type GpskPeer = KeyedPeer<PeerMessages>;

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
    let key = SharedKey::new(credentials, Octets::AtLeast(Suite::Aes.size()))?;
    Ok(Box::new(GpskPeer::begin(PeerMessages { identity, key }, PeerState::Start)))
}

impl PeerMessages {
    fn first(&mut self, mut reader: Reader<'_>, cx: &mut Context<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
        let server = field(&mut reader)?;
        let rand_s: [u8; 32] = reader.array("EAP-GPSK RAND_Server")?;
        let list = field(&mut reader)?;
        reader.finish("EAP-GPSK-1")?;
        let (suites, []) = list.as_chunks::<SUITE>() else { return Err(Malformed("EAP-GPSK ciphersuites")) };
        let key = match self.key.get() {
            Ok(key) => key,
            Err(why) => return Ok(why.into()),
        };
        // RFC 5433 5: the key is at least as long as those of the suite.
        let fits = |suite: &Suite| key.len() >= suite.size();
        let Some(suite) = suites.iter().filter_map(|octets| Suite::from_octets(octets)).find(fits) else {
            let error = EapError::configuration("the server has no ciphersuite of EAP-GPSK for a key of this length");
            return Ok(PeerTurn::Fail(None, error));
        };
        let mut rand_p = [0; 32];
        cx.rng.fill(&mut rand_p);
        let names = Names { rand_p: &rand_p, peer: &self.identity, rand_s: &rand_s, server };
        let agreed = Agreed::new(&key, suite, &names);
        let data = agreed.signed(
            Op::Second,
            &[
                &with_length(&self.identity),
                &with_length(server),
                &rand_p,
                &rand_s,
                &with_length(list),
                &suite.octets(),
                &NO_PAYLOAD,
            ],
        );
        Ok(PeerTurn::Respond(data, PeerState::Answered(Box::new(agreed))))
    }
}

fn third(agreed: &Agreed, data: &[u8], mut reader: Reader<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
    let rand_p: [u8; 32] = reader.array("EAP-GPSK RAND_Peer")?;
    let rand_s: [u8; 32] = reader.array("EAP-GPSK RAND_Server")?;
    let server = field(&mut reader)?;
    let suite: [u8; SUITE] = reader.array("EAP-GPSK ciphersuite")?;
    field(&mut reader)?;
    // RFC 5433 10: what does not fit what was said before is not looked at further.
    if rand_p != agreed.rand_p || rand_s != agreed.rand_s || server != agreed.server || suite != agreed.suite.octets() {
        return Err(Malformed("EAP-GPSK-3 of another conversation"));
    }
    if !agreed.is_authentic(data, reader) {
        return Ok(PeerTurn::Fail(None, EapError::credentials("the server has another key")));
    }
    Ok(PeerTurn::Done(agreed.signed(Op::Fourth, &[&NO_PAYLOAD]), agreed.keys.clone()))
}

impl PeerSide for PeerMessages {
    const METHOD: MethodType = MethodType::GPSK;
    type State = PeerState;

    fn take(
        &mut self,
        state: &PeerState,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<PeerState>, Malformed> {
        let (op, reader) = open(request.data)?;
        match state {
            // The answer is the same message (RFC 5433 9.5).
            _ if op == Op::Fail as u8 => Ok(PeerTurn::Fail(Some(request.data.to_vec()), reason(reader)?)),
            PeerState::Start if op == Op::First as u8 => self.first(reader, cx),
            PeerState::Answered(agreed) if op == Op::Third as u8 => third(agreed, request.data, reader),
            PeerState::Answered(agreed) if op == Op::ProtectedFail as u8 => {
                let (code, mac) = protected(reader)?;
                if !agreed.is_authentic(request.data, mac) {
                    return Err(Malformed("EAP-GPSK MAC"));
                }
                Ok(PeerTurn::Fail(Some(request.data.to_vec()), reason(code)?))
            }
            PeerState::Start | PeerState::Answered(_) => Err(Malformed("EAP-GPSK message out of turn")),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.key.answer(answer);
    }
}

/// The code of a protected failure, and what follows it.
fn protected(mut reader: Reader<'_>) -> Result<(Reader<'_>, Reader<'_>), Malformed> {
    let code = reader.sub(4, "EAP-GPSK failure")?;
    Ok((code, reader))
}

/// The server's side.
pub type GpskServer = KeyedServer<ServerMessages>;

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
    /// The peer's proof, with this RAND_Server.
    Challenged([u8; 32]),
    /// The peer's last word.
    Proved(Box<Agreed>),
}

impl GpskServer {
    /// One that calls itself `identity`, for the peer of this name with this key of 16 octets or more; with 32 or more
    /// the suite with SHA-256 is offered too.
    #[must_use]
    pub const fn new(identity: Vec<u8>, peer: Vec<u8>, key: Secret) -> GpskServer {
        GpskServer::of(ServerMessages { identity, peer, key })
    }
}

impl ServerMessages {
    /// The suites for which the key is long enough, the best one first.
    fn suites(&self) -> Vec<u8> {
        let fits = |suite: &Suite| self.key.len() >= suite.size();
        Suite::ALL.into_iter().filter(fits).flat_map(Suite::octets).collect()
    }

    fn second(
        &self,
        rand: &[u8; 32],
        data: &[u8],
        mut reader: Reader<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        let peer = field(&mut reader)?;
        let server = field(&mut reader)?;
        let rand_p: [u8; 32] = reader.array("EAP-GPSK RAND_Peer")?;
        let rand_s: [u8; 32] = reader.array("EAP-GPSK RAND_Server")?;
        let list = field(&mut reader)?;
        let suite: [u8; SUITE] = reader.array("EAP-GPSK ciphersuite")?;
        field(&mut reader)?;
        // RFC 5433 10: what was said must come back; so nobody has taken a suite out of the list.
        let ours = self.suites();
        if server != self.identity || rand_s != *rand || list != ours {
            return Err(Malformed("EAP-GPSK-2 of another conversation"));
        }
        let offered = ours.as_chunks::<SUITE>().0.contains(&suite);
        let suite = Suite::from_octets(&suite).filter(|_| offered).ok_or(Malformed("EAP-GPSK ciphersuite"))?;
        let names = Names { rand_p: &rand_p, peer, rand_s: rand, server };
        let agreed = Agreed::new(&self.key, suite, &names);
        // The key is that of one peer: it proves no other name.
        if !agreed.is_authentic(data, reader) || peer != self.peer {
            return Ok(ServerTurn::Fail(EapError::credentials("the peer has another key, or another name")));
        }
        let request = agreed.signed(Op::Third, &[&rand_p, rand, &with_length(server), &suite.octets(), &NO_PAYLOAD]);
        Ok(ServerTurn::Request(request, ServerState::Proved(Box::new(agreed))))
    }
}

impl ServerSide for ServerMessages {
    const METHOD: MethodType = MethodType::GPSK;
    type State = ServerState;

    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<ServerState> {
        let suites = self.suites();
        if suites.is_empty() || self.identity.len() > LONGEST_IDENTITY {
            return ServerTurn::Fail(EapError::configuration("EAP-GPSK needs a key of at least 16 octets"));
        }
        let mut rand = [0; 32];
        cx.rng.fill(&mut rand);
        let mut writer = Writer::new();
        writer.u8(Op::First as u8).put(&with_length(&self.identity)).put(&rand).put(&with_length(&suites));
        // A name and two suites: far from what a packet can hold.
        ServerTurn::Request(writer.finish().unwrap_or_default(), ServerState::Challenged(rand))
    }

    fn take(
        &mut self,
        state: &ServerState,
        response: &Body<'_>,
        _: &mut Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        let (op, mut reader) = open(response.data)?;
        match state {
            ServerState::Challenged(_) | ServerState::Proved(_) if op == Op::Fail as u8 => {
                Ok(ServerTurn::Fail(reason(reader)?))
            }
            ServerState::Challenged(rand) if op == Op::Second as u8 => self.second(rand, response.data, reader),
            ServerState::Proved(agreed) if op == Op::Fourth as u8 => {
                field(&mut reader)?;
                // Whoever does not have the key ends nothing here.
                if agreed.is_authentic(response.data, reader) {
                    Ok(ServerTurn::Done(agreed.keys.clone()))
                } else {
                    Err(Malformed("EAP-GPSK MAC"))
                }
            }
            ServerState::Proved(agreed) if op == Op::ProtectedFail as u8 => {
                let (code, mac) = protected(reader)?;
                if agreed.is_authentic(response.data, mac) {
                    Ok(ServerTurn::Fail(reason(code)?))
                } else {
                    Err(Malformed("EAP-GPSK MAC"))
                }
            }
            ServerState::Challenged(_) | ServerState::Proved(_) => Err(Malformed("EAP-GPSK message out of turn")),
        }
    }
}

/// Longer names leave no room for the rest of a packet.
const LONGEST_IDENTITY: usize = 512;
