//! Between browsers and the forwarder: only members have media, and only the newest offer may be answered.
//!
//! A lobby may have its peer connection made ahead. That costs whoever joins no time, and gives whoever waits nothing:
//! the forwarder carries nothing over it until the room orders a seat.

use curtain_domain::ParticipantId;
use curtain_protocol::{MediaGeneration, Refusal, RefusalCode, Sdp, ServerMessage, Slot};

use crate::place::Prepared;
use crate::visit_room::Answer;
use crate::{ConnectionId, MediaNews, MediaOrder, VisitRoom};

impl VisitRoom {
    /// A socket that has not arrived may ask for one peer connection ahead.
    pub(crate) fn prepare_media(&mut self, connection: ConnectionId) -> Answer {
        if !self.state.is_open() {
            return Err(Refusal::closing(RefusalCode::VisitEnded));
        }
        if self.place_of(connection).is_some() {
            return Err(Refusal::of(RefusalCode::AlreadyArrived));
        }
        let Some(held) = self.connections.get_mut(&connection) else { return Ok(()) };
        if held.prepared.is_some() {
            return Err(Refusal::of(RefusalCode::NotAllowed));
        }
        held.prepared = Some(Prepared { by: connection, generation: None });
        let participant = held.who.participant;
        self.order_media(MediaOrder::Prepare { participant, connection });
        Ok(())
    }

    /// The offer for it, to the lobby or, when its person has arrived meanwhile, to the place.
    pub(crate) fn prepared(
        &mut self,
        by: ConnectionId,
        generation: MediaGeneration,
        sdp: Sdp,
        slots: Vec<Slot>,
    ) {
        let of = |prepared: &mut Option<Prepared>| {
            let prepared = prepared.as_mut().filter(|prepared| prepared.by == by)?;
            prepared.generation = Some(generation);
            Some(())
        };
        let offer = ServerMessage::Offer { generation, sdp, slots };
        if self.connections.get_mut(&by).and_then(|held| of(&mut held.prepared)).is_some() {
            return self.mention(by, offer);
        }
        let place = self
            .places
            .values_mut()
            .find_map(|place| of(&mut place.prepared).map(|()| place.who.participant));
        if let Some(place) = place {
            self.say(place, offer);
        }
    }

    /// Whether this socket, or the place it holds, has that very connection prepared.
    pub(crate) fn is_prepared(&self, connection: ConnectionId, generation: MediaGeneration) -> bool {
        let lobby = self.connections.get(&connection).and_then(|held| held.prepared.as_ref());
        let place = self.place_of(connection).and_then(|me| self.places.get(&me)?.prepared.as_ref());
        lobby.or(place).is_some_and(|prepared| prepared.generation == Some(generation))
    }

    /// The answer to the offer made ahead.
    pub(crate) fn answer_ahead(&mut self, connection: ConnectionId, generation: MediaGeneration, sdp: Sdp) {
        let Some(held) = self.connections.get(&connection) else { return };
        self.order_media(MediaOrder::Answer { participant: held.who.participant, generation, sdp });
    }

    /// A new member's seat, with the connection that was prepared if there is one.
    pub(crate) fn seat_media(&mut self, me: ParticipantId) {
        let Some(place) = self.places.get_mut(&me) else { return };
        let prepared = place.prepared.take();
        place.offered = prepared.as_ref().and_then(|prepared| prepared.generation);
        let prepared = prepared.map(|prepared| prepared.by);
        self.order_media(MediaOrder::Join { participant: me, prepared });
    }

    pub(crate) fn discard(&mut self, prepared: Option<&Prepared>) {
        if let Some(prepared) = prepared {
            self.order_media(MediaOrder::Discard(prepared.by));
        }
    }

    /// A browser's answer. Whether its form is right, the forwarder says.
    pub(crate) fn answer(&mut self, me: ParticipantId, generation: MediaGeneration, sdp: Sdp) -> Answer {
        self.require_member(me)?;
        let newest = self.places.get(&me).and_then(|place| place.offered);
        if newest != Some(generation) {
            return Err(Refusal::of(RefusalCode::BadAnswer));
        }
        self.order_media(MediaOrder::Answer { participant: me, generation, sdp });
        Ok(())
    }

    pub(crate) fn restart_media(&mut self, me: ParticipantId) -> Answer {
        self.require_member(me)?;
        let Some(place) = self.places.get_mut(&me) else { return Ok(()) };
        if !place.media_restarts.take(self.now) {
            return Err(Refusal::closing(RefusalCode::TooFast));
        }
        place.offered = None;
        self.order_media(MediaOrder::Restart(me));
        Ok(())
    }

    /// The forwarder's news go to members only: whoever has left meanwhile hears nothing.
    pub(crate) fn media_news(&mut self, participant: ParticipantId, news: MediaNews) {
        let place = self.places.get_mut(&participant).filter(|place| place.is_member());
        match (news, place) {
            (MediaNews::AnswerRefused { generation }, _) => self.answer_refused(participant, generation),
            (_, None) => {}
            (MediaNews::Offer { generation, sdp, slots }, Some(place)) => {
                place.offered = Some(generation);
                self.say(participant, ServerMessage::Offer { generation, sdp, slots });
            }
            (MediaNews::Slots { generation, slots }, _) => {
                self.say(participant, ServerMessage::Slots { generation, slots });
            }
            (MediaNews::Lost { generation }, _) => self.media_lost(participant, generation),
            (MediaNews::Unsealed { kind }, _) => {
                for member in self.members() {
                    self.say(member, ServerMessage::UnsealedMedia { participant, kind });
                }
            }
        }
    }

    /// Without a socket nobody could answer the next offer; the browser asks for one when it is back.
    fn media_lost(&mut self, participant: ParticipantId, generation: MediaGeneration) {
        let Some(place) = self.places.get_mut(&participant) else { return };
        if place.connection.is_some() && place.offered == Some(generation) {
            place.offered = None;
            self.order_media(MediaOrder::Restart(participant));
        }
    }

    /// Whoever answers with what breaks the rules is shown out. A late word about an older connection must not close the
    /// socket of one who came back meanwhile.
    fn answer_refused(&mut self, participant: ParticipantId, generation: MediaGeneration) {
        let seated = self.places.get(&participant).filter(|place| place.offered == Some(generation));
        let seated = seated.and_then(|place| place.connection);
        let sockets = self.connections.keys().copied();
        let culprit =
            seated.or_else(|| sockets.into_iter().find(|socket| self.is_prepared(*socket, generation)));
        if let Some(connection) = culprit {
            self.refuse(connection, Refusal::closing(RefusalCode::BadAnswer));
        }
    }
}
