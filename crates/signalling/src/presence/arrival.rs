//! Coming: a fresh tab arrives, a lost one resumes, a newer one takes over.

use curtain_domain::{ParticipantId, SessionId};
use curtain_protocol::{KeyPackage, Limits, PersonInVisit, Refusal, RefusalCode, ResumeToken, ServerMessage};

use super::{Connection, Quota, ResumeLog};
use crate::group::Group;
use crate::place::{Place, Standing};
use crate::visit_room::Answer;
use crate::{CloseReason, ConnectionId, MediaOrder, VisitDeed, VisitRoom};

impl VisitRoom {
    pub(crate) fn connected(
        &mut self,
        connection: ConnectionId,
        who: PersonInVisit,
        session: SessionId,
        token: ResumeToken,
    ) {
        if !self.people.iter().any(|person| person.participant == who.participant) {
            self.people.push(who.clone());
            self.people_version += 1;
        }
        let quota = Quota::of_messages(self.now);
        self.connections.insert(connection, Connection { who, session, token, quota, prepared: None });
    }

    /// What was read before a list that is known already says nothing new: a change may have come between.
    pub(crate) fn people_changed(&mut self, people: Vec<PersonInVisit>, reading: u64) {
        if reading < self.people_reading {
            return;
        }
        self.people_reading = reading;
        if self.people == people {
            return;
        }
        for person in &people {
            if let Some(place) = self.places.get_mut(&person.participant) {
                place.who = person.clone();
            }
        }
        self.people = people;
        self.people_version += 1;
    }

    /// Whose place this socket holds, if any.
    pub(crate) fn place_of(&self, connection: ConnectionId) -> Option<ParticipantId> {
        let me = self.connections.get(&connection)?.who.participant;
        let place = self.places.get(&me)?;
        (place.connection == Some(connection)).then_some(me)
    }

    /// A fresh leaf asks to be let in: from a new tab, or from the same one after the group was restarted or when its
    /// leaf is of no use (a Welcome for the leaf of an earlier tab, for one).
    pub(crate) fn arrive(&mut self, connection: ConnectionId, key_package: KeyPackage) -> Answer {
        if !self.state.is_open() {
            return Err(Refusal::closing(RefusalCode::VisitEnded));
        }
        let Some(held) = self.connections.get(&connection) else { return Ok(()) };
        let me = held.who.participant;
        let who = held.who.clone();
        self.require_room_for(&who)?;
        self.charge_return(me)?;

        if self.place_of(connection).is_some() {
            self.vacate_leaf(me);
        } else {
            self.take_place(connection);
        }
        self.bury_group_without_a_way_in(me);
        self.note_deed(VisitDeed::Arrived(me));
        self.ask_for_admission(me, key_package);
        Ok(())
    }

    /// Coming back makes a commit for everybody in the visit, so it has a rate of its own, whatever the socket.
    fn charge_return(&mut self, me: ParticipantId) -> Answer {
        let now = self.now;
        let within = self.places.get_mut(&me).is_none_or(|place| place.returns.take(now));
        if within { Ok(()) } else { Err(Refusal::closing(RefusalCode::TooFast)) }
    }

    /// The visit's clinician always fits; the others share what is left.
    fn require_room_for(&self, who: &PersonInVisit) -> Answer {
        let is_other = |place: &&Place| !place.is_clinician() && place.who.participant != who.participant;
        let others = self.places.values().filter(is_other).count();
        let clinician = who.role == curtain_domain::VisitRole::Clinician;
        if clinician || others + 1 < Limits::PARTICIPANTS {
            Ok(())
        } else {
            Err(Refusal::closing(RefusalCode::VisitFull))
        }
    }

    /// A new tab gets the place; the tab that held it is told and closed.
    fn take_place(&mut self, connection: ConnectionId) {
        let Some(Connection { who, session, token, .. }) = self.connections.get(&connection) else { return };
        let (who, session, token) = (who.clone(), *session, token.clone());
        let me = who.participant;
        let in_line_since = self.places.get(&me).filter(|place| place.is_waiting()).map(|place| place.since);
        let full = Quota::of_returns(self.now);
        let returns = match self.places.get_mut(&me) {
            Some(place) => core::mem::replace(&mut place.returns, full),
            None => full,
        };
        self.say_farewell(me, ServerMessage::TakenOver {}, CloseReason::TakenOver);
        let prepared = self.connections.get_mut(&connection).and_then(|held| held.prepared.take());
        let place = Place {
            who,
            session,
            standing: Standing::Outside,
            connection: Some(connection),
            lost_at: None,
            token,
            log: ResumeLog::default(),
            since: in_line_since.unwrap_or(self.now),
            arrival: 0,
            key_package: None,
            offered: None,
            prepared,
            media_restarts: Quota::of_media_restarts(self.now),
            returns,
            told_people: None,
            told_waiting: None,
        };
        self.places.insert(me, place);
    }

