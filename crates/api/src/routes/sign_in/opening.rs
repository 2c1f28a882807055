//! The end of signing in: a session that nobody had before, and a browser that is known from now on (SE1, AU7).

use axum::response::{AppendHeaders, IntoResponse, Response};
use curtain_auth::{DeviceToken, NewSession, SessionToken};
use curtain_domain::{AccountId, Role, SessionId, Timestamp};
use curtain_storage::{Actor, AuditEvent, CredentialScope, EndCause, Factor};
use http::{HeaderMap, HeaderValue, header};

use crate::cookies::TokenCookie;
use crate::device_name::device_name;
use crate::extract::Json;
use crate::factor_checks::KnownBrowser;
use crate::mail::notices::{self, Notice};
use crate::routes::session::Me;
use crate::{ApiError, House};

/// Somebody who showed both factors, and the browser they did it in.
pub(super) struct Opening<'a> {
    pub(super) house: &'a House,
    pub(super) headers: &'a HeaderMap,
    pub(super) account: AccountId,
    pub(super) role: Role,
    pub(super) browser: KnownBrowser,
    pub(super) now: Timestamp,
    /// The second factor that was right; a passkey is both.
    pub(super) shown: Factor,
}

impl Opening<'_> {
    /// Opens the session in the unit of work that used the factor up: both happen, or neither. The session that the
    /// browser had before ends. `None` when the account may no longer sign in.
    pub(super) async fn open(self, mut scope: CredentialScope) -> Result<Option<Response>, ApiError> {
        let Self { house, headers, account, role, browser, now, shown } = self;
        let origin = &house.settings.public_origin;
        let mut session = NewSession::issue(role, now, house.entropy.as_ref());
        session.device = device_name(headers);
        if !scope.create_session(account, &session).await? {
            return Ok(None);
        }
        let by = Actor { account, role, session: Some(session.id) };
        scope.record(Some(by), &AuditEvent::SignInSucceeded(shown), now).await?;
        scope.record(Some(by), &AuditEvent::SessionStarted { session: session.id }, now).await?;
        let replaced = end_the_one_before(house, headers, &mut scope, by, now).await?;
        let mut cookies = vec![
            (header::SET_COOKIE, TokenCookie::Session.set(&session.token.to_text(), origin)),
            (header::SET_COOKIE, TokenCookie::SignIn.clear(origin)),
        ];
        if browser.0.is_none() {
            tell_of_new_browser(house, &mut scope, account, &session, shown).await?;
            cookies.push((header::SET_COOKIE, remember(house, account, &mut scope, now).await?));
        }
        let stored = scope.session(session.token.hash()).await?.ok_or(ApiError::SignedOut)?;
        scope.commit().await?;
        if let Some(replaced) = replaced {
            house.hub.revoke_session(replaced);
        }
        let who = stored.admit(&session.token, now).map_err(ApiError::internal)?;
        tracing::info!(%account, "signed in");
        Ok(Some((AppendHeaders(cookies), Json(Me::of(who.identity()))).into_response()))
    }
}

/// Ends the session that this browser had.
async fn end_the_one_before(
    house: &House,
    headers: &HeaderMap,
    scope: &mut CredentialScope,
    by: Actor,
    now: Timestamp,
) -> Result<Option<SessionId>, ApiError> {
    let cookie = TokenCookie::Session.read(headers, &house.settings.public_origin);
    let Some(old) = cookie.and_then(SessionToken::parse) else { return Ok(None) };
    let Some(stored) = scope.session(old.hash()).await? else { return Ok(None) };
    scope.end_session(stored.id(), now).await?;
    let (person, session) = (stored.account(), stored.id());
    let ended = AuditEvent::SessionEnded { person, session, cause: EndCause::Replaced };
    scope.record(Some(by), &ended, now).await?;
    Ok(Some(stored.id()))
}

/// Tells somebody that they were seen in a new browser. Not after the first sign-in ever, and not with a recovery code,
/// which has letters of its own.
async fn tell_of_new_browser(
    house: &House,
    scope: &mut CredentialScope,
    account: AccountId,
    session: &NewSession,
    shown: Factor,
) -> Result<(), ApiError> {
    if shown == Factor::RecoveryCode || !scope.was_known(account).await? {
        return Ok(());
    }
    let notice = Notice::NewBrowser { device: session.device };
    notices::queue(house, scope.post(), account, notice, session.times.created).await
}

/// A cookie by which the browser is known from now on.
async fn remember(
    house: &House,
    account: AccountId,
    scope: &mut CredentialScope,
    now: Timestamp,
) -> Result<HeaderValue, ApiError> {
    let token = DeviceToken::new(house.entropy.as_ref());
    // A row of its own kind, whose id nobody needs: any time-ordered one will do.
    let id = SessionId::new(now, house.entropy.as_ref()).as_uuid();
    scope.remember_device(account, id, token.hash(), now).await?;
    Ok(TokenCookie::Device.set(&token.to_text(), &house.settings.public_origin))
}
