//! `curtain_auditor`: everything an auditor can do: read the audit log, and the names that its ids stand for.

use curtain_domain::Timestamp;

use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{AlertList, AuditEvent, AuditLog, Practice, PracticeKey, StorageError, practice_key, query};

/// An auditor's unit of work.
pub struct AuditorScope(UnitOfWork);

impl Scope for AuditorScope {
    type Actor = ();

    fn new(unit: UnitOfWork, (): ()) -> Self {
        Self(unit)
    }
}

impl AuditorScope {
    /// The practice whose log this is.
    pub async fn practice(&mut self) -> Result<Option<Practice>, StorageError> {
        query::practice(self.0.connection()).await
    }

    /// All keys of the practice, the oldest first.
    pub async fn practice_keys(&mut self) -> Result<Vec<PracticeKey>, StorageError> {
        practice_key::keys(self.0.connection()).await
    }

    /// Public keys of devices that were revoked while a certificate of theirs may still stand.
    pub async fn revoked_devices(&mut self) -> Result<Vec<[u8; 32]>, StorageError> {
        practice_key::revoked(self.0.connection()).await
    }

    /// Writes down what I do, in this unit of work.
    pub async fn record(&mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        self.0.record(event, now).await
    }

    /// The alerts, to read.
    pub fn alerts(&mut self) -> AlertList<'_> {
        AlertList(self.0.connection())
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
