//! One round: commitments until all are there, then nonces until all are there, then the code.

use core::time::Duration;
use std::collections::BTreeMap;

use curtain_domain::{AccountId, Timestamp};

use super::circle::Circle;
use super::hashes::Tag;
use super::{Moment, SafetyFailure, SafetyMessage, SafetyState, SafetyStep};
use crate::Refusal;
use crate::suite::Suite;

/// For each of the two steps. Shorter fails on bad lines (tried with delays of 2 to 4 s); longer leaves people before
/// "checking".
const WITHIN: Duration = Duration::from_secs(5);

type Key = [u8; 32];
/// The hash of all commitments that the sender holds, and the sender's nonce.
type Reveal = ([u8; 32], [u8; 32]);

pub(super) enum Stage {
    Commit,
    /// Holds the hash of all commitments.
    Reveal([u8; 32]),
    Done(String),
    Failed(SafetyFailure, Option<AccountId>),
}

pub(super) struct Round {
    pub(super) tag: Tag,
    pub(super) stage: Stage,
    /// Answers are missing and no other round follows by itself. What comes late still counts: it is the same draw.
    pub(super) overdue: bool,
    nonce: [u8; 32],
    deadline: Timestamp,
    /// By leaf key, which is the order of the roster.
    commitments: BTreeMap<Key, [u8; 32]>,
    nonces: BTreeMap<Key, [u8; 32]>,
    /// Reveals that came before we held all commitments.
    early: BTreeMap<Key, Reveal>,
}

impl Round {
    pub(super) fn start(
        suite: &Suite,
        circle: &Circle,
        number: u8,
        Moment { now, nonce }: Moment,
    ) -> Result<(Self, SafetyMessage), Refusal> {
        let tag = Tag { roster: circle.roster, since: circle.since, round: number };
        let commitment = tag.commitment(suite, &circle.me, &nonce)?;
        let round = Self {
            tag,
            stage: Stage::Commit,
            overdue: false,
            nonce,
            deadline: now + WITHIN,
            commitments: BTreeMap::from([(circle.me, commitment)]),
            nonces: BTreeMap::new(),
            early: BTreeMap::new(),
        };
        Ok((round, SafetyMessage::new(tag, SafetyStep::Commit { commitment })))
    }

    /// A member's commitment. Gives our nonce away when, and only when, it was the last one missing.
    pub(super) fn take_commit(
        &mut self,
        suite: &Suite,
        circle: &Circle,
        (key, commitment): (Key, [u8; 32]),
        now: Timestamp,
    ) -> Result<Option<SafetyMessage>, Refusal> {
        if !matches!(self.stage, Stage::Commit) {
            return Ok(None);
        }
        if *self.commitments.entry(key).or_insert(commitment) != commitment {
            self.fail(SafetyFailure::TwoCommitments, circle, Some(key));
            return Ok(None);
        }
        if self.commitments.len() < circle.members.len() {
            return Ok(None);
        }
        let commitments = self.tag.commitments(suite, self.commitments.values())?;
        self.stage = Stage::Reveal(commitments);
        self.deadline = now + WITHIN;
        self.overdue = false;
        self.nonces.insert(circle.me, self.nonce);
        for (sender, reveal) in core::mem::take(&mut self.early) {
            self.take_reveal(suite, circle, sender, reveal)?;
        }
        let reveal = SafetyStep::Reveal { commitments, nonce: self.nonce };
        Ok(Some(SafetyMessage::new(self.tag, reveal)))
    }

    /// A member's nonce.
    pub(super) fn take_reveal(
        &mut self,
        suite: &Suite,
        circle: &Circle,
        key: Key,
        reveal: Reveal,
    ) -> Result<(), Refusal> {
        match self.stage {
            Stage::Commit => {
                self.early.entry(key).or_insert(reveal);
            }
            // Somebody told us and the sender different things; which of all it was can't be known.
            Stage::Reveal(ours) if reveal.0 != ours => self.fail(SafetyFailure::Unequal, circle, None),
            Stage::Reveal(ours) => {
                let promised = self.tag.commitment(suite, &key, &reveal.1)?;
                if self.commitments.get(&key) != Some(&promised) {
                    self.fail(SafetyFailure::FalseReveal, circle, Some(key));
                    return Ok(());
                }
                self.nonces.insert(key, reveal.1);
                if self.nonces.len() == circle.members.len() {
                    self.stage = Stage::Done(self.tag.code(suite, &ours, self.nonces.values())?);
                }
            }
            Stage::Done(_) | Stage::Failed(..) => {}
        }
        Ok(())
    }

    fn fail(&mut self, why: SafetyFailure, circle: &Circle, blamed: Option<Key>) {
        let person = blamed.and_then(|key| circle.people(core::iter::once(&key)).pop());
        self.stage = Stage::Failed(why, person);
    }

    /// When the answers are due that are still missing.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let running = matches!(self.stage, Stage::Commit | Stage::Reveal(_)) && !self.overdue;
        running.then_some(self.deadline)
    }

    pub(super) fn state(&self, circle: &Circle) -> SafetyState {
        let missing = match &self.stage {
            Stage::Done(code) => return SafetyState::Code(code.clone()),
            Stage::Failed(why, who) => {
                return SafetyState::Failed { why: *why, who: who.iter().copied().collect() };
            }
            Stage::Commit => circle.missing(|key| self.commitments.contains_key(key)),
            Stage::Reveal(_) => circle.missing(|key| self.nonces.contains_key(key)),
        };
        if self.overdue {
            SafetyState::Failed { why: SafetyFailure::NoAnswer, who: missing }
        } else {
            SafetyState::Checking
        }
    }
}
