//! After every input: who is told what changed. Nobody hears the same thing twice.

use curtain_domain::{ParticipantId, VisitRole, VisitState};
use curtain_protocol::ServerMessage;

use crate::place::Place;
use crate::{VisitFact, VisitRoom};

impl VisitRoom {
    /// Brings everything that follows from the rest up to date.
    pub(crate) fn settle(&mut self) {
        if self.state.is_open() {
            self.take_back_refused_commits();
            self.bury_dead_group();
            self.follow_waiting_state();
            self.announce_people();
            self.announce_waiting();
        }
        self.plan_ahead();
    }

    /// Before the start, a visit waits exactly while somebody waits for its clinician. Since when is told afterwards
    /// too: the clinician's list shows it.
    fn follow_waiting_state(&mut self) {
        let waits = |place: &&Place| {
            place.is_waiting() && !matches!(place.who.role, VisitRole::Clinician | VisitRole::CoHost)
        };
        let since = self.places.values().filter(waits).map(|place| place.since).min();
        let next = if since.is_some() { VisitState::Waiting } else { VisitState::Scheduled };
        let started = self.state == VisitState::InProgress;
        if !started && self.state != next {
            self.state = next;
            self.record(VisitFact::State(next));
        }
        if self.told_waiting != since {
            self.told_waiting = since;
            self.record(VisitFact::Waiting(since));
        }
    }

    /// Everybody with a place hears who belongs to the visit and who is there.
    fn announce_people(&mut self) {
        let connected = |place: &&Place| place.connection.is_some();
        let present: Vec<_> =
            self.places.values().filter(connected).map(|place| place.who.participant).collect();
        let news = Some((self.people_version, present.clone()));
        let uninformed: Vec<ParticipantId> = self
            .places
            .values()
            .filter(|place| place.told_people != news)
            .map(|place| place.who.participant)
            .collect();
        for participant in uninformed {
            if let Some(place) = self.places.get_mut(&participant) {
                place.told_people.clone_from(&news);
            }
            let (people, present) = (self.people.clone(), present.clone());
            self.say(participant, ServerMessage::People { people, present });
        }
    }

    /// Whoever may admit sees the waiting room.
    fn announce_waiting(&mut self) {
        for participant in self.places.keys().copied().collect::<Vec<_>>() {
            let lines = self.waiting_lines(participant);
            let Some(place) = self.places.get_mut(&participant) else { continue };
            if !place.may_admit() {
                place.told_waiting = None;
            } else if place.told_waiting.as_ref() != Some(&lines) {
                place.told_waiting = Some(lines);
                let people = self.waiting_people(participant);
                self.say(participant, ServerMessage::Waiting { people });
            }
        }
    }
}
