//! How many connections there may be, in all and from one address, so that nobody can take every place (OP2).
//!
//! A place is taken before a byte is read and is free again when its connection is dropped, whatever it has become in
//! between: a WebSocket holds its place for the whole visit.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_api::AddressRange;
use curtain_auth::household;

/// All connections together. Each costs a file descriptor, of which Linux gives a process 1024 unless told otherwise; the
/// rest is for Postgres (48), media and files. A tab in a visit takes two: more than 350 people at once is no practice of
/// one machine, and fewer would make it easier to keep all of them out.
const IN_ALL: usize = 768;
/// Connections of one address: the fifty sockets that it may have (`Limits::SOCKETS_PER_ADDRESS`), each beside its page's
/// own connection, and as many people again who are in no visit. More would let three strangers fill the house; fewer
/// would keep a practice's own people out, who share one address.
const FROM_ONE_ADDRESS: usize = 192;

/// Counts connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    book: Arc<Mutex<Book>>,
    /// Addresses that many people share.
    proxies: Arc<[AddressRange]>,
    in_all: usize,
    from_one_address: usize,
}

#[derive(Debug, Default)]
struct Book {
    in_all: usize,
    from: HashMap<IpAddr, usize>,
    /// Whether the log was told that the house is full.
    told: bool,
}

/// One connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    book: Arc<Mutex<Book>>,
    /// Whose number it counts in, if anybody's.
    household: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The house is full.
    Full,
    /// This address has as many as it may.
    TooManyFromOneAddress,
}

impl From<Refused> for io::Error {
    fn from(why: Refused) -> Self {
        Self::new(io::ErrorKind::QuotaExceeded, format!("{why:?}"))
    }
}

impl Admission {
    /// The usual limits. Everybody who comes through a proxy has its address: only the number in all holds for those
    /// that the operator declared and for this very machine, on which one may stand undeclared.
    pub(super) fn trusting(proxies: &[AddressRange]) -> Self {
        Self::new(IN_ALL, FROM_ONE_ADDRESS, proxies)
    }

    fn new(in_all: usize, from_one_address: usize, proxies: &[AddressRange]) -> Self {
        Self { book: Arc::default(), proxies: proxies.into(), in_all, from_one_address }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn admit(&self, peer: IpAddr) -> Result<Place, Refused> {
        let is_shared =
            peer.to_canonical().is_loopback() || self.proxies.iter().any(|range| range.contains(peer));
        let household = (!is_shared).then(|| household(peer));
        let mut book = open(&self.book);
        if book.in_all >= self.in_all {
            if !core::mem::replace(&mut book.told, true) {
                tracing::warn!(connections = book.in_all, "no place for more connections");
            }
            return Err(Refused::Full);
        }
        if let Some(household) = household {
            let taken = book.from.entry(household).or_default();
            if *taken >= self.from_one_address {
                return Err(Refused::TooManyFromOneAddress);
            }
            *taken += 1;
        }
        book.in_all += 1;
        Ok(Place { book: Arc::clone(&self.book), household })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut book = open(&self.book);
        book.in_all -= 1;
        // Half empty again: the next time is another time. Sooner would fill the log at an attacker's pace.
        book.told &= book.in_all > IN_ALL / 2;
        let Some(household) = self.household else { return };
        if let Some(taken) = book.from.get_mut(&household) {
            *taken -= 1;
            if *taken == 0 {
                book.from.remove(&household);
            }
        }
    }
}

/// A panic while it was held leaves it usable: it is only numbers.
fn open(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(in_all: usize, from_one_address: usize) -> Admission {
        Admission::new(in_all, from_one_address, &["10.0.0.1".parse().unwrap()])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_can_not_take_every_place() {
        let admission = admission(10, 2);
        let mut taken =
            vec![admission.admit(ip("192.0.2.1")).unwrap(), admission.admit(ip("192.0.2.1")).unwrap()];
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Refused::TooManyFromOneAddress);
        // The same address in the form that a socket for both families gives it.
        assert_eq!(admission.admit(ip("::ffff:192.0.2.1")).unwrap_err(), Refused::TooManyFromOneAddress);
        let _another = admission.admit(ip("192.0.2.2")).unwrap();
        taken.pop();
        let _again = admission.admit(ip("192.0.2.1")).unwrap();
    }

    #[test]
    fn a_household_in_ipv6_is_one_address() {
        let admission = admission(10, 1);
        let _first = admission.admit(ip("2001:db8:0:1::1")).unwrap();
        assert_eq!(admission.admit(ip("2001:db8:0:1:ffff::2")).unwrap_err(), Refused::TooManyFromOneAddress);
        let _neighbour = admission.admit(ip("2001:db8:0:2::1")).unwrap();
    }

    #[test]
    fn a_proxy_brings_everybody_until_the_house_is_full() {
        let admission = admission(5, 1);
        let mut taken: Vec<_> =
            (0..5).map(|n| admission.admit(ip(["10.0.0.1", "127.0.0.1"][n % 2])).unwrap()).collect();
        assert_eq!(admission.admit(ip("10.0.0.1")).unwrap_err(), Refused::Full);
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Refused::Full);
        taken.pop();
        let _freed = admission.admit(ip("192.0.2.1")).unwrap();
    }

    #[test]
    fn nothing_is_left_of_those_who_went() {
        let admission = admission(3, 3);
        for last in 0..=u8::MAX {
            drop(admission.admit(IpAddr::from([192, 0, 2, last])).unwrap());
        }
        let book = open(&admission.book);
        assert_eq!((book.in_all, book.from.len()), (0, 0));
    }
}
