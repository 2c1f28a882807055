//! `curtain_admin`: everything an administrator can do. Nothing clinical, by grant and by type.

use curtain_domain::{AccountId, Timestamp};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::query::{damaged, name};
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{AccountState, AccountSummary, AuditEvent, AuditLog, StorageError};

/// An administrator's unit of work.
pub struct AdminScope(UnitOfWork);

impl Scope for AdminScope {
    type Actor = ();

    fn new(unit: UnitOfWork, (): ()) -> Self {
        Self(unit)
    }
}

impl AdminScope {
    /// Every account of the practice, by name.
    pub async fn accounts(&mut self) -> Result<Vec<AccountSummary>, StorageError> {
        let rows: Vec<(Uuid, String, String, String, OffsetDateTime)> =
            sqlx::query_as("select id, name, role, state, created_at from curtain.account order by name, id")
                .fetch_all(self.0.connection())
                .await?;
        rows.into_iter()
            .map(|(id, text, role, state, created_at)| {
                Ok(AccountSummary {
                    account: AccountId::from_uuid(id),
                    name: name(&text)?,
                    role: role.parse().map_err(damaged("role"))?,
                    state: AccountState::parse(&state)?,
                    created_at: Timestamp::from_date_time(created_at),
                })
            })
            .collect()
    }

    /// Writes down what I do, in this unit of work.
    pub async fn record(&mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        self.0.record(event, now).await
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
