//! How often somebody may be wrong (AU6, AU7): delays that grow, per typed name and per address, in memory.
//!
//! A delay, never a lock: a stranger who knows an address can slow its owner down by a minute, not keep them out.
//! Pure: the caller brings the time and holds the one mutable value behind a lock.

use core::time::Duration;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use curtain_domain::{AccountId, EmailAddress, Timestamp};

/// Who is counted. Names are counted as typed, whether or not an account has them (AU6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ThrottleSubject {
    /// Passwords for a typed address.
    Name(EmailAddress),
    /// Anything wrong from a household: make it with [`ThrottleSubject::from_address`].
    Address(IpAddr),
    /// Passwords in a browser that is known for the account: a stranger who types its name is counted elsewhere (AU7).
    Device([u8; 16]),
    /// Codes for an account: counted apart from passwords, and lower (AU7).
    Code(AccountId),
    /// Questions for a passkey from a household: make it with [`ThrottleSubject::asking_from`]. Counted apart from what is
    /// wrong, because asking is no mistake.
    Asking(IpAddr),
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
    /// Up to when slow forgiving is reckoned in.
    forgiven_to: Timestamp,
}

impl Failures {
    /// What is left of them by now.
    fn at(self, now: Timestamp, forgives_every: Option<Duration>) -> Self {
        if now.since(self.last) >= FORGET_AFTER {
            return Self { count: 0, last: self.last, forgiven_to: now };
        }
        let Some(every) = forgives_every else { return self };
        let forgiven =
            u32::try_from(now.since(self.forgiven_to).as_secs() / every.as_secs()).unwrap_or(u32::MAX);
        Self {
            count: self.count.saturating_sub(forgiven),
            last: self.last,
            forgiven_to: self.forgiven_to + every.saturating_mul(forgiven),
        }
    }
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
/// How a kind of subject is slowed down.
struct Ladder {
    /// So many failures cost nothing.
    free: u32,
    /// The wait after the next one; each further failure doubles it.
    first: Duration,
    /// No wait is longer.
    longest: Duration,
    /// One failure is forgiven in this time, even if others follow.
    forgives_every: Option<Duration>,
}

/// A person mistypes a few times; a minute per guess is hopeless for a guesser and bearable for the owner.
const NAME: Ladder =
    Ladder { free: 5, first: Duration::from_secs(1), longest: Duration::from_mins(1), forgives_every: None };
/// A code has six digits only: ten an hour (AU7), then one in ten minutes. It takes the password to get this far.
const CODE: Ladder = Ladder {
    free: 10,
    first: Duration::from_mins(6),
    longest: Duration::from_mins(10),
    forgives_every: None,
};
/// Whole practices sit behind one address: their slips are forgiven one a minute, and a stranger among them costs them a
/// minute at most.
const ADDRESS: Ladder = Ladder {
    free: 30,
    first: Duration::from_secs(1),
    longest: Duration::from_mins(1),
    forgives_every: Some(Duration::from_mins(1)),
};

/// Each question writes a row that lives for minutes: a practice that starts its day asks sixty times at once, a flood of
/// questions is slowed down to one in ten seconds.
const ASKING: Ladder = Ladder {
    free: 60,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(10),
    forgives_every: Some(Duration::from_secs(5)),
};

/// The network that one household or practice has: an IPv4 address, or an IPv6 /64, of which any machine in it can take
/// as many addresses as it likes (RFC 4291 §2.5.4).
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl ThrottleSubject {
    /// Whoever shares this address's network.
    pub fn from_address(address: IpAddr) -> Self {
        Self::Address(household(address))
    }

    /// Whoever shares this address's network, asking for a passkey.
    pub fn asking_from(address: IpAddr) -> Self {
        Self::Asking(household(address))
    }

    const fn ladder(&self) -> Ladder {
        match self {
            Self::Name(_) | Self::Device(_) => NAME,
            Self::Address(_) => ADDRESS,
            Self::Code(_) => CODE,
            Self::Asking(_) => ASKING,
        }
    }

    fn wait_after(&self, failures: u32) -> Duration {
        let Ladder { free, first, longest, .. } = self.ladder();
        let Some(doublings) = failures.checked_sub(free) else { return Duration::ZERO };
        // Twenty doublings of a second are twelve days: every ladder ends before.
        first.saturating_mul(1 << doublings.min(20)).min(longest)
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

    /// Counts an attempt of all of these as failed before its outcome is known, unless one of them must wait. Many at
    /// once can't all slip through while the first is still being judged.
    pub fn attempt(&mut self, subjects: &[ThrottleSubject], now: Timestamp) -> Result<(), TooManyAttempts> {
        self.check(subjects, now)?;
        self.failed(subjects, now);
        Ok(())
    }

    /// Takes back one failure: the attempt succeeded after all, or was never judged.
    pub fn excuse(&mut self, subject: &ThrottleSubject) {
        if let Some(failures) = self.failures.get_mut(subject) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    /// Notes a failure of all of these.
    pub fn failed(&mut self, subjects: &[ThrottleSubject], now: Timestamp) {
        self.make_room(now);
        for subject in subjects {
            let fresh = Failures { count: 0, last: now, forgiven_to: now };
            let entry = self.failures.entry(subject.clone()).or_insert(fresh);
            let left = entry.at(now, subject.ladder().forgives_every);
            *entry = Failures { count: left.count.saturating_add(1), last: now, ..left };
        }
    }

    /// Forgets the failures of one that succeeded. Call it with names and codes; an address keeps its count, or one
    /// good account would buy endless guesses at others.
    pub fn succeeded(&mut self, subject: &ThrottleSubject) {
        self.failures.remove(subject);
    }

    fn wait(&self, subject: &ThrottleSubject, now: Timestamp) -> Duration {
        let Some(failures) = self.failures.get(subject) else { return Duration::ZERO };
        let left = failures.at(now, subject.ladder().forgives_every);
        subject.wait_after(left.count).saturating_sub(now.since(failures.last))
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.failures.len() >= MAX_SUBJECTS {
            self.failures.retain(|_, failures| now.since(failures.last) < FORGET_AFTER);
        }
        if self.failures.len() >= MAX_SUBJECTS {
            self.forget_the_older_half();
        }
    }

    fn forget_the_older_half(&mut self) {
        let mut times: Vec<Timestamp> = self.failures.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.failures.retain(|_, failures| failures.last > median);
    }
}

#[cfg(test)]
mod tests {
    use core::slice::from_ref;

    use curtain_domain::SeededEntropy;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn name(text: &str) -> ThrottleSubject {
        ThrottleSubject::Name(EmailAddress::parse(text).unwrap())
    }

    fn address(last: u8) -> ThrottleSubject {
        ThrottleSubject::Address(IpAddr::from([192, 0, 2, last]))
    }

    fn code() -> ThrottleSubject {
        ThrottleSubject::Code(AccountId::new(NOW, &SeededEntropy::new(1)))
    }

    /// How long the subject must wait after so many failures in a row, each as soon as it was allowed.
    fn wait_after(subject: &ThrottleSubject, failures: u32) -> Duration {
        let mut throttle = Throttle::new();
        for _ in 0..failures {
            throttle.failed(from_ref(subject), NOW);
        }
        throttle.check(from_ref(subject), NOW).err().map_or(Duration::ZERO, |wait| wait.retry_after)
    }

    #[test]
    fn the_first_slips_cost_nothing_and_then_waiting_doubles() {
        let waits =
            [0, 4, 5, 6, 7, 8, 11, 100].map(|failures| wait_after(&name("a@b.example"), failures).as_secs());
        assert_eq!(
            waits,
            [0, 0, 1, 2, 4, 8, 60, 60],
            "never longer than a minute: a stranger can't lock anybody out"
        );
    }

    #[test]
    fn codes_and_addresses_are_counted_apart() {
        assert_eq!(
            [9, 10, 11, 40].map(|failures| wait_after(&code(), failures).as_secs()),
            [0, 360, 600, 600]
        );
        assert_eq!(
            [29, 30, 33, 90].map(|failures| wait_after(&address(1), failures).as_secs()),
            [0, 1, 8, 60]
        );
    }

    #[test]
    fn a_name_nobody_has_is_slowed_like_any_other() {
        assert_eq!(wait_after(&name("nobody@b.example"), 7), wait_after(&name("somebody@b.example"), 7));
    }

    #[test]
    fn waiting_helps_and_so_does_success() {
        let (mut throttle, who) = (Throttle::new(), name("a@b.example"));
        for _ in 0..7 {
            throttle.failed(from_ref(&who), NOW);
        }
        assert!(throttle.check(from_ref(&who), NOW + SECOND * 3).is_err());
        assert!(throttle.check(from_ref(&who), NOW + SECOND * 4).is_ok());
        throttle.succeeded(&who);
        throttle.failed(from_ref(&who), NOW + SECOND * 4);
        assert!(throttle.check(&[who], NOW + SECOND * 4).is_ok(), "the count starts anew");
    }

    #[test]
    fn an_hour_of_quiet_is_forgiven() {
        let (mut throttle, who) = (Throttle::new(), name("a@b.example"));
        for _ in 0..50 {
            throttle.failed(from_ref(&who), NOW);
        }
        throttle.failed(from_ref(&who), NOW + FORGET_AFTER);
        assert!(throttle.check(&[who], NOW + FORGET_AFTER).is_ok());
    }

    #[test]
    fn a_practice_that_mistypes_all_day_never_waits() {
        let (mut throttle, practice) = (Throttle::new(), address(1));
        for slip in 0..500_u64 {
            let at = NOW + SECOND * 61 * u32::try_from(slip).unwrap();
            assert!(throttle.check(from_ref(&practice), at).is_ok());
            throttle.failed(from_ref(&practice), at);
        }
    }

    #[test]
    fn a_household_is_forgiven_one_slip_a_minute() {
        let (mut throttle, household) = (Throttle::new(), address(1));
        let mut wait_at = |at: Timestamp, slips: u32| {
            (0..slips).for_each(|_| throttle.failed(from_ref(&household), at));
            throttle.check(from_ref(&household), at).err().map_or(0, |wait| wait.retry_after.as_secs())
        };
        let minute = Duration::from_mins(1);
        let waits = [(0, 33), (2, 1), (3, 1)].map(|(minutes, slips)| wait_at(NOW + minute * minutes, slips));
        assert_eq!(waits, [8, 4, 4], "33, then 33 - 2 + 1, then 32 - 1 + 1");
    }

    #[test]
    fn a_wait_begins_with_the_last_slip() {
        let (mut throttle, who) = (Throttle::new(), name("a@b.example"));
        (0..6).for_each(|_| throttle.failed(from_ref(&who), NOW));
        let later = NOW + SECOND * 30;
        throttle.failed(from_ref(&who), later);
        assert_eq!(
            [3, 4].map(|after| throttle.check(from_ref(&who), later + SECOND * after).is_ok()),
            [false, true]
        );
    }

    #[test]
    fn asking_for_a_passkey_is_no_mistake_and_a_flood_of_it_is_slowed() {
        let from = |last: u8| IpAddr::from([192, 0, 2, last]);
        let (asking, wrong) = (ThrottleSubject::asking_from(from(1)), ThrottleSubject::from_address(from(1)));
        assert_eq!([59, 60, 62, 90].map(|times| wait_after(&asking, times).as_secs()), [0, 1, 4, 10]);
        let mut throttle = Throttle::new();
        for _ in 0..90 {
            throttle.failed(from_ref(&asking), NOW);
        }
        assert!(throttle.check(&[wrong], NOW).is_ok(), "passwords are still looked at");
        assert!(throttle.check(&[ThrottleSubject::asking_from(from(2))], NOW).is_ok());
    }

    #[test]
    fn guesses_at_the_same_time_are_counted_before_they_are_judged() {
        let (mut throttle, who) = (Throttle::new(), name("a@b.example"));
        let passed = (0..64).filter(|_| throttle.attempt(from_ref(&who), NOW).is_ok()).count();
        assert_eq!(passed, 5);
        throttle.excuse(&who);
        assert!(throttle.attempt(from_ref(&who), NOW).is_ok(), "one that was right makes room again");
    }

    #[test]
    fn every_address_of_one_ipv6_network_counts_as_one() {
        let from = |text: &str| ThrottleSubject::from_address(text.parse().unwrap());
        assert_eq!(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"));
        assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
        assert_eq!(from("::ffff:192.0.2.1"), address(1));
    }

    #[test]
    fn the_longest_wait_of_all_counts() {
        let mut throttle = Throttle::new();
        for _ in 0..8 {
            throttle.failed(&[name("a@b.example"), address(1)], NOW);
        }
        let asked = throttle.check(&[name("other@b.example"), address(1)], NOW);
        assert!(asked.is_ok(), "another name from the same address may try");
        let asked = throttle.check(&[name("a@b.example"), address(2)], NOW);
        assert_eq!(
            asked,
            Err(TooManyAttempts { retry_after: SECOND * 8 }),
            "the same name from elsewhere waits"
        );
    }

    /// As many names as can be remembered, less one: each fails once when `at` says.
    fn nearly_full(at: impl Fn(usize) -> Timestamp) -> Throttle {
        let mut throttle = Throttle::new();
        for number in 1..MAX_SUBJECTS {
            throttle.failed(&[name(&format!("{number}@b.example"))], at(number));
        }
        throttle
    }

    #[test]
    fn a_full_memory_forgets_first_what_nobody_would_wait_for() {
        let hour_old = |number: usize| if number <= 1_000 { NOW } else { NOW + SECOND };
        let mut throttle = nearly_full(hour_old);
        throttle.failed(&[name("last@b.example")], NOW + SECOND);
        throttle.failed(&[name("one-more@b.example")], NOW + FORGET_AFTER);
        assert_eq!(throttle.failures.len(), MAX_SUBJECTS - 1_000 + 1, "those of an hour ago, and no other");
    }

    #[test]
    fn a_memory_full_of_the_last_hour_forgets_its_older_half() {
        let mut throttle = nearly_full(|number| NOW + Duration::from_millis(number.try_into().unwrap()));
        let late = NOW + Duration::from_mins(5);
        throttle.failed(&[name("last@b.example")], late);
        throttle.failed(&[name("one-more@b.example")], late);
        assert_eq!(throttle.failures.len(), MAX_SUBJECTS / 2);
        assert!(throttle.failures.contains_key(&name("last@b.example")));
        assert!(!throttle.failures.contains_key(&name("1@b.example")));
    }

    #[test]
    fn a_flood_in_one_instant_does_not_fill_the_memory_either() {
        let mut throttle = nearly_full(|_| NOW);
        for number in 0..10 {
            throttle.failed(&[name(&format!("more{number}@b.example"))], NOW);
        }
        assert!(throttle.failures.len() <= MAX_SUBJECTS);
    }

    #[test]
    fn a_flood_of_names_does_not_fill_the_memory() {
        let (mut throttle, victim) = (Throttle::new(), name("victim@b.example"));
        for flood in 0..MAX_SUBJECTS + 10 {
            let at = NOW + Duration::from_millis(u64::try_from(flood).unwrap());
            throttle.failed(
                &[ThrottleSubject::Name(EmailAddress::parse(&format!("{flood}@b.example")).unwrap())],
                at,
            );
        }
        assert!(throttle.failures.len() <= MAX_SUBJECTS);
        let late = NOW + Duration::from_mins(2);
        for _ in 0..8 {
            throttle.failed(from_ref(&victim), late);
        }
        assert!(throttle.check(&[victim], late).is_err(), "and who fails now is still counted");
    }
}
