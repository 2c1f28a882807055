//! What a practice decides for itself, within what the requirements allow: the shortest password (AU2), the second factor of
//! each role with days of grace (AU11), and how long a session may live (SE3).
//!
//! Pure values that can't be out of bounds. The database holds the same bounds, and measures sessions by them.

mod bounds;
mod changes;
mod second_factor;

use curtain_domain::Role;

pub use bounds::{GraceDays, PasswordMinimum, PolicyRefusal, SessionLimits};
pub use changes::{PolicyChange, PolicyRule, PolicyValue};
pub use second_factor::{FactorRule, FactorStanding, RoleRule, SecondFactor, UnknownSecondFactor};

/// One value for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerRole<T>([T; 4]);

impl<T> PerRole<T> {
    /// Asks for the value of each role; the first refusal ends it.
    ///
    /// # Errors
    /// Whatever `value` answers.
    pub fn try_from_fn<E>(mut value: impl FnMut(Role) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self([
            value(Role::Patient)?,
            value(Role::Clinician)?,
            value(Role::Administrator)?,
            value(Role::Auditor)?,
        ]))
    }

    /// The value of a role.
    pub const fn of(&self, role: Role) -> &T {
        let Self([patient, clinician, administrator, auditor]) = self;
        match role {
            Role::Patient => patient,
            Role::Clinician => clinician,
            Role::Administrator => administrator,
            Role::Auditor => auditor,
        }
    }
}

/// What holds for the people of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolePolicy {
    /// Which second factor they need.
    pub rule: RoleRule,
    /// How long their sessions live.
    pub limits: SessionLimits,
}

/// What holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PracticePolicy {
    /// The shortest password that may be chosen.
    pub password_minimum: PasswordMinimum,
    /// What holds for each role.
    pub roles: PerRole<RolePolicy>,
}

/// What an administrator wants for one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleChoice {
    /// Which second factor they shall need.
    pub second_factor: SecondFactor,
    /// How long they may do without it.
    pub grace: GraceDays,
    /// How long their sessions shall live.
    pub limits: SessionLimits,
}

/// What an administrator wants to hold from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyChoice {
    /// The shortest password that may be chosen.
    pub password_minimum: PasswordMinimum,
    /// What shall hold for each role.
    pub roles: PerRole<RoleChoice>,
}

#[cfg(test)]
mod tests;
