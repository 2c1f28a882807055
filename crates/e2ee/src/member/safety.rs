//! What people compare aloud, over this group: the SafetyCode's six digits and the long code's thirty.

use curtain_domain::Timestamp;

use super::Member;
use super::view::key_of;
use crate::roster::{Entry, long_code, roster_hash};
use crate::safety_code::{Circle, Moment, Origin};
use crate::{Credential, Payload, Refusal, SafetyMessage, SafetyView};

impl Member {
    /// How the SafetyCode stands now. Ask after each message, and when the last answer's `due` has come; then send what
    /// [`Member::safety_messages`] gives.
    ///
    /// # Errors
    /// [`Refusal::BadArgument`] for an impossible time.
    pub fn safety_code(&mut self, now: Timestamp) -> Result<SafetyView, Refusal> {
        let moment = self.moment(now)?;
        self.safety.tick(moment)?;
        Ok(self.safety.view())
    }

    /// What the SafetyCode wants said, sealed for the present epoch; each once.
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`] never: outside there is nothing to say.
    pub fn safety_messages(&mut self) -> Result<Vec<Vec<u8>>, Refusal> {
        let messages = self.safety.take_outbox();
        messages.into_iter().map(|message| self.seal(&Payload::SafetyCode(message))).collect()
    }

    /// The person pressed *Try again*.
    ///
    /// # Errors
    /// [`Refusal::BadArgument`] for an impossible time.
    pub fn try_safety_code_again(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let moment = self.moment(now)?;
        self.safety.try_again(moment)
    }

    /// Rounds begun in this visit with earlier leaves of this tab: they count towards the visit's cap.
    pub fn continue_safety_rounds(&mut self, started: u8) {
        self.safety.continue_from(started);
    }

    /// Thirty digits over visit, group, suite and roster. They change only when somebody enters or leaves.
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`].
    pub fn long_code(&self) -> Result<String, Refusal> {
        long_code(&self.suite, &self.roster_hash()?)
    }

    /// Somebody entered or left: the SafetyCode is made anew.
    pub(super) fn renew_safety_code(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let group = self.group()?;
        let members = group.roster().members_iter().map(|leaf| {
            let credential = Credential::of(&leaf.signing_identity.credential)?;
            Ok((key_of(&leaf.signing_identity.signature_key)?, credential.person))
        });
        let mut members = members.collect::<Result<Vec<_>, Refusal>>()?;
        members.sort_unstable();
        let (roster, since) = (self.roster_hash()?, group.current_epoch());
        let circle = Circle { roster, since, members, me: self.leaf_key };
        let moment = self.moment(now)?;
        self.safety.enter(circle, moment)
    }

    /// A member said something towards the SafetyCode.
    pub(super) fn hear_safety_code(
        &mut self,
        from: Origin,
        message: &SafetyMessage,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let moment = self.moment(now)?;
        self.safety.hear(from, message, moment)
    }

    fn moment(&self, now: Timestamp) -> Result<Moment, Refusal> {
        Ok(Moment { now: self.at(now)?, nonce: self.suite.random()? })
    }

    fn roster_hash(&self) -> Result<[u8; 32], Refusal> {
        let group = self.group()?;
        let entries = group.roster().members_iter().map(|leaf| {
            let credential = Credential::of(&leaf.signing_identity.credential)?;
            Ok(Entry {
                role: credential.role,
                credential: credential.encode(),
                leaf_key: key_of(&leaf.signing_identity.signature_key)?,
            })
        });
        let entries = entries.collect::<Result<_, Refusal>>()?;
        roster_hash(&self.suite, self.credential.visit, group.group_id(), entries)
    }
}
