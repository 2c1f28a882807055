//! Going: a connection is lost, somebody leaves, is shown out, or the visit ends.

use std::collections::BTreeMap;

use curtain_domain::{AccountId, ParticipantId, SessionId, Timestamp, VisitState};
use curtain_protocol::{EndReason, GoneReason, Limits, Refusal, RefusalCode, ServerMessage};

use super::{Connection, Farewell};
use crate::place::Place;
use crate::visit_room::{Answer, EMPTY_FOR};
use crate::{CloseReason, ConnectionId, MediaOrder, VisitFact, VisitRoom};

/// Last words kept at a time. More would let somebody who opens tab after tab fill our memory.
const FAREWELLS: usize = 16;

impl VisitRoom {
    /// The socket is gone; the place it held is kept for a while.
    pub(crate) fn disconnected(&mut self, connection: ConnectionId) {
        let held = self.place_of(connection);
        if let Some(closed) = self.connections.remove(&connection) {
            self.discard(closed.prepared.as_ref());
        }
        if let Some(place) = held.and_then(|me| self.places.get_mut(&me)) {
            place.connection = None;
            place.lost_at = Some(self.now);
        }
    }

    /// A session is over, whether or not its connection is up.
    pub(crate) fn session_over(&mut self, session: SessionId) {
        self.show_out(|held| held.session == session, |place| place.session == session);
    }

    /// A person may not be here any more, with whatever session.
    pub(crate) fn person_revoked(&mut self, person: AccountId) {
        self.show_out(|held| held.who.person == person, |place| place.who.person == person);
    }

    /// Whoever may not be here any more goes at once, and so does their media.
    fn show_out(&mut self, sockets: impl Fn(&Connection) -> bool, places: impl Fn(&Place) -> bool) {
        let held: Vec<_> =
            self.connections.iter().filter(|(_, held)| sockets(held)).map(|(id, _)| *id).collect();
        let taken: Vec<_> =
            self.places.iter().filter(|(_, place)| places(place)).map(|(id, _)| *id).collect();
        for connection in held {
            self.close(connection, CloseReason::SessionOver);
        }
        for me in taken {
            self.depart(me, GoneReason::Left);
        }
    }

    /// The sessions behind sockets and places, and whether each is in use: holds a place over a socket that is up.
    pub fn sessions(&self) -> BTreeMap<SessionId, bool> {
        let mut sessions: BTreeMap<_, _> =
            self.connections.values().map(|held| (held.session, false)).collect();
        for place in self.places.values() {
            *sessions.entry(place.session).or_default() |= place.connection.is_some();
        }
        sessions
    }

    pub(crate) fn leave(&mut self, me: ParticipantId) {
        let connection = self.places.get(&me).and_then(|place| place.connection);
        self.depart(me, GoneReason::Left);
        if let Some(connection) = connection {
            self.close(connection, CloseReason::Left);
        }
    }

    /// The place is free again. Members hear of it when a leaf is left behind that one of them must remove.
    pub(crate) fn depart(&mut self, me: ParticipantId, reason: GoneReason) {
        let Some(place) = self.places.remove(&me) else { return };
        self.stop_media(&place);
        self.record(VisitFact::Left(me));
        self.leaf_is_orphaned(me, reason);
    }

    /// Takes the place away with a last word, which is kept for a tab whose connection is lost just now.
    pub(crate) fn say_farewell(&mut self, to: ParticipantId, message: ServerMessage, why: CloseReason) {
        let Some(mut place) = self.places.remove(&to) else { return };
        self.stop_media(&place);
        let envelope = place.log.append(message);
        if let Some(connection) = place.connection {
            self.send(connection, envelope);
            self.close(connection, why);
        }
        if self.farewells.len() == FAREWELLS {
            self.farewells.remove(0);
        }
        self.farewells.push(Farewell {
            participant: to,
            token: place.token,
            log: place.log,
            why,
            until: self.now + Limits::RESUME_WITHIN,
        });
    }

    /// The clinician ends the visit for everyone.
    pub(crate) fn end_visit(&mut self, me: ParticipantId) -> Answer {
        self.require_clinician(me)?;
        self.state =
            self.state.advance(VisitState::Ended).map_err(|_| Refusal::closing(RefusalCode::VisitEnded))?;
        self.record(VisitFact::State(self.state));
        self.group = None;
        let ended = || ServerMessage::Ended { reason: EndReason::ByClinician };
        for person in self.places.keys().copied().collect::<Vec<_>>() {
            self.record(VisitFact::Left(person));
            self.say_farewell(person, ended(), CloseReason::Ended);
        }
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.mention(connection, ended());
            self.close(connection, CloseReason::Ended);
        }
        self.order_media(MediaOrder::Close);
        Ok(())
    }

    /// Does what time alone brings: lost connections become departures, last words and empty rooms are dropped.
    pub(crate) fn expire(&mut self) {
        let now = self.now;
        self.farewells.retain(|last| last.until > now);
        let overdue = |lost: Timestamp| lost + Limits::RESUME_WITHIN <= now;
        let gone: Vec<_> = self
            .places
            .values()
            .filter(|place| place.lost_at.is_some_and(overdue))
            .map(|place| place.who.participant)
            .collect();
        for me in gone {
            self.depart(me, GoneReason::Lost);
        }
    }

    /// Asks for a tick when the next of these things is due; says when the room can be dropped.
    pub(crate) fn plan_ahead(&mut self) {
        let empty = self.places.is_empty() && self.connections.is_empty();
        self.empty_since = if empty { self.empty_since.or(Some(self.now)) } else { None };
        if self.empty_since.is_some_and(|since| since + EMPTY_FOR <= self.now) {
            self.dissolve();
            return;
        }
        let lost =
            self.places.values().filter_map(|place| place.lost_at).min().map(|at| at + Limits::RESUME_WITHIN);
        let unneeded = self.empty_since.map(|since| since + EMPTY_FOR);
        let next = lost.into_iter().chain(unneeded).min();
        if next != self.told_wake {
            self.told_wake = next;
            if let Some(at) = next {
                self.wake_at(at);
            }
        }
    }
}
