//! The order of the group's messages (RFC 9420 §14): one commit per epoch, together with its welcome.
//!
//! The server has no identity in the group and reads nothing of it but a commit's frame. It keeps count of epochs and of
//! who should have a leaf, as the members claim; the members check the claims (commit rules R0 to R3, docs/protocol.md).

use std::collections::BTreeSet;

use curtain_domain::{ParticipantId, VisitRole, VisitState};
use curtain_protocol::{
    Epoch, GoneReason, GroupChange, GroupId, Limits, PrivateMessage, Refusal, RefusalCode, ServerMessage,
    Welcome,
};

use crate::group::Group;
use crate::place::{Place, Standing};
use crate::visit_room::Answer;
use crate::{CloseReason, MediaOrder, VisitDeed, VisitFact, VisitRoom};

/// The visit's sixteen bytes and eight random ones.
const GROUP_ID_BYTES: usize = 24;

impl VisitRoom {
    /// The clinician opens the first group, or a fresh one; whoever was in the old one asks again.
    pub(crate) fn open_group(&mut self, me: ParticipantId, group_id: GroupId) -> Answer {
        self.require_clinician(me)?;
        let bytes = group_id.as_bytes();
        let ours = bytes.len() == GROUP_ID_BYTES && bytes.starts_with(self.visit.as_bytes());
        let used = self.group.as_ref().is_some_and(|group| group.id == group_id);
        if !ours || used {
            return Err(Refusal::of(RefusalCode::Malformed));
        }
        let next =
            self.state.advance(VisitState::InProgress).map_err(|_| Refusal::of(RefusalCode::VisitEnded))?;

        self.restart_group(Some(me));
        self.group = Some(Group::opened_by(me, group_id));
        if self.state != next {
            self.state = next;
            // A visit that begins waits for nobody, until `settle` says otherwise.
            self.told_waiting = None;
            self.record(VisitFact::State(next));
        }
        self.become_member(me);
        Ok(())
    }

    /// The first commit for an epoch moves the group on; all others build theirs again.
    pub(crate) fn commit(&mut self, me: ParticipantId, change: GroupChange) -> Answer {
        self.require_member(me)?;
        let Some(group) = &self.group else { return Ok(()) };
        let epoch = group.epoch;
        if change.epoch != epoch {
            self.say(me, ServerMessage::StaleEpoch { epoch });
            return Ok(());
        }
        if !change.commit.frame().is_ok_and(|frame| group.could_be(frame, me)) {
            return Err(Refusal::of(RefusalCode::BadCommit));
        }
        self.check_claim(me, &change)?;
        self.follows(me, epoch);
        self.doubt(me, &change);
        self.apply(me, change);
        Ok(())
    }

    /// A commit may only claim what its sender's role allows and what can be true.
    fn check_claim(&self, me: ParticipantId, change: &GroupChange) -> Answer {
        let named: BTreeSet<_> = change.admits.iter().chain(&change.removes).collect();
        let twice = named.len() != change.admits.len() + change.removes.len();
        if twice || change.welcome.is_some() == change.admits.is_empty() {
            return Err(Refusal::of(RefusalCode::WelcomeMismatch));
        }
        let Some(sender) = self.places.get(&me) else { return Ok(()) };
        for admitted in &change.admits {
            self.check_admits(sender, *admitted)?;
        }
        for removed in &change.removes {
            self.check_removes(sender, *removed)?;
        }
        let group = self.group.as_ref();
        let fresh = |id: &&ParticipantId| group.is_some_and(|group| group.leaf(**id).is_none());
        let leaves = group.map_or(0, |group| group.leaves.len());
        let after = leaves + change.admits.iter().filter(fresh).count() - change.removes.len();
        if after > Limits::PARTICIPANTS {
            return Err(Refusal::of(RefusalCode::VisitFull));
        }
        Ok(())
    }

    /// Whoever waits is admitted by the clinician or a co-host; whoever returns, by any member (commit rule R2).
    fn check_admits(&self, sender: &Place, admitted: ParticipantId) -> Answer {
        match self.places.get(&admitted).map(|place| place.standing) {
            Some(Standing::Returning) => Ok(()),
            Some(Standing::Waiting) if sender.may_admit() => Ok(()),
            Some(Standing::Waiting) => Err(Refusal::of(RefusalCode::NotAllowed)),
            Some(Standing::Outside | Standing::Member) | None => {
                Err(Refusal::of(RefusalCode::NoSuchParticipant))
            }
        }
    }

    /// The clinician removes whom they like; others only a leaf whose owner is gone (commit rule R3).
    fn check_removes(&self, sender: &Place, removed: ParticipantId) -> Answer {
        let leaf = self.group.as_ref().and_then(|group| group.leaf(removed));
        let Some(leaf) = leaf else { return Err(Refusal::of(RefusalCode::NoSuchParticipant)) };
        let own = sender.who.participant == removed;
        if !own && (sender.is_clinician() || leaf.orphaned.is_some()) {
            Ok(())
        } else {
            Err(Refusal::of(RefusalCode::NotAllowed))
        }
    }

