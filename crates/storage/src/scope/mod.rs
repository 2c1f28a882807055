//! The scopes: each file is the complete list of what one database role can do.

mod admin;
mod auditor;
mod clinician;
mod credentials;
mod patient;
mod worker;

pub use admin::{AdminScope, LINK_LIFETIME};
pub use auditor::AuditorScope;
pub use clinician::{ClinicianScope, MOST_DEVICES};
pub use credentials::{
    CeremonyKind, CredentialScope, MOST_PASSKEYS, NamedPasskey, NewCeremony, OwnFactors, OwnPasskey,
};
pub use patient::PatientScope;
pub use worker::WorkerScope;
