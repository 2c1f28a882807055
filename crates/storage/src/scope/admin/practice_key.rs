//! The practice's key and the browsers that clinicians hold visits in, as an administrator deals with them. **Keys and
//! certificates come in as bytes that an administrator's browser made**; nothing here could make one.

use curtain_domain::AccountId;
use uuid::Uuid;

use super::AdminScope;
use crate::{ClinicianDevice, DeviceCertificate, NewPracticeKey, PracticeKey, StorageError, practice_key};

impl AdminScope {
    /// All keys of the practice, the oldest first.
    pub async fn practice_keys(&mut self) -> Result<Vec<PracticeKey>, StorageError> {
        practice_key::keys(self.unit.connection()).await
    }

    /// Who made a key.
    pub async fn maker_of_practice_key(&mut self, key: Uuid) -> Result<Option<AccountId>, StorageError> {
        let row: Option<(Uuid,)> = sqlx::query_as("select made_by from curtain.practice_key where id = $1")
            .bind(key)
            .fetch_optional(self.unit.connection())
            .await?;
        Ok(row.map(|(by,)| AccountId::from_uuid(by)))
    }

    /// Adds a key at the end of the line. `None` when another administrator was first, or it was the practice's before.
    pub async fn add_practice_key(&mut self, key: &NewPracticeKey) -> Result<Option<Uuid>, StorageError> {
        let row: Option<(Uuid,)> = sqlx::query_as(
            "insert into curtain.practice_key (public_key, previous, signed_by_previous, made_by) \
             values ($1, $2, $3, $4) on conflict do nothing returning id",
        )
        .bind(key.public_key.as_slice())
        .bind(key.previous)
        .bind(key.signed_by_previous.as_ref().map(<[u8; 64]>::as_slice))
        .bind(self.me.as_uuid())
        .fetch_optional(self.unit.connection())
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// Public keys of devices that were revoked while a certificate of theirs may still stand.
    pub async fn revoked_devices(&mut self) -> Result<Vec<[u8; 32]>, StorageError> {
        practice_key::revoked(self.unit.connection()).await
    }

    /// The browsers of all clinicians.
    pub async fn clinician_devices(&mut self) -> Result<Vec<ClinicianDevice>, StorageError> {
        practice_key::devices(self.unit.connection(), None).await
    }

    /// Keeps what the practice says of a device.
    ///
    /// # Errors
    /// `NotAllowed` for a device that was revoked, and for a key that another one took the place of.
    pub async fn add_certificate(
        &mut self,
        device: Uuid,
        practice_key: Uuid,
        certificate: &DeviceCertificate,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.device_certificate \
                 (device, practice_key, name, roles, not_after, signature, certified_by) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(device)
        .bind(practice_key)
        .bind(&certificate.name)
        .bind(i32::from(certificate.roles))
        .bind(certificate.not_after.to_date_time())
        .bind(certificate.signature.as_slice())
        .bind(self.me.as_uuid())
        .execute(self.unit.connection())
        .await?;
        Ok(())
    }

    /// Takes a device back for ever. Gives whose it was; `None` when there is no such one that stands.
    pub async fn revoke_device(&mut self, id: Uuid) -> Result<Option<AccountId>, StorageError> {
        practice_key::revoke(self.unit.connection(), id).await
    }
}
