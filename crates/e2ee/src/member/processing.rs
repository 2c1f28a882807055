//! What arrives: commits, our own among them, and what people say.

use std::collections::BTreeSet;

use curtain_domain::{AccountId, Timestamp, VisitRole};
use mls_rs::error::MlsError;
use mls_rs::group::{CommitEffect, CommitMessageDescription, ContentType, ReceivedMessage};
use mls_rs::{Group, MlsMessage, MlsMessageDescription};

use super::view::key_of;
use super::{Config, Member, mls_time, read_message};
use crate::safety_code::Origin;
use crate::{Credential, Payload, Refusal, Roster};

/// What a message did.
pub enum Event {
    /// The group's next epoch.
    Commit {
        /// The leaf that committed.
        committer: u8,
        /// It was ours: the acknowledgement.
        own: bool,
        /// How long old receive keys may live.
        cause: Cause,
        /// Whose leaf is new.
        added: Vec<AccountId>,
        /// Whose leaf went. In both lists: came back with a new leaf.
        removed: Vec<AccountId>,
        /// The members now.
        roster: Roster,
    },
    /// Somebody spoke.
    Application {
        /// The epoch it was sealed in.
        epoch: u64,
        /// The leaf that MLS authenticated.
        leaf: u8,
        /// Whose leaf that is.
        person: AccountId,
        /// What they said.
        payload: Payload,
    },
    /// Somebody answered towards the SafetyCode: see [`Member::safety_code`].
    SafetyCode,
    /// We were taken out. The group and its keys are forgotten.
    Removed {
        /// The epoch we are not part of.
        epoch: u64,
    },
    /// Our own words came back, or a kind of payload that this version does not know.
    Ignored,
}

/// Why the epoch changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Leaves were added and none went: old receive keys may live 10 s.
    Join,
    /// A leaf went, even if another took its place: old receive keys live 2 s at most.
    Remove,
    /// The same leaves with new keys.
    Update,
}

impl Cause {
    /// The word that crosses into the browser.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Remove => "remove",
            Self::Update => "update",
        }
    }
}

impl Member {
    /// Takes any commit or application message, in the server's order.
    ///
    /// # Errors
    /// Whatever is not by the rules; the group stays at its epoch and the next good message is taken.
    pub fn process(&mut self, message: &[u8], now: Timestamp) -> Result<Event, Refusal> {
        let now = self.at(now)?;
        let message = read_message(message)?;
        let epoch = self.check_envelope(&message)?;
        let own_pending = self.has_pending();
        let people = self.people()?;
        // The library uses a message's key up before it knows whether the message is good: a forged one would make
        // the good one unreadable. So a refused message is undone as a whole.
        let before = self.group()?.clone();
        match self.group_mut()?.process_incoming_message_with_time(message, mls_time(now)) {
            Ok(ReceivedMessage::Commit(commit)) => self.after_commit(&commit, own_pending, &people, now),
            Ok(ReceivedMessage::ApplicationMessage(said)) => {
                self.after_application((epoch, said.sender_index), said.data(), now)
            }
            Ok(_) => self.undo(before, Err(Refusal::ProposalNotAllowed)),
            Err(MlsError::CantProcessMessageFromSelf) => self.undo(before, Ok(Event::Ignored)),
            Err(error) => self.undo(before, Err(error.into())),
        }
    }

    fn undo(&mut self, before: Group<Config>, answer: Result<Event, Refusal>) -> Result<Event, Refusal> {
        self.group = Some(before);
        answer
    }

    /// Seals a payload for the group.
    ///
    /// # Errors
    /// [`Refusal::BadPayload`] for one that breaks its form: nobody would take it.
    pub fn seal(&mut self, payload: &Payload) -> Result<Vec<u8>, Refusal> {
        let bytes = payload.encode();
        if !matches!(Payload::decode(&bytes), Ok(Some(_))) {
            return Err(Refusal::BadPayload);
        }
        let message = self.group_mut()?.encrypt_application_message(&bytes, Vec::new())?;
        Ok(message.to_bytes()?)
    }

