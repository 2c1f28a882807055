//! The room itself: what it remembers, and which part answers which input.

use core::time::Duration;
use std::collections::BTreeMap;

use curtain_domain::{ParticipantId, Timestamp, VisitId, VisitState};
use curtain_protocol::{ClientMessage, Envelope, Epoch, PersonInVisit, Refusal, RefusalCode, ServerMessage};

use crate::group::Group;
use crate::place::Place;
use crate::presence::{Connection, Farewell};
use crate::{CloseReason, ConnectionId, Input, MediaOrder, Output, VisitDeed, VisitFact};

/// How long an empty room is kept. More costs memory for visits that are over; less loses the farewell of somebody
/// whose connection broke at the last moment.
pub(crate) const EMPTY_FOR: Duration = Duration::from_mins(1);

/// Every message is either followed, or refused with nothing changed.
pub(crate) type Answer = Result<(), Refusal>;

/// One visit's room. Give it every input in order and do what it puts out, in order.
#[derive(Debug)]
pub struct VisitRoom {
    pub(crate) visit: VisitId,
    pub(crate) state: VisitState,
    pub(crate) people: Vec<PersonInVisit>,
    /// Rises with every change of `people`.
    pub(crate) people_version: u64,
    /// Of the list of people that is known.
    pub(crate) people_reading: u64,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) places: BTreeMap<ParticipantId, Place>,
    pub(crate) group: Option<Group>,
    pub(crate) farewells: Vec<Farewell>,
    pub(crate) arrivals: u64,
    pub(crate) empty_since: Option<Timestamp>,
    /// The longest wait, as last recorded.
    pub(crate) told_waiting: Option<Timestamp>,
    pub(crate) told_wake: Option<Timestamp>,
    pub(crate) now: Timestamp,
    out: Vec<Output>,
}

impl VisitRoom {
    /// A room without anybody in it. `state` is the visit's as stored: after a restart of the server a visit goes on
    /// from there, with a fresh group.
    pub fn new(visit: VisitId, state: VisitState, people: Vec<PersonInVisit>) -> Self {
        Self {
            visit,
            state,
            people,
            people_version: 0,
            people_reading: 0,
            connections: BTreeMap::new(),
            places: BTreeMap::new(),
            group: None,
            farewells: Vec::new(),
            arrivals: 0,
            empty_since: None,
            told_waiting: None,
            told_wake: None,
            now: Timestamp::from_unix_millis(0),
            out: Vec::new(),
        }
    }

    /// Where the visit stands.
    pub fn state(&self) -> VisitState {
        self.state
    }

    /// The epoch that the group stands at, if there is a group.
    pub fn epoch(&self) -> Option<Epoch> {
        self.group.as_ref().map(|group| group.epoch)
    }

