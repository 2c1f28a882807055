//! The audit log: what is told, how it is written, numbered and read (OP4, OP5).
//!
//! Every scope has `record`, which writes an [`AuditEvent`] **in its own transaction**: what is not written did not happen.
//! Hashes and signatures come from the vault; this crate knows only the bytes they are made over ([`canonical`]).

mod canonical;
mod chain;
mod codes;
mod event;
mod read;
mod record;

pub(crate) use chain::{append, checkpoints, head, keep_checkpoint, lock, waiting};
pub(crate) use record::record;

pub use canonical::canonical;
pub use chain::{AuditHead, StoredCheckpoint};
pub use codes::{
    AlertKind, AuditKind, AuditOutcome, CareTeamChange, EndCause, ExportForm, Factor, IdentityCheck,
    SignInRefusal, UnknownCode,
};
pub use event::{Actor, AuditEvent, VisitOf};
pub use read::{AuditFilter, AuditLog, AuditRow, ChainedEvent, StoredAuditEvent};
