//! Signing in: a password, then a code (AU1). **Every failure looks the same**, whatever its reason (AU6).

mod opening;
pub(crate) mod passkey;
pub(crate) mod passkey_due;
pub(crate) mod recovery;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::{Factor, Password, PasswordCheck, SignInToken, Standing, ThrottleSubject};
use curtain_domain::{AccountId, EmailAddress};
use curtain_storage::{
    AccountState, AuditEvent, CredentialScope, Factor as Shown, PendingSignIn, SignInAccount, SignInRefusal,
};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::opening::Opening;
use crate::cookies::TokenCookie;
use crate::extract::{ClientAddress, Json};
use crate::factor_checks::{KnownBrowser, allowed, decoy};
use crate::hashing::{Permit, Turn};
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
    /// After the password always `code`: everybody has a second factor. After that `passkey`, where the role needs one.
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
    headers: HeaderMap,
    Json(form): Json<SignIn>,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    // What is no address can't be anybody's, but it costs the same and counts for the network address.
    let email = EmailAddress::parse(&form.email).ok();
    let browser = browser_for(&house, &headers, email.as_ref()).await?;
    let mut counted = vec![ThrottleSubject::from_address(address)];
    let name = match browser.0 {
        Some(device) => Some(ThrottleSubject::Device(device.into_bytes())),
        None => email.clone().map(ThrottleSubject::Name),
    };
    counted.extend(name.clone());
    let refused = house.throttle().attempt(&counted, now);
    if let Err(refused) = refused {
        note_throttled(&house, None).await?;
        return Err(refused.into());
    }

    let turn = match browser.0 {
        Some(_) => Turn::KNOWN,
        None => house.hashing.turn_of(address, now),
    };
    let judged = judge(&house, email.as_ref(), browser, turn, &form.password).await;
    if !matches!(judged, Ok(Err(_))) {
        // Right, or never judged because the house is busy: it was no wrong guess.
        for subject in &counted {
            house.throttle().excuse(subject);
        }
    }
    let account = match judged? {
        Ok(account) => account,
        Err(person) => {
            house.note(None, &AuditEvent::SignInFailed { person }).await?;
            return Err(ApiError::SignInFailed);
        }
    };
    if let Some(name) = name {
        house.throttle().succeeded(&name);
    }
    let token = SignInToken::new(house.entropy.as_ref());
    let mut scope = house.store.credentials().begin().await?;
    scope.forget_failures(account, Factor::Password, None).await?;
    scope.create_sign_in(account, token.hash(), now, house.entropy.as_ref()).await?;
    scope.commit().await?;
    let cookie = TokenCookie::SignIn.set(&token.to_text(), &house.settings.public_origin);
    Ok(([(header::SET_COOKIE, cookie)], Json(NextStep { next: "code" })).into_response())
}

/// The browser of a request, if it is known for the address typed. Asks the database only when a browser shows
/// something to be known by: strangers meet the limits first.
async fn browser_for(
    house: &House,
    headers: &HeaderMap,
    email: Option<&EmailAddress>,
) -> Result<KnownBrowser, ApiError> {
    let (Some(email), Some(token)) = (email, house.device_token(headers)) else {
        return Ok(KnownBrowser(None));
    };
    let mut scope = house.store.credentials().begin().await?;
    Ok(KnownBrowser(scope.device_by_email(email, token.hash()).await?))
}

/// Whose password it is; else whose it isn't, if anybody's.
type Judged = Result<AccountId, Option<AccountId>>;

/// Whose password it is. A name that nobody has is counted and judged like any other (AU6), and so is a
/// password that was wrong too often: it is told like a wrong one.
async fn judge(
    house: &House,
    email: Option<&EmailAddress>,
    browser: KnownBrowser,
    turn: Turn,
    password: &str,
) -> Result<Judged, ApiError> {
    // First of all: a flood that is turned away must not keep the database busy.
    let permit = house.hashing.permit(turn).await?;
    let candidate = candidate(house, email).await?;
    let counted = candidate.as_ref().map_or_else(|| decoy(email), |account| account.account);
    let standing = house.try_factor(counted, Factor::Password, browser).await?;
    let person = candidate.as_ref().map(|account| account.account);
    let candidate = candidate.filter(|_| standing == Standing::Open);
    let judged = verify(house, candidate, permit, Password::typed(password)).await;
    if judged.is_err() && standing == Standing::Open {
        house.excuse_factor(counted, Factor::Password, browser).await?;
    }
    Ok(judged?.ok_or(person))
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
    permit: Permit,
    password: Password,
) -> Result<Option<AccountId>, ApiError> {
    let stored = candidate.as_ref().and_then(|account| account.password.clone());
    let old = stored.clone();
    let (check, renewed) = house
        .hash_with(permit, move |hasher, entropy| match hasher.verify(&password, stored.as_ref()) {
            PasswordCheck::RightButOld => (PasswordCheck::Right, Some(hasher.rehash(&password, entropy))),
            check => (check, None),
        })
        .await?;
    let account = candidate.filter(|_| check == PasswordCheck::Right).map(|account| account.account);
    if let (Some(account), Some(old), Some(new)) = (account, old, renewed.transpose()?) {
        let mut scope = house.store.credentials().begin().await?;
        scope.rehash_password(account, &old, &new).await?;
        scope.commit().await?;
    }
    Ok(account)
}

