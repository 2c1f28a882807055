//! What the loop does, without the loop: orders, datagrams and the time go in; datagrams and events come out.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

use curtain_domain::{ParticipantId, VisitId};
use curtain_protocol::{MediaGeneration, Sdp};

use super::directory::{Directory, PeerId};
use crate::answer::Answer;
use crate::command::{MediaCommand, MediaEvent, Preparation, What};
use crate::connection::{BindingRequest, Change, Datagram, Engine, FromPeer, Peer};
use crate::error::MediaError;
use crate::moment::Moment;
use crate::routing::{Action, Visit, empty_slots};

/// Makes an engine for a new connection.
pub(crate) type MakeEngine = Box<dyn FnMut(Moment) -> Result<Box<dyn Engine>, MediaError>>;

type Place = (VisitId, ParticipantId);

/// All visits of one thread.
pub(crate) struct Worker {
    make: MakeEngine,
    visits: HashMap<VisitId, Visit>,
    peers: HashMap<PeerId, (Place, Peer)>,
    /// The connection of each seat.
    places: HashMap<Place, PeerId>,
    /// Connections without a seat: nothing is forwarded over them.
    prepared: HashMap<(VisitId, Preparation), PeerId>,
    directory: Directory,
    /// Counts the connections of this thread, so that no participant's generation ever comes twice.
    made: u32,
    /// Peers that may have something to send.
    touched: BTreeSet<PeerId>,
    outbox: Vec<Datagram>,
    events: Vec<MediaEvent>,
}

impl Worker {
    pub(crate) fn new(make: MakeEngine) -> Self {
        Self {
            make,
            visits: HashMap::new(),
            peers: HashMap::new(),
            places: HashMap::new(),
            prepared: HashMap::new(),
            directory: Directory::default(),
            made: 0,
            touched: BTreeSet::new(),
            outbox: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Nobody is connected, so nothing can become due.
    pub(crate) fn is_idle(&self) -> bool {
        self.peers.is_empty()
    }

    /// No trace of anybody.
    #[cfg(test)]
    pub(crate) fn holds_nothing(&self) -> bool {
        self.visits.is_empty()
            && self.peers.is_empty()
            && self.places.is_empty()
            && self.prepared.is_empty()
            && self.directory.is_empty()
            && self.touched.is_empty()
    }

    /// Follows an order.
    pub(crate) fn command(&mut self, now: Moment, command: MediaCommand) {
        match command {
            MediaCommand::Prepare { visit, participant, preparation } => {
                self.prepare(now, (visit, participant), preparation);
            }
            MediaCommand::Discard { visit, preparation } => self.discard((visit, preparation)),
            MediaCommand::Join { visit, participant, prepared } => {
                self.join(now, (visit, participant), prepared);
            }
            MediaCommand::Restart { visit, participant } => self.join(now, (visit, participant), None),
            MediaCommand::Answer { visit, participant, generation, sdp } => {
                self.answer(now, (visit, participant), generation, &sdp);
            }
            MediaCommand::Leave { visit, participant } => self.leave((visit, participant)),
            MediaCommand::Close { visit } => {
                let members: Vec<_> =
                    self.visits.get(&visit).map(|v| v.members().collect()).unwrap_or_default();
                for participant in members {
                    self.disconnect((visit, participant));
                }
                let unused = self.prepared.keys().filter(|(of, _)| *of == visit).copied();
                for preparation in unused.collect::<Vec<_>>() {
                    self.discard(preparation);
                }
                self.visits.remove(&visit);
            }
        }
        self.flush(now);
    }

    /// Takes a datagram from the network.
    pub(crate) fn datagram(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) {
        let check = BindingRequest::read(datagram);
        let peer = match check {
            Some(check) => match self.directory.by_ufrag(check.ufrag) {
                Some(peer) if self.signed(peer, &check) => {
                    self.directory.proven(peer, from);
                    peer
                }
                _ => return,
            },
            None => match self.directory.by_address(from) {
                Some(peer) => peer,
                None => return,
            },
        };
        if let Some((_, connection)) = self.peers.get_mut(&peer) {
            connection.receive(now, from, datagram, check.is_some());
            self.touched.insert(peer);
        }
        self.flush(now);
    }

    /// Timers of connections and visits.
    pub(crate) fn tick(&mut self, now: Moment) {
        for (&id, (_, peer)) in &mut self.peers {
            if peer.wake(now) {
                self.touched.insert(id);
            }
        }
        let mut actions = Vec::new();
        for (&id, visit) in &mut self.visits {
            if visit.wakes_at().is_some_and(|at| at <= now) {
                let mut due = Vec::new();
                visit.tick(now, &mut due);
                actions.extend(due.into_iter().map(|action| (id, action)));
            }
        }
        for (visit, action) in actions {
            self.act(now, visit, action);
        }
        self.flush(now);
    }

    /// Datagrams to send.
    pub(crate) fn outbox(&mut self) -> std::vec::Drain<'_, Datagram> {
        self.outbox.drain(..)
    }

    /// Events to tell.
    pub(crate) fn events(&mut self) -> std::vec::Drain<'_, MediaEvent> {
        self.events.drain(..)
    }

