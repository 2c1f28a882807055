//! Whose datagram is this? By its source once that has proven itself, by the user name of its check before.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

/// One generation of one participant, on this thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerId(pub(crate) u32);

/// A browser has an address per network and changes it when it moves. The oldest is forgotten beyond these.
const ADDRESSES_EACH: usize = 16;

/// The two ways to a peer.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<SocketAddr, PeerId>,
    addresses: HashMap<PeerId, VecDeque<SocketAddr>>,
}

impl Directory {
    pub(crate) fn add(&mut self, peer: PeerId, ufrag: String) {
        self.by_ufrag.insert(ufrag, peer);
        self.addresses.insert(peer, VecDeque::new());
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.by_ufrag.retain(|_, of| *of != peer);
        self.addresses.remove(&peer);
        self.by_address.retain(|_, of| *of != peer);
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_ufrag.is_empty() && self.by_address.is_empty() && self.addresses.is_empty()
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<PeerId> {
        self.by_ufrag.get(ufrag).copied()
    }

    pub(crate) fn by_address(&self, address: SocketAddr) -> Option<PeerId> {
        self.by_address.get(&address).copied()
    }

    /// A check that is signed with the peer's password came from here.
    pub(crate) fn proven(&mut self, peer: PeerId, address: SocketAddr) {
        let Some(mine) = self.addresses.get_mut(&peer) else { return };
        if self.by_address.insert(address, peer) == Some(peer) {
            return;
        }
        mine.push_back(address);
        if mine.len() > ADDRESSES_EACH
            && let Some(oldest) = mine.pop_front()
            && self.by_address.get(&oldest) == Some(&peer)
        {
            self.by_address.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn an_address_leads_to_whoever_proved_it_last() {
        let mut directory = Directory::default();
        directory.add(PeerId(1), "ana".to_owned());
        directory.add(PeerId(2), "ben".to_owned());
        assert_eq!(directory.by_address(address(9)), None);
        directory.proven(PeerId(1), address(9));
        assert_eq!(directory.by_address(address(9)), Some(PeerId(1)));
        directory.proven(PeerId(2), address(9));
        assert_eq!(directory.by_address(address(9)), Some(PeerId(2)));
        assert_eq!(directory.by_ufrag("ana"), Some(PeerId(1)));
    }

    #[test]
    fn nothing_is_left_of_one_who_is_gone() {
        let mut directory = Directory::default();
        directory.add(PeerId(1), "ana".to_owned());
        directory.proven(PeerId(1), address(9));
        directory.remove(PeerId(1));
        assert_eq!(directory.by_ufrag("ana"), None);
        assert_eq!(directory.by_address(address(9)), None);
        directory.proven(PeerId(1), address(9));
        assert_eq!(directory.by_address(address(9)), None);
    }

    #[test]
    fn a_peer_with_a_thousand_addresses_keeps_sixteen() {
        let mut directory = Directory::default();
        directory.add(PeerId(1), "ana".to_owned());
        for port in 1..=1_000 {
            directory.proven(PeerId(1), address(port));
        }
        assert_eq!(directory.by_address.len(), ADDRESSES_EACH);
        assert_eq!(directory.by_address(address(1_000)), Some(PeerId(1)));
    }
}
