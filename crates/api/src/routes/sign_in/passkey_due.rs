//! Where a role needs a passkey and its days of grace are over (AU11): password and code lead to making one, in the same
//! sign-in, and **there is no session before that**. Whoever has one is told to use it: a code can be tricked out of
//! somebody by a page that looks like ours, a passkey can't. The way past a lost one is a recovery code.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::passkey::AskedOf;
use curtain_auth::{FactorStanding, SignInToken};
use curtain_storage::{Actor, AuditEvent, CredentialScope, EndCause, Factor as Shown, SignInRefusal};
use http::{HeaderMap, StatusCode, header};

use super::opening::Opening;
use super::{NextStep, over, sign_in_token};
use crate::cookies::TokenCookie;
use crate::extract::Json;
use crate::mail::notices::{self, Notice};
use crate::passkeys::{MadePasskey, PasskeyCreation, ask_for_new, keep_new};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// What stands between right factors and a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// The person has a passkey and is to show it.
    Shown,
    /// The person has none, or has lost it with all else.
    Made,
}

/// Opens the session, or asks for the passkey that the role needs, in the unit of work that used the factors up.
pub(super) async fn open_or_ask(
    opening: Opening<'_>,
    mut scope: CredentialScope,
) -> Result<Response, ApiError> {
    match due(&opening, &mut scope).await? {
        Due::Nothing => opening.open(scope).await?.ok_or(ApiError::SignInAgain),
        Due::Made => ask(&opening, scope).await,
        Due::Shown => refuse(&opening, scope).await,
    }
}

async fn due(opening: &Opening<'_>, scope: &mut CredentialScope) -> Result<Due, ApiError> {
    let Opening { house, account, now, shown, .. } = opening;
    // Where nobody can have a passkey, nobody needs one.
    if !house.has_passkeys() {
        return Ok(Due::Nothing);
    }
    let Some((rule, since)) = scope.factor_rule(*account).await? else { return Ok(Due::Nothing) };
    if rule.standing(false, since, *now) != FactorStanding::Due {
        return Ok(Due::Nothing);
    }
    let has_one = !scope.passkeys_of(*account).await?.is_empty();
    Ok(if has_one && *shown != Shown::RecoveryCode { Due::Shown } else { Due::Made })
}

/// Another token for what follows: the one before is used up (SE1, L9).
async fn ask(opening: &Opening<'_>, mut scope: CredentialScope) -> Result<Response, ApiError> {
    let (house, now) = (opening.house, opening.now);
    let token = SignInToken::new(house.entropy.as_ref());
    let entropy = house.entropy.as_ref();
    scope.create_sign_in_for_passkey(opening.account, token.hash(), now, entropy).await?;
    scope.commit().await?;
    let cookie = TokenCookie::SignIn.set(&token.to_text(), &house.settings.public_origin);
    let next = Json(NextStep { next: "passkey" });
    Ok((StatusCode::ACCEPTED, [(header::SET_COOKIE, cookie)], next).into_response())
}

async fn refuse(opening: &Opening<'_>, mut scope: CredentialScope) -> Result<Response, ApiError> {
    let refused =
        AuditEvent::SignInThrottled { person: Some(opening.account), why: SignInRefusal::PasskeyNeeded };
    scope.record(None, &refused, opening.now).await?;
    scope.commit().await?;
    Ok(over(opening.house, ApiError::PasskeyNeeded))
}

/// Asks for the passkey that is due.
#[utoipa::path(post, path = "/api/v1/sign-in/new-passkey/options", tag = "sign-in", responses(
    (status = 200, body = PasskeyCreation),
    (status = 401, body = Problem, description = "sign_in_again: both factors were not shown here in the last ten minutes"),
    (status = 409, body = Problem, description = "too_many_passkeys")))]
pub(crate) async fn ask_for_due_passkey(
    State(house): State<House>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(token) = sign_in_token(&house, &headers) else { return Ok(over(&house, ApiError::SignInAgain)) };
    let mut scope = house.store.credentials().begin().await?;
    let pending = scope.sign_in_for_passkey(token.hash(), house.clock.now()).await?;
    drop(scope);
    let Some(pending) = pending else { return Ok(over(&house, ApiError::SignInAgain)) };
    let whom = AskedOf { account: pending.account, email: &pending.email, name: &pending.name };
    ask_for_new(&house, whom, &pending.practice_name, pending.sign_in).await
}

/// Keeps the passkey that was due, ends every other session, and opens one.
#[utoipa::path(post, path = "/api/v1/sign-in/new-passkey", tag = "sign-in", request_body = MadePasskey, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "passkey_refused, or sign_in_again: both factors were not shown here in \
        the last ten minutes, or this was tried too often"),
    (status = 409, body = Problem, description = "start_again: nothing was asked here in the last five minutes"),
    (status = 422, body = Problem, description = "unprocessable: the name")))]
pub(crate) async fn add_due_passkey(
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<MadePasskey>,
) -> Result<Response, ApiError> {
    let Some(token) = sign_in_token(&house, &headers) else { return Ok(over(&house, ApiError::SignInAgain)) };
    let mut scope = house.store.credentials().begin().await?;
    let pending = scope.attempt_passkey(token.hash(), house.clock.now()).await?;
    scope.commit().await?;
    let Some(pending) = pending else { return Ok(over(&house, ApiError::SignInAgain)) };
    let (account, role, now) = (pending.account, pending.role, house.clock.now());
    let mut scope = keep_new(&house, &headers, account, pending.sign_in, &form).await?;
    if !scope.finish_sign_in(token.hash(), now).await? {
        return Ok(over(&house, ApiError::SignInAgain));
    }
    let by = Actor { account, role, session: None };
    let enrolled = AuditEvent::FactorEnrolled { person: account, factor: Shown::Passkey };
    scope.record(Some(by), &enrolled, now).await?;
    let ended = scope.end_others(by, account, None, EndCause::FactorChanged, now).await?;
    notices::queue(&house, scope.post(), account, Notice::PasskeyAdded, now).await?;
    let browser = house.browser_in(&mut scope, &headers, account).await?;
    let shown = Shown::Passkey;
    let opening = Opening { house: &house, headers: &headers, account, role, browser, now, shown };
    let mut opened = opening.open(scope).await?.ok_or(ApiError::SignInAgain)?;
    for session in ended {
        house.hub.revoke_session(session);
    }
    let gone = TokenCookie::Passkey.clear(&house.settings.public_origin);
    opened.headers_mut().append(header::SET_COOKIE, gone);
    tracing::info!(%account, "a passkey that was due was added");
    Ok(opened)
}
