//! An engine that breaks, to see what else breaks with it. Real ones are in `network`.

use std::net::SocketAddr;

use curtain_domain::ParticipantId;
use curtain_protocol::{Sdp, TrackKind};

use super::super::worker::Worker;
use super::network::VISIT;
use crate::answer::{Answer, AnswerRefusal};
use crate::command::{MediaCommand, MediaEvent};
use crate::connection::{Credentials, Datagram, Engine, FromPeer};
use crate::moment::Moment;
use crate::routing::Outgoing;

/// Does nothing; panics on every timer when it is the faulty one.
struct Faulty {
    offer: Sdp,
    credentials: Credentials,
    panics: bool,
}

impl Engine for Faulty {
    fn offer(&self) -> &Sdp {
        &self.offer
    }

    fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    fn accept(&mut self, _now: Moment, _answer: Answer) -> Result<(), AnswerRefusal> {
        Ok(())
    }

    fn receive(&mut self, _now: Moment, _from: SocketAddr, _datagram: &[u8]) -> bool {
        false
    }

    fn send(&mut self, _now: Moment, _packet: &Outgoing) {}

    fn repeat(&mut self, _now: Moment, _packet: &Outgoing) {}

    fn ask_key_frame(&mut self, _now: Moment, _kind: TrackKind) {}

    fn ask_again(&mut self, _now: Moment, _kind: TrackKind, _sequences: &[u16]) {}

    fn poll(&mut self) -> Option<FromPeer> {
        None
    }

    fn transmit(&mut self) -> Option<Datagram> {
        None
    }

    fn wakes_at(&mut self) -> Option<Moment> {
        Some(Moment::START)
    }

    fn wake(&mut self, _now: Moment) {
        assert!(!self.panics, "the fault that is tested");
    }

    fn close(&mut self) {}
}

/// A worker with two members; the first one's engine is faulty.
pub(super) fn one_that_panics_beside(
    faulty: ParticipantId,
    sound: ParticipantId,
) -> (Worker, Vec<MediaEvent>) {
    let mut made = 0_u8;
    let mut worker = Worker::new(Box::new(move |_| {
        made += 1;
        let name = format!("engine{made}");
        Ok(Box::new(Faulty {
            offer: Sdp::new(name.clone()).unwrap(),
            credentials: Credentials { ufrag: name.clone(), password: name },
            panics: made == 1,
        }) as _)
    }));
    for participant in [faulty, sound] {
        worker.command(Moment::START, MediaCommand::Join { visit: VISIT, participant, prepared: None });
    }
    let told = worker.events().collect();
    (worker, told)
}

/// Timers run twice: the second time nothing is asked of the broken engine.
pub(super) fn talk_to_both(worker: &mut Worker) {
    worker.tick(Moment::START);
    worker.tick(Moment::START);
}

/// The other one can leave and come back.
pub(super) fn still_works(worker: &mut Worker, who: ParticipantId) -> bool {
    worker.command(Moment::START, MediaCommand::Restart { visit: VISIT, participant: who });
    let offers = worker.events().filter(|event| matches!(event.what, crate::command::What::Offer { .. }));
    offers.count() == 1
}
