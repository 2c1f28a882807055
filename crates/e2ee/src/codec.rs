//! Reads our own byte layouts from whatever a stranger sent. Never panics, never allocates by a length it was told.

use curtain_domain::{AccountId, VisitId};
use uuid::Uuid;

/// A cursor over untrusted bytes.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `N` bytes, if there are so many.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn person(&mut self) -> Option<AccountId> {
        self.array().map(|bytes| AccountId::from_uuid(Uuid::from_bytes(bytes)))
    }

    pub(crate) fn visit(&mut self) -> Option<VisitId> {
        self.array().map(|bytes| VisitId::from_uuid(Uuid::from_bytes(bytes)))
    }

    /// Text after one length byte.
    pub(crate) fn short_text(&mut self) -> Option<String> {
        let (head, rest) = {
            let length = usize::from(self.u8()?);
            self.0.split_at_checked(length)?
        };
        self.0 = rest;
        core::str::from_utf8(head).ok().map(str::to_owned)
    }

    /// Nothing may follow: two byte strings never mean the same.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Text after one length byte; cut by nobody, since every name that reaches here is at most 255 bytes.
pub(crate) fn put_short_text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(&text.as_bytes()[..text.len().min(usize::from(u8::MAX))]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16(), Some(0x0102));
        assert_eq!(reader.u64(), None);
        assert_eq!(reader.u8(), Some(3));
        assert_eq!(reader.end(), Some(()));
    }

    #[test]
    fn a_text_that_claims_too_much_is_none() {
        assert_eq!(Reader::new(&[5, b'a']).short_text(), None);
        assert_eq!(Reader::new(&[2, 0xC3, 0x28]).short_text(), None);
        assert_eq!(Reader::new(&[2, b'h', b'i']).short_text().as_deref(), Some("hi"));
    }
}
