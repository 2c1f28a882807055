//! Passkeys (W3C Web Authentication Level 3): a key that only somebody's device holds, and that it uses only once it has
//! recognised them (AU11). What the device is and who unlocked it are two factors in one gesture, and the browser gives
//! the answer to our own origin alone: no page can be in between.
//!
//! **The person is always verified**: an answer without the device's word for that (the UV flag) is refused, whatever
//! the options said. The only place that names `webauthn-rs`; what leaves it are our own types.

mod options;
mod relying_party;
#[cfg(any(test, feature = "testing"))]
mod software;

use core::time::Duration;

use webauthn_rs::prelude as webauthn;

pub use options::{AskedOf, AssertionOptions, RegistrationOptions};
pub use relying_party::RelyingParty;
#[cfg(any(test, feature = "testing"))]
pub use software::SoftwareAuthenticator;

use crate::AuthError;

/// The device answers this soon, or is asked again. W3C §15.1 wants five minutes for people who are slow with a sensor;
/// what is asked stays open that long and no longer.
pub const ANSWER_WITHIN: Duration = Duration::from_mins(5);

/// The public half of a passkey, its use counter and what its device said of itself. No secret, but nobody's business.
#[derive(Clone)]
pub struct Passkey(webauthn::Passkey);

impl Passkey {
    /// From a row.
    ///
    /// # Errors
    /// [`AuthError::BadPasskey`] when no code of ours wrote it.
    pub fn from_stored(text: &str) -> Result<Self, AuthError> {
        serde_json::from_str(text).map(Self).map_err(|_| AuthError::BadPasskey)
    }

    /// For a row.
    ///
    /// # Errors
    /// [`AuthError::BadPasskey`] when it can't be written.
    pub fn to_stored(&self) -> Result<String, AuthError> {
        serde_json::to_string(&self.0).map_err(|_| AuthError::BadPasskey)
    }

    /// Its name on its device: 16 to 1 023 bytes that nobody chose.
    pub fn credential_id(&self) -> &[u8] {
        self.0.cred_id()
    }
}

/// What the server keeps while a device makes a passkey. It stays on the server: it holds what the answer is checked by.
pub struct RegistrationState(String);

/// What the server keeps while a device shows a passkey. It stays on the server, as above. Of another type than the one
/// for making a passkey, and neither reads the other's text (L11).
pub struct AssertionState(String);

macro_rules! stored_state {
    ($($state:ident),*) => {
        $(impl $state {
            /// From a row.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// For a row.
            pub fn as_stored(&self) -> &str {
                &self.0
            }
        })*
    };
}

stored_state!(RegistrationState, AssertionState);

/// What a browser brings of a passkey that was made (W3C §5.2.1), as bytes.
#[derive(Clone)]
pub struct NewCredential {
    /// Its name on its device.
    pub credential_id: Vec<u8>,
    /// What the browser says it was asked, as JSON.
    pub client_data: Vec<u8>,
    /// The public key and what the device says of itself, as CBOR.
    pub attestation: Vec<u8>,
}

/// What a browser brings of a passkey that was shown (W3C §5.2.2), as bytes.
#[derive(Clone)]
pub struct Assertion {
    /// Its name on its device.
    pub credential_id: Vec<u8>,
    /// What the browser says it was asked, as JSON.
    pub client_data: Vec<u8>,
    /// Flags and use counter.
    pub authenticator_data: Vec<u8>,
    /// Over the two before.
    pub signature: Vec<u8>,
    /// Whose it is, as its device remembers: the account's id.
    pub user_handle: Option<Vec<u8>>,
}

/// Why a passkey doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefusal {
    /// Its use counter did not grow: somebody may have a copy (W3C §6.1.1).
    #[error("the passkey may have been copied")]
    Copied,
    /// Another challenge, origin or key, nobody verified, or no form at all: which of them is nobody's business.
    #[error("the passkey's answer doesn't fit")]
    Wrong,
}

#[cfg(test)]
mod tests;
