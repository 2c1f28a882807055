//! Signing in without the authenticator (AU9, AU10): the password, one saved code, and then a new authenticator. **There is
//! no session before that**: a recovery code never becomes a way to go on without a second factor.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::{Factor, RecoveryCode, SignInToken, ThrottleSubject};
use curtain_storage::{Actor, AuditEvent, CredentialScope, EndCause, Factor as Shown, PendingSignIn};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::opening::Opening;
use super::{NextStep, attempt, end_locked, may_try, over, passkey_due, sign_in_token};
use crate::extract::{ClientAddress, Json};
use crate::factor_checks::allowed;
use crate::mail::notices::{self, Notice};
use crate::routes::activation::AuthenticatorSecret;
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// One of the saved codes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedCode {
    /// As it was written down.
    code: String,
}

/// The first code of the new authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// Six digits.
    code: String,
}

/// Uses a recovery code up, in the place of the authenticator's, and makes the secret of a new authenticator.
#[utoipa::path(post, path = "/api/v1/sign-in/recovery-code", tag = "sign-in", request_body = SavedCode, responses(
    (status = 200, body = AuthenticatorSecret),
    (status = 401, body = Problem, description = "recovery_code_wrong, or sign_in_again"),
    (status = 403, body = Problem, description = "factor_locked: the sign-in is over"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After: the sign-in is over")))]
pub(crate) async fn check_recovery_code(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(form): Json<SavedCode>,
) -> Result<Response, ApiError> {
    let Some(token) = sign_in_token(&house, &headers) else { return Ok(over(&house, ApiError::SignInAgain)) };
    let now = house.clock.now();
    let Some(pending) = attempt(&house, &token).await? else {
        return Ok(over(&house, ApiError::SignInAgain));
    };
    let (account, counted) = (pending.account, [ThrottleSubject::from_address(address)]);
    may_try(&house, &counted, Some(account)).await?;
    let browser = house.browser_of(&headers, account).await?;
    let mut scope = house.store.credentials().begin().await?;
    let standing = house.hold_factor(&mut scope, account, Factor::RecoveryCode, browser).await?;
    if let Err(locked) = allowed(standing) {
        return end_locked(&house, scope, &token, account, locked).await;
    }
    let Some(secret) = exchange(&house, &mut scope, &token, &pending, &form.code).await? else {
        house.throttle().failed(&counted, now);
        let wrong = AuditEvent::CodeWrong { person: account, factor: Shown::RecoveryCode };
        scope.record(None, &wrong, now).await?;
        scope.commit().await?;
        return Err(ApiError::RecoveryCodeWrong);
    };
    scope.commit().await?;
    tracing::info!(%account, "a recovery code was used");
    Ok(Json(secret).into_response())
}

/// The code for a new secret, all or nothing.
async fn exchange(
    house: &House,
    scope: &mut CredentialScope,
    token: &SignInToken,
    pending: &PendingSignIn,
    typed: &str,
) -> Result<Option<AuthenticatorSecret>, ApiError> {
    let (account, now) = (pending.account, house.clock.now());
    let Some(code) = RecoveryCode::parse(typed) else { return Ok(None) };
    if !scope.consume_recovery_code(account, code.hash(), now).await? {
        return Ok(None);
    }
    if !scope.mark_recovered(token.hash(), now).await? {
        return Err(ApiError::SignInAgain);
    }
    scope.forget_failures(account, Factor::RecoveryCode, None).await?;
    let version = pending.totp.version.saturating_add(1);
    let (secret, new) = house.new_totp(scope, account, version).await?;
    scope.begin_totp(account, pending.sign_in, &new, now).await?;
    let left = scope.factor_summary(account).await?.codes_left.into();
    scope.record(Some(by(pending)), &AuditEvent::RecoveryCodeUsed { person: account, left }, now).await?;
    notices::queue(house, scope.post(), account, Notice::RecoveryCodeUsed { left }, now).await?;
    AuthenticatorSecret::of(&secret, &pending.practice_name, &pending.email).map(Some)
}

/// Whoever got this far acts as the account's person, in no session yet.
const fn by(pending: &PendingSignIn) -> Actor {
    Actor { account: pending.account, role: pending.role, session: None }
}

/// Checks the first code of the new authenticator, puts it in the old one's place, ends every other session, and opens
/// one.
#[utoipa::path(post, path = "/api/v1/sign-in/authenticator", tag = "sign-in", request_body = FirstCode, responses(
    (status = 200, body = Me),
    (status = 202, body = NextStep, description = "passkey: the practice asks for one, to be made now"),
    (status = 401, body = Problem, description = "code_wrong, or sign_in_again")))]
pub(crate) async fn check_new_authenticator(
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<FirstCode>,
) -> Result<Response, ApiError> {
    let Some(token) = sign_in_token(&house, &headers) else { return Ok(over(&house, ApiError::SignInAgain)) };
    let now = house.clock.now();
    let mut scope = house.store.credentials().begin().await?;
    let pending = scope.attempt_recovery(token.hash(), now).await?;
    scope.commit().await?;
    let Some(pending) = pending else { return Ok(over(&house, ApiError::SignInAgain)) };
    let account = pending.account;
    let browser = house.browser_of(&headers, account).await?;
    let mut scope = house.store.credentials().begin().await?;
    let Some(new) = scope.begun_totp(account, pending.sign_in, now).await? else {
        return Ok(over(&house, ApiError::SignInAgain));
    };
    let step = house.new_totp_step(account, &new, &form.code, now)?.ok_or(ApiError::CodeWrong)?;
    if !scope.finish_totp(account, pending.sign_in, &new, step, now).await?
        || !scope.finish_sign_in(token.hash(), now).await?
    {
        return Ok(over(&house, ApiError::SignInAgain));
    }
    scope.forget_failures(account, Factor::Totp, None).await?;
    scope.forget_devices(account, browser.0, now).await?;
    let changed = AuditEvent::FactorChanged { person: account, factor: Shown::Totp };
    scope.record(Some(by(&pending)), &changed, now).await?;
    let ended = scope.end_others(by(&pending), account, None, EndCause::FactorChanged, now).await?;
    notices::queue(&house, scope.post(), account, Notice::AuthenticatorChanged, now).await?;
    let (role, shown) = (pending.role, Shown::RecoveryCode);
    let opening = Opening { house: &house, headers: &headers, account, role, browser, now, shown };
    let opened = passkey_due::open_or_ask(opening, scope).await?;
    for session in ended {
        house.hub.revoke_session(session);
    }
    tracing::info!(%account, "a new authenticator took the old one's place");
    Ok(opened)
}
