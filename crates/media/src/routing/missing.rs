//! Which packets of a publisher's video never came, and when to ask for them (RFC 4585 NACK).
//!
//! Ours instead of `rtc`'s generator, which sits below the unpacking of retransmissions, never learns that a packet was
//! recovered and asks for it again and again (trap T3: 1,922 packets sent again where 31 suffice).

use core::time::Duration;
use std::collections::BTreeMap;

use crate::moment::Moment;

/// Packets overtake each other by less than this; asking at once would ask for what is on its way.
const PATIENCE: Duration = Duration::from_millis(10);
/// Longer than a round trip over most links, so that one request is answered before the next.
const AGAIN_AFTER: Duration = Duration::from_millis(60);
/// Then the frame is late anyway and receivers ask for a key frame.
const TRIES: u8 = 6;
/// A longer gap is an outage: a key frame repairs it cheaper.
const LONGEST_GAP: u64 = 128;

#[derive(Debug)]
struct Request {
    tries: u8,
    at: Moment,
}

/// One stream's gaps.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    newest: Option<u64>,
    requests: BTreeMap<u64, Request>,
}

impl Missing {
    /// A packet came, in order or late.
    pub(crate) fn arrived(&mut self, now: Moment, number: u64) {
        let newest = *self.newest.get_or_insert(number);
        if number <= newest {
            self.requests.remove(&number);
            return;
        }
        self.newest = Some(number);
        if number - newest > LONGEST_GAP {
            self.requests.clear();
            return;
        }
        for gap in newest + 1..number {
            self.requests.insert(gap, Request { tries: 0, at: now + PATIENCE });
        }
    }

    /// What to ask for now, as the publisher numbers it.
    #[expect(clippy::cast_possible_truncation, reason = "RTP numbers are the low sixteen bits")]
    pub(crate) fn due(&mut self, now: Moment) -> Vec<u16> {
        let mut due = Vec::new();
        self.requests.retain(|&number, request| {
            if request.at > now {
                return true;
            }
            due.push(number as u16);
            request.tries += 1;
            request.at = now + AGAIN_AFTER;
            request.tries < TRIES
        });
        due
    }

    /// When to call `due`.
    pub(crate) fn wakes_at(&self) -> Option<Moment> {
        self.requests.values().map(|request| request.at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    #[test]
    fn a_gap_is_asked_for_after_a_moment() {
        let mut missing = Missing::default();
        missing.arrived(at(0), 100);
        missing.arrived(at(5), 103);
        assert!(missing.due(at(14)).is_empty());
        assert_eq!(missing.due(at(15)), [101, 102]);
        assert!(missing.due(at(74)).is_empty());
        assert_eq!(missing.due(at(75)), [101, 102]);
    }

    #[test]
    fn what_was_only_late_is_never_asked_for() {
        let mut missing = Missing::default();
        missing.arrived(at(0), 100);
        missing.arrived(at(1), 102);
        missing.arrived(at(2), 101);
        assert!(missing.due(at(1_000)).is_empty());
        assert_eq!(missing.wakes_at(), None);
    }

    #[test]
    fn it_gives_up_after_six_tries() {
        let mut missing = Missing::default();
        missing.arrived(at(0), 1);
        missing.arrived(at(0), 3);
        let asked: usize = (1..100).map(|step| missing.due(at(step * 100)).len()).sum();
        assert_eq!(asked, 6);
    }

    #[test]
    fn an_outage_is_not_asked_for_packet_by_packet() {
        let mut missing = Missing::default();
        missing.arrived(at(0), 1);
        missing.arrived(at(0), 5_000);
        assert!(missing.due(at(100)).is_empty());
    }
}
