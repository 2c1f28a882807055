//! Somebody's own sessions: new tokens for the one they are in, an end for the others (SE1, SE5).

use curtain_auth::SessionToken;
use curtain_domain::{AccountId, SessionId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use super::CredentialScope;
use crate::query::SessionTimesRow;
use crate::{Actor, AuditEvent, EndCause, OwnSession, StorageError};

#[derive(FromRow)]
struct OwnSessionRow {
    id: Uuid,
    device: Option<String>,
    #[sqlx(flatten)]
    times: SessionTimesRow,
}

/// Somebody's own sessions.
impl CredentialScope {
    /// Gives a session new tokens, so that the old ones are nobody's from now on; and notes that a second factor was
    /// shown, if one was. False when the session has ended.
    pub async fn renew_session(
        &mut self,
        session: SessionId,
        token: &SessionToken,
        factor_at: Option<Timestamp>,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.session set token_hash = $2, context_hash = $3, factor_at = coalesce($4, factor_at) \
             where id = $1 and ended_at is null",
        )
        .bind(session.as_uuid())
        .bind(token.hash().as_bytes().as_slice())
        .bind(token.context().hash().as_bytes().as_slice())
        .bind(factor_at.map(Timestamp::to_date_time))
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The sessions of an account that still count, the one used last first.
    pub async fn sessions_of(
        &mut self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<OwnSession>, StorageError> {
        let rows: Vec<OwnSessionRow> = sqlx::query_as(
            "select * from ( \
                 select s.id, s.device, s.created_at, s.last_used_at, s.factor_at, \
                     least(s.idle_seconds, p.idle_minutes * 60) as idle_seconds, \
                     least(s.ends_at, s.created_at + make_interval(mins => p.absolute_minutes)) as ends_at \
                 from curtain.session s \
                 join curtain.account a on a.id = s.account \
                 join curtain.role_policy p on p.role = a.role \
                 where s.account = $1 and s.ended_at is null) own \
             where ends_at > $2 and last_used_at + make_interval(secs => idle_seconds) > $2 \
             order by last_used_at desc, id",
        )
        .bind(account.as_uuid())
        .bind(now.to_date_time())
        .fetch_all(self.0.connection())
        .await?;
        rows.into_iter().map(own_session).collect()
    }

    /// Ends one session of an account. False when it has no such session, or that one has ended.
    pub async fn end_session_of(
        &mut self,
        account: AccountId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.session set ended_at = $3 where id = $1 and account = $2 and ended_at is null",
        )
        .bind(session.as_uuid())
        .bind(account.as_uuid())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends every session of an account but this one, and every sign-in that waits for its second step, and writes down
    /// who did it and why. Gives the sessions, whose sockets are to be closed once this is committed.
    pub async fn end_others(
        &mut self,
        by: Actor,
        account: AccountId,
        but: Option<SessionId>,
        cause: EndCause,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        sqlx::query("update curtain.sign_in set used_at = $2 where account = $1 and used_at is null")
            .bind(account.as_uuid())
            .bind(now.to_date_time())
            .execute(self.0.connection())
            .await?;
        let ended: Vec<(Uuid,)> = sqlx::query_as(
            "update curtain.session set ended_at = $3 \
             where account = $1 and id is distinct from $2 and ended_at is null returning id",
        )
        .bind(account.as_uuid())
        .bind(but.map(|session| session.as_uuid()))
        .bind(now.to_date_time())
        .fetch_all(self.0.connection())
        .await?;
        let event = AuditEvent::SessionsEnded { person: account, cause, count: ended.len() as u64 };
        self.record(Some(by), &event, now).await?;
        Ok(ended.into_iter().map(|(id,)| SessionId::from_uuid(id)).collect())
    }
}

fn own_session(row: OwnSessionRow) -> Result<OwnSession, StorageError> {
    Ok(OwnSession { id: SessionId::from_uuid(row.id), device: row.device, times: row.times.into_times()? })
}