    /// The tab that holds the place gives up its leaf, but not the place.
    fn vacate_leaf(&mut self, me: ParticipantId) {
        let Some(place) = self.places.get_mut(&me) else { return };
        let had_media = place.is_member();
        place.standing = Standing::Outside;
        place.offered = None;
        if had_media {
            self.order_media(MediaOrder::Leave(me));
        }
    }

    /// Puts the place's new leaf in the waiting room, or asks the members to take it back.
    fn ask_for_admission(&mut self, me: ParticipantId, key_package: KeyPackage) {
        self.arrivals += 1;
        let returning = self.leaf_is_back(me);
        let group = self.group.as_ref().map(Group::state);
        let Some(place) = self.places.get_mut(&me) else { return };
        place.standing = if returning { Standing::Returning } else { Standing::Waiting };
        place.arrival = self.arrivals;
        place.key_package = Some(key_package);
        let placed = ServerMessage::Placed {
            participant: me,
            role: place.who.role,
            resume: place.token.clone(),
            state: self.state,
            group,
            returning,
        };
        self.say(me, placed);
        if returning {
            self.ask_members_to_take_back(me);
        }
    }

    /// The same tab on a new socket: what it missed follows.
    pub(crate) fn resume(&mut self, connection: ConnectionId, token: &ResumeToken, received: u64) -> Answer {
        if self.place_of(connection).is_some() {
            return Err(Refusal::of(RefusalCode::AlreadyArrived));
        }
        let Some(held) = self.connections.get(&connection) else { return Ok(()) };
        let (me, session) = (held.who.participant, held.session);
        if self.replay_farewell(connection, me, token, received) {
            return Ok(());
        }
        if !self.state.is_open() {
            return Err(Refusal::closing(RefusalCode::VisitEnded));
        }
        let place = self.places.get_mut(&me).filter(|place| place.token == *token);
        let missed = place.and_then(|place| Some((place.connection, place.log.after(received)?)));
        let Some((before, missed)) = missed else {
            return Err(Refusal::of(RefusalCode::CantResume));
        };
        if let Some(before) = before {
            self.close(before, CloseReason::Resumed);
        }
        if let Some(place) = self.places.get_mut(&me) {
            place.connection = Some(connection);
            place.session = session;
            place.lost_at = None;
            place.log.acknowledge(received);
        }
        self.mention(connection, ServerMessage::Resumed {});
        for envelope in missed {
            self.send(connection, envelope);
        }
        Ok(())
    }

    /// A tab that lost its place while it was away hears what it missed and why it is out.
    fn replay_farewell(
        &mut self,
        connection: ConnectionId,
        me: ParticipantId,
        token: &ResumeToken,
        received: u64,
    ) -> bool {
        let farewell = self.farewells.iter().find(|last| last.participant == me && last.token == *token);
        let Some((missed, why)) = farewell.and_then(|last| Some((last.log.after(received)?, last.why)))
        else {
            return false;
        };
        self.mention(connection, ServerMessage::Resumed {});
        for envelope in missed {
            self.send(connection, envelope);
        }
        self.close(connection, why);
        true
    }

    /// What was handled need not be kept.
    pub(crate) fn acknowledge(&mut self, me: ParticipantId, received: u64) -> Answer {
        let known = self.places.get_mut(&me).is_some_and(|place| place.log.acknowledge(received));
        if known { Ok(()) } else { Err(Refusal::of(RefusalCode::Malformed)) }
    }

    /// Media stops with the tab that carried it, or was about to.
    pub(crate) fn stop_media(&mut self, place: &Place) {
        self.discard(place.prepared.as_ref());
        if place.is_member() {
            self.order_media(MediaOrder::Leave(place.who.participant));
        }
    }
}
