//! One slot's numbers: whoever stands in it, the browser sees one stream that never jumps.
//!
//! When another person, or the same person's next connection, takes the slot, sequence numbers go on by one and the
//! timestamp by the time that passed. Chromium then needs a key frame and nothing else.

use core::time::Duration;

use crate::moment::Moment;

use super::arrivals::extend;

/// A publisher's stream: unique in the visit, new with each connection of that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId(pub(crate) u64);

/// What a slot sent last, and how the present stream maps onto it.
#[derive(Debug)]
pub(crate) struct Rewriter {
    clock_rate: u32,
    stream: Option<Mapping>,
    last_sequence: u64,
    last_timestamp: u32,
    last_at: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Mapping {
    id: StreamId,
    /// The first packet that went out of this stream. Older ones would take numbers of the stream before.
    first: u64,
    /// The number it went out with.
    first_out: u64,
    timestamp_offset: u32,
}

impl Rewriter {
    pub(crate) const fn new(clock_rate: u32) -> Self {
        Self { clock_rate, stream: None, last_sequence: 0, last_timestamp: 0, last_at: Moment::START }
    }

    /// The numbers to send a packet with, or nothing when it is from before its stream took the slot.
    pub(crate) fn rewrite(
        &mut self,
        now: Moment,
        id: StreamId,
        sequence: u64,
        timestamp: u32,
    ) -> Option<(u16, u32)> {
        let mapping = match self.stream {
            Some(mapping) if mapping.id == id => mapping,
            _ => self.start(now, id, sequence, timestamp),
        };
        let out = mapping.first_out + sequence.checked_sub(mapping.first)?;
        let timestamp = timestamp.wrapping_add(mapping.timestamp_offset);
        if out > self.last_sequence {
            self.last_sequence = out;
            self.last_timestamp = timestamp;
            self.last_at = now;
        }
        #[expect(clippy::cast_possible_truncation, reason = "RTP carries the low sixteen bits")]
        Some((out as u16, timestamp))
    }

    /// The publisher's number of a packet that the subscriber missed under `sequence`.
    pub(crate) fn original(&self, sequence: u16) -> Option<(StreamId, u64)> {
        let mapping = self.stream?;
        let since_first = extend(self.last_sequence, sequence).checked_sub(mapping.first_out)?;
        Some((mapping.id, mapping.first + since_first))
    }

    /// The timestamp that the present stream's `timestamp` goes out with.
    pub(crate) fn timestamp(&self, timestamp: u32) -> u32 {
        timestamp.wrapping_add(self.stream.map_or(0, |mapping| mapping.timestamp_offset))
    }

    fn start(&mut self, now: Moment, id: StreamId, sequence: u64, timestamp: u32) -> Mapping {
        let elapsed = ticks(now.since(self.last_at), self.clock_rate).max(1);
        let mapping = Mapping {
            id,
            first: sequence,
            first_out: self.last_sequence + 1,
            timestamp_offset: self.last_timestamp.wrapping_add(elapsed).wrapping_sub(timestamp),
        };
        self.stream = Some(mapping);
        mapping
    }
}

/// Wraps with the 32-bit RTP clock, as it has to.
#[expect(clippy::cast_possible_truncation, reason = "the RTP clock is the low 32 bits")]
fn ticks(span: Duration, clock_rate: u32) -> u32 {
    (span.as_micros() * u128::from(clock_rate) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: StreamId = StreamId(1);
    const BEN: StreamId = StreamId(2);

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    #[test]
    fn a_stream_keeps_its_gaps() {
        let mut slot = Rewriter::new(90_000);
        assert_eq!(slot.rewrite(at(0), ANA, 70_000, 5).unwrap().0, 1);
        assert_eq!(slot.rewrite(at(33), ANA, 70_003, 3_005).unwrap().0, 4, "two were lost on the way up");
        assert_eq!(slot.rewrite(at(34), ANA, 70_001, 5).unwrap().0, 2, "one came late");
    }

    #[test]
    fn the_next_person_goes_on_where_the_last_one_stopped() {
        let mut slot = Rewriter::new(90_000);
        let (_, before) = slot.rewrite(at(1_000), ANA, 70_000, 123_456).unwrap();
        let (sequence, after) = slot.rewrite(at(3_000), BEN, 9, 42).unwrap();
        assert_eq!(sequence, 2);
        assert_eq!(after.wrapping_sub(before), 180_000, "two seconds of the clock");
        assert_eq!(slot.rewrite(at(3_001), BEN, 8, 0), None, "from before the slot was taken");
    }

    #[test]
    fn a_missing_packet_is_found_by_the_number_it_went_out_with() {
        let mut slot = Rewriter::new(90_000);
        slot.rewrite(at(0), ANA, 70_000, 0);
        slot.rewrite(at(1), BEN, 500, 0);
        slot.rewrite(at(2), BEN, 510, 0);
        assert_eq!(slot.original(5), Some((BEN, 503)));
        assert_eq!(slot.original(1), None, "of the person before");
    }

    #[test]
    fn numbers_wrap_without_a_jump() {
        let mut slot = Rewriter::new(90_000);
        for packet in 0..70_000 {
            let (sequence, _) = slot.rewrite(at(packet), ANA, 70_000 + packet, 0).unwrap();
            assert_eq!(u64::from(sequence), (packet + 1) % 65_536);
        }
        assert_eq!(slot.original(4_464).unwrap().1, 70_000 + 69_999);
    }
}
