//! The numbers a practice may choose from. What is out of bounds can't be made, and the refusal says the bounds.

use core::time::Duration;

use curtain_domain::Role;

/// Why a value can't be the policy, in words for the administrator who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// The shortest password is out of bounds.
    #[error(
        "The shortest password must have {} to {} characters.",
        PasswordMinimum::LEAST,
        PasswordMinimum::MOST
    )]
    PasswordMinimum,
    /// The days of grace are out of bounds.
    #[error("The days of grace must be 0 to {}.", GraceDays::MOST)]
    GraceDays,
    /// The idle limit is out of bounds.
    #[error("People of this role can be signed out after {least} to {most} minutes without use.", least = SessionLimits::LEAST_IDLE)]
    Idle {
        /// The role's ceiling, in minutes.
        most: u16,
    },
    /// The absolute limit is out of bounds.
    #[error("People of this role can be signed out after {least} to {most} minutes in any case.", least = SessionLimits::LEAST_ABSOLUTE)]
    Absolute {
        /// The role's ceiling, in minutes.
        most: u16,
    },
    /// A passkey can't be required where nobody can have one.
    #[error("A passkey can't be required here: browsers make none for this address.")]
    NoPasskeys,
}

/// The fewest characters (Unicode code points) of a password that is chosen from now on (AU2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PasswordMinimum(u8);

impl PasswordMinimum {
    /// Two factors would allow 8 (NIST SP 800-63B-4 §3.1.1.2); 12 makes a stolen hash expensive and still fits a phrase.
    pub const LEAST: u8 = 12;
    /// What NIST asks of a password that stands alone. More would keep phrases out that are long enough.
    pub const MOST: u8 = 15;
    /// Unless the practice decides otherwise.
    pub const DEFAULT: Self = Self(Self::LEAST);

    /// From the number of characters.
    ///
    /// # Errors
    /// `PolicyRefusal::PasswordMinimum` outside of 12 to 15.
    pub const fn new(characters: u8) -> Result<Self, PolicyRefusal> {
        if characters < Self::LEAST || characters > Self::MOST {
            return Err(PolicyRefusal::PasswordMinimum);
        }
        Ok(Self(characters))
    }

    /// The number of characters.
    pub const fn characters(self) -> u8 {
        self.0
    }
}

/// For so many days somebody may sign in without a factor that became required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraceDays(u8);

impl GraceDays {
    /// Holidays fit in. Longer, and the rule is only a wish.
    pub const MOST: u8 = 30;

    /// From days.
    ///
    /// # Errors
    /// `PolicyRefusal::GraceDays` above 30.
    pub const fn new(days: u8) -> Result<Self, PolicyRefusal> {
        if days > Self::MOST { Err(PolicyRefusal::GraceDays) } else { Ok(Self(days)) }
    }

    /// The number of days.
    pub const fn days(self) -> u8 {
        self.0
    }

    /// The same as a time.
    pub const fn span(self) -> Duration {
        Duration::from_hours(24 * self.0 as u64)
    }
}

/// How long a session may live (SE3, 45 CFR 164.312(a)(2)(iii)), in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    idle: u16,
    absolute: u16,
}

impl SessionLimits {
    /// Minutes. Shorter, and people are signed out while they fill in a form.
    pub const LEAST_IDLE: u16 = 5;
    /// Minutes. Shorter, and a visit ends by it.
    pub const LEAST_ABSOLUTE: u16 = 60;
    /// Staff: a screen left alone in a practice is found by others. Longer invites that, shorter interrupts work.
    const STAFF: Self = Self { idle: 15, absolute: 12 * 60 };
    /// Patients: own device at home, and a waiting room that must not sign people out.
    const PATIENT: Self = Self { idle: 30, absolute: 24 * 60 };

    /// The longest that a role may have, and what it has unless the practice decides otherwise.
    pub const fn ceiling(role: Role) -> Self {
        match role {
            Role::Patient => Self::PATIENT,
            Role::Clinician | Role::Administrator | Role::Auditor => Self::STAFF,
        }
    }

    /// From minutes without use, and minutes in any case.
    ///
    /// # Errors
    /// `PolicyRefusal::Idle` or `Absolute` when shorter than anybody can work with or longer than the role's ceiling.
    pub const fn new(role: Role, idle: u16, absolute: u16) -> Result<Self, PolicyRefusal> {
        let most = Self::ceiling(role);
        if idle < Self::LEAST_IDLE || idle > most.idle {
            return Err(PolicyRefusal::Idle { most: most.idle });
        }
        if absolute < Self::LEAST_ABSOLUTE || absolute > most.absolute {
            return Err(PolicyRefusal::Absolute { most: most.absolute });
        }
        Ok(Self { idle, absolute })
    }

    /// Minutes without a sign of life after which a session ends.
    pub const fn idle_minutes(self) -> u16 {
        self.idle
    }

    /// Minutes after which a session ends in any case.
    pub const fn absolute_minutes(self) -> u16 {
        self.absolute
    }

    /// Without a sign of life for this long, it ends.
    pub const fn idle(self) -> Duration {
        Duration::from_mins(self.idle as u64)
    }

    /// It ends then in any case.
    pub const fn absolute(self) -> Duration {
        Duration::from_mins(self.absolute as u64)
    }
}
