//! The two messages of a round, as application payloads 10 and 11.
//!
//! ```text
//! 10 | 1 | since u64 | round u8 | R 32 | c_i 32               75 bytes
//! 11 | 1 | since u64 | round u8 | R 32 | Hc 32 | nonce_i 32   107 bytes
//! ```
//! Who sent one is what MLS says, never a field.

use super::hashes::Tag;
use crate::codec::Reader;

/// What a member says towards the SafetyCode.
#[derive(Clone, PartialEq, Eq)]
pub struct SafetyMessage {
    /// The hash of the roster it is about.
    pub roster: [u8; 32],
    /// The epoch since when that roster stands.
    pub since: u64,
    /// Counts from 0.
    pub round: u8,
    /// Which of the two.
    pub step: SafetyStep,
}

/// First everybody commits, then everybody reveals.
#[derive(Clone, PartialEq, Eq)]
pub enum SafetyStep {
    /// "My nonce is fixed."
    Commit {
        /// Hash over the round, the sender's leaf and the nonce.
        commitment: [u8; 32],
    },
    /// "Here it is, and these are the commitments that I hold."
    Reveal {
        /// Hash over everybody's commitments.
        commitments: [u8; 32],
        /// What the sender committed to.
        nonce: [u8; 32],
    },
}

impl SafetyMessage {
    pub(super) const fn new(tag: Tag, step: SafetyStep) -> Self {
        Self { roster: tag.roster, since: tag.since, round: tag.round, step }
    }

    /// What follows kind and version.
    pub(crate) fn body(&self) -> Vec<u8> {
        let head = [&self.since.to_be_bytes()[..], &[self.round], &self.roster].concat();
        match &self.step {
            SafetyStep::Commit { commitment } => [&head[..], commitment].concat(),
            SafetyStep::Reveal { commitments, nonce } => [&head[..], commitments, nonce].concat(),
        }
    }

    pub(crate) fn read_commit(body: &[u8]) -> Option<Self> {
        Self::read(body, |reader| Some(SafetyStep::Commit { commitment: reader.array()? }))
    }

    pub(crate) fn read_reveal(body: &[u8]) -> Option<Self> {
        Self::read(body, |reader| {
            Some(SafetyStep::Reveal { commitments: reader.array()?, nonce: reader.array()? })
        })
    }

    fn read(body: &[u8], step: impl FnOnce(&mut Reader<'_>) -> Option<SafetyStep>) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (since, round, roster) = (reader.u64()?, reader.u8()?, reader.array()?);
        let step = step(&mut reader)?;
        reader.end()?;
        Some(Self { roster, since, round, step })
    }
}
