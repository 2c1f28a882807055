//! How often somebody may be wrong (AU6, AU7): delays that grow, per typed name and per address, in memory.
//!
//! A delay, never a lock: a stranger who knows an address can slow its owner down by a minute, not keep them out.
//! Pure: the caller brings the time and holds the one mutable value behind a lock.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;

use curtain_domain::{AccountId, EmailAddress, Timestamp};

/// Who is counted. Names are counted as typed, whether or not an account has them (AU6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ThrottleSubject {
    /// Passwords for a typed address.
    Name(EmailAddress),
    /// Anything wrong from a network address.
    Address(IpAddr),
    /// Codes for an account: counted apart from passwords, and lower (AU7).
    Code(AccountId),
}

/// Come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct TooManyAttempts {
    /// How long to wait; at least a second.
    pub retry_after: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Counts failures and says who must wait.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: HashMap<ThrottleSubject, Failures>,
}

/// Entries beyond this are dropped, oldest first: more would let a flood of invented names fill the memory
/// (about 100 bytes each), fewer would let it wash out real counts sooner.
const MAX_SUBJECTS: usize = 100_000;
/// A count is forgotten this long after its last failure.
const FORGET_AFTER: Duration = Duration::from_hours(1);
/// Longest wait per name or code: long enough to make 10^6 codes hopeless, short enough for a person.
const LONGEST_FOR_A_PERSON: Duration = Duration::from_mins(1);
/// Longest wait per address: whole practices sit behind one.
const LONGEST_FOR_AN_ADDRESS: Duration = Duration::from_mins(10);

impl ThrottleSubject {
    /// How many failures cost nothing. A shared address gets more, a code fewer.
    const fn free_failures(&self) -> u32 {
        match self {
            Self::Name(_) => 5,
            Self::Address(_) => 30,
            Self::Code(_) => 10,
        }
    }

    const fn longest_wait(&self) -> Duration {
        match self {
            Self::Name(_) => LONGEST_FOR_A_PERSON,
            // Ten in the free hour, then one a minute: RFC 6238's million codes take a lifetime (AU7: 10/h).
            Self::Code(_) => LONGEST_FOR_AN_ADDRESS,
            Self::Address(_) => LONGEST_FOR_AN_ADDRESS,
        }
    }

    /// The wait after this many failures: a second, doubled with each one more.
    fn wait_after(&self, failures: u32) -> Duration {
        let Some(over) = failures.checked_sub(self.free_failures()) else { return Duration::ZERO };
        Duration::from_secs(1_u64 << over.min(20)).min(self.longest_wait())
    }
}

impl Throttle {
    /// Nobody has failed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all of these may try now.
    pub fn check(&self, subjects: &[ThrottleSubject], now: Timestamp) -> Result<(), TooManyAttempts> {
        let longest = subjects.iter().map(|subject| self.wait(subject, now)).max().unwrap_or_default();
        if longest.is_zero() {
            return Ok(());
        }
        Err(TooManyAttempts { retry_after: Duration::from_secs(longest.as_secs().max(1)) })
    }

    /// Notes a failure of all of these.
    pub fn failed(&mut self, subjects: &[ThrottleSubject], now: Timestamp) {
        self.make_room(now);
        for subject in subjects {
            let entry = self.failures.entry(subject.clone()).or_insert(Failures { count: 0, last: now });
            let count = if now.since(entry.last) >= FORGET_AFTER { 0 } else { entry.count };
            *entry = Failures { count: count.saturating_add(1), last: now };
        }
    }

    /// Forgets the failures of one that succeeded. Call it with names and codes; an address keeps its count, or one
    /// good account would buy endless guesses at others.
    pub fn succeeded(&mut self, subject: &ThrottleSubject) {
        self.failures.remove(subject);
    }

    fn wait(&self, subject: &ThrottleSubject, now: Timestamp) -> Duration {
        let Some(failures) = self.failures.get(subject) else { return Duration::ZERO };
        let since = now.since(failures.last);
        if since >= FORGET_AFTER {
            return Duration::ZERO;
        }
        subject.wait_after(failures.count).saturating_sub(since)
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.failures.len() < MAX_SUBJECTS {
            return;
        }
        self.failures.retain(|_, failures| now.since(failures.last) < FORGET_AFTER);
        if self.failures.len() < MAX_SUBJECTS {
            return;
        }
        let mut times: Vec<Timestamp> = self.failures.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.failures.retain(|_, failures| failures.last > median);
    }
}
