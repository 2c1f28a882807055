//! Changing one's password: it takes the current one, and ends all other sessions.

use axum::extract::State;
use axum::response::Response;
use curtain_auth::{Factor, NewPassword, Password, PasswordCheck};
use curtain_storage::{AuditEvent, EndCause};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::renew;
use crate::audit::denials::actor;
use crate::extract::{Json, SignedInAny};
use crate::factor_checks::allowed;
use crate::mail::notices::{self, Notice};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// The current password and the one to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// As it is now.
    #[schema(format = Password)]
    current: String,
    /// As many characters as the practice asks for, and no common ones.
    #[schema(format = Password)]
    new: String,
}

/// Changes the password, ends all other sessions, and gives this one new tokens.
#[utoipa::path(post, path = "/api/v1/account/password", tag = "account", request_body = ChangePassword, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "signed_out, or password_wrong"),
    (status = 403, body = Problem, description = "factor_locked"),
    (status = 422, body = Problem, description = "password_refused: detail says why"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After"),
    (status = 503, body = Problem, description = "busy, with Retry-After")))]
pub(crate) async fn change_password(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<ChangePassword>,
) -> Result<Response, ApiError> {
    let who = principal.identity();
    let account = who.account();
    let mut scope = house.store.credentials().begin().await?;
    let own = scope.own_factors(account).await?.ok_or(ApiError::SignedOut)?;
    let minimum = scope.policy().await?.policy.password_minimum;
    drop(scope);
    let words = [who.name().as_str(), own.email.as_str(), who.practice_name()];
    let new = NewPassword::choose(&form.new, minimum, &words)
        .map_err(|refusal| ApiError::PasswordRefused(refusal.to_string()))?;

    let browser = house.browser_of(&headers, account).await?;
    allowed(house.try_factor(account, Factor::Password, browser).await?)?;
    let (current, stored) = (Password::typed(&form.current), own.password);
    let hashed = house
        .hash(move |hasher, entropy| {
            let right = hasher.verify(&current, stored.as_ref()) != PasswordCheck::Wrong;
            right.then(|| hasher.hash(&new, entropy))
        })
        .await;
    if hashed.is_err() {
        house.excuse_factor(account, Factor::Password, browser).await?;
    }
    let phc = hashed?.transpose()?.ok_or(ApiError::PasswordWrong)?;

    let now = house.clock.now();
    let mut scope = house.store.credentials().begin().await?;
    scope.set_password(account, &phc, now).await?;
    scope.forget_failures(account, Factor::Password, None).await?;
    scope.forget_devices(account, browser.0, now).await?;
    let (by, here) = (actor(who), Some(who.session()));
    scope.record(Some(by), &AuditEvent::PasswordChanged { person: account }, now).await?;
    let ended = scope.end_others(by, account, here, EndCause::PasswordChanged, now).await?;
    notices::queue(&house, scope.post(), account, Notice::PasswordChanged, now).await?;
    tracing::info!(%account, "a password was changed");
    renew(&house, who, scope, None, ended).await
}
