//! The words of the house: ids, people, roles, visits, time and chance.
//!
//! Everything here is a plain value. There is no I/O and no cryptography, so that every other crate, native or
//! WebAssembly, can speak the same words without dragging anything along.

mod clock;
mod entropy;
mod ids;
mod person;
mod role;
mod sealed;
mod visit;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use entropy::{Entropy, SeededEntropy};
pub use ids::{AccountId, DataKeyId, NoteId, ParticipantId, PracticeId, SessionId, VisitId};
pub use person::{EmailAddress, InvalidText, PersonName};
pub use role::{Role, UnknownRole, VisitRole};
pub use sealed::{ClinicalNote, KeyEncryptionKeyId, Sealed, SealedKind, TotpSeed, WrappedDataKey};
pub use visit::{InvalidTransition, NoteVersion, UnknownState, VisitState};
