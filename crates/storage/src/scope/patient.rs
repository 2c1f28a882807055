//! `curtain_patient`: everything a patient can do.

use curtain_domain::{AccountId, Timestamp, VisitId};

use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{AuditEvent, PracticeKey, StorageError, Visit, practice_key, query};

/// A patient's unit of work.
pub struct PatientScope(UnitOfWork);

impl Scope for PatientScope {
    type Actor = AccountId;

    fn new(unit: UnitOfWork, _: AccountId) -> Self {
        Self(unit)
    }
}

impl PatientScope {
    /// My visits, soonest first.
    pub async fn visits(&mut self) -> Result<Vec<Visit>, StorageError> {
        query::visits(self.0.connection(), None).await
    }

    /// One of my visits. Another's and a missing one look the same.
    pub async fn visit(&mut self, id: VisitId) -> Result<Option<Visit>, StorageError> {
        query::visit_by_id(self.0.connection(), id).await
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

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.0.commit().await
    }
}
