//! Step-up with a passkey (SE4): it counts like a code of the authenticator.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use curtain_storage::{AuditEvent, CeremonyKind, Factor as Shown};
use http::{HeaderMap, header};

use super::renew;
use crate::audit::denials::actor;
use crate::extract::{Json, SignedInAny};
use crate::passkeys::{PasskeyRequest, ShownPasskey, judge};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// Asks for one of the person's passkeys.
#[utoipa::path(post, path = "/api/v1/session/fresh-factor/passkey/options", tag = "session", responses(
    (status = 200, body = PasskeyRequest),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 409, body = Problem, description = "no_passkey, or passkeys_unavailable: the practice's address has no \
        name")))]
pub(crate) async fn ask_for_fresh_passkey(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Response, ApiError> {
    let who = principal.identity();
    let own = house.store.credentials().begin().await?.passkeys_of(who.account()).await?;
    if own.is_empty() {
        return Err(ApiError::Conflict("no_passkey", "There is no passkey to confirm with."));
    }
    let allowed: Vec<_> = own.into_iter().map(|one| one.credential_id).collect();
    let (options, state) = house.relying_party("")?.ask()?;
    let begun_by = Some(who.session().as_uuid());
    let cookie = house.begin_ceremony(CeremonyKind::StepUp, begun_by, state.as_stored()).await?;
    let asked = PasskeyRequest::of(&options, &allowed);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(asked)).into_response())
}

/// Notes that a passkey was shown, and gives the session new tokens.
#[utoipa::path(post, path = "/api/v1/session/fresh-factor/passkey", tag = "session", request_body = ShownPasskey,
    responses(
        (status = 200, body = Me),
        (status = 401, body = Problem, description = "signed_out, or passkey_refused, whatever the reason"),
        (status = 409, body = Problem, description = "start_again: this session was not asked in the last five minutes")))]
pub(crate) async fn show_fresh_passkey(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<ShownPasskey>,
) -> Result<Response, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let (shown, begun_by) = (form.read()?, Some(who.session().as_uuid()));
    let state = house.take_ceremony(&headers, CeremonyKind::StepUp, begun_by).await?;
    let mut scope = house.store.credentials().begin().await?;
    let judged = judge(&house, &mut scope, state, &shown).await?;
    if !judged.is_ok_and(|named| named.account == who.account()) {
        // What a passkey of somebody else left behind doesn't count.
        drop(scope);
        house.note(Some(actor(who)), &AuditEvent::StepUpFailed(Shown::Passkey)).await?;
        return Err(ApiError::PasskeyRefused);
    }
    scope.record(Some(actor(who)), &AuditEvent::StepUpSucceeded(Shown::Passkey), now).await?;
    tracing::info!(account = %who.account(), session = %who.session(), "a fresh passkey was shown");
    renew(&house, who, scope, Some(now), Vec::new()).await
}
