//! How often a network asked lately, for the order in which people who wait are served (AU5): whoever asks for the first time
//! goes before whoever floods. It refuses nobody; that is the throttle's business. Pure: the caller brings the time.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;

use curtain_domain::Timestamp;

use crate::household;

/// A network that was quiet for so long is a stranger again. Longer and a family pays for this morning's typing; shorter and
/// a flood that pauses comes back as a newcomer.
const FORGET_AFTER: Duration = Duration::from_mins(1);
/// Networks that are remembered, at some 50 bytes each. Fewer would let a flood from many networks wash the count out sooner.
const MOST: usize = 20_000;

/// Counts what each network asked for.
#[derive(Debug, Default)]
pub struct Insistence {
    asked: HashMap<IpAddr, Asked>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    times: u32,
    last: Timestamp,
}

impl Insistence {
    /// Nobody asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one more, and says how often this network asked without a quiet minute in between: 1 for a newcomer.
    pub fn asks(&mut self, address: IpAddr, now: Timestamp) -> u32 {
        let network = household(address);
        if !self.asked.contains_key(&network) {
            self.make_room(now);
        }
        let asked = self.asked.entry(network).or_insert(Asked { times: 0, last: now });
        if now.since(asked.last) >= FORGET_AFTER {
            asked.times = 0;
        }
        *asked = Asked { times: asked.times.saturating_add(1), last: now };
        asked.times
    }

    /// Only an order is lost when everything is forgotten, never a limit.
    fn make_room(&mut self, now: Timestamp) {
        if self.asked.len() >= MOST {
            self.asked.retain(|_, asked| now.since(asked.last) < FORGET_AFTER);
        }
        if self.asked.len() >= MOST {
            self.asked.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);

    fn address(number: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + number).to_be_bytes())
    }

    #[test]
    fn a_network_is_new_again_after_a_quiet_minute() {
        let mut insistence = Insistence::new();
        let times = [0, 1, 59, 118, 178].map(|at| insistence.asks(address(1), NOW + Duration::from_secs(at)));
        assert_eq!(times, [1, 2, 3, 4, 1], "the count goes on as long as no minute is quiet");
        assert_eq!(insistence.asks(address(2), NOW), 1);
    }

    #[test]
    fn addresses_of_one_household_count_together() {
        let mut insistence = Insistence::new();
        assert_eq!(insistence.asks("2001:db8::1".parse().unwrap(), NOW), 1);
        assert_eq!(insistence.asks("2001:db8::2".parse().unwrap(), NOW), 2);
    }

    #[test]
    fn a_flood_of_networks_does_not_fill_the_memory() {
        let mut insistence = Insistence::new();
        for number in 0..50_000 {
            insistence.asks(address(number), NOW);
        }
        assert!(insistence.asked.len() <= MOST);
    }

    #[test]
    fn a_full_memory_forgets_the_quiet_first() {
        let (mut insistence, most) = (Insistence::new(), u32::try_from(MOST).unwrap());
        for number in 1..most {
            insistence.asks(address(number), NOW);
        }
        let later = NOW + Duration::from_secs(30);
        assert_eq!([1, 2].map(|_| insistence.asks(address(0), later)), [1, 2]);
        insistence.asks(address(most), NOW + FORGET_AFTER);
        assert_eq!(insistence.asked.len(), 2, "all but the two that asked within a minute");
        assert_eq!(insistence.asks(address(0), NOW + FORGET_AFTER), 3);
    }

    #[test]
    fn a_memory_full_of_insistent_ones_begins_anew() {
        let (mut insistence, most) = (Insistence::new(), u32::try_from(MOST).unwrap());
        for number in 0..most {
            insistence.asks(address(number), NOW);
        }
        assert_eq!(insistence.asked.len(), MOST);
        insistence.asks(address(most), NOW);
        assert_eq!(insistence.asked.len(), 1);
    }
}
