//! Step-up (SE4): a code of the authenticator, typed again, counts for the next five minutes.

use axum::extract::State;
use axum::response::Response;
use curtain_auth::Factor;
use curtain_storage::{AuditEvent, Factor as Shown};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::renew;
use crate::audit::denials::actor;
use crate::extract::{Json, SignedInAny, SteppedUpAny};
use crate::factor_checks::allowed;
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// What the authenticator shows now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreshCode {
    /// Six digits.
    code: String,
}

/// Says whether a second factor was shown in the last five minutes. A page asks before it begins what it can't repeat by
/// itself: a download.
#[utoipa::path(get, path = "/api/v1/session/fresh-factor", tag = "session", responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "fresh_factor_needed")))]
pub(crate) async fn has_fresh_factor(_shown: SteppedUpAny) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Notes that a second factor was shown, and gives the session new tokens.
#[utoipa::path(post, path = "/api/v1/session/fresh-factor", tag = "session", request_body = FreshCode, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "signed_out, or code_wrong"),
    (status = 403, body = Problem, description = "factor_locked"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn show_fresh_factor(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<FreshCode>,
) -> Result<Response, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let account = who.account();
    let browser = house.browser_of(&headers, account).await?;
    let mut scope = house.store.credentials().begin().await?;
    allowed(house.hold_factor(&mut scope, account, Factor::Totp, browser).await?)?;
    let totp = scope.own_factors(account).await?.and_then(|own| own.totp).ok_or(ApiError::SignedOut)?;
    let step = house.totp_step(account, &totp, &form.code, now)?;
    let right = match step {
        Some(step) => scope.consume_totp_step(account, step).await?,
        None => false,
    };
    if !right {
        scope.record(Some(actor(who)), &AuditEvent::StepUpFailed(Shown::Totp), now).await?;
        scope.commit().await?;
        return Err(ApiError::CodeWrong);
    }
    scope.record(Some(actor(who)), &AuditEvent::StepUpSucceeded(Shown::Totp), now).await?;
    scope.forget_failures(account, Factor::Totp, None).await?;
    tracing::info!(%account, session = %who.session(), "a fresh factor was shown");
    renew(&house, who, scope, Some(now), Vec::new()).await
}
