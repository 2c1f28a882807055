//! What stands in clear before the SFrame header: constants that tell nothing but "key frame or not", so that browsers can
//! packetize the frame. The same bytes as in `web/src/e2ee/worker/frames/clear/clear-bytes.ts` (docs/protocol.md), as they
//! look in RTP packets.

use crate::layout::Codec;

/// A frame tag and start code (RFC 6386 §9.1) of a key frame.
pub(super) const VP8_KEY: [u8; 10] = [0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00];
/// The same for every other VP8 frame.
pub(super) const VP8_DELTA: [u8; 3] = [0x11, 0x00, 0x00];
/// A sequence header OBU of two bytes, which packets carry behind their number and without the size of its own.
pub(super) const AV1_KEY: [u8; 3] = [0x02, 0x08, 0x00];
/// The header of the OBU that holds the sealed frame, likewise without a size.
pub(super) const AV1_FRAME: [u8; 1] = [0x30];
/// Sequence and picture parameters of a picture of 16 × 16 pixels, in one packet (STAP-A).
pub(super) const H264_PARAMETERS: [u8; 15] =
    [0x78, 0x00, 0x06, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x79, 0x00, 0x04, 0x68, 0xCE, 0x38, 0x80];
/// The first bytes of a slice of a key frame, behind its NAL unit header.
pub(super) const H264_KEY: [u8; 3] = [0x88, 0x80, 0x40];
/// The same for every other H.264 frame.
pub(super) const H264_DELTA: [u8; 3] = [0x9A, 0x00, 0x40];

/// The rest of the frame after the bytes that a browser needs in clear.
pub(super) fn after_clear_bytes(codec: Codec, frame: &[u8]) -> Option<&[u8]> {
    match codec {
        Codec::Vp8 => frame.strip_prefix(&VP8_KEY).or_else(|| frame.strip_prefix(&VP8_DELTA)),
        Codec::Av1 => frame.strip_prefix(&AV1_KEY).unwrap_or(frame).strip_prefix(&AV1_FRAME),
        Codec::H264 => frame.strip_prefix(&H264_KEY).or_else(|| frame.strip_prefix(&H264_DELTA)),
        Codec::Opus | Codec::Vp9 => Some(frame),
    }
}

/// Whether these are the parameters that every sealed key frame has, alone or together; real ones tell the size of a picture.
pub(super) fn are_our_parameters(payload: &[u8]) -> bool {
    let (sequence, picture) = (&H264_PARAMETERS[3..9], &H264_PARAMETERS[11..]);
    // NRI is the packetizer's to choose.
    let [first, rest @ ..] = payload else { return false };
    let same = |ours: &[u8]| first & 0x1f == ours[0] & 0x1f && *rest == ours[1..];
    [&H264_PARAMETERS[..], sequence, picture].into_iter().any(same)
}
