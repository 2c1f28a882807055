//! What people change about their own way in. Each change of what a session may do gives it new tokens (SE1, L9), and what
//! changes a factor ends all other sessions (SE5).

pub(crate) mod authenticator;
pub(crate) mod devices;
pub(crate) mod fresh_factor;
pub(crate) mod fresh_passkey;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod summary;

use axum::response::{AppendHeaders, IntoResponse, Response};
use curtain_auth::{Identity, SessionToken};
use curtain_domain::{SessionId, Timestamp};
use curtain_storage::CredentialScope;
use http::header;

use crate::cookies::TokenCookie;
use crate::extract::Json;
use crate::routes::session::Me;
use crate::{ApiError, House};

/// Ends the unit of work with new tokens for the session, and the sockets of the sessions that it ended.
async fn renew(
    house: &House,
    who: &Identity,
    mut scope: CredentialScope,
    factor_at: Option<Timestamp>,
    ended: Vec<SessionId>,
) -> Result<Response, ApiError> {
    let token = SessionToken::new(house.entropy.as_ref());
    if !scope.renew_session(who.session(), &token, factor_at).await? {
        return Err(ApiError::SignedOut);
    }
    scope.commit().await?;
    for session in ended {
        house.hub.revoke_session(session);
    }
    let cookie = TokenCookie::Session.set(&token.to_text(), &house.settings.public_origin);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(Me::of(who))).into_response())
}
