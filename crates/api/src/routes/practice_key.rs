//! The practice's keys, for whoever is signed in. **Nothing here is believed by a browser because the server says so**: it
//! remembers the key it saw first, follows another one only if the one before signed it, and checks every certificate.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curtain_auth::AnyPrincipal;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, SignedInAny};
use crate::{ApiError, House, Problem};

/// A public key of the practice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicPracticeKey {
    /// Names it.
    id: Uuid,
    /// Ed25519, 32 bytes in base64.
    public_key: String,
    /// What the key before it said of it, 64 bytes in base64; null for the first, and where that one was lost.
    signed_by_previous: Option<String>,
    /// Since when it is the practice's.
    #[serde(with = "time::serde::rfc3339")]
    made_at: OffsetDateTime,
}

/// The keys of the practice, and the devices that are nobody's any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PracticeIdentity {
    /// The oldest first; the last one is the practice's key. None while nobody made one.
    keys: Vec<PublicPracticeKey>,
    /// Public keys of devices that were revoked, in base64. A certificate of theirs counts no longer.
    revoked: Vec<String>,
}

impl PublicPracticeKey {
    pub(crate) fn of(key: &curtain_storage::PracticeKey) -> Self {
        Self {
            id: key.id,
            public_key: STANDARD.encode(key.public_key),
            signed_by_previous: key.signed_by_previous.map(|signature| STANDARD.encode(signature)),
            made_at: key.made_at.to_date_time(),
        }
    }
}

/// Tells the practice's keys and which devices were revoked.
#[utoipa::path(get, path = "/api/v1/practice-key", tag = "practice", responses(
    (status = 200, body = PracticeIdentity), (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn practice_identity(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Json<PracticeIdentity>, ApiError> {
    let (keys, revoked) = match &principal {
        AnyPrincipal::Patient(patient) => {
            let mut scope = house.store.patient(patient).begin().await?;
            (scope.practice_keys().await?, scope.revoked_devices().await?)
        }
        AnyPrincipal::Clinician(clinician) => {
            let mut scope = house.store.clinician(clinician).begin().await?;
            (scope.practice_keys().await?, scope.revoked_devices().await?)
        }
        AnyPrincipal::Administrator(administrator) => {
            let mut scope = house.store.admin(administrator).begin().await?;
            (scope.practice_keys().await?, scope.revoked_devices().await?)
        }
        AnyPrincipal::Auditor(auditor) => {
            let mut scope = house.store.auditor(auditor).begin().await?;
            (scope.practice_keys().await?, scope.revoked_devices().await?)
        }
    };
    Ok(Json(PracticeIdentity {
        keys: keys.iter().map(PublicPracticeKey::of).collect(),
        revoked: revoked.iter().map(|key| STANDARD.encode(key)).collect(),
    }))
}

/// Bytes of a form.
pub(crate) fn read_bytes<const N: usize>(text: &str, field: &str) -> Result<[u8; N], ApiError> {
    let read = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    read.ok_or_else(|| ApiError::Unprocessable(format!("The field {field} must be {N} bytes in base64.")))
}