    /// How many sockets the room knows.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Takes one input and says what to do about it. `now` may repeat or jump; nothing breaks.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.now = now;
        self.expire();
        match input {
            Input::Connected { connection, who, session, token } => {
                self.connected(connection, who, session, token);
            }
            Input::Message { connection, message } => self.said(connection, message),
            Input::Unreadable { connection, code } => self.refuse(connection, Refusal::closing(code)),
            Input::Disconnected { connection } => self.disconnected(connection),
            Input::SessionOver { session } => self.session_over(session),
            Input::PersonRevoked { person } => self.person_revoked(person),
            Input::PeopleChanged { people, reading } => self.people_changed(people, reading),
            Input::Media { participant, news } => self.media_news(participant, news),
            Input::Prepared { connection, generation, sdp, slots } => {
                self.prepared(connection, generation, sdp, slots);
            }
            // Whoever drives the room has no alarm set now.
            Input::Tick => self.told_wake = None,
        }
        self.settle();
        core::mem::take(&mut self.out)
    }

    /// A message from a socket: rate first, then whether it may speak at all, then the message's own rule.
    fn said(&mut self, connection: ConnectionId, message: ClientMessage) {
        let Some(held) = self.connections.get_mut(&connection) else { return };
        if !held.quota.take(self.now) {
            return self.refuse(connection, Refusal::closing(RefusalCode::TooFast));
        }
        let answer = match message {
            ClientMessage::Arrive { key_package } => self.arrive(connection, key_package),
            ClientMessage::Resume { token, received } => self.resume(connection, &token, received),
            ClientMessage::PrepareMedia {} => self.prepare_media(connection),
            ClientMessage::Answer { generation, sdp } if self.is_prepared(connection, generation) => {
                self.answer_ahead(connection, generation, sdp);
                Ok(())
            }
            other => self.holder(connection).and_then(|me| self.obey(me, other)),
        };
        if let Err(refusal) = answer {
            self.refuse(connection, refusal);
        }
    }

    /// Whose place this socket holds.
    fn holder(&self, connection: ConnectionId) -> Result<ParticipantId, Refusal> {
        if !self.state.is_open() {
            return Err(Refusal::closing(RefusalCode::VisitEnded));
        }
        self.place_of(connection).ok_or(Refusal::of(RefusalCode::NotArrived))
    }

    /// A message from somebody who has a place.
    fn obey(&mut self, me: ParticipantId, message: ClientMessage) -> Answer {
        match message {
            ClientMessage::Arrive { .. } | ClientMessage::Resume { .. } | ClientMessage::PrepareMedia {} => {
                Err(Refusal::of(RefusalCode::AlreadyArrived))
            }
            ClientMessage::Acknowledge { received } => self.acknowledge(me, received),
            ClientMessage::OpenGroup { group_id } => self.open_group(me, group_id),
            ClientMessage::Commit(change) => self.commit(me, change),
            ClientMessage::RefuseCommit { epoch } => self.refuse_commit(me, epoch),
            ClientMessage::Application { epoch, message, receipt } => {
                self.application(me, epoch, &message, receipt)
            }
            ClientMessage::Decline { participant } => self.decline(me, participant),
            ClientMessage::RefuseReturn { participant } => self.refuse_return(me, participant),
            ClientMessage::Answer { generation, sdp } => self.answer(me, generation, sdp),
            ClientMessage::RestartMedia {} => self.restart_media(me),
            ClientMessage::Leave {} => {
                self.leave(me);
                Ok(())
            }
            ClientMessage::EndVisit {} => self.end_visit(me),
        }
    }

    /// Sends to whoever holds the place, now or on resume.
    pub(crate) fn say(&mut self, to: ParticipantId, message: ServerMessage) {
        let Some(place) = self.places.get_mut(&to) else { return };
        let envelope = place.log.append(message);
        if let Some(connection) = place.connection {
            self.send(connection, envelope);
        }
    }

    /// Sends to a socket something that a resume need not repeat.
    pub(crate) fn mention(&mut self, to: ConnectionId, message: ServerMessage) {
        self.send(to, Envelope { seq: 0, message });
    }

    pub(crate) fn send(&mut self, to: ConnectionId, envelope: Envelope) {
        self.out.push(Output::Send { to, envelope });
    }

    pub(crate) fn order_media(&mut self, order: MediaOrder) {
        self.out.push(Output::Media(order));
    }

    pub(crate) fn record(&mut self, fact: VisitFact) {
        self.out.push(Output::Visit(fact));
    }

    pub(crate) fn note_deed(&mut self, deed: VisitDeed) {
        self.out.push(Output::Deed(deed));
    }

    pub(crate) fn wake_at(&mut self, at: Timestamp) {
        self.out.push(Output::WakeAt(at));
    }

    pub(crate) fn dissolve(&mut self) {
        self.out.push(Output::Dissolved);
    }

    /// Tells a socket that what it sent was refused. One that is shown the door keeps its place as if the connection
    /// were lost.
    pub(crate) fn refuse(&mut self, connection: ConnectionId, refusal: Refusal) {
        if !self.connections.contains_key(&connection) {
            return;
        }
        let (code, closing) = (refusal.code, refusal.closing);
        self.mention(connection, ServerMessage::Refused(refusal));
        if closing {
            self.close(connection, CloseReason::Refused(code));
        }
    }

    /// Closes a socket and forgets it. A place that it held is kept as lost.
    pub(crate) fn close(&mut self, connection: ConnectionId, why: CloseReason) {
        if self.connections.contains_key(&connection) {
            self.out.push(Output::Close { connection, why });
            self.disconnected(connection);
        }
    }

    /// Members of the group, in the order of their leaves.
    pub(crate) fn members(&self) -> Vec<ParticipantId> {
        let Some(group) = &self.group else { return Vec::new() };
        let is_member = |id: &ParticipantId| self.places.get(id).is_some_and(Place::is_member);
        group.leaves.iter().map(|leaf| leaf.participant).filter(is_member).collect()
    }

    /// The place's own rule that only the visit's clinician may do this.
    pub(crate) fn require_clinician(&self, me: ParticipantId) -> Answer {
        let is_clinician = self.places.get(&me).is_some_and(Place::is_clinician);
        if is_clinician { Ok(()) } else { Err(Refusal::of(RefusalCode::NotAllowed)) }
    }

    /// Only members of the group may do this.
    pub(crate) fn require_member(&self, me: ParticipantId) -> Answer {
        if self.group.is_none() {
            return Err(Refusal::of(RefusalCode::NoGroup));
        }
        let is_member = self.places.get(&me).is_some_and(Place::is_member);
        if is_member { Ok(()) } else { Err(Refusal::of(RefusalCode::NotMember)) }
    }
}
