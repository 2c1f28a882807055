//! Who may hand out which role. **A role of staff is handed out only by somebody who showed a second factor just now** (SE4):
//! an open screen must not be enough to make a clinician or an administrator.

use curtain_auth::{Administrator, Principal};
use curtain_domain::{Role, Timestamp};

use crate::ApiError;

/// A role that this administrator may hand out at this moment. Inviting takes one of these, not a [`Role`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoleGrant(Role);

impl RoleGrant {
    /// Asks for a fresh factor where the role is one of staff.
    pub(crate) fn by(
        administrator: &Principal<Administrator>,
        role: Role,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if role != Role::Patient && !administrator.identity().has_fresh_factor(now) {
            return Err(ApiError::FreshFactorNeeded);
        }
        Ok(Self(role))
    }

    /// Which role.
    pub(crate) const fn role(self) -> Role {
        self.0
    }
}
