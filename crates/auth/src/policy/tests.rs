//! Bounds, deadlines and the list of changes.

use core::time::Duration;

use curtain_domain::Timestamp;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_unix_millis(1_763_000_000_000);
const DAY: Duration = Duration::from_hours(24);

fn grace(days: u8) -> GraceDays {
    GraceDays::new(days).unwrap()
}

fn passkey(since: Timestamp, days: u8) -> RoleRule {
    RoleRule { factor: FactorRule::Passkey { since }, grace: grace(days) }
}

/// What a practice has that decided nothing.
fn untouched() -> PracticePolicy {
    let roles = PerRole::try_from_fn(|role| {
        let rule = RoleRule { factor: FactorRule::Any, grace: grace(14) };
        Ok::<_, PolicyRefusal>(RolePolicy { rule, limits: SessionLimits::ceiling(role) })
    });
    PracticePolicy { password_minimum: PasswordMinimum::DEFAULT, roles: roles.unwrap() }
}

/// The same, as a choice.
fn unchanged() -> PolicyChoice {
    let policy = untouched();
    let roles = PerRole::try_from_fn(|role| {
        let RolePolicy { rule, limits } = *policy.roles.of(role);
        Ok::<_, PolicyRefusal>(RoleChoice { second_factor: rule.second_factor(), grace: rule.grace, limits })
    });
    PolicyChoice { password_minimum: policy.password_minimum, roles: roles.unwrap() }
}

#[test]
fn a_password_has_twelve_to_fifteen_characters_at_least() {
    for characters in 0..=u8::MAX {
        let made = PasswordMinimum::new(characters).map(PasswordMinimum::characters);
        let fits = (12..=15).contains(&characters);
        assert_eq!(made, if fits { Ok(characters) } else { Err(PolicyRefusal::PasswordMinimum) });
    }
    assert_eq!(PasswordMinimum::DEFAULT.characters(), 12);
}

#[test]
fn grace_lasts_thirty_days_at_most() {
    assert_eq!(grace(0).span(), Duration::ZERO);
    assert_eq!(grace(30).span(), DAY * 30);
    assert_eq!(GraceDays::new(31), Err(PolicyRefusal::GraceDays));
}

#[test]
fn a_practice_can_shorten_sessions_and_never_lengthen_them() {
    for (role, idle, absolute) in
        [(Role::Patient, 30, 1440), (Role::Clinician, 15, 720), (Role::Auditor, 15, 720)]
    {
        let ceiling = SessionLimits::ceiling(role);
        assert_eq!((ceiling.idle_minutes(), ceiling.absolute_minutes()), (idle, absolute));
        assert_eq!(SessionLimits::new(role, idle, absolute), Ok(ceiling));
        assert_eq!(SessionLimits::new(role, idle + 1, absolute), Err(PolicyRefusal::Idle { most: idle }));
        assert_eq!(
            SessionLimits::new(role, idle, absolute + 1),
            Err(PolicyRefusal::Absolute { most: absolute })
        );
        let least = SessionLimits::new(role, 5, 60).unwrap();
        assert_eq!((least.idle(), least.absolute()), (Duration::from_mins(5), Duration::from_hours(1)));
        assert_eq!(SessionLimits::new(role, 4, 60), Err(PolicyRefusal::Idle { most: idle }));
        assert_eq!(SessionLimits::new(role, 5, 59), Err(PolicyRefusal::Absolute { most: absolute }));
    }
}

#[test]
fn a_refusal_says_the_bounds() {
    for (refusal, told) in [
        (PolicyRefusal::PasswordMinimum, "12 to 15"),
        (PolicyRefusal::GraceDays, "0 to 30"),
        (PolicyRefusal::Idle { most: 15 }, "5 to 15"),
        (PolicyRefusal::Absolute { most: 720 }, "60 to 720"),
    ] {
        assert!(refusal.to_string().contains(told), "{refusal}");
    }
}

#[test]
fn nobody_is_asked_for_a_passkey_where_any_factor_will_do() {
    let rule = RoleRule { factor: FactorRule::Any, grace: grace(0) };
    assert_eq!(rule.standing(false, NOW, NOW + DAY * 400), FactorStanding::Open);
    assert_eq!(rule.deadline(NOW), None);
}

