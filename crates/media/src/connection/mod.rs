//! One participant's connection: ICE, DTLS and RTP behind one trait.
//!
//! `RtcEngine` is `rtc` with its own packet path. A faster path replaces it behind the same trait and keeps it as its
//! fallback and test oracle (docs/decisions/0003-media-engine.md).

mod early;
mod liveness;
mod peer;
mod rtc_engine;
mod setup;
mod stun;
mod tap;

use std::net::SocketAddr;

use bytes::BytesMut;
use curtain_protocol::{Sdp, TrackKind};

use crate::answer::{Answer, AnswerRefusal};
use crate::layout::SlotIndex;
use crate::moment::Moment;
use crate::routing::{Incoming, Outgoing};

pub(crate) use liveness::Change;
pub(crate) use peer::Peer;
pub(crate) use rtc_engine::RtcEngine;
pub(crate) use stun::BindingRequest;

/// The server's half of ICE authentication (RFC 8445 §5.3), as the offer tells it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) password: String,
}

/// Something the participant sent, decrypted and authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromPeer {
    /// ICE and DTLS are done; packets can be sent.
    Connected,
    /// The connection can't work any more: the browser closed it, or its handshake failed.
    Failed,
    /// A packet of one of the own tracks.
    Media(Incoming),
    /// A slot can't be decoded without a key frame (PLI or FIR).
    KeyFrameWanted(SlotIndex),
    /// Packets of a slot that did not arrive (NACK).
    Missed(SlotIndex, Vec<u16>),
}

/// A datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Datagram {
    pub(crate) to: SocketAddr,
    pub(crate) bytes: BytesMut,
}

/// A peer connection that does no I/O and reads no clock.
pub(crate) trait Engine {
    /// The offer to send.
    fn offer(&self) -> &Sdp;

    /// What the browser's checks are authenticated with.
    fn credentials(&self) -> &Credentials;

    /// Takes the browser's answer, once.
    fn accept(&mut self, now: Moment, answer: Answer) -> Result<(), AnswerRefusal>;

    /// Takes a datagram in. True when it was authenticated by the keys of this connection, so that its source is the
    /// participant's address now.
    fn receive(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) -> bool;

    /// Sends a packet in a slot.
    fn send(&mut self, now: Moment, packet: &Outgoing);

    /// Sends a packet in a slot once more (RFC 4588).
    fn repeat(&mut self, now: Moment, packet: &Outgoing);

    /// Asks the participant for a key frame.
    fn ask_key_frame(&mut self, now: Moment, kind: TrackKind);

    /// Asks the participant for packets that never came.
    fn ask_again(&mut self, now: Moment, kind: TrackKind, sequences: &[u16]);

    /// What came in.
    fn poll(&mut self) -> Option<FromPeer>;

    /// What has to go out.
    fn transmit(&mut self) -> Option<Datagram>;

    /// When `wake` is to be called.
    fn wakes_at(&mut self) -> Option<Moment>;

    /// Timers.
    fn wake(&mut self, now: Moment);

    /// Says goodbye; `transmit` has the last datagrams.
    fn close(&mut self);
}