    fn apply(&mut self, me: ParticipantId, change: GroupChange) {
        let GroupChange { epoch, commit, welcome, admits, removes } = change;
        for member in self.members() {
            if !removes.contains(&member) {
                let commit = commit.clone();
                self.say(member, ServerMessage::Commit { epoch, sender: me, commit });
            }
        }
        if let Some(group) = &mut self.group {
            group.advance(&admits, &removes);
        }
        for removed in removes {
            if self.places.contains_key(&removed) {
                self.note_deed(VisitDeed::Removed { who: removed, by: me });
                self.record(VisitFact::Left(removed));
                self.say_farewell(removed, ServerMessage::Removed {}, CloseReason::Removed);
            }
        }
        if let Some(welcome) = welcome {
            self.note_admissions(&admits, me);
            self.let_in(&admits, &welcome);
        }
    }

    /// Only of those who waited: who comes back by a member's rules is not let in by anybody.
    fn note_admissions(&mut self, admits: &[ParticipantId], by: ParticipantId) {
        let waits = |place: &Place| place.standing == Standing::Waiting;
        for who in admits.iter().copied() {
            if self.places.get(&who).is_some_and(waits) {
                self.note_deed(VisitDeed::Admitted { who, by });
            }
        }
    }

    fn let_in(&mut self, admits: &[ParticipantId], welcome: &Welcome) {
        for admitted in admits {
            let Some(group) = self.group.as_ref().map(Group::state) else { return };
            self.say(*admitted, ServerMessage::Welcome { group, welcome: welcome.clone() });
            self.become_member(*admitted);
        }
        for admitted in admits {
            self.brief(*admitted);
        }
    }

    fn become_member(&mut self, me: ParticipantId) {
        let Some(place) = self.places.get_mut(&me) else { return };
        let had_media = place.is_member();
        place.standing = Standing::Member;
        place.key_package = None;
        if had_media {
            place.offered = None;
            self.order_media(MediaOrder::Restart(me));
        } else {
            self.record(VisitFact::Joined(me));
            self.seat_media(me);
        }
    }

    /// Relays what a member says to the group, unread.
    pub(crate) fn application(
        &mut self,
        me: ParticipantId,
        epoch: Epoch,
        message: &PrivateMessage,
        receipt: Option<u32>,
    ) -> Answer {
        self.require_member(me)?;
        let ahead = self.group.as_ref().is_some_and(|group| epoch > group.epoch);
        if ahead {
            return Err(Refusal::of(RefusalCode::NoGroup));
        }
        self.follows(me, epoch);
        for member in self.members().into_iter().filter(|member| *member != me) {
            let message = message.clone();
            self.say(member, ServerMessage::Application { sender: me, epoch, message });
        }
        if let Some(receipt) = receipt {
            self.say(me, ServerMessage::Taken { receipt });
        }
        Ok(())
    }

    /// Ends the group; everybody with a leaf but `keeper` must arrive again. Whoever only waits goes on waiting.
    pub(crate) fn restart_group(&mut self, keeper: Option<ParticipantId>) {
        self.group = None;
        let inside = |place: &&Place| matches!(place.standing, Standing::Member | Standing::Returning);
        let told: Vec<_> = self.places.values().filter(inside).map(|place| place.who.participant).collect();
        for participant in told.into_iter().filter(|participant| Some(*participant) != keeper) {
            self.put_out_of_group(participant);
        }
    }

    /// What this person has of the group is void: a fresh leaf must be asked for.
    pub(crate) fn put_out_of_group(&mut self, participant: ParticipantId) {
        let Some(place) = self.places.get_mut(&participant) else { return };
        let had_media = place.is_member();
        place.standing = Standing::Outside;
        place.key_package = None;
        place.offered = None;
        if had_media {
            self.order_media(MediaOrder::Leave(participant));
        }
        self.say(participant, ServerMessage::GroupRestarted {});
    }

    /// A group in which nobody is left opens to nobody.
    pub(crate) fn bury_dead_group(&mut self) {
        if self.group.is_some() && self.members().is_empty() {
            self.restart_group(None);
        }
    }

    /// The clinician opens a fresh group when nobody who is there could let them into the one that exists.
    pub(crate) fn bury_group_without_a_way_in(&mut self, me: ParticipantId) {
        self.bury_dead_group();
        let Some(group) = &self.group else { return };
        if !self.places.get(&me).is_some_and(Place::is_clinician) {
            return;
        }
        let has_leaf = group.leaf(me).is_some();
        let opens = |id: &ParticipantId| {
            let place = self.places.get(id).filter(|place| place.connection.is_some());
            place.is_some_and(|place| has_leaf || place.who.role == VisitRole::CoHost)
        };
        if !self.members().iter().any(opens) {
            self.restart_group(Some(me));
        }
    }

    /// The owner of a leaf has gone: the members hear that it should be removed.
    pub(crate) fn leaf_is_orphaned(&mut self, participant: ParticipantId, reason: GoneReason) {
        let Some(leaf) = self.group.as_mut().and_then(|group| group.leaf_mut(participant)) else { return };
        leaf.orphaned = Some(reason);
        for member in self.members() {
            self.say(member, ServerMessage::Gone { participant, reason });
        }
    }

    /// The owner of a leaf, if there is one, is back with another.
    pub(crate) fn leaf_is_back(&mut self, participant: ParticipantId) -> bool {
        let leaf = self.group.as_mut().and_then(|group| group.leaf_mut(participant));
        leaf.map(|leaf| leaf.orphaned = None).is_some()
    }

    /// Leaves that a member should remove.
    pub(crate) fn orphaned_leaves(&self) -> Vec<(ParticipantId, GoneReason)> {
        let Some(group) = &self.group else { return Vec::new() };
        group.leaves.iter().filter_map(|leaf| Some((leaf.participant, leaf.orphaned?))).collect()
    }
}
