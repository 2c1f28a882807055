//! What changes the group: admit, readmit, remove, update. Each gives bytes to submit and keeps the commit pending.

use curtain_domain::{AccountId, Timestamp};
use mls_rs::MlsMessage;
use mls_rs_core::group::Member as Leaf;

use super::{Member, mls_time, read_message};
use crate::rules::check_re_entry;
use crate::suite::CIPHER_SUITE;
use crate::{Credential, Policy, Refusal};

/// To submit in one message; the Welcome must never go out unless the commit is accepted.
pub struct CommitOutput {
    /// For every member, a `PublicMessage`.
    pub commit: Vec<u8>,
    /// For whoever was added; empty otherwise.
    pub welcome: Vec<u8>,
}

impl Member {
    /// Adds a person (rule R1), in place of the leaf they may already have.
    ///
    /// # Errors
    /// [`Refusal::NotAllowedToAdd`] unless we are the visit's clinician or a co-host named in the policy.
    pub fn admit(&mut self, key_package: &[u8], now: Timestamp) -> Result<CommitOutput, Refusal> {
        let now = self.at(now)?;
        let policy = Policy::of(&self.group()?.context().extensions)?;
        if !policy.admits(&self.credential) {
            return Err(Refusal::NotAllowedToAdd);
        }
        let (message, newcomer) = self.read_key_package(key_package, now)?;
        if newcomer.person == self.credential.person {
            return Err(Refusal::AlreadyHere);
        }
        let old = self.leaf_of(newcomer.person)?.map(|(leaf, _)| leaf.index);
        self.commit(old, Some(message), now)
    }

    /// Takes a returning person back (rule R2): Remove(old) and Add(new) in one commit. Anybody may.
    ///
    /// # Errors
    /// What makes the newcomer another than the one who left: [`Refusal::NoOldLeaf`], [`Refusal::OtherRole`],
    /// [`Refusal::OtherDevice`], [`Refusal::NotLater`].
    pub fn readmit(&mut self, key_package: &[u8], now: Timestamp) -> Result<CommitOutput, Refusal> {
        let now = self.at(now)?;
        let (message, newcomer) = self.read_key_package(key_package, now)?;
        if newcomer.person == self.credential.person {
            return Err(Refusal::AlreadyHere);
        }
        let (leaf, old) = self.leaf_of(newcomer.person)?.ok_or(Refusal::NoOldLeaf)?;
        check_re_entry(&old, &newcomer)?;
        self.commit(Some(leaf.index), Some(message), now)
    }

    /// Removes a person. Who may not add people can do so only for somebody reported gone (rule R3).
    ///
    /// # Errors
    /// [`Refusal::UnknownMember`], [`Refusal::NotAllowedToRemove`] for ourselves, [`Refusal::NotGone`].
    pub fn remove(&mut self, person: AccountId, now: Timestamp) -> Result<CommitOutput, Refusal> {
        let now = self.at(now)?;
        if person == self.credential.person {
            return Err(Refusal::NotAllowedToRemove);
        }
        let (leaf, _) = self.leaf_of(person)?.ok_or(Refusal::UnknownMember)?;
        self.commit(Some(leaf.index), None, now)
    }

    /// Renews our own keys: what leaked before opens nothing after.
    ///
    /// # Errors
    /// [`Refusal::CommitPending`] while another commit of ours is under way.
    pub fn update(&mut self, now: Timestamp) -> Result<CommitOutput, Refusal> {
        let now = self.at(now)?;
        self.commit(None, None, now)
    }

    /// Forgets our own commit: another one was first.
    pub fn clear_pending(&mut self) {
        if let Some(group) = &mut self.group {
            group.clear_pending_commit();
        }
    }

    /// A commit of ours has not come back yet.
    pub fn has_pending(&self) -> bool {
        self.group.as_ref().is_some_and(mls_rs::Group::has_pending_commit)
    }

    fn commit(
        &mut self,
        remove: Option<u32>,
        add: Option<MlsMessage>,
        now: Timestamp,
    ) -> Result<CommitOutput, Refusal> {
        let group = self.group_mut()?;
        let mut builder = group.commit_builder().commit_time(mls_time(now));
        if let Some(leaf) = remove {
            builder = builder.remove_member(leaf)?;
        }
        if let Some(key_package) = add {
            builder = builder.add_member(key_package)?;
        }
        let output = builder.build()?;
        let welcome = output.welcome_messages.first().map(MlsMessage::to_bytes).transpose()?;
        Ok(CommitOutput { commit: output.commit_message.to_bytes()?, welcome: welcome.unwrap_or_default() })
    }

    /// A KeyPackage whose credential holds. The library checks the rest when it is added.
    pub(super) fn read_key_package(
        &self,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(MlsMessage, Credential), Refusal> {
        let message = read_message(bytes)?;
        let key_package = message.as_key_package().ok_or(Refusal::Malformed)?;
        if key_package.cipher_suite() != CIPHER_SUITE {
            return Err(Refusal::OtherSuite);
        }
        let identity = key_package.signing_identity();
        let credential = Credential::of(&identity.credential)?;
        let practice = self.rules.practice();
        credential.check(&self.suite, &identity.signature_key, self.credential.visit, &practice, now)?;
        Ok((message, credential))
    }

    pub(super) fn leaf_of(&self, person: AccountId) -> Result<Option<(Leaf, Credential)>, Refusal> {
        for leaf in self.group()?.roster().members_iter() {
            let credential = Credential::of(&leaf.signing_identity.credential)?;
            if credential.person == person {
                return Ok(Some((leaf, credential)));
            }
        }
        Ok(None)
    }
}
