//! Into the group: the clinician makes it, everybody else joins by a Welcome and believes nothing unchecked.

use std::collections::BTreeSet;

use curtain_domain::{AccountId, Timestamp, VisitRole};
use mls_rs::{ExtensionList, Group, WireFormat};

use super::{Config, Member, mls_time, read_message};
use crate::credential::CLOCK_ERROR;
use crate::suite::CIPHER_SUITE;
use crate::{Credential, LEAVES, MAX_MEMBERS, Policy, Proof, Refusal, Roster};

impl Member {
    /// The policy of a fresh group, for the device key to sign. Ours must be the role of the visit's clinician.
    ///
    /// # Errors
    /// [`Refusal::NotAllowedToAdd`] for anybody else; [`Refusal::BadArgument`] for more co-hosts than a visit holds.
    pub fn policy_to_sign(&mut self, now: Timestamp, co_hosts: &[AccountId]) -> Result<Vec<u8>, Refusal> {
        self.at(now)?;
        let me = &self.credential;
        if me.role != VisitRole::Clinician {
            return Err(Refusal::NotAllowedToAdd);
        }
        let mut named = co_hosts.to_vec();
        named.retain(|person| *person != me.person);
        named.sort_unstable();
        named.dedup();
        if named.len() >= usize::from(MAX_MEMBERS) {
            return Err(Refusal::BadArgument);
        }
        let certificate = match &me.proof {
            Proof::Chain(chain) => Some(chain.certificate),
            Proof::Own(_) | Proof::Invited(_) => None,
        };
        let policy = Policy {
            visit: me.visit,
            suite: CIPHER_SUITE.into(),
            practice_key_hash: self.rules.practice().key_hash(),
            clinician: me.person,
            co_hosts: named,
            max_members: MAX_MEMBERS,
            not_after: me.not_after,
            device_pub: me.device_pub()?,
            name: me.name.clone(),
            certificate,
            device_sig: [0; 64],
        };
        let to_sign = policy.to_sign();
        self.draft = Some(policy);
        Ok(to_sign)
    }

    /// Makes the group at epoch 0, with us alone in it, and gives its id: `visit | random 8`.
    ///
    /// # Errors
    /// [`Refusal::BadPolicySignature`] when the device did not sign the policy; [`Refusal::NotSigned`] before
    /// [`Member::key_package`] or [`Member::policy_to_sign`].
    pub fn create_group(&mut self, policy_sig: [u8; 64], now: Timestamp) -> Result<Vec<u8>, Refusal> {
        let now = self.at(now)?;
        if self.group.is_some() {
            return Err(Refusal::AlreadyInGroup);
        }
        let client = self.client.as_ref().ok_or(Refusal::NotSigned)?;
        let mut policy = self.draft.clone().ok_or(Refusal::NotSigned)?;
        policy.device_sig = policy_sig;
        policy.check(&self.suite, self.credential.visit, &self.rules.practice(), now)?;
        let random: [u8; 8] = self.suite.random()?;
        let group_id = [self.credential.visit.as_bytes().as_slice(), &random].concat();
        let mut extensions = ExtensionList::new();
        extensions.set(policy.to_extension());
        // The clock error again: our leaf's lifetime begins here, and the first to join may have a slower clock.
        let mut group = client
            .group_builder()?
            .with_group_id(group_id.clone())
            .with_group_context_extensions(extensions)
            .with_now_time(mls_time(now - CLOCK_ERROR))
            .build()?;
        group.write_to_storage()?;
        self.group = Some(group);
        self.draft = None;
        Ok(group_id)
    }

    /// Joins by a Welcome, after checking the policy, every leaf and who let us in.
    ///
    /// # Errors
    /// The first thing that does not hold; the KeyPackage stays good for another Welcome.
    pub fn join(&mut self, welcome: &[u8], now: Timestamp) -> Result<Roster, Refusal> {
        let now = self.at(now)?;
        if self.group.is_some() {
            return Err(Refusal::AlreadyInGroup);
        }
        let client = self.client.as_ref().ok_or(Refusal::NotSigned)?;
        let message = read_message(welcome)?;
        if message.wire_format() != WireFormat::Welcome {
            return Err(Refusal::Malformed);
        }
        if message.cipher_suite() != Some(CIPHER_SUITE) {
            return Err(Refusal::OtherSuite);
        }
        let (mut group, info) = client.join_group(None, &message, Some(mls_time(now)))?;
        self.check_joined(&group, info.sender, now)?;
        group.write_to_storage()?;
        self.group = Some(group);
        self.note_devices()?;
        self.renew_safety_code(now)?;
        self.roster()
    }

    fn check_joined(&self, group: &Group<Config>, signer: u32, now: Timestamp) -> Result<(), Refusal> {
        let visit = self.credential.visit;
        let policy = Policy::of(&group.context().extensions)?;
        policy.check(&self.suite, visit, &self.rules.practice(), now)?;
        if !group.group_id().starts_with(visit.as_bytes()) || group.group_id().len() != 24 {
            return Err(Refusal::WrongGroup);
        }
        let mut people = BTreeSet::new();
        let mut let_in_by = None;
        for member in group.roster().members_iter() {
            let credential = Credential::of(&member.signing_identity.credential)?;
            policy.check_leaf(&credential)?;
            if member.index >= u32::from(LEAVES) || people.len() >= usize::from(policy.max_members) {
                return Err(Refusal::GroupFull);
            }
            if member.index == signer {
                let_in_by = Some(policy.admits(&credential));
            }
            if !people.insert(credential.person) {
                return Err(Refusal::AlreadyHere);
            }
        }
        match let_in_by {
            Some(true) => Ok(()),
            Some(false) if self.returning => Ok(()),
            _ => Err(Refusal::WelcomeNotByAdmitter),
        }
    }
}
