//! `curtain_worker`: everything the rooms of visits can do. No person acts here; no address, no note, no secret.

use core::time::Duration;

use curtain_domain::{ParticipantId, Timestamp, VisitId, VisitState};

use crate::query::damaged;
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{
    Actor, AuditEvent, AuditHead, AuditLog, ChainedEvent, StorageError, StoredAuditEvent, StoredCheckpoint,
    Visit, audit, query,
};

/// A room's unit of work.
pub struct WorkerScope(UnitOfWork);

impl Scope for WorkerScope {
    type Actor = ();

    fn new(unit: UnitOfWork, (): ()) -> Self {
        Self(unit)
    }
}

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

    /// The audit log, to read.
    pub fn audit_log(&mut self) -> AuditLog<'_> {
        AuditLog(self.0.connection())
    }

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.0.commit().await
    }
}
