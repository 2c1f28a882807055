//! Is the participant still there? Told by authentic packets alone (trap T2).
//!
//! `rtc` watches one pair of addresses and calls the connection lost when the browser moves to another one. Here every
//! packet counts that the connection's keys or our ICE password prove: reports come every second or so, checks every
//! few.

use core::time::Duration;

use crate::moment::Moment;

/// Chromium checks every 2.5 s at the latest. Higher leaves people talking to a frozen picture, lower ends calls in a
/// lift or a short tunnel.
const LOST_AFTER: Duration = Duration::from_secs(12);
/// From the offer to the first packet: a slow phone that asks for its camera first.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// What to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Media can flow, for the first time or again.
    Connected,
    /// Nothing authentic for too long.
    Lost,
}

/// One connection's signs of life.
#[derive(Debug)]
pub(crate) struct Liveness {
    connected: bool,
    lost: bool,
    heard_at: Moment,
}

impl Liveness {
    /// Waits for the first connection.
    pub(crate) const fn since(offered_at: Moment) -> Self {
        Self { connected: false, lost: false, heard_at: offered_at }
    }

    /// An authentic packet came.
    pub(crate) fn heard(&mut self, now: Moment) -> Option<Change> {
        self.heard_at = now;
        let back = self.lost && self.connected;
        self.lost = false;
        back.then_some(Change::Connected)
    }

    /// The handshake is done.
    pub(crate) fn connected(&mut self, now: Moment) -> Option<Change> {
        self.heard_at = now;
        let first = !self.connected;
        self.connected = true;
        self.lost = false;
        first.then_some(Change::Connected)
    }

    /// Media can flow now.
    pub(crate) const fn is_up(&self) -> bool {
        self.connected && !self.lost
    }

    /// Given up: it takes another connection.
    pub(crate) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// The connection can't work any more.
    pub(crate) fn failed(&mut self) -> Option<Change> {
        let first = !self.lost;
        self.lost = true;
        first.then_some(Change::Lost)
    }

    /// Whether too much time has passed.
    pub(crate) fn tick(&mut self, now: Moment) -> Option<Change> {
        if self.wakes_at()? > now {
            return None;
        }
        self.failed()
    }

    /// When to call `tick`.
    pub(crate) fn wakes_at(&self) -> Option<Moment> {
        let patience = if self.connected { LOST_AFTER } else { CONNECT_WITHIN };
        (!self.lost).then(|| self.heard_at + patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn who_is_heard_is_not_lost() {
        let mut liveness = Liveness::since(at(0));
        assert_eq!(liveness.connected(at(1)), Some(Change::Connected));
        for second in 2..100 {
            assert_eq!(liveness.heard(at(second)), None);
            assert_eq!(liveness.tick(at(second)), None);
        }
    }

    #[test]
    fn who_is_silent_is_lost_once_and_comes_back() {
        let mut liveness = Liveness::since(at(0));
        liveness.connected(at(1));
        assert_eq!(liveness.tick(at(12)), None);
        assert_eq!(liveness.tick(at(13)), Some(Change::Lost));
        assert_eq!(liveness.tick(at(60)), None, "said once");
        assert_eq!(liveness.heard(at(61)), Some(Change::Connected));
    }

    #[test]
    fn who_never_connects_is_lost_too() {
        let mut liveness = Liveness::since(at(5));
        assert_eq!(liveness.tick(at(34)), None);
        assert_eq!(liveness.tick(at(35)), Some(Change::Lost));
        assert_eq!(liveness.heard(at(36)), None, "a check alone is no connection");
    }
}
