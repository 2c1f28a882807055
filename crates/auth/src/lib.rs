//! Who are you and what may you do: pure decisions; the only mint of [`Principal`].
//!
//! Nothing here reads a clock, a file or a table. A caller brings the row and the time, and gets a decision back;
//! **a `Principal` exists only after a live session and its token were both shown** (`StoredSession::admit`).

mod entropy;
mod insistence;
mod lockout;
mod mail;
pub mod passkey;
mod password;
mod policy;
mod principal;
mod recovery_code;
mod role;
mod session;
mod throttle;
mod token;
pub mod totp;

pub use entropy::SystemEntropy;
pub use insistence::Insistence;
pub use lockout::{Factor, Failures, Standing};
pub use mail::MailMessage;
pub use password::{
    NewPassword, Password, PasswordCheck, PasswordCost, PasswordHasher, PasswordPhc, PasswordRefusal, Pepper,
    pack_common_passwords,
};
pub use policy::{
    FactorRule, FactorStanding, GraceDays, PasswordMinimum, PerRole, PolicyChange, PolicyChoice,
    PolicyRefusal, PolicyRule, PolicyValue, PracticePolicy, RoleChoice, RolePolicy, RoleRule, SecondFactor,
    SessionLimits, UnknownSecondFactor,
};
pub use principal::{AnyPrincipal, Identity, Principal};
pub use recovery_code::{RecoveryCode, RecoveryCodeHash};
pub use role::{
    Administrator, Auditor, Clinician, MayReadClinicalText, MayWriteClinicalText, Patient, PrincipalRole,
};
pub use session::{FRESH_FOR, NewSession, SessionEnd, SessionTimes, StoredSession, StoredSessionRow};
pub use throttle::{Throttle, ThrottleSubject, TooManyAttempts, household};
pub use token::{
    ActivationHash, ActivationToken, CeremonyHash, CeremonyToken, ContextHash, ContextToken, DeviceHash,
    DeviceToken, SessionHash, SessionToken, SignInHash, SignInToken,
};
pub use totp::TotpSecret;

/// What can go wrong in here: only misconfiguration and damaged rows. A wrong password is an answer, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Argon2 refuses these cost parameters.
    #[error("the password cost is outside of what Argon2 allows")]
    BadCost,
    /// Argon2 could not run, for want of memory.
    #[error("the password could not be hashed")]
    HashFailed,
    /// A TOTP secret is not twenty bytes long.
    #[error("a TOTP secret must have 20 bytes")]
    BadSecret,
    /// The name of the practice or the address holds a character that an otpauth address can't carry.
    #[error("the authenticator address can't be written")]
    BadLabel,
    /// A stored passkey, or what was kept of asking for one, can't be read or written.
    #[error("a passkey or its state can't be read or written")]
    BadPasskey,
}
