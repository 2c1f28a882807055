//! Where frames begin: the RTP payload descriptors of VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2), the aggregation header of
//! AV1 (AV1 RTP §4.4) and the NAL unit headers of H.264 (RFC 6184 §5.2).
//!
//! They stand in front of the sealed frame and are written by the browser's packetizer, so they are always clear.

use crate::layout::Codec;

/// What a packet says of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameStart<'a> {
    /// The first packet; the frame begins with these bytes.
    Begins(&'a [u8]),
    /// A later packet of a frame.
    Continues,
    /// A packet that says how to decode and shows nothing: it goes on if it holds just these bytes.
    Parameters(&'a [u8]),
    /// Not a packet of that codec.
    Malformed,
}

impl<'a> FrameStart<'a> {
    pub(crate) fn read(codec: Codec, payload: &'a [u8]) -> Self {
        match codec {
            Codec::Opus if payload.is_empty() => Self::Malformed,
            Codec::Opus => Self::Begins(payload),
            Codec::Vp8 => vp8(payload).unwrap_or(Self::Malformed),
            Codec::Vp9 => vp9(payload).unwrap_or(Self::Malformed),
            Codec::Av1 => av1(payload).unwrap_or(Self::Malformed),
            Codec::H264 => h264(payload).unwrap_or(Self::Malformed),
        }
    }
}

/// `X R N S R PID`, then with X: `I L T K`, picture id (one or two bytes), TL0PICIDX, TID/KEYIDX.
fn vp8(payload: &[u8]) -> Option<FrameStart<'_>> {
    let mut rest = Reader(payload);
    let first = rest.byte()?;
    if first & 0x80 != 0 {
        let extended = rest.byte()?;
        if extended & 0x80 != 0 && rest.byte()? & 0x80 != 0 {
            rest.byte()?;
        }
        rest.skip(usize::from(extended & 0x40 != 0))?;
        rest.skip(usize::from(extended & 0x30 != 0))?;
    }
    let (starts, partition) = (first & 0x10 != 0, first & 0x07);
    let begins = starts && partition == 0;
    rest.frame(begins)
}

/// `I P L F B E V Z`, then picture id, layer, references and scalability structure as the bits say.
fn vp9(payload: &[u8]) -> Option<FrameStart<'_>> {
    let mut rest = Reader(payload);
    let first = rest.byte()?;
    let has = |bit: u8| first & bit != 0;
    let flexible = has(0x10);
    if has(0x80) && rest.byte()? & 0x80 != 0 {
        rest.byte()?;
    }
    if has(0x20) {
        rest.skip(if flexible { 1 } else { 2 })?;
    }
    if flexible && has(0x40) {
        // At most three references, each telling whether another follows.
        for _ in 0..3 {
            if rest.byte()? & 0x01 == 0 {
                break;
            }
        }
    }
    if has(0x02) {
        scalability(&mut rest)?;
    }
    rest.frame(has(0x08))
}

fn scalability(rest: &mut Reader<'_>) -> Option<()> {
    let structure = rest.byte()?;
    if structure & 0x10 != 0 {
        rest.skip(4 * (usize::from(structure >> 5) + 1))?;
    }
    if structure & 0x08 != 0 {
        for _ in 0..rest.byte()? {
            let picture = rest.byte()?;
            rest.skip(usize::from(picture >> 2 & 0x03))?;
        }
    }
    Some(())
}

/// `Z Y W W N - - -`: with Z the packet begins in the middle of an OBU. Ours hold one that is cut, the sealed frame, so
/// whatever begins without Z begins a frame.
fn av1(payload: &[u8]) -> Option<FrameStart<'_>> {
    let mut rest = Reader(payload);
    let begins = rest.byte()? & 0x80 == 0;
    rest.frame(begins)
}

/// STAP-A: several whole NAL units. Ours hold a key frame's parameters.
const H264_SEVERAL: u8 = 24;
/// FU-A: a part of one NAL unit.
const H264_PART: u8 = 28;
/// Sequence and picture parameters.
const H264_PARAMETERS: [u8; 2] = [7, 8];

