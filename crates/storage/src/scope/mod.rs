//! The scopes: each file is the complete list of what one database role can do.

mod admin;
mod auditor;
mod clinician;
mod credentials;
mod patient;
mod worker;

pub use admin::{AdminScope, LINK_LIFETIME};
pub use auditor::AuditorScope;
pub use clinician::ClinicianScope;
pub use credentials::{CredentialScope, OwnFactors};
pub use patient::PatientScope;
pub use worker::WorkerScope;
