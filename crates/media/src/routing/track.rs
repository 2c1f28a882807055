//! One track of one publisher: what came, what is missing, and whether it is sealed.

use curtain_protocol::TrackKind;

use super::arrivals::Arrivals;
use super::history::History;
use super::key_frames::KeyFrames;
use super::missing::Missing;
use super::packet::Incoming;
use super::quiet::Quiet;
use super::rewrite::StreamId;
use crate::moment::Moment;
use crate::sealing::{SealGate, Verdict};

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// To be forwarded under this number.
    Forward(u64),
    /// Refused because it isn't sealed; told when to say so.
    Refused {
        /// It is time to report it.
        report: bool,
    },
    /// A copy of an earlier one, or far too late.
    Dropped,
}

/// A track from the publisher's connection to its end.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) stream: StreamId,
    kind: TrackKind,
    arrivals: Arrivals,
    gate: SealGate,
    key_frames: KeyFrames,
    missing: Missing,
    history: History,
    reports: Quiet,
    started: bool,
}

impl Track {
    pub(crate) fn new(stream: StreamId, kind: TrackKind) -> Self {
        Self {
            stream,
            kind,
            arrivals: Arrivals::default(),
            gate: SealGate::new(kind),
            key_frames: KeyFrames::default(),
            missing: Missing::default(),
            history: History::default(),
            reports: Quiet::default(),
            started: false,
        }
    }

    /// Takes a packet in.
    pub(crate) fn take(&mut self, now: Moment, packet: &Incoming) -> Taken {
        let Some(number) = self.arrivals.take(packet.sequence) else { return Taken::Dropped };
        if !self.kind.is_audio() {
            self.missing.arrived(now, number);
        }
        // Without payload it is padding that keeps the numbers going; there is nothing in it to seal.
        let sealed = packet.payload.is_empty()
            || self.gate.judge(packet.codec, number, &packet.payload) == Verdict::Sealed;
        if !sealed {
            return Taken::Refused { report: self.reports.say(now) };
        }
        self.started = true;
        if !self.kind.is_audio() {
            self.history.keep(number, packet.clone());
        }
        Taken::Forward(number)
    }

    /// A packet that a subscriber missed.
    pub(crate) fn find(&self, number: u64) -> Option<&Incoming> {
        self.history.find(number)
    }

    /// Somebody needs a key frame; true when it is to be asked for now. A track that has not begun will begin with one.
    pub(crate) fn want_key_frame(&mut self, now: Moment) -> bool {
        !self.kind.is_audio() && self.started && self.key_frames.want(now)
    }

    /// Somebody has just connected; true when a key frame is to be asked for now.
    pub(crate) fn newcomer(&mut self, now: Moment) -> bool {
        !self.kind.is_audio() && self.started && self.key_frames.newcomer(now)
    }

    /// True when a deferred key-frame request is due.
    pub(crate) fn key_frame_due(&mut self, now: Moment) -> bool {
        self.key_frames.due(now)
    }

    /// Packets to ask the publisher for again.
    pub(crate) fn missing_due(&mut self, now: Moment) -> Vec<u16> {
        self.missing.due(now)
    }

    /// When something is due next.
    pub(crate) fn wakes_at(&self) -> Option<Moment> {
        [self.key_frames.wakes_at(), self.missing.wakes_at()].into_iter().flatten().min()
    }
}
