//! A network of 10 ms between clients and the worker, and a clock for all of them.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use curtain_domain::{ParticipantId, VisitId};
use uuid::Uuid;

use super::super::worker::Worker;
use super::client::Client;
use crate::command::{MediaCommand, MediaEvent, Preparation, What};
use crate::connection::RtcEngine;
use crate::moment::Moment;

pub(super) const VISIT: VisitId = VisitId::from_uuid(Uuid::from_u128(0xA));
pub(super) const ANA: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(1));
pub(super) const BEN: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(2));

/// One way. The clock goes in these steps.
const STEP: Duration = Duration::from_millis(10);
pub(super) const SERVER: ([u8; 4], u16) = ([192, 0, 2, 1], 3_478);

pub(super) struct Network {
    started: Instant,
    now: Moment,
    pub(super) worker: Worker,
    clients: BTreeMap<ParticipantId, Client>,
    answers: BTreeMap<ParticipantId, MediaCommand>,
    ports: u16,
    /// Every so many video packets one is lost; 0 loses none.
    pub(super) one_lost_of: usize,
    /// Losses spare the way up to the server.
    pub(super) only_down: bool,
    carried: usize,
    pub(super) told: Vec<MediaEvent>,
}

impl Network {
    #[expect(
        clippy::disallowed_methods,
        reason = "rtc's instants must count from somewhere; the rest is virtual"
    )]
    pub(super) fn new() -> Self {
        let started = Instant::now();
        let make = move |now| Ok(Box::new(RtcEngine::new(started, now, &[SERVER.into()])?) as _);
        let worker = Worker::new(Box::new(make));
        Self {
            started,
            now: Moment::START,
            worker,
            clients: BTreeMap::new(),
            answers: BTreeMap::new(),
            ports: 40_000,
            one_lost_of: 0,
            only_down: false,
            carried: 0,
            told: Vec::new(),
        }
    }

    pub(super) fn client(&self, who: ParticipantId) -> &Client {
        &self.clients[&who]
    }

    pub(super) fn order(&mut self, command: MediaCommand) {
        self.worker.command(self.now, command);
    }

    /// Somebody joins and answers; the answer takes that long.
    pub(super) fn join(&mut self, participant: ParticipantId, late: Duration) {
        self.order(MediaCommand::Join { visit: VISIT, participant, prepared: None });
        self.answer_offer(participant, late);
    }

    /// Somebody has a connection made ahead and answers at once.
    pub(super) fn prepare(&mut self, participant: ParticipantId, preparation: Preparation) {
        self.order(MediaCommand::Prepare { visit: VISIT, participant, preparation });
        self.answer_offer(participant, Duration::ZERO);
    }

    fn answer_offer(&mut self, participant: ParticipantId, late: Duration) {
        let events: Vec<_> = self.worker.events().collect();
        let offer = events.iter().find_map(|event| match &event.what {
            What::Offer { generation, sdp, .. } | What::Prepared { generation, sdp, .. } => {
                Some((*generation, sdp.clone()))
            }
            _ => None,
        });
        let (generation, offer) = offer.expect("there is an offer");
        self.told.extend(events);
        self.ports += 1;
        let own = SocketAddr::from(([198, 51, 100, 1], self.ports));
        let (mut client, sdp) = Client::answering(self.started + self.now.since_start(), own, &offer);
        let answer = MediaCommand::Answer { visit: VISIT, participant, generation, sdp };
        self.answers.insert(participant, answer.clone());
        client.answer = Some((self.now + late, answer));
        self.clients.insert(participant, client);
    }

    /// The same answer once more, as after a lost socket.
    pub(super) fn answer_again(&mut self, who: ParticipantId) {
        let answer = self.answers.get(&who).cloned().expect("answered before");
        self.order(answer);
    }

    /// Turns the clock.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now = self.now + STEP;
            self.deliver_answers();
            self.step();
        }
    }

    /// Somebody sends a sealed sound packet.
    pub(super) fn speak(&mut self, who: ParticipantId) {
        let now = self.started + self.now.since_start();
        self.clients.get_mut(&who).expect("a client").speak(now);
    }

    /// Somebody sends a sealed video frame of one packet, in VP8 (96) or VP9 (98).
    pub(super) fn show(&mut self, who: ParticipantId, payload_type: u8) {
        let now = self.started + self.now.since_start();
        self.clients.get_mut(&who).expect("a client").show(now, payload_type);
    }

    pub(super) fn unplug(&mut self, who: ParticipantId, unplugged: bool) {
        self.clients.get_mut(&who).expect("a client").unplugged = unplugged;
    }

    /// The client does not notice, its network does: what the server sends to the old address is lost.
    pub(super) fn move_to_another_address(&mut self, who: ParticipantId) {
        self.ports += 1;
        let moved = SocketAddr::from(([203, 0, 113, 9], self.ports));
        self.clients.get_mut(&who).expect("a client").seen_as = moved;
    }

    pub(super) fn inject_from_elsewhere(&mut self, datagram: &[u8]) {
        self.worker.datagram(self.now, SocketAddr::from(([203, 0, 113, 66], 6_666)), datagram);
    }

    fn deliver_answers(&mut self) {
        for client in self.clients.values_mut() {
            if let Some((_, command)) = client.answer.take_if(|(at, _)| *at <= self.now) {
                self.worker.command(self.now, command);
            }
        }
    }

    /// What is on its way arrives, on both ends, and what follows is sent.
    fn step(&mut self) {
        let now = self.started + self.now.since_start();
        self.worker.tick(self.now);
        for client in self.clients.values_mut() {
            client.wake(now);
        }
        let up: Vec<_> = self.clients.values_mut().flat_map(Client::outbox).collect();
        let down: Vec<_> = self.worker.outbox().collect();
        for (from, datagram) in up {
            if !self.only_down && self.loses(&datagram) {
                continue;
            }
            self.worker.datagram(self.now, from, &datagram);
        }
        for datagram in down {
            if self.loses(&datagram.bytes) {
                continue;
            }
            if let Some(client) = self.clients.values_mut().find(|client| client.seen_as == datagram.to) {
                client.receive(now, datagram.bytes);
            }
        }
        self.told.extend(self.worker.events());
    }
}

impl Network {
    /// RTP and RTCP share the first byte; the payload types of video tell them apart (RFC 5761).
    fn loses(&mut self, datagram: &[u8]) -> bool {
        let video = datagram.len() > 2 && datagram[0] >= 128 && (96..=99).contains(&(datagram[1] & 0x7f));
        self.carried += usize::from(video);
        video && self.one_lost_of != 0 && self.carried.is_multiple_of(self.one_lost_of)
    }
}