/// Checks the code and opens a session.
#[utoipa::path(post, path = "/api/v1/sign-in/code", tag = "sign-in", request_body = SignInCode, responses(
    (status = 200, body = Me),
    (status = 202, body = NextStep, description = "passkey: the practice asks for one, to be made now"),
    (status = 401, body = Problem, description = "code_wrong, or sign_in_again after five of them or five minutes"),
    (status = 403, body = Problem, description = "factor_locked, or passkey_needed: the sign-in is over"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After: the sign-in is over")))]
pub(crate) async fn check_code(
    State(house): State<House>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(form): Json<SignInCode>,
) -> Result<Response, ApiError> {
    let Some(token) = sign_in_token(&house, &headers) else { return Ok(over(&house, ApiError::SignInAgain)) };
    let now = house.clock.now();
    let Some(pending) = attempt(&house, &token).await? else {
        return Ok(over(&house, ApiError::SignInAgain));
    };
    let (account, counted) = (pending.account, [ThrottleSubject::from_address(address)]);
    may_try(&house, &counted, Some(account)).await?;
    let browser = house.browser_of(&headers, account).await?;
    let mut scope = house.store.credentials().begin().await?;
    if let Err(locked) = allowed(house.hold_factor(&mut scope, account, Factor::Totp, browser).await?) {
        return end_locked(&house, scope, &token, account, locked).await;
    }
    let role = pending.role;
    let opening =
        Opening { house: &house, headers: &headers, account, role, browser, now, shown: Shown::Totp };
    if let Some(step) = house.totp_step(account, &pending.totp, &form.code, now)?
        && scope.consume_totp_step(account, step).await?
        && scope.finish_sign_in(token.hash(), now).await?
    {
        scope.forget_failures(account, Factor::Totp, None).await?;
        return passkey_due::open_or_ask(opening, scope).await;
    }
    house.throttle().failed(&counted, now);
    scope.record(None, &AuditEvent::CodeWrong { person: account, factor: Shown::Totp }, now).await?;
    scope.commit().await?;
    Err(ApiError::CodeWrong)
}

/// Whether the network may try at all. One that may not is written down.
async fn may_try(
    house: &House,
    counted: &[ThrottleSubject],
    person: Option<AccountId>,
) -> Result<(), ApiError> {
    let refused = house.throttle().check(counted, house.clock.now());
    if let Err(refused) = refused {
        note_throttled(house, person).await?;
        return Err(refused.into());
    }
    Ok(())
}

/// Somebody was not even asked. Of a flood, one a second is written down.
async fn note_throttled(house: &House, person: Option<AccountId>) -> Result<(), ApiError> {
    if !house.audit.takes_throttled(house.clock.now()) {
        return Ok(());
    }
    house.note(None, &AuditEvent::SignInThrottled { person, why: SignInRefusal::TooMany }).await
}

/// What the browser holds between password and code.
fn sign_in_token(house: &House, headers: &HeaderMap) -> Option<SignInToken> {
    TokenCookie::SignIn.read(headers, &house.settings.public_origin).and_then(SignInToken::parse)
}

/// The sign-in is over: why, and its cookie is taken away.
fn over(house: &House, why: ApiError) -> Response {
    let gone = TokenCookie::SignIn.clear(&house.settings.public_origin);
    ([(header::SET_COOKIE, gone)], why).into_response()
}

/// A factor that may not be tried ends the sign-in (L10, L12): it takes the password again.
async fn end_locked(
    house: &House,
    mut scope: CredentialScope,
    token: &SignInToken,
    person: AccountId,
    locked: ApiError,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    scope.abandon_sign_in(token.hash(), now).await?;
    let refused = AuditEvent::SignInThrottled { person: Some(person), why: SignInRefusal::TooMany };
    scope.record(None, &refused, now).await?;
    scope.commit().await?;
    Ok(over(house, locked))
}

/// Takes one of the five attempts, whether or not it succeeds.
async fn attempt(house: &House, token: &SignInToken) -> Result<Option<PendingSignIn>, ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    let pending = scope.attempt_sign_in(token.hash(), house.clock.now()).await?;
    scope.commit().await?;
    Ok(pending)
}
