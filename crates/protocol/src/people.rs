//! Who is who, as far as the server knows. What people see of each other comes from the encryption group instead.

use curtain_domain::{AccountId, ParticipantId, Timestamp, VisitRole};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Epoch, GroupId, KeyPackage};

/// Somebody who belongs to the visit, whether or not they are there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonInVisit {
    /// The person's place in this visit.
    #[ts(as = "String")]
    pub participant: ParticipantId,
    /// Whose place it is; stands as `person` in the credential.
    #[ts(as = "String")]
    pub person: AccountId,
    /// As the practice knows the person. Shown only before the group exists.
    pub name: String,
    /// What the person is in this visit.
    #[ts(type = "\"clinician\" | \"co_host\" | \"patient\" | \"guest\" | \"interpreter\"")]
    pub role: VisitRole,
}

/// Somebody in the waiting room, as whoever may admit sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WaitingPerson {
    /// Who waits.
    pub who: PersonInVisit,
    /// With what the browser asks to be added.
    pub key_package: KeyPackage,
    /// When the person arrived.
    #[ts(type = "number")]
    pub since: Timestamp,
    /// Has a leaf in the group already: a reload or another tab. Let in again without a press of *Admit* when the
    /// device's signature holds (commit rule R2).
    pub returning: bool,
    /// The connection is up. Who lost it keeps the place for a while.
    pub connected: bool,
}

/// The visit's group as the server counts it: never a key, never a member's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GroupState {
    /// Which group.
    pub group_id: GroupId,
    /// The epoch that the next commit must name.
    pub epoch: Epoch,
}

// Names are personal data: `Debug` tells ids only.
impl core::fmt::Debug for PersonInVisit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PersonInVisit")
            .field("participant", &self.participant)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for WaitingPerson {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("WaitingPerson")
            .field("who", &self.who)
            .field("returning", &self.returning)
            .finish_non_exhaustive()
    }
}
