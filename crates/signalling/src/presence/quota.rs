//! How much one socket may say: a token bucket on the time that is handed in (requirement RT3).

use curtain_domain::Timestamp;
use curtain_protocol::Limits;

/// Thousandths of a message, so that a millisecond refills a whole number of them.
const WHOLE: u64 = 1_000;

/// The bucket of one socket.
#[derive(Debug)]
pub(crate) struct Quota {
    left: u64,
    at: Timestamp,
}

impl Quota {
    /// A full bucket.
    pub(crate) fn full(now: Timestamp) -> Self {
        Self { left: u64::from(Limits::MESSAGE_BURST) * WHOLE, at: now }
    }

    /// Takes one message out; false when there is none.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let refill = elapsed.saturating_mul(u64::from(Limits::MESSAGES_PER_SECOND));
        self.left = self.left.saturating_add(refill).min(u64::from(Limits::MESSAGE_BURST) * WHOLE);
        self.at = now;
        let enough = self.left >= WHOLE;
        if enough {
            self.left -= WHOLE;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_unix_millis(1_000_000 + millis)
    }

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let mut quota = Quota::full(at(0));
        let passed = (0..1_000).filter(|_| quota.take(at(0))).count();
        assert_eq!(passed, 60);
    }

    #[test]
    fn the_sustained_rate_never_runs_dry() {
        let mut quota = Quota::full(at(0));
        assert!((0..10_000).all(|message| quota.take(at(message * 50))));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_nothing_away() {
        let mut quota = Quota::full(at(5_000));
        while quota.take(at(5_000)) {}
        assert!(!quota.take(at(0)));
        assert!(quota.take(at(50)), "and goes on from there");
    }
}
