//! Searching the log, and walking along its chain. One set of queries for whoever may: row policies decide.

use core::time::Duration;

use curtain_domain::{AccountId, Role, Timestamp};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AuditKind, AuditOutcome, StoredCheckpoint};
use crate::query::{damaged, name};
use crate::{Person, StorageError};

/// An event as it stands in its row: texts, because a row that somebody changed must still be hashed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredAuditEvent {
    /// Names the event.
    pub id: Uuid,
    /// When, by the server's clock.
    pub at: OffsetDateTime,
    /// When, by the database's clock.
    pub recorded_at: OffsetDateTime,
    /// What happened (`AuditKind`).
    pub kind: String,
    /// How it went (`AuditOutcome`).
    pub outcome: String,
    /// Who did it.
    pub actor: Option<Uuid>,
    /// In which role.
    pub actor_role: Option<String>,
    /// In which session.
    pub session: Option<Uuid>,
    /// Whom it was done to.
    pub subject: Option<Uuid>,
    /// Whose record it touched.
    pub patient: Option<Uuid>,
    /// In which visit.
    pub visit: Option<Uuid>,
    /// The rest, in codes.
    pub detail: Option<String>,
}

/// An event as a reader of the log sees it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    /// The event itself.
    #[sqlx(flatten)]
    pub event: StoredAuditEvent,
    /// Its place in the chain; none in the moment before it is sealed.
    pub number: Option<i64>,
    /// What the actor is called today.
    pub actor_name: Option<String>,
    /// What the subject is called today.
    pub subject_name: Option<String>,
    /// What the patient is called today.
    pub patient_name: Option<String>,
}

/// What to look for; what is `None` does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Did it, or had it done to them.
    pub person: Option<AccountId>,
    /// Whose record.
    pub patient: Option<AccountId>,
    /// What happened.
    pub kind: Option<AuditKind>,
    /// How it went.
    pub outcome: Option<AuditOutcome>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

/// An entry of the chain with its event, if that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEvent {
    /// Its place.
    pub number: u64,
    /// What it says the hash before it is.
    pub previous_hash: Vec<u8>,
    /// Its own hash.
    pub hash: Vec<u8>,
    /// The event.
    pub event: Option<StoredAuditEvent>,
}

#[derive(FromRow)]
struct EntryRow {
    number: i64,
    event: Uuid,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// The audit log as whoever may read it finds it, within their unit of work.
pub struct AuditLog<'a>(pub(crate) &'a mut PgConnection);

impl AuditLog<'_> {
    /// The newest events first, those before `after` (an event's id).
    pub async fn search(
        &mut self,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StorageError> {
        let rows = sqlx::query_as(
            "select e.*, n.number, a.name as actor_name, s.name as subject_name, p.name as patient_name \
             from curtain.audit_event e \
             left join curtain.audit_entry n on n.event = e.id \
             left join curtain.account a on a.id = e.actor \
             left join curtain.account s on s.id = e.subject \
             left join curtain.account p on p.id = e.patient \
             where ($1::uuid is null or e.actor = $1 or e.subject = $1) \
                 and ($2::uuid is null or e.patient = $2) \
                 and ($3::text is null or e.kind = $3) \
                 and ($4::text is null or e.outcome = $4) \
                 and ($5::timestamptz is null or e.at >= $5) \
                 and ($6::timestamptz is null or e.at < $6) \
                 and ($7::uuid is null or (e.recorded_at, e.id) < \
                     (select b.recorded_at, b.id from curtain.audit_event b where b.id = $7)) \
             order by e.recorded_at desc, e.id desc limit $8",
        )
        .bind(filter.person.map(|person| person.as_uuid()))
        .bind(filter.patient.map(|patient| patient.as_uuid()))
        .bind(filter.kind.map(AuditKind::as_str))
        .bind(filter.outcome.map(AuditOutcome::as_str))
        .bind(filter.from.map(Timestamp::to_date_time))
        .bind(filter.until.map(Timestamp::to_date_time))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.0)
        .await?;
        Ok(rows)
    }

    /// The chain from this number on, in order.
    pub async fn entries(&mut self, from: u64, limit: u32) -> Result<Vec<ChainedEvent>, StorageError> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "select number, event, previous_hash, hash from curtain.audit_entry where number >= $1 order by number limit $2",
        )
        .bind(i64::try_from(from).map_err(damaged("audit number"))?)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.0)
        .await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.event).collect();
        let events: Vec<StoredAuditEvent> =
            sqlx::query_as("select * from curtain.audit_event where id = any($1)")
                .bind(&ids)
                .fetch_all(&mut *self.0)
                .await?;
        let mut events: std::collections::HashMap<_, _> =
            events.into_iter().map(|event| (event.id, event)).collect();
        rows.into_iter()
            .map(|row| {
                Ok(ChainedEvent {
                    number: u64::try_from(row.number).map_err(damaged("audit number"))?,
                    previous_hash: row.previous_hash,
                    hash: row.hash,
                    event: events.remove(&row.event),
                })
            })
            .collect()
    }

    /// How many events older than this have no number.
    pub async fn unsealed(&mut self, older_than: Duration) -> Result<u64, StorageError> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from curtain.audit_event e \
             where e.recorded_at < clock_timestamp() - make_interval(secs => $1) \
                 and not exists (select from curtain.audit_entry n where n.event = e.id)",
        )
        .bind(older_than.as_secs_f64())
        .fetch_one(&mut *self.0)
        .await?;
        u64::try_from(count).map_err(damaged("audit number"))
    }

    /// Everybody of the practice, to search by.
    pub async fn people(&mut self) -> Result<Vec<(Person, Role)>, StorageError> {
        let rows: Vec<(Uuid, String, String)> =
            sqlx::query_as("select id, name, role from curtain.account order by name, id")
                .fetch_all(&mut *self.0)
                .await?;
        rows.into_iter()
            .map(|(id, text, role)| {
                let person = Person { account: AccountId::from_uuid(id), name: name(&text)? };
                Ok((person, role.parse().map_err(damaged("role"))?))
            })
            .collect()
    }

    /// Every signed head in the database, the oldest first.
    pub async fn checkpoints(&mut self) -> Result<Vec<StoredCheckpoint>, StorageError> {
        super::checkpoints(self.0).await
    }
}
