//! What is hashed, byte for byte. SHA-256 throughout; labels end in a zero byte; integers are big-endian.
//!
//! ```text
//! R    = H("Curtain safety roster v1\0" | visit 16 | gid_len u8 | group_id | suite u16 | n u8 | entries)   (roster.rs)
//! tag  = R 32 | since u64 | round u8
//! c_i  = H("Curtain safety commit v1\0" | tag | leaf key_i 32 | nonce_i 32)
//! Hc   = H("Curtain safety commits v1\0" | tag | c_1..c_n in roster order)
//! code = u64be(first 8 bytes of H("Curtain safety code v1\0" | tag | Hc | nonce_1..nonce_n)) mod 10^6
//! ```

use crate::Refusal;
use crate::suite::Suite;

const COMMIT_LABEL: &[u8] = b"Curtain safety commit v1\0";
const COMMITS_LABEL: &[u8] = b"Curtain safety commits v1\0";
const CODE_LABEL: &[u8] = b"Curtain safety code v1\0";
/// Six digits: what people read to each other without a mistake. The remainder's bias is 10^6 / 2^64.
const CODES: u64 = 1_000_000;

/// One round of one roster; part of every hash, so that nothing said in one counts in another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) roster: [u8; 32],
    pub(super) since: u64,
    pub(super) round: u8,
}

impl Tag {
    fn bytes(&self) -> Vec<u8> {
        [&self.roster[..], &self.since.to_be_bytes(), &[self.round]].concat()
    }

    /// What a member says first: bound to their nonce, telling nothing of it.
    pub(super) fn commitment(
        &self,
        suite: &Suite,
        leaf_key: &[u8; 32],
        nonce: &[u8; 32],
    ) -> Result<[u8; 32], Refusal> {
        suite.hash(&[COMMIT_LABEL, &self.bytes(), leaf_key, nonce].concat())
    }

    /// All commitments, in the order of the roster: who got other ones has another hash.
    pub(super) fn commitments<'a>(
        &self,
        suite: &Suite,
        commitments: impl Iterator<Item = &'a [u8; 32]>,
    ) -> Result<[u8; 32], Refusal> {
        let mut text = [COMMITS_LABEL, &self.bytes()].concat();
        commitments.for_each(|commitment| text.extend_from_slice(commitment));
        suite.hash(&text)
    }

    /// The six digits.
    pub(super) fn code<'a>(
        &self,
        suite: &Suite,
        commitments: &[u8; 32],
        nonces: impl Iterator<Item = &'a [u8; 32]>,
    ) -> Result<String, Refusal> {
        let mut text = [CODE_LABEL, &self.bytes(), commitments].concat();
        nonces.for_each(|nonce| text.extend_from_slice(nonce));
        let hash = suite.hash(&text)?;
        let (first, _) = hash.split_first_chunk::<8>().ok_or(Refusal::Refused)?;
        Ok(format!("{:06}", u64::from_be_bytes(*first) % CODES))
    }
}
