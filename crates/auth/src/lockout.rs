//! How often a factor of an account may be wrong in a row (AU7, NIST SP 800-63B-4 §3.2.2): delays that grow, and after a
//! hundred failures the factor no longer counts and must be set anew.
//!
//! Each factor has its own count, and each known browser its own: a stranger who guesses slows down strangers. Pure: the
//! count is a row that one transaction holds while it decides here.

use core::time::Duration;

use curtain_domain::Timestamp;

/// What somebody can be wrong about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Factor {
    /// The password.
    Password,
    /// A code of the authenticator.
    Totp,
    /// A saved recovery code.
    RecoveryCode,
}

/// How often a factor failed in a row, and when it did last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// Since it was right last.
    pub count: u32,
    /// The last of them; the beginning of time when there was none.
    pub last: Timestamp,
}

/// Whether a factor may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// Not before this time has passed.
    Wait(Duration),
    /// It failed too often: it must be set anew.
    Dead,
}

/// NIST's own ceiling. More would let a patient guesser of six digits win once in some ten thousand accounts.
const MOST_IN_A_ROW: u32 = 100;

/// How a factor is slowed down.
struct Ladder {
    /// So many failures cost nothing.
    free: u32,
    /// The wait after the next one; each further failure doubles it.
    first: Duration,
    /// No wait is longer.
    longest: Duration,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 3] = [Self::Password, Self::Totp, Self::RecoveryCode];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    const fn ladder(self) -> Ladder {
        match self {
            // A person mistypes a few times; a minute per guess is hopeless for a guesser and bearable for the owner.
            Self::Password => {
                Ladder { free: 5, first: Duration::from_secs(1), longest: Duration::from_mins(1) }
            }
            // Six digits: ten an hour, then one in ten minutes. It takes the password to get this far.
            Self::Totp => {
                Ladder { free: 10, first: Duration::from_mins(6), longest: Duration::from_mins(10) }
            }
            // Eighty bits can't be guessed; this only keeps the tries few.
            Self::RecoveryCode => {
                Ladder { free: 5, first: Duration::from_mins(1), longest: Duration::from_mins(10) }
            }
        }
    }

    /// Whether it may be tried now, having failed so often.
    pub fn standing(self, failures: Failures, now: Timestamp) -> Standing {
        if failures.count >= MOST_IN_A_ROW {
            return Standing::Dead;
        }
        let Ladder { free, first, longest } = self.ladder();
        let Some(doublings) = failures.count.checked_sub(free) else { return Standing::Open };
        // Twenty doublings of a second are twelve days: every ladder ends before.
        let wait = first.saturating_mul(1 << doublings.min(20)).min(longest);
        let left = wait.saturating_sub(now.since(failures.last));
        if left.is_zero() { Standing::Open } else { Standing::Wait(left) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);

    fn after(factor: Factor, count: u32) -> Standing {
        factor.standing(Failures { count, last: NOW }, NOW)
    }

    #[test]
    fn the_first_slips_cost_nothing_and_then_waiting_doubles() {
        let seconds = |factor, count| match after(factor, count) {
            Standing::Open => 0,
            Standing::Wait(left) => left.as_secs(),
            Standing::Dead => u64::MAX,
        };
        assert_eq!([0, 4, 5, 6, 11, 99].map(|count| seconds(Factor::Password, count)), [0, 0, 1, 2, 60, 60]);
        assert_eq!([9, 10, 11, 99].map(|count| seconds(Factor::Totp, count)), [0, 360, 600, 600]);
        assert_eq!([4, 5, 9, 99].map(|count| seconds(Factor::RecoveryCode, count)), [0, 60, 600, 600]);
    }

    #[test]
    fn a_hundred_failures_in_a_row_are_the_end_of_a_factor() {
        for factor in Factor::ALL {
            let long_ago = Failures { count: MOST_IN_A_ROW, last: Timestamp::from_unix_millis(0) };
            assert_eq!(factor.standing(long_ago, NOW), Standing::Dead, "waiting does not help");
            assert_ne!(after(factor, MOST_IN_A_ROW - 1), Standing::Dead);
        }
    }

    #[test]
    fn the_database_knows_each_factor_by_its_name() {
        assert_eq!(Factor::ALL.map(Factor::as_str), ["password", "totp", "recovery_code"]);
    }

    fn any_factor() -> impl Strategy<Value = Factor> {
        prop::sample::select(Factor::ALL.to_vec())
    }

    proptest! {
        /// However a guesser times the tries, at most a hundred are judged before the factor is dead.
        #[test]
        fn nobody_gets_more_than_a_hundred_tries(
            factor in any_factor(),
            pauses in prop::collection::vec(0_u64..4_000_000, 0..400),
        ) {
            let (mut now, mut judged) = (NOW, 0_u32);
            let mut failures = Failures { count: 0, last: Timestamp::from_unix_millis(0) };
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                if factor.standing(failures, now) == Standing::Open {
                    judged += 1;
                    failures = Failures { count: failures.count + 1, last: now };
                }
            }
            prop_assert!(judged <= MOST_IN_A_ROW);
            prop_assert_eq!(judged, failures.count);
        }

        /// More failures never mean a shorter wait, and waiting as told always helps.
        #[test]
        fn waits_grow_and_end(factor in any_factor(), count in 0_u32..MOST_IN_A_ROW - 1) {
            let wait = |count| match after(factor, count) {
                Standing::Open => Duration::ZERO,
                Standing::Wait(left) => left,
                Standing::Dead => Duration::MAX,
            };
            prop_assert!(wait(count) <= wait(count + 1));
            let later = NOW + wait(count);
            prop_assert_eq!(factor.standing(Failures { count, last: NOW }, later), Standing::Open);
        }

        /// No number in a damaged row makes it panic or open a dead factor.
        #[test]
        fn any_row_is_judged(factor in any_factor(), count: u32, last in 0_u64..4_000_000_000_000) {
            let standing = factor.standing(Failures { count, last: Timestamp::from_unix_millis(last) }, NOW);
            prop_assert_eq!(standing == Standing::Dead, count >= MOST_IN_A_ROW);
        }
    }
}
