//! The commit rules R0 to R3, the same code for our own commits and for everybody else's.
//!
//! - **R0** only Add, Remove and (by who may add) pre-shared keys; from a member; the path is checked in `Member`.
//! - **R1** people are added by the visit's clinician or by a co-host whom the policy names.
//! - **R2** re-entry: anybody may replace a leaf by a later one of the same person, role, visit and device; exactly one.
//! - **R3** who may not add removes only people whom the server reported gone, and not at once.

use core::time::Duration;
use std::collections::BTreeSet;

use curtain_domain::Timestamp;
use mls_rs::MlsRules;
use mls_rs::client_builder::PaddingMode;
use mls_rs::group::{GroupContext, Roster};
use mls_rs::mls_rules::{CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle};

use super::Rules;
use crate::{Credential, Policy, Refusal};

/// How long somebody must have been reported gone before a patient's commit may remove them. Less would let a server
/// have a person thrown out over a hiccup; more keeps a dead leaf's keys in use.
pub const GONE_FOR: Duration = Duration::from_secs(10);

/// The same for a commit that arrives: the report may have reached its sender earlier than us. Being stricter than the
/// sender would split the group over a slow connection.
pub const GONE_FOR_SEEN: Duration = Duration::from_secs(5);

impl MlsRules for Rules {
    type Error = Refusal;

    fn filter_proposals(
        &self,
        direction: CommitDirection,
        source: CommitSource,
        roster: &Roster<'_>,
        context: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, Refusal> {
        let CommitSource::ExistingMember(committer) = source else {
            return Err(Refusal::ProposalNotAllowed);
        };
        refuse_foreign(&proposals)?;
        let policy = Policy::of(&context.extensions)?;
        let committer = Credential::of(&committer.signing_identity.credential)?;
        let change = Change::read(roster, &proposals)?;
        if policy.admits(&committer) {
            // R1: may add, remove and mix in keys.
        } else if !proposals.psk_proposals().is_empty() {
            return Err(Refusal::PskNotAllowed);
        } else if change.added.is_empty() {
            self.check_removes(&change, direction)?;
        } else {
            change.check_single_re_entry()?;
        }
        change.check_outcome(&policy)?;
        Ok(proposals)
    }

    // A path in every commit: each one heals a member whose keys leaked, and locks out who was removed.
    fn commit_options(
        &self,
        _roster: &Roster<'_>,
        _context: &GroupContext,
        _proposals: &ProposalBundle,
    ) -> Result<CommitOptions, Refusal> {
        Ok(CommitOptions::new().with_path_required(true).with_ratchet_tree_extension(true))
    }

    // Commits in the open, so that the server can put them in order; what people say padded, so that its length does
    // not tell a chat line from a "camera off".
    fn encryption_options(
        &self,
        _roster: &Roster<'_>,
        _context: &GroupContext,
    ) -> Result<EncryptionOptions, Refusal> {
        Ok(EncryptionOptions::new(false, PaddingMode::StepFunction))
    }
}

impl Rules {
    /// Rule R3.
    fn check_removes(&self, change: &Change, direction: CommitDirection) -> Result<(), Refusal> {
        let enough = match direction {
            CommitDirection::Send => GONE_FOR,
            CommitDirection::Receive => GONE_FOR_SEEN,
        };
        let watch = self.watch();
        let gone = |credential: &Credential| {
            watch.gone.get(&credential.person).is_some_and(|at: &Timestamp| watch.now.since(*at) >= enough)
        };
        change.removed.iter().all(gone).then_some(()).ok_or(Refusal::NotGone)
    }
}

/// What a commit does to the roster.
struct Change {
    staying: Vec<Credential>,
    removed: Vec<Credential>,
    added: Vec<Credential>,
}

impl Change {
    fn read(roster: &Roster<'_>, proposals: &ProposalBundle) -> Result<Self, Refusal> {
        let removes: BTreeSet<u32> =
            proposals.remove_proposals().iter().map(|remove| remove.proposal.to_remove()).collect();
        let mut change = Self { staying: Vec::new(), removed: Vec::new(), added: Vec::new() };
        for member in roster.members_iter() {
            let credential = Credential::of(&member.signing_identity.credential)?;
            let gone = removes.contains(&member.index);
            if gone { &mut change.removed } else { &mut change.staying }.push(credential);
        }
        // A Remove of an empty leaf, or two of the same one.
        if change.removed.len() != proposals.remove_proposals().len() {
            return Err(Refusal::UnknownMember);
        }
        for add in proposals.add_proposals() {
            change.added.push(Credential::of(&add.proposal.signing_identity().credential)?);
        }
        Ok(change)
    }

    /// Rule R2, bounded to exactly one Remove and one Add.
    fn check_single_re_entry(&self) -> Result<(), Refusal> {
        match (&self.removed[..], &self.added[..]) {
            ([old], [new]) => check_re_entry(old, new),
            _ => Err(Refusal::NotAllowedToAdd),
        }
    }

    /// What must hold after any commit: one leaf per person, few enough, no second clinician.
    fn check_outcome(&self, policy: &Policy) -> Result<(), Refusal> {
        if self.staying.len() + self.added.len() > usize::from(policy.max_members) {
            return Err(Refusal::GroupFull);
        }
        let mut people: BTreeSet<_> = self.staying.iter().map(|credential| credential.person).collect();
        for credential in &self.added {
            policy.check_leaf(credential)?;
            if !people.insert(credential.person) {
                return Err(Refusal::AlreadyHere);
            }
        }
        Ok(())
    }
}

/// Rule R2: the new leaf is the same person in the same role on the same device, and was made later. The last part
/// stops a KeyPackage from the past from being played again.
pub(crate) fn check_re_entry(old: &Credential, new: &Credential) -> Result<(), Refusal> {
    if old.person != new.person {
        return Err(Refusal::OtherPerson);
    }
    if old.role != new.role {
        return Err(Refusal::OtherRole);
    }
    if old.device_pub()? != new.device_pub()? {
        return Err(Refusal::OtherDevice);
    }
    (new.issued_at > old.issued_at).then_some(()).ok_or(Refusal::NotLater)
}

/// Rule R0: proposals that this house never uses.
fn refuse_foreign(proposals: &ProposalBundle) -> Result<(), Refusal> {
    let foreign = !proposals.reinit_proposals().is_empty()
        || !proposals.external_init_proposals().is_empty()
        || !proposals.group_context_ext_proposals().is_empty();
    if foreign { Err(Refusal::ProposalNotAllowed) } else { Ok(()) }
}
