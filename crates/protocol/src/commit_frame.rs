//! The open part of a commit (RFC 9420 §6): which group, which epoch, whose leaf. It is all that the server reads of MLS,
//! and it reads it only to refuse what every member would refuse: a commit that can't be one must not use up an epoch.
//!
//! **What is signed in it stays unread:** whether the commit is good, members say.

use crate::{Commit, Epoch};

/// `ProtocolVersion::mls10`, RFC 9420 §6.
const MLS_10: u16 = 1;
/// `WireFormat::mls_public_message`: handshakes go in the open, so that the server can put them in order.
const PUBLIC_MESSAGE: u16 = 1;
/// `SenderType::member`. External senders and joiners have no place in a visit (commit rule R0).
const MEMBER: u8 = 1;
/// `ContentType::commit`. Standalone proposals are refused on sight (commit rule R0).
const COMMIT: u8 = 3;

/// What a commit says about itself in the clear. Nothing of it is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitFrame<'a> {
    /// Of which group.
    pub group_id: &'a [u8],
    /// The epoch it ends.
    pub epoch: Epoch,
    /// The leaf of its sender.
    pub leaf: u32,
}

/// The bytes are no member's commit in a `PublicMessage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no member's commit")]
pub struct NotACommit;

impl Commit {
    /// Reads the frame. Costs a few bytes' reading, whatever the sender made of them.
    ///
    /// # Errors
    /// [`NotACommit`] when version, wire format, sender or content are others, or a length is wrong.
    pub fn frame(&self) -> Result<CommitFrame<'_>, NotACommit> {
        let mut bytes = Reader(self.as_bytes());
        bytes.expect(&MLS_10.to_be_bytes())?;
        bytes.expect(&PUBLIC_MESSAGE.to_be_bytes())?;
        let group_id = bytes.vector()?;
        let epoch = Epoch(u64::from_be_bytes(bytes.array()?));
        bytes.expect(&[MEMBER])?;
        let leaf = u32::from_be_bytes(bytes.array()?);
        let _authenticated_data = bytes.vector()?;
        bytes.expect(&[COMMIT])?;
        // Its list of proposals, at the least, has to follow.
        let _proposals = bytes.vector()?;
        Ok(CommitFrame { group_id, epoch, leaf })
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], NotACommit> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(NotACommit)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotACommit> {
        self.take(N)?.try_into().map_err(|_| NotACommit)
    }

    fn expect(&mut self, bytes: &[u8]) -> Result<(), NotACommit> {
        if self.take(bytes.len())? == bytes { Ok(()) } else { Err(NotACommit) }
    }

    /// A vector with its length in front (RFC 9420 §2.1.2): one, two or four bytes by the first two bits, as few as the
    /// length needs.
    fn vector(&mut self) -> Result<&'a [u8], NotACommit> {
        let [first] = self.array()?;
        let (more, least) = match first >> 6 {
            0 => (0, 0),
            1 => (1, 1 << 6),
            2 => (3, 1 << 14),
            _ => return Err(NotACommit),
        };
        let start = usize::from(first & 0x3F);
        let length = self.take(more)?.iter().fold(start, |length, byte| (length << 8) | usize::from(*byte));
        if length < least { Err(NotACommit) } else { self.take(length) }
    }
}
