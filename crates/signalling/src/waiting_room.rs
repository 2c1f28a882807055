//! Who waits, who comes back, and who is sent away before entering.
//!
//! Waiting means: outside the group. Nothing of the group is sent to anybody in here (lesson L16).

use curtain_domain::ParticipantId;
use curtain_protocol::{GoneReason, Refusal, RefusalCode, ServerMessage, WaitingPerson};

use crate::place::{Place, Standing, WaitingLine};
use crate::visit_room::Answer;
use crate::{CloseReason, VisitDeed, VisitFact, VisitRoom};

impl VisitRoom {
    /// The clinician does not let somebody in, who may ask again.
    pub(crate) fn decline(&mut self, me: ParticipantId, whom: ParticipantId) -> Answer {
        self.require_clinician(me)?;
        let waits = self.places.get(&whom).is_some_and(|place| place.is_waiting() && whom != me);
        if !waits {
            return Err(Refusal::of(RefusalCode::NoSuchParticipant));
        }
        self.note_deed(VisitDeed::Declined { who: whom, by: me });
        self.record(VisitFact::Left(whom));
        self.say_farewell(whom, ServerMessage::Declined {}, CloseReason::Declined);
        self.leaf_is_orphaned(whom, GoneReason::Left);
        Ok(())
    }

    /// A member's commit rules refuse a return: it needs a clinician's admission after all.
    pub(crate) fn refuse_return(&mut self, me: ParticipantId, whom: ParticipantId) -> Answer {
        self.require_member(me)?;
        let place = self.places.get_mut(&whom).filter(|place| place.standing == Standing::Returning);
        let Some(place) = place else { return Err(Refusal::of(RefusalCode::NoSuchParticipant)) };
        place.standing = Standing::Waiting;
        self.say(whom, ServerMessage::ReturnRefused {});
        Ok(())
    }

    /// Asks every member to commit somebody's return, one after the other until it is done.
    pub(crate) fn ask_members_to_take_back(&mut self, back: ParticipantId) {
        for (turn, member) in self.members_by_turn().into_iter().enumerate() {
            self.ask_to_take_back(member, back, turn);
        }
    }

    /// Tells a fresh member what the others were told before: who returns, and whose leaf must go.
    pub(crate) fn brief(&mut self, fresh: ParticipantId) {
        let turn = self.members_by_turn().iter().position(|member| *member == fresh).unwrap_or(0);
        let returning: Vec<_> = self
            .places
            .values()
            .filter(|place| place.standing == Standing::Returning)
            .map(|place| place.who.participant)
            .collect();
        for back in returning {
            self.ask_to_take_back(fresh, back, turn);
        }
        for (participant, reason) in self.orphaned_leaves() {
            self.say(fresh, ServerMessage::Gone { participant, reason });
        }
    }

    /// In the order of the leaves, whoever is there before whoever lost the connection.
    fn members_by_turn(&self) -> Vec<ParticipantId> {
        let mut members = self.members();
        members.sort_by_key(|id| self.places.get(id).is_none_or(|place| place.connection.is_none()));
        members
    }

    fn ask_to_take_back(&mut self, member: ParticipantId, back: ParticipantId, turn: usize) {
        let Some(place) = self.places.get(&back) else { return };
        let Some(key_package) = place.key_package.clone() else { return };
        let turn = u8::try_from(turn).unwrap_or(u8::MAX);
        self.say(member, ServerMessage::Return { who: place.who.clone(), key_package, turn });
    }

    /// Everybody who waits, in the order of arrival.
    fn waiting_places(&self) -> Vec<&Place> {
        let mut waiting: Vec<_> = self.places.values().filter(|place| place.is_waiting()).collect();
        waiting.sort_by_key(|place| (place.since, place.arrival));
        waiting
    }

    /// The waiting room as `viewer` sees it, in short: to know whether it changed.
    pub(crate) fn waiting_lines(&self, viewer: ParticipantId) -> Vec<WaitingLine> {
        self.waiting_places()
            .into_iter()
            .filter(|place| place.who.participant != viewer)
            .map(|place| {
                let returning = place.standing == Standing::Returning;
                (place.who.participant, place.arrival, returning, place.connection.is_some())
            })
            .collect()
    }

    /// The waiting room as `viewer` sees it.
    pub(crate) fn waiting_people(&self, viewer: ParticipantId) -> Vec<WaitingPerson> {
        self.waiting_places()
            .into_iter()
            .filter(|place| place.who.participant != viewer)
            .filter_map(|place| {
                Some(WaitingPerson {
                    who: place.who.clone(),
                    key_package: place.key_package.clone()?,
                    since: place.since,
                    returning: place.standing == Standing::Returning,
                    connected: place.connection.is_some(),
                })
            })
            .collect()
    }
}
