//! Commits that the members refuse are taken back. The server can't tell a good commit from a bad one, and the first for
//! an epoch is taken; without this, one member's garbage would leave everybody else behind for good.
//!
//! A commit is in doubt until somebody who has to follow it speaks in its epoch. Once **all** of those who are connected
//! refuse it, the group stands again where it stood, and whoever sent it is out. One refusal among people who follow
//! changes nothing: then it is the refuser who is left behind, and says so.

use std::collections::BTreeSet;

use curtain_domain::ParticipantId;
use curtain_protocol::{Epoch, GoneReason, GroupChange, Limits, ServerMessage};

use crate::group::Leaf;
use crate::place::Place;
use crate::visit_room::Answer;
use crate::{CloseReason, VisitFact, VisitRoom};

/// A commit that was taken, and what it would take to undo it.
#[derive(Debug)]
pub(crate) struct InDoubt {
    /// The epoch it ended.
    epoch: Epoch,
    sender: ParticipantId,
    /// The leaves as they were before.
    before: Vec<Leaf>,
    admits: Vec<ParticipantId>,
    /// Members who have to follow it: neither its sender nor anybody whom it lets in.
    followers: BTreeSet<ParticipantId>,
    refused_by: BTreeSet<ParticipantId>,
}

impl VisitRoom {
    /// Remembers where the group stands, for a commit that is being taken.
    pub(crate) fn doubt(&mut self, sender: ParticipantId, change: &GroupChange) {
        let follows = |id: &ParticipantId| *id != sender && !change.removes.contains(id);
        let followers: BTreeSet<_> = self.members().into_iter().filter(follows).collect();
        let Some(group) = &mut self.group else { return };
        if followers.is_empty() {
            return;
        }
        if group.in_doubt.len() == Limits::COMMITS_IN_DOUBT {
            group.in_doubt.pop_front();
        }
        group.in_doubt.push_back(InDoubt {
            epoch: change.epoch,
            sender,
            before: group.leaves.clone(),
            admits: change.admits.clone(),
            followers,
            refused_by: BTreeSet::new(),
        });
    }

    /// A member speaks in an epoch: what led there holds.
    pub(crate) fn follows(&mut self, me: ParticipantId, epoch: Epoch) {
        let Some(group) = &mut self.group else { return };
        let holds = |doubt: &InDoubt| doubt.epoch < epoch && doubt.followers.contains(&me);
        if let Some(last) = group.in_doubt.iter().rposition(holds) {
            group.in_doubt.drain(..=last);
        }
    }

    /// A member's rules refuse a commit. Of one that holds already, or that was none of the member's, nothing follows.
    pub(crate) fn refuse_commit(&mut self, me: ParticipantId, epoch: Epoch) -> Answer {
        self.require_member(me)?;
        let Some(group) = &mut self.group else { return Ok(()) };
        let meant = |doubt: &&mut InDoubt| doubt.epoch == epoch && doubt.followers.contains(&me);
        if let Some(doubt) = group.in_doubt.iter_mut().find(meant) {
            doubt.refused_by.insert(me);
        }
        Ok(())
    }

    /// Takes back the first commit that nobody follows, with all that was built on it.
    pub(crate) fn take_back_refused_commits(&mut self) {
        let Some(group) = &self.group else { return };
        let Some(first) = group.in_doubt.iter().position(|doubt| self.nobody_follows(doubt)) else { return };
        let Some(group) = &mut self.group else { return };
        let void = group.in_doubt.split_off(first);
        let admitted: Vec<_> = void.iter().flat_map(|doubt| doubt.admits.clone()).collect();
        let Some(InDoubt { epoch, sender, before, .. }) = void.into_iter().next() else { return };
        (group.epoch, group.leaves) = (epoch, before);

        if self.places.get(&sender).is_some_and(Place::is_clinician) {
            // Without the clinician nobody new is let in: better a fresh group than one of those who are left.
            return self.restart_group(None);
        }
        for participant in admitted {
            self.put_out_of_group(participant);
        }
        self.reassess_orphans();
        for member in self.members().into_iter().filter(|member| *member != sender) {
            self.say(member, ServerMessage::StaleEpoch { epoch });
        }
        self.show_sender_out(sender);
    }

    fn nobody_follows(&self, doubt: &InDoubt) -> bool {
        let here = |id: &&ParticipantId| {
            self.places.get(id).is_some_and(|place| place.is_member() && place.connection.is_some())
        };
        let refuses = |id: &ParticipantId| doubt.refused_by.contains(id);
        !doubt.refused_by.is_empty() && doubt.followers.iter().filter(here).all(refuses)
    }

    /// Leaves that are there again belong to whoever has a place, and to nobody else.
    fn reassess_orphans(&mut self) {
        let Some(group) = &mut self.group else { return };
        for leaf in &mut group.leaves {
            let owned = self.places.contains_key(&leaf.participant);
            leaf.orphaned = if owned { None } else { leaf.orphaned.or(Some(GoneReason::Left)) };
        }
    }

    fn show_sender_out(&mut self, sender: ParticipantId) {
        if self.places.contains_key(&sender) {
            self.record(VisitFact::Left(sender));
            self.say_farewell(sender, ServerMessage::Removed {}, CloseReason::Removed);
            self.leaf_is_orphaned(sender, GoneReason::Left);
        }
    }
}
