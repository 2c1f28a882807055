//! What scopes hand out: plain values, no entity that could be written back.

use core::fmt;

use curtain_auth::{PasswordPhc, SessionTimes};
use curtain_domain::{
    AccountId, ClinicalNote, DataKeyId, EmailAddress, NoteId, NoteVersion, ParticipantId, PersonName,
    PracticeId, Role, Sealed, SessionId, Timestamp, TotpSeed, VisitId, VisitRole, VisitState, WrappedDataKey,
};
use uuid::Uuid;

use crate::{LinkKind, StorageError};

/// The practice of this database.
#[derive(Clone, PartialEq, Eq)]
pub struct Practice {
    /// Which practice.
    pub id: PracticeId,
    /// What it is called.
    pub name: String,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Its activation link was not used yet.
    Invited,
    /// In use.
    Active,
    /// Switched off.
    Suspended,
}

impl AccountState {
    pub(crate) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "invited" => Ok(Self::Invited),
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            _ => Err(StorageError::Damaged("account")),
        }
    }
}

/// An account by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Which account.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
}

/// An account as signing in sees it.
pub struct SignInAccount {
    /// Which account.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
    /// What they are in the practice.
    pub role: Role,
    /// Only an active account may sign in.
    pub state: AccountState,
    /// Their password, if one was set.
    pub password: Option<PasswordPhc>,
    /// Their authenticator, if one was set up.
    pub totp: Option<StoredTotp>,
}

/// An authenticator as the database holds it.
pub struct StoredTotp {
    /// How often one was set up.
    pub version: u32,
    /// The seed, for the vault.
    pub sealed: Sealed<TotpSeed>,
    /// The data key that seals it.
    pub key: WrappedDataKey,
    /// The last step that was used.
    pub last_step: u64,
    /// Whether a code of it was ever shown.
    pub confirmed: bool,
}

impl StoredTotp {
    /// Whether the seed was taken away by a reset: there is nothing to open.
    pub fn was_reset(&self) -> bool {
        self.sealed.as_bytes().is_empty()
    }
}

/// Somebody whose password was right and whose code is due.
pub struct PendingSignIn {
    /// Which sign-in.
    pub sign_in: Uuid,
    /// Where they sign in with.
    pub email: EmailAddress,
    /// What the practice is called.
    pub practice_name: String,
    /// Which account.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
    /// What they are in the practice.
    pub role: Role,
    /// Their authenticator.
    pub totp: StoredTotp,
}

/// A live activation link.
pub struct Activation {
    /// Whose.
    pub account: AccountId,
    /// What it is for.
    pub kind: LinkKind,
    /// The password that stands, which a link for a new factor asks for.
    pub password: Option<PasswordPhc>,
    /// What others call them.
    pub name: PersonName,
    /// Where they sign in with.
    pub email: EmailAddress,
    /// What they will be in the practice.
    pub role: Role,
    /// What the practice is called.
    pub practice_name: String,
    /// The authenticator that waits for its first code, once the password step is done.
    pub totp: Option<StoredTotp>,
}

/// An authenticator that waits for its first code, and how the one in use stands.
pub struct NewTotp {
    /// The version that it will have.
    pub version: u32,
    /// The seed, for the vault.
    pub sealed: Sealed<TotpSeed>,
    /// The data key that seals it.
    pub key: WrappedDataKey,
}

/// What somebody signs in with, as they see it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorSummary {
    /// When the password was set.
    pub password_at: Option<Timestamp>,
    /// When the authenticator was confirmed.
    pub totp_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub codes_left: u32,
    /// When a recovery code was used last.
    pub code_used_at: Option<Timestamp>,
}

/// One of somebody's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Which session.
    pub id: SessionId,
    /// Browser and system in plain words, where they are known.
    pub device: Option<String>,
    /// Its times.
    pub times: SessionTimes,
}

/// One person's place in a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The place itself, the same over tabs and reloads.
    pub participant: ParticipantId,
    /// Whose it is.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
    /// What they are in this visit.
    pub role: VisitRole,
}

/// A visit and the places in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Which visit.
    pub id: VisitId,
    /// Where it stands.
    pub state: VisitState,
    /// When it was planned for.
    pub scheduled_at: Timestamp,
    /// Since when somebody waits to be admitted; `None` while nobody does.
    pub waiting_since: Option<Timestamp>,
    /// When the clinician opened it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The patient's place.
    pub patient: Place,
    /// The place of the clinician who runs it.
    pub clinician: Place,
    /// The places of colleagues, in the order they were added.
    pub colleagues: Vec<Place>,
}

impl Visit {
    /// Every place.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        [&self.clinician, &self.patient].into_iter().chain(&self.colleagues)
    }

    /// The place of an account, if it has one.
    pub fn place_of(&self, account: AccountId) -> Option<&Place> {
        self.places().find(|place| place.account == account)
    }

    /// Whether this account runs the visit: may invite, and is the author of its note.
    pub fn is_run_by(&self, account: AccountId) -> bool {
        self.clinician.account == account
    }
}

/// A visit to which a colleague was invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColleagueAdded {
    /// As it is now.
    pub visit: Visit,
    /// The place brought the colleague into the patient's care team.
    pub joined_care_team: bool,
}

/// A note as the database holds it.
pub struct StoredNote {
    /// Which note.
    pub id: NoteId,
    /// Whom it is about.
    pub patient: AccountId,
    /// How often it was saved.
    pub version: NoteVersion,
    /// The text, for the vault.
    pub sealed: Sealed<ClinicalNote>,
    /// The data key that seals it.
    pub key: WrappedDataKey,
    /// When it was saved last.
    pub saved_at: Timestamp,
}

/// A note to be saved as the version after `expected`.
pub struct SaveNote {
    /// A new id for the first version, the stored one afterwards.
    pub note: NoteId,
    /// The visit it belongs to.
    pub visit: VisitId,
    /// Whom it is about.
    pub patient: AccountId,
    /// The version the author had before them; 0 for none.
    pub expected: NoteVersion,
    /// The text, sealed for `expected.next()`.
    pub sealed: Sealed<ClinicalNote>,
    /// The data key that seals it.
    pub key: DataKeyId,
    /// When.
    pub now: Timestamp,
}

/// What became of saving a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteSave {
    /// It is stored under this version.
    Saved(NoteVersion),
    /// Somebody (another tab) saved in between: this is the version now.
    Changed(NoteVersion),
}

impl fmt::Debug for Practice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Practice({})", self.id)
    }
}
