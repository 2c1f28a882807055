//! `curtain_worker`: everything the rooms of visits, the sender of letters and the watch over the audit log can do. No person
//! acts here; no note, no secret in the clear, and no address but those of administrators to be warned.

use core::time::Duration;

use curtain_domain::{ParticipantId, Sealed, SessionId, Timestamp, VisitId, VisitState};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::query::{damaged, wrapped_key};
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{
    Actor, AlertWatch, AuditEvent, AuditHead, AuditLog, ChainedEvent, MailFailure, Post, QueuedMail,
    StorageError, StoredAuditEvent, StoredCheckpoint, Visit, audit, query,
};

/// A room's unit of work.
pub struct WorkerScope(UnitOfWork);

impl Scope for WorkerScope {
    type Actor = ();

    fn new(unit: UnitOfWork, (): ()) -> Self {
        Self(unit)
    }
}

#[derive(FromRow)]
struct MailRow {
    id: Uuid,
    key: Uuid,
    wrapped_by: String,
    wrapped: Vec<u8>,
    sealed_message: Vec<u8>,
    created_at: OffsetDateTime,
}

impl MailRow {
    fn into_mail(self) -> QueuedMail {
        QueuedMail {
            id: SessionId::from_uuid(self.id),
            key: wrapped_key(self.key, self.wrapped_by, self.wrapped),
            sealed: Sealed::from_bytes(self.sealed_message),
            created_at: Timestamp::from_date_time(self.created_at),
        }
    }
}

/// Visits.
impl WorkerScope {
    /// What it takes to open the room of a visit: its state and who has a place in it.
    pub async fn visit(&mut self, id: VisitId) -> Result<Option<Visit>, StorageError> {
        query::visit_by_id(self.0.connection(), id).await
    }

    /// Moves a visit on. Gives the state it is in afterwards: the one asked for, or the one that refuses it.
    /// `None` when there is no such visit.
    pub async fn move_on(
        &mut self,
        id: VisitId,
        to: VisitState,
        now: Timestamp,
    ) -> Result<Option<VisitState>, StorageError> {
        let stored: Option<(String,)> =
            sqlx::query_as("select state from curtain.visit where id = $1 for update")
                .bind(id.as_uuid())
                .fetch_optional(self.0.connection())
                .await?;
        let Some((state,)) = stored else { return Ok(None) };
        let from: VisitState = state.parse().map_err(damaged("visit"))?;
        if from.advance(to).is_err() {
            return Ok(Some(from));
        }
        sqlx::query(
            "update curtain.visit set state = $2, \
                 waiting_since = case when $2 = 'waiting' then coalesce(waiting_since, $3) end, \
                 started_at = case when $2 = 'in_progress' then coalesce(started_at, $3) else started_at end, \
                 ended_at = case when $4 then $3 end \
             where id = $1",
        )
        .bind(id.as_uuid())
        .bind(to.as_str())
        .bind(now.to_date_time())
        .bind(!to.is_open())
        .execute(self.0.connection())
        .await?;
        Ok(Some(to))
    }

    /// Notes since when somebody waits in an open visit, or that nobody does any more.
    pub async fn set_waiting(&mut self, id: VisitId, since: Option<Timestamp>) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.visit set waiting_since = $2 \
             where id = $1 and state in ('scheduled', 'waiting', 'in_progress')",
        )
        .bind(id.as_uuid())
        .bind(since.map(Timestamp::to_date_time))
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Notes that somebody was let in; the first time counts.
    pub async fn joined(&mut self, place: ParticipantId, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.visit_participant set joined_at = coalesce(joined_at, $2), left_at = null where id = $1",
        )
        .bind(place.as_uuid())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Notes that somebody left; the last time counts.
    pub async fn left(&mut self, place: ParticipantId, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query("update curtain.visit_participant set left_at = $2 where id = $1")
            .bind(place.as_uuid())
            .bind(now.to_date_time())
            .execute(self.0.connection())
            .await?;
        Ok(())
    }
}

