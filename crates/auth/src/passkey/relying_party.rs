//! The practice as passkeys know it (W3C §4, "Relying Party"): asks, and judges the answers.

use serde_json::{Value, json};
use webauthn_rs::prelude as webauthn;
use webauthn_rs::prelude::{Url, WebauthnError};

use super::{
    ANSWER_WITHIN, AskedOf, Assertion, AssertionOptions, AssertionState, NewCredential, Passkey,
    PasskeyRefusal, RegistrationOptions, RegistrationState,
};
use crate::AuthError;

/// One origin and the domain in it. Holds no secret and no state.
pub struct RelyingParty {
    webauthn: webauthn::Webauthn,
    rp_id: String,
}

impl RelyingParty {
    /// The practice at this origin. `None` when its host is an address: a passkey belongs to a name (W3C §5.1.2).
    pub fn at(origin: &str, practice: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let rp_id = origin.domain()?;
        let builder = webauthn_rs::WebauthnBuilder::new(rp_id, &origin).ok()?;
        let webauthn = builder.rp_name(practice).timeout(ANSWER_WITHIN).build().ok()?;
        Some(Self { webauthn, rp_id: rp_id.to_owned() })
    }

    /// Asks for a new passkey. Devices that hold one of `taken` don't make another.
    ///
    /// # Errors
    /// [`AuthError::BadPasskey`] when the state can't be written.
    pub fn ask_for_new(
        &self,
        whom: AskedOf<'_>,
        taken: Vec<Vec<u8>>,
    ) -> Result<(RegistrationOptions, RegistrationState), AuthError> {
        let (account, email, name) = (whom.account.as_uuid(), whom.email.as_str(), whom.name.as_str());
        let (asked, state) = self
            .webauthn
            .start_passkey_registration(account, email, name, Some(taken))
            .map_err(|_| AuthError::BadPasskey)?;
        let asked = asked.public_key;
        let options = RegistrationOptions {
            challenge: asked.challenge,
            rp_id: asked.rp.id,
            rp_name: asked.rp.name,
            user_handle: asked.user.id,
            algorithms: asked.pub_key_cred_params.iter().map(|one| one.alg).collect(),
        };
        Ok((options, RegistrationState(write(&state)?)))
    }

    /// Judges a new passkey.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn judge_new(
        &self,
        state: &RegistrationState,
        made: &NewCredential,
    ) -> Result<Passkey, PasskeyRefusal> {
        let state: webauthn::PasskeyRegistration = read(&state.0)?;
        let response = json!({
            "attestationObject": base64url(&made.attestation),
            "clientDataJSON": base64url(&made.client_data),
        });
        let credential = understand(&made.credential_id, &response)?;
        let passkey = self
            .webauthn
            .finish_passkey_registration(&credential, &state)
            .map_err(|error| refusal(&error))?;
        // The device signs for the name that stands in its own data; the one beside it is hearsay.
        if passkey.cred_id().as_slice() != made.credential_id {
            return Err(PasskeyRefusal::Wrong);
        }
        Ok(Passkey(passkey))
    }

    /// Asks for a passkey, whosever it is.
    ///
    /// # Errors
    /// [`AuthError::BadPasskey`] when the state can't be written.
    pub fn ask(&self) -> Result<(AssertionOptions, AssertionState), AuthError> {
        let (asked, state) =
            self.webauthn.start_discoverable_authentication().map_err(|_| AuthError::BadPasskey)?;
        let options = AssertionOptions { challenge: asked.public_key.challenge, rp_id: self.rp_id.clone() };
        Ok((options, AssertionState(write(&state)?)))
    }

    /// Judges a passkey that was shown, by the stored one of that name. Gives it back as it is to be stored from now on:
    /// its counter has grown. Whose it is, the caller compares.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn judge(
        &self,
        state: &AssertionState,
        stored: &Passkey,
        shown: &Assertion,
    ) -> Result<Passkey, PasskeyRefusal> {
        let state: webauthn::DiscoverableAuthentication = read(&state.0)?;
        let response = json!({
            "authenticatorData": base64url(&shown.authenticator_data),
            "clientDataJSON": base64url(&shown.client_data),
            "signature": base64url(&shown.signature),
            "userHandle": shown.user_handle.as_deref().map(base64url),
        });
        let credential = understand(&shown.credential_id, &response)?;
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(&credential, state, &stored.0)
            .map_err(|error| refusal(&error))?;
        let mut renewed = stored.0.clone();
        // What makes one gesture count as two factors; the library checks it too.
        if !result.user_verified() || renewed.update_credential(&result).is_none() {
            return Err(PasskeyRefusal::Wrong);
        }
        Ok(Passkey(renewed))
    }
}

fn refusal(error: &WebauthnError) -> PasskeyRefusal {
    match error {
        WebauthnError::CredentialPossibleCompromise => PasskeyRefusal::Copied,
        _ => PasskeyRefusal::Wrong,
    }
}

fn base64url(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

/// The library reads a browser's JSON. What it is given here has one form, whatever the browser sent.
fn understand<T: serde::de::DeserializeOwned>(id: &[u8], response: &Value) -> Result<T, PasskeyRefusal> {
    let id = base64url(id);
    let credential = json!({"id": id, "rawId": id, "type": "public-key", "response": response});
    serde_json::from_value(credential).map_err(|_| PasskeyRefusal::Wrong)
}

fn write<T: serde::Serialize>(state: &T) -> Result<String, AuthError> {
    serde_json::to_string(state).map_err(|_| AuthError::BadPasskey)
}

fn read<T: serde::de::DeserializeOwned>(state: &str) -> Result<T, PasskeyRefusal> {
    serde_json::from_str(state).map_err(|_| PasskeyRefusal::Wrong)
}
