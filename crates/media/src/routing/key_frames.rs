//! Key-frame requests: at most one a second per stream, and none forgotten.
//!
//! A key frame costs ten times a delta frame, and one browser without a key asked 555 times in a session (measured).
//! A request inside the second is deferred to its end rather than dropped: whoever asked still can't see. Newcomers are
//! counted apart: what is asked for them on connecting may come before their browser is ready, and the request that
//! they then send themselves must not wait a second for it.

use core::time::Duration;

use crate::moment::Moment;

/// Longer leaves people looking at a frozen picture, shorter lets one bad receiver ruin the quality for all.
pub(crate) const SPACING: Duration = Duration::from_secs(1);

/// One stream's requests.
#[derive(Debug, Default)]
pub(crate) struct KeyFrames {
    asked_at: Option<Moment>,
    newcomer_at: Option<Moment>,
    waiting: bool,
}

impl KeyFrames {
    /// Somebody needs a key frame: true when it is to be asked for now.
    pub(crate) fn want(&mut self, now: Moment) -> bool {
        self.waiting = true;
        self.due(now)
    }

    /// Somebody has just connected and has no frame yet: true when one is to be asked for now.
    pub(crate) fn newcomer(&mut self, now: Moment) -> bool {
        if self.newcomer_at.is_some_and(|at| now.since(at) < SPACING) {
            return self.want(now);
        }
        self.newcomer_at = Some(now);
        true
    }

    /// True when a deferred request has waited long enough.
    pub(crate) fn due(&mut self, now: Moment) -> bool {
        let due = self.wakes_at().is_some_and(|at| at <= now);
        if due {
            self.waiting = false;
            self.asked_at = Some(now);
        }
        due
    }

    /// When to call `due`.
    pub(crate) fn wakes_at(&self) -> Option<Moment> {
        self.waiting.then(|| self.asked_at.map_or(Moment::START, |at| at + SPACING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    #[test]
    fn the_first_request_passes_at_once() {
        assert!(KeyFrames::default().want(at(5)));
    }

    #[test]
    fn a_request_within_the_second_waits_and_is_not_lost() {
        let mut requests = KeyFrames::default();
        assert!(requests.want(at(0)));
        assert!(!requests.want(at(300)));
        assert!(!requests.want(at(999)));
        assert_eq!(requests.wakes_at(), Some(at(1_000)));
        assert!(!requests.due(at(999)));
        assert!(requests.due(at(1_000)));
        assert!(!requests.due(at(5_000)), "asked once for all who wanted");
        assert_eq!(requests.wakes_at(), None);
    }

    #[test]
    fn a_newcomer_who_was_not_ready_yet_need_not_wait() {
        let mut requests = KeyFrames::default();
        assert!(requests.newcomer(at(0)));
        assert!(requests.want(at(40)), "asked by the newcomer's own browser");
        assert!(!requests.want(at(80)));
        assert!(!requests.newcomer(at(90)), "a crowd of newcomers is limited like everybody");
        assert!(requests.due(at(1_040)));
    }

    #[test]
    fn five_hundred_requests_in_ten_seconds_become_ten() {
        let mut requests = KeyFrames::default();
        let asked = (0..500).filter(|step| requests.want(at(step * 20))).count();
        assert_eq!(asked, 10);
    }
}
