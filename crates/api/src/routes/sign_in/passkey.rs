//! Signing in with a passkey alone: the device is one factor, whoever it recognised the other (AU11). Nobody says who they
//! are before: the passkey does, so there is no name to guess at, and **every question is the same** (AU6).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::ThrottleSubject;
use curtain_domain::AccountId;
use curtain_storage::{AuditEvent, CeremonyKind, Factor as Shown};
use http::{HeaderMap, header};

use super::opening::Opening;
use super::{may_try, note_throttled};
use crate::cookies::TokenCookie;
use crate::extract::{ClientAddress, Json};
use crate::passkeys::{PasskeyRequest, ShownPasskey, judge};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// Asks for a passkey, whosever it is.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey/options", tag = "sign-in", responses(
    (status = 200, body = PasskeyRequest),
    (status = 409, body = Problem, description = "passkeys_unavailable: the practice's address has no name"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn ask_for_passkey(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
) -> Result<Response, ApiError> {
    let asking = [ThrottleSubject::asking_from(address)];
    let refused = house.throttle().attempt(&asking, house.clock.now());
    if let Err(refused) = refused {
        note_throttled(&house, None).await?;
        return Err(refused.into());
    }
    let (options, state) = house.relying_party("")?.ask()?;
    let cookie = house.begin_ceremony(CeremonyKind::SignIn, None, state.as_stored()).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(PasskeyRequest::of(&options, &[]))).into_response())
}

/// Checks a passkey and opens a session.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey", tag = "sign-in", request_body = ShownPasskey, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "passkey_refused, whatever the reason"),
    (status = 409, body = Problem, description = "start_again: this browser was not asked in the last five minutes"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn check_passkey(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(form): Json<ShownPasskey>,
) -> Result<Response, ApiError> {
    let counted = [ThrottleSubject::from_address(address)];
    may_try(&house, &counted, None).await?;
    let state = house.take_ceremony(&headers, CeremonyKind::SignIn, None).await?;
    let gone = TokenCookie::Passkey.clear(&house.settings.public_origin);
    match open(&house, &headers, state, &form).await? {
        Ok(mut opened) => {
            opened.headers_mut().append(header::SET_COOKIE, gone);
            Ok(opened)
        }
        Err(person) => {
            house.throttle().failed(&counted, house.clock.now());
            house.note(None, &AuditEvent::SignInFailed { person }).await?;
            Ok(([(header::SET_COOKIE, gone)], ApiError::PasskeyRefused).into_response())
        }
    }
}

/// A session for the passkey's owner; else whose it isn't, if anybody's.
async fn open(
    house: &House,
    headers: &HeaderMap,
    state: String,
    form: &ShownPasskey,
) -> Result<Result<Response, Option<AccountId>>, ApiError> {
    let shown = form.read()?;
    let mut scope = house.store.credentials().begin().await?;
    let named = match judge(house, &mut scope, state, &shown).await? {
        // Nobody said who they are, so the device must (W3C §7.2 step 6).
        Ok(named) if shown.user_handle.is_none() => return Ok(Err(Some(named.account))),
        Ok(named) => named,
        Err(person) => return Ok(Err(person)),
    };
    let (account, role) = (named.account, named.role);
    let browser = house.browser_in(&mut scope, headers, account).await?;
    let now = house.clock.now();
    let opening = Opening { house, headers, account, role, browser, now, shown: Shown::Passkey };
    Ok(opening.open(scope).await?.ok_or(Some(account)))
}
