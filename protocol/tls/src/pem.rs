//! PEM as it is found in configurations (RFC 7468, and RFC 1421 headers of encrypted keys), with text around it.

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use crate::error::SetupError;

/// One block: what `BEGIN` says, the headers of RFC 1421, and what the base64 decodes to.
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// All blocks of a text. Text outside of blocks is passed over; none is an empty list.
pub(crate) fn blocks(bytes: &[u8]) -> Result<Vec<Block>, SetupError> {
    let Ok(text) = core::str::from_utf8(bytes) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let start = line.trim();
        let label = start.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        let Some(label) = label else { continue };
        let broken = |what| SetupError::Pem { line: number.saturating_add(1), what };
        let end = format!("-----END {label}-----");
        let mut base64 = Zeroizing::new(String::new());
        let mut headers = Vec::new();
        loop {
            let (_, line) = lines.next().ok_or_else(|| broken("has no end"))?;
            let line = line.trim();
            if line == end {
                break;
            }
            match line.split_once(": ") {
                Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
                None => base64.push_str(line),
            }
        }
        let content = Base64::decode_vec(&base64).map_err(|_| broken("is not base64"))?;
        found.push(Block { label: label.to_owned(), headers, content: Zeroizing::new(content) });
    }
    Ok(found)
}
