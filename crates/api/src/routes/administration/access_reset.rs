//! Somebody lost password and second factor together (AU10): an administrator who recognised them asks for a reset, another
//! one approves it, both with a fresh factor. Only then does a link go out. The person is told at both steps, by mail.

use axum::extract::State;
use curtain_auth::Administrator;
use curtain_domain::AccountId;
use curtain_storage::{AuditEvent, LinkKind};
use serde::Deserialize;
use utoipa::ToSchema;

use super::changes::{Changing, identity_check, refusal};
use super::people::{FreshLink, HandedLink, MemberOfPractice, shown};
use crate::extract::{Json, PathId, SteppedUp};
use crate::mail::notices::{self, Notice};
use crate::{ApiError, House, Problem};

/// A reset that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestAccessReset {
    /// How the person was recognised: `in_person`, `called_back`, `by_video` or `vouched`.
    identity_check: String,
}

const NO_RESET: ApiError =
    ApiError::Conflict("no_reset", "No reset is waiting here that you could approve or withdraw.");

/// Asks for the reset of somebody's password and second factor. Nothing changes until another administrator approves.
#[utoipa::path(post, path = "/api/v1/people/{id}/access-reset", tag = "administration",
    params(("id" = Uuid, Path)), request_body = RequestAccessReset, responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account, no_credentials or reset_waits"),
        (status = 422, body = Problem, description = "unprocessable: no such way of recognising somebody")))]
pub(crate) async fn request(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
    Json(form): Json<RequestAccessReset>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let check = identity_check(&form.identity_check)?;
    let now = house.clock.now();
    let Changing { mut scope, .. } = Changing::begin(&house, &administrator, id).await?;
    if !scope.has_credentials(id, now).await? {
        return Err(ApiError::Conflict("no_credentials", "This account has nothing to reset."));
    }
    if !scope.request_access_reset(id, check).await? {
        return Err(ApiError::Conflict(
            "reset_waits",
            "A reset is asked for already, and waits for approval.",
        ));
    }
    scope.record(&AuditEvent::AccessResetRequested { person: id, check }, now).await?;
    notices::queue(&house, scope.post(), id, Notice::AccessResetRequested, now).await?;
    let member = shown(&mut scope, id, now).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), account = %id, "a reset was asked for");
    Ok(Json(member))
}

/// Approves a reset that another administrator asked for, and sends the link that sets password and second factor anew.
#[utoipa::path(post, path = "/api/v1/people/{id}/access-reset/approve", tag = "administration",
    params(("id" = Uuid, Path)), responses(
        (status = 200, body = HandedLink),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account, own_request, no_reset or last_administrator")))]
pub(crate) async fn approve(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<HandedLink>, ApiError> {
    let now = house.clock.now();
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let waiting = changing.before.access_reset.as_ref().ok_or(NO_RESET)?;
    if waiting.requested_by == administrator.account() {
        return Err(ApiError::Conflict(
            "own_request",
            "You asked for this yourself. Another administrator approves it.",
        ));
    }
    let link = FreshLink::new(&house, now);
    if !changing.scope.approve_access_reset(id, link.stored, now).await.map_err(refusal)? {
        return Err(NO_RESET);
    }
    let event = AuditEvent::AccessResetApproved { person: id };
    let practice = administrator.identity().practice_name();
    let handed = changing.hand_over(link, LinkKind::NewCredentials, practice, &event).await?;
    tracing::info!(by = %administrator.account(), account = %id, "a reset was approved");
    Ok(handed)
}

/// Puts away a reset that nobody approved yet.
#[utoipa::path(post, path = "/api/v1/people/{id}/access-reset/withdraw", tag = "administration",
    params(("id" = Uuid, Path)), responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account or no_reset")))]
pub(crate) async fn withdraw(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let now = house.clock.now();
    let Changing { mut scope, .. } = Changing::begin(&house, &administrator, id).await?;
    if !scope.withdraw_access_reset(id).await? {
        return Err(NO_RESET);
    }
    scope.record(&AuditEvent::AccessResetWithdrawn { person: id }, now).await?;
    let member = shown(&mut scope, id, now).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), account = %id, "a reset was withdrawn");
    Ok(Json(member))
}
