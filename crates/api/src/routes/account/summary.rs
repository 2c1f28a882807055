//! What somebody signs in with, for their own settings: dates and numbers, no secret.

use axum::extract::State;
use curtain_domain::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, SignedInAny};
use crate::{ApiError, House, Problem};

/// What somebody signs in with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnFactors {
    /// When the password was set.
    #[serde(with = "time::serde::rfc3339::option")]
    password_since: Option<OffsetDateTime>,
    /// When the authenticator was confirmed.
    #[serde(with = "time::serde::rfc3339::option")]
    authenticator_since: Option<OffsetDateTime>,
    /// How many recovery codes are left.
    recovery_codes_left: u32,
    /// When a recovery code was used last.
    #[serde(with = "time::serde::rfc3339::option")]
    recovery_code_used_at: Option<OffsetDateTime>,
    /// How many characters another password needs here.
    password_minimum: u8,
    /// Whether this practice can have passkeys: its address must have a name.
    passkeys_possible: bool,
    /// The passkeys, the oldest first.
    passkeys: Vec<OwnPasskey>,
    /// From then on the practice asks for a passkey; absent where it doesn't, or where there is one.
    #[serde(with = "time::serde::rfc3339::option")]
    passkey_due_at: Option<OffsetDateTime>,
}

/// One of somebody's passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnPasskey {
    /// Which one.
    id: Uuid,
    /// What its owner calls it.
    name: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was used last, if it was.
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

/// Tells what the person signs in with.
#[utoipa::path(get, path = "/api/v1/account/factors", tag = "account", responses(
    (status = 200, body = OwnFactors),
    (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn own_factors(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Json<OwnFactors>, ApiError> {
    let mut scope = house.store.credentials().begin().await?;
    let account = principal.identity().account();
    let (found, passkeys) = (scope.factor_summary(account).await?, scope.passkeys_of(account).await?);
    let rule = scope.factor_rule(account).await?.filter(|_| house.has_passkeys() && passkeys.is_empty());
    let passkey_due_at = rule.and_then(|(rule, since)| rule.deadline(since)).map(Timestamp::to_date_time);
    let password_minimum = scope.policy().await?.policy.password_minimum.characters();
    Ok(Json(OwnFactors {
        password_since: found.password_at.map(Timestamp::to_date_time),
        authenticator_since: found.totp_at.map(Timestamp::to_date_time),
        recovery_codes_left: found.codes_left,
        recovery_code_used_at: found.code_used_at.map(Timestamp::to_date_time),
        password_minimum,
        passkeys_possible: house.has_passkeys(),
        passkeys: passkeys
            .into_iter()
            .map(|one| OwnPasskey {
                id: one.id,
                name: one.name,
                created_at: one.created_at.to_date_time(),
                last_used_at: one.last_used_at.map(Timestamp::to_date_time),
            })
            .collect(),
        passkey_due_at,
    }))
}
