//! The one layout of every offer: eighteen m-lines, their streams and their codecs.
//!
//! Pre-allocated once, so that nobody renegotiates when people come, go or come back (measured: one renegotiation per
//! person and join otherwise). Three m-lines carry the participant's own microphone, camera and screen up; five seats
//! of three carry the others' down. Everything is fixed, so offers of one version differ in credentials only.

use curtain_protocol::{Mid, TrackKind};

/// Own microphone, camera and screen.
pub(crate) const OWN: usize = TrackKind::ALL.len();
/// Places for others. Leaf numbers have four bits, but six people with cameras are what one browser decodes well.
pub(crate) const SEATS: usize = 5;
/// The m-lines that carry others.
pub(crate) const SLOTS: usize = SEATS * OWN;
/// All m-lines.
pub(crate) const SECTIONS: usize = OWN + SLOTS;

/// A codec as we offer it. Payload types are ours to choose; browsers answer with the same ones (RFC 3264 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// RFC 7587, without RED (it breaks sealed sound in Firefox) and with in-band error correction.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628, profile 0.
    Vp9,
    /// The AV1 RTP payload format of the Alliance for Open Media.
    Av1,
    /// RFC 6184, constrained baseline.
    H264,
}

impl Codec {
    /// In the order of preference. VP8 first: every browser encodes it well at low bit rates without hardware.
    pub(crate) const fn of(kind: TrackKind) -> &'static [Self] {
        if kind.is_audio() { &[Self::Opus] } else { &[Self::Vp8, Self::Vp9, Self::Av1, Self::H264] }
    }

    /// The codec of a payload type on a track of that kind.
    pub(crate) fn by_payload_type(kind: TrackKind, payload_type: u8) -> Option<Self> {
        Self::of(kind).iter().copied().find(|codec| codec.payload_type() == payload_type)
    }

    pub(crate) const fn payload_type(self) -> u8 {
        match self {
            Self::Opus => 111,
            Self::Vp8 => 96,
            Self::Vp9 => 98,
            Self::Av1 => 100,
            Self::H264 => 102,
        }
    }

    /// Of the retransmissions (RFC 4588). Sound has none: a late sound packet is worth nothing.
    pub(crate) const fn retransmission_type(self) -> Option<u8> {
        match self {
            Self::Opus => None,
            Self::Vp8 => Some(97),
            Self::Vp9 => Some(99),
            Self::Av1 => Some(101),
            Self::H264 => Some(103),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
            Self::H264 => "H264",
        }
    }

    /// Ticks of the RTP clock in a second.
    pub(crate) const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Vp8 | Self::Vp9 | Self::Av1 | Self::H264 => 90_000,
        }
    }

    pub(crate) const fn channels(self) -> u16 {
        match self {
            Self::Opus => 2,
            Self::Vp8 | Self::Vp9 | Self::Av1 | Self::H264 => 0,
        }
    }

    pub(crate) const fn format(self) -> &'static str {
        match self {
            Self::Opus => "minptime=10;useinbandfec=1",
            Self::Vp8 => "",
            Self::Vp9 => "profile-id=0",
            Self::Av1 => "level-idx=5;profile=0;tier=0",
            Self::H264 => "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        }
    }

    /// RFC 4585 feedback. `goog-remb` stays out: measured to be far off without its header extension.
    pub(crate) const fn feedback(self) -> &'static [&'static str] {
        match self {
            Self::Opus => &["transport-cc"],
            Self::Vp8 | Self::Vp9 | Self::Av1 | Self::H264 => {
                &["ccm fir", "nack", "nack pli", "transport-cc"]
            }
        }
    }
}

/// Transport-wide sequence numbers, the only header extension: without it browsers don't raise their bit rate. The
/// audio level stays out, since it tells the forwarder who speaks.
pub(crate) const TRANSPORT_WIDE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// One of the fifteen m-lines that carry somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotIndex(u8);

impl SlotIndex {
    /// The slot of one kind at a seat below [`SEATS`].
    pub(crate) const fn at(seat: usize, kind: TrackKind) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "there are fifteen slots")]
        Self((seat * OWN + position(kind)) as u8)
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..SEATS).flat_map(|seat| TrackKind::ALL.map(|kind| Self::at(seat, kind)))
    }

    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn seat(self) -> usize {
        self.as_usize() / OWN
    }

    pub(crate) const fn kind(self) -> TrackKind {
        TrackKind::ALL[self.as_usize() % OWN]
    }

    pub(crate) fn mid(self) -> Mid {
        Mid((OWN + self.as_usize()).to_string())
    }

    /// Synchronisation source of the slot. Fixed numbers do: each connection has keys of its own, so that no key ever
    /// meets the same source and counter twice.
    pub(crate) const fn ssrc(self) -> u32 {
        FIRST_SSRC + 2 * self.0 as u32
    }

    /// Synchronisation source of the slot's retransmissions.
    pub(crate) const fn retransmission_ssrc(self) -> u32 {
        self.ssrc() + 1
    }

    /// The slot that sends with this source.
    pub(crate) fn by_ssrc(ssrc: u32) -> Option<Self> {
        Self::all().find(|slot| slot.ssrc() == ssrc)
    }

    /// Name of the media stream: sound and camera of a seat play in step, the screen stands alone.
    pub(crate) fn stream(self) -> String {
        if matches!(self.kind(), TrackKind::Screen) {
            format!("s{}-screen", self.seat())
        } else {
            format!("s{}", self.seat())
        }
    }

    /// Name of the track. Tells the slot, never a person.
    pub(crate) fn track(self) -> String {
        format!("t{}", self.0)
    }
}

const FIRST_SSRC: u32 = 10_000;

/// Where a kind stands among the three m-lines of a person.
pub(crate) const fn position(kind: TrackKind) -> usize {
    match kind {
        TrackKind::Microphone => 0,
        TrackKind::Camera => 1,
        TrackKind::Screen => 2,
    }
}

/// Index of an m-line to what it carries: own tracks first, then seat by seat.
pub(crate) const fn kind_of_section(section: usize) -> TrackKind {
    TrackKind::ALL[section % OWN]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_eighteen_lines_and_each_slot_has_its_own_source() {
        assert_eq!(SECTIONS, curtain_protocol::Limits::SDP_SECTIONS);
        assert_eq!(SEATS + 1, curtain_protocol::Limits::PARTICIPANTS);
        let mut sources: Vec<u32> =
            SlotIndex::all().flat_map(|slot| [slot.ssrc(), slot.retransmission_ssrc()]).collect();
        sources.dedup();
        assert_eq!(sources.len(), 2 * SLOTS);
    }

    #[test]
    fn a_slot_knows_its_line_and_its_line_knows_the_kind() {
        let slot = SlotIndex::at(4, TrackKind::Screen);
        assert_eq!(slot.mid(), Mid("17".to_owned()));
        assert_eq!((slot.seat(), slot.kind()), (4, TrackKind::Screen));
        assert_eq!(kind_of_section(17), TrackKind::Screen);
        assert_eq!(SlotIndex::by_ssrc(slot.ssrc()), Some(slot));
        assert_eq!(SlotIndex::by_ssrc(slot.retransmission_ssrc()), None);
    }
}
