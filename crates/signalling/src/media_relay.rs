//! Between browsers and the forwarder: only members have media, and only the newest offer may be answered.

use curtain_domain::ParticipantId;
use curtain_protocol::{MediaGeneration, Refusal, RefusalCode, Sdp, ServerMessage};

use crate::visit_room::Answer;
use crate::{MediaNews, MediaOrder, VisitRoom};

impl VisitRoom {
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
        let Some(place) = self.places.get_mut(&participant).filter(|place| place.is_member()) else { return };
        match news {
            MediaNews::Offer { generation, sdp, slots } => {
                place.offered = Some(generation);
                self.say(participant, ServerMessage::Offer { generation, sdp, slots });
            }
            MediaNews::Slots { generation, slots } => {
                self.say(participant, ServerMessage::Slots { generation, slots });
            }
            MediaNews::Lost { generation } => {
                // Without a socket nobody could answer the next offer; the browser asks for one when it is back.
                if place.connection.is_some() && place.offered == Some(generation) {
                    place.offered = None;
                    self.order_media(MediaOrder::Restart(participant));
                }
            }
            MediaNews::Unsealed { kind } => {
                for member in self.members() {
                    self.say(member, ServerMessage::UnsealedMedia { participant, kind });
                }
            }
            MediaNews::AnswerRefused { generation } => {
                // A late word about an older connection must not close the socket of one who came back meanwhile.
                let current = place.offered == Some(generation);
                if let Some(connection) = place.connection.filter(|_| current) {
                    self.refuse(connection, Refusal::closing(RefusalCode::BadAnswer));
                }
            }
        }
    }
}