    /// Rule R0 as far as the open part of a message shows it. Only two kinds of message exist in this house: a commit
    /// in a `PublicMessage` with a path, and application data in a `PrivateMessage`.
    fn check_envelope(&self, message: &MlsMessage) -> Result<u64, Refusal> {
        let group = self.group()?;
        let (group_id, epoch, is_commit) = match message.description() {
            MlsMessageDescription::PublicProtocolMessage {
                group_id,
                epoch_id,
                content_type: ContentType::Commit,
                ..
            } => (group_id, epoch_id, true),
            MlsMessageDescription::PrivateProtocolMessage {
                group_id,
                epoch_id,
                content_type: ContentType::Application,
            } => (group_id, epoch_id, false),
            _ => return Err(Refusal::ProposalNotAllowed),
        };
        if group_id != group.group_id() {
            return Err(Refusal::WrongGroup);
        }
        if epoch > group.current_epoch() {
            return Err(Refusal::EpochAhead);
        }
        if is_commit && epoch < group.current_epoch() {
            return Err(Refusal::Stale);
        }
        if is_commit && message.commit_path_leaf_node().is_none() {
            return Err(Refusal::PathMissing);
        }
        Ok(epoch)
    }

    fn after_commit(
        &mut self,
        commit: &CommitMessageDescription,
        own_pending: bool,
        before: &BTreeSet<(AccountId, Vec<u8>)>,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        if let CommitEffect::Removed { new_epoch, .. } = &commit.effect {
            let epoch = new_epoch.epoch();
            self.forget_group();
            return Ok(Event::Removed { epoch });
        }
        let group = self.group_mut()?;
        group.write_to_storage()?;
        let own = own_pending && commit.committer == group.current_member_index();
        self.note_devices()?;
        let after = self.people()?;
        let people = |leaves: &BTreeSet<(AccountId, Vec<u8>)>, others: &BTreeSet<_>| {
            leaves.difference(others).map(|(person, _)| *person).collect::<Vec<_>>()
        };
        let (added, removed) = (people(&after, before), people(before, &after));
        // Whoever has a new leaf is here, whatever was reported before.
        for person in &added {
            self.rules.report_back(*person);
        }
        let cause = match (&removed[..], &added[..]) {
            ([], []) => Cause::Update,
            ([], _) => Cause::Join,
            _ => Cause::Remove,
        };
        if cause != Cause::Update {
            self.renew_safety_code(now)?;
        }
        let committer = u8::try_from(commit.committer).map_err(|_| Refusal::Refused)?;
        Ok(Event::Commit { committer, own, cause, added, removed, roster: self.roster()? })
    }

    fn after_application(
        &mut self,
        (epoch, leaf): (u64, u32),
        data: &[u8],
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        // The library refuses a late message whose sender has left or changed its key, so today's leaf is the sender.
        let group = self.group()?;
        let member = group.member_at_index(leaf).ok_or(Refusal::UnknownMember)?;
        let credential = Credential::of(&member.signing_identity.credential)?;
        let Some(payload) = Payload::decode(data)? else { return Ok(Event::Ignored) };
        if let Payload::SafetyCode(message) = &payload {
            let leaf_key = key_of(&member.signing_identity.signature_key)?;
            self.hear_safety_code(Origin { leaf_key, epoch }, message, now)?;
            return Ok(Event::SafetyCode);
        }
        if let Payload::Hello(name) = &payload {
            if matches!(credential.role, VisitRole::Clinician | VisitRole::CoHost) {
                return Err(Refusal::BadName);
            }
            self.names.insert(credential.person, name.clone());
        }
        let leaf = u8::try_from(leaf).map_err(|_| Refusal::Refused)?;
        Ok(Event::Application { epoch, leaf, person: credential.person, payload })
    }

    /// A removed member keeps a working group of the old epoch in the library: keys and all must go.
    fn forget_group(&mut self) {
        if let Some(group) = self.group.take() {
            self.storage.delete_group(group.group_id());
        }
        self.client = None;
        self.safety.leave();
    }

    /// Persons with their leaf keys.
    fn people(&self) -> Result<BTreeSet<(AccountId, Vec<u8>)>, Refusal> {
        let leaves = self.group()?.roster().members_iter();
        leaves
            .map(|leaf| {
                let credential = Credential::of(&leaf.signing_identity.credential)?;
                Ok((credential.person, leaf.signing_identity.signature_key.to_vec()))
            })
            .collect()
    }
}
