//! Somebody's own sessions: where they are signed in, and an end to any of them (SE5).

use axum::extract::State;
use curtain_domain::SessionId;
use curtain_storage::{AuditEvent, EndCause};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::denials::actor;
use crate::extract::{Json, PathId, SignedInAny};
use crate::{ApiError, House, Problem};

/// One session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnSession {
    /// Which session.
    id: Uuid,
    /// Browser and system in plain words; absent where they are not known.
    device: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    began_at: OffsetDateTime,
    /// Its last sign of life, twenty seconds more or less.
    #[serde(with = "time::serde::rfc3339")]
    last_used_at: OffsetDateTime,
}

/// Where somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnSessions {
    /// The one used last comes first.
    sessions: Vec<OwnSession>,
}

/// Lists the person's own sessions.
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "account", responses(
    (status = 200, body = OwnSessions),
    (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn own_sessions(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Json<OwnSessions>, ApiError> {
    let who = principal.identity();
    let mut scope = house.store.credentials().begin().await?;
    let found = scope.sessions_of(who.account(), house.clock.now()).await?;
    let sessions = found
        .into_iter()
        .map(|session| OwnSession {
            id: session.id.as_uuid(),
            device: session.device,
            current: session.id == who.session(),
            began_at: session.times.created.to_date_time(),
            last_used_at: session.times.last_used.to_date_time(),
        })
        .collect();
    Ok(Json(OwnSessions { sessions }))
}

/// Ends one of the person's own sessions, with its sockets.
#[utoipa::path(post, path = "/api/v1/account/sessions/{id}/end", tag = "account",
    params(("id" = Uuid, Path, description = "The session.")),
    responses(
        (status = 204),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 404, body = Problem, description = "not_found: no such session, ended, or not yours")))]
pub(crate) async fn end_session(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
    PathId(session): PathId<SessionId>,
) -> Result<StatusCode, ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    let (who, now) = (principal.identity(), house.clock.now());
    let person = who.account();
    if !scope.end_session_of(person, session, now).await? {
        return Err(ApiError::NotFound);
    }
    let ended = AuditEvent::SessionEnded { person, session, cause: EndCause::ByOwner };
    scope.record(Some(actor(who)), &ended, now).await?;
    scope.commit().await?;
    house.hub.revoke_session(session);
    tracing::info!(%session, "a session was ended from another");
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the person's other sessions, with their sockets.
#[utoipa::path(post, path = "/api/v1/account/sessions/end-others", tag = "account", responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn end_other_sessions(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<StatusCode, ApiError> {
    let (who, now) = (principal.identity(), house.clock.now());
    let mut scope = house.store.credentials().begin().await?;
    let (by, here) = (actor(who), Some(who.session()));
    let ended = scope.end_others(by, who.account(), here, EndCause::ByOwner, now).await?;
    scope.commit().await?;
    for session in ended {
        house.hub.revoke_session(session);
    }
    Ok(StatusCode::NO_CONTENT)
}
