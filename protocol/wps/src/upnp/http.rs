//! Messages of HTTP/1.1 (RFC 9112), read piece by piece and never longer than anything here needs.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest start line and headers.
pub const MAX_HEAD: usize = 4096;
/// The longest body, chunks put together.
pub const MAX_BODY: usize = 8192;
/// How many headers there may be.
const MAX_HEADERS: usize = 64;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// It is longer than anything here needs.
    TooLong,
    /// It is none.
    Malformed(&'static str),
    /// A way to say the body's length that nobody here uses.
    Unsupported,
}

impl HttpError {
    /// The status that says it.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::TooLong => Status(413),
            Self::Malformed(_) => Status(400),
            Self::Unsupported => Status(501),
        }
    }
}

impl core::fmt::Display for HttpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooLong => f.write_str("an HTTP message longer than anything that is needed"),
            Self::Malformed(what) => write!(f, "no HTTP message: {what}"),
            Self::Unsupported => f.write_str("an HTTP message of a kind that nobody here uses"),
        }
    }
}

impl core::error::Error for HttpError {}

/// A status (RFC 9110 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self.0 {
            200 => "OK",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            _ => "Status",
        }
    }
}

/// A start line, headers, and a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The start line.
    pub start: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The only header of this name; `None` too if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str())?;
        found.next().is_none().then_some(value)
    }

    /// Method and target of a request.
    ///
    /// # Errors
    /// If it is none.
    pub fn request(&self) -> Result<(&str, &str), HttpError> {
        let mut words = self.start.split(' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(method), Some(target), Some("HTTP/1.0" | "HTTP/1.1"), None)
                if !method.is_empty() && !target.is_empty() =>
            {
                Ok((method, target))
            }
            _ => Err(HttpError::Malformed("request line")),
        }
    }

    /// The status of a response.
    ///
    /// # Errors
    /// If it is none.
    pub fn status(&self) -> Result<Status, HttpError> {
        let mut words = self.start.splitn(3, ' ');
        match (words.next(), words.next().map(str::parse)) {
            (Some("HTTP/1.0" | "HTTP/1.1"), Some(Ok(status @ 100..=599))) => Ok(Status(status)),
            _ => Err(HttpError::Malformed("status line")),
        }
    }
}

/// The octets of a message: start line, headers, and a body whose length and type are said if there is one.
#[must_use]
pub fn write(start: &str, headers: &[(&str, &str)], body: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut text = alloc::format!("{start}\r\n");
    let mut put = |name: &str, value: &str| {
        // What would end a header does not get into one.
        let clean = value.chars().filter(|letter| !letter.is_control());
        text.push_str(name);
        text.push_str(": ");
        text.extend(clean);
        text.push_str("\r\n");
    };
    headers.iter().for_each(|(name, value)| put(name, value));
    if let Some((kind, body)) = body {
        put("Content-Type", kind);
        put("Content-Length", &alloc::format!("{}", body.len()));
    }
    text.push_str("\r\n");
    let mut octets = text.into_bytes();
    octets.extend_from_slice(body.map_or(&[], |(_, body)| body));
    octets
}

/// A response.
#[must_use]
pub fn response(status: Status, headers: &[(&str, &str)], body: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut all = alloc::vec![("Server", SERVER), ("Connection", "close")];
    all.extend_from_slice(headers);
    if body.is_none() {
        all.push(("Content-Length", "0"));
    }
    write(&alloc::format!("HTTP/1.1 {} {}", status.0, status.text()), &all, body)
}

/// What we say that we are.
pub const SERVER: &str = "unspecified, UPnP/1.0, unspecified";

/// Puts a message together from what a stream brings.
#[derive(Debug)]
pub struct Assembly {
    state: State,
    buffer: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    /// A body of so many octets.
    Sized(Message, usize),
    /// A body in chunks.
    Chunked(Message),
    /// A body that lasts until the stream ends.
    ToEnd(Message),
    Ended,
}

impl Default for Assembly {
    fn default() -> Self {
        Self::new()
    }
}

impl Assembly {
    /// Nothing has come.
    #[must_use]
    pub const fn new() -> Assembly {
        Assembly { state: State::Head, buffer: Vec::new() }
    }