    fn signed(&self, peer: PeerId, check: &BindingRequest<'_>) -> bool {
        self.peers.get(&peer).is_some_and(|(_, peer)| check.is_signed_with(&peer.credentials().password))
    }

    /// A connection without a seat.
    fn prepare(&mut self, now: Moment, place: Place, preparation: Preparation) {
        let Some((id, generation, sdp)) = self.connect(now, place) else { return };
        self.prepared.insert((place.0, preparation), id);
        self.tell(place, What::Prepared { preparation, generation, sdp, slots: empty_slots() });
    }

    fn discard(&mut self, preparation: (VisitId, Preparation)) {
        if let Some(id) = self.prepared.remove(&preparation) {
            self.hang_up(id);
        }
    }

    fn join(&mut self, now: Moment, place: Place, prepared: Option<Preparation>) {
        let (visit_id, who) = place;
        self.disconnect(place);
        let visit = self.visits.entry(visit_id).or_default();
        let changed = if visit.has(who) {
            visit.restart(who);
            Vec::new()
        } else {
            visit.join(who)
        };
        if !prepared.is_some_and(|preparation| self.seat_prepared(now, place, preparation)) {
            self.seat_fresh(now, place);
        }
        self.tell_slots(visit_id, &changed);
    }

    /// The seat gets the connection that was made ahead. False when it is of no use any more.
    fn seat_prepared(&mut self, now: Moment, place: Place, preparation: Preparation) -> bool {
        let (visit, who) = place;
        let Some(id) = self.prepared.remove(&(visit, preparation)) else { return false };
        let Some((_, peer)) = self.peers.get(&id).filter(|(of, peer)| *of == place && !peer.is_lost()) else {
            self.hang_up(id);
            return false;
        };
        let is_up = peer.is_up();
        self.places.insert(place, id);
        self.tell_slots(visit, &[who]);
        if is_up {
            self.received(now, place, FromPeer::Connected);
        }
        true
    }

    fn seat_fresh(&mut self, now: Moment, place: Place) {
        let (visit, who) = place;
        let Some((id, generation, sdp)) = self.connect(now, place) else {
            return self.tell(place, What::Lost { generation: MediaGeneration(self.made) });
        };
        self.places.insert(place, id);
        let slots = self.visits[&visit].slots_of(who);
        self.tell(place, What::Offer { generation, sdp, slots });
    }

    /// A fresh connection, which nothing refers to yet.
    fn connect(&mut self, now: Moment, place: Place) -> Option<(PeerId, MediaGeneration, Sdp)> {
        self.made += 1;
        let (id, generation) = (PeerId(self.made), MediaGeneration(self.made));
        let made = (self.make)(now);
        let engine = made.inspect_err(|error| tracing::error!(%error, "no connection for a participant"));
        let peer = Peer::new(generation, engine.ok()?, now);
        self.directory.add(id, peer.credentials().ufrag.clone());
        let sdp = peer.offer().clone();
        self.peers.insert(id, (place, peer));
        Some((id, generation, sdp))
    }

    fn answer(&mut self, now: Moment, place: Place, generation: MediaGeneration, sdp: &Sdp) {
        let id = PeerId(generation.0);
        let Some((_, peer)) = self.peers.get_mut(&id).filter(|(of, _)| *of == place) else { return };
        let taken = Answer::check(sdp).and_then(|answer| peer.accept(now, answer));
        self.touched.insert(id);
        if let Err(reason) = taken {
            self.tell(place, What::AnswerRefused { generation, reason });
        }
    }

