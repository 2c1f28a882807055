//! Password hashing is the dearest thing a stranger can ask for: 64 MiB and a core for a tenth of a second. It runs on
//! the blocking pool, behind permits, with a short queue in front (AU5). **A flood fills the queue with its own requests
//! only**: whoever asked least lately goes first, and takes the place of whoever asked most.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_auth::Insistence;
use curtain_domain::Timestamp;
use tokio::sync::oneshot;

use crate::ApiError;

/// Requests that may wait for a permit. More would only wait longer than `PATIENCE`; fewer turns people away in the
/// minute before a full hour.
const QUEUE: usize = 64;
/// How long one waits. Longer and browsers show nothing for too long; shorter and a busy minute turns people away.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it takes to be turned away. A script that asks again at once then asks once a second for each of its connections,
/// and the cores stay with those who are served. Longer keeps connections that others could have; shorter calms nobody.
const TURNED_AWAY_IN: Duration = Duration::from_secs(1);
/// What `Retry-After` says to those turned away, in seconds.
const COME_BACK_AFTER: u64 = 5;

/// Who goes first: the smaller number; among equals, whoever came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn(u32);

impl Turn {
    /// Somebody who is known: signed in, or in a browser where they signed in before (AU7).
    pub(crate) const KNOWN: Self = Self(0);
}

/// The permits and the queue in front of them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HashingPermits {
    desk: Arc<Desk>,
    patience: Duration,
}

#[derive(Debug)]
struct Desk {
    book: Mutex<Book>,
    insistence: Mutex<Insistence>,
}

#[derive(Debug)]
struct Book {
    free: usize,
    /// How many ever waited: the second half of a place in the queue.
    arrivals: u64,
    waiting: BTreeMap<(Turn, u64), oneshot::Sender<Permit>>,
}

impl HashingPermits {
    /// As many hashes at once as given; memory use is bounded by this number times the cost of one.
    pub fn new(at_once: usize) -> Self {
        let book = Book { free: at_once, arrivals: 0, waiting: BTreeMap::new() };
        let desk = Desk { book: Mutex::new(book), insistence: Mutex::default() };
        Self { desk: Arc::new(desk), patience: PATIENCE }
    }

    /// The turn of a stranger from this address, who asks once more.
    pub(crate) fn turn_of(&self, address: IpAddr, now: Timestamp) -> Turn {
        let mut insistence = self.desk.insistence.lock().unwrap_or_else(PoisonError::into_inner);
        Turn(insistence.asks(address, now))
    }

    /// A permit once one is free, or `busy`. Whoever has work for the database beside the hash asks for it before that: those
    /// who are turned away then cost nothing but the asking.
    pub(crate) async fn permit(&self, turn: Turn) -> Result<Permit, ApiError> {
        let mut place = match self.desk.ask(turn) {
            Some(Asked::Served(permit)) => return Ok(permit),
            Some(Asked::Waits(place)) => place,
            None => return Err(turned_away().await),
        };
        match tokio::time::timeout(self.patience, &mut place.called).await {
            Ok(Ok(permit)) => Ok(permit),
            // Somebody who asked less took the place.
            Ok(Err(_)) => Err(turned_away().await),
            Err(_) => Err(ApiError::Busy(COME_BACK_AFTER)),
        }
    }
}

async fn turned_away() -> ApiError {
    tokio::time::sleep(TURNED_AWAY_IN).await;
    ApiError::Busy(COME_BACK_AFTER)
}

/// What comes of asking for a permit.
enum Asked {
    Served(Permit),
    Waits(Place),
}

impl Desk {
    /// The numbers stay usable after a panic.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit, or a place in the queue; none when everybody in it goes first.
    fn ask(self: &Arc<Self>, turn: Turn) -> Option<Asked> {
        let mut book = self.book();
        if book.free > 0 {
            book.free -= 1;
            drop(book);
            return Some(Asked::Served(Permit(Arc::clone(self))));
        }
        if book.waiting.len() >= QUEUE {
            let last = book.waiting.last_entry()?;
            if last.key().0 <= turn {
                return None;
            }
            drop(last.remove());
        }
        book.arrivals += 1;
        let (key, (call, called)) = ((turn, book.arrivals), oneshot::channel());
        book.waiting.insert(key, call);
        drop(book);
        Some(Asked::Waits(Place { desk: Arc::clone(self), key, called }))
    }
}

