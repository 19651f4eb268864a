//! An input that is a sequence of things which happen: each a kind, a length (16 bits, big endian) and octets.

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// What.
    pub(crate) kind: u8,
    /// With these octets.
    pub(crate) data: &'a [u8],
}

/// Takes an input apart; a record that claims more than there is gets what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Records<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let ([kind, high, low], rest) = self.0.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (data, rest) = rest.split_at(length.min(rest.len()));
        self.0 = rest;
        Some(Record { kind: *kind, data })
    }
}
