//! The practice's key and the browsers of clinicians that it certifies. **The private part of the key never comes here**: an
//! administrator's browser makes it, keeps it in a file under a passphrase, and signs; what arrives is public.

use axum::extract::State;
use curtain_auth::{Administrator, Principal};
use curtain_domain::{AccountId, PersonName, Role, Timestamp};
use curtain_storage::{
    AccountState, AdminScope, AuditEvent, ClinicianDevice, DeviceCertificate, NewPracticeKey, StorageError,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, PathId, SignedIn, SteppedUp};
use crate::mail::notices::{self, Notice};
use crate::routes::account::devices::Devices;
use crate::routes::practice_key::{PublicPracticeKey, read_bytes};
use crate::{ApiError, House, Problem};

/// What the practice's key says of a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificate {
    /// Which one.
    device: Uuid,
    /// What its owner is called.
    name: String,
    /// Bit n for the role n of docs/protocol.md.
    roles: u16,
    /// Until when it counts, in whole seconds; ninety days at most.
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
    /// By the practice's key, 64 bytes in base64.
    signature: String,
}

/// A key that an administrator's browser made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakePracticeKey {
    /// Ed25519, 32 bytes in base64.
    public_key: String,
    /// The practice's key that it takes the place of; null for the first.
    previous: Option<Uuid>,
    /// What that one says of it, 64 bytes in base64; null for the first, and where that one was lost.
    signed_by_previous: Option<String>,
    /// What the new key says of the devices that the old one had certified, so that nobody has to wait.
    certificates: Vec<NewCertificate>,
}

/// Certificates to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertifyDevices {
    /// The key that signed them; it has to be the practice's of today.
    practice_key: Uuid,
    /// What it says.
    certificates: Vec<NewCertificate>,
}

/// A key and who made it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadePracticeKey {
    /// The key.
    key: PublicPracticeKey,
    /// Who made it.
    made_by: Option<String>,
}

/// The keys of the practice, as an administrator sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PracticeKeys {
    /// The oldest first; the last one is the practice's key.
    keys: Vec<MadePracticeKey>,
}

impl NewCertificate {
    fn read(&self) -> Result<(Uuid, DeviceCertificate), ApiError> {
        let certificate = DeviceCertificate {
            name: PersonName::parse(&self.name)
                .map_err(|_| ApiError::Unprocessable("The field name is no name.".to_owned()))?
                .as_str()
                .to_owned(),
            roles: self.roles,
            not_after: Timestamp::from_date_time(self.not_after),
            signature: read_bytes(&self.signature, "signature")?,
        };
        Ok((self.device, certificate))
    }
}

/// Lists the practice's keys with who made them.
#[utoipa::path(get, path = "/api/v1/practice-keys", tag = "administration", responses(
    (status = 200, body = PracticeKeys),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only")))]
pub(crate) async fn practice_keys(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
) -> Result<Json<PracticeKeys>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    Ok(Json(shown(&mut scope, house.clock.now()).await?))
}

async fn shown(scope: &mut AdminScope, now: Timestamp) -> Result<PracticeKeys, ApiError> {
    let (keys, members) = (scope.practice_keys().await?, scope.members(now).await?);
    let mut made = Vec::with_capacity(keys.len());
    for key in &keys {
        let maker = scope.maker_of_practice_key(key.id).await?;
        let maker = members.iter().find(|member| Some(member.account) == maker);
        let made_by = maker.map(|member| member.name.as_str().to_owned());
        made.push(MadePracticeKey { key: PublicPracticeKey::of(key), made_by });
    }
    Ok(PracticeKeys { keys: made })
}

/// Makes a key the practice's. All other administrators are written to.
#[utoipa::path(post, path = "/api/v1/practice-keys", tag = "administration", request_body = MakePracticeKey, responses(
    (status = 201, body = PracticeKeys),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
    (status = 409, body = Problem, description = "practice_key_changed: another administrator was first"),
    (status = 422, body = Problem, description = "unprocessable: no key, or a certificate that can't be kept")))]
