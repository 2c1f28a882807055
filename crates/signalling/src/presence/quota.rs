//! How much one socket may say: a token bucket on the time that is handed in (requirement RT3).

use core::time::Duration;

use curtain_domain::Timestamp;
use curtain_protocol::Limits;

/// What a bucket counts in: one message, fine enough that every rate refills a whole number of parts in a millisecond.
const WHOLE: u64 = 100_000;

/// A bucket of one socket or place.
#[derive(Debug)]
pub(crate) struct Quota {
    left: u64,
    full: u64,
    per_milli: u64,
    at: Timestamp,
}

impl Quota {
    /// A full bucket of messages, for one socket.
    pub(crate) fn of_messages(now: Timestamp) -> Self {
        let per_milli = u64::from(Limits::MESSAGES_PER_SECOND) * WHOLE / 1_000;
        Self::full(Limits::MESSAGE_BURST, per_milli, now)
    }

    /// A full bucket of new peer connections, for one tab.
    pub(crate) fn of_media_restarts(now: Timestamp) -> Self {
        Self::one_every(Limits::MEDIA_RESTART_EVERY, Limits::MEDIA_RESTARTS, now)
    }

    /// A full bucket of fresh leaves, for one person's place.
    pub(crate) fn of_returns(now: Timestamp) -> Self {
        Self::one_every(Limits::RETURN_EVERY, Limits::RETURNS, now)
    }

    fn one_every(span: Duration, burst: u32, now: Timestamp) -> Self {
        let every = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self::full(burst, WHOLE / every, now)
    }

    fn full(burst: u32, per_milli: u64, now: Timestamp) -> Self {
        let full = u64::from(burst) * WHOLE;
        Self { left: full, full, per_milli, at: now }
    }

    /// Takes one out; false when there is none.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let refill = elapsed.saturating_mul(self.per_milli);
        self.left = self.left.saturating_add(refill).min(self.full);
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
        let mut quota = Quota::of_messages(at(0));
        let passed = (0..1_000).filter(|_| quota.take(at(0))).count();
        assert_eq!(passed, 60);
    }

    #[test]
    fn the_sustained_rate_never_runs_dry() {
        let mut quota = Quota::of_messages(at(0));
        assert!((0..10_000).all(|message| quota.take(at(message * 50))));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_nothing_away() {
        let mut quota = Quota::of_messages(at(5_000));
        while quota.take(at(5_000)) {}
        assert!(!quota.take(at(0)));
        assert!(quota.take(at(50)), "and goes on from there");
    }

    #[test]
    fn peer_connections_are_dearer_than_messages() {
        let mut quota = Quota::of_media_restarts(at(0));
        assert_eq!((0..100).filter(|_| quota.take(at(0))).count(), 6);
        assert!(!quota.take(at(4_999)));
        assert!(quota.take(at(5_000)));
    }
}
