//! What page and server say to each other about a passkey. Bytes are base64url without padding (RFC 4648 §5), as browsers
//! write them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use curtain_auth::passkey::{ANSWER_WITHIN, Assertion, AssertionOptions, NewCredential, RegistrationOptions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ApiError;

/// What a device must know to show a passkey (W3C Web Authentication §5.5). The page asks for a verified person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyRequest {
    /// To be signed.
    challenge: String,
    /// The domain that the passkey is for.
    rp_id: String,
    /// How long the device may take.
    timeout_milliseconds: u64,
    /// Which passkeys will do; none named means any.
    allowed: Vec<String>,
}

/// What a device must know to make a passkey (W3C Web Authentication §5.4). The page asks for one that its device
/// remembers, and for a verified person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyCreation {
    /// To be signed.
    challenge: String,
    /// The domain that the passkey is for.
    rp_id: String,
    /// What the device calls the practice.
    rp_name: String,
    /// How long the device may take.
    timeout_milliseconds: u64,
    /// The account, as the device remembers it.
    user_handle: String,
    /// What the device calls the account.
    user_name: String,
    /// The same, for people.
    user_display_name: String,
    /// COSE algorithms, the best one first.
    algorithms: Vec<i64>,
    /// A device that holds one of these makes no other.
    excluded: Vec<String>,
}

/// A passkey that a device showed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownPasskey {
    /// Its name on its device.
    credential_id: String,
    /// What the browser says it was asked.
    client_data: String,
    /// Flags and use counter.
    authenticator_data: String,
    /// Over the two before.
    signature: String,
    /// Whose it is, as its device remembers.
    user_handle: Option<String>,
}

/// A passkey that a device made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MadePasskey {
    /// What its owner calls it: at most sixty characters.
    pub(crate) name: String,
    /// Its name on its device.
    credential_id: String,
    /// What the browser says it was asked.
    client_data: String,
    /// The public key and what the device says of itself.
    attestation: String,
}

impl PasskeyRequest {
    /// A question for any of these passkeys, or for any at all.
    pub(crate) fn of(options: &AssertionOptions, allowed: &[Vec<u8>]) -> Self {
        Self {
            challenge: written(&options.challenge),
            rp_id: options.rp_id.clone(),
            timeout_milliseconds: timeout(),
            allowed: allowed.iter().map(|id| written(id)).collect(),
        }
    }
}

impl PasskeyCreation {
    /// A question for a new passkey of the person with this address and name.
    pub(crate) fn of(
        options: RegistrationOptions,
        (email, name): (&str, &str),
        excluded: &[Vec<u8>],
    ) -> Self {
        Self {
            challenge: written(&options.challenge),
            rp_id: options.rp_id,
            rp_name: options.rp_name,
            timeout_milliseconds: timeout(),
            user_handle: written(&options.user_handle),
            user_name: email.to_owned(),
            user_display_name: name.to_owned(),
            algorithms: options.algorithms,
            excluded: excluded.iter().map(|id| written(id)).collect(),
        }
    }
}

impl ShownPasskey {
    /// Its bytes.
    pub(crate) fn read(&self) -> Result<Assertion, ApiError> {
        Ok(Assertion {
            credential_id: bytes(&self.credential_id)?,
            client_data: bytes(&self.client_data)?,
            authenticator_data: bytes(&self.authenticator_data)?,
            signature: bytes(&self.signature)?,
            user_handle: self.user_handle.as_deref().map(bytes).transpose()?,
        })
    }
}

impl MadePasskey {
    /// Its bytes.
    pub(crate) fn read(&self) -> Result<NewCredential, ApiError> {
        Ok(NewCredential {
            credential_id: bytes(&self.credential_id)?,
            client_data: bytes(&self.client_data)?,
            attestation: bytes(&self.attestation)?,
        })
    }
}

fn timeout() -> u64 {
    u64::try_from(ANSWER_WITHIN.as_millis()).unwrap_or(u64::MAX)
}

fn written(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Result<Vec<u8>, ApiError> {
    let refused = || ApiError::Unprocessable("the passkey's bytes must be base64url".to_owned());
    URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())
}
