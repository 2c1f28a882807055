//! Activation: whoever holds the link chooses a password, sets up an authenticator and proves it with a code (AU12).
//!
//! The token comes in bodies only, from the link's fragment: no log and no proxy sees it (OP9). A link that is unknown,
//! used or expired is one answer.

use axum::extract::State;
use curtain_auth::{
    ActivationToken, NewPassword, Password, PasswordCheck, PasswordMinimum, PasswordPhc, RecoveryCode,
    ThrottleSubject, TotpSecret, totp,
};
use curtain_domain::EmailAddress;
use curtain_storage::{Activation, Actor, AuditEvent, CredentialScope, Factor, LinkKind};
use curtain_vault::CredentialContext;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::mail::notices::{self, Notice};
use crate::{ApiError, House, Problem};

/// A link that was opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenLink {
    /// From the link's fragment.
    token: String,
}

/// Whose link it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkOpened {
    /// What others call them.
    name: String,
    /// What they will sign in with.
    email: String,
    /// Which step is next: `password`, `authenticator` when a password was chosen, or `known_password` when the link is for
    /// another second factor and the password stands.
    step: &'static str,
    /// How many characters a password needs here.
    password_minimum: u8,
}

/// A password, chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoosePassword {
    /// From the link's fragment.
    token: String,
    /// As many characters as the practice asks for.
    #[schema(format = Password)]
    password: String,
}

/// What the authenticator app needs. Shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthenticatorSecret {
    /// Base32, for typing.
    secret: String,
    /// For the QR code.
    otpauth_uri: String,
}

impl AuthenticatorSecret {
    /// Of an account in a practice.
    pub(crate) fn of(secret: &TotpSecret, practice: &str, email: &EmailAddress) -> Result<Self, ApiError> {
        let otpauth_uri = secret.otpauth_uri(practice, email)?.to_string();
        Ok(Self { secret: secret.to_base32().to_string(), otpauth_uri })
    }
}

/// The first code of the new authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmCode {
    /// From the link's fragment.
    token: String,
    /// Six digits.
    code: String,
}

/// For the day the authenticator is lost. Shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each works once.
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    /// A whole set, to be shown.
    pub(crate) fn of(codes: &[RecoveryCode]) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.to_text().to_string()).collect() }
    }
}

/// The live activation behind a token, held for the scope's unit of work.
async fn live(house: &House, token: &str, scope: &mut CredentialScope) -> Result<Activation, ApiError> {
    let token = ActivationToken::parse(token).ok_or(ApiError::LinkInvalid)?;
    scope.activation(token.hash(), house.clock.now()).await?.ok_or(ApiError::LinkInvalid)
}

/// Tells whose link it is. Changes nothing: mail scanners open links.
#[utoipa::path(post, path = "/api/v1/activation", tag = "activation", request_body = OpenLink, responses(
    (status = 200, body = LinkOpened), (status = 404, body = Problem, description = "link_invalid")))]
pub(crate) async fn open_link(
    State(house): State<House>,
    Json(form): Json<OpenLink>,
) -> Result<Json<LinkOpened>, ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    let activation = live(&house, &form.token, &mut scope).await?;
    let step = match activation.kind {
        LinkKind::NewFactor => "known_password",
        LinkKind::Invitation if activation.password.is_some() => "authenticator",
        LinkKind::Invitation | LinkKind::NewCredentials => "password",
    };
    let (name, email) = (activation.name.as_str().to_owned(), activation.email.as_str().to_owned());
    let password_minimum = scope.policy().await?.policy.password_minimum.characters();
    Ok(Json(LinkOpened { name, email, step, password_minimum }))
}

/// Sets the password, or checks it where it stands already, and makes a fresh secret for the authenticator; may be done
/// again until a code confirms it.
#[utoipa::path(post, path = "/api/v1/activation/password", tag = "activation", request_body = ChoosePassword,
    responses(
        (status = 200, body = AuthenticatorSecret),
        (status = 401, body = Problem, description = "password_wrong: it stands already and is another"),
        (status = 404, body = Problem, description = "link_invalid"),
        (status = 422, body = Problem, description = "password_refused: detail says why"),
        (status = 503, body = Problem, description = "busy, with Retry-After")))]