/// `F NRI Type`; in a part, `S E R Type` follows. The frame begins behind them.
fn h264(payload: &[u8]) -> Option<FrameStart<'_>> {
    let mut rest = Reader(payload);
    let kind = rest.byte()? & 0x1f;
    match kind {
        H264_PART => {
            let begins = rest.byte()? & 0x80 != 0;
            rest.frame(begins)
        }
        H264_SEVERAL => Some(FrameStart::Parameters(payload)),
        kind if H264_PARAMETERS.contains(&kind) => Some(FrameStart::Parameters(payload)),
        _ => rest.frame(true),
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    fn frame(self, begins: bool) -> Option<FrameStart<'a>> {
        if self.0.is_empty() {
            return None;
        }
        Some(if begins { FrameStart::Begins(self.0) } else { FrameStart::Continues })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp8_frame_begins_after_its_two_byte_picture_id() {
        let payload = [0x90, 0x80, 0x81, 0x23, 0xAB, 0xCD];
        assert_eq!(FrameStart::read(Codec::Vp8, &payload), FrameStart::Begins(&[0xAB, 0xCD]));
    }

    #[test]
    fn a_vp8_packet_without_the_start_bit_continues() {
        assert_eq!(FrameStart::read(Codec::Vp8, &[0x80, 0x80, 0x01, 0xAB]), FrameStart::Continues);
        assert_eq!(FrameStart::read(Codec::Vp8, &[0x11, 0xAB]), FrameStart::Continues, "another partition");
    }

    #[test]
    fn a_vp9_key_frame_begins_after_its_scalability_structure() {
        // I, F, B, V set; one spatial layer with its size; a picture group of one.
        let payload = [0x9A, 0x81, 0x23, 0x18, 1, 64, 0, 240, 1, 0x04, 0x01, 0xAB];
        assert_eq!(FrameStart::read(Codec::Vp9, &payload), FrameStart::Begins(&[0xAB]));
    }

    #[test]
    fn a_vp9_delta_frame_begins_after_its_references() {
        let payload = [0xD8, 0x81, 0x23, 0x03, 0x02, 0xAB];
        assert_eq!(FrameStart::read(Codec::Vp9, &payload), FrameStart::Begins(&[0xAB]));
    }

    #[test]
    fn an_av1_frame_begins_where_no_obu_goes_on() {
        assert_eq!(FrameStart::read(Codec::Av1, &[0x10, 0x30, 0xAB]), FrameStart::Begins(&[0x30, 0xAB]));
        assert_eq!(FrameStart::read(Codec::Av1, &[0x90, 0xAB]), FrameStart::Continues);
    }

    #[test]
    fn an_h264_frame_begins_behind_its_nal_headers() {
        assert_eq!(FrameStart::read(Codec::H264, &[0x61, 0x9A, 0xAB]), FrameStart::Begins(&[0x9A, 0xAB]));
        assert_eq!(FrameStart::read(Codec::H264, &[0x7C, 0x85, 0x88]), FrameStart::Begins(&[0x88]));
        assert_eq!(FrameStart::read(Codec::H264, &[0x7C, 0x05, 0xAB]), FrameStart::Continues);
        for parameters in [&[0x78, 0, 1, 0x67][..], &[0x67, 0x42], &[0x68, 0xCE]] {
            assert_eq!(FrameStart::read(Codec::H264, parameters), FrameStart::Parameters(parameters));
        }
    }

    #[test]
    fn what_ends_inside_its_descriptor_is_malformed() {
        for payload in [&[][..], &[0x90], &[0x90, 0x80, 0x81]] {
            assert_eq!(FrameStart::read(Codec::Vp8, payload), FrameStart::Malformed);
        }
        assert_eq!(FrameStart::read(Codec::Vp9, &[0x9A, 0x81, 0x23, 0xF8]), FrameStart::Malformed);
        assert_eq!(FrameStart::read(Codec::Opus, &[]), FrameStart::Malformed);
        assert_eq!(FrameStart::read(Codec::Av1, &[0x10]), FrameStart::Malformed);
        assert_eq!(FrameStart::read(Codec::H264, &[0x7C, 0x85]), FrameStart::Malformed);
    }
}
