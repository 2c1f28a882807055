//! One track's verdicts: packet by packet, sealed or refused.
//!
//! Only the first packet of a frame carries the SFrame header; later ones follow the verdict of the last frame that
//! began. Until a sealed frame has begun, nothing passes. A clear sound packet looks like a header now and then, so the
//! counters of a sound track must also go on as those of a sealed one do, once per packet.

use curtain_protocol::TrackKind;

use super::clear_bytes::{after_clear_bytes, are_our_parameters};
use super::{FrameStart, SframeHeader};
use crate::layout::Codec;

/// How far a sound counter may run ahead of the packets that carried it. A browser drops a frame between sealing and
/// sending now and then; higher lets clear sound pass more often, lower refuses sealed sound after a hiccup.
const COUNTER_LEAD: i64 = 64;
/// How far a packet may come late and still be judged by its counter.
const LATE: i64 = 512;
/// After a refusal, so many sound packets in a row must fit before one passes. At 50 a second this is half a second of
/// silence after a wrong refusal, and no clear sound in practice: 25 guesses of at best one in three.
const PROBATION: u8 = 25;

/// Whether a packet goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Forward it.
    Sealed,
    /// Refuse it and say so.
    Unsealed,
}

/// One track of one participant.
#[derive(Debug)]
pub(crate) struct SealGate {
    kind: TrackKind,
    verdict: Verdict,
    newest: Option<Seen>,
    to_prove: u8,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    header: SframeHeader,
    sequence: u64,
}

impl SealGate {
    pub(crate) const fn new(kind: TrackKind) -> Self {
        Self { kind, verdict: Verdict::Unsealed, newest: None, to_prove: 0 }
    }

    /// Judges the payload of a packet with this extended sequence number.
    pub(crate) fn judge(&mut self, codec: Codec, sequence: u64, payload: &[u8]) -> Verdict {
        match FrameStart::read(codec, payload) {
            FrameStart::Continues => self.verdict,
            FrameStart::Parameters(text) if are_our_parameters(text) => Verdict::Sealed,
            FrameStart::Malformed | FrameStart::Parameters(_) => Verdict::Unsealed,
            FrameStart::Begins(frame) => {
                let verdict = self.judge_frame(codec, sequence, frame);
                self.verdict = verdict;
                verdict
            }
        }
    }

    fn judge_frame(&mut self, codec: Codec, sequence: u64, frame: &[u8]) -> Verdict {
        let header =
            after_clear_bytes(codec, frame).and_then(|rest| SframeHeader::plausible(rest, self.kind));
        let fits = header.is_some_and(|header| {
            let fits = !self.kind.is_audio() || self.goes_on(Seen { header, sequence });
            if self.newest.is_none_or(|newest| sequence > newest.sequence) {
                self.newest = Some(Seen { header, sequence });
            }
            fits
        });
        if !fits {
            self.to_prove = if self.kind.is_audio() { PROBATION } else { 0 };
            return Verdict::Unsealed;
        }
        self.to_prove = self.to_prove.saturating_sub(1);
        if self.to_prove == 0 { Verdict::Sealed } else { Verdict::Unsealed }
    }

