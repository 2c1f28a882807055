//! Roles as types, so that a wrong role does not compile.
//!
//! The traits are sealed: no other crate can declare its own type able to read clinical text.

use curtain_domain::Role;

mod sealed {
    /// Keeps the list of roles in this file.
    pub trait Sealed {}
}

/// A role that a [`Principal`](crate::Principal) can carry.
pub trait PrincipalRole: sealed::Sealed + Send + Sync + 'static {
    /// The same role as a value.
    const ROLE: Role;
}

/// May see clinical text in the clear.
pub trait MayReadClinicalText: PrincipalRole {}

/// May write clinical text.
pub trait MayWriteClinicalText: PrincipalRole {}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl PrincipalRole for $name {
            const ROLE: Role = Role::$name;
        }
    };
}

role!(
    /// Joins own visits.
    Patient
);
role!(
    /// Runs visits and writes notes.
    Clinician
);
role!(
    /// Manages accounts; never clinical text.
    Administrator
);
role!(
    /// Reads and verifies the audit log.
    Auditor
);

impl MayReadClinicalText for Clinician {}
impl MayWriteClinicalText for Clinician {}