/// Letters.
impl WorkerScope {
    /// Takes letters that are due. Whoever takes one moves its next try on, more each time, so that a second sender leaves
    /// it alone and a sender that dies loses nothing. Commit before sending.
    pub async fn take_mail(&mut self, now: Timestamp, at_most: u32) -> Result<Vec<QueuedMail>, StorageError> {
        sqlx::query(
            "update curtain.mail set state = 'expired', sealed_message = '', wrapped = '', done_at = $1 \
             where state = 'queued' and expires_at <= $1",
        )
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        let rows: Vec<MailRow> = sqlx::query_as(
            "update curtain.mail set attempts = attempts + 1, \
                 next_attempt_at = $1 + least(power(2, attempts), 60) * interval '1 minute' \
             where id in (select id from curtain.mail where state = 'queued' and next_attempt_at <= $1 \
                 order by next_attempt_at, id limit $2 for update skip locked) \
             returning id, key, wrapped_by, wrapped, sealed_message, created_at",
        )
        .bind(now.to_date_time())
        .bind(i64::from(at_most))
        .fetch_all(self.0.connection())
        .await?;
        Ok(rows.into_iter().map(MailRow::into_mail).collect())
    }

    /// A letter is with the mail server: its words are forgotten here.
    pub async fn mail_was_sent(&mut self, id: SessionId, now: Timestamp) -> Result<(), StorageError> {
        self.end_mail(id, "sent", None, now).await
    }

    /// A try failed. Where another can't help, the letter is given up and its words are forgotten.
    pub async fn mail_failed(
        &mut self,
        id: SessionId,
        failure: MailFailure,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        if failure.is_final() {
            return self.end_mail(id, "refused", Some(failure), now).await;
        }
        sqlx::query("update curtain.mail set failure = $2 where id = $1 and state = 'queued'")
            .bind(id.as_uuid())
            .bind(failure.as_str())
            .execute(self.0.connection())
            .await?;
        Ok(())
    }

    async fn end_mail(
        &mut self,
        id: SessionId,
        state: &str,
        failure: Option<MailFailure>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.mail \
                 set state = $2, failure = $3, done_at = $4, sealed_message = '', wrapped = '' \
             where id = $1 and state = 'queued'",
        )
        .bind(id.as_uuid())
        .bind(state)
        .bind(failure.map(MailFailure::as_str))
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// The newest letters that wait: what the demo shows instead of sending.
    pub async fn waiting_mail(&mut self, at_most: u32) -> Result<Vec<QueuedMail>, StorageError> {
        let rows: Vec<MailRow> = sqlx::query_as(
            "select id, key, wrapped_by, wrapped, sealed_message, created_at from curtain.mail \
             where state = 'queued' order by created_at desc, id desc limit $1",
        )
        .bind(i64::from(at_most))
        .fetch_all(self.0.connection())
        .await?;
        Ok(rows.into_iter().map(MailRow::into_mail).collect())
    }

    /// Writes down what happened, and who did it when it is known, in this unit of work.
    pub async fn record(
        &mut self,
        by: Option<Actor>,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.0.record_by(by, event, now).await
    }

    /// Takes the sealer's turn until this unit of work ends. False when another server has it.
    pub async fn lock_audit(&mut self) -> Result<bool, StorageError> {
        audit::lock(self.0.connection()).await
    }

    /// The newest entry of the audit chain; `None` before the first.
    pub async fn audit_head(&mut self) -> Result<Option<AuditHead>, StorageError> {
        audit::head(self.0.connection()).await
    }

    /// The oldest events that have no number, looking so far back (`None`: at all of them).
    pub async fn unsealed_events(
        &mut self,
        within: Option<Duration>,
        limit: u32,
    ) -> Result<Vec<StoredAuditEvent>, StorageError> {
        audit::waiting(self.0.connection(), within, limit).await
    }

    /// Appends to the chain.
    pub async fn append_audit(&mut self, entries: &[ChainedEvent]) -> Result<(), StorageError> {
        audit::append(self.0.connection(), entries).await
    }

    /// Keeps a signed head. False when there is one for this number.
    pub async fn keep_audit_checkpoint(&mut self, signed: &StoredCheckpoint) -> Result<bool, StorageError> {
        audit::keep_checkpoint(self.0.connection(), signed).await
    }

    /// What the watch over the audit log does.
    pub fn alert_watch(&mut self) -> AlertWatch<'_> {
        AlertWatch(self.0.connection())
    }

    /// Letters to administrators, to be sent if this work counts.
    pub fn post(&mut self) -> Post<'_> {
        Post(self.0.connection())
    }

    /// The audit log, to read.
    pub fn audit_log(&mut self) -> AuditLog<'_> {
        AuditLog(self.0.connection())
    }

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.0.commit().await
    }
}
