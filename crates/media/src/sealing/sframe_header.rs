//! The header of an SFrame (RFC 9605 §4.3) and the layout of our key ids.
//!
//! `X K K K Y C C C`, then the key id (when X) and the counter (when Y), 1 to 8 bytes each. Key ids are
//! `context (4 bits) ‖ leaf (4) ‖ epoch (8)`; the context is the kind of the track.

use curtain_protocol::TrackKind;

use crate::layout::position;

/// AES-GCM's tag, never shortened (suite 4).
pub(crate) const TAG: usize = 16;
/// A counter that needs more bytes than this would mean years of one visit; clear sound often looks like that.
const COUNTER_BYTES: usize = 4;
const KEY_ID_BYTES: usize = 2;

/// What can be read without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SframeHeader {
    /// Which key.
    pub(crate) key_id: u16,
    /// How many frames went before under that key.
    pub(crate) counter: u32,
}

impl SframeHeader {
    /// The header at the start of `payload`, if it is one that a track of that kind can have.
    pub(crate) fn plausible(payload: &[u8], kind: TrackKind) -> Option<Self> {
        let (&config, rest) = payload.split_first()?;
        let (key_id, rest) = field(config >> 4, rest, KEY_ID_BYTES)?;
        let (counter, rest) = field(config & 0x0f, rest, COUNTER_BYTES)?;
        let key_id = u16::try_from(key_id).ok()?;
        let of_this_kind = usize::from(key_id >> 12) == position(kind);
        (of_this_kind && rest.len() >= TAG).then_some(Self { key_id, counter })
    }
}

/// A nibble `flag, value` and, when the flag is set, `value + 1` bytes.
fn field(nibble: u8, rest: &[u8], most: usize) -> Option<(u32, &[u8])> {
    let value = nibble & 0x07;
    if nibble & 0x08 == 0 {
        return Some((u32::from(value), rest));
    }
    let length = usize::from(value) + 1;
    if length > most {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(header: &[u8]) -> Vec<u8> {
        [header, &[0xAA; TAG]].concat()
    }

    #[test]
    fn a_camera_frame_of_leaf_2_in_epoch_7_is_read() {
        let payload = sealed(&[0b1001_1001, 0x12, 0x07, 0x01, 0x00]);
        let header = SframeHeader::plausible(&payload, TrackKind::Camera).unwrap();
        assert_eq!(header, SframeHeader { key_id: 0x1207, counter: 0x0100 });
        assert_eq!(SframeHeader::plausible(&payload, TrackKind::Screen), None);
    }

    #[test]
    fn a_microphone_frame_of_the_first_leaf_fits_one_byte() {
        let header = SframeHeader::plausible(&sealed(&[0b0011_0101]), TrackKind::Microphone).unwrap();
        assert_eq!(header, SframeHeader { key_id: 3, counter: 5 });
    }

    #[test]
    fn a_frame_without_room_for_its_tag_is_none() {
        let mut short = sealed(&[0b0011_0101]);
        short.pop();
        assert_eq!(SframeHeader::plausible(&short, TrackKind::Microphone), None);
        assert_eq!(SframeHeader::plausible(&[], TrackKind::Microphone), None);
        assert_eq!(SframeHeader::plausible(&[0xFF], TrackKind::Microphone), None);
    }

    #[test]
    fn clear_vp9_is_never_taken_for_a_sealed_camera() {
        // Frame marker 0b10 and profile 0, all sixteen openings (VP9 bitstream specification §6.2).
        for opening in 0x80..=0x8F {
            let frame = sealed(&[opening, 0x49, 0x83, 0x42, 0x00]);
            assert_eq!(SframeHeader::plausible(&frame, TrackKind::Camera), None, "{opening:02x}");
        }
    }

    #[test]
    fn most_clear_opus_is_no_header() {
        // Stereo voice (0x7C), music (0xFC) and wideband (0x4C) as Chromium codes them.
        for opening in [0x7C, 0xFC, 0x4C, 0xF8] {
            assert_eq!(
                SframeHeader::plausible(&sealed(&[opening, 9, 9, 9, 9, 9]), TrackKind::Microphone),
                None
            );
        }
    }
}
