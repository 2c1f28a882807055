//! Sequence numbers without end, and each packet only once.
//!
//! Sixteen bits wrap every few minutes; counted on to 64 they order packets for the life of a stream. Duplicates are
//! dropped here, before anyone is sent them: `rtc` delivers recovered packets again (trap T3) and Chromium probes
//! bandwidth with copies.

/// How many packets back one may still be new. Two seconds of good video; a later one is of no use to a decoder.
const WINDOW: u64 = 512;
const WORDS: usize = (WINDOW / 64) as usize;

/// One stream's arrivals.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    newest: Option<u64>,
    seen: [u64; WORDS],
}

impl Arrivals {
    /// The extended number of a packet that was not here before.
    pub(crate) fn take(&mut self, sequence: u16) -> Option<u64> {
        let Some(newest) = self.newest else {
            // One turn above zero, so that packets from before the first one have numbers too.
            let first = (1 << 16) + u64::from(sequence);
            self.newest = Some(first);
            self.mark(first);
            return Some(first);
        };
        let extended = extend(newest, sequence);
        if extended > newest {
            for skipped in (newest + 1..=extended).rev().take(usize::try_from(WINDOW).unwrap_or(usize::MAX)) {
                self.clear(skipped);
            }
            self.newest = Some(extended);
        } else if newest - extended >= WINDOW || self.is_marked(extended) {
            return None;
        }
        self.mark(extended);
        Some(extended)
    }

    fn mark(&mut self, number: u64) {
        self.seen[word(number)] |= bit(number);
    }

    fn clear(&mut self, number: u64) {
        self.seen[word(number)] &= !bit(number);
    }

    fn is_marked(&self, number: u64) -> bool {
        self.seen[word(number)] & bit(number) != 0
    }
}

const fn word(number: u64) -> usize {
    (number / 64 % WORDS as u64) as usize
}

const fn bit(number: u64) -> u64 {
    1 << (number % 64)
}

/// The number nearest to `reference` that ends in these sixteen bits (RFC 3711 §3.3.1 does the same).
pub(crate) fn extend(reference: u64, sequence: u16) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the low sixteen bits are meant")]
    let ahead = sequence.wrapping_sub(reference as u16).cast_signed();
    reference.saturating_add_signed(i64::from(ahead))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_go_on_where_sixteen_bits_wrap() {
        let mut arrivals = Arrivals::default();
        let before = arrivals.take(65_535).unwrap();
        assert_eq!(arrivals.take(0), Some(before + 1));
        assert_eq!(arrivals.take(65_534), Some(before - 1), "late, from before the wrap");
    }

    #[test]
    fn a_copy_is_taken_once() {
        let mut arrivals = Arrivals::default();
        assert!(arrivals.take(7).is_some());
        assert_eq!(arrivals.take(7), None);
        assert!(arrivals.take(9).is_some());
        assert!(arrivals.take(8).is_some(), "late but new");
        assert_eq!(arrivals.take(8), None);
    }

    #[test]
    fn what_is_older_than_the_window_is_dropped() {
        let mut arrivals = Arrivals::default();
        arrivals.take(1);
        arrivals.take(1_000);
        assert_eq!(arrivals.take(2), None);
        assert!(arrivals.take(999).is_some());
    }

    proptest! {
        #[test]
        fn each_number_passes_at_most_once(steps in proptest::collection::vec(-40_i32..60, 1..400)) {
            let mut arrivals = Arrivals::default();
            let mut taken = std::collections::HashSet::new();
            let mut position = 30_000_i32;
            for step in steps {
                position += step;
                if let Some(number) = arrivals.take(u16::try_from(position.rem_euclid(65_536)).unwrap()) {
                    prop_assert!(taken.insert(number));
                }
            }
        }
    }
}
