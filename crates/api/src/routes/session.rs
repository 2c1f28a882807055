//! The session that a browser is in: who am I, and sign me out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::Identity;
use curtain_domain::Role;
use curtain_storage::{AuditEvent, EndCause};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::denials::actor;
use crate::cookies::TokenCookie;
use crate::extract::{Json, SignedInAny};
use crate::{ApiError, House, Problem};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The account's id; stands as `person` in the visit's credentials.
    person: Uuid,
    /// What others call them.
    name: String,
    /// What they are in the practice.
    #[schema(value_type = String, example = "clinician")]
    role: Role,
    /// Their practice.
    practice: Practice,
    /// How long this lasts.
    session: SessionLife,
}

/// A practice as its people see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Practice {
    /// What it is called.
    name: String,
}

/// When a session ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionLife {
    /// Without a request for this long, it ends.
    idle_seconds: u64,
    /// It ends then in any case.
    #[serde(with = "time::serde::rfc3339")]
    ends_at: OffsetDateTime,
}

impl Me {
    /// What a person is told about themselves.
    pub(crate) fn of(who: &Identity) -> Self {
        let times = who.times();
        Self {
            person: who.account().as_uuid(),
            name: who.name().as_str().to_owned(),
            role: who.role(),
            practice: Practice { name: who.practice_name().to_owned() },
            session: SessionLife {
                idle_seconds: times.idle_limit.as_secs(),
                ends_at: times.ends_at.to_date_time(),
            },
        }
    }
}

/// Tells who is signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "session",
    responses((status = 200, body = Me), (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn me(SignedInAny(principal): SignedInAny) -> Json<Me> {
    Json(Me::of(principal.identity()))
}

/// Ends the session with all that it opened, and has the browser forget its cookies and pages.
#[utoipa::path(post, path = "/api/v1/sign-out", tag = "session",
    responses((status = 204), (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn sign_out(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Response, ApiError> {
    let who = principal.identity();
    let (session, now) = (who.session(), house.clock.now());
    let mut scope = house.store.credentials().begin().await?;
    scope.end_session(session, now).await?;
    let ended = AuditEvent::SessionEnded { person: who.account(), session, cause: EndCause::SignedOut };
    scope.record(Some(actor(who)), &ended, now).await?;
    scope.commit().await?;
    tracing::info!(%session, "signed out");
    house.hub.revoke_session(session);
    let gone = TokenCookie::Session.clear(&house.settings.public_origin);
    // Not "storage": the device key, by which others know this browser, lives there (BR4). Not "cookies": it would take
    // those of every other site of the practice's domain along.
    let clear = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone), clear]).into_response())
}
