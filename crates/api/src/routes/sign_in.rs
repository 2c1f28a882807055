//! Signing in: a password, then a code (AU1). **Every failure looks the same**, whatever its reason (AU6).

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use curtain_auth::{
    AnyPrincipal, NewSession, Password, PasswordCheck, SessionToken, SignInToken, ThrottleSubject, totp,
};
use curtain_domain::{AccountId, EmailAddress, Timestamp};
use curtain_storage::{
    AccountState, Actor, AuditEvent, EndCause, Factor, PendingSignIn, SignInAccount, SignInRefusal,
};
use curtain_vault::CredentialContext;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cookies::TokenCookie;
use crate::extract::{ClientAddress, Json};
use crate::routes::session::Me;
use crate::{ApiError, House, Problem};

/// What somebody typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The e-mail address.
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// What comes next in signing in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextStep {
    /// Always `code`: everybody has a second factor.
    next: &'static str,
}

/// The second step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInCode {
    /// Six digits from the authenticator app.
    code: String,
}

/// Checks the password and asks for the code.
#[utoipa::path(post, path = "/api/v1/sign-in", tag = "sign-in", request_body = SignIn, responses(
    (status = 200, body = NextStep),
    (status = 401, body = Problem, description = "sign_in_failed"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After"),
    (status = 503, body = Problem, description = "busy, with Retry-After")))]
pub(crate) async fn check_password(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
    Json(form): Json<SignIn>,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    // What is no address can't be anybody's, but it costs the same and counts for the network address.
    let email = EmailAddress::parse(&form.email).ok();
    let mut counted = vec![ThrottleSubject::from_address(address)];
    counted.extend(email.clone().map(ThrottleSubject::Name));
    let refused = house.throttle().attempt(&counted, now);
    if let Err(refused) = refused {
        note_throttled(&house, None, now).await?;
        return Err(refused.into());
    }

    let judged = judge(&house, email.as_ref(), &form.password, now).await;
    if !matches!(judged, Ok(Err(_))) {
        // Right, or never judged because the house is busy: it was no wrong guess.
        for subject in &counted {
            house.throttle().excuse(subject);
        }
    }
    let account = match judged? {
        Ok(account) => account,
        Err(person) => {
            note(&house, None, &AuditEvent::SignInFailed { person }, now).await?;
            return Err(ApiError::SignInFailed);
        }
    };
    if let Some(email) = email {
        house.throttle().succeeded(&ThrottleSubject::Name(email));
    }
    let token = SignInToken::new(house.entropy.as_ref());
    let mut scope = house.store.credentials().begin().await?;
    scope.create_sign_in(account, token.hash(), now, house.entropy.as_ref()).await?;
    scope.commit().await?;
    let cookie = TokenCookie::SignIn.set(&token.to_text(), &house.settings.public_origin);
    Ok(([(header::SET_COOKIE, cookie)], Json(NextStep { next: "code" })).into_response())
}

/// Whose password it is; else whose it isn't, if anybody's.
type Judged = Result<AccountId, Option<AccountId>>;

async fn judge(
    house: &House,
    email: Option<&EmailAddress>,
    password: &str,
    now: Timestamp,
) -> Result<Judged, ApiError> {
    let candidate = candidate(house, email).await?;
    verify(house, candidate, Password::typed(password), now).await
}

/// Who may sign in with this address: an active account with both factors.
async fn candidate(house: &House, email: Option<&EmailAddress>) -> Result<Option<SignInAccount>, ApiError> {
    let Some(email) = email else { return Ok(None) };
    let found = house.store.credentials().begin().await?.account_by_email(email).await?;
    Ok(found.filter(|account| {
        account.state == AccountState::Active && account.totp.as_ref().is_some_and(|totp| totp.confirmed)
    }))
}

/// The account, if the password is its own. Costs one hash in any case; a hash of an older cost is renewed (AU4).
async fn verify(
    house: &House,
    candidate: Option<SignInAccount>,
    password: Password,
    now: Timestamp,
) -> Result<Judged, ApiError> {
    let stored = candidate.as_ref().and_then(|account| account.password.clone());
    let (check, renewed) = house
        .hash(move |hasher, entropy| match hasher.verify(&password, stored.as_ref()) {
            PasswordCheck::RightButOld => (PasswordCheck::Right, Some(hasher.rehash(&password, entropy))),
            check => (check, None),
        })
        .await?;
    let candidate = candidate.map(|account| account.account);
    let account = candidate.filter(|_| check == PasswordCheck::Right);
    if let (Some(account), Some(phc)) = (account, renewed.transpose()?) {
        let mut scope = house.store.credentials().begin().await?;
        scope.set_password(account, &phc, now).await?;
        scope.commit().await?;
    }
    Ok(account.ok_or(candidate))
}

