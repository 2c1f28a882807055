//! Making a passkey, for whoever may: somebody in a session who showed a fresh factor, or somebody whose sign-in waits for
//! one. Both are asked the same and judged the same.

use axum::response::{AppendHeaders, IntoResponse, Response};
use curtain_auth::passkey::{AskedOf, RegistrationState};
use curtain_domain::{AccountId, PersonName, SessionId};
use curtain_storage::{CeremonyKind, CredentialScope, MOST_PASSKEYS, StorageError};
use http::{HeaderMap, header};
use uuid::Uuid;

use super::{MadePasskey, PasskeyCreation};
use crate::extract::Json;
use crate::{ApiError, House};

/// As long as a name in a list may be.
const NAME_CHARS: usize = 60;

/// Asks this browser for a new passkey, in this session or sign-in.
pub(crate) async fn ask_for_new(
    house: &House,
    whom: AskedOf<'_>,
    practice: &str,
    begun_by: Uuid,
) -> Result<Response, ApiError> {
    let own = house.store.credentials().begin().await?.passkeys_of(whom.account).await?;
    let taken: Vec<_> = own.into_iter().map(|one| one.credential_id).collect();
    if taken.len() >= MOST_PASSKEYS {
        return Err(too_many());
    }
    let (options, state) = house.relying_party(practice)?.ask_for_new(whom, taken.clone())?;
    let cookie = house.begin_ceremony(CeremonyKind::Registration, Some(begun_by), state.as_stored()).await?;
    let asked = PasskeyCreation::of(options, (whom.email.as_str(), whom.name.as_str()), &taken);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(asked)).into_response())
}

/// Keeps a passkey that this browser was asked for in this session or sign-in. Gives the unit of work in which it counts.
pub(crate) async fn keep_new(
    house: &House,
    headers: &HeaderMap,
    account: AccountId,
    begun_by: Uuid,
    form: &MadePasskey,
) -> Result<CredentialScope, ApiError> {
    // What is no name costs no question.
    let (name, made) = (name_of(&form.name)?, form.read()?);
    let state = house.take_ceremony(headers, CeremonyKind::Registration, Some(begun_by)).await?;
    let judged = house.relying_party("")?.judge_new(&RegistrationState::from_stored(state), &made);
    let passkey = judged.map_err(|_| ApiError::PasskeyRefused)?;
    let now = house.clock.now();
    // A row of its own kind: any time-ordered id will do.
    let id = SessionId::new(now, house.entropy.as_ref()).as_uuid();
    let mut scope = house.store.credentials().begin().await?;
    match scope.add_passkey(account, id, &passkey, &name, now).await {
        Ok(true) => Ok(scope),
        Ok(false) => Err(too_many()),
        // Devices make names up at random: one that is taken was made up by somebody.
        Err(StorageError::Constraint(which)) if which == "passkey_credential_key" => {
            Err(ApiError::PasskeyRefused)
        }
        Err(error) => Err(error.into()),
    }
}

/// The same letters as in a person's name, and fewer of them.
fn name_of(text: &str) -> Result<String, ApiError> {
    let refused = |why: String| ApiError::Unprocessable(format!("name {why}"));
    let name = PersonName::parse(text).map_err(|why| refused(why.to_string()))?;
    if name.as_str().chars().count() > NAME_CHARS {
        return Err(refused(format!("is longer than {NAME_CHARS} characters")));
    }
    Ok(name.as_str().to_owned())
}

const fn too_many() -> ApiError {
    ApiError::Conflict("too_many_passkeys", "Ten passkeys are as many as an account can have.")
}