    /// Under one key, a later packet has a higher counter: by as many as packets lie between, or a little more.
    fn goes_on(&self, seen: Seen) -> bool {
        let Some(newest) = self.newest else { return true };
        if newest.header.key_id != seen.header.key_id {
            return true;
        }
        let packets = seen.sequence.wrapping_sub(newest.sequence).cast_signed();
        let frames = i64::from(seen.header.counter) - i64::from(newest.header.counter);
        if packets <= 0 {
            return packets > -LATE && (packets - COUNTER_LEAD..=packets + COUNTER_LEAD).contains(&frames);
        }
        (packets..=packets + COUNTER_LEAD).contains(&frames)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clear_bytes::{
        AV1_FRAME, AV1_KEY, H264_DELTA, H264_KEY, H264_PARAMETERS, VP8_DELTA, VP8_KEY,
    };
    use super::*;

    fn sound(counter: u8) -> Vec<u8> {
        [&[0b0011_1000, counter][..], &[0xAA; 40]].concat()
    }

    fn vp8(clear: &[u8], counter: u8) -> Vec<u8> {
        [&[0x10][..], clear, &[0b1001_1000, 0x12, 0x07, counter], &[0xAA; 40]].concat()
    }

    #[test]
    fn sealed_sound_passes_also_over_a_gap_and_a_new_key() {
        let mut gate = SealGate::new(TrackKind::Microphone);
        for counter in 10..200 {
            assert_eq!(gate.judge(Codec::Opus, 1_000 + u64::from(counter), &sound(counter)), Verdict::Sealed);
        }
        assert_eq!(gate.judge(Codec::Opus, 1_230, &sound(230)), Verdict::Sealed, "thirty lost");
        assert_eq!(gate.judge(Codec::Opus, 1_220, &sound(220)), Verdict::Sealed, "one late");
        let other_key = [&[0b0100_1000, 9][..], &[0xAA; 40]].concat();
        assert_eq!(gate.judge(Codec::Opus, 1_231, &other_key), Verdict::Sealed);
    }

    #[test]
    fn clear_sound_that_looks_like_a_header_is_found_out() {
        // Mono voice in Chromium opens with 0x78, which also reads as key 7 with a one-byte counter.
        let mut gate = SealGate::new(TrackKind::Microphone);
        let passed = (0..500_u64)
            .filter(|&packet| {
                let noise = u8::try_from(packet * 167 % 251).unwrap();
                let clear = [&[0x78, noise][..], &[0x55; 60]].concat();
                gate.judge(Codec::Opus, packet, &clear) == Verdict::Sealed
            })
            .count();
        assert!(passed <= 2, "{passed} of 500 passed");
    }

    #[test]
    fn a_clear_vp8_key_frame_is_refused_with_all_its_packets() {
        let mut gate = SealGate::new(TrackKind::Camera);
        let clear = [0x10, 0x50, 0x42, 0x01, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 0x39, 0x6f];
        assert_eq!(gate.judge(Codec::Vp8, 1, &clear), Verdict::Unsealed);
        assert_eq!(gate.judge(Codec::Vp8, 2, &[0x00, 0x11, 0x22]), Verdict::Unsealed);
    }

    #[test]
    fn sealed_vp8_passes_with_all_its_packets() {
        let mut gate = SealGate::new(TrackKind::Camera);
        assert_eq!(gate.judge(Codec::Vp8, 1, &vp8(&VP8_KEY, 200)), Verdict::Sealed);
        assert_eq!(gate.judge(Codec::Vp8, 2, &[0x00, 0x11, 0x22]), Verdict::Sealed);
        assert_eq!(gate.judge(Codec::Vp8, 3, &vp8(&VP8_DELTA, 201)), Verdict::Sealed);
    }

    const SEALED: [u8; 4] = [0b1001_1000, 0x12, 0x07, 200];

    fn packet(parts: &[&[u8]]) -> Vec<u8> {
        [&parts.concat()[..], &SEALED, &[0xAA; 40]].concat()
    }

    #[test]
    fn sealed_av1_passes_and_clear_av1_does_not() {
        let mut gate = SealGate::new(TrackKind::Camera);
        let key = packet(&[&[0x68], &AV1_KEY, &AV1_FRAME]);
        assert_eq!(gate.judge(Codec::Av1, 1, &key), Verdict::Sealed);
        assert_eq!(gate.judge(Codec::Av1, 2, &[0x90, 1, 2, 3]), Verdict::Sealed, "the rest of it");
        assert_eq!(gate.judge(Codec::Av1, 3, &packet(&[&[0x10], &AV1_FRAME])), Verdict::Sealed);
        let clear =
            [&[0x28, 0x0A, 0x08, 0, 0, 0, 0x4A, 0xAB, 0xBF, 0xC3, 0x77, 0x30][..], &[0x10; 60]].concat();
        assert_eq!(gate.judge(Codec::Av1, 4, &clear), Verdict::Unsealed);
        assert_eq!(gate.judge(Codec::Av1, 5, &[0x90, 1, 2, 3]), Verdict::Unsealed, "nor the rest of that");
    }

    #[test]
    fn sealed_h264_passes_with_our_parameters_and_no_others() {
        let mut gate = SealGate::new(TrackKind::Camera);
        assert_eq!(gate.judge(Codec::H264, 1, &H264_PARAMETERS), Verdict::Sealed);
        let first = packet(&[&[0x7C, 0x85], &H264_KEY]);
        assert_eq!(gate.judge(Codec::H264, 2, &first), Verdict::Sealed);
        assert_eq!(gate.judge(Codec::H264, 3, &[0x7C, 0x45, 1, 2]), Verdict::Sealed, "the rest of it");
        assert_eq!(gate.judge(Codec::H264, 4, &packet(&[&[0x61], &H264_DELTA])), Verdict::Sealed);
        let real = [0x78, 0x00, 0x05, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x00, 0x04, 0x68, 0xCE, 0x3C, 0x80];
        assert_eq!(gate.judge(Codec::H264, 5, &real), Verdict::Unsealed, "they tell the size of the picture");
        assert_eq!(
            gate.judge(Codec::H264, 6, &[&[0x61, 0x9A, 0x00][..], &[0x77; 60]].concat()),
            Verdict::Unsealed
        );
    }

    #[test]
    fn a_continuation_before_any_frame_is_refused() {
        let mut gate = SealGate::new(TrackKind::Camera);
        assert_eq!(gate.judge(Codec::Vp8, 1, &[0x00, 0x11, 0x22]), Verdict::Unsealed);
    }

    #[test]
    fn a_camera_frame_on_the_screen_line_is_refused() {
        let mut gate = SealGate::new(TrackKind::Screen);
        assert_eq!(gate.judge(Codec::Vp8, 1, &vp8(&VP8_KEY, 1)), Verdict::Unsealed);
    }

    proptest! {
        #[test]
        fn no_payload_makes_it_stumble(payload in proptest::collection::vec(any::<u8>(), 0..80), sequence: u64) {
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::Av1, Codec::H264] {
                for kind in TrackKind::ALL {
                    let mut gate = SealGate::new(kind);
                    gate.judge(codec, sequence, &payload);
                    gate.judge(codec, sequence.wrapping_add(1), &payload);
                }
            }
        }
    }
}
