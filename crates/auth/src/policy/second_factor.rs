//! Which second factor a role needs, and from when on somebody can't do without it (AU11).

use core::str::FromStr;

use curtain_domain::Timestamp;

use super::{GraceDays, PolicyRefusal};

/// What counts as the second factor of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecondFactor {
    /// An authenticator app or a passkey.
    Any,
    /// A passkey: it can't be tricked out of anybody by a page that looks like ours.
    Passkey,
}

impl SecondFactor {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Any, Self::Passkey];

    /// The word that stands in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Passkey => "passkey",
        }
    }

    /// The choice, if it can be made where people can or can't have passkeys: a rule that nobody can follow would lock
    /// everybody out.
    ///
    /// # Errors
    /// `PolicyRefusal::NoPasskeys`.
    pub const fn available(self, people_can_have_passkeys: bool) -> Result<Self, PolicyRefusal> {
        match self {
            Self::Passkey if !people_can_have_passkeys => Err(PolicyRefusal::NoPasskeys),
            choice => Ok(choice),
        }
    }
}

/// The text names no second factor that can be required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a second factor")]
pub struct UnknownSecondFactor;

impl FromStr for SecondFactor {
    type Err = UnknownSecondFactor;

    fn from_str(text: &str) -> Result<Self, UnknownSecondFactor> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownSecondFactor)
    }
}

/// What counts as the second factor of a role, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorRule {
    /// An authenticator app or a passkey.
    Any,
    /// A passkey, since this was decided.
    Passkey {
        /// By the database's clock.
        since: Timestamp,
    },
}

/// What holds for the second factor of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleRule {
    /// What counts, and since when.
    pub factor: FactorRule,
    /// For how long somebody may do without it.
    pub grace: GraceDays,
}

/// How somebody stands with the rule of their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorStanding {
    /// They have what they need.
    Open,
    /// They lack a passkey, and may sign in without it until then.
    Grace {
        /// From then on it is due.
        until: Timestamp,
    },
    /// They lack a passkey: the next thing they do is to set one up.
    Due,
}

impl RoleRule {
    /// What counts.
    pub const fn second_factor(&self) -> SecondFactor {
        match self.factor {
            FactorRule::Any => SecondFactor::Any,
            FactorRule::Passkey { .. } => SecondFactor::Passkey,
        }
    }

    /// Since when a passkey is required. `None` where none is.
    pub const fn required_since(&self) -> Option<Timestamp> {
        match self.factor {
            FactorRule::Any => None,
            FactorRule::Passkey { since } => Some(since),
        }
    }

    /// Since when it is required of somebody who has been in this role since `in_role_since`.
    pub fn asked_since(&self, in_role_since: Timestamp) -> Option<Timestamp> {
        self.required_since().map(|since| since.max(in_role_since))
    }

    /// From when on they can't do without it.
    pub fn deadline(&self, in_role_since: Timestamp) -> Option<Timestamp> {
        self.asked_since(in_role_since).map(|since| since + self.grace.span())
    }

    /// How somebody stands.
    pub fn standing(&self, has_passkey: bool, in_role_since: Timestamp, now: Timestamp) -> FactorStanding {
        match self.deadline(in_role_since) {
            None => FactorStanding::Open,
            Some(_) if has_passkey => FactorStanding::Open,
            Some(until) if now < until => FactorStanding::Grace { until },
            Some(_) => FactorStanding::Due,
        }
    }
}
