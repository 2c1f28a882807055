//! Time inside the forwarder: how long the media thread has been running.
//!
//! A plain value instead of `std::time::Instant`, so that tests turn the clock by hand and nothing below the loop can
//! ask the machine for the time.

use core::ops::Add;
use core::time::Duration;

/// A point on the media thread's own monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment(Duration);

impl Moment {
    /// When the thread started.
    pub(crate) const START: Self = Self(Duration::ZERO);

    /// That long after the start.
    pub(crate) const fn after_start(span: Duration) -> Self {
        Self(span)
    }

    /// How long after the start this is.
    pub(crate) const fn since_start(self) -> Duration {
        self.0
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}
