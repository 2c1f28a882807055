//! What administrators see and ask for when they manage people: plain values, nothing clinical, no secret.

use curtain_auth::ActivationHash;
use curtain_domain::{AccountId, EmailAddress, PersonName, Role, SessionId, Timestamp};

use crate::{AccountState, IdentityCheck, Person, StorageError};

/// Somebody with an account, as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which account.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
    /// What they sign in with.
    pub email: EmailAddress,
    /// What they are in the practice.
    pub role: Role,
    /// Whether the account can be used.
    pub state: AccountState,
    /// Since when codes of an authenticator are their second factor; `None` while there is none.
    pub authenticator_since: Option<Timestamp>,
    /// They had both factors, and must set up the second anew.
    pub factor_was_reset: bool,
    /// They had both factors, and must set up both anew: two people said so.
    pub access_was_reset: bool,
    /// A reset of both that waits for approval.
    pub access_reset: Option<AccessReset>,
    /// Since when they are to set up what they sign in with: invited, or sent to do it again.
    pub asked_since: Timestamp,
    /// Since when they are what they are; `None` before they came.
    pub in_role_since: Option<Timestamp>,
    /// How many passkeys they have.
    pub passkeys: u32,
    /// How many recovery codes they have left.
    pub recovery_codes_left: u32,
    /// Until when their newest unused link works; may have passed.
    pub link_expires_at: Option<Timestamp>,
    /// How many sessions are open.
    pub open_sessions: u32,
    /// Of a patient: how many clinicians are in the care team now.
    pub clinicians: u32,
}

/// A reset of password and second factor that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessReset {
    /// Who asked for it; somebody else approves.
    pub requested_by: AccountId,
    /// What they are called.
    pub requested_by_name: PersonName,
    /// How they recognised the person.
    pub identity_check: IdentityCheck,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
}

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// Their new account.
    pub account: AccountId,
    /// What others will call them.
    pub name: PersonName,
    /// What they will sign in with.
    pub email: EmailAddress,
    /// What they will be in the practice.
    pub role: Role,
    /// Their link.
    pub link: NewLink,
}

/// A link that is handed out now.
#[derive(Debug, Clone, Copy)]
pub struct NewLink {
    /// An id that nobody needs but the table.
    pub id: SessionId,
    /// The hash of its secret; the secret itself is never stored.
    pub hash: ActivationHash,
}

/// What a link is for. One kind is refused wherever another is asked for (L11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Sets the first password and the first second factor.
    Invitation,
    /// Asks for the password that stands, then sets up a second factor in place of the one that was reset.
    NewFactor,
    /// Sets password and second factor of somebody who had both, after two people said that both are lost.
    NewCredentials,
}

impl LinkKind {
    /// As the database writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::NewFactor => "new_factor",
            Self::NewCredentials => "new_credentials",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "invitation" => Ok(Self::Invitation),
            "new_factor" => Ok(Self::NewFactor),
            "new_credentials" => Ok(Self::NewCredentials),
            _ => Err(StorageError::Damaged("link")),
        }
    }
}

/// A second factor to be reset.
#[derive(Debug, Clone, Copy)]
pub struct FactorReset {
    /// Whose.
    pub account: AccountId,
    /// How they were recognised.
    pub identity_check: IdentityCheck,
    /// With which they set up another.
    pub link: NewLink,
    /// An id for the record.
    pub record: SessionId,
}

/// A clinician in a patient's care team, now or in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareTeamMember {
    /// Who.
    pub clinician: Person,
    /// What brought them in.
    pub source: CareTeamSource,
    /// Since when they could see the patient.
    pub since: Timestamp,
    /// Until when; `None` while no end is set.
    pub until: Option<Timestamp>,
    /// They can see the patient now.
    pub current: bool,
}

/// What brings a clinician into a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CareTeamSource {
    /// A place in a visit.
    Visit,
    /// An administrator.
    ByHand,
}

impl CareTeamSource {
    /// As the database and the API write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::ByHand => "by_hand",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "visit" => Ok(Self::Visit),
            "by_hand" => Ok(Self::ByHand),
            _ => Err(StorageError::Damaged("care team")),
        }
    }
}

/// What became of putting somebody into a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CareTeamJoin {
    /// They see the patient from now on.
    Joined,
    /// They did before.
    InItAlready,
    /// There is no such patient, or no such clinician whose account can be used.
    NobodyThere,
}
