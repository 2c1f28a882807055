//! Writing an event, in the transaction of what it tells.

use curtain_domain::Timestamp;
use sqlx::PgConnection;

use super::{Actor, AuditEvent};
use crate::StorageError;

pub(crate) async fn record(
    connection: &mut PgConnection,
    by: Option<Actor>,
    event: &AuditEvent,
    now: Timestamp,
) -> Result<(), StorageError> {
    let told = event.told();
    sqlx::query(
        "insert into curtain.audit_event \
             (at, kind, outcome, actor, actor_role, session, subject, patient, visit, detail) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(now.to_date_time())
    .bind(event.kind().as_str())
    .bind(event.outcome().as_str())
    .bind(by.map(|by| by.account.as_uuid()))
    .bind(by.map(|by| by.role.as_str()))
    .bind(by.and_then(|by| by.session).map(|session| session.as_uuid()))
    .bind(told.subject.map(|subject| subject.as_uuid()))
    .bind(told.patient.map(|patient| patient.as_uuid()))
    .bind(told.visit)
    .bind(told.detail)
    .execute(connection)
    .await?;
    Ok(())
}