/// A place in the queue, given up on drop.
struct Place {
    desk: Arc<Desk>,
    key: (Turn, u64),
    called: oneshot::Receiver<Permit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.desk.book().waiting.remove(&self.key);
    }
}

/// The right to hash; handed to the next in line on drop.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Desk>);

impl Permit {
    /// Runs the work on the blocking pool. The permit is held until it is done, even if whoever asked has gone away.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(self);
            result
        });
        done.await.map_err(ApiError::internal)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = {
            let mut book = self.0.book();
            let next = book.waiting.pop_first();
            book.free += usize::from(next.is_none());
            next
        };
        if let Some((_, call)) = next {
            // Whoever has just gone away drops it in turn, and it comes to the one behind.
            drop(call.send(Self(Arc::clone(&self.0))));
        }
    }
}

#[cfg(test)]
mod tests {
    use core::pin::Pin;

    use super::*;

    const STRANGER: Turn = Turn(1);
    const FLOOD: Turn = Turn(50);

    type Waiting = Pin<Box<dyn Future<Output = Result<Permit, ApiError>> + Send>>;

    /// Asks, and stands in the queue when this returns.
    fn waits(permits: &HashingPermits, turn: Turn) -> Waiting {
        let permits = permits.clone();
        let mut waiting: Waiting = Box::pin(async move { permits.permit(turn).await });
        let mut context = core::task::Context::from_waker(core::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        waiting
    }

    #[tokio::test]
    async fn work_gives_back_its_result_and_its_permit() {
        let permits = HashingPermits::new(1);
        for number in 0..3 {
            assert_eq!(
                permits.permit(STRANGER).await.unwrap().run(move || number * 2).await.unwrap(),
                number * 2
            );
        }
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_permit_back() {
        let permits = HashingPermits::new(1);
        assert!(permits.permit(STRANGER).await.unwrap().run(|| panic!("as asked")).await.is_err());
        permits.permit(STRANGER).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told_and_leaves_no_trace() {
        let permits = HashingPermits { patience: Duration::from_millis(20), ..HashingPermits::new(1) };
        let held = permits.permit(STRANGER).await.unwrap();
        assert!(matches!(permits.permit(STRANGER).await, Err(ApiError::Busy(5))));
        drop(held);
        permits.permit(STRANGER).await.unwrap();
        assert_eq!(permits.desk.book().free, 1);
    }

    #[tokio::test]
    async fn a_newcomer_goes_before_a_flood_and_takes_its_place() {
        let permits = HashingPermits::new(1);
        let held = permits.permit(FLOOD).await.unwrap();
        let mut flood: Vec<_> = (0..QUEUE).map(|_| waits(&permits, FLOOD)).collect();
        assert!(matches!(permits.permit(FLOOD).await, Err(ApiError::Busy(_))), "the queue has an end");
        let stranger = waits(&permits, STRANGER);
        let known = waits(&permits, Turn::KNOWN);
        // Two of the flood, who came last, were turned away for them.
        for _ in 0..2 {
            assert!(flood.pop().unwrap().await.is_err());
        }
        drop(held);
        drop(known.await.unwrap());
        drop(stranger.await.unwrap());
        for one in flood {
            drop(one.await.unwrap());
        }
        assert_eq!(permits.desk.book().free, 1);
    }

    #[tokio::test]
    async fn whoever_leaves_the_queue_holds_nobody_up() {
        let permits = HashingPermits::new(1);
        let held = permits.permit(STRANGER).await.unwrap();
        let (first, second) = (waits(&permits, STRANGER), waits(&permits, STRANGER));
        drop(first);
        drop(held);
        drop(second.await.unwrap());
        let book = permits.desk.book();
        assert_eq!((book.free, book.waiting.len()), (1, 0));
    }

    #[tokio::test]
    async fn a_permit_on_its_way_to_somebody_who_left_comes_back() {
        let permits = HashingPermits::new(1);
        let held = permits.permit(STRANGER).await.unwrap();
        let first = waits(&permits, STRANGER);
        drop(held);
        drop(first);
        assert_eq!(permits.desk.book().free, 1);
    }

    #[test]
    fn a_network_that_asks_again_and_again_falls_back() {
        let (permits, now) = (HashingPermits::new(1), Timestamp::from_unix_millis(1_700_000_000_000));
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let first = permits.turn_of(one, now);
        assert!(permits.turn_of(one, now) > first && permits.turn_of(other, now) == first);
        assert!(first > Turn::KNOWN);
    }
}
