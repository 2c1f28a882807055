//! One participant's connection with its life around it: an engine that may fail, and signs of life.
//!
//! A connection that fails, even one that panics, is this participant's trouble alone. The thread goes on.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use curtain_protocol::{MediaGeneration, Sdp, TrackKind};

use super::liveness::{Change, Liveness};
use super::{Credentials, Datagram, Engine, FromPeer};
use crate::answer::{Answer, AnswerRefusal};
use crate::moment::Moment;
use crate::routing::Outgoing;

/// One generation of one participant.
pub(crate) struct Peer {
    pub(crate) generation: MediaGeneration,
    engine: Box<dyn Engine>,
    liveness: Liveness,
    changes: VecDeque<Change>,
    broken: bool,
    answered: bool,
    /// The engine's next timer, unless something was asked of it since: asking `rtc` walks eight handlers, too dear to do
    /// for everybody on every tick.
    wakes_at: Option<Moment>,
    stirred: bool,
}

impl Peer {
    pub(crate) fn new(generation: MediaGeneration, engine: Box<dyn Engine>, now: Moment) -> Self {
        let liveness = Liveness::since(now);
        Self {
            generation,
            engine,
            liveness,
            changes: VecDeque::new(),
            broken: false,
            answered: false,
            wakes_at: None,
            stirred: true,
        }
    }

    pub(crate) fn offer(&self) -> &Sdp {
        self.engine.offer()
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        self.engine.credentials()
    }

    /// Takes the browser's answer. One that comes again says nothing new: a browser repeats what a lost socket may not
    /// have carried.
    pub(crate) fn accept(&mut self, now: Moment, answer: Answer) -> Result<(), AnswerRefusal> {
        if self.answered {
            return Ok(());
        }
        let taken = self.guarded(|engine| engine.accept(now, answer));
        let taken = taken.unwrap_or(Err(AnswerRefusal::NotUnderstood));
        self.answered = taken.is_ok();
        taken
    }

    /// Takes a datagram in. `proven` tells that it is a check signed with this connection's password.
    pub(crate) fn receive(&mut self, now: Moment, from: SocketAddr, datagram: &[u8], proven: bool) {
        let authentic = self.guarded(|engine| engine.receive(now, from, datagram)).unwrap_or(false);
        if (authentic || proven) && !self.broken {
            let change = self.liveness.heard(now);
            self.changes.extend(change);
        }
    }

    pub(crate) fn send(&mut self, now: Moment, packet: &Outgoing) {
        self.guarded(|engine| engine.send(now, packet));
    }

    pub(crate) fn repeat(&mut self, now: Moment, packet: &Outgoing) {
        self.guarded(|engine| engine.repeat(now, packet));
    }

    pub(crate) fn ask_key_frame(&mut self, now: Moment, kind: TrackKind) {
        self.guarded(|engine| engine.ask_key_frame(now, kind));
    }

    pub(crate) fn ask_again(&mut self, now: Moment, kind: TrackKind, sequences: &[u16]) {
        self.guarded(|engine| engine.ask_again(now, kind, sequences));
    }

    /// What came in, of media and feedback.
    pub(crate) fn poll(&mut self, now: Moment) -> Option<FromPeer> {
        match self.guarded(|engine| engine.poll()).flatten()? {
            FromPeer::Connected => {
                let change = self.liveness.connected(now);
                self.changes.extend(change);
                Some(FromPeer::Connected)
            }
            FromPeer::Failed => {
                self.fail();
                Some(FromPeer::Failed)
            }
            other => Some(other),
        }
    }

    /// Media can flow now.
    pub(crate) const fn is_up(&self) -> bool {
        self.liveness.is_up()
    }

    /// Nothing will come of it any more, unless its network comes back.
    pub(crate) const fn is_lost(&self) -> bool {
        self.liveness.is_lost()
    }

    /// What to tell about the connection.
    pub(crate) fn change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    pub(crate) fn transmit(&mut self) -> Option<Datagram> {
        self.guarded(|engine| engine.transmit()).flatten()
    }

    /// Timers, the engine's and ours. True when something may follow from it.
    pub(crate) fn wake(&mut self, now: Moment) -> bool {
        if self.stirred {
            self.wakes_at = self.guarded(|engine| engine.wakes_at()).flatten();
            self.stirred = false;
        }
        let due = self.wakes_at.is_some_and(|at| at <= now);
        if due {
            self.guarded(|engine| engine.wake(now));
        }
        let change = self.liveness.tick(now);
        self.changes.extend(change);
        due || !self.changes.is_empty()
    }

    pub(crate) fn close(&mut self) {
        self.guarded(|engine| engine.close());
    }

    fn fail(&mut self) {
        self.broken = true;
        let change = self.liveness.failed();
        self.changes.extend(change);
    }

    /// Nothing is asked of an engine that has failed, so that its state after a panic does not matter.
    fn guarded<R>(&mut self, work: impl FnOnce(&mut dyn Engine) -> R) -> Option<R> {
        if self.broken {
            return None;
        }
        self.stirred = true;
        let engine = self.engine.as_mut();
        let result = catch_unwind(AssertUnwindSafe(|| work(engine)));
        if result.is_err() {
            tracing::error!("a connection panicked and is given up");
            self.fail();
        }
        result.ok()
    }
}
