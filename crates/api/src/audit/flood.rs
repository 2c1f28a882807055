//! Of what may come by the thousand, one a second is told: that is enough to notice it, and a flood doesn't fill the disk that
//! it is told on.

use std::sync::atomic::{AtomicU64, Ordering};

use curtain_domain::Timestamp;

/// The second in which something was last told.
#[derive(Debug)]
pub(crate) struct Flood(AtomicU64);

impl Flood {
    /// Nothing was told yet.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Whether this one is to be told: the first of its second is.
    pub(crate) fn tells(&self, now: Timestamp) -> bool {
        self.0.fetch_max(now.unix_seconds(), Ordering::Relaxed) < now.unix_seconds()
    }
}
