//! Rows to values, shared by scopes. The same statement serves several roles: row policies decide what it finds.

use core::time::Duration;

use curtain_auth::{PasswordPhc, SessionTimes};
use curtain_domain::{
    AccountId, DataKeyId, KeyEncryptionKeyId, ParticipantId, PersonName, Sealed, Timestamp, VisitId,
    VisitRole, WrappedDataKey,
};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Person, Place, Practice, StorageError, StoredTotp, Visit};

/// One list shows at most this many visits, newest first. More would make the page slow for a clinician of ten years;
/// older ones come with searching.
const MAX_VISITS: i64 = 500;

pub(crate) fn name(text: &str) -> Result<PersonName, StorageError> {
    PersonName::parse(text).map_err(|_| StorageError::Damaged("name"))
}

pub(crate) fn damaged<E>(what: &'static str) -> impl FnOnce(E) -> StorageError {
    move |_| StorageError::Damaged(what)
}

pub(crate) async fn practice(connection: &mut PgConnection) -> Result<Option<Practice>, StorageError> {
    let row: Option<(Uuid, String)> =
        sqlx::query_as("select id, name from curtain.practice").fetch_optional(connection).await?;
    Ok(row.map(|(id, name)| Practice { id: curtain_domain::PracticeId::from_uuid(id), name }))
}

/// The times of a session in a row.
#[derive(FromRow)]
pub(crate) struct SessionTimesRow {
    created_at: OffsetDateTime,
    last_used_at: OffsetDateTime,
    idle_seconds: i32,
    ends_at: OffsetDateTime,
    factor_at: OffsetDateTime,
}

impl SessionTimesRow {
    pub(crate) fn into_times(self) -> Result<SessionTimes, StorageError> {
        Ok(SessionTimes {
            created: Timestamp::from_date_time(self.created_at),
            last_used: Timestamp::from_date_time(self.last_used_at),
            idle_limit: Duration::from_secs(u64::try_from(self.idle_seconds).map_err(damaged("session"))?),
            ends_at: Timestamp::from_date_time(self.ends_at),
            factor_at: Timestamp::from_date_time(self.factor_at),
        })
    }
}

/// The parts of an authenticator in a row that may have none.
#[derive(FromRow)]
pub(crate) struct TotpRow {
    totp_version: Option<i32>,
    sealed_seed: Option<Vec<u8>>,
    last_step: Option<i64>,
    confirmed_at: Option<OffsetDateTime>,
    key_id: Option<Uuid>,
    wrapped_by: Option<String>,
    wrapped: Option<Vec<u8>>,
}

impl TotpRow {
    pub(crate) fn into_totp(self) -> Result<Option<StoredTotp>, StorageError> {
        let Self { totp_version, sealed_seed, last_step, confirmed_at, key_id, wrapped_by, wrapped } = self;
        let (Some(version), Some(seed), Some(last_step), Some(key_id), Some(wrapped_by), Some(wrapped)) =
            (totp_version, sealed_seed, last_step, key_id, wrapped_by, wrapped)
        else {
            return Ok(None);
        };
        Ok(Some(StoredTotp {
            version: u32::try_from(version).map_err(damaged("authenticator"))?,
            sealed: Sealed::from_bytes(seed),
            key: wrapped_key(key_id, wrapped_by, wrapped),
            last_step: u64::try_from(last_step).map_err(damaged("authenticator"))?,
            confirmed: confirmed_at.is_some(),
        }))
    }
}

pub(crate) fn wrapped_key(id: Uuid, wrapped_by: String, bytes: Vec<u8>) -> WrappedDataKey {
    WrappedDataKey { id: DataKeyId::from_uuid(id), wrapped_by: KeyEncryptionKeyId(wrapped_by), bytes }
}

pub(crate) fn phc(text: Option<String>) -> Option<PasswordPhc> {
    text.map(PasswordPhc::from_text)
}

