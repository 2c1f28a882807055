//! Replacing one's authenticator, and new recovery codes: only with a fresh factor, and never back to a password alone. The
//! authenticator in use stays until the new one has shown its first code.

use axum::extract::State;
use axum::response::Response;
use curtain_auth::{Factor, RecoveryCode};
use curtain_storage::{AuditEvent, EndCause, Factor as Shown};
use serde::Deserialize;
use utoipa::ToSchema;

use super::renew;
use crate::audit::denials::actor;
use crate::extract::{Json, SteppedUpAny};
use crate::mail::notices::{self, Notice};
use crate::routes::activation::{AuthenticatorSecret, RecoveryCodes};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// The first code of the new authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAuthenticatorCode {
    /// Six digits.
    code: String,
}

/// Makes the secret of a new authenticator. The one in use goes on until a code confirms this one.
#[utoipa::path(post, path = "/api/v1/account/authenticator", tag = "account", responses(
    (status = 200, body = AuthenticatorSecret),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "fresh_factor_needed")))]
pub(crate) async fn new_authenticator(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
) -> Result<Json<AuthenticatorSecret>, ApiError> {
    let who = principal.identity();
    let (account, session) = (who.account(), who.session().as_uuid());
    let mut scope = house.store.credentials().begin().await?;
    let own = scope.own_factors(account).await?.ok_or(ApiError::SignedOut)?;
    let version = own.totp.map_or(1, |totp| totp.version.saturating_add(1));
    let (secret, new) = house.new_totp(&mut scope, account, version).await?;
    scope.begin_totp(account, session, &new, house.clock.now()).await?;
    scope.commit().await?;
    Ok(Json(AuthenticatorSecret::of(&secret, who.practice_name(), &own.email)?))
}

/// Puts the new authenticator in the old one's place, ends all other sessions, and gives this one new tokens.
#[utoipa::path(post, path = "/api/v1/account/authenticator/confirm", tag = "account",
    request_body = NewAuthenticatorCode, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "signed_out, or code_wrong"),
    (status = 403, body = Problem, description = "fresh_factor_needed, or factor_locked"),
    (status = 409, body = Problem, description = "start_again: nothing was begun here in the last fifteen minutes"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn confirm_authenticator(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
    Json(form): Json<NewAuthenticatorCode>,
) -> Result<Response, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let (account, session) = (who.account(), who.session().as_uuid());
    let mut scope = house.store.credentials().begin().await?;
    let new = scope.begun_totp(account, session, now).await?.ok_or(ApiError::StartAgain)?;
    // Whoever types this code was shown the secret: there is nothing to guess, and so nothing to count.
    let step = house.new_totp_step(account, &new, &form.code, now)?.ok_or(ApiError::CodeWrong)?;
    if !scope.finish_totp(account, session, &new, step, now).await? {
        return Err(ApiError::StartAgain);
    }
    scope.forget_failures(account, Factor::Totp, None).await?;
    let (by, here) = (actor(who), Some(who.session()));
    let changed = AuditEvent::FactorChanged { person: account, factor: Shown::Totp };
    scope.record(Some(by), &changed, now).await?;
    let ended = scope.end_others(by, account, here, EndCause::FactorChanged, now).await?;
    notices::queue(&house, scope.post(), account, Notice::AuthenticatorChanged, now).await?;
    tracing::info!(%account, "an authenticator was replaced");
    renew(&house, who, scope, Some(now), ended).await
}

/// Replaces all recovery codes by ten new ones.
#[utoipa::path(post, path = "/api/v1/account/recovery-codes", tag = "account", responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "fresh_factor_needed")))]
pub(crate) async fn new_recovery_codes(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let account = who.account();
    let codes = RecoveryCode::set(house.entropy.as_ref());
    let hashes = codes.each_ref().map(RecoveryCode::hash);
    let mut scope = house.store.credentials().begin().await?;
    scope.replace_recovery_codes(account, &hashes, now).await?;
    scope.forget_failures(account, Factor::RecoveryCode, None).await?;
    scope.record(Some(actor(who)), &AuditEvent::RecoveryCodesReissued { person: account }, now).await?;
    notices::queue(&house, scope.post(), account, Notice::RecoveryCodesReissued, now).await?;
    scope.commit().await?;
    tracing::info!(%account, "recovery codes were replaced");
    Ok(Json(RecoveryCodes::of(&codes)))
}
