//! Roles: what a person is in the practice, and what a participant is in a visit.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person is in the practice. Decides the database login role and the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Joins own visits.
    Patient,
    /// Runs visits and writes notes.
    Clinician,
    /// Manages accounts, roles and policy; never clinical text.
    Administrator,
    /// Reads and verifies the audit log.
    Auditor,
}

impl Role {
    /// Every role, for tests that must cover all.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Clinician, Self::Administrator, Self::Auditor];

    /// The name that stands in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// What a participant is in one visit. The number stands in the MLS credential (docs/protocol.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum VisitRole {
    /// Runs the visit: opens the group, admits, declines, removes, ends.
    Clinician = 1,
    /// A colleague; admits only when the signed policy of the group names them.
    CoHost = 2,
    /// The patient.
    Patient = 3,
    /// A carer or other guest.
    Guest = 4,
    /// An interpreter.
    Interpreter = 5,
}

impl VisitRole {
    /// Every role, for tests that must cover all.
    pub const ALL: [Self; 5] = [Self::Clinician, Self::CoHost, Self::Patient, Self::Guest, Self::Interpreter];

    /// The byte of the credential.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the byte of a credential.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The name that stands in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clinician => "clinician",
            Self::CoHost => "co_host",
            Self::Patient => "patient",
            Self::Guest => "guest",
            Self::Interpreter => "interpreter",
        }
    }
}

impl FromStr for VisitRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_survives_its_text_and_its_byte() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for role in VisitRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(VisitRole::from_code(role.code()), Some(role));
        }
        assert_eq!(VisitRole::from_code(0), None);
    }
}
