//! The last packets of a publisher's stream, for subscribers who missed one (RFC 4585 NACK).
//!
//! One ring per publisher, not per subscriber: `rtc`'s own responder keeps one for each of fifteen slots of each
//! connection, and answers with the retransmission type of VP8 even when the packet was VP9.

use super::packet::Incoming;

/// Over a second of good video. Higher costs memory (measured: the ring is most of a visit's), lower loses repairs over
/// slow links.
const PACKETS: usize = 256;

/// A ring that takes no memory before the first packet.
#[derive(Debug, Default)]
pub(crate) struct History {
    ring: Vec<Option<(u64, Incoming)>>,
}

impl History {
    pub(crate) fn keep(&mut self, number: u64, packet: Incoming) {
        if self.ring.is_empty() {
            self.ring.resize_with(PACKETS, || None);
        }
        self.ring[place(number)] = Some((number, packet));
    }

    pub(crate) fn find(&self, number: u64) -> Option<&Incoming> {
        match self.ring.get(place(number))? {
            Some((kept, packet)) if *kept == number => Some(packet),
            _ => None,
        }
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number % PACKETS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use curtain_protocol::TrackKind;

    use super::*;
    use crate::layout::Codec;

    #[test]
    fn the_last_256_packets_are_kept() {
        let mut history = History::default();
        assert!(history.find(0).is_none());
        for number in 0..300_u64 {
            let packet = Incoming {
                kind: TrackKind::Camera,
                codec: Codec::Vp8,
                marker: false,
                sequence: 0,
                timestamp: u32::try_from(number).unwrap(),
                payload: Bytes::new(),
            };
            history.keep(number, packet);
        }
        assert!(history.find(43).is_none());
        assert_eq!(history.find(44).unwrap().timestamp, 44);
        assert_eq!(history.find(299).unwrap().timestamp, 299);
        assert!(history.find(300).is_none());
    }
}
