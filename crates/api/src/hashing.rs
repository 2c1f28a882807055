//! Password hashing is the dearest thing a stranger can ask for: 64 MiB and a core for a tenth of a second. It runs on
//! the blocking pool, behind permits, with a short queue in front (AU5).

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::ApiError;

/// Requests that may wait for a permit. More would only wait longer than `PATIENCE`; fewer turns people away in the
/// minute before a full hour.
const QUEUE: usize = 64;
/// How long one waits. Longer and browsers show nothing for too long; shorter and a busy minute turns people away.
const PATIENCE: Duration = Duration::from_secs(5);
/// What `Retry-After` says to those turned away, in seconds.
const COME_BACK_AFTER: u64 = 5;

/// The permits and the queue in front of them.
#[derive(Debug, Clone)]
pub struct HashingPermits {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    patience: Duration,
}

impl HashingPermits {
    /// As many hashes at once as given; memory use is bounded by this number times the cost of one.
    pub fn new(at_once: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::new(AtomicUsize::new(0)),
            patience: PATIENCE,
        }
    }

    /// Runs the work on the blocking pool once a permit is free, or says `busy`. The permit is held until the work is
    /// done, even if whoever asked has gone away.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _place = Place::take(&self.waiting).ok_or(ApiError::Busy(COME_BACK_AFTER))?;
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| ApiError::Busy(COME_BACK_AFTER))?
            .map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(ApiError::internal)
    }
}

/// A place in the queue, given back on drop.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(waiting));
        // On drop the count goes down again, for those refused too.
        (waiting.fetch_add(1, Ordering::SeqCst) < QUEUE).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_gives_back_its_result_and_its_permit() {
        let permits = HashingPermits::new(1);
        for number in 0..3 {
            assert_eq!(permits.run(move || number * 2).await.unwrap(), number * 2);
        }
    }

    #[tokio::test]
    async fn a_full_house_turns_people_away() {
        let permits = HashingPermits { patience: Duration::from_millis(20), ..HashingPermits::new(1) };
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let first = permits.clone();
        let busy = tokio::spawn(async move { first.run(move || wait.recv()).await });
        while permits.permits.available_permits() == 1 {
            tokio::task::yield_now().await;
        }
        let late = permits.run(|| ()).await;
        assert!(matches!(late, Err(ApiError::Busy(5))), "waited too long");
        release.send(()).unwrap();
        busy.await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let permits = HashingPermits::new(1);
        let places: Vec<_> = (0..QUEUE).map(|_| Place::take(&permits.waiting).unwrap()).collect();
        assert!(matches!(permits.run(|| ()).await, Err(ApiError::Busy(_))));
        drop(places);
        permits.run(|| ()).await.unwrap();
    }
}
