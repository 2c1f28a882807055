//! A media packet between two connections: what is left of RTP when keys, sources and extensions are taken off.

use bytes::Bytes;
use curtain_protocol::TrackKind;

use crate::layout::{Codec, SlotIndex};

/// From a publisher, decrypted by the hop's own keys; the payload is still sealed for the visit's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) kind: TrackKind,
    pub(crate) codec: Codec,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload: Bytes,
}

/// To a subscriber. Header extensions stay behind: numbers of one connection mean nothing on another (trap T5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) slot: SlotIndex,
    pub(crate) codec: Codec,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload: Bytes,
}
