//! One's own passkeys: making and removing them, only with a fresh factor. Either ends all other sessions, as replacing an
//! authenticator does. The authenticator stays beside them, so that removing never leaves a password alone.

use axum::extract::State;
use axum::response::Response;
use curtain_auth::Identity;
use curtain_auth::passkey::AskedOf;
use curtain_storage::{AuditEvent, CredentialScope, EndCause, Factor as Shown};
use http::HeaderMap;
use uuid::Uuid;

use super::renew;
use crate::audit::denials::actor;
use crate::extract::{Json, PathId, SteppedUpAny};
use crate::mail::notices::{self, Notice};
use crate::passkeys::{MadePasskey, PasskeyCreation, ask_for_new, keep_new};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// Asks for a new passkey.
#[utoipa::path(post, path = "/api/v1/account/passkeys/options", tag = "account", responses(
    (status = 200, body = PasskeyCreation),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "fresh_factor_needed"),
    (status = 409, body = Problem, description = "too_many_passkeys, or passkeys_unavailable: the practice's address has \
        no name")))]
pub(crate) async fn ask_for_new_passkey(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
) -> Result<Response, ApiError> {
    let who = principal.identity();
    let own = house.store.credentials().begin().await?.own_factors(who.account()).await?;
    let own = own.ok_or(ApiError::SignedOut)?;
    let whom = AskedOf { account: who.account(), email: &own.email, name: who.name() };
    ask_for_new(&house, whom, who.practice_name(), who.session().as_uuid()).await
}

/// Keeps a passkey that a device made, ends all other sessions, and gives this one new tokens.
#[utoipa::path(post, path = "/api/v1/account/passkeys", tag = "account", request_body = MadePasskey, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "signed_out, or passkey_refused"),
    (status = 403, body = Problem, description = "fresh_factor_needed"),
    (status = 409, body = Problem, description = "start_again: this session was not asked in the last five minutes; or \
        too_many_passkeys"),
    (status = 422, body = Problem, description = "unprocessable: the name")))]
pub(crate) async fn add_passkey(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<MadePasskey>,
) -> Result<Response, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let mut scope = keep_new(&house, &headers, who.account(), who.session().as_uuid(), &form).await?;
    let event = AuditEvent::FactorEnrolled { person: who.account(), factor: Shown::Passkey };
    scope.record(Some(actor(who)), &event, now).await?;
    tracing::info!(account = %who.account(), "a passkey was added");
    end_others_and_renew(&house, who, scope, Notice::PasskeyAdded).await
}

/// Removes one of the person's passkeys, ends all other sessions, and gives this one new tokens.
#[utoipa::path(post, path = "/api/v1/account/passkeys/{id}/remove", tag = "account",
    params(("id" = Uuid, Path, description = "The passkey.")),
    responses(
        (status = 200, body = Me),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found: no such passkey, removed, or not yours")))]
pub(crate) async fn remove_passkey(
    SteppedUpAny(principal): SteppedUpAny,
    State(house): State<House>,
    PathId(id): PathId<Uuid>,
) -> Result<Response, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let mut scope = house.store.credentials().begin().await?;
    if !scope.remove_passkey(who.account(), id, now).await? {
        return Err(ApiError::NotFound);
    }
    let event = AuditEvent::FactorRemoved { person: who.account(), factor: Shown::Passkey };
    scope.record(Some(actor(who)), &event, now).await?;
    tracing::info!(account = %who.account(), "a passkey was removed");
    end_others_and_renew(&house, who, scope, Notice::PasskeyRemoved).await
}

async fn end_others_and_renew(
    house: &House,
    who: &Identity,
    mut scope: CredentialScope,
    notice: Notice,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    let (by, here) = (actor(who), Some(who.session()));
    let ended = scope.end_others(by, who.account(), here, EndCause::FactorChanged, now).await?;
    notices::queue(house, scope.post(), who.account(), notice, now).await?;
    renew(house, who, scope, None, ended).await
}