#[test]
fn grace_runs_from_the_rule_for_those_who_were_here_before_it() {
    let rule = passkey(NOW, 14);
    let joined = NOW - DAY * 300;
    let until = NOW + DAY * 14;
    assert_eq!(rule.standing(false, joined, NOW), FactorStanding::Grace { until });
    assert_eq!(
        rule.standing(false, joined, until - Duration::from_millis(1)),
        FactorStanding::Grace { until }
    );
    assert_eq!(rule.standing(false, joined, until), FactorStanding::Due);
    assert_eq!(rule.standing(true, joined, until), FactorStanding::Open, "whoever has one is fine");
}

#[test]
fn grace_runs_from_the_first_day_for_those_who_come_later() {
    let rule = passkey(NOW, 14);
    let joined = NOW + DAY * 100;
    assert_eq!(rule.deadline(joined), Some(joined + DAY * 14));
    assert_eq!(rule.standing(false, joined, joined), FactorStanding::Grace { until: joined + DAY * 14 });
}

#[test]
fn no_grace_means_at_the_next_sign_in() {
    assert_eq!(passkey(NOW, 0).standing(false, NOW, NOW), FactorStanding::Due);
}

#[test]
fn the_words_for_a_factor_are_read_back() {
    for factor in SecondFactor::ALL {
        assert_eq!(factor.as_str().parse(), Ok(factor));
    }
    assert!("authenticator".parse::<SecondFactor>().is_err());
}

#[test]
fn a_passkey_can_be_required_where_people_can_have_one() {
    for people_can in [false, true] {
        assert_eq!(SecondFactor::Any.available(people_can), Ok(SecondFactor::Any));
    }
    assert_eq!(SecondFactor::Passkey.available(true), Ok(SecondFactor::Passkey));
    assert_eq!(SecondFactor::Passkey.available(false), Err(PolicyRefusal::NoPasskeys));
}

#[test]
fn a_choice_of_what_holds_changes_nothing() {
    assert_eq!(untouched().changes(&unchanged()), []);
}

#[test]
fn every_value_that_changes_is_told_and_no_other() {
    let mut choice = unchanged();
    choice.password_minimum = PasswordMinimum::new(15).unwrap();
    choice.roles = PerRole::try_from_fn(|role| {
        let before = *unchanged().roles.of(role);
        Ok::<_, PolicyRefusal>(match role {
            Role::Clinician => RoleChoice {
                second_factor: SecondFactor::Passkey,
                grace: grace(7),
                limits: SessionLimits::new(role, 10, 600)?,
            },
            _ => before,
        })
    })
    .unwrap();
    let told: Vec<String> = untouched().changes(&choice).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "all:password_minimum=12:15",
            "clinician:second_factor=any:passkey",
            "clinician:grace_days=14:7",
            "clinician:idle_minutes=15:10",
            "clinician:absolute_minutes=720:600",
        ]
    );
}

proptest! {
    /// Whatever the times: a passkey is enough, and without one the standing only ever gets stricter as time goes by.
    #[test]
    fn time_only_makes_a_missing_passkey_more_urgent(
        since in 0_u64..4_000_000_000_000,
        joined in 0_u64..4_000_000_000_000,
        days in 0_u8..=30,
        first in 0_u64..4_000_000_000_000,
        later in 0_u64..4_000_000_000_000,
    ) {
        let [since, joined] = [since, joined].map(Timestamp::from_unix_millis);
        let rule = passkey(since, days);
        let (first, later) = (first.min(later), first.max(later));
        let at = |millis| rule.standing(false, joined, Timestamp::from_unix_millis(millis));
        if at(first) == FactorStanding::Due {
            prop_assert_eq!(at(later), FactorStanding::Due);
        }
        prop_assert_ne!(at(first), FactorStanding::Open);
        prop_assert_eq!(rule.standing(true, joined, Timestamp::from_unix_millis(later)), FactorStanding::Open);
        if let FactorStanding::Grace { until } = at(first) {
            prop_assert!(until.since(since) >= rule.grace.span());
            prop_assert!(until.since(joined) >= rule.grace.span());
            prop_assert_eq!(rule.standing(false, joined, until), FactorStanding::Due);
        }
    }

    /// No number makes limits outside of the bounds.
    #[test]
    fn limits_stay_in_bounds(idle: u16, absolute: u16) {
        for role in Role::ALL {
            if let Ok(limits) = SessionLimits::new(role, idle, absolute) {
                let most = SessionLimits::ceiling(role);
                prop_assert!(limits.idle() <= most.idle() && limits.absolute() <= most.absolute());
                prop_assert!(limits.idle() >= Duration::from_mins(5) && limits.idle() < limits.absolute());
            }
        }
    }
}