/// Writes down what came to nothing, in a unit of work of its own.
async fn note(house: &House, by: Option<Actor>, event: &AuditEvent, now: Timestamp) -> Result<(), ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    scope.record(by, event, now).await?;
    Ok(scope.commit().await?)
}

/// Somebody was not even asked. Of a flood, one a second is written down.
async fn note_throttled(house: &House, person: Option<AccountId>, now: Timestamp) -> Result<(), ApiError> {
    if !house.audit.takes_throttled(now) {
        return Ok(());
    }
    note(house, None, &AuditEvent::SignInThrottled { person, why: SignInRefusal::TooMany }, now).await
}

/// Checks the code and opens a session.
#[utoipa::path(post, path = "/api/v1/sign-in/code", tag = "sign-in", request_body = SignInCode, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "code_wrong, or sign_in_again after five of them or five minutes"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn check_code(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(form): Json<SignInCode>,
) -> Result<Response, ApiError> {
    let (now, origin) = (house.clock.now(), &house.settings.public_origin);
    let over = || {
        let gone = TokenCookie::SignIn.clear(origin);
        Ok(([(header::SET_COOKIE, gone)], ApiError::SignInAgain).into_response())
    };
    let Some(token) = TokenCookie::SignIn.read(&headers, origin).and_then(SignInToken::parse) else {
        return over();
    };
    let Some(pending) = attempt(&house, &token, now).await? else { return over() };
    let counted = [ThrottleSubject::from_address(address), ThrottleSubject::Code(pending.account)];
    let refused = house.throttle().check(&counted, now);
    if let Err(refused) = refused {
        note_throttled(&house, Some(pending.account), now).await?;
        return Err(refused.into());
    }

    let old = TokenCookie::Session.read(&headers, origin).and_then(SessionToken::parse);
    let Some((session, who)) = open_session(&house, &token, &pending, &form.code, old, now).await? else {
        house.throttle().failed(&counted, now);
        let wrong = AuditEvent::CodeWrong { person: pending.account, factor: Factor::Totp };
        note(&house, None, &wrong, now).await?;
        return Err(ApiError::CodeWrong);
    };
    house.throttle().succeeded(&ThrottleSubject::Code(pending.account));
    tracing::info!(account = %pending.account, "signed in");
    let cookies = AppendHeaders([
        (header::SET_COOKIE, TokenCookie::Session.set(&session.to_text(), origin)),
        (header::SET_COOKIE, TokenCookie::SignIn.clear(origin)),
    ]);
    Ok((cookies, Json(Me::of(who.identity()))).into_response())
}

/// Takes one of the five attempts, whether or not it succeeds.
async fn attempt(
    house: &House,
    token: &SignInToken,
    now: Timestamp,
) -> Result<Option<PendingSignIn>, ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    let pending = scope.attempt_sign_in(token.hash(), now).await?;
    scope.commit().await?;
    Ok(pending)
}

/// The session that a right and unused code opens; the one that the browser had before ends (SE1). One transaction:
/// of two requests with the same code, one gets `None`.
async fn open_session(
    house: &House,
    token: &SignInToken,
    pending: &PendingSignIn,
    code: &str,
    old: Option<SessionToken>,
    now: Timestamp,
) -> Result<Option<(SessionToken, AnyPrincipal)>, ApiError> {
    let PendingSignIn { account, role, totp: stored, .. } = pending;
    let context = CredentialContext::totp(stored.key.clone(), *account, stored.version);
    let secret = house.vault.open_totp(&context, &stored.sealed)?;
    let Some(step) = totp::matching_step(&secret, code, now) else { return Ok(None) };

    let mut scope = house.store.credentials().begin().await?;
    if !scope.consume_totp_step(*account, step).await? || !scope.finish_sign_in(token.hash(), now).await? {
        return Ok(None);
    }
    let session = NewSession::issue(*role, now, house.entropy.as_ref());
    if !scope.create_session(*account, &session).await? {
        return Ok(None);
    }
    let stored = scope.session(session.token.hash()).await?.ok_or(ApiError::SignedOut)?;
    let by = Some(Actor { account: *account, role: *role, session: Some(stored.id()) });
    scope.record(by, &AuditEvent::SignInSucceeded(Factor::Totp), now).await?;
    scope.record(by, &AuditEvent::SessionStarted { session: stored.id() }, now).await?;
    if let Some(old) = old
        && let Some(old) = scope.session(old.hash()).await?
    {
        let (session, cause) = (old.id(), EndCause::Replaced);
        scope.end_session(session, now).await?;
        let ended = AuditEvent::SessionEnded { person: old.account(), session, cause };
        scope.record(by, &ended, now).await?;
    }
    scope.commit().await?;
    let who = stored.admit(&session.token, now).map_err(ApiError::internal)?;
    Ok(Some((session.token, who)))
}
