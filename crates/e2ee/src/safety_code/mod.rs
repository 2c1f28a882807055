//! The SafetyCode: six digits that are the same on every screen of a visit if nobody stands between its members.
//!
//! Six digits alone would be found by trying (a given one was matched in 0.27 s), so each member first **commits** to a
//! nonce and **reveals** it only once everybody's commitment is there: whoever is in between has one draw in a million
//! for each round. The code is made anew when somebody enters or leaves, never at another epoch.
//!
//! A pure machine: roster changes, messages and times go in, messages and a [`SafetyView`] come out; chance is an
//! argument too. What it hashes stands in `hashes.rs`, what it sends in `message.rs`, one round in `round.rs`.

mod circle;
mod hashes;
mod message;
mod round;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use curtain_domain::Timestamp;

use crate::Refusal;
use crate::suite::Suite;

pub(crate) use circle::Circle;
pub use message::{SafetyMessage, SafetyStep};
use round::{Round, Stage};
pub use view::{SafetyFailure, SafetyState, SafetyView};

/// Rounds 0, 1 and 2 follow each other by themselves. Each more is a draw more for whoever is in between: with three on
/// either side 5 in a million.
const LAST_BY_ITSELF: u8 = 2;
/// People may ask for rounds up to this one. Everybody has to: an attacker alone can't add draws.
const LAST_ROUND: u8 = 7;
/// Rounds in one visit, over all rosters. At this cap somebody in between has 6.3 in 100 000 after a screen full of
/// failures; an honest visit of six with twenty reloads stays below it.
const ROUNDS_IN_A_VISIT: u8 = 32;

/// What every step may need: the time, and 32 bytes that nobody can guess, used for at most one round.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) nonce: [u8; 32],
}

/// Where a message comes from, as MLS authenticated it.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// The sender's leaf signature key.
    pub(crate) leaf_key: [u8; 32],
    /// The epoch it was sealed in.
    pub(crate) epoch: u64,
}

/// One member's side.
pub(crate) struct SafetyCode {
    suite: Suite,
    /// Nobody while we are alone or outside.
    circle: Option<Circle>,
    /// None without a circle, and when the visit's rounds are used up.
    round: Option<Round>,
    /// The last round that may follow without anybody asking for it.
    last_round: u8,
    started: u8,
    /// Commitments to later rounds than we may begin by ourselves: their senders pressed *Try again*.
    asked: BTreeMap<[u8; 32], (u8, [u8; 32])>,
    outbox: Vec<SafetyMessage>,
}

impl SafetyCode {
    pub(crate) fn new(suite: Suite) -> Self {
        Self {
            suite,
            circle: None,
            round: None,
            last_round: LAST_BY_ITSELF,
            started: 0,
            asked: BTreeMap::new(),
            outbox: Vec::new(),
        }
    }

    /// Rounds that this browser began in this visit with earlier leaves: a reload of the group gives no fresh ones.
    pub(crate) fn continue_from(&mut self, started: u8) {
        self.started = self.started.max(started);
    }

    /// The members as they are after a change of who is in.
    pub(crate) fn enter(&mut self, circle: Circle, moment: Moment) -> Result<(), Refusal> {
        if self.circle.as_ref() == Some(&circle) {
            return Ok(());
        }
        self.leave();
        if circle.members.len() < 2 {
            return Ok(());
        }
        self.circle = Some(circle);
        self.start(0, moment)
    }

    /// Out of the group, or alone in it.
    pub(crate) fn leave(&mut self) {
        self.circle = None;
        self.round = None;
        self.last_round = LAST_BY_ITSELF;
        self.asked.clear();
        self.outbox.clear();
    }

    /// Takes a message; what is not of this roster, this time and these members is as if it had not been said.
    pub(crate) fn hear(
        &mut self,
        from: Origin,
        message: &SafetyMessage,
        moment: Moment,
    ) -> Result<(), Refusal> {
        let Some(circle) = &self.circle else { return Ok(()) };
        let ours = message.roster == circle.roster && message.since == circle.since;
        if !ours || from.epoch < circle.since || !circle.has_other(&from.leaf_key) {
            return Ok(());
        }
        match message.step {
            SafetyStep::Commit { commitment } => {
                self.hear_commit(from.leaf_key, message.round, commitment, moment)
            }
            SafetyStep::Reveal { commitments, nonce } => {
                let (Some(circle), Some(round)) = (&self.circle, &mut self.round) else { return Ok(()) };
                if message.round != round.tag.round {
                    return Ok(());
                }
                round.take_reveal(&self.suite, circle, from.leaf_key, (commitments, nonce))
            }
        }
    }