/// The other clinicians.
pub(crate) async fn colleagues(
    connection: &mut PgConnection,
    of: AccountId,
) -> Result<Vec<Person>, StorageError> {
    let rows = sqlx::query_as(
        "select id, name from curtain.account where role = 'clinician' and state = 'active' and id <> $1 \
         order by name, id",
    )
    .bind(of.as_uuid())
    .fetch_all(connection)
    .await?;
    people(rows)
}

/// The patients in a clinician's care; of others, the row policy shows a name where there was a visit.
pub(crate) async fn patients_in_care(connection: &mut PgConnection) -> Result<Vec<Person>, StorageError> {
    let rows = sqlx::query_as(
        "select id, name from curtain.account where role = 'patient' and state = 'active' \
             and id in (select curtain.my_patients()) order by name, id",
    )
    .fetch_all(connection)
    .await?;
    people(rows)
}

fn people(rows: Vec<(Uuid, String)>) -> Result<Vec<Person>, StorageError> {
    rows.into_iter()
        .map(|(id, text)| Ok(Person { account: AccountId::from_uuid(id), name: name(&text)? }))
        .collect()
}

#[derive(FromRow)]
struct PlaceRow {
    id: Uuid,
    state: String,
    scheduled_at: OffsetDateTime,
    waiting_since: Option<OffsetDateTime>,
    started_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    participant: Uuid,
    account: Uuid,
    name: String,
    role: String,
}

/// The visits that the role may see, or one of them, soonest first.
pub(crate) async fn visits(
    connection: &mut PgConnection,
    only: Option<VisitId>,
) -> Result<Vec<Visit>, StorageError> {
    let rows: Vec<PlaceRow> = sqlx::query_as(
        "select v.id, v.state, v.scheduled_at, v.waiting_since, v.started_at, v.ended_at, \
             p.id as participant, p.account, a.name, p.role \
         from curtain.visit v \
         join curtain.visit_participant p on p.visit = v.id \
         join curtain.account a on a.id = p.account \
         where v.id in ( \
             select id from curtain.visit where $1::uuid is null or id = $1 order by scheduled_at desc, id limit $2) \
         order by v.scheduled_at, v.id, p.id",
    )
    .bind(only.map(|visit| visit.as_uuid()))
    .bind(MAX_VISITS)
    .fetch_all(connection)
    .await?;
    rows.chunk_by(|one, next| one.id == next.id).map(visit).collect()
}

/// One visit, if the role may see it.
pub(crate) async fn visit_by_id(
    connection: &mut PgConnection,
    id: VisitId,
) -> Result<Option<Visit>, StorageError> {
    Ok(visits(connection, Some(id)).await?.pop())
}

fn visit(places: &[PlaceRow]) -> Result<Visit, StorageError> {
    let (mut patient, mut clinician, mut colleagues) = (None, None, Vec::new());
    for row in places {
        let place = Place {
            participant: ParticipantId::from_uuid(row.participant),
            account: AccountId::from_uuid(row.account),
            name: name(&row.name)?,
            role: row.role.parse().map_err(damaged("place"))?,
        };
        match place.role {
            VisitRole::Patient => patient = Some(place),
            VisitRole::Clinician => clinician = Some(place),
            _ => colleagues.push(place),
        }
    }
    let (Some(row), Some(patient), Some(clinician)) = (places.first(), patient, clinician) else {
        return Err(StorageError::Damaged("visit"));
    };
    Ok(Visit {
        id: VisitId::from_uuid(row.id),
        state: row.state.parse().map_err(damaged("visit"))?,
        scheduled_at: Timestamp::from_date_time(row.scheduled_at),
        waiting_since: row.waiting_since.map(Timestamp::from_date_time),
        started_at: row.started_at.map(Timestamp::from_date_time),
        ended_at: row.ended_at.map(Timestamp::from_date_time),
        patient,
        clinician,
        colleagues,
    })
}
