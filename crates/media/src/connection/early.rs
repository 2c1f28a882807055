//! What comes before `rtc` can take it (trap T1).
//!
//! A browser begins its checks and its handshake as soon as it has made its answer, before the answer has reached us.
//! `rtc` refuses checks without the answer, and drops the handshake until a check nominates the pair, which Chromium
//! does a second later. Measured: 1.6 s to `connected` instead of 0.1 s for every answer that takes 50 ms. So checks
//! and handshakes are held and replayed, and the first pair that works is nominated by a check signed anew.

use std::collections::VecDeque;
use std::net::SocketAddr;

/// A browser checks from one address per network; more are somebody's game.
const ADDRESSES: usize = 16;
/// A client hello in up to four fragments, twice.
const HANDSHAKES: usize = 8;

/// A datagram and its source.
pub(crate) type Held = (SocketAddr, Vec<u8>);

/// Held until ICE is connected.
#[derive(Debug, Default)]
pub(crate) struct Early {
    answered: bool,
    checks: VecDeque<Held>,
    handshakes: VecDeque<Held>,
}

impl Early {
    /// Remembers the last check of an address. True when it can be given to `rtc` at once.
    pub(crate) fn check(&mut self, from: SocketAddr, check: &[u8]) -> bool {
        self.checks.retain(|(address, _)| *address != from);
        if self.checks.len() == ADDRESSES {
            self.checks.pop_front();
        }
        self.checks.push_back((from, check.to_vec()));
        self.answered
    }

    /// Holds a part of a handshake.
    pub(crate) fn handshake(&mut self, from: SocketAddr, datagram: &[u8]) {
        if self.handshakes.len() == HANDSHAKES {
            self.handshakes.pop_front();
        }
        self.handshakes.push_back((from, datagram.to_vec()));
    }

    /// The answer is in: the checks that waited for it.
    pub(crate) fn answered(&mut self) -> Vec<Held> {
        self.answered = true;
        self.checks.iter().cloned().collect()
    }

    /// The address answered a check of ours, so this pair works: its last check, to be nominated.
    pub(crate) fn working(&self, from: SocketAddr) -> Option<&[u8]> {
        self.checks.iter().find(|(address, _)| *address == from).map(|(_, check)| check.as_slice())
    }

    /// ICE is connected: the handshake that waited for it. Nothing is held from here on.
    pub(crate) fn connected(&mut self) -> Vec<Held> {
        self.checks.clear();
        self.handshakes.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn checks_wait_for_the_answer_and_only_the_last_of_each_address_counts() {
        let mut early = Early::default();
        assert!(!early.check(address(1), b"first"));
        assert!(!early.check(address(1), b"second"));
        assert!(!early.check(address(2), b"other"));
        let held = early.answered();
        assert_eq!(held, [(address(1), b"second".to_vec()), (address(2), b"other".to_vec())]);
        assert!(early.check(address(1), b"third"), "after the answer they pass");
        assert_eq!(early.working(address(1)), Some(&b"third"[..]));
    }

    #[test]
    fn the_handshake_waits_for_ice() {
        let mut early = Early::default();
        early.handshake(address(1), b"hello");
        assert_eq!(early.connected(), [(address(1), b"hello".to_vec())]);
        assert!(early.connected().is_empty());
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut early = Early::default();
        for port in 1..1_000 {
            early.check(address(port), b"check");
            early.handshake(address(port), b"hello");
        }
        assert_eq!(early.answered().len(), ADDRESSES);
        assert_eq!(early.connected().len(), HANDSHAKES);
    }
}
