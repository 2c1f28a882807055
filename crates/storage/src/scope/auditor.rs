//! `curtain_auditor`: everything an auditor can do. The audit log comes with its own issue; until then, the practice.

use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{Practice, StorageError, query};

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

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.0.commit().await
    }
}