pub(crate) async fn make_practice_key(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    Json(form): Json<MakePracticeKey>,
) -> Result<(StatusCode, Json<PracticeKeys>), ApiError> {
    let new = NewPracticeKey {
        public_key: read_bytes(&form.public_key, "public_key")?,
        previous: form.previous,
        signed_by_previous: form
            .signed_by_previous
            .as_deref()
            .map(|text| read_bytes(text, "signed_by_previous"))
            .transpose()?,
    };
    if new.previous.is_none() && new.signed_by_previous.is_some() {
        return Err(ApiError::Unprocessable("The first key follows none.".to_owned()));
    }
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let key = scope.add_practice_key(&new).await.map_err(refusal)?.ok_or_else(changed_in_between)?;
    let vouched = new.signed_by_previous.is_some();
    scope.record(&AuditEvent::PracticeKeyMade { key, vouched }, now).await?;
    keep(&mut scope, key, &form.certificates, now).await?;
    tell_the_others(&house, &mut scope, &administrator, now).await?;
    let keys = shown(&mut scope, now).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), %key, vouched, "a practice key was made");
    Ok((StatusCode::CREATED, Json(keys)))
}

const fn changed_in_between() -> ApiError {
    ApiError::Conflict(
        "practice_key_changed",
        "Another administrator made a practice key in the meantime. Nothing of yours was saved.",
    )
}

/// What the database's own rules mean to a person.
fn refusal(error: StorageError) -> ApiError {
    match error {
        StorageError::Constraint(name) if name.ends_with("_fkey") => changed_in_between(),
        StorageError::Constraint(_) => {
            ApiError::Unprocessable("A certificate counts for ninety days at most.".to_owned())
        }
        // A row policy: the key is not the newest one, or the device was revoked.
        StorageError::NotAllowed => ApiError::Conflict(
            "device_changed",
            "The practice key or the browser was changed in the meantime. Load the page again.",
        ),
        error => error.into(),
    }
}

async fn keep(
    scope: &mut AdminScope,
    key: Uuid,
    certificates: &[NewCertificate],
    now: Timestamp,
) -> Result<(), ApiError> {
    let devices = scope.clinician_devices().await?;
    for new in certificates {
        let (device, certificate) = new.read()?;
        let owner: AccountId = devices
            .iter()
            .find(|one: &&ClinicianDevice| one.id == device)
            .ok_or_else(|| ApiError::Unprocessable("A certificate names no browser.".to_owned()))?
            .owner
            .account;
        scope.add_certificate(device, key, &certificate).await.map_err(refusal)?;
        scope.record(&AuditEvent::DeviceCertified { person: owner, device }, now).await?;
    }
    Ok(())
}

/// Whoever stole one administrator's session and makes a key is noticed by the others.
async fn tell_the_others(
    house: &House,
    scope: &mut AdminScope,
    by: &Principal<Administrator>,
    now: Timestamp,
) -> Result<(), ApiError> {
    for member in scope.members(now).await? {
        let administrator = member.role == Role::Administrator && member.state == AccountState::Active;
        if administrator && member.account != by.account() {
            notices::queue(house, scope.post(), member.account, Notice::PracticeKeyMade, now).await?;
        }
    }
    Ok(())
}

/// Lists the browsers that clinicians hold visits in, but for those that were revoked.
#[utoipa::path(get, path = "/api/v1/devices", tag = "administration", responses(
    (status = 200, body = Devices),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only")))]
pub(crate) async fn list_devices(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
) -> Result<Json<Devices>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    Ok(Json(standing(&mut scope).await?))
}

async fn standing(scope: &mut AdminScope) -> Result<Devices, ApiError> {
    let mut devices = scope.clinician_devices().await?;
    devices.retain(|device| device.revoked_at.is_none());
    Ok(Devices::from(devices))
}

/// Keeps what the practice's key says of browsers.
#[utoipa::path(post, path = "/api/v1/devices/certificates", tag = "administration", request_body = CertifyDevices,
    responses(
        (status = 200, body = Devices),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 409, body = Problem, description = "device_changed: revoked, or another key is the practice's now"),
        (status = 422, body = Problem, description = "unprocessable: a certificate that can't be kept")))]
pub(crate) async fn certify_devices(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    Json(form): Json<CertifyDevices>,
) -> Result<Json<Devices>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    keep(&mut scope, form.practice_key, &form.certificates, house.clock.now()).await?;
    let devices = standing(&mut scope).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), count = form.certificates.len(), "devices were certified");
    Ok(Json(devices))
}

/// Takes a clinician's browser back for ever.
#[utoipa::path(post, path = "/api/v1/devices/{id}/revoke", tag = "administration", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Devices),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found: no such browser, or revoked")))]
pub(crate) async fn revoke_device(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<Uuid>,
) -> Result<Json<Devices>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let person = scope.revoke_device(id).await?.ok_or(ApiError::NotFound)?;
    let event = AuditEvent::DeviceRevoked { person, device: id };
    scope.record(&event, house.clock.now()).await?;
    let devices = standing(&mut scope).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), device = %id, "a device was revoked");
    Ok(Json(devices))
}
