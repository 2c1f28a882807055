//! How many sockets one person and one address may hold at a time (requirement RT3, lesson L6).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_auth::household;
use curtain_domain::AccountId;
use curtain_protocol::Limits;

/// The sockets that are open now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    persons: HashMap<AccountId, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// One socket's seat; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    person: AccountId,
    address: IpAddr,
}

impl Seats {
    /// A seat, unless the person or the address has too many.
    pub(crate) fn take(&self, person: AccountId, address: IpAddr) -> Option<Seat> {
        let address = household(address);
        let mut taken = self.taken();
        let persons = taken.persons.get(&person).copied().unwrap_or(0);
        let addresses = taken.addresses.get(&address).copied().unwrap_or(0);
        if persons >= Limits::SOCKETS_PER_PERSON || addresses >= Limits::SOCKETS_PER_ADDRESS {
            return None;
        }
        taken.persons.insert(person, persons + 1);
        taken.addresses.insert(address, addresses + 1);
        Some(Seat { seats: self.clone(), person, address })
    }

    /// A panic while it was held leaves it usable: it is only numbers.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        give_back(&mut taken.persons, &self.person);
        give_back(&mut taken.addresses, &self.address);
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use curtain_domain::{SeededEntropy, Timestamp};

    use super::*;

    fn somebody(seed: u64) -> AccountId {
        AccountId::new(Timestamp::from_unix_millis(1), &SeededEntropy::new(seed))
    }

    #[test]
    fn a_person_has_four_sockets_and_gets_the_next_when_one_closes() {
        let seats = Seats::default();
        let home = IpAddr::from([127, 0, 0, 1]);
        let mut held: Vec<_> = (0..4).filter_map(|_| seats.take(somebody(1), home)).collect();
        assert_eq!(held.len(), 4);
        assert!(seats.take(somebody(1), home).is_none());
        held.pop();
        assert!(seats.take(somebody(1), home).is_some());
    }

    #[test]
    fn an_address_has_fifty_sockets_however_many_people() {
        let seats = Seats::default();
        let held: Vec<_> = (0..60)
            .filter_map(|n: u64| {
                let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::try_from(n).unwrap_or(0));
                seats.take(somebody(n), address.into())
            })
            .collect();
        assert_eq!(held.len(), 50, "addresses of one IPv6 prefix count as one");
    }

    #[test]
    fn nothing_is_remembered_of_who_left() {
        let seats = Seats::default();
        drop(seats.take(somebody(1), IpAddr::from([127, 0, 0, 1])));
        assert!(seats.taken().persons.is_empty() && seats.taken().addresses.is_empty());
    }
}