    fn leave(&mut self, place: Place) {
        let (visit_id, who) = place;
        self.disconnect(place);
        let Some(visit) = self.visits.get_mut(&visit_id) else { return };
        let changed = visit.leave(who);
        if visit.is_empty() {
            self.visits.remove(&visit_id);
        }
        self.tell_slots(visit_id, &changed);
    }

    /// Closes a participant's connection, if there is one, and forgets it.
    fn disconnect(&mut self, place: Place) {
        if let Some(id) = self.places.remove(&place) {
            self.hang_up(id);
        }
    }

    fn hang_up(&mut self, id: PeerId) {
        self.directory.remove(id);
        self.touched.remove(&id);
        if let Some((_, mut peer)) = self.peers.remove(&id) {
            peer.close();
            while let Some(datagram) = peer.transmit() {
                self.outbox.push(datagram);
            }
        }
    }

    /// Works off what the touched peers received, until nothing new follows.
    fn flush(&mut self, now: Moment) {
        while let Some(id) = self.touched.pop_first() {
            while let Some((place, from_peer)) = self.peers.get_mut(&id).and_then(|(place, peer)| {
                let place = *place;
                peer.poll(now).map(|from_peer| (place, from_peer))
            }) {
                if self.places.get(&place) == Some(&id) {
                    self.received(now, place, from_peer);
                }
            }
            let Some((place, peer)) = self.peers.get_mut(&id) else { continue };
            let (place, generation) = (*place, peer.generation);
            let seated = self.places.get(&place) == Some(&id);
            while let Some(datagram) = peer.transmit() {
                self.outbox.push(datagram);
            }
            while let Some(change) = self.peers.get_mut(&id).and_then(|(_, peer)| peer.change()) {
                let what = match change {
                    Change::Connected => What::Connected { generation },
                    Change::Lost => What::Lost { generation },
                };
                // Whoever has no seat yet gets another connection with it, should this one be lost.
                if seated {
                    self.tell(place, what);
                }
            }
        }
    }

    fn received(&mut self, now: Moment, place: Place, from_peer: FromPeer) {
        let (visit_id, who) = place;
        let Some(visit) = self.visits.get_mut(&visit_id) else { return };
        let mut actions = Vec::new();
        match from_peer {
            FromPeer::Connected => visit.connected(now, who, &mut actions),
            FromPeer::Media(packet) => visit.packet(now, who, &packet, &mut actions),
            FromPeer::KeyFrameWanted(slot) => visit.key_frame_wanted(now, who, slot, &mut actions),
            FromPeer::Missed(slot, sequences) => visit.missed(who, slot, &sequences, &mut actions),
            FromPeer::Failed => {}
        }
        for action in actions {
            self.act(now, visit_id, action);
        }
    }

    fn act(&mut self, now: Moment, visit: VisitId, action: Action) {
        let who = match &action {
            Action::Forward { to, .. } | Action::Repeat { to, .. } => *to,
            Action::AskKeyFrame { of, .. } | Action::AskAgain { of, .. } | Action::Unsealed { of, .. } => *of,
        };
        let Some(&id) = self.places.get(&(visit, who)) else { return };
        let Some((_, peer)) = self.peers.get_mut(&id) else { return };
        self.touched.insert(id);
        match action {
            Action::Forward { packet, .. } => peer.send(now, &packet),
            Action::Repeat { packet, .. } => peer.repeat(now, &packet),
            Action::AskKeyFrame { kind, .. } => peer.ask_key_frame(now, kind),
            Action::AskAgain { kind, sequences, .. } => peer.ask_again(now, kind, &sequences),
            Action::Unsealed { kind, .. } => self.tell((visit, who), What::Unsealed { kind }),
        }
    }

    fn tell(&mut self, (visit, participant): Place, what: What) {
        self.events.push(MediaEvent { visit, participant, what });
    }

    fn tell_slots(&mut self, visit_id: VisitId, changed: &[ParticipantId]) {
        for &who in changed {
            let generation = self.places.get(&(visit_id, who)).and_then(|id| self.peers.get(id));
            let Some(generation) = generation.map(|(_, peer)| peer.generation) else { continue };
            let slots = self.visits.get(&visit_id).map(|visit| visit.slots_of(who)).unwrap_or_default();
            self.tell((visit_id, who), What::Slots { generation, slots });
        }
    }
}
