//! Frames as a browser's sealing worker makes them: clear bytes for VP8, an SFrame header (RFC 9605 §4.3), ciphertext.
//!
//! The ciphertext is filler: the forwarder has no key to find that out, and what opens what is tested elsewhere.

use curtain_protocol::TrackKind;

/// The same constants as in `web/src/e2ee/worker/frames/clear/clear-bytes.ts` (docs/protocol.md).
const VP8_KEY: [u8; 10] = [0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00];
const VP8_DELTA: [u8; 3] = [0x11, 0x00, 0x00];

/// One sender's frames of one track under one key.
#[derive(Debug, Clone)]
pub struct SealedFrames {
    kind: TrackKind,
    key_id: u16,
    counter: u32,
}

impl SealedFrames {
    /// Frames of the member at `leaf` (0 to 15) in `epoch`.
    pub fn new(kind: TrackKind, leaf: u8, epoch: u8) -> Self {
        let context = TrackKind::ALL.iter().position(|&other| other == kind).unwrap_or_default();
        let context = u16::try_from(context).unwrap_or_default();
        Self { kind, key_id: context << 12 | u16::from(leaf & 0x0f) << 8 | u16::from(epoch), counter: 0 }
    }

    /// The next frame, with `bytes` of ciphertext and tag (at least 16). Video begins with a key frame.
    pub fn next(&mut self, bytes: usize) -> Vec<u8> {
        let mut frame = match (self.kind.is_audio(), self.counter) {
            (true, _) => Vec::new(),
            (false, 0) => VP8_KEY.to_vec(),
            (false, _) => VP8_DELTA.to_vec(),
        };
        let (key_field, key_bytes) = field(u32::from(self.key_id));
        let (counter_field, counter_bytes) = field(self.counter);
        frame.push(key_field << 4 | counter_field);
        frame.extend(key_bytes);
        frame.extend(counter_bytes);
        let filler = self.counter.to_le_bytes()[0] ^ 0x5A;
        frame.extend(std::iter::repeat_n(filler, bytes.max(16)));
        self.counter += 1;
        frame
    }
}

/// A number below 8 stands in the nibble itself; else the nibble tells how many bytes follow.
fn field(number: u32) -> (u8, Vec<u8>) {
    if number < 8 {
        return (number.to_le_bytes()[0], Vec::new());
    }
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    let length = u8::try_from(bytes.len()).unwrap_or_default();
    (8 | (length - 1), bytes)
}
