//! Generic Token Card and One-Time Password (RFC 3748 5.5, 5.6): text in the clear, so only inside of a tunnel.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use crypto::{Secret, ct_eq};

use crate::packet::Body;
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Keys, MethodType, Password, PeerMethod, PeerStep, Progress,
    ServerMethod, ServerStep,
};

/// The peer's side of either.
#[derive(Debug)]
pub struct TokenPeer {
    method: MethodType,
    /// What is answered, used once for each Request if it was asked for.
    text: Option<Secret>,
    is_given: bool,
    trouble: Option<EapError>,
}

pub(crate) fn gtc_peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    token_peer(MethodType::GTC, credentials.password.as_ref())
}

/// A one-time password is always asked for.
pub(crate) fn otp_peer(_: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    token_peer(MethodType::OTP, None)
}

fn token_peer(method: MethodType, password: Option<&Password>) -> Result<Box<dyn PeerMethod>, EapError> {
    let text = match password {
        None => None,
        Some(Password::Plain(text)) => Some(text.clone()),
        Some(Password::NtHash(_)) => {
            return Err(EapError::configuration("GTC needs the password itself, not its hash"));
        }
    };
    Ok(Box::new(TokenPeer { method, is_given: text.is_some(), text, trouble: None }))
}

impl PeerMethod for TokenPeer {
    fn method_type(&self) -> MethodType {
        self.method
    }

    fn handle(&mut self, request: &Body<'_>, _: &mut Context<'_>) -> PeerStep {
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        let text = if self.is_given { self.text.clone() } else { self.text.take() };
        match text {
            // A server may go on asking, for the next token of a card for example.
            Some(text) => PeerStep::Respond(text.as_bytes().to_vec(), Progress::MayContinue(Decision::Conditional)),
            None => {
                let challenge = String::from_utf8_lossy(request.data).into_owned();
                PeerStep::Ask(Ask::OneTimePassword { challenge })
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer.text() {
            Some(text) => self.text = Some(text),
            None => self.trouble = Some(EapError::local("nobody gave the answer to the challenge")),
        }
    }

    fn keys(&self) -> Option<Keys> {
        None
    }
}

/// The server's side of either: asks once, for an answer that is known.
#[derive(Debug)]
pub struct TokenServer {
    method: MethodType,
    prompt: Vec<u8>,
    answer: Secret,
}

/// The server's side of Generic Token Card.
pub type GtcServer = TokenServer;

impl TokenServer {
    /// Of Generic Token Card, for a peer that should answer the prompt with this password.
    #[must_use]
    pub const fn new(prompt: Vec<u8>, password: Secret) -> TokenServer {
        TokenServer { method: MethodType::GTC, prompt, answer: password }
    }

    /// Of One-Time Password, for a peer that should give this answer to this challenge, and only this time: whoever makes
    /// challenges (RFC 2289) knows it.
    #[must_use]
    pub const fn one_time(challenge: Vec<u8>, answer: Secret) -> TokenServer {
        TokenServer { method: MethodType::OTP, prompt: challenge, answer }
    }
}

impl ServerMethod for TokenServer {
    fn method_type(&self) -> MethodType {
        self.method
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(self.prompt.clone())
    }

    fn handle(&mut self, response: &Body<'_>, _: &mut Context<'_>) -> ServerStep {
        if ct_eq(response.data, self.answer.as_bytes()) {
            ServerStep::Succeed
        } else {
            ServerStep::Fail(EapError::credentials("the answer to the prompt is wrong"))
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        None
    }
}
