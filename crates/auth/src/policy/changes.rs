//! What a new policy changes of the one that holds, value by value: for the audit log, which takes no free text.

use core::fmt;

use curtain_domain::Role;

use super::{PolicyChoice, PracticePolicy, SecondFactor};

/// Which value of a policy. The words are an interface: they stand in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRule {
    /// The shortest password.
    PasswordMinimum,
    /// The second factor of a role.
    SecondFactor,
    /// For how long it can be done without.
    GraceDays,
    /// When an unused session ends.
    IdleMinutes,
    /// When a session ends in any case.
    AbsoluteMinutes,
}

impl PolicyRule {
    /// The word that is stored and exported.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordMinimum => "password_minimum",
            Self::SecondFactor => "second_factor",
            Self::GraceDays => "grace_days",
            Self::IdleMinutes => "idle_minutes",
            Self::AbsoluteMinutes => "absolute_minutes",
        }
    }
}

/// What a value of a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyValue {
    /// Characters, days or minutes.
    Number(u16),
    /// A second factor.
    Factor(SecondFactor),
}

impl fmt::Display for PolicyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Factor(factor) => f.write_str(factor.as_str()),
        }
    }
}

/// One value that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyChange {
    /// For whom; `None` for the whole practice.
    pub role: Option<Role>,
    /// Which value.
    pub rule: PolicyRule,
    /// What it was.
    pub from: PolicyValue,
    /// What it is from now on.
    pub to: PolicyValue,
}

/// As it stands in the audit log: `clinician:idle_minutes=15:10`.
impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = self.role.map_or("all", Role::as_str);
        write!(f, "{role}:{}={}:{}", self.rule.as_str(), self.from, self.to)
    }
}

impl PracticePolicy {
    /// What a choice would change, role by role. Empty when it says what holds already.
    pub fn changes(&self, choice: &PolicyChoice) -> Vec<PolicyChange> {
        let number = |from: u16, to: u16| (PolicyValue::Number(from), PolicyValue::Number(to));
        let minimum =
            number(self.password_minimum.characters().into(), choice.password_minimum.characters().into());
        let mut all = vec![(None, PolicyRule::PasswordMinimum, minimum)];
        for role in Role::ALL {
            let (now, then) = (self.roles.of(role), choice.roles.of(role));
            let factors =
                (PolicyValue::Factor(now.rule.second_factor()), PolicyValue::Factor(then.second_factor));
            let grace = number(now.rule.grace.days().into(), then.grace.days().into());
            let idle = number(now.limits.idle_minutes(), then.limits.idle_minutes());
            let absolute = number(now.limits.absolute_minutes(), then.limits.absolute_minutes());
            all.extend([
                (Some(role), PolicyRule::SecondFactor, factors),
                (Some(role), PolicyRule::GraceDays, grace),
                (Some(role), PolicyRule::IdleMinutes, idle),
                (Some(role), PolicyRule::AbsoluteMinutes, absolute),
            ]);
        }
        all.into_iter()
            .filter(|(_, _, (from, to))| from != to)
            .map(|(role, rule, (from, to))| PolicyChange { role, rule, from, to })
            .collect()
    }
}