    fn hear_commit(
        &mut self,
        key: [u8; 32],
        number: u8,
        commitment: [u8; 32],
        moment: Moment,
    ) -> Result<(), Refusal> {
        if number > LAST_ROUND {
            return Ok(());
        }
        if number > self.last_round {
            let asked = self.asked.entry(key).or_insert((number, commitment));
            if number > asked.0 {
                *asked = (number, commitment);
            }
            return Ok(());
        }
        if self.round.as_ref().is_none_or(|round| number > round.tag.round) {
            self.start(number, moment)?;
        }
        self.take_commit(key, number, commitment, moment.now)
    }

    fn take_commit(
        &mut self,
        key: [u8; 32],
        number: u8,
        commitment: [u8; 32],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (Some(circle), Some(round)) = (&self.circle, &mut self.round) else { return Ok(()) };
        if number != round.tag.round {
            return Ok(());
        }
        self.outbox.extend(round.take_commit(&self.suite, circle, (key, commitment), now)?);
        Ok(())
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, moment: Moment) -> Result<(), Refusal> {
        let Some(round) = self.round.as_mut().filter(|round| round.due().is_some_and(|at| moment.now >= at))
        else {
            return Ok(());
        };
        if round.tag.round < self.last_round {
            let next = round.tag.round + 1;
            return self.start(next, moment);
        }
        round.overdue = true;
        Ok(())
    }

    /// The person pressed *Try again*. Nothing happens unless there is a failure, or somebody asks.
    pub(crate) fn try_again(&mut self, moment: Moment) -> Result<(), Refusal> {
        let Some(next) = self.next_round() else { return Ok(()) };
        self.last_round = self.last_round.max(next);
        self.start(next, moment)
    }

    /// The round that *Try again* would begin.
    fn next_round(&self) -> Option<u8> {
        let round = self.round.as_ref()?;
        let asked = self.asked.values().map(|(number, _)| *number).max();
        let wanted = asked.is_some() || round.overdue || matches!(round.stage, Stage::Failed(..));
        let next = asked.unwrap_or(0).max(round.tag.round + 1);
        (wanted && next <= LAST_ROUND && self.started < ROUNDS_IN_A_VISIT).then_some(next)
    }

    fn start(&mut self, number: u8, moment: Moment) -> Result<(), Refusal> {
        let Some(circle) = &self.circle else { return Ok(()) };
        self.round = None;
        self.outbox.clear();
        if self.started >= ROUNDS_IN_A_VISIT {
            return Ok(());
        }
        self.started += 1;
        let (round, commit) = Round::start(&self.suite, circle, number, moment)?;
        self.round = Some(round);
        self.outbox.push(commit);
        let asked: Vec<_> = self.asked.iter().map(|(key, (asked, c))| (*key, *asked, *c)).collect();
        self.asked.retain(|_, (asked, _)| *asked > number);
        for (key, asked, commitment) in asked {
            self.take_commit(key, asked, commitment, moment.now)?;
        }
        Ok(())
    }

    /// What is to be sent, in order. Void once the roster has changed.
    pub(crate) fn take_outbox(&mut self) -> Vec<SafetyMessage> {
        core::mem::take(&mut self.outbox)
    }

    /// What people may see of it.
    pub(crate) fn view(&self) -> SafetyView {
        let state = match (&self.circle, &self.round) {
            (None, _) => SafetyState::Alone,
            (Some(_), None) => SafetyState::Failed { why: SafetyFailure::TooManyRounds, who: Vec::new() },
            (Some(circle), Some(round)) => round.state(circle),
        };
        let circle = self.circle.as_ref();
        SafetyView {
            state,
            asked_by: circle.map(|circle| circle.people(self.asked.keys())).unwrap_or_default(),
            can_try_again: self.next_round().is_some(),
            due: self.round.as_ref().and_then(Round::due),
            since: circle.map_or(0, |circle| circle.since),
            round: self.round.as_ref().map_or(0, |round| round.tag.round),
            started: self.started,
        }
    }
}
