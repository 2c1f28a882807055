//! The audit log at work: numbering and signing, verifying, exporting, and noting what was refused.
//!
//! What happened is written by the handlers themselves, in their own unit of work (OP5); docs/audit.md tells the rest.

mod background;
mod book;
pub(crate) mod denials;
mod export;
mod flood;
mod sealer;
mod verify;

pub(crate) use background::Background;
pub use book::{AuditBook, AuditError};
pub(crate) use export::{export, media_type};
pub(crate) use flood::Flood;
pub use sealer::Sealer;
pub use verify::{Break, BreakKind, ChainHead, Report, follow, verify};
