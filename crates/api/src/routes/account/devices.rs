//! The browsers that a clinician holds visits in: told to the practice, listed with what it says of them, taken back.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curtain_auth::Clinician;
use curtain_domain::Timestamp;
use curtain_storage::{AuditEvent, ClinicianScope, MOST_DEVICES};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::device_name::device_name;
use crate::extract::{Json, PathId, SignedIn};
use crate::routes::people::Person;
use crate::routes::practice_key::read_bytes;
use crate::{ApiError, House, Problem};

/// What the practice signed about a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    /// What the person is called in it.
    name: String,
    /// Bit n for the role n of docs/protocol.md.
    roles: u16,
    /// Until when it counts, in whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
    /// By the practice's key, 64 bytes in base64.
    signature: String,
}

/// A browser that a clinician holds visits in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Device {
    /// Names it.
    id: Uuid,
    /// Whose it is.
    owner: Person,
    /// Ed25519, 32 bytes in base64.
    public_key: String,
    /// Browser and system, as far as the server could tell.
    name: Option<String>,
    /// Since when the practice knows of it.
    #[serde(with = "time::serde::rfc3339")]
    registered_at: OffsetDateTime,
    /// Since when it is nobody's any more.
    #[serde(with = "time::serde::rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    /// The newest under the practice's key of today; it may have ended.
    certificate: Option<Certificate>,
}

/// Several of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Devices {
    /// Those that were registered last come first.
    devices: Vec<Device>,
}

/// A browser that its clinician tells the practice of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterDevice {
    /// Ed25519, 32 bytes in base64.
    public_key: String,
}

impl From<Vec<curtain_storage::ClinicianDevice>> for Devices {
    fn from(devices: Vec<curtain_storage::ClinicianDevice>) -> Self {
        Self { devices: devices.into_iter().map(Device::from).collect() }
    }
}

impl From<curtain_storage::ClinicianDevice> for Device {
    fn from(device: curtain_storage::ClinicianDevice) -> Self {
        Self {
            id: device.id,
            owner: Person::new(device.owner.account, &device.owner.name),
            public_key: STANDARD.encode(device.public_key),
            name: device.name,
            registered_at: device.registered_at.to_date_time(),
            revoked_at: device.revoked_at.map(Timestamp::to_date_time),
            certificate: device.certificate.map(|certificate| Certificate {
                name: certificate.name,
                roles: certificate.roles,
                not_after: certificate.not_after.to_date_time(),
                signature: STANDARD.encode(certificate.signature),
            }),
        }
    }
}

/// Lists the browsers that the clinician holds visits in, revoked ones too.
#[utoipa::path(get, path = "/api/v1/account/devices", tag = "account", responses(
    (status = 200, body = Devices),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only")))]
pub(crate) async fn own_devices(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
) -> Result<Json<Devices>, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    shown(&mut scope).await
}

async fn shown(scope: &mut ClinicianScope) -> Result<Json<Devices>, ApiError> {
    Ok(Json(Devices::from(scope.devices().await?)))
}

/// Tells the practice of a browser that the clinician holds visits in. Telling twice changes nothing; a browser that was
/// revoked stays so, and needs another key.
#[utoipa::path(post, path = "/api/v1/account/devices", tag = "account", request_body = RegisterDevice, responses(
    (status = 200, body = Devices),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only"),
    (status = 409, body = Problem, description = "too_many_devices"),
    (status = 422, body = Problem, description = "unprocessable: no key")))]
pub(crate) async fn register_device(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    headers: HeaderMap,
    Json(form): Json<RegisterDevice>,
) -> Result<Json<Devices>, ApiError> {
    let key: [u8; 32] = read_bytes(&form.public_key, "public_key")?;
    let mut scope = house.store.clinician(&clinician).begin().await?;
    if scope.register_device(&key, device_name(&headers)).await? {
        let event = AuditEvent::DeviceRegistered { person: clinician.account() };
        scope.record(&event, house.clock.now()).await?;
    } else if !scope.devices().await?.iter().any(|device| device.public_key == key) {
        tracing::info!(account = %clinician.account(), most = MOST_DEVICES, "no more devices are taken");
        return Err(ApiError::Conflict(
            "too_many_devices",
            "You have registered too many browsers. Revoke those you no longer use, in your settings.",
        ));
    }
    let devices = shown(&mut scope).await?;
    scope.commit().await?;
    Ok(devices)
}

/// Takes one of the clinician's browsers back for ever.
#[utoipa::path(post, path = "/api/v1/account/devices/{id}/revoke", tag = "account", params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: clinicians only"),
        (status = 404, body = Problem, description = "not_found: no such browser, revoked, or not yours")))]
pub(crate) async fn revoke_own_device(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    PathId(id): PathId<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    if !scope.revoke_device(id).await? {
        return Err(ApiError::NotFound);
    }
    let event = AuditEvent::DeviceRevoked { person: clinician.account(), device: id };
    scope.record(&event, house.clock.now()).await?;
    scope.commit().await?;
    tracing::info!(by = %clinician.account(), device = %id, "a device was revoked by its owner");
    Ok(StatusCode::NO_CONTENT)
}
