//! Postgres: one scope is one database login role; clinical text stands here only as ciphertext.
//!
//! [`Store`] opens a scope for whoever shows a principal, a scope begins a unit of work (one transaction, tied to the
//! session's context token), and **work that is not committed did not happen**. Each file under `scope/` is the complete
//! list of what its role can do; what Postgres lets that role do stands in `migrations/`.

mod alerts;
mod audit;
pub mod demo;
mod error;
mod mail;
mod owner;
mod people;
mod policy;
mod practice_key;
mod query;
mod records;
mod scope;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod unit_of_work;

pub use alerts::{Alert, AlertList, AlertRule, AlertWatch, Counted, Sighting};
pub use audit::{
    Actor, AlertKind, AuditEvent, AuditFilter, AuditHead, AuditKind, AuditLog, AuditOutcome, AuditRow,
    CareTeamChange, ChainedEvent, EndCause, ExportForm, Factor, IdentityCheck, SignInRefusal,
    StoredAuditEvent, StoredCheckpoint, UnknownCode, VisitOf, canonical,
};
pub use error::StorageError;
pub use mail::{Contact, MailFailure, MailKind, NewMail, Post, QueuedMail};
pub use owner::{NewAdministrator, Owner};
pub use people::{
    AccessReset, CareTeamJoin, CareTeamMember, CareTeamSource, FactorReset, LinkKind, Member, NewLink,
    NewMember,
};
pub use policy::{PolicySave, StoredPolicy};
pub use practice_key::{ClinicianDevice, DeviceCertificate, NewPracticeKey, PracticeKey};
pub use records::{
    AccountState, Activation, ColleagueAdded, FactorSummary, NewTotp, NoteSave, OwnSession, PendingSignIn,
    Person, Place, Practice, SaveNote, SignInAccount, StoredNote, StoredTotp, Visit,
};
pub use scope::{
    AdminScope, AuditorScope, CeremonyKind, ClinicianScope, CredentialScope, LINK_LIFETIME, MOST_DEVICES,
    MOST_PASSKEYS, NamedPasskey, NewCeremony, OwnFactors, OwnPasskey, PatientScope, WorkerScope,
};
pub use store::{Store, StoreConfig};
pub use unit_of_work::Opening;