pub(crate) async fn choose_password(
    State(house): State<House>,
    Json(form): Json<ChoosePassword>,
) -> Result<Json<AuthenticatorSecret>, ApiError> {
    // Looked at before the hash is computed, and again after it: strangers can't make the server hash.
    let mut scope = house.store.credentials().begin().await?;
    let activation = live(&house, &form.token, &mut scope).await?;
    let minimum = scope.policy().await?.policy.password_minimum;
    drop(scope);
    let chosen = match activation.kind {
        LinkKind::Invitation | LinkKind::NewCredentials => {
            Some(choose(&house, &activation, minimum, &form.password).await?)
        }
        LinkKind::NewFactor => {
            recognise(&house, &activation, &form.password).await?;
            None
        }
    };

    let mut scope = house.store.credentials().begin().await?;
    let activation = live(&house, &form.token, &mut scope).await?;
    let now = house.clock.now();
    if let Some(phc) = chosen {
        scope.set_password(activation.account, &phc, now).await?;
        let changed = AuditEvent::PasswordChanged { person: activation.account };
        scope.record(Some(by(&activation)), &changed, now).await?;
    }
    let key = house.credential_key(&mut scope).await?;
    let secret = TotpSecret::new(house.entropy.as_ref());
    let version = activation.totp.as_ref().map_or(1, |totp| totp.version.saturating_add(1));
    let context = CredentialContext::totp(key.clone(), activation.account, version);
    let sealed = house.vault.seal_totp(&context, &secret)?;
    if !scope.store_totp(activation.account, version, &sealed, key.id).await? {
        return Err(ApiError::LinkInvalid);
    }
    scope.commit().await?;
    Ok(Json(AuthenticatorSecret::of(&secret, &activation.practice_name, &activation.email)?))
}

/// Whoever holds the link acts as its person.
const fn by(activation: &Activation) -> Actor {
    Actor { account: activation.account, role: activation.role, session: None }
}

/// The hash of a first password.
async fn choose(
    house: &House,
    activation: &Activation,
    minimum: PasswordMinimum,
    typed: &str,
) -> Result<PasswordPhc, ApiError> {
    let context = [activation.name.as_str(), activation.email.as_str(), activation.practice_name.as_str()];
    let password = NewPassword::choose(typed, minimum, &context)
        .map_err(|refusal| ApiError::PasswordRefused(refusal.to_string()))?;
    Ok(house.hash(move |hasher, entropy| hasher.hash(&password, entropy)).await??)
}

/// Whoever lost their second factor still knows their password. The link alone, which came by mail, sets up nothing (AU10).
async fn recognise(house: &House, activation: &Activation, typed: &str) -> Result<(), ApiError> {
    let now = house.clock.now();
    let counted = [ThrottleSubject::Code(activation.account)];
    house.throttle().attempt(&counted, now)?;
    let (password, stored) = (Password::typed(typed), activation.password.clone());
    let judged = house.hash(move |hasher, _| hasher.verify(&password, stored.as_ref())).await;
    if !matches!(judged, Ok(PasswordCheck::Wrong)) {
        house.throttle().excuse(&counted[0]);
    }
    if judged? == PasswordCheck::Wrong { Err(ApiError::PasswordWrong) } else { Ok(()) }
}

/// Checks the first code, uses the link up, and hands out recovery codes.
#[utoipa::path(post, path = "/api/v1/activation/confirm", tag = "activation", request_body = ConfirmCode, responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, body = Problem, description = "code_wrong"),
    (status = 404, body = Problem, description = "link_invalid"),
    (status = 429, body = Problem, description = "too_many_attempts, with Retry-After")))]
pub(crate) async fn confirm_code(
    State(house): State<House>,
    Json(form): Json<ConfirmCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let now = house.clock.now();
    let token = ActivationToken::parse(&form.token).ok_or(ApiError::LinkInvalid)?;
    let mut scope = house.store.credentials().begin().await?;
    let activation = live(&house, &form.token, &mut scope).await?;
    let (person, actor) = (activation.account, Some(by(&activation)));
    let totp =
        activation.totp.filter(|totp| !totp.confirmed && !totp.was_reset()).ok_or(ApiError::LinkInvalid)?;
    let counted = [ThrottleSubject::Code(activation.account)];
    house.throttle().check(&counted, now)?;
    let context = CredentialContext::totp(totp.key, activation.account, totp.version);
    let secret = house.vault.open_totp(&context, &totp.sealed)?;
    let Some(step) = totp::matching_step(&secret, &form.code, now) else {
        house.throttle().failed(&counted, now);
        scope.record(actor, &AuditEvent::CodeWrong { person, factor: Factor::Totp }, now).await?;
        scope.commit().await?;
        return Err(ApiError::CodeWrong);
    };
    let codes = RecoveryCode::set(house.entropy.as_ref());
    let hashes = codes.each_ref().map(RecoveryCode::hash);
    if !scope.finish_activation(token.hash(), activation.account, step, &hashes, now).await? {
        return Err(ApiError::LinkInvalid);
    }
    scope.record(actor, &AuditEvent::FactorEnrolled { person, factor: Factor::Totp }, now).await?;
    scope.record(actor, &AuditEvent::AccountActivated { person }, now).await?;
    if activation.kind == LinkKind::NewFactor {
        notices::queue(&house, scope.post(), person, Notice::AuthenticatorChanged, now).await?;
    }
    scope.commit().await?;
    tracing::info!(account = %activation.account, "an account was activated");
    Ok(Json(RecoveryCodes::of(&codes)))
}