    /// Takes what has come. Gives the message when it is whole; what follows it is not looked at.
    ///
    /// # Errors
    /// Why it is none. After that nothing more is taken.
    pub fn push(&mut self, octets: &[u8]) -> Result<Option<Message>, HttpError> {
        // Nothing is ever kept that is longer than a message may be.
        let room = MAX_HEAD.saturating_add(MAX_BODY.saturating_mul(2)).saturating_sub(self.buffer.len());
        let Some(octets) = octets.get(..octets.len().min(room.saturating_add(1))) else { return Ok(None) };
        self.buffer.extend_from_slice(octets);
        let result = self.advance();
        if !matches!(result, Ok(None)) {
            self.state = State::Ended;
            self.buffer = Vec::new();
        }
        result
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// If the message is not whole.
    pub fn finish(&mut self) -> Result<Message, HttpError> {
        match core::mem::replace(&mut self.state, State::Ended) {
            State::ToEnd(message) => Ok(Message { body: core::mem::take(&mut self.buffer), ..message }),
            State::Head | State::Sized(..) | State::Chunked(_) | State::Ended => {
                Err(HttpError::Malformed("the stream ended before the message"))
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Message>, HttpError> {
        loop {
            match core::mem::replace(&mut self.state, State::Ended) {
                State::Head => {
                    let Some(length) = head_length(&self.buffer) else {
                        if self.buffer.len() > MAX_HEAD {
                            return Err(HttpError::TooLong);
                        }
                        self.state = State::Head;
                        return Ok(None);
                    };
                    if length > MAX_HEAD {
                        return Err(HttpError::TooLong);
                    }
                    let body = self.buffer.split_off(length);
                    let head = core::mem::replace(&mut self.buffer, body);
                    self.state = body_of(read_head(&head)?)?;
                }
                State::Sized(message, length) => {
                    if self.buffer.len() < length {
                        self.state = State::Sized(message, length);
                        return Ok(None);
                    }
                    self.buffer.truncate(length);
                    return Ok(Some(Message { body: core::mem::take(&mut self.buffer), ..message }));
                }
                State::Chunked(message) => {
                    return match chunks(&self.buffer)? {
                        Some(body) => Ok(Some(Message { body, ..message })),
                        None if self.buffer.len() > MAX_BODY.saturating_mul(2) => Err(HttpError::TooLong),
                        None => {
                            self.state = State::Chunked(message);
                            Ok(None)
                        }
                    };
                }
                State::ToEnd(message) => {
                    if self.buffer.len() > MAX_BODY {
                        return Err(HttpError::TooLong);
                    }
                    self.state = State::ToEnd(message);
                    return Ok(None);
                }
                State::Ended => return Err(HttpError::Malformed("octets behind the message")),
            }
        }
    }
}

/// How long start line and headers are, their empty line included.
fn head_length(octets: &[u8]) -> Option<usize> {
    octets.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at.saturating_add(4))
}

/// RFC 9112 2.1 and 5.
fn read_head(octets: &[u8]) -> Result<Message, HttpError> {
    let text = core::str::from_utf8(octets).map_err(|_| HttpError::Malformed("head"))?;
    let mut lines = text.split("\r\n");
    let start = lines.next().unwrap_or_default();
    if start.is_empty() || start.chars().any(char::is_control) {
        return Err(HttpError::Malformed("start line"));
    }
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(HttpError::Malformed("header"))?;
        // 5.1 and 5.2: no blank before the colon, and no line that continues another.
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
        let value = value.trim_matches([' ', '\t']);
        if !is_name || value.chars().any(|letter| letter.is_control() && letter != '\t') {
            return Err(HttpError::Malformed("header"));
        }
        if headers.len() >= MAX_HEADERS {
            return Err(HttpError::TooLong);
        }
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Ok(Message { start: start.to_owned(), headers, body: Vec::new() })
}

/// RFC 9112 6.3: how long the body is. Two ways to say it are none.
fn body_of(message: Message) -> Result<State, HttpError> {
    let said = |name: &str| message.headers.iter().filter(|(known, _)| known == name).count();
    match (said("transfer-encoding"), said("content-length")) {
        (0, 0) if message.start.starts_with("HTTP/") => Ok(State::ToEnd(message)),
        (0, 0) => Ok(State::Sized(message, 0)),
        (0, 1) => {
            let length = message.header("content-length").unwrap_or_default();
            if length.is_empty() || !length.bytes().all(|octet| octet.is_ascii_digit()) {
                return Err(HttpError::Malformed("Content-Length"));
            }
            let length = length.parse().map_err(|_| HttpError::TooLong)?;
            if length > MAX_BODY { Err(HttpError::TooLong) } else { Ok(State::Sized(message, length)) }
        }
        (1, 0) => match message.header("transfer-encoding") {
            Some(coding) if coding.eq_ignore_ascii_case("chunked") => Ok(State::Chunked(message)),
            Some(_) | None => Err(HttpError::Unsupported),
        },
        _ => Err(HttpError::Malformed("more than one length")),
    }
}

/// A body in chunks (RFC 9112 7.1), if it is whole. Extensions and trailers are passed over.
fn chunks(octets: &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
    let mut body = Vec::new();
    let mut rest = octets;
    loop {
        let Some((line, after)) = line_of(rest) else {
            return if rest.len() > MAX_HEAD { Err(HttpError::TooLong) } else { Ok(None) };
        };
        let digits = line.split(|octet| matches!(octet, b';' | b' ' | b'\t')).next().unwrap_or_default();
        let length = chunk_length(digits)?;
        if length == 0 {
            // Trailers end with an empty line, and may be just that.
            return Ok((after.starts_with(b"\r\n") || head_length(after).is_some()).then_some(body));
        }
        // CVE-2015-4141: what a chunk says of itself is bounded before it is added to anything.
        if length.saturating_add(body.len()) > MAX_BODY {
            return Err(HttpError::TooLong);
        }
        let Some((data, after)) = after.split_at_checked(length) else { return Ok(None) };
        match after {
            [b'\r', b'\n', next @ ..] => rest = next,
            [] | [b'\r'] => return Ok(None),
            _ => return Err(HttpError::Malformed("chunk")),
        }
        body.extend_from_slice(data);
    }
}

fn line_of(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = octets.windows(2).position(|window| window == b"\r\n")?;
    Some((octets.get(..at)?, octets.get(at.saturating_add(2)..)?))
}

/// Hexadecimal digits and nothing else: no sign (advisory 2015-2).
fn chunk_length(digits: &[u8]) -> Result<usize, HttpError> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(HttpError::Malformed("chunk length"));
    }
    let digits = core::str::from_utf8(digits).map_err(|_| HttpError::Malformed("chunk length"))?;
    usize::from_str_radix(digits, 16).map_err(|_| HttpError::TooLong)
}
