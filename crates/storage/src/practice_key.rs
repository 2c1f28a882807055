//! The practice's key and the browsers it certifies: plain values, all of them public. What they are worth is judged by
//! browsers; this crate stores and hands out bytes.

use curtain_domain::{AccountId, Timestamp};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::query::{damaged, name};
use crate::{Person, StorageError};

/// A public key of the practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeKey {
    /// Names it.
    pub id: Uuid,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// What the key before it said of it; none for the first, and where that one was lost.
    pub signed_by_previous: Option<[u8; 64]>,
    /// Since when it is the practice's.
    pub made_at: Timestamp,
}

/// A key that takes the place of the one before it.
#[derive(Debug, Clone, Copy)]
pub struct NewPracticeKey {
    /// Ed25519.
    pub public_key: [u8; 32],
    /// The newest key that its maker knows of.
    pub previous: Option<Uuid>,
    /// What that one said of it.
    pub signed_by_previous: Option<[u8; 64]>,
}

/// A browser that a clinician holds visits in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicianDevice {
    /// Names it.
    pub id: Uuid,
    /// Whose it is.
    pub owner: Person,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// Browser and system, as far as the server could tell.
    pub name: Option<String>,
    /// Since when the practice knows of it.
    pub registered_at: Timestamp,
    /// Since when it is nobody's any more.
    pub revoked_at: Option<Timestamp>,
    /// The newest certificate under the practice's key of today; it may have ended.
    pub certificate: Option<DeviceCertificate>,
}

/// What the practice signed about a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// What the person is called.
    pub name: String,
    /// Bit `role` for every role that the device may take.
    pub roles: u16,
    /// The end, in whole seconds.
    pub not_after: Timestamp,
    /// By the practice's key.
    pub signature: [u8; 64],
}

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    public_key: Vec<u8>,
    signed_by_previous: Option<Vec<u8>>,
    made_at: OffsetDateTime,
}

/// All keys of the practice, the oldest first.
pub(crate) async fn keys(connection: &mut PgConnection) -> Result<Vec<PracticeKey>, StorageError> {
    let rows: Vec<KeyRow> = sqlx::query_as(
        "select id, public_key, signed_by_previous, made_at from curtain.practice_key order by made_at, id",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PracticeKey {
                id: row.id,
                public_key: fixed(row.public_key)?,
                signed_by_previous: row.signed_by_previous.map(fixed).transpose()?,
                made_at: Timestamp::from_date_time(row.made_at),
            })
        })
        .collect()
}

/// Public keys of devices that were revoked while a certificate of theirs may still stand.
pub(crate) async fn revoked(connection: &mut PgConnection) -> Result<Vec<[u8; 32]>, StorageError> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
        "select public_key from curtain.clinician_device \
         where revoked_at > clock_timestamp() - interval '91 days' order by revoked_at",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|(key,)| fixed(key)).collect()
}

#[derive(FromRow)]
struct DeviceRow {
    id: Uuid,
    account: Uuid,
    owner: String,
    public_key: Vec<u8>,
    name: Option<String>,
    registered_at: OffsetDateTime,
    revoked_at: Option<OffsetDateTime>,
    certified_name: Option<String>,
    roles: Option<i32>,
    not_after: Option<OffsetDateTime>,
    signature: Option<Vec<u8>>,
}

impl DeviceRow {
    fn into_device(self) -> Result<ClinicianDevice, StorageError> {
        let certificate = match (self.certified_name, self.roles, self.not_after, self.signature) {
            (Some(name), Some(roles), Some(not_after), Some(signature)) => Some(DeviceCertificate {
                name,
                roles: u16::try_from(roles).map_err(damaged("certificate"))?,
                not_after: Timestamp::from_date_time(not_after),
                signature: fixed(signature)?,
            }),
            _ => None,
        };
        Ok(ClinicianDevice {
            id: self.id,
            owner: Person { account: AccountId::from_uuid(self.account), name: name(&self.owner)? },
            public_key: fixed(self.public_key)?,
            name: self.name,
            registered_at: Timestamp::from_date_time(self.registered_at),
            revoked_at: self.revoked_at.map(Timestamp::from_date_time),
            certificate,
        })
    }
}

/// The devices of one clinician, or of all; revoked ones too. Those that were registered last come first.
pub(crate) async fn devices(
    connection: &mut PgConnection,
    of: Option<AccountId>,
) -> Result<Vec<ClinicianDevice>, StorageError> {
    let rows: Vec<DeviceRow> = sqlx::query_as(
        "select d.id, d.account, a.name as owner, d.public_key, d.name, d.registered_at, d.revoked_at, \
             c.name as certified_name, c.roles, c.not_after, c.signature \
         from curtain.clinician_device d join curtain.account a on a.id = d.account \
         left join lateral ( \
             select c.name, c.roles, c.not_after, c.signature from curtain.device_certificate c \
             where c.device = d.id and d.revoked_at is null \
                 and c.practice_key = (select k.id from curtain.practice_key k order by k.made_at desc, k.id desc limit 1) \
             order by c.certified_at desc, c.id limit 1) c on true \
         where $1::uuid is null or d.account = $1 order by d.registered_at desc, d.id",
    )
    .bind(of.map(|account| account.as_uuid()))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(DeviceRow::into_device).collect()
}

/// Takes a device back for ever. Gives whose it was; `None` when there is no such one that stands.
pub(crate) async fn revoke(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<AccountId>, StorageError> {
    let row: Option<(Uuid,)> = sqlx::query_as(
        "update curtain.clinician_device set revoked_at = clock_timestamp() where id = $1 and revoked_at is null \
         returning account",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(account,)| AccountId::from_uuid(account)))
}

fn fixed<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], StorageError> {
    bytes.try_into().map_err(damaged("key"))
}
